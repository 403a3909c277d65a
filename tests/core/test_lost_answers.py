"""A submission whose answer was lost: its job is found by its token, or is not made again."""

from __future__ import annotations

from typing import Any

import pytest

from drmaa_cli.errors import (
    DrmCommunicationException,
    UnknownSubmissionException,
)
from drmaa_cli.gridengine.records import CommandResult
from tests.core.conftest import Cell, run, template
from tests.core.lost import LOST, ended_meanwhile, lost
from tests.gridengine import captured


@pytest.mark.parametrize("how", LOST)
@pytest.mark.parametrize("bulk", [False, True], ids=["single", "bulk"])
def test_a_lost_answer_is_found_by_its_token(cell: Cell, how: str, bulk: bool) -> None:
    session = cell.connect()
    run(session, 3)
    cell.runner.next("qsub", lost(cell, how))
    found = template(session)
    ids = session.runBulkJobs(found, 1, 3, 1) if bulk else [session.runJob(found)]
    assert ids[0].partition(".")[0] == str(cell.qmaster.made[-1])
    assert len(cell.qmaster.made) == 4
    assert cell.runner.count("qsub") == 4
    for task in (1, 2, 3) if bulk else (0,):
        cell.qmaster.end(cell.qmaster.made[-1], 5, task)
    assert session.wait(ids[-1]).exitStatus == 5


@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_of_a_job_that_has_ended_is_found_in_accounting(cell: Cell, how: str) -> None:
    cell.qmaster.flush = 12.0
    session = cell.connect("session=kept")
    cell.runner.next("qsub", ended_meanwhile(cell, how))
    number = session.runJob(template(session), key="a")
    assert [int(number)] == cell.qmaster.made
    assert session.wait(number).exitStatus == 7


@pytest.mark.parametrize("how", LOST)
def test_a_record_without_the_token_is_a_candidate_and_no_more(cell: Cell, how: str) -> None:
    session = cell.connect()  # without a name: its jobs keep the account string of everybody
    cell.runner.next("qsub", ended_meanwhile(cell, how))
    with pytest.raises(UnknownSubmissionException, match=rf"could be it: {cell.qmaster.next};") as caught:
        session.runJob(template(session))
    assert caught.value.candidates == tuple(cell.qmaster.made)


def test_a_submission_that_nobody_can_tell_is_not_made_again(cell: Cell) -> None:
    session = cell.connect("session=kept")
    found = template(session, nativeSpecification="-A mine")
    cell.runner.next("qsub", ended_meanwhile(cell, "silent"))
    for _ in range(2):
        with pytest.raises(UnknownSubmissionException):
            session.runJob(found, key="a")
    session.exit()
    assert cell.connect("session=kept").jobs() == []  # the session can be taken up all the same
    assert len(cell.qmaster.made) == 1


def test_another_job_of_the_same_name_is_never_taken(cell: Cell) -> None:
    """Nothing was submitted, and a plain qsub of the same user makes a job of the same name."""
    session = cell.connect("session=kept")

    def answer(argv: Any) -> CommandResult:
        other = cell.qmaster.submit("true", None, "")
        cell.qmaster.end(other.number)
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    with pytest.raises(DrmCommunicationException, match="the job was not accepted"):
        session.runJob(template(session), key="a")
    assert session.jobs() == []


@pytest.mark.parametrize("ended", [False, True], ids=["queued", "ended"])
def test_a_job_that_was_given_another_name_is_found_by_its_token(cell: Cell, ended: bool) -> None:
    session = cell.connect("session=kept")

    def answer(argv: Any) -> CommandResult:
        cell.runner.answer(argv)
        job = cell.qmaster.jobs[cell.qmaster.made[-1]]
        job.name = "renamed_by_a_jsv"
        if ended:
            cell.qmaster.end(job.number)
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    assert session.runJob(template(session), key="a") == str(cell.qmaster.made[0])
    assert len(cell.qmaster.made) == 1


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("ended", [False, True], ids=["queued", "ended"])
def test_clocks_an_hour_apart_do_not_matter_to_a_token(cell: Cell, ended: bool, hours: int) -> None:
    session = cell.connect("session=kept")

    def answer(argv: Any) -> CommandResult:
        cell.runner.answer(argv)
        job = cell.qmaster.jobs[cell.qmaster.made[-1]]
        job.submitted += hours * 4000
        if ended:
            cell.qmaster.end(job.number)
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    assert session.runJob(template(session), key="a") == str(cell.qmaster.made[0])


# Said by a real qsub whose job was accepted: of a qmaster that went away orderly, was killed, or was slow.
SEND = 'unable to send message to qmaster using port 58035 on host "localhost": got send error'


CONTACT = 'unable to contact qmaster using port 58035 on host "localhost"'


REFUSED = "error: commlib error: got select error (Connection refused)\n"


RESET = "error: commlib error: got select error (Connection reset by peer)\n"


CLOSING = 'error: commlib error: got read error (closing "localhost/qmaster/1")\n'


FAILED = "failed receiving gdi request response for mid=1"


ACCEPTED_ALL_THE_SAME = {
    "orderly end": (REFUSED, SEND),
    "killed": (CLOSING, SEND),
    "killed and gone": (CLOSING + REFUSED, SEND),
    "killed and back": (CLOSING + RESET, CONTACT),
    "no connection": (RESET, f"{FAILED} (can't find connection)."),
    "slow": ("", f"{FAILED} (got syncron message receive timeout error)."),
    "no response": ("", "got no response from qmaster."),
    "spoilt": ("", "format error while packing gdi request -- perhaps bad client version"),
    "in pieces": ("", "error unpacking gdi request: bad format"),
    "no memory": ("", "not enough memory for packing gdi request"),
}


@pytest.mark.parametrize("said", ACCEPTED_ALL_THE_SAME.values(), ids=ACCEPTED_ALL_THE_SAME)
@pytest.mark.parametrize("accepted", [True, False])
def test_what_qsub_says_without_an_answer_proves_nothing(
    cell: Cell, said: tuple[str, str], accepted: bool
) -> None:
    text = f"{said[0]}Unable to run job: {said[1]}\nExiting.\n"
    tried_again = "commlib" in text  # once it is known that nothing was accepted
    session = cell.connect("session=kept")

    def answer(argv: Any) -> CommandResult:
        if accepted:
            cell.runner.answer(argv)
        return captured.result("", text, 1)

    cell.runner.next("qsub", answer)
    if accepted or tried_again:
        assert session.runJob(template(session), key="a") == str(cell.qmaster.made[0])
    else:
        with pytest.raises(DrmCommunicationException, match="the job was not accepted"):
            session.runJob(template(session), key="a")
    assert len(cell.qmaster.made) == (accepted or tried_again)


def test_a_qmaster_that_comes_and_goes_does_not_put_off_the_look_for_ever(cell: Cell) -> None:
    session = cell.connect("session=kept", retry_for=1.0)

    def answer(argv: Any) -> CommandResult:
        for turn in range(400):
            cell.at(turn * 0.5, setattr, cell.runner, "outage", "refused" if turn % 2 else None)
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    with pytest.raises(DrmCommunicationException, match="the job was not accepted"):
        session.runJob(template(session), key="a")


def test_a_job_that_cannot_be_read_does_not_hide_the_others(cell: Cell) -> None:
    session = cell.connect("session=kept")
    others = [cell.qmaster.submit("true", None, "").number for _ in range(5)]

    def details(argv: Any) -> CommandResult | None:
        asked = {int(number) for number in argv[2].split(",")} if argv[1] == "-j" else set()
        return captured.result("<detailed_job_info><djob_info>", "", 0) if others[2] in asked else None

    cell.runner.next("qsub", lost(cell, "silent"))
    cell.runner.next("qstat", *[details] * 20)
    assert session.runJob(template(session), key="a") == str(cell.qmaster.made[-1])


@pytest.mark.parametrize("kept_for", [float("inf"), 100.0])
def test_an_answer_that_is_missing_says_nothing_once_such_answers_are_removed(
    cell: Cell, monkeypatch: pytest.MonkeyPatch, kept_for: float
) -> None:
    from drmaa_cli.system.host import LocalHost  # noqa: PLC0415  # how long it keeps them

    session = cell.connect("session=old")
    cell.runner.outage = None
    cell.runner.next("qsub", interrupted(cell))
    with pytest.raises(KeyboardInterrupt):
        session.runJob(template(session), key="a")
    for path in cell.state.glob("*.out"):
        path.unlink()
    session.exit()
    cell.clock.sleep(200.0)
    monkeypatch.setattr(LocalHost, "kept_for", kept_for)
    again = cell.connect("session=old")
    number = int(again.runJob(template(again), key="a"))
    assert cell.qmaster.made == ([number] if kept_for < 200 else [100, number])


def interrupted(cell: Cell) -> Any:
    """The qmaster takes the job, and the program is interrupted."""

    def answer(argv: Any) -> CommandResult:
        cell.runner.answer(argv)
        raise KeyboardInterrupt

    return answer


@pytest.mark.parametrize("failing", [0, 1])
@pytest.mark.parametrize("made", [True, False])
def test_a_qmaster_of_which_every_second_answer_fails(cell: Cell, made: bool, failing: int) -> None:
    """A listing and `qstat -j` after it never succeed in a row there."""
    session = cell.connect("session=kept")
    run(session)
    dead = captured.case("env.dead_port.qstat").result
    answers = [lambda _: None, lambda argv: dead._replace(argv=tuple(argv))]
    cell.runner.next("qstat", *(answers[::-1] if failing == 0 else answers) * 300)
    nothing = lambda _: captured.result("", "", 0)  # noqa: E731
    cell.runner.next("qsub", lost(cell, "timed out in qsub") if made else nothing)
    if made:
        assert session.runJob(template(session), key="a") == str(cell.qmaster.made[-1])
    else:
        with pytest.raises(DrmCommunicationException, match="the job was not accepted"):
            session.runJob(template(session), key="a")
    cell.runner.scripted.clear()
    number = session.runJob(template(session), key="a")
    assert int(number) == cell.qmaster.made[-1]
    assert len(cell.qmaster.made) == 2
