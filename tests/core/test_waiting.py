"""wait(), synchronize() and jobStatus() over the small qmaster: what is said, and what it costs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JOB_IDS_SESSION_ANY
from drmaa_cli.errors import (
    ExitTimeoutException,
    InvalidArgumentException,
    InvalidJobException,
    NoActiveSessionException,
    NoResourceUsageException,
)
from drmaa_cli.session.job_session import JobSession
from tests.core.conftest import Cell, template
from tests.core.world import HANG_GUARD
from tests.gridengine import captured

NO_USAGE = r"^code 24: no usage information was returned for the completed job$"


def run(connection: JobSession, count: int = 1) -> list[int]:
    found = template(connection)
    return [int(connection.runJob(found)) for _ in range(count)]


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


# --- what it costs -----------------------------------------------------------------------------------------


def test_the_status_of_a_thousand_jobs_is_one_query(cell: Cell) -> None:
    session = cell.connect()
    ids = [*map(str, run(session, 50)), *session.runBulkJobs(template(session), 1, 950, 1)]
    before = len(cell.runner.calls)
    assert {session.jobStatus(one) for one in ids} == {"queued_active"}
    assert len(cell.runner.calls) - before == 1


def test_a_held_thousand_costs_one_query_for_each_kind_of_hold(cell: Cell) -> None:
    session = cell.connect()
    numbers = run(session, 50)
    for number in numbers:
        cell.qmaster.set(number, "hqw")
        cell.qmaster.jobs[number].holds = "u"
    cell.clock.sleep(1)
    before = len(cell.runner.calls)
    assert {session.jobStatus(str(number)) for number in numbers} == {"user_on_hold"}
    assert len(cell.runner.calls) - before <= 7


def test_the_status_is_fresh_after_our_own_control(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    for operation, state in [("hold", "user_on_hold"), ("release", "queued_active")] * 3:
        session.control(str(number), operation)
        assert session.jobStatus(str(number)) == state


def test_the_status_follows_a_submission(cell: Cell) -> None:
    session = cell.connect()
    for _ in range(5):
        (number,) = run(session)
        assert session.jobStatus(str(number)) == "queued_active"


@pytest.mark.slow
@pytest.mark.parametrize("cost", [0.01, 0.15])
def test_queries_take_no_more_than_their_share_of_time(cell: Cell, cost: float) -> None:
    session = cell.connect(duty_cycle=0.02)
    (number,) = run(session)
    cell.runner.cost = cost
    before, began = cell.runner.count("qstat"), cell.clock.monotonic()
    with pytest.raises(ExitTimeoutException):
        session.wait(str(number), 600)
    for _ in range(600):
        cell.clock.sleep(1.0)
        with pytest.raises(ExitTimeoutException):
            session.wait(str(number), 0)
    asked = cell.runner.count("qstat") - before
    assert asked * cost <= 0.021 * (cell.clock.monotonic() - began) + 3 * cost


def test_killed_tasks_do_not_drive_the_queries_beyond_their_share(cell: Cell) -> None:
    session = cell.connect(duty_cycle=0.02)
    cell.runner.cost = 0.1
    ids = session.runBulkJobs(template(session), 1, 200, 1)
    number = int(ids[0].partition(".")[0])
    for task in range(1, 201):
        cell.at(task / 2, cell.qmaster.end, number, 0, task, "qacct.j_sigsegv")
    before, began = cell.runner.count("qstat"), cell.clock.monotonic()
    session.synchronize([JOB_IDS_SESSION_ALL])
    asked = cell.runner.count("qstat") - before
    assert asked * 0.1 <= 0.021 * (cell.clock.monotonic() - began) + 4 * 0.1


def test_a_slow_qstat_does_not_put_off_an_end_for_minutes(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    cell.runner.cost = 2.0
    with pytest.raises(ExitTimeoutException):
        session.wait(str(number), 60)
    began = cell.clock.monotonic()
    cell.at(1, cell.qmaster.end, number, case="qacct.j_sigsegv")
    assert session.wait(str(number)).hasSignal
    assert cell.clock.monotonic() - began < session.config.poll_max + 10


def test_who_waits_hears_soon_of_our_own_deletion(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    cell.runner.cost = 1.0
    with pytest.raises(ExitTimeoutException):
        session.wait(str(number), 60)
    session.control(str(number), "terminate")
    began = cell.clock.monotonic()
    with pytest.raises(NoResourceUsageException, match=r"^code 24: "):
        session.wait(str(number))
    assert cell.clock.monotonic() - began < 3


def test_a_quiet_job_is_asked_for_less_and_less_often(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    counts = []
    for _ in range(4):
        before = cell.runner.count("qstat")
        with pytest.raises(ExitTimeoutException):
            session.wait(str(number), 100)
        counts.append(cell.runner.count("qstat") - before)
    assert counts[0] > 2 * counts[3]
    assert 100 / session.config.poll_max - 1 <= counts[3] <= 100 / session.config.poll_max + 2


def test_an_end_is_noticed_by_the_accounting_file_between_queries(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    with pytest.raises(ExitTimeoutException):
        session.wait(str(number), 300)
    cell.at(1, cell.qmaster.end, number, 4)
    before, began = cell.runner.count("qstat"), cell.clock.monotonic()
    assert session.wait(str(number)).exitStatus == 4
    assert cell.clock.monotonic() - began < 1.2
    assert cell.runner.count("qstat") - before <= 2


# --- threads -----------------------------------------------------------------------------------------------


def together(*tasks: Callable[[], Any]) -> list[Any]:
    """Run at the same time; the results, exceptions included."""

    def caught(task: Callable[[], Any]) -> Any:
        try:
            return task()
        except Exception as err:  # noqa: BLE001  # it is the result
            return err

    results: list[Any] = [TimeoutError("still at work")] * len(tasks)

    def work(place: int, task: Callable[[], Any]) -> None:
        results[place] = caught(task)

    threads = [threading.Thread(target=work, args=item, daemon=True) for item in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_GUARD)
    return results


def test_many_waiters_share_one_query(cell: Cell) -> None:
    session = cell.connect()
    numbers = run(session, 16)
    for place, number in enumerate(numbers):
        cell.at(20 + place, cell.qmaster.end, number, place)
    cell.runner.most_at_once = 0
    before, began = cell.runner.count("qstat"), cell.clock.monotonic()
    found = together(*(lambda number=number: session.wait(str(number)) for number in numbers))
    assert [info.exitStatus for info in found] == list(range(16))
    assert cell.runner.most_at_once == 1
    seconds = cell.clock.monotonic() - began
    assert cell.runner.count("qstat") - before <= seconds / session.config.poll_min + 16


def test_any_waiters_get_one_job_each_and_the_surplus_none(cell: Cell) -> None:
    session = cell.connect()
    numbers = run(session, 5)
    for place, number in enumerate(numbers):
        cell.at(3 + place, cell.qmaster.end, number, place)
    found = together(*[lambda: session.wait(JOB_IDS_SESSION_ANY)] * 8)
    infos = [item for item in found if not isinstance(item, Exception)]
    assert sorted(int(info.jobId) for info in infos) == numbers
    assert sum(isinstance(item, InvalidJobException) for item in found) == 3


def test_one_job_in_several_threads_is_reaped_once(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    cell.at(3, cell.qmaster.end, number)
    found = together(*[lambda: session.wait(str(number))] * 4, lambda: session.synchronize([str(number)]))
    assert found[4] is None
    assert sum(isinstance(item, InvalidJobException) for item in found) == 3


def test_the_leader_that_leaves_is_followed_by_another(cell: Cell) -> None:
    session = cell.connect()
    early, late = run(session, 2)
    cell.at(5, cell.qmaster.end, early, 1)
    cell.at(300, cell.qmaster.end, late, 2)
    found = together(
        lambda: session.wait(str(early)),
        lambda: session.wait(str(late), 100),
        lambda: session.wait(str(late)),
    )
    assert found[0].exitStatus == 1
    assert isinstance(found[1], ExitTimeoutException)
    assert found[2].exitStatus == 2


def test_exit_wakes_all_who_wait(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    soon = threading.Event()
    cell.at(10, soon.set)
    found = together(
        lambda: (soon.wait(HANG_GUARD), session.exit()),
        *[lambda: session.wait(str(number))] * 3,
        lambda: session.synchronize([str(number)]),
        lambda: session.wait(JOB_IDS_SESSION_ANY),
    )
    assert [type(item) for item in found[1:]] == [ExitTimeoutException] * 5
    assert {str(item) for item in found[1:]} == {"code 23: time-out condition"}
    for verb in (lambda: session.wait(str(number)), session.exit, lambda: session.jobStatus(str(number))):
        with pytest.raises(NoActiveSessionException, match="code 5"):
            verb()


def test_exit_during_a_query(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)

    left = threading.Event()

    def answer(argv: object) -> None:
        cell.qmaster.end(number)
        session.exit()
        left.set()

    cell.runner.next("qstat", answer)
    with pytest.raises(ExitTimeoutException):
        session.wait(str(number))
    assert left.wait(HANG_GUARD)
    opened = [path.resolve() for path in Path("/proc/self/fd").iterdir()]
    accounting = cell.qmaster.accounting.resolve()
    assert accounting not in opened, "a file was opened again after the end of the session"


def test_an_interrupted_leader_leaves_the_followers_at_work(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    started = threading.Event()

    def interrupt(argv: object) -> None:
        if not caught:
            raise KeyboardInterrupt
        started.set()

    caught: list[BaseException] = []

    def lead() -> None:
        try:
            session.wait(str(number))
        except KeyboardInterrupt as err:
            caught.append(err)

    leader = threading.Thread(target=lead)
    cell.runner.next("qstat", interrupt, interrupt)
    leader.start()
    leader.join(HANG_GUARD)
    assert len(caught) == 1
    cell.at(3, cell.qmaster.end, number, 6)
    found = together(*[lambda: session.synchronize([str(number)])] * 3, lambda: session.wait(str(number)))
    assert found[3].exitStatus == 6
    assert started.is_set()


@pytest.mark.parametrize("tool", ["qstat"])
def test_an_interrupted_status_query_leaves_the_session_usable(cell: Cell, tool: str) -> None:
    session = cell.connect()
    (number,) = run(session)

    def interrupt(argv: object) -> None:
        raise KeyboardInterrupt

    cell.runner.next(tool, interrupt)
    with pytest.raises(KeyboardInterrupt):
        session.jobStatus(str(number))
    assert session.jobStatus(str(number)) == "queued_active"


def test_threads_that_submit_wait_and_control_at_once(cell: Cell) -> None:
    session = cell.connect("session=busy")

    def work(place: int) -> list[int]:
        found = []
        for _ in range(10):
            (number,) = run(session)
            if place % 3 == 0:
                session.control(str(number), "hold")
                session.control(str(number), "release")
            with cell.runner.lock:
                cell.qmaster.end(number, place)
            found.append(session.wait(str(number), 500).exitStatus)
        return found

    results = together(*(lambda place=place: work(place) for place in range(8)))
    assert results == [[place] * 10 for place in range(8)]
    assert len(set(cell.qmaster.made)) == 80


@pytest.mark.slow
def test_thousands_of_running_tasks_are_looked_up_and_disposed_of_quickly(cell: Cell) -> None:
    """A scan of all rows for each task takes minutes here."""
    session = cell.connect()
    ids = session.runBulkJobs(template(session), 1, 3000, 1)
    number = int(ids[0].partition(".")[0])
    job = cell.qmaster.jobs[number]
    job.states = dict.fromkeys(job.states, "r")
    cell.clock.sleep(1)
    assert {session.jobStatus(one) for one in ids} == {"running"}
    for task in range(1, 3001):
        cell.qmaster.end(number, 0, task)
    session.synchronize([JOB_IDS_SESSION_ALL], 60, True)
    with pytest.raises(InvalidJobException):
        session.wait(JOB_IDS_SESSION_ANY)
