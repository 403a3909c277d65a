"""A key is submitted once, whatever becomes of the program; several processes share one session."""

from __future__ import annotations

from typing import Any

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JOB_IDS_SESSION_ANY
from drmaa_cli.errors import (
    ExitTimeoutException,
    InvalidArgumentException,
    InvalidJobException,
)
from drmaa_cli.gridengine.records import CommandResult
from tests.core.conftest import Cell, run, template


def test_a_key_is_submitted_once(cell: Cell) -> None:
    session = cell.connect("session=keys")
    found = template(session)
    number = session.runJob(found, key="align-7")
    ids = session.runBulkJobs(found, 1, 5, 2, key="bulk")
    for _ in range(2):
        assert session.runJob(found, key="align-7") == number
        assert session.runBulkJobs(found, 1, 5, 2, key="bulk") == ids
        session.exit()
        session = cell.connect("session=keys")
        found = template(session)
    assert len(cell.qmaster.made) == 2
    with pytest.raises(InvalidArgumentException, match=r"align-7"):
        session.runBulkJobs(found, 1, 5, 2, key="align-7")
    for wrong in ("", 7):
        with pytest.raises(InvalidArgumentException, match="key"):
            session.runJob(found, key=wrong)  # type: ignore[arg-type]  # on purpose
    held = [(job.id, job.key) for job in session.jobs()]
    assert held == [(number, "align-7"), *((one, "bulk") for one in ids)]


def test_jobs_that_end_between_two_processes(cell: Cell) -> None:
    session = cell.connect("session=night")
    numbers = run(session, 5)
    assert session.contact == "session=night"
    session.exit()
    for number in numbers[:4]:
        cell.qmaster.end(number, number - 100)
    cell.clock.sleep(86400)
    session = cell.connect(session.contact)
    assert [session.wait(JOB_IDS_SESSION_ANY).exitStatus for _ in range(2)] == [0, 1]
    session.exit()
    session = cell.connect("session=night")
    assert [session.wait(str(number)).exitStatus for number in numbers[2:4]] == [2, 3]
    with pytest.raises(InvalidJobException):
        session.wait(str(numbers[0]), 0)
    with pytest.raises(ExitTimeoutException):
        session.wait(str(numbers[4]), 0)


def test_accounting_was_rotated_between_two_processes(cell: Cell) -> None:
    session = cell.connect("session=night")
    first, second = run(session, 2)
    session.exit()
    cell.qmaster.end(first, 1)
    cell.qmaster.accounting.rename(cell.qmaster.accounting.with_name("accounting.0"))
    cell.qmaster.end(second, 2)
    session = cell.connect("session=night")
    assert [session.wait(str(number), 60).exitStatus for number in (first, second)] == [1, 2]


def test_two_processes_reap_each_job_once(cell: Cell) -> None:
    one = cell.connect("session=shared")
    numbers = run(one, 6)
    other = cell.connect("session=shared")
    late = run(other, 2)
    for number in (*numbers, *late):
        cell.qmaster.end(number, number - 100)
    cell.clock.sleep(1)
    found = [session.wait(JOB_IDS_SESSION_ANY, 60).jobId for session in (one, other) * 4]
    assert sorted(map(int, found)) == [*numbers, *late]
    for session in (one, other):
        with pytest.raises(InvalidJobException):
            session.wait(JOB_IDS_SESSION_ANY, 60)
        session.synchronize([JOB_IDS_SESSION_ALL], 60)


def test_a_program_that_was_killed_after_qsub_finds_its_job(cell: Cell) -> None:
    session = cell.connect("session=crash")

    def die(argv: Any) -> CommandResult:
        cell.runner.answer(argv)
        raise KeyboardInterrupt

    cell.runner.next("qsub", die)
    with pytest.raises(KeyboardInterrupt):
        session.runJob(template(session), key="one")
    session.exit()
    again = cell.connect("session=crash")
    assert again.runJob(template(again), key="one") == str(cell.qmaster.made[0])
    assert len(cell.qmaster.made) == 1
    assert [job.id for job in again.jobs()] == [str(cell.qmaster.made[0])]


@pytest.mark.parametrize("key", [None, "a"])
def test_exit_while_another_thread_submits(cell: Cell, key: str | None) -> None:
    """Nothing could be written down any more: neither the number nor that it was given up."""
    session = cell.connect("session=kept")
    found = template(session)

    def answer(argv: Any) -> CommandResult:
        session.exit()
        return cell.runner.answer(argv)

    cell.runner.next("qsub", answer)
    assert session.runJob(found, key=key) == str(cell.qmaster.made[0])
    again = cell.connect("session=kept")
    assert [held.id for held in again.jobs()] == [str(number) for number in cell.qmaster.made]
    if key is not None:
        assert again.runJob(template(again), key=key) == str(cell.qmaster.made[0])
    assert len(cell.qmaster.made) == 1


@pytest.mark.parametrize("lost", [False, True])
def test_the_state_directory_is_away_during_a_submission(cell: Cell, lost: bool) -> None:
    session = cell.connect("session=kept")
    found, away = template(session), cell.state.with_name("away")

    def answer(argv: Any) -> CommandResult:
        cell.state.rename(away)
        result = cell.runner.answer(argv)
        return result._replace(stdout=b"") if lost else result

    cell.runner.next("qsub", answer)
    assert session.runJob(found, key="a") == str(cell.qmaster.made[0])
    away.rename(cell.state)
    assert session.runJob(found, key="a") == str(cell.qmaster.made[0])
    assert [held.id for held in session.jobs()] == [str(cell.qmaster.made[0])]
    assert len(cell.qmaster.made) == 1


def test_a_number_that_comes_again(cell: Cell) -> None:
    session = cell.connect("session=wrap")
    (number,) = run(session)
    cell.qmaster.end(number, 1)
    assert session.wait(str(number)).exitStatus == 1
    cell.clock.sleep(10**7)
    cell.qmaster.next = number
    assert run(session) == [number]
    with pytest.raises(ExitTimeoutException):
        session.wait(str(number), 1)
    cell.qmaster.end(number, 2)
    assert session.wait(str(number)).exitStatus == 2
