"""exit() while other threads are at work: each verb ends as documented, whatever instant it is at."""

from __future__ import annotations

import sqlite3
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL
from drmaa_cli.errors import (
    DrmaaException,
    DrmCommunicationException,
    ExitTimeoutException,
    NoActiveSessionException,
)
from drmaa_cli.session.job_session import JobSession
from tests.core.conftest import Cell, run, template
from tests.core.world import HANG_GUARD
from tests.gridengine import captured
from tests.tables import sampled

INACTIVE, TIMED_OUT = NoActiveSessionException, ExitTimeoutException
VERBS: dict[str, tuple[Callable[[JobSession, str], object], type[DrmaaException]]] = {
    "wait": (lambda session, job: session.wait(job), TIMED_OUT),
    "synchronize": (lambda session, job: session.synchronize([job]), TIMED_OUT),
    "synchronize all": (lambda session, _: session.synchronize([JOB_IDS_SESSION_ALL], -1, True), TIMED_OUT),
    "jobStatus": (lambda session, job: session.jobStatus(job), INACTIVE),
    "jobs": (lambda session, _: session.jobs(), INACTIVE),
    "runJob": (lambda session, _: session.runJob(template(session)), INACTIVE),
    "runJob again": (lambda session, _: session.runJob(template(session), key="a"), INACTIVE),
    "runJobs": (lambda session, _: session.runJobs([template(session)] * 2), INACTIVE),
    "hold": (lambda session, job: session.control(job, "hold"), INACTIVE),
    "terminate all": (lambda session, _: session.control(JOB_IDS_SESSION_ALL, "terminate"), INACTIVE),
}
MOST_INSTANTS, STEP = 120, 7
AT_WORK = ("session/", "store/", "jobs/job_table.py")


def ending_at(count: int, session: JobSession, do: Callable[[], object]) -> tuple[bool, BaseException | None]:
    """Do something; another thread ends the session at its count-th call. Whether it did; what was raised."""
    left = count
    thread = threading.get_ident()
    leaving: list[threading.Thread] = []

    def trace(frame: FrameType, event: str, _: Any) -> None:
        nonlocal left
        if threading.get_ident() == thread and any(part in frame.f_code.co_filename for part in AT_WORK):
            left -= 1
            if left == 0:
                leaving.append(threading.Thread(target=session.exit))
                leaving[0].start()
                leaving[0].join(0.02)  # longer if the lock is ours: then it follows us

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        do()
        found = None
    except Exception as err:  # noqa: BLE001  # it is what is looked at
        found = err
    finally:
        sys.settrace(before)
        for other in leaving:
            other.join(HANG_GUARD)
    return bool(leaving), found


@pytest.mark.parametrize("contact", ["session=ends", pytest.param(None, marks=pytest.mark.slow)])
@pytest.mark.parametrize("verb", sampled([(verb,) for verb in VERBS], list(VERBS), every=3))
def test_the_session_ends_in_the_middle_of_a_verb(cell: Cell, verb: str, contact: str | None) -> None:
    do, expected = VERBS[verb]
    seen = 0
    for count in range(1, MOST_INSTANTS, STEP):
        session = cell.connect(contact)
        job = session.runJob(template(session), key=f"first {count}")
        came, found = ending_at(count, session, lambda: do(session, job))  # noqa: B023  # at once
        if not came:
            session.exit()
            break
        allowed = (INACTIVE, expected) if count == 1 else (expected,)  # 1: it has not begun yet
        assert found is None or isinstance(found, allowed), (count, found)
        seen += found is not None
    assert seen


def test_two_threads_cannot_both_end_it(cell: Cell) -> None:
    for _ in range(20):
        session = cell.connect()
        run(session)
        start, raised = threading.Barrier(4), []

        def leave(session: JobSession = session, start: Any = start, raised: Any = raised) -> None:
            start.wait(HANG_GUARD)
            try:
                session.exit()
            except NoActiveSessionException:
                raised.append(1)

        threads = [threading.Thread(target=leave) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(HANG_GUARD)
        assert len(raised) == 3


def descriptors() -> set[str]:
    return {str(path.resolve()) for path in Path("/proc/self/fd").iterdir() if path.exists()}


def test_a_session_that_cannot_be_taken_up_leaves_no_file_open(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(argv: Any) -> None:
        raise KeyboardInterrupt

    session = cell.connect("session=lost", retry_for=0)
    cell.runner.next("qsub", lose)
    with pytest.raises(KeyboardInterrupt):
        session.runJob(template(session), key="a")  # nobody knows what became of it
    session.exit()
    ordinary = cell.runner.answer
    refused = captured.case("env.dead_port.qstat").result

    def no_listing(argv: Any) -> Any:
        return refused if argv[0] == "qstat" else ordinary(argv)

    cell.runner.answer = no_listing  # type: ignore[method-assign]  # that is the test
    before = descriptors()
    connect, opened = sqlite3.connect, []

    def noted(*arguments: Any, **named: Any) -> sqlite3.Connection:
        opened.append(connect(*arguments, **named))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for _ in range(3):
            with pytest.raises(DrmCommunicationException):
                JobSession("session=lost", runner=cell.runner, clock=cell.clock, state_dir=str(cell.state))
    assert descriptors() <= before
    assert opened
    assert not any(map(is_open, opened))
    cell.runner.answer = ordinary  # type: ignore[method-assign]
    assert cell.connect("session=lost").jobs() == []


def is_open(db: sqlite3.Connection) -> bool:
    try:
        db.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True
