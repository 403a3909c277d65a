"""A cell that has been stopped leaves no process behind, and starts none."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

from fake_sge import Cell, ending
from tests.patience import PATIENCE
from tests.processes import is_running

from .kit import ended, execd_of, quick, state, wait_for


def processes_of(cell: Cell) -> list[str]:
    """The command lines in which the cell's directory stands."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes()
        except OSError:
            continue  # it has just ended
        if os.fsencode(cell.directory) in text:
            found.append(os.fsdecode(text))
    return found


def test_a_job_whose_shepherd_is_late_is_not_started(tmp_path: Path) -> None:
    """On a busy machine its order is under way when the qmaster ends, and its directory removed."""
    cell = Cell(tmp_path / "cell", login_shells=False, home=str(tmp_path)).start()
    wait_for(lambda: execd_of(cell))
    execd = execd_of(cell)
    os.kill(execd, signal.SIGSTOP)
    number = quick(cell, tmp_path, "touch", "ran")
    spool = cell.directory / "spool" / "execd" / "localhost" / "active_jobs" / f"{number}.1"
    wait_for((spool / "order").exists)
    stopping = threading.Thread(target=cell.stop)
    cell.kill_qmaster()
    stopping.start()
    wait_for(lambda: (spool / "pid").exists() or not stopping.is_alive())
    os.kill(execd, signal.SIGCONT)
    stopping.join(PATIENCE)
    assert processes_of(cell) == []
    assert not (tmp_path / "ran").exists()
    cell.start()
    wait_for((tmp_path / "ran").exists)
    cell.stop()
    shutil.rmtree(cell.directory)


@pytest.mark.parametrize("seen", [True, False], ids=["the qmaster has seen it", "nobody has"])
def test_a_job_whose_shepherd_was_killed_ends_with_the_cell(tmp_path: Path, seen: bool) -> None:
    """As on a real cell, where its guard finds it: here it is below no shepherd any more."""
    cell = Cell(tmp_path / "cell", login_shells=False, home=str(tmp_path)).start()
    number = quick(cell, tmp_path, "sh", "-c", "echo $$ $PPID > new; mv new pids; exec sleep 600")
    wait_for((tmp_path / "pids").exists)
    job, shepherd = map(int, (tmp_path / "pids").read_text().split())
    wait_for(lambda: state(cell, number) == "r")
    cell.kill_qmaster()
    os.kill(shepherd, signal.SIGKILL)
    if seen:
        cell.start_qmaster()
        assert ended(cell, number)[11] == "19"
    assert is_running(job)
    cell.stop()
    assert not is_running(job)
    assert not cell.layout.orphans.exists()


def test_a_cell_that_ends_in_good_order_looks_at_no_other_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "end_processes", lambda root: pytest.fail(f"looked for those of {root}"))
    cell = Cell(tmp_path / "cell", login_shells=False, home=str(tmp_path)).start()
    ended(cell, quick(cell, tmp_path, "true"))
    running = quick(cell, tmp_path, "sleep", "600")
    wait_for(lambda: state(cell, running) == "r")
    cell.stop()
