"""Why jobs ended, on every back end: what drmaa_cli concludes from what this cell records."""

from __future__ import annotations

import pytest

from drmaa_cli import JobInfo, Reason, ReasonKind
from tests.contract.harness import World
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.only_on("cli-real", "cli-fake")]


def reason_of(session: World, job: str) -> Reason:
    info = session.session.wait(job, PATIENCE)
    assert isinstance(info, JobInfo)
    return info.reason


def test_why_jobs_ended(session: World) -> None:
    kinds = ReasonKind
    jobs = {
        session.run("/bin/sh", "-c", "exit 3"): (kinds.EXITED, True, ""),
        session.run("/bin/sh", "-c", "kill -TERM $$"): (kinds.SIGNALLED, True, "killed by SIGTERM"),
        session.run("/bin/sh", "-c", "kill -KILL $$"): (kinds.SIGNALLED, False, "killed by SIGKILL"),
    }
    for job, expected in jobs.items():
        reason = reason_of(session, job)
        assert (reason.kind, reason.certain, reason) == expected


def test_limits_of_run_time(session: World) -> None:
    hard = session.run("/bin/sleep", "300", nativeSpecification="-l h_rt=1")
    soft = session.run("/bin/sleep", "300", nativeSpecification="-l s_rt=1")
    reason = reason_of(session, hard)
    assert reason.kind is ReasonKind.TIME_LIMIT
    assert "had h_rt=1" in reason
    reason = reason_of(session, soft)
    assert (reason.kind, reason.certain) == (ReasonKind.SOFT_TIME_LIMIT, True)


def test_what_could_not_start(session: World) -> None:
    reason = reason_of(session, session.run(workingDirectory="/no/such/directory"))
    assert (reason.kind, reason.certain) == (ReasonKind.NOT_STARTED, True)
    assert "/no/such/directory" in reason


def test_a_deletion_by_the_session(session: World) -> None:
    job = session.sleeper()
    session.session.control(job, "terminate")
    reason = reason_of(session, job)
    assert (reason.kind, reason.certain) == (ReasonKind.DELETED_BY_SESSION, True)


def test_a_deletion_by_somebody_that_a_listing_showed(session: World) -> None:
    """The job does not end until it has been seen in deletion."""
    go, ready = session.file("go"), session.file("ready")
    script = f"trap '' USR2; touch {ready}; until [ -e {go} ]; do sleep 0.1; done; kill -KILL $$"
    job = session.run("/bin/sh", "-c", script, nativeSpecification="-notify")
    session.eventually(ready.exists, bool)
    session.until(job, "running")
    session.tool("qdel", job, check=True)
    session.until_letters(job, "dr")
    session.status(session.held())  # which cannot end before a listing of now has been seen
    go.touch()
    reason = reason_of(session, job)
    assert (reason.kind, reason.certain) == (ReasonKind.DELETED, True)
    assert "this session did not ask for it" in reason.evidence
