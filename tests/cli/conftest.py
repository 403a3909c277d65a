"""A fake cell, and drmaa-cli in it: as a program reads it, and as a person at a terminal sees it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Union

import pexpect
import pytest

import drmaa_cli
from fake_sge.cell import Cell
from tests import forked
from tests.forked import Terminal
from tests.patience import PATIENCE

ROOT = Path(drmaa_cli.__file__).parent.parent
SETTINGS = {"POLL_MIN": "0.1", "DUTY_CYCLE": "0.5", "ACCOUNTING_MARGIN": "1"}
CHOSEN = ("COLUMNS", "LINES", "NO_COLOR", "LC_ALL", "LANG", "PYTHONUNBUFFERED")  # by whoever starts the tests
MOVES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]")


AtTerminal = Union[Terminal, "pexpect.spawn[str]"]


class Desk:
    """Where somebody works: a directory, a cell, a state directory.

    Attributes:
        directory: the current directory.
        env: the environment.
    """

    def __init__(self, directory: Path, variables: dict[str, str], tools: Path, state: Path) -> None:
        self.directory, self.state, self.tools = directory, state, tools
        self.env = {
            **{name: value for name, value in os.environ.items() if name not in CHOSEN},
            **variables,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "DRMAA_CLI_STATE_DIR": str(state),
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
            **{f"DRMAA_CLI_{name}": value for name, value in SETTINGS.items()},
        }

    def argv(self, *words: str) -> list[str]:
        """The command line of drmaa-cli, run by this Python."""
        return [sys.executable, "-m", "drmaa_cli.cli", *words]

    def run(self, *words: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Run drmaa-cli as a program does."""
        given = {**self.env, **env}
        if forked.can_be_forked(given):
            return forked.run(self.argv(*words)[1:], env=given, cwd=self.directory, input=stdin)
        return subprocess.run(
            self.argv(*words),
            env=given,
            cwd=self.directory,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def good(self, *words: str, **env: str) -> str:
        """Its output, without the line end, when it went well."""
        done = self.run(*words, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")

    def refused(self, *words: str, code: int = 1, stdin: str = "", **env: str) -> str:
        """The one line of complaint, when it did not, and nothing else was said."""
        done = self.run(*words, stdin=stdin, **env)
        assert (done.returncode, done.stdout) == (code, ""), done
        (line,) = done.stderr.splitlines()
        assert line.startswith("drmaa-cli: ")
        return line[len("drmaa-cli: ") :]

    def terminal(self, *words: str, columns: int = 80, **env: str) -> AtTerminal:
        """Run drmaa-cli as a person does, in a terminal so many columns wide."""
        given = {**self.env, **env}
        if forked.can_be_forked(given):
            return Terminal(self.argv(*words)[1:], given, self.directory, 24, columns)
        child = pexpect.spawn(
            sys.executable,
            self.argv(*words)[1:],
            env=given,  # type: ignore[arg-type]  # os._Environ in the stubs
            cwd=str(self.directory),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(24, columns),
        )
        child.delaybeforesend = None
        return child


def ended(child: AtTerminal) -> tuple[int, str]:
    """Its exit code, and all that was printed since, colours and moves of the cursor left out."""
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus is not None, child
    return child.exitstatus, seen(child)


def seen(child: AtTerminal) -> str:
    """What was printed before the last match, in plain letters."""
    return MOVES.sub("", str(child.before)).replace("\r\n", "\n")


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """A fake cell for the tests of a module, which do not change it."""
    with Cell(
        tmp_path_factory.mktemp("cli") / "cell",
        slots=16,
        login_shells=False,
        parallel_environments={"smp": {}},
    ) as cell:
        yield cell


@pytest.fixture
def desk(cell: Cell, tmp_path: Path) -> Desk:
    """A directory of the test's own in the cell of the module."""
    directory = tmp_path / "work"
    directory.mkdir()
    return Desk(directory, dict(cell.variables), cell.path, tmp_path / "state")


@pytest.fixture
def own_desk(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Cell]]:
    """The same in a cell of the test's own, to be broken."""
    directory = tmp_path / "work"
    directory.mkdir()
    with Cell(tmp_path_factory.mktemp("own") / "cell", slots=4, login_shells=False) as cell:
        yield Desk(directory, dict(cell.variables), cell.path, tmp_path / "state"), cell
