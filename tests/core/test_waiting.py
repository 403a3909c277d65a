"""wait(), synchronize() and jobStatus() over the small qmaster: what is said of jobs and their ends."""

from __future__ import annotations

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JOB_IDS_SESSION_ANY
from drmaa_cli.errors import (
    ExitTimeoutException,
    InvalidArgumentException,
    InvalidJobException,
    NoResourceUsageException,
)
from tests.core.conftest import Cell, run, template
from tests.gridengine import captured

NO_USAGE = r"^code 24: no usage information was returned for the completed job$"


def test_a_job_from_its_submission_to_its_end(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    assert session.jobStatus(str(number)) == "queued_active"
    cell.at(3, cell.qmaster.set, number, "r")
    cell.at(10, cell.qmaster.end, number, 5)
    cell.clock.sleep(4)
    assert session.jobStatus(str(number)) == "running"
    info = session.wait(str(number))
    assert (info.jobId, info.hasExited, info.exitStatus) == (str(number), True, 5)
    with pytest.raises(InvalidJobException, match=r"^code 18: "):
        session.wait(str(number))
    with pytest.raises(InvalidJobException, match=r"^code 18: "):
        session.jobStatus(str(number))


def test_a_job_that_was_killed_by_a_signal(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    cell.at(5, cell.qmaster.end, number, case="qacct.j_sigsegv")
    info = session.wait(str(number))
    assert (info.hasSignal, info.terminatedSignal, info.wasAborted) == (True, "SIGSEGV", False)


def test_the_finished_window_makes_a_late_record_unnecessary(cell: Cell) -> None:
    cell.qmaster.flush = 15.0
    session = cell.connect()
    (number,) = run(session)
    cell.at(5, cell.qmaster.end, number, 7, window=True)
    assert session.wait(str(number), 10).exitStatus == 7


def test_a_record_that_comes_late(cell: Cell) -> None:
    cell.qmaster.flush = 15.0
    session = cell.connect()
    (number,) = run(session)
    began = cell.clock.monotonic()
    cell.at(5, cell.qmaster.end, number, 3)
    assert session.wait(str(number)).exitStatus == 3
    assert 20 <= cell.clock.monotonic() - began < 21


def test_a_job_that_vanishes_without_a_record(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    began = cell.clock.monotonic()
    cell.at(5, cell.qmaster.vanish, number)
    with pytest.raises(NoResourceUsageException, match=NO_USAGE):
        session.wait(str(number))
    grace = 15 + session.config.accounting_margin
    assert grace <= cell.clock.monotonic() - began - 5 < grace + 10
    with pytest.raises(InvalidJobException):
        session.wait(str(number))


@pytest.mark.parametrize("contact", [None, "session=mine"])
def test_a_job_that_found_no_slot_at_once_has_ended_at_once(cell: Cell, contact: str | None) -> None:
    """As qsub of the fake cell says it with ``-now y``, which is compared with a real one."""
    session = cell.connect(contact)
    words = "Your qsub request could not be scheduled; try again later.\n"
    cell.runner.next("qsub", lambda _: captured.result("100\n", words, 1))
    (number,) = run(session)
    assert session.jobStatus(str(number)) == "failed"
    began = cell.clock.monotonic()
    with pytest.raises(NoResourceUsageException, match=NO_USAGE):
        session.wait(str(number))
    assert cell.clock.monotonic() - began < 2


def test_our_own_deletions(cell: Cell) -> None:
    session = cell.connect()
    pending, running = run(session, 2)
    cell.qmaster.set(running, "r")
    session.control(str(pending), "terminate")
    session.control(str(running), "terminate")
    assert session.jobStatus(str(pending)) == "failed"
    assert session.jobStatus(str(running)) == "running"
    cell.at(1, cell.qmaster.end, running, case="qacct.j_qdel_running")
    with pytest.raises(NoResourceUsageException, match=r"^code 24: "):
        session.wait(str(pending))
    info = session.wait(str(running))
    assert (info.wasAborted, info.hasSignal) == (True, False)


def test_a_deletion_is_remembered_by_the_next_process(cell: Cell) -> None:
    session = cell.connect("session=mine")
    (number,) = run(session)
    cell.qmaster.set(number, "r")
    session.control(str(number), "terminate")
    session.exit()
    cell.qmaster.end(number, case="qacct.j_qdel_running")
    assert cell.connect("session=mine").wait(str(number), 60).wasAborted


def test_timeouts(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    began = cell.clock.monotonic()
    with pytest.raises(ExitTimeoutException, match=r"^code 23: time-out condition$"):
        session.wait(str(number), 0)
    assert cell.clock.monotonic() - began < 0.1
    with pytest.raises(ExitTimeoutException, match=r"^code 23: time-out condition$"):
        session.wait(str(number), 2.5)
    assert 2.5 <= cell.clock.monotonic() - began < 3
    with pytest.raises(ExitTimeoutException, match=r"^code 23: $"):
        session.synchronize([str(number)], 1)
    for wrong in (-2, float("nan"), "3", None, True):
        with pytest.raises(InvalidArgumentException, match="timeout"):
            session.wait(str(number), wrong)  # type: ignore[arg-type]  # on purpose


def test_wait_for_any_in_the_order_of_submission(cell: Cell) -> None:
    session = cell.connect()
    numbers = run(session, 4)
    for number in reversed(numbers):
        cell.qmaster.end(number, number - 100)
    cell.clock.sleep(1)
    found = [session.wait(JOB_IDS_SESSION_ANY) for _ in numbers]
    assert [info.jobId for info in found] == [str(number) for number in numbers]
    assert [info.exitStatus for info in found] == [0, 1, 2, 3]
    with pytest.raises(InvalidJobException):
        session.wait(JOB_IDS_SESSION_ANY)


def test_synchronize_then_wait_or_not(cell: Cell) -> None:
    session = cell.connect()
    kept, disposed, unfinished = run(session, 3)
    cell.at(2, cell.qmaster.end, kept)
    cell.at(3, cell.qmaster.end, disposed)
    session.synchronize([str(kept)], 10, False)
    assert session.wait(str(kept), 0).hasExited
    session.synchronize([str(disposed), "999999", "1.2.3"], 10, True)
    with pytest.raises(InvalidJobException):
        session.wait(str(disposed), 0)
    with pytest.raises(ExitTimeoutException):
        session.synchronize([JOB_IDS_SESSION_ALL], 3, True)
    cell.qmaster.end(unfinished)
    session.synchronize([JOB_IDS_SESSION_ALL], 10, True)
    session.synchronize([JOB_IDS_SESSION_ALL, "abc"], 10, True)
    with pytest.raises(InvalidArgumentException, match='Job id, "abc", is not a valid job id'):
        session.synchronize(["abc", JOB_IDS_SESSION_ALL])


def test_array_tasks(cell: Cell) -> None:
    session = cell.connect()
    ids = session.runBulkJobs(template(session), 1, 9, 2)
    number = int(ids[0].partition(".")[0])
    assert ids == [f"{number}.{task}" for task in (1, 3, 5, 7, 9)]
    for task in (1, 3):
        cell.qmaster.set(number, "r", task)
    assert [session.jobStatus(one) for one in ids] == ["running", "running", *["queued_active"] * 3]
    cell.at(4, cell.qmaster.end, number, 4, 3)
    info = session.wait(ids[1])
    assert (info.jobId, info.exitStatus) == (f"{number}.3", 4)
    cell.qmaster.end(number, 1, 1)
    assert session.wait(str(number)).jobId == f"{number}.1"
    for wrong in (str(number), f"{number}.2", f"{number}.11"):
        with pytest.raises(InvalidJobException):
            session.jobStatus(wrong)
    session.control(f"{number}.5", "terminate")
    for task in (7, 9):
        cell.qmaster.end(number, task, task)
    session.synchronize([JOB_IDS_SESSION_ALL], 60)
    with pytest.raises(NoResourceUsageException, match=r"^code 24"):
        session.wait(f"{number}.5")
    assert [session.wait(JOB_IDS_SESSION_ANY).exitStatus for _ in range(2)] == [7, 9]


def test_an_error_state_is_the_end_and_the_job_is_removed(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    cell.at(2, cell.qmaster.set, number, "Eqw")
    info = session.wait(str(number), 120)
    assert info.wasAborted
    assert cell.runner.calls[-1] == ["qdel", str(number)]
    assert number not in cell.qmaster.jobs


def test_only_what_could_not_start_is_removed_when_its_end_is_disposed_of(cell: Cell) -> None:
    session = cell.connect()
    failed, ended, left = run(session, 3)
    cell.at(1, cell.qmaster.set, failed, "Eqw")
    cell.at(1, cell.qmaster.end, ended, 7)
    session.synchronize([str(failed), str(ended)], 120, True)
    assert [call for call in cell.runner.calls if call[0] == "qdel"] == [["qdel", str(failed)]]
    assert list(cell.qmaster.jobs) == [left]


@pytest.mark.slow
def test_an_error_state_is_no_end_when_the_environment_says_so(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SGE_DRMAA_ALLOW_JOB_ERROR_STATE", "1")
    session = cell.connect()
    (number,) = run(session)
    cell.qmaster.set(number, "Eqw")
    with pytest.raises(ExitTimeoutException):
        session.wait(str(number), 300)
    assert session.jobStatus(str(number)) == "failed"
    session.control(str(number), "terminate")
    with pytest.raises(NoResourceUsageException, match=r"^code 24: "):
        session.wait(str(number))


def test_a_listing_that_leaves_a_job_out_once(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    cell.qmaster.set(number, "r")
    assert session.jobStatus(str(number)) == "running"
    job = cell.qmaster.jobs.pop(number)
    cell.clock.sleep(1)
    assert session.jobStatus(str(number)) == "running", "nothing new is known of it"
    cell.qmaster.jobs[number] = job
    cell.at(60, cell.qmaster.end, number, 2)
    assert session.wait(str(number)).exitStatus == 2
