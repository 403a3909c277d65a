"""A cell that has been stopped leaves no process behind, and starts none."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from pathlib import Path

from fake_sge import Cell
from tests.patience import PATIENCE

from .kit import execd_of, quick, wait_for


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
