"""Signals to ``fake-sge``: while it loads, while a cell starts, runs and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge import Cell, place
from fake_sge.cli import main
from fake_sge.ending import end_late_qmaster
from fake_sge.install import install_daemons
from fake_sge.launch import command
from fake_sge.layout import Layout
from fake_sge.options import CellOptions

LOADING = """
import os, signal, sys
from fake_sge.entry import main

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "fake_sge.options":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.exit(main())
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where cells of this test are; signals that nobody has handled end no test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    numbers = (signal.SIGHUP, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    yield tmp_path
    for number, handler in zip(numbers, before):
        signal.signal(number, handler)


def test_an_interrupt_while_it_loads_is_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADING, "list"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_cell_that_starts_is_removed_whatever_comes_then(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, first: signal.Signals
) -> None:
    def claim_and_signal(*words: object) -> None:
        claim(*words)
        os.kill(os.getpid(), first)

    def signal_and_remove(*words: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), number)
        remove(*words)

    claim, remove = place.claim, place.remove
    monkeypatch.setattr(place, "claim", claim_and_signal)
    monkeypatch.setattr(place, "remove", signal_and_remove)
    with pytest.raises(SystemExit) as ended:
        main(["run", "true"])
    assert ended.value.code == 128 + first
    assert list(temporary.iterdir()) == []


def test_signals_after_the_command_change_nothing(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def signal_and_stop(cell: Cell) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), number)
        stop(cell)

    stop = Cell.stop
    monkeypatch.setattr(Cell, "stop", signal_and_stop)
    assert main(["run", "sh", "-c", "exit 3"]) == 3
    assert list(temporary.iterdir()) == []


def test_under_nohup_a_closed_terminal_ends_nothing(temporary: Path) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert main(["run", "sh", "-c", "kill -HUP $PPID; exit 3"]) == 3
    assert list(temporary.iterdir()) == []


def test_a_qmaster_whose_starter_is_gone_ends(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "cell")
    install_daemons(layout, CellOptions())
    reading, writing = os.pipe()
    os.close(reading)
    words = command(layout, "fake-qmaster", str(layout.directory), str(writing))
    done = subprocess.run(words, pass_fds=(writing,), capture_output=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")
    assert "whoever has started this qmaster is gone" in layout.log.read_text()


def test_a_guard_finds_a_qmaster_that_has_not_written_who_it_is(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "cell")
    assert not end_late_qmaster(layout)
    argv = [sys.executable, "-c", "print(flush=True); input()", str(layout.library / "fake-qmaster")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as late:
        assert late.stdout is not None
        late.stdout.readline()  # Popen returns a little before /proc has the command line
        assert end_late_qmaster(layout)
        assert late.wait() == -signal.SIGKILL
    assert not end_late_qmaster(layout)
