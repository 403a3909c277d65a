"""Records that come late, twice or never, and files that cannot be read."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from drmaa_cli.errors import (
    DrmCommunicationException,
    NoResourceUsageException,
)
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.accounting_log import AccountingFile
from drmaa_cli.system.commands import Tool, find_tool
from drmaa_cli.system.files import Files
from drmaa_cli.system.runner import CommandNotFound
from fake_sge.cell import Cell
from fake_sge.layout import TOOLS
from tests.conftest import require_real_cell
from tests.real_cell import RealCell
from tests.sessions.conftest import enter
from tests.sessions.kit import PATIENCE, job, start, wait_for


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The accounting file is not shared with this host."""
    monkeypatch.setattr(AccountingFile, "_reopen", lambda self: False)


@pytest.mark.usefixtures("elsewhere")
def test_qacct_is_asked_where_the_file_cannot_be_read(own: Cell) -> None:
    with JobSession() as session:
        ids = [session.runJob(job(session, f"exit {code}")) for code in range(5)]
        array = session.runBulkJobs(job(session, "exit $SGE_TASK_ID"), 1, 3, 1)
        assert [session.wait(number).exitStatus for number in ids] == [0, 1, 2, 3, 4]
        assert [session.wait(number).exitStatus for number in array] == [1, 2, 3]
        assert session.commands["qacct"] > 0


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.slow
def test_neither_file_nor_qacct(own: Cell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in set(TOOLS) - {"qacct"}:
        (tools / name).symlink_to(own.path / name)
    path = [part for part in os.environ["PATH"].split(os.pathsep) if not Path(part, "qacct").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join([str(tools), *path]))
    with JobSession(outage_limit=0.5) as session:
        number = session.runJob(job(session, "exit 5"))
        if not _below_root(own):
            with pytest.raises(DrmCommunicationException, match="qacct"):
                session.wait(number, PATIENCE)
        (tools / "qacct").symlink_to(own.path / "qacct")
        wait_for(lambda: _ended_with(session, number, 5), "the end")


def _below_root(cell: Cell) -> bool:
    return any(Path(cell.variables["SGE_ROOT"], "bin").glob("*/qacct"))


def _ended_with(session: JobSession, number: str, code: int) -> bool:
    try:
        return session.wait(number, PATIENCE).exitStatus == code
    except DrmCommunicationException:
        return False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "options"), [("accounting-duplicate", {}), ("accounting-late", {"seconds": 1.0})]
)
def test_records_that_come_late_or_twice(own: Cell, kind: str, options: dict[str, float]) -> None:
    with JobSession(accounting_margin=20) as session:
        own.fault(kind, times=None, **options)  # type: ignore[arg-type]  # seconds
        ids = [session.runJob(job(session, f"exit {code}")) for code in range(4)]
        assert [session.wait(number, PATIENCE).exitStatus for number in ids] == [0, 1, 2, 3]


@pytest.mark.slow
def test_a_record_that_never_comes_is_code_24(own: Cell) -> None:
    with JobSession(accounting_margin=0.3) as session:
        assert session.wait(session.runJob(job(session, "exit 1"))).exitStatus == 1  # the file is there
        own.fault("accounting-absent", times=1)
        number = session.runJob(job(session, "exit 3"))
        with pytest.raises(NoResourceUsageException, match=r"^code 24: no usage information"):
            session.wait(number, PATIENCE)


def change(cell: RealCell, path: Path, what: str, old: str, new: str) -> None:
    """Change the cell's configuration, or its scheduler's."""
    before = cell.run("qconf", f"-s{what}").stdout
    after, count = re.subn(old, new, before)
    assert count == 1
    path.write_text(after)
    cell.run("qconf", f"-M{what}", str(path))


@pytest.mark.slow
@pytest.mark.real_cell
def test_a_real_cell_that_writes_no_accounting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``qstat -j`` shows an ended job until the scheduler comes again, here after minutes."""
    require_real_cell()
    with RealCell(tmp_path / "cell", profile="stock") as cell:
        change(cell, tmp_path / "global", "conf", "accounting=true", "accounting=false")
        change(cell, tmp_path / "scheduler", "sconf", r"(schedule_interval\s+)\S+", r"\g<1>0:5:0")
        change(cell, tmp_path / "scheduler", "sconf", r"(flush_submit_sec\s+)\S+", r"\g<1>1")
        enter(monkeypatch, cell.env, cell.bin_directory, tmp_path / "state")
        with pytest.warns(RuntimeWarning, match="writes no accounting"):
            session = JobSession()
        with session:
            ids = [
                session.runJob(job(session, f"sleep 1; {end}")) for end in ("exit 0", "exit 3", "kill -9 $$")
            ]
            ends = [session.wait(number, PATIENCE) for number in ids]
        assert [info.exitStatus for info in ends] == [0, 3, 0]
        assert [info.terminatedSignal for info in ends] == ["", "", "SIGKILL"]


@pytest.mark.slow
def test_rotation_and_truncation_while_waiting(own: Cell, tmp_path: Path) -> None:
    with JobSession() as session:
        for turn in range(4):
            number = start(session, tmp_path / f"go{turn}", code=turn)
            if turn == 1:
                own.accounting.rename(f"{own.accounting}.0")
            if turn == 2:
                own.accounting.write_bytes(b"")
            if turn == 3:
                shutil.copy(own.accounting, f"{own.accounting}.1")
                own.accounting.unlink()
            (tmp_path / f"go{turn}").write_text("\n")
            assert session.wait(number, PATIENCE).exitStatus == turn


def test_history_without_qacct_is_the_accounting_file(own: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    with JobSession() as session:
        number = session.runJob(job(session, "exit 5"))
        session.wait(number)
        (past,) = session.history(0)
        line = own.accounting.read_bytes().splitlines(keepends=True)[-1]
        with own.accounting.open("ab") as file:
            file.write(line.replace(f":{session.cluster.user}:".encode(), b":somebody:", 1))
    monkeypatch.setattr("drmaa_cli.system.cell.find_tool", _find_all_but_qacct)
    with JobSession() as session:
        (found,) = session.history(0)
        assert (found.id, found.name, found.info.exitStatus) == (past.id, past.name, 5)
        started = float(found.info.resourceUsage["start_time"])
        assert session.history(started) == [found]
        assert session.history(started + 1) == []
        own.accounting.unlink()
        with pytest.raises(DrmCommunicationException, match="qacct"):
            session.history(0)


def _find_all_but_qacct(name: str, env: Mapping[str, str], files: Files) -> Tool:
    if name == "qacct":
        raise CommandNotFound("qacct", "not found on PATH")
    return find_tool(name, env, files)
