"""Helpers for tests that run commands in a cell."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from fake_sge.cell import Cell
from tests import forked
from tests.patience import PATIENCE

OF_FAKE_SGE = ("argparse", "fake_sge.cell_options", "fake_sge.real.cell", "importlib.metadata")
QUICK = ("-b", "y", "-shell", "n", "-cwd", "-j", "y", "-o", "out")


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something holds; a test that has to wait longer has failed."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def fake_sge_program(
    *words: str | Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``fake-sge`` as a program, without the start of Python."""
    return forked.run(
        ["-m", "fake_sge.cli", *map(str, words)],
        env=forked.usual({**os.environ, **(env or {})}),
        cwd=Path.cwd(),
        loaded=OF_FAKE_SGE,
    )


def submit(cell: Cell, cwd: Path, *words: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> int:
    """``qsub -terse WORDS``; the job number."""
    done = cell.run("qsub", "-terse", *words, cwd=cwd, stdin=stdin, env=env)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split(b".")[0])


def quick(cell: Cell, cwd: Path, *words: str) -> int:
    """Submit a command without a shell, output to ``out``."""
    return submit(cell, cwd, *QUICK, *words)


def records(cell: Cell, number: int) -> list[list[str]]:
    """The accounting records of a job."""
    if not cell.accounting.exists():
        return []
    lines = [line.split(":") for line in cell.accounting.read_text().splitlines() if not line.startswith("#")]
    return [line for line in lines if len(line) > 5 and line[5] == str(number)]


def ended(cell: Cell, number: int) -> list[str]:
    """Wait for the first record of a job."""
    wait_for(lambda: records(cell, number))
    return records(cell, number)[0]


def state(cell: Cell, number: int) -> str:
    """The state letters of a job's first group of tasks; "" when it is gone."""
    return next((item.state for item in cell.jobs() if item.job == number), "")


def environment(text: str) -> dict[str, str]:
    """The output of env."""
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines())}


def execd_of(cell: Cell) -> int:
    """The pid of the cell's execution daemon, 0 while there is none."""
    for comm in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if comm.read_text().strip() == "fake-execd":
                words = (comm.parent / "cmdline").read_bytes().split(b"\0")
                if os.fsencode(cell.layout.library / "fake-execd") in words:
                    return int(comm.parent.name)
    return 0
