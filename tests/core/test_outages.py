"""The qmaster away, silent, or talking nonsense: nothing is invented, waits go on, limits hold."""

from __future__ import annotations

import errno
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.config import Config
from drmaa_cli.errors import (
    DrmCommunicationException,
    DrmsInitException,
    ExitTimeoutException,
    InternalException,
    InvalidArgumentException,
    NoResourceUsageException,
)
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.runner import Command, CommandNotFound, LocalRunner
from tests.core.conftest import Cell, run, template
from tests.core.world import OUTAGES
from tests.gridengine import captured
from tests.tables import sampled

ANSWERLESS = sorted(OUTAGES)
SAYS = {
    "refused": "unable to send message to qmaster",
    "hanging": "did not answer within",
    "truncated": "ended with 0",
    "garbled": "ended with 0",
    "empty": "ended with 0",
}


def strike(cell: Cell, outage: str | None) -> None:
    cell.runner.outage = outage


@pytest.mark.parametrize("outage", sampled([(one,) for one in ANSWERLESS], list(ANSWERLESS), every=4))
def test_a_wait_rides_out_an_outage(cell: Cell, outage: str) -> None:
    session = cell.connect(command_timeout=5)
    (number,) = run(session)
    cell.qmaster.set(number, "r")
    cell.at(5, strike, cell, outage)
    cell.at(65, strike, cell, None)
    cell.at(100, cell.qmaster.end, number, 4)
    assert session.wait(str(number), 500).exitStatus == 4


@pytest.mark.parametrize("outage", sampled([(one,) for one in ANSWERLESS], list(ANSWERLESS), every=4))
def test_a_job_that_ends_during_an_outage(cell: Cell, outage: str) -> None:
    session = cell.connect(command_timeout=5)
    first, second = run(session, 2)
    cell.at(5, strike, cell, outage)
    cell.at(20, cell.qmaster.end, first, 4)
    cell.at(25, cell.qmaster.end, second, case="qacct.j_sigsegv")
    cell.at(90, strike, cell, None)
    session.synchronize([str(first), str(second)], 500)
    assert session.wait(str(first)).exitStatus == 4
    assert session.wait(str(second)).terminatedSignal == "SIGSEGV"


@pytest.mark.parametrize("outage", sampled([(one,) for one in ANSWERLESS], list(ANSWERLESS), every=4))
def test_an_outage_that_is_too_long(cell: Cell, outage: str) -> None:
    session = cell.connect(command_timeout=5, outage_limit=120)
    (number,) = run(session)
    began = cell.clock.monotonic()
    strike(cell, outage)
    for verb in (lambda: session.wait(str(number)), lambda: session.synchronize([str(number)])):
        with pytest.raises(DrmCommunicationException, match=rf"^code 2: .*{SAYS[outage]}"):
            verb()
    assert 120 <= cell.clock.monotonic() - began < 200
    strike(cell, None)
    cell.at(5, cell.qmaster.end, number, 3)
    assert session.wait(str(number)).exitStatus == 3


@pytest.mark.parametrize("outage", ANSWERLESS)
def test_other_verbs_try_for_a_moment_and_say_why(cell: Cell, outage: str) -> None:
    session = cell.connect(command_timeout=5)
    (number,) = run(session)
    cell.clock.sleep(5)
    strike(cell, outage)
    began = cell.clock.monotonic()
    with pytest.raises(DrmCommunicationException, match=rf"^code 2: .*{SAYS[outage]}"):
        session.jobStatus(str(number))
    assert cell.clock.monotonic() - began < 15
    with pytest.raises(ExitTimeoutException, match="code 23"):
        session.wait(str(number), 1)
    strike(cell, None)
    assert session.jobStatus(str(number)) == "queued_active"


def test_control_in_an_outage(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    strike(cell, "refused")
    with pytest.raises(DrmCommunicationException, match="unable to send message to qmaster"):
        session.control(str(number), "terminate")
    assert number in cell.qmaster.jobs
    strike(cell, None)
    session.control(str(number), "terminate")
    assert number not in cell.qmaster.jobs


def test_a_submission_in_an_outage_is_tried_again_and_then_refused(cell: Cell) -> None:
    session = cell.connect("session=kept")
    strike(cell, "refused")
    with pytest.raises(DrmCommunicationException, match="unable to send message to qmaster"):
        run(session)
    assert cell.runner.count("qsub") == 1  # not again before it is known that nothing was accepted
    assert cell.qmaster.made == []
    cell.at(1, strike, cell, None)
    assert run(session) == cell.qmaster.made
    assert cell.runner.count("qsub") == 3
    assert len(session.jobs()) == 1


def test_a_session_begins_when_the_qmaster_answers(cell: Cell) -> None:
    strike(cell, "refused")
    with pytest.raises(DrmCommunicationException, match="unable to send message to qmaster"):
        cell.connect()
    cell.at(1, strike, cell, None)
    assert run(cell.connect())


def test_the_time_of_an_outage_does_not_count_against_a_missing_job(cell: Cell) -> None:
    """The qmaster that went down before it wrote the record writes it after it is up again."""
    cell.qmaster.flush = 150.0
    session = cell.connect()
    (number,) = run(session)
    cell.at(5, cell.qmaster.end, number, 6)
    cell.at(10, strike, cell, "refused")
    cell.at(140, strike, cell, None)
    assert session.wait(str(number)).exitStatus == 6


def test_a_qmaster_that_comes_and_goes_does_not_put_off_an_end_for_ever(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    cell.at(5, cell.qmaster.vanish, number)
    for place in range(40):
        cell.at(10 + 15 * place, strike, cell, "refused")
        cell.at(16 + 15 * place, strike, cell, None)
    with pytest.raises(NoResourceUsageException, match=r"^code 24: "):
        session.wait(str(number), 110)


def test_an_outage_of_long_ago_is_not_held_against_a_new_wait(cell: Cell) -> None:
    session = cell.connect(outage_limit=60)
    (number,) = run(session)
    cell.clock.sleep(5)
    strike(cell, "refused")
    with pytest.raises(DrmCommunicationException):
        session.jobStatus(str(number))
    cell.clock.sleep(3600)
    strike(cell, None)
    cell.at(5, cell.qmaster.end, number)
    assert session.wait(str(number)).hasExited


def test_two_short_outages_with_nobody_asking_are_not_a_long_one(cell: Cell) -> None:
    session = cell.connect(outage_limit=60)
    (number,) = run(session)
    cell.clock.sleep(5)
    strike(cell, "refused")
    with pytest.raises(DrmCommunicationException):
        session.jobStatus(str(number))
    cell.clock.sleep(3600)
    cell.at(10, strike, cell, None)
    cell.at(15, cell.qmaster.end, number)
    assert session.wait(str(number)).hasExited


def test_only_the_details_do_not_answer(cell: Cell) -> None:
    """A listing alone ends nothing; when it stays alone for too long, that is an outage too."""
    cell.qmaster.flush = 10**6
    session = cell.connect(outage_limit=60)
    (number,) = run(session)
    cell.qmaster.set(number, "r")
    session.jobStatus(str(number))
    cell.at(5, cell.qmaster.end, number)
    ordinary = cell.runner.answer

    def no_details(argv: Any) -> CommandResult:
        return captured.case("env.dead_port.qstat_j_xml").result if "-j" in argv else ordinary(argv)

    cell.runner.answer = no_details  # type: ignore[method-assign]  # that is the test
    with pytest.raises(DrmCommunicationException, match="unable to send message to qmaster"):
        session.wait(str(number))
    assert session.jobStatus(str(number)) == "running"


def test_a_host_that_cannot_fork_for_a_while(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)

    def no_processes(argv: Any) -> None:
        raise CommandNotFound("qstat", "Resource temporarily unavailable")

    cell.runner.next("qstat", *[no_processes] * 3)
    cell.at(20, cell.qmaster.end, number, 2)
    assert session.wait(str(number)).exitStatus == 2


def test_what_the_log_says(cell: Cell, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="drmaa_cli")
    session = cell.connect()
    (number,) = run(session)
    cell.at(5, strike, cell, "refused")
    cell.at(65, strike, cell, None)
    cell.at(100, cell.qmaster.end, number)
    session.wait(str(number))
    said = [record.getMessage() for record in caplog.records if "answer" in record.getMessage()]
    assert len(said) == 2
    assert said[0].startswith("Grid Engine does not answer: unable to send message to qmaster")
    assert said[1] == "Grid Engine answers again"


# --- accounting that is not there --------------------------------------------------------------------------


def hide(cell: Cell) -> None:
    cell.qmaster.accounting.rename(cell.qmaster.accounting.with_name("hidden"))


def test_the_file_appears_later(cell: Cell) -> None:
    hide(cell)
    session = cell.connect()
    (number,) = run(session)
    cell.at(5, cell.qmaster.end, number, 9)  # qmaster makes the file
    assert session.wait(str(number)).exitStatus == 9


def test_qacct_is_asked_where_the_file_cannot_be_read(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(cell)
    session = cell.connect()
    (number,) = run(session)
    text = captured.case("qacct.j_exit3").out.replace("869", str(number), 1).replace(" 869 ", f" {number} ")
    job = cell.qmaster.jobs[number]

    def qacct(argv: Any) -> CommandResult:
        cell.qmaster.clock.sleep(0.01)
        if cell.clock.monotonic() < 1030:
            return captured.result("", f"error: job id {number} not found\n", 1)
        return captured.result(text)

    cell.runner.next("qacct", *[qacct] * 50)
    cell.at(5, cell.qmaster.jobs.pop, number)
    assert job.number == number
    assert session.wait(str(number)).exitStatus == 3
    assert cell.runner.count("qacct") < 12


def test_without_any_accounting_nothing_is_invented(cell: Cell) -> None:
    hide(cell)
    session = cell.connect(outage_limit=90)
    (number,) = run(session)
    cell.at(5, cell.qmaster.jobs.pop, number)
    with pytest.raises(DrmCommunicationException, match="unable to open /tmp/perm"):  # as recorded
        session.wait(str(number))


def test_a_full_process_table_is_trouble_and_not_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(CommandNotFound, match="Resource temporarily unavailable"):
        LocalRunner().run(Command(("true",), "/bin/true", {}, 5))


def test_a_user_without_a_name_is_told_so(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(number: int) -> Any:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(DrmsInitException, match=r"^code 10: user number \d+ has no name here"):
        cell.connect()


def test_a_template_can_be_used_again_after_an_outage(cell: Cell) -> None:
    session = cell.connect()
    found = template(session)
    strike(cell, "refused")
    with pytest.raises(DrmCommunicationException):
        session.runJob(found)
    strike(cell, None)
    assert int(session.runJob(found)) in cell.qmaster.jobs


def test_a_user_without_a_name_in_mid_session(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after os.seteuid() to a number that the password database does not have."""
    connection = cell.connect()
    jt = template(connection)
    number = connection.runJob(jt)

    def nobody(number: int) -> object:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.setattr("drmaa_cli.system.host.os.geteuid", lambda: 2**32 - 2)
    calls = {
        "runJob": lambda: connection.runJob(jt),
        "runBulkJobs": lambda: connection.runBulkJobs(jt, 1, 2, 1),
        "runJobs": lambda: connection.runJobs([jt, jt]),
        "jobStatus": lambda: connection.jobStatus(number),
        "wait": lambda: connection.wait(number, 5),
        "synchronize": lambda: connection.synchronize([number], 5),
        "jobs": connection.jobs,
    }
    for call in calls.values():
        with pytest.raises(InternalException, match=r"^code 1: user number \d+ has no name here"):
            call()
    monkeypatch.undo()
    cell.qmaster.end(int(number), 3)
    assert connection.wait(number).exitStatus == 3


def test_a_user_without_a_home_has_no_place_for_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(number: int) -> object:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.delenv("HOME", raising=False)
    with pytest.raises(InvalidArgumentException, match="set DRMAA_CLI_STATE_DIR"):
        Config().directory({})
    with pytest.raises(InvalidArgumentException, match="set DRMAA_CLI_STATE_DIR"):
        Config().directory({"XDG_STATE_HOME": "relative"})
    assert Config().directory({"XDG_STATE_HOME": "/x"}) == Path("/x/drmaa_cli")


@pytest.mark.parametrize("verb", ["jobStatus", "wait"])
def test_a_python_that_cannot_read_answers_is_no_outage(
    cell: Cell, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    connection = cell.connect()
    job = str(run(connection)[0])
    monkeypatch.setitem(sys.modules, "lxml", None)
    began = cell.clock.monotonic()
    asked: dict[str, Callable[[], object]] = {
        "jobStatus": lambda: connection.jobStatus(job),
        "wait": lambda: connection.wait(job),
    }
    with pytest.raises(InternalException, match=r"with this Python.*drmaa_cli needs lxml"):
        asked[verb]()
    assert cell.clock.monotonic() < began + 60
