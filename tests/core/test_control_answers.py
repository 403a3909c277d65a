"""control(): answers that were lost, cut, empty or wrong; a command that did not work is never a success."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL
from drmaa_cli.errors import (
    AuthorizationException,
    DrmaaException,
    DrmCommunicationException,
    InternalException,
    InvalidActionException,
    InvalidJobException,
    NoResourceUsageException,
    SuspendInconsistentStateException,
)
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.session.job_session import JobSession
from tests.core.conftest import Cell, template
from tests.core.shapes import USER
from tests.gridengine import captured

KILLED = "qacct.j_qdel_running"

# What the real qdel, qmod and qrls say on standard output when the qmaster was stopped under them, killed and
# started again, or did not answer within 60 s (runs of a real 8.1.9 cell).
GONE = "failed receiving gdi request response for mid=1 (can't find connection).\n"
SLOW = "failed receiving gdi request response for mid=1 (got syncron message receive timeout error).\n"
NONE = "error: no answer list - gdi request failed\n"  # this and the next: 8.1.9's message catalogue
SPOILT = "error: format error while packing gdi request -- perhaps bad client version\n"
RESET = "error: commlib error: got select error (Connection reset by peer)\n"
Answer = Callable[[Sequence[str]], CommandResult]


def says(out: str = "", err: str = "", code: int = 0) -> Answer:
    return lambda _: captured.result(out, err, code)


def after(cell: Cell, out: str, err: str = "", code: int = 1) -> Answer:
    """The qmaster does what it is asked to; its answer is replaced."""

    def answer(argv: Sequence[str]) -> CommandResult:
        cell.runner.answer(argv)
        return captured.result(out, err, code)

    return answer


def running(cell: Cell, session: JobSession) -> int:
    number = int(session.runJob(template(session)))
    cell.qmaster.set(number, "r")
    assert session.jobStatus(str(number)) == "running"
    return number


FAILURES = [
    *((says("", "qdel: something is wrong\n", code), code) for code in (1, 2, 25, 126, 127, 137, 255)),
    (says("", "", -9), -9),
    (says("", "", 0), 0),
    (says("\n", "", 0), 0),
]


@pytest.mark.parametrize(("answer", "code"), FAILURES, ids=[str(row[1]) for row in FAILURES])
@pytest.mark.parametrize("everything", [True, False])
def test_a_qdel_that_failed_is_told(cell: Cell, answer: Answer, code: int, everything: bool) -> None:
    session = cell.connect(retry_for=1.0)
    number = running(cell, session)
    cell.runner.next("qdel", answer)
    with pytest.raises(DrmaaException):
        session.control(JOB_IDS_SESSION_ALL if everything else str(number), "terminate")
    assert session.jobStatus(str(number)) == "running"
    cell.qmaster.end(number, 3)
    assert session.wait(str(number)).exitStatus == 3


def test_refusals_of_all_are_passed_over(cell: Cell) -> None:
    session = cell.connect()
    first, second = running(cell, session), running(cell, session)
    lines = [f'denied: job "{first}" does not exist', f"{USER} has registered the job {second} for deletion"]
    cell.runner.next("qdel", says("".join(f"{line}\n" for line in lines), "", 1))
    session.control(JOB_IDS_SESSION_ALL, "terminate")
    cell.qmaster.end(second, case=KILLED)
    assert session.wait(str(second)).wasAborted
    cell.qmaster.end(first, case=KILLED)
    assert session.wait(str(first)).hasSignal, "nobody deleted it"


@pytest.mark.parametrize(
    ("action", "tool"), [("suspend", "qmod"), ("resume", "qmod"), ("hold", "qhold"), ("release", "qrls")]
)
def test_silence_about_a_job_that_is_not_as_it_should_be(cell: Cell, action: str, tool: str) -> None:
    session = cell.connect()
    number = running(cell, session)
    cell.qmaster.set(number, {"resume": "s", "release": "hr"}.get(action, "r"))
    cell.qmaster.jobs[number].holds = "u"
    cell.runner.next(tool, says(), says())
    with pytest.raises(InternalException, match=f"{tool}.* said nothing about job {number}"):
        session.control(str(number), action)
    with pytest.raises(InternalException):
        session.control(JOB_IDS_SESSION_ALL, action)


@pytest.mark.parametrize(
    ("action", "tool", "letters"),
    [
        ("suspend", "qmod", "Eqw"), ("resume", "qmod", "Eqw"), ("suspend", "qmod", "hRq"),
        ("hold", "qhold", "hqw"), ("release", "qrls", "qw"), ("release", "qrls", "hqw"),
    ],
)  # fmt: skip
def test_silence_where_there_was_nothing_to_do(cell: Cell, action: str, tool: str, letters: str) -> None:
    """Captures op.qmod_sj.Eqw, op.qmod_sj.hRq, op.qhold.qw.2, op.qrls.qw, op.qrls.hqw_o."""
    session = cell.connect()
    number = running(cell, session)
    cell.qmaster.set(number, letters)
    cell.qmaster.jobs[number].holds = "o" if "h" in letters else ""
    cell.runner.next(tool, says())
    session.control(str(number), action)


@pytest.mark.parametrize(
    ("action", "tool", "letters"),
    [("suspend", "qmod", "s"), ("resume", "qmod", "r"), ("hold", "qhold", "hr")],
)
def test_silence_where_the_work_was_done(cell: Cell, action: str, tool: str, letters: str) -> None:
    session = cell.connect()
    number = running(cell, session)
    cell.qmaster.set(number, letters)
    cell.runner.next(tool, says(), says())
    session.control(str(number), action)
    session.control(JOB_IDS_SESSION_ALL, action)


def test_silence_of_qmod_about_a_job_that_is_not_there(cell: Cell) -> None:
    """The real one says that it is already unsuspended, or no job (captures op.qmod_usj.finished*)."""
    session = cell.connect()
    number = running(cell, session)
    cell.qmaster.end(number)
    cell.runner.next("qmod", says())
    with pytest.raises(InternalException, match=f"said nothing about job {number}, nor did qstat"):
        session.control(str(number), "resume")


def test_silence_about_a_job_that_has_just_ended(cell: Cell) -> None:
    """Captures op.qmod_sj.finished_window, op.qmod_sj.finished_natural."""
    session = cell.connect()
    ended, other = running(cell, session), running(cell, session)
    cell.qmaster.end(ended)
    cell.runner.next("qmod", says(), says(f"{USER} - suspended job {other}\n"))
    with pytest.raises(InvalidJobException, match=f'invalid queue or job "{ended}"'):
        session.control(str(ended), "suspend")
    refused = session.controlJobs([str(ended), str(other)], "suspend")
    assert {job: type(refusal) for job, refusal in refused.items()} == {str(ended): InvalidJobException}


LOST = {"gone": (GONE, RESET), "slow": (SLOW, RESET), "none": (NONE, ""), "spoilt": (SPOILT, "")}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
@pytest.mark.parametrize("done", [True, False])
def test_a_lost_answer_is_asked_for_again(cell: Cell, lost: tuple[str, str], done: bool) -> None:
    session = cell.connect()
    number = running(cell, session)
    cell.runner.next("qdel", after(cell, *lost) if done else says(*lost, 1))
    session.control(str(number), "terminate")
    assert cell.qmaster.jobs[number].states == {0: "dr"}
    cell.qmaster.end(number, case=KILLED)
    assert session.wait(str(number)).wasAborted


def test_a_second_attempt_that_finds_the_work_done(cell: Cell) -> None:
    session = cell.connect()
    pending = int(session.runJob(template(session)))
    cell.runner.next("qdel", after(cell, GONE, RESET))
    session.control(str(pending), "terminate")  # the second one is told that it does not exist
    with pytest.raises(NoResourceUsageException, match="code 24"):
        session.wait(str(pending))
    number = running(cell, session)
    again = f"{USER} - job {number} is already suspended\n"
    cell.runner.next("qmod", says(GONE, RESET, 1), says(again))
    session.control(str(number), "suspend")
    cell.runner.next("qmod", says(again))
    with pytest.raises(SuspendInconsistentStateException):
        session.control(str(number), "suspend")


@pytest.mark.parametrize(
    ("action", "tool", "letters", "gone"),
    [
        ("release", "qrls", "hqw", 'denied: job "{}" does not exist\n'),
        ("resume", "qmod", "s", 'invalid queue or job "{}"\n'),
        ("hold", "qhold", "qw", 'denied: job "{}" does not exist\n'),
        ("suspend", "qmod", "r", 'invalid queue or job "{}"\n'),
    ],
)
def test_a_job_that_ends_between_two_attempts(
    cell: Cell, action: str, tool: str, letters: str, gone: str
) -> None:
    """Captures op.qrls.finished, op.qmod_usj.finished."""
    session = cell.connect()
    number = running(cell, session)
    cell.qmaster.set(number, letters)
    cell.runner.next(tool, says(GONE, RESET, 1), says(gone.format(number), "", 1))
    if action in ("release", "resume"):  # else it would be there
        session.control(str(number), action)
    else:
        with pytest.raises(InvalidJobException):
            session.control(str(number), action)


def test_a_job_that_never_was_after_a_lost_answer(cell: Cell) -> None:
    session = cell.connect()
    cell.runner.next("qdel", says(GONE, RESET, 1))
    with pytest.raises(InvalidJobException, match="no jobs registered"):
        session.control("4242", "terminate")


@pytest.mark.parametrize("restart", [True, False])
def test_a_deletion_whose_answer_never_came_is_not_forgotten(cell: Cell, restart: bool) -> None:
    session = cell.connect("session=kept", retry_for=1.0)
    number = running(cell, session)
    cell.runner.next("qdel", after(cell, GONE, RESET), *[says(GONE, RESET, 1)] * 50)
    with pytest.raises(DrmCommunicationException, match="failed receiving"):
        session.control(str(number), "terminate")
    if restart:
        session.exit()
        session = cell.connect("session=kept")
    cell.qmaster.end(number, case=KILLED)
    info = session.wait(str(number))
    assert (info.wasAborted, info.hasSignal) == (True, False)
    assert info.reason == "deleted"


@pytest.mark.parametrize("letters", ["qw", "hqw", "r"])
def test_the_status_after_a_deletion_whose_answer_was_lost(cell: Cell, letters: str) -> None:
    """What was seen before the deletion is not what is."""
    session = cell.connect()
    number = int(session.runJob(template(session)))
    cell.qmaster.set(number, letters)
    before = session.jobStatus(str(number))

    def lost(argv: Sequence[str]) -> CommandResult:
        cell.runner.answer(argv)
        cell.qmaster.jobs.pop(number, None)
        return captured.result(GONE, RESET, 1)

    cell.runner.next("qdel", lost)
    session.control(str(number), "terminate")
    assert (before, session.jobStatus(str(number))) == (before, "undetermined")


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_a_later_refusal_takes_no_earlier_deletion_back(cell: Cell, restart: bool, whole: bool) -> None:
    """The job is gone when its deletion is asked for once more: by the first deletion."""
    session = cell.connect("session=kept", retry_for=1.0)
    number = running(cell, session)
    cell.runner.next("qdel", after(cell, GONE, RESET), *[says(GONE, RESET, 1)] * 50)
    with pytest.raises(DrmCommunicationException):
        session.control(str(number), "terminate")
    cell.runner.scripted["qdel"].clear()
    cell.qmaster.end(number, case=KILLED)
    if restart:
        session.exit()
        session = cell.connect("session=kept")
    if whole:
        session.control(JOB_IDS_SESSION_ALL, "terminate")
    else:
        with pytest.raises(InvalidJobException):
            session.control(str(number), "terminate")
    info = session.wait(str(number))
    assert (info.wasAborted, info.hasSignal, info.reason) == (True, False, "deleted")


def test_a_refused_deletion_is_none_for_the_next_program_either(cell: Cell) -> None:
    """Somebody else's SIGKILL is one: nobody deleted the job."""
    session = cell.connect("session=kept")
    number = running(cell, session)
    refusal = captured.case("op.qdel.others_job").result.stdout.decode().replace('"3"', f'"{number}"')
    cell.runner.next("qdel", says(refusal, "", 1))
    with pytest.raises(AuthorizationException):
        session.control(str(number), "terminate")
    session.exit()
    session = cell.connect("session=kept")
    cell.qmaster.end(number, case=KILLED)
    info = session.wait(str(number))
    assert (info.wasAborted, info.terminatedSignal) == (False, "SIGKILL")


def test_a_refusal_to_another_thread_takes_no_deletion_back(cell: Cell) -> None:
    """The second qdel finds the job gone while the answer to the first one is lost on its way."""
    session = cell.connect("session=kept")
    number = running(cell, session)

    def meanwhile(argv: Sequence[str]) -> CommandResult:
        cell.runner.answer(argv)
        cell.qmaster.end(number, case=KILLED)
        with pytest.raises(InvalidJobException):
            session.control(str(number), "terminate")
        return captured.result(GONE, RESET, 1)

    cell.runner.next("qdel", meanwhile)
    session.control(str(number), "terminate")
    session.exit()
    info = cell.connect("session=kept").wait(str(number))
    assert (info.wasAborted, info.reason) == (True, "deleted")


def test_a_garbled_answer_is_not_forgotten_either(cell: Cell) -> None:
    session = cell.connect(retry_for=1.0)
    for damaged in (b"root has regis", b"\xff\xfe\x00", b"root has registered the job for deletion\n"):
        number = running(cell, session)

        def answer(argv: Sequence[str], damaged: bytes = damaged) -> CommandResult:
            cell.runner.answer(argv)
            return captured.result(damaged)

        cell.runner.next("qdel", answer)
        with pytest.raises(InternalException):
            session.control(str(number), "terminate")
        cell.qmaster.end(number, case=KILLED)
        assert session.wait(str(number)).wasAborted


def test_many_jobs_of_which_one_command_fails(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drmaa_cli.session.change.IDS_PER_COMMAND", 2)
    session = cell.connect(retry_for=1.0)
    numbers = [running(cell, session) for _ in range(4)]
    cell.runner.next("qdel", lambda argv: None, says("", "Segmentation fault\n", 139))
    with pytest.raises(InternalException):
        session.control(JOB_IDS_SESSION_ALL, "terminate")
    for number in numbers:
        cell.qmaster.end(number, case=KILLED)
    assert [session.wait(str(number)).wasAborted for number in numbers] == [True] * 4


def test_tasks_of_an_array(cell: Cell) -> None:
    session = cell.connect()
    jobs = session.runBulkJobs(template(session), 1, 4, 1)
    number = int(jobs[0].partition(".")[0])
    for task in (1, 2):
        cell.qmaster.set(number, "r", task)
    cell.qmaster.end(number, 7, 1)  # not yet seen
    session.control(str(number), "terminate")
    assert cell.runner.calls[-1] == ["qdel", f"{number}.1-4:1"]
    cell.qmaster.end(number, task=2, case=KILLED)
    assert session.wait(jobs[0]).exitStatus == 7
    assert session.wait(jobs[1]).wasAborted
    for job in jobs[2:]:
        with pytest.raises(NoResourceUsageException, match="code 24"):
            session.wait(job)


@pytest.mark.parametrize(
    ("action", "meant"),
    [("kill", "terminate"), ("cancel", "terminate"), ("SUSPEND", "suspend"), ("realease", "release")],
)
def test_no_action_of_control(cell: Cell, action: str, meant: str) -> None:
    session = cell.connect()
    with pytest.raises(InvalidActionException, match=f"'{action}' is not in list.*did you mean '{meant}'"):
        session.control("1", action)
    for other in ("bogus", 3, None, ["hold"]):
        with pytest.raises(ValueError, match=r"is not in list: control\(\) knows 'suspend', 'resume'"):
            session.control("1", other)  # type: ignore[arg-type]  # on purpose


def test_ends_and_command_lines_are_logged(cell: Cell, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="drmaa_cli")
    session = cell.connect()
    good, killed = running(cell, session), running(cell, session)
    cell.qmaster.end(good)
    cell.qmaster.end(killed, case=KILLED)
    session.synchronize([str(good), str(killed)])
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ("DEBUG", f"job {good} ended: exit 0 on localhost") in told
    assert ("INFO", f"job {killed} ended: SIGKILL (killed by SIGKILL) on localhost") in told
    lines = [text for level, text in told if level == "DEBUG" and text.startswith("submitting: qsub ")]
    assert len(lines) == 2
    assert all(text.endswith(" /bin/true") for text in lines)
