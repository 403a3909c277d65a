"""Answers that leave a job out: one of them proves nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from drmaa_cli.errors import DrmCommunicationException, InvalidJobException
from drmaa_cli.gridengine.records import CommandResult, TaskRange
from tests.core.conftest import Cell, template
from tests.core.shapes import details, listing
from tests.gridengine import captured

UNKNOWN = captured.case("qstat.j_unknown_xml").result
NOTHING = captured.result(details([]))
EMPTY, GARBLED = captured.result(""), captured.result("\x00<html>")
NO_ROWS = captured.result(listing([]))


class LeavingOut:
    """Answers of `qstat` about jobs: some as told, then the ordinary ones.

    Args:
        cell: where they are asked.
        details: what `qstat -j` answers.
        listings: what the listings answer.
    """

    def __init__(self, cell: Cell, details: list[CommandResult], listings: list[CommandResult]) -> None:
        self.details, self._listings = details, listings
        cell.runner.scripted["qstat"] = [self.answer] * 500

    def answer(self, argv: Sequence[str]) -> CommandResult | None:
        if "-help" in argv:
            return None
        told = self.details if "-j" in argv else self._listings
        return told.pop(0) if told else None


@pytest.mark.parametrize("answer", [UNKNOWN, NOTHING, EMPTY, GARBLED])
@pytest.mark.parametrize("times", [1, 3])
def test_details_that_leave_a_foreign_job_out(cell: Cell, answer: CommandResult, times: int) -> None:
    session = cell.connect()
    job = cell.qmaster.submit("theirs", None, "")
    cell.qmaster.set(job.number, "r")
    LeavingOut(cell, [answer] * times, [NO_ROWS])
    assert session.jobStatus(str(job.number)) == "running"


@pytest.mark.parametrize("missing", [UNKNOWN, NOTHING])
def test_details_that_always_leave_a_foreign_job_out(cell: Cell, missing: CommandResult) -> None:
    session = cell.connect()
    job = cell.qmaster.submit("theirs", TaskRange(1, 3), "")
    LeavingOut(cell, [missing] * 100, [NO_ROWS])
    assert session.jobStatus(f"{job.number}.2") == "queued_active"
    with pytest.raises(InvalidJobException):
        session.jobStatus(str(job.number))


def test_a_listing_that_leaves_a_foreign_task_out(cell: Cell) -> None:
    session = cell.connect()
    job = cell.qmaster.submit("theirs", TaskRange(1, 3), "")
    cell.qmaster.set(job.number, "r", 1)
    whole = list(cell.qmaster.jobs.values())
    cell.qmaster.jobs = {}
    del job.states[2], job.states[3]
    partial = captured.result(listing(whole))
    job.states.update({2: "qw", 3: "qw"})
    cell.qmaster.jobs = {job.number: job}
    LeavingOut(cell, [], [partial, partial])
    assert session.jobStatus(f"{job.number}.2") == "queued_active"


def test_a_job_that_nothing_shows_does_not_exist(cell: Cell) -> None:
    with pytest.raises(InvalidJobException):
        cell.connect().jobStatus("4711")


def test_answers_that_are_none(cell: Cell) -> None:
    session = cell.connect()
    LeavingOut(cell, [EMPTY] * 500, [NO_ROWS])
    with pytest.raises(DrmCommunicationException):
        session.jobStatus("4711")


@pytest.mark.parametrize("key", [None, "key"])
@pytest.mark.parametrize("missing", [UNKNOWN, NOTHING])
def test_a_lost_answer_whose_job_the_details_leave_out(
    cell: Cell, key: str | None, missing: CommandResult
) -> None:
    """It is listed, and what cannot be seen of it could be its token."""
    session = cell.connect("session=mine")

    def lose(argv: Sequence[str]) -> CommandResult:
        cell.runner.answer(argv)
        return captured.result("")

    cell.runner.next("qsub", lose)
    left_out = LeavingOut(cell, [missing] * 400, [])
    with pytest.raises(DrmCommunicationException, match="not known yet"):
        session.runJob(template(session), key=key)
    left_out.details.clear()
    assert session.runJob(template(session), key="key") == ("101" if key is None else "100")
    assert [job.id for job in session.jobs()] == ["100"] if key else ["101"]
