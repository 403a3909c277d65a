"""Many threads, several processes and forked children on one session."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JOB_IDS_SESSION_ANY
from drmaa_cli.errors import ExitTimeoutException, InvalidJobException, NoActiveSessionException
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.process_session import Session
from drmaa_cli.store.session_store import Intent, Store, StoreError
from drmaa_cli.system.processes import Owner
from tests import forked
from tests.forked import Forked
from tests.patience import PATIENCE
from tests.sessions.kit import job, wait_for

THREADS, JOBS_EACH = 16, 8
PROCESSES, JOBS_PER_PROCESS = 4, 6

pytestmark = pytest.mark.usefixtures("inside")


@pytest.mark.slow
def test_sixteen_threads_wait_for_their_own_jobs() -> None:
    def work(thread: int) -> set[str]:
        found = job(session, f"exit {thread}")
        ids = [session.runJob(found) for _ in range(JOBS_EACH)]
        for number in ids:
            info = session.wait(number)
            assert (info.jobId, info.exitStatus) == (number, thread)
        return set(ids)

    with JobSession() as session, ThreadPoolExecutor(THREADS) as pool:
        runs = [pool.submit(work, thread) for thread in range(THREADS)]
        assert len(set().union(*(run.result() for run in runs))) == THREADS * JOBS_EACH


@pytest.mark.slow
def test_sixteen_threads_wait_for_any_job() -> None:
    codes: dict[str, int] = {}
    expected: dict[str, int] = {}

    def work(thread: int) -> None:
        for index in range(JOBS_EACH):
            code = (thread + index) % 200
            expected[session.runJob(job(session, f"exit {code}"))] = code
        submitted.wait()
        while True:
            try:
                info = session.wait(JOB_IDS_SESSION_ANY)
            except InvalidJobException:
                return
            assert info.jobId not in codes
            codes[info.jobId] = info.exitStatus

    submitted = threading.Barrier(THREADS)
    with JobSession() as session, ThreadPoolExecutor(THREADS) as pool:
        for run in [pool.submit(work, thread) for thread in range(THREADS)]:
            run.result()
    assert codes == expected
    assert len(codes) == THREADS * JOBS_EACH


PROCESS = """
import json, sys, time
from pathlib import Path
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.errors import InvalidJobException
from tests.sessions.kit import job

here, name, processes, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with JobSession("session=shared") as session:
    submitted = [session.runJob(job(session, "exit 3")) for _ in range(count)]
    (here / f"{name}.ready").touch()
    while len(list(here.glob("*.ready"))) < processes:
        time.sleep(0.01)
    reaped = []
    while True:
        try:
            info = session.wait("DRMAA_JOB_IDS_SESSION_ANY")
        except InvalidJobException:
            break
        assert info.exitStatus == 3
        reaped.append(info.jobId)
    print(json.dumps([submitted, reaped]))
"""


@pytest.mark.slow
def test_each_job_is_reaped_by_one_of_four_processes(tmp_path: Path) -> None:
    arguments = [str(PROCESSES), str(JOBS_PER_PROCESS)]
    running = [
        Forked(["-c", PROCESS, str(tmp_path), f"p{index}", *arguments], forked.usual(os.environ), tmp_path)
        for index in range(PROCESSES)
    ]
    told = [json.loads(process.communicate()[0]) for process in running]
    for process in running:
        process.close()
    submitted = sorted(number for mine, _ in told for number in mine)
    reaped = sorted(number for _, mine in told for number in mine)
    assert len(submitted) == PROCESSES * JOBS_PER_PROCESS
    assert reaped == submitted


def test_a_job_of_another_process_gives_its_full_end_to_this_one() -> None:
    # this one has read past the job's record before it hears of the job
    with JobSession("session=two") as mine, JobSession("session=two") as other:
        number = other.runJob(job(other, "exit 9"))
        foreign = mine.runJob(job(mine, "exit 1"))
        assert mine.wait(foreign).exitStatus == 1
        assert mine.wait(number).exitStatus == 9
        with pytest.raises(InvalidJobException):
            other.wait(number)


def test_a_deletion_by_another_process_is_told_as_one() -> None:
    with JobSession("session=two") as mine, JobSession("session=two") as other:
        number = mine.runJob(job(mine, "sleep 600"))
        while mine.jobStatus(number) != "running":
            time.sleep(0.05)
        other.control(number, "terminate")
        assert mine.wait(number).wasAborted


def test_all_means_the_jobs_of_other_processes_too() -> None:
    with JobSession("session=two") as mine, JobSession("session=two") as other:
        ids = [other.runJob(job(other, "exit 2")) for _ in range(3)]
        mine.synchronize([JOB_IDS_SESSION_ALL])
        assert [held.state for held in mine.jobs()] == ["done"] * 3
        assert [mine.wait(number).exitStatus for number in ids] == [2, 2, 2]


def test_exit_in_one_thread_wakes_the_others() -> None:
    session = JobSession()
    number = session.runJob(job(session, "sleep 600"))
    with ThreadPoolExecutor(4) as pool:
        waits = [pool.submit(session.wait, what) for what in (number, JOB_IDS_SESSION_ANY)]
        waits += [pool.submit(session.synchronize, [number]) for _ in range(2)]
        wait_for(lambda: _threads_in("session/wait.py") == len(waits), "all of them to wait")
        session.exit()
        for wait in waits:
            with pytest.raises(ExitTimeoutException):
                wait.result(timeout=PATIENCE)


def _threads_in(file: str) -> int:
    """How many threads are in a function of a file, or in what it called."""
    found = 0
    for innermost in sys._current_frames().values():  # noqa: SLF001  documented all the same
        frame: FrameType | None = innermost
        while frame is not None and not frame.f_code.co_filename.endswith(file):
            frame = frame.f_back
        found += frame is not None
    return found


def in_child(work: Callable[[], object]) -> int:
    pid = os.fork()
    if not pid:
        code = 2  # for an exception, whatever it is
        try:
            code = 7 if work() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child_has_no_session_and_may_begin_one() -> None:
    def child() -> bool:
        for call in (lambda: Session.runJob(found), lambda: Session.wait(number), Session.exit):
            try:
                call()
            except NoActiveSessionException:
                continue
            return False
        with Session():
            return Session.wait(Session.runJob(job(Session, "exit 4"))).exitStatus == 4

    with Session():
        found = job(Session, "exit 5")
        number = Session.runJob(found)
        assert in_child(child) == 7
        assert Session.wait(number).exitStatus == 5
        assert Session.wait(Session.runJob(found)).exitStatus == 5


@pytest.mark.slow
def test_a_fork_while_threads_write_harms_nobody(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "x.session"), "session=x", 0.0, "host")
    stop = threading.Event()
    written = []

    def write() -> None:
        while not stop.is_set():
            written.append(store.record_intent(intent(f"{len(written)}-{threading.get_ident()}")))

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        assert in_child(lambda: store.close() is None) == 7
    stop.set()
    for thread in threads:
        thread.join()
    assert len(store.jobs()) == len(written)
    store.close()
    again = Store.open(str(tmp_path / "x.session"), "session=x", 0.0, "host")
    assert [found.position for found in again.jobs()] == sorted(written)
    again.close()


def intent(token: str) -> Intent:
    return Intent(token, None, "x", None, 0.0, False, None, Owner.this())


def test_a_file_that_is_removed_under_a_session_is_said(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "x.session"), "session=x", 0.0, "host")
    (tmp_path / "x.session").unlink()
    with pytest.raises(StoreError, match="removed or replaced while it was in use"):
        store.record_intent(intent("t"))
    store.close()
