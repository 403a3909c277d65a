"""A session that meets another engine: which one it is, its accounting file, what it records."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence

import pytest

from drmaa_cli.errors import DrmCommunicationException, DrmsInitException, TryLaterException
from drmaa_cli.gridengine.accounting import parse_line
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.accounting_log import AccountingFile
from drmaa_cli.system.runner import CommandNotFound
from tests.core.conftest import Cell, template
from tests.gridengine import captured


def recorded(name: str, engine: str) -> Callable[[Sequence[str]], CommandResult]:
    answer = captured.case(name, engine).result
    return lambda argv: answer._replace(argv=tuple(argv))


def speak(cell: Cell, engine: str) -> None:
    """The answers to the questions after the flavour."""
    cell.runner.next("qstat", recorded("help.qstat", engine), recorded("state.r.xml", engine))


def test_the_flavour_is_a_value_that_is_found_once(cell: Cell) -> None:
    session = cell.connect()
    before = len(cell.runner.calls)
    assert (session.flavour.name, session.flavour.version) == ("Son of Grid Engine", "8.1.9")
    assert not session.flavour.features.json_accounting
    asked = len(cell.runner.calls)
    assert asked == before + 3
    assert session.flavour is session.flavour
    assert len(cell.runner.calls) == asked


def test_another_engine(cell: Cell) -> None:
    session = cell.connect()
    (cell.qmaster.common / "accounting.jsonl").write_text(
        captured.case("qacct.j_qdel_running", "ocs-9.2pre").accounting_lines[0] + "\n"
    )
    speak(cell, "ocs-9.2pre")
    assert str(session.flavour) == "Open Cluster Scheduler 9.2.0prealpha"
    assert session.flavour.features.json_accounting
    assert session.flavour.features.deleted_by
    assert session.flavour.features.retained_jobs


def test_no_qmaster_is_no_flavour(cell: Cell) -> None:
    session = cell.connect(retry_for=0.1)
    cell.runner.outage = "refused"
    with pytest.raises(DrmCommunicationException):
        print(session.flavour)
    cell.runner.outage = None
    assert session.flavour.version == "8.1.9"


def ended(cell: Cell, session: JobSession, engine: str, case: str) -> tuple[int, bytes]:
    """Run a job whose end an engine has recorded: its number, and the line for it."""
    job = session.runJob(template(session))
    line = captured.case(case, engine).accounting_lines[0]
    data = json.loads(line)
    shift = int(cell.clock.time() * 1e6) - data["submission_time"]
    times = {name: data[name] + shift for name in ("submission_time", "start_time", "end_time")}
    return int(job), json.dumps({**data, **times, "job_number": int(job)}).encode() + b"\n"


@pytest.mark.parametrize("engine", ["ocs-9.0.13", "ocs-9.1.4", "ocs-9.2pre"])
def test_an_end_is_found_in_the_json_lines(cell: Cell, engine: str) -> None:
    """Without a question to qacct, and without the plain file."""
    cell.qmaster.accounting.unlink()
    written = cell.qmaster.common / "accounting.jsonl"
    written.touch()
    session = cell.connect()
    number, line = ended(cell, session, engine, "qacct.j_exit1")
    cell.qmaster.vanish(number)
    written.write_bytes(line)
    info = session.wait(str(number))
    assert (info.hasExited, info.exitStatus) == (True, 1)
    assert float(info.resourceUsage["ru_maxrss"]) == json.loads(line)["usage"]["rusage"]["ru_maxrss"]
    assert cell.runner.count("qacct") == 0


PE = "special.pe_exit3"


@pytest.mark.parametrize(
    ("engine", "warned"), [("ocs-9.0.13", True), ("ocs-9.1.4", True), ("ocs-9.2pre", False)]
)
def test_a_parallel_jobs_exit_status_in_doubt(
    cell: Cell, caplog: pytest.LogCaptureFixture, engine: str, warned: bool
) -> None:
    """Where 0 may stand for another status that is said, once."""
    session = cell.connect()
    written = cell.qmaster.common / "accounting.jsonl"
    lines = [captured.case(name, engine).accounting_lines[0] for name in (PE, "qacct.j_pe")]
    written.write_text("".join(f"{line}\n" for line in lines))
    accounting = AccountingFile(str(cell.qmaster.accounting), str(written))
    records = [parse_line(line.encode()) for line in lines]
    speak(cell, engine)
    with caplog.at_level(logging.WARNING, "drmaa_cli"):
        session.cluster.check_exits(records[:1], accounting)
        session.cluster.check_exits(records, accounting)
        session.cluster.check_exits(records, accounting)
    told = [message for message in caplog.messages if "control_slaves" in message]
    assert len(told) == warned
    assert all(message.startswith("Open Cluster Scheduler 9.") for message in told)


def test_no_engine_of_the_older_form_is_asked(cell: Cell) -> None:
    session = cell.connect()
    line = captured.case(PE, "sge-daimh-8.1.x").accounting_lines[0]
    cell.qmaster.accounting.write_text(f"{line}\n")
    before = len(cell.runner.calls)
    success = parse_line(line.encode())._replace(exit_status=0)
    session.cluster.check_exits([success], AccountingFile(str(cell.qmaster.accounting)))
    assert len(cell.runner.calls) == before


def missing(argv: Sequence[str]) -> CommandResult:
    raise CommandNotFound(argv[0], "not found")


def denied(argv: Sequence[str]) -> CommandResult:
    said = captured.case("qconf.mattr_denied", "ocs-9.1.4").result
    return said._replace(argv=tuple(argv))


def forbidden(argv: Sequence[str]) -> CommandResult:
    return CommandResult(tuple(argv), 126, b"", b"sh: 1: qconf: Permission denied\n")


@pytest.mark.parametrize("answer", [missing, denied, forbidden])
def test_without_the_right_to_qconf(
    cell: Cell, caplog: pytest.LogCaptureFixture, answer: Callable[[Sequence[str]], CommandResult]
) -> None:
    """The defaults of sge_conf(5) are assumed, and that is said."""
    cell.runner.next("qconf", answer)
    session = cell.connect()
    assert any("Grid Engine's defaults are assumed" in message for message in caplog.messages)
    job = session.runJob(template(session))
    cell.qmaster.end(int(job), status=3)
    assert session.wait(job).exitStatus == 3


@pytest.mark.parametrize("answer", [missing, denied])
def test_without_qconf_and_without_a_qmaster(
    cell: Cell, answer: Callable[[Sequence[str]], CommandResult]
) -> None:
    cell.runner.next("qconf", *[answer] * 50)
    cell.runner.next("qstat", *[recorded("env.qmaster_down.qstat", "ocs-9.1.4")] * 50)
    with pytest.raises(DrmCommunicationException):
        cell.connect(retry_for=0.5)
    cell.runner.scripted.clear()
    cell.runner.next("qconf", answer)
    cell.runner.next("qstat", recorded("env.bad_cell.qstat", "ocs-9.1.4"))
    with pytest.raises(DrmsInitException, match="cell directory"):
        cell.connect(retry_for=0.5)


def test_a_letter_that_nobody_knows_is_told_once(cell: Cell, caplog: pytest.LogCaptureFixture) -> None:
    session = cell.connect()
    jobs = [session.runJob(template(session)) for _ in range(3)]
    for job, state in zip(jobs, ("Zr", "rZ", "Yqw")):
        cell.qmaster.set(int(job), state)
    assert [session.jobStatus(job) for job in jobs] == ["running", "running", "queued_active"]
    session.jobStatus(jobs[0])
    told = [message for message in caplog.messages if "is not known" in message]
    assert sorted(message.partition(" means")[0][-3:] for message in told) == ["'Y'", "'Z'"]
    for job in jobs:
        cell.qmaster.end(int(job))
        assert session.wait(job).hasExited


LIMIT = 'request limit "qstat:get:*:*:*=10" exceeded'  # public documentation; not observed


def limited(argv: Sequence[str]) -> CommandResult:
    return CommandResult(tuple(argv), 1, b"", f"error: {LIMIT}\n".encode())


def test_a_request_limit_is_asked_again(cell: Cell) -> None:
    session = cell.connect()
    job = session.runJob(template(session))
    cell.qmaster.set(int(job), "r")
    cell.runner.next("qstat", limited, limited)
    assert session.jobStatus(job) == "running"
    cell.runner.next("qhold", limited)
    session.control(job, "hold")
    cell.qmaster.end(int(job), status=2)
    cell.runner.next("qstat", limited, limited, limited)
    assert session.wait(job).exitStatus == 2


def test_a_request_limit_that_lasts_is_for_later(cell: Cell) -> None:
    session = cell.connect(retry_for=0.5)
    job = session.runJob(template(session))
    cell.runner.next("qdel", *[limited] * 99)
    with pytest.raises(TryLaterException, match="request limit"):
        session.control(job, "terminate")
    cell.runner.next("qsub", limited)
    with pytest.raises(TryLaterException, match="request limit"):
        session.runJob(template(session))
    cell.qmaster.end(int(job))
    assert session.wait(job).hasExited
