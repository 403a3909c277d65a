"""Jobs that are stopped and go on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from tests.processes import letter, tell

from .kit import ended, quick, wait_for


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Cell]:
    with Cell(tmp_path / "cell", login_shells=False, kill_grace=0.3, slots=4, home=str(tmp_path)) as made:
        yield made


def test_what_was_asked_for_last_holds(cell: Cell, tmp_path: Path) -> None:
    """Though a busy machine lets the shepherd see all that was asked for only afterwards."""
    os.mkfifo(tmp_path / "go")
    # Without a child: a shell that waits for a stopped one to begin is in state D.
    number = quick(cell, tmp_path, "/bin/sh", "-c", "echo $$ > new; mv new pid; read line < go")
    wait_for((tmp_path / "pid").exists)
    job = int((tmp_path / "pid").read_text())
    active = cell.directory / "spool" / "execd" / "localhost" / "active_jobs" / f"{number}.1"
    shepherd = int((active / "pid").read_text().split()[0])

    def meanwhile(*asked: str) -> None:
        os.kill(shepherd, signal.SIGSTOP)
        for option in asked:
            assert cell.run("qmod", option, str(number)).returncode == 0
        os.kill(shepherd, signal.SIGCONT)

    meanwhile("-sj")
    wait_for(lambda: letter(job) == "T")
    meanwhile("-usj", "-sj", "-usj")
    wait_for(lambda: letter(job) != "T")
    meanwhile("-sj", "-usj", "-sj")
    wait_for(lambda: letter(job) == "T")
    meanwhile("-usj")
    wait_for(lambda: tell(tmp_path / "go"))
    assert ended(cell, number)[11:13] == ["0", "0"]
