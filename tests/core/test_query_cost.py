"""How many queries waiting and asking cost, and how soon an end is noticed."""

from __future__ import annotations

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JOB_IDS_SESSION_ANY
from drmaa_cli.errors import (
    ExitTimeoutException,
    InvalidJobException,
    NoResourceUsageException,
)
from tests.core.conftest import Cell, run, template


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


def test_what_runs_is_asked_for_with_as_many_ids_as_a_command_takes(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drmaa_cli.session.live.IDS_PER_COMMAND", 2)
    session = cell.connect()
    jobs = [str(number) for number in run(session, 3)]
    before = cell.runner.count("qstat", "-j")
    assert list(session.live(jobs)) == jobs
    assert cell.runner.count("qstat", "-j") - before == 2


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


@pytest.mark.slow
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


@pytest.mark.slow
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
