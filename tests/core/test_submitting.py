"""Exactly once: lost answers, refusals, keys, crashes, several processes in one session."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import warnings
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JOB_IDS_SESSION_ANY
from drmaa_cli.errors import (
    DeniedByDrmException,
    DrmCommunicationException,
    DrmsInitException,
    ExitTimeoutException,
    InternalException,
    InvalidArgumentException,
    InvalidJobException,
    NoActiveSessionException,
    TryLaterException,
    UnknownSubmissionException,
)
from drmaa_cli.gridengine.records import CommandResult, TaskRange
from drmaa_cli.system.runner import CommandTimeout
from tests.core import evidence
from tests.core.conftest import Cell, template
from tests.core.test_waiting import run
from tests.core.world import USER, Job
from tests.gridengine import captured


def hang(result: CommandResult, timeout: float = 60.0) -> CommandTimeout:
    return CommandTimeout(result._replace(exit_code=-9, stdout=b"", stderr=b""), timeout)


def lost(cell: Cell, how: str) -> Any:
    """The qmaster takes the job, and its answer is lost on the way."""

    def answer(argv: Any) -> CommandResult:
        result = cell.runner.answer(argv)
        if how == "timeout":
            cell.clock.sleep(60)
            raise hang(result)
        if how == "silent":
            return result._replace(stdout=b"")
        if how == "cut":
            return result._replace(stdout=result.stdout[:2], exit_code=-13)
        assert how == "timed out in qsub"
        refused = captured.case("env.silent_port.qsub").result
        return refused._replace(argv=tuple(argv))

    return answer


LOST = ["timeout", "silent", "cut", "timed out in qsub"]


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


def ended_meanwhile(cell: Cell, how: str) -> Any:
    """The answer is lost, and the job has ended before anybody can look."""

    def answer(argv: Any) -> CommandResult:
        try:
            return lost(cell, how)(argv)
        finally:
            cell.qmaster.end(cell.qmaster.made[-1], 7)

    return answer


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


# --- more than the id ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "{id}\n7\n",
        "7\n{id}\n",
        'Your job 999999 ("true") has been submitted\n{id}\n',
        '{id}\nYour job 7 ("true") has been submitted\n',
        "welcome\n7\n",
        "7 8\n9\n",
    ],
    ids=["number after", "number before", "banner", "sentence after", "another number", "no id at all"],
)
@pytest.mark.parametrize("where", ["stdout", "stderr"])
def test_the_token_tells_which_number_is_the_id(cell: Cell, said: str, where: str) -> None:
    session = cell.connect("session=kept")
    cell.qmaster.next = 7
    cell.qmaster.submit("true", None, "")  # somebody's job of that number
    cell.qmaster.next = 1234

    def answer(argv: Any) -> CommandResult:
        ordinary = cell.runner.answer(argv)
        text = said.format(id=ordinary.stdout.decode().strip()).encode()
        return ordinary._replace(**{where: text if where == "stdout" else ordinary.stderr + text})

    cell.runner.next("qsub", answer)
    assert session.runJob(template(session), key="a") == "1234"


@pytest.mark.parametrize("how", ["timeout", "silent"])
def test_a_submission_that_never_arrived(cell: Cell, how: str) -> None:
    session = cell.connect("session=kept")

    def answer(argv: Any) -> CommandResult:
        if how == "timeout":
            raise hang(captured.result("", "", 0, *argv))
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    with pytest.raises(DrmCommunicationException, match="the job was not accepted"):
        session.runJob(template(session))
    assert cell.qmaster.made == []
    assert session.jobs() == []


def test_several_jobs_could_be_it(cell: Cell) -> None:
    session = cell.connect()

    def answer(argv: Any) -> CommandResult:
        for number in (900, 901):
            name = "true"
            job = Job(number, name, None, int(cell.clock.time()), "", {0: "r"})
            cell.qmaster.jobs[number] = job
            cell.qmaster.end(number)
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    with pytest.raises(UnknownSubmissionException, match=r"900, 901"):
        session.runJob(template(session))


def test_somebody_elses_job_of_the_same_name_is_not_it(cell: Cell) -> None:
    session = cell.connect()

    def answer(argv: Any) -> CommandResult:
        name = "true"
        cell.qmaster.write(evidence.line(job=900, name=name, owner="other", submitted=cell.clock.time()))
        cell.qmaster.write(evidence.line(job=901, name=name, owner=USER, submitted=cell.clock.time() - 9000))
        cell.qmaster.write(evidence.line(job=902, task=2, name=name, owner=USER, submitted=cell.clock.time()))
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    with pytest.raises(DrmCommunicationException, match="the job was not accepted"):
        session.runJob(template(session))


def test_an_answer_on_standard_error_with_exit_1(cell: Cell) -> None:
    """Capture cell2.no_queue_terse: the job is accepted though qsub complains."""
    session = cell.connect()

    def answer(argv: Any) -> CommandResult:
        ordinary = cell.runner.answer(argv)
        recorded = captured.case("cell2.no_queue_terse").result
        said = recorded.stderr.replace(b"job 62 ", b"job " + ordinary.stdout.strip() + b" ")
        return recorded._replace(stderr=said)

    cell.runner.next("qsub", answer)
    assert session.runJob(template(session)) == str(cell.qmaster.made[0])
    assert cell.runner.count("qstat") == 1  # whether that is the id


@pytest.mark.parametrize("asked", [None, TaskRange(1, 2), TaskRange(1, 5, 2)], ids=str)
def test_a_job_of_other_tasks_than_were_asked_for_is_deleted(cell: Cell, asked: TaskRange | None) -> None:
    session = cell.connect("session=kept")

    def answer(argv: Any) -> CommandResult:
        token = next(word for word in argv if word.startswith("drmaa_cli=")).partition("=")[2]
        job = cell.qmaster.submit("true", TaskRange(1, 3), token)
        return captured.result(f"{job.number}.1-3:1\n")

    cell.runner.next("qsub", answer)
    found = template(session)
    submit = (
        session.runJob if asked is None else lambda *given, key: session.runBulkJobs(*given, *asked, key=key)
    )
    with pytest.raises(DeniedByDrmException, match=r"job 100 became tasks 1-3:1 instead of .*deleted$"):
        submit(found, key="a")
    assert cell.qmaster.jobs == {}
    assert session.jobs() == []


@pytest.mark.parametrize("answered", ["{id}.1-12:3", "{id}.1-10:3"])
def test_the_end_of_a_range_is_passed_through(cell: Cell, answered: str) -> None:
    session = cell.connect()
    ids = session.runBulkJobs(template(session), 1, 12, 3)
    assert ids == ["100.1", "100.4", "100.7", "100.10"]
    assert cell.runner.count("qsub") == 1
    qsub = next(call for call in cell.runner.calls if call[0] == "qsub")
    assert qsub[qsub.index("-t") + 1] == "1-12:3"
    cell.runner.next("qsub", lambda argv: captured.result(answered.format(id=321) + "\n"))
    assert session.runBulkJobs(template(session), 1, 12, 3)[-1] == "321.10"


def test_an_array_of_one_task_may_be_answered_as_a_job(cell: Cell) -> None:
    session = cell.connect()
    cell.runner.next("qsub", lambda argv: captured.result("321\n"))
    assert session.runBulkJobs(template(session), 4, 4, 1) == ["321.4"]


def test_an_argument_is_no_start_time(cell: Cell) -> None:
    """A job with a start time is asked for by more listings than one without."""
    session = cell.connect()
    number = session.runJob(template(session, args=["-a", "x"]))
    before = cell.runner.count("qstat")
    assert session.jobStatus(number) == "queued_active"
    assert cell.runner.count("qstat") == before + 1


REFUSALS = [
    ("cell2.max_u_jobs.4", TryLaterException, r"^code 16: job rejected: only 3 jobs are allowed per user"),
    ("cell2.qsub_w_e", DeniedByDrmException, r"^code 17: error: no suitable queues$"),
    ("qsub.err_unknown_resource", DeniedByDrmException, 'unknown resource "nosuch"'),
    ("qsub.name_space", InternalException, r"^code 1: Error reading answer list from qmaster"),
    ("env.bad_root.qsub_sync", InternalException, "SGE_ROOT directory"),
]


@pytest.mark.parametrize(("case", "kind", "text"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals_are_final_and_leave_nothing_behind(
    cell: Cell, case: str, kind: type[Exception], text: str
) -> None:
    session = cell.connect("session=kept")
    cell.runner.next("qsub", lambda _: captured.case(case).result)
    with pytest.raises(kind, match=text):
        run(session)
    assert cell.runner.count("qsub") == 1
    assert session.jobs() == []
    session.exit()
    assert cell.connect("session=kept").jobs() == []


# --- keys and reconnection ---------------------------------------------------------------------------------


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
    with contextlib.suppress(NoActiveSessionException):
        session.runJob(found, key=key)
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
    with contextlib.suppress(InternalException):
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


# --- the session's file ------------------------------------------------------------------------------------


def files(cell: Cell) -> list[Path]:
    return sorted(cell.state.rglob("*.session"))


def test_the_file_is_private(cell: Cell) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


GARBAGE = [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 4096]


@pytest.mark.parametrize("content", GARBAGE, ids=["text", "broken"])
def test_a_damaged_file_is_refused_by_name(cell: Cell, content: bytes) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    session.exit()
    path.write_bytes(content)
    with pytest.raises(DrmsInitException, match=re.escape(str(path))):
        cell.connect("session=mine")
    assert path.read_bytes() == content


@pytest.mark.parametrize("version", [0, 1, 7])
@pytest.mark.parametrize("table", ["notes", "jobs"])
def test_somebody_elses_database_is_left_alone(cell: Cell, version: int, table: str) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    session.exit()
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE {table} (text TEXT)")
        db.execute(f"PRAGMA user_version = {version}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(DrmsInitException, match=re.escape(str(path))):
        cell.connect("session=mine")
    assert path.read_bytes() == before


def test_a_file_of_a_newer_version_is_refused(cell: Cell) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    session.exit()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 1000")
    db.close()
    with pytest.raises(DrmsInitException, match="newer"):
        cell.connect("session=mine")


def test_a_full_disk_before_the_submission(cell: Cell, connections: list[sqlite3.Connection]) -> None:
    session = cell.connect("session=full")
    run(session)
    pages = connections[-1].execute("PRAGMA page_count").fetchone()[0]
    connections[-1].execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(InternalException, match=r"nothing was submitted: .*full"):
        run(session, 10_000)
    assert len(cell.qmaster.made) < 10_000
    assert [job.id for job in session.jobs()] == [str(number) for number in cell.qmaster.made]


def test_a_disk_that_is_full_at_the_end_of_a_job(
    cell: Cell, caplog: pytest.LogCaptureFixture, connections: list[sqlite3.Connection]
) -> None:
    session = cell.connect("session=full")
    (number,) = run(session)
    database = connections[-1]
    database.execute("PRAGMA query_only = 1")
    cell.qmaster.end(number, 3)
    assert session.wait(str(number)).exitStatus == 3
    assert "the end of a job" in caplog.text
    database.execute("PRAGMA query_only = 0")
    (second,) = run(session)
    session.exit()
    again = cell.connect("session=full")
    with pytest.raises(InvalidJobException):
        again.wait(str(number), 0)
    with pytest.raises(ExitTimeoutException):
        again.wait(str(second), 0)


@pytest.mark.parametrize("full_from", ["submission", "end", "wait"])
@pytest.mark.parametrize("taken_up_again", [False, True])
def test_a_key_that_is_asked_for_again_after_the_disk_was_full(
    cell: Cell, connections: list[sqlite3.Connection], full_from: str, taken_up_again: bool
) -> None:
    session = cell.connect("session=full")
    session.runJob(template(session), key="another")

    def fill(on: bool) -> None:
        connections[-1].execute(f"PRAGMA query_only = {int(on)}")

    def answer(argv: Any) -> CommandResult:
        fill(full_from == "submission")
        return cell.runner.answer(argv)

    cell.runner.next("qsub", answer)
    number = session.runJob(template(session), key="a")
    fill(full_from in ("submission", "end"))
    cell.qmaster.end(int(number), 3)
    if full_from == "wait":
        cell.clock.sleep(30)
        assert session.jobStatus(number) == "done"
        fill(True)
    assert session.wait(number, 100).exitStatus == 3
    fill(False)
    if taken_up_again:
        session.exit()
        session = cell.connect("session=full")
    for _ in range(2):
        assert session.runJob(template(session), key="a") == number
        assert session.wait(number, 100).exitStatus == 3


def test_an_unnamed_session_works_where_nothing_can_be_written(
    cell: Cell, caplog: pytest.LogCaptureFixture
) -> None:
    cell.state.write_text("a file where a directory should be")
    session = cell.connect()
    (number,) = run(session)
    cell.qmaster.end(number, 4)
    assert session.wait(str(number)).exitStatus == 4
    assert "will not outlive this process" in caplog.text
    with pytest.raises(InternalException, match=r"nothing was submitted: .*, is no directory"):
        run(cell.connect("session=named"))
    assert len(cell.qmaster.made) == 1


def test_a_session_that_could_not_be_taken_up_holds_nothing_open(cell: Cell) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    session.exit()
    path.write_bytes(GARBAGE[0])
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(DrmsInitException):
            cell.connect("session=mine")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# --- fork --------------------------------------------------------------------------------------------------


def fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the test runner may have some
        return os.fork()


def test_a_child_has_no_session_and_does_the_parent_no_harm(cell: Cell) -> None:
    session = cell.connect("session=fork")
    (number,) = run(session)
    verbs = [
        lambda: session.wait(str(number)),
        lambda: session.jobStatus(str(number)),
        lambda: session.control(str(number), "terminate"),
        lambda: session.synchronize([str(number)]),
        session.exit,
        session.createJobTemplate,
        session.jobs,
    ]
    refused = 0
    child = fork()
    if child == 0:
        try:
            for verb in verbs:
                try:
                    verb()
                except NoActiveSessionException:
                    refused += 1
        finally:
            os._exit(refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == len(verbs)
    cell.qmaster.end(number, 2)
    assert session.wait(str(number)).exitStatus == 2


def test_a_child_of_a_thread_that_holds_the_lock(cell: Cell) -> None:
    """The lock is held for ever in the child; it must not be touched there."""
    session = cell.connect()
    (number,) = run(session)
    with session._lock:  # noqa: SLF001  nothing public holds it for so long
        child = fork()
        if child == 0:
            try:
                session.wait(str(number))
            except NoActiveSessionException:
                os._exit(7)
            finally:
                os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
