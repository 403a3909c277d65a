"""Accounting that cannot be read, is not written, or comes from clocks that differ: what is wrong is said."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from drmaa_cli.errors import DrmCommunicationException, ExitTimeoutException, InvalidJobException
from drmaa_cli.gridengine.records import CommandResult, TaskRange
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.store.session_store import Intent, Store
from drmaa_cli.system.processes import Owner
from drmaa_cli.system.runner import CommandNotFound
from tests.core.conftest import Cell, run, template
from tests.core.shapes import Job
from tests.core.test_outages import hide
from tests.core.world import Qmaster
from tests.gridengine import captured
from tests.tables import slow

Qacct = Callable[[Sequence[str]], CommandResult]


def qacct(cell: Cell, answer: Qacct) -> None:
    """What qacct answers from now on."""
    ordinary = cell.runner.answer

    def answered(argv: Sequence[str]) -> CommandResult:
        return answer(argv) if argv[0] == "qacct" else ordinary(argv)

    cell.runner.answer = answered  # type: ignore[method-assign]  # that is the test


def lost_connection(argv: Sequence[str]) -> CommandResult:
    """As tools say it in capture env.dead_port.qstat."""
    found = captured.case("env.dead_port.qstat").result
    return found._replace(argv=tuple(argv))


def not_there(argv: Sequence[str]) -> CommandResult:
    raise CommandNotFound("qacct", "not found on PATH")


def record_of(number: int) -> Qacct:
    text = captured.case("qacct.j_exit3").out.replace("869", str(number), 1).replace(" 869 ", f" {number} ")
    return lambda _: captured.result(text)


@pytest.mark.parametrize("trouble", [lost_connection, lambda _: captured.case("qacct.f_unreadable").result])
def test_an_outage_of_qacct_is_ridden_out_and_not_told_again_when_it_is_over(
    cell: Cell, trouble: Qacct
) -> None:
    hide(cell)
    session = cell.connect(outage_limit=90)
    (number,) = run(session)
    cell.at(5, cell.qmaster.jobs.pop, number)
    ordinary = cell.runner.answer
    qacct(cell, trouble)
    with pytest.raises(DrmCommunicationException, match=r"^code 2: how the job ended cannot be found out"):
        session.wait(str(number))
    with pytest.raises(DrmCommunicationException, match="accounting file cannot be read"):
        session.wait(str(number))
    cell.runner.answer = ordinary  # type: ignore[method-assign]
    qacct(cell, record_of(number))
    began = cell.clock.monotonic()
    assert session.wait(str(number)).exitStatus == 3
    assert cell.clock.monotonic() - began < 20


def test_a_wait_does_not_fail_while_qacct_comes_and_goes(cell: Cell) -> None:
    hide(cell)
    session = cell.connect(outage_limit=90)
    (number,) = run(session)
    cell.at(5, cell.qmaster.jobs.pop, number)
    qacct(cell, lost_connection)
    cell.at(60, qacct, cell, record_of(number))
    assert session.wait(str(number)).exitStatus == 3


@pytest.mark.parametrize("cuts", [1, 2])
@pytest.mark.slow
def test_an_answer_of_qacct_that_was_cut_after_a_record_gives_up_no_task(cell: Cell, cuts: int) -> None:
    """It comes when the records are overdue, because qacct could not be asked before."""
    hide(cell)
    session = cell.connect(outage_limit=900)
    first, second = session.runBulkJobs(template(session), 1, 2, 1)
    number = int(first.partition(".")[0])
    cell.at(5, cell.qmaster.jobs.pop, number)
    whole = "".join(record_of(number)(()).out.replace("undefined", task, 1) for task in "12")
    half = whole[: len(whole) // 2]
    answers = [half, whole, half, whole] if cuts == 2 else [half, whole]

    def answered(argv: Sequence[str]) -> CommandResult:
        return captured.result(answers.pop(0) if len(answers) > 1 else answers[0])

    qacct(cell, lost_connection)
    cell.at(200, qacct, cell, answered)
    assert [session.wait(job).exitStatus for job in (second, first)] == [3, 3]


def test_without_file_and_qacct_it_is_said_what_is_wrong(cell: Cell) -> None:
    hide(cell)
    session = cell.connect()
    ended, running = run(session, 2)
    for number in (ended, running):
        cell.qmaster.set(number, "r")
    assert session.jobStatus(str(ended)) == "running"
    qacct(cell, not_there)
    cell.at(5, cell.qmaster.jobs.pop, ended)
    began = cell.clock.monotonic()
    with pytest.raises(
        DrmCommunicationException, match="accounting file cannot be read on this host, and qacct"
    ):
        session.wait(str(ended))
    assert cell.clock.monotonic() - began < 60
    assert session.jobStatus(str(ended)) == "undetermined", "it is not running any more"
    assert session.jobStatus(str(running)) == "running"


def test_a_host_that_will_never_tell_is_said_at_the_beginning(
    cell: Cell, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("qsub", "qstat", "qconf"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SGE_ROOT", str(tmp_path / "elsewhere"))
    with pytest.warns(RuntimeWarning, match=r"how jobs end cannot be found out: .*accounting cannot"):
        cell.connect()


def test_a_cell_that_writes_no_accounting_is_said_at_the_beginning(cell: Cell) -> None:
    text = captured.case("qconf.sconf").out
    assert "accounting=true" in text
    off = captured.result(text.replace("accounting=true", "accounting=false"))
    cell.runner.next("qconf", lambda _: off)
    with pytest.warns(RuntimeWarning, match="this cell writes no accounting"):
        cell.connect()


# --- clocks ------------------------------------------------------------------------------------------------


class Fast:
    """A qmaster whose clock is some hours ahead of ours."""

    def __init__(self, clock: Any, hours: float) -> None:
        self._clock, self._hours = clock, hours

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clock, name)

    def time(self) -> float:
        return float(self._clock.time()) + 3600 * self._hours


@pytest.mark.parametrize("hours", [-26, slow(-3), slow(-1.2), 1.2, slow(3), slow(26)])
@pytest.mark.parametrize("seen", ["pending", "running", "never"])
@pytest.mark.parametrize("again", [False, True])
def test_our_clock_may_be_hours_off(cell: Cell, hours: float, seen: str, *, again: bool) -> None:
    qmaster: Qmaster = cell.qmaster
    qmaster.clock = Fast(cell.clock, hours)  # type: ignore[assignment]  # as good as a clock
    session = cell.connect("session=clocks")
    (number,) = run(session)
    if seen == "running":
        qmaster.set(number, "r")
    if seen != "never":
        session.jobStatus(str(number))
    if again:
        session.exit()
        session = cell.connect("session=clocks")
    cell.at(5, qmaster.end, number, 7)
    assert session.wait(str(number), 600).exitStatus == 7


@pytest.mark.parametrize("hours", [-3, 3])
def test_our_clock_may_be_hours_off_where_qacct_is_asked(
    cell: Cell, monkeypatch: pytest.MonkeyPatch, hours: float
) -> None:
    hide(cell)
    cell.qmaster.clock = Fast(cell.clock, -hours)  # type: ignore[assignment]  # as in the recorded answer
    ordinary = cell.clock.time
    monkeypatch.setattr(cell.clock, "time", lambda: ordinary() + 3600 * hours)
    session = cell.connect()
    (number,) = run(session)
    qacct(cell, record_of(number))
    assert session.jobStatus(str(number)) == "queued_active"
    del cell.qmaster.jobs[number]
    assert session.wait(str(number), 600).exitStatus == 3


# --- files that are no files, and files that are emptied ---------------------------------------------------


def test_a_pipe_in_the_place_of_the_accounting_file_holds_nobody_up(cell: Cell) -> None:
    cell.qmaster.accounting.unlink()
    os.mkfifo(cell.qmaster.accounting)
    os.mkfifo(cell.qmaster.accounting.with_name("accounting.0"))
    session: JobSession = cell.connect()
    (number,) = run(session)
    with pytest.raises(ExitTimeoutException):
        session.wait(str(number), 10)
    cell.qmaster.jobs.pop(number)
    qacct(cell, record_of(number))
    assert session.wait(str(number), 60).exitStatus == 3


def test_a_pipe_that_takes_the_place_of_the_accounting_file_later(cell: Cell) -> None:
    session = cell.connect()
    ended, running = run(session, 2)
    cell.qmaster.end(ended)
    assert session.wait(str(ended)).succeeded
    cell.qmaster.accounting.unlink()
    os.mkfifo(cell.qmaster.accounting)
    cell.at(5, cell.qmaster.jobs.pop, running)
    qacct(cell, record_of(running))
    assert session.wait(str(running)).exitStatus == 3
    assert session.flavour.banner


@pytest.mark.parametrize("grown", [False, True])
@pytest.mark.parametrize("name", ["accounting.1", "accounting-20261127"])
def test_a_record_that_was_copied_away_before_it_was_read(cell: Cell, name: str, *, grown: bool) -> None:
    """Logrotate's copytruncate: the file is copied, then emptied; it may grow beyond where we were."""
    session = cell.connect()
    first, second = run(session, 2)
    cell.qmaster.end(first, 3)
    assert session.wait(str(first)).exitStatus == 3
    cell.qmaster.end(second, 4)
    accounting = cell.qmaster.accounting
    accounting.with_name(name).write_bytes(accounting.read_bytes())
    accounting.write_bytes(b"")
    if grown:
        for _ in range(3):
            (number,) = run(session)
            cell.qmaster.end(number, 5)
    assert session.wait(str(second), 600).exitStatus == 4


# --- arrays beyond all measure ------------------------------------------------------------------------------


def test_an_array_of_two_thousand_million_tasks_is_taken_up_again(cell: Cell) -> None:
    last = 2**31 - 1
    with cell.connect("session=huge") as session:
        run(session)
    (path,) = cell.state.glob("huge*.session")
    store = Store.existing(str(path))
    intent = Intent("t", None, "x", TaskRange(1, last), cell.clock.time(), False, None, Owner.this())
    store.accepted(store.record_intent(intent), 700)
    store.close()
    cell.qmaster.jobs[700] = Job(700, "x", TaskRange(1, last), int(cell.clock.time()), "t", {5: "qw"})
    ordinary = cell.runner.answer

    def all_tasks(argv: Sequence[str]) -> CommandResult:
        found = ordinary(argv)
        return found._replace(stdout=found.stdout.replace(b"<tasks>5<", b"<tasks>1-%d:1<" % last))

    cell.runner.answer = all_tasks  # type: ignore[method-assign]
    session = cell.connect("session=huge")
    assert session.jobStatus(f"700.{last}") == "queued_active"
    with pytest.raises(ExitTimeoutException):
        session.wait("700.17", 5)
    with pytest.raises(InvalidJobException):
        session.jobStatus(f"700.{last + 1}")
