"""Client programs: each runs in a process of its own that finds drmaa and DRMAA through the shim."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

import drmaa_cli
from drmaa_cli.compat.install import shim_path

ROOT = Path(drmaa_cli.__file__).parent.parent
PATIENCE = 60.0  # seconds for a client program
CELLS = [pytest.param("real_cell", id="real", marks=pytest.mark.real_cell)]


class Cell(Protocol):
    """A cell, real or fake."""

    @property
    def env(self) -> dict[str, str]: ...

    @property
    def bin_directory(self) -> Path: ...

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]: ...


class Client:
    """Runs client programs.

    Args:
        cell: where their jobs run.
        directory: their working directory, which jobs can write to.
    """

    def __init__(self, cell: Cell, directory: Path) -> None:
        self.cell = cell
        self.directory = directory

    @property
    def env(self) -> dict[str, str]:
        """The environment of a client program: the cell's tools, and the shim in front of everything."""
        return {
            **os.environ,
            **self.cell.env,
            "PATH": os.pathsep.join([str(self.cell.bin_directory), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(shim_path()), str(ROOT)]),
            "DRMAA_CLI_STATE_DIR": str(self.directory / "state"),
        }

    def run(self, program: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a program text and return how it ended."""
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env={**self.env, **env},
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def __call__(self, program: str, *arguments: str, **env: str) -> list[str]:
        """Run a program text, which must succeed, and return the lines it printed."""
        done = self.run(program, *arguments, **env)
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        return done.stdout.splitlines()


@pytest.fixture(scope="session", params=CELLS)
def cell(request: pytest.FixtureRequest) -> Cell:
    """Where the clients' jobs run."""
    found: Cell = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def client(cell: Cell) -> Iterator[Client]:
    """What runs client programs."""
    directory = Path(tempfile.mkdtemp(prefix="client"))
    directory.chmod(0o755)
    yield Client(cell, directory)
    shutil.rmtree(directory, ignore_errors=True)
