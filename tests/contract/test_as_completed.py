"""Jobs as they end, and progress, on every back end."""

from __future__ import annotations

import pytest

from drmaa_cli import Progress, ReasonKind
from tests.contract.harness import World
from tests.patience import PATIENCE

pytestmark = pytest.mark.only_on("cli-real", "cli-fake")


def test_jobs_come_as_they_end(session: World) -> None:
    """Each waits for the word of the test, which gives it when the one before has come."""
    words = [session.file(f"go{number}") for number in range(3)]
    script = "until [ -e $0 ]; do sleep 0.05; done; exit $1"
    jobs = [session.run("/bin/sh", "-c", script, str(word), str(at)) for at, word in enumerate(words)]
    for job in jobs:
        session.until(job, "running")
    order = [2, 0, 1]
    found = session.session.as_completed(jobs, PATIENCE)
    for at in order:
        words[at].touch()
        info = next(found)
        assert (info.jobId, info.exitStatus) == (jobs[at], at)
    assert list(found) == []
    with session.refuses("InvalidJobException"):
        session.session.wait(jobs[0], 0)


def test_an_array_and_its_progress(session: World) -> None:
    tasks = session.bulk(1, 4, 1, "/bin/sh", "-c", "exit $((SGE_TASK_ID % 2))")
    seen: list[Progress] = []
    number = tasks[0].partition(".")[0]
    infos = list(session.session.as_completed([number], PATIENCE, progress=seen.append))
    assert sorted((info.jobId, info.exitStatus) for info in infos) == [
        (task, at % 2) for at, task in enumerate(tasks, 1)
    ]
    assert seen[-1][:4] == (4, 4, 2, 2)


@pytest.mark.slow
def test_progress_of_synchronize(brief: None, fresh: World) -> None:
    session = fresh
    running, held = session.sleeper(), session.held()
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if (progress.running, progress.pending) == (1, 1):
            session.tool("qdel", running, held)

    session.session.synchronize([running, held], PATIENCE, progress=watch)
    assert seen[-1][:4] == (2, 2, 0, 2)
    session.end()  # others wait for as long as ever


def test_a_job_deleted_while_it_was_pending_comes_too(session: World) -> None:
    job, good = session.held(), session.run()
    session.session.control(job, "terminate")
    infos = {info.jobId: info for info in session.session.as_completed([job, good], PATIENCE)}
    assert infos[good].succeeded
    assert infos[job].wasAborted
    assert infos[job].resourceUsage == {}
    assert infos[job].reason.kind is ReasonKind.DELETED_BY_SESSION


def test_time(session: World) -> None:
    job = session.held()
    with session.refuses("ExitTimeoutException"):
        next(session.session.as_completed([job], 0))
    with session.refuses("InvalidJobException"):
        session.session.as_completed(["4000000000"])
