"""Tasks that are deleted together are one entry wherever they are kept, in memory and in the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JobControlAction, JobState
from drmaa_cli.errors import InvalidJobException, NoResourceUsageException
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.session.job_session import JobSession
from fake_sge.cell import Cell
from tests.sessions.conftest import enter
from tests.sessions.kit import PATIENCE, job, wait_for

CONTACT = "session=large"
LAST = 20_000
FEW = 4  # rows or entries


@pytest.fixture
def large(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A cell that takes arrays of any size; the directory of the sessions' files."""
    place = tmp_path_factory.mktemp("large") / "cell"
    with Cell(place, slots=2, login_shells=False, global_config={"max_aj_tasks": "0"}) as cell:
        enter(monkeypatch, cell.variables, cell.path, tmp_path / "state")
        yield tmp_path / "state"


def rows(state: Path) -> int:
    (path,) = state.glob("*.session")
    with sqlite3.connect(str(path)) as db:
        (count,) = db.execute("SELECT count(*) FROM tasks").fetchone()
    db.close()
    return int(count)


def table(session: JobSession) -> JobTable:
    found = vars(session)["_table"]
    assert isinstance(found, JobTable)
    return found


def entries(session: JobSession) -> int:
    """How many things the session has in memory about its jobs' tasks."""
    return sum(
        sum(notes.entries() for notes in (job.ended, job.missing, job.faulty, job.reasons, job.last_seen))
        + sum(len(list(marks.parts())) for marks in (job.waiting, job.confirmed, job.deleted, job.never_ran))
        for job in table(session)
    )


@pytest.mark.slow
def test_pending_tasks_are_deleted(large: Path) -> None:
    with JobSession(CONTACT) as session:
        held = session.createJobTemplate(remoteCommand="/bin/true", jobSubmissionState="drmaa_hold")
        ids = session.runBulkJobs(held, 1, LAST, 1, key="all")
        news = table(session).follow()
        session.control(JOB_IDS_SESSION_ALL, JobControlAction.TERMINATE)
        assert entries(session) <= FEW
        session.synchronize([JOB_IDS_SESSION_ALL], PATIENCE)
        assert (entries(session), rows(large)) == (1, 1)
        assert len(list(news.sets())) == 1
        assert session.jobStatus(ids[-1]) == JobState.FAILED
        with pytest.raises(NoResourceUsageException):
            session.wait(ids[500], 0)
        assert (entries(session), rows(large)) == (1, 3)
    with JobSession(CONTACT) as session:
        assert entries(session) == 1
        assert sum(found.reaped for found in session.jobs()) == 1
        session.synchronize([JOB_IDS_SESSION_ALL], 0, dispose=True)  # leaves what has no usage, as libdrmaa
        assert entries(session) == 1
        session.synchronize(ids, 0, dispose=True)
        assert (len(table(session)), rows(large)) == (0, 1)
        with pytest.raises(InvalidJobException):
            session.wait(ids[0], 0)


def test_those_that_run_keep_what_they_used(large: Path) -> None:
    """Two tasks run, 19,998 wait: each running one is told by itself, the others together."""
    with JobSession(CONTACT) as session:
        ids = session.runBulkJobs(job(session, "sleep 600"), 1, LAST, 1)
        wait_for(lambda: {session.jobStatus(task) for task in ids[:2]} == {JobState.RUNNING}, "two run")
        number = ids[0].partition(".")[0]
        session.control(number, JobControlAction.TERMINATE)
        session.synchronize([JOB_IDS_SESSION_ALL], PATIENCE)
        assert entries(session) <= FEW
        assert rows(large) <= FEW
        for task in ids[:2]:
            info = session.wait(task, 0)
            assert (info.wasAborted, info.resourceUsage != {}) == (True, True)
        with pytest.raises(NoResourceUsageException):
            session.wait(ids[2], 0)
