"""What accounting has of the user's jobs, on every back end; a test looks at its own jobs alone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.contract.harness import World
from tests.patience import PATIENCE
from tests.tables import each_row

pytestmark = pytest.mark.only_on("cli-real", "cli-fake", "ssh-fake", "ssh-real")
HOUR = 3600.0


def past(session: World, names: set[str], since: float) -> dict[str, Any]:
    """The jobs of these names, as soon as accounting has them all."""

    def ask() -> dict[str, Any]:
        return {job.id: job for job in session.session.history(since) if job.name in names}

    found: dict[str, Any] = session.eventually(ask, lambda jobs: {job.name for job in jobs.values()} == names)
    return found


def test_jobs_of_a_session_and_jobs_of_none(session: World) -> None:
    unique = f"h{time.time_ns()}"
    began = time.time()
    array = session.bulk(1, 3, 1, "/bin/sh", "-c", "exit $((SGE_TASK_ID % 2))", jobName=f"{unique}a")
    infos = {job: session.session.wait(job, PATIENCE) for job in array}
    by_hand = session.tool(
        "qsub",
        "-terse",
        "-b",
        "y",
        "-o",
        "/dev/null",
        "-j",
        "y",
        "-N",
        f"{unique}b",
        "-l",
        "h_rt=60",
        "sleep",
        "0",
    ).stdout.strip()
    held = session.held(jobName=f"{unique}c")
    found = past(session, {f"{unique}a", f"{unique}b"}, began - HOUR)
    assert list(found) == sorted(found, key=lambda job: found[job].info.resourceUsage["end_time"])
    assert set(found) == {*array, by_hand}
    for job, info in infos.items():
        assert found[job].info.exitStatus == info.exitStatus
        assert found[job].info.wallclock == pytest.approx(info.wallclock, abs=0.01)
    assert found[by_hand].info.requested.time == 60
    assert held not in found
    assert not [job for job in session.session.history(time.time() + HOUR) if job.name.startswith(unique)]


@each_row("since", [-1, float("nan"), float("inf"), 1e12, "yesterday", None, True])
def test_what_is_no_moment(session: World, since: object) -> None:
    with session.refuses(
        "InvalidArgumentException", f"code 4: a moment is a number of seconds since 1970, not {since!r}"
    ):
        session.session.history(since)
