"""Client programs: each runs in a process of its own that finds drmaa and DRMAA through the shim."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

import drmaa_cli
import fake_sge
from drmaa_cli.compat.install import shim_path
from tests import forked

ROOT = Path(drmaa_cli.__file__).parent.parent
CELLS = [
    pytest.param("fake_cell_of_clients", id="fake"),
    pytest.param("real_cell", id="real", marks=pytest.mark.real_cell),
]


class Cell(Protocol):
    """A cell, real or fake."""

    @property
    def env(self) -> dict[str, str]: ...

    @property
    def bin_directory(self) -> Path: ...

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]: ...


class FakeCell:
    """A cell of fake_sge, whose jobs have a home directory of their own.

    Args:
        cell: the cell.
    """

    def __init__(self, cell: fake_sge.Cell) -> None:
        self.cell = cell
        self.home = Path(cell.options.home)

    @property
    def env(self) -> dict[str, str]:
        return self.cell.variables

    @property
    def bin_directory(self) -> Path:
        return self.cell.path

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = self.cell.run(*argv)
        text = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )
        assert not check or not done.returncode, text
        return text


@pytest.fixture(scope="session")
def fake_cell_of_clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeCell]:
    """A running fake cell, one for each process of the test run."""
    home = tmp_path_factory.mktemp("fakehome")
    with fake_sge.Cell(slots=100, login_shells=False, home=str(home)) as cell:
        yield FakeCell(cell)


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
            **forked.usual({**os.environ, **self.cell.env}),
            "PATH": os.pathsep.join([str(self.cell.bin_directory), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(shim_path()), str(ROOT)]),
            "DRMAA_CLI_STATE_DIR": str(self.directory / "state"),
        }

    def run(self, program: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a program text and return how it ended."""
        return forked.run(["-c", program, *arguments], env={**self.env, **env}, cwd=self.directory)

    def __call__(self, program: str, *arguments: str, **env: str) -> list[str]:
        """Run a program text, which must succeed, and return the lines it printed."""
        done = self.run(program, *arguments, **env)
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        return done.stdout.splitlines()


# Grid Engine takes $HOME in an output path from the password database. That is the home of whoever runs the
# tests, which they must not touch: a submission verifier of the cell moves such paths to another directory,
# and sends the output of jobs that name no path there, too.
VERIFIER = """\
#!/bin/sh
while read -r word name value; do
    case $word in
    START) echo STARTED ;;
    PARAM) [ "$name" = o ] && output=$value ;;
    BEGIN)
        echo "$output" >> {home}/asked
        case $output in
        '') echo "PARAM o {home}"; echo "PARAM e {home}"; echo "RESULT STATE CORRECT" ;;
        '$HOME/'*) echo "PARAM o {home}/${{output#??????}}"; echo "RESULT STATE CORRECT" ;;
        *) echo "RESULT STATE ACCEPT" ;;
        esac
        output= ;;
    QUIT) exit 0 ;;
    esac
done
"""


class Home:
    """The home directory of the jobs.

    Args:
        path: a directory.
        asked: a file that lists the output paths that were asked for, where that is known.
    """

    def __init__(self, path: Path, asked: Path | None = None) -> None:
        self.path = path
        self.asked = asked
        (path / "tmp").mkdir(exist_ok=True)

    def written(self, name: str) -> str:
        return (self.path / "tmp" / name).read_text()


@pytest.fixture(scope="module")
def home(cell: Cell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home directory for the jobs of this module, with the tmp that the tutorial expects in it."""
    if isinstance(cell, FakeCell):
        yield Home(cell.home)
        return
    path = tmp_path_factory.mktemp("jobhome")
    script = path / "verifier"
    script.write_text(VERIFIER.format(home=path))
    script.chmod(0o755)
    url = set_verifier(cell, path, f"script:{script}")
    yield Home(path, path / "asked")
    set_verifier(cell, path, url)


def set_verifier(cell: Cell, directory: Path, url: str) -> str:
    """Change the cell's submission verifier and return what it was."""
    configuration = cell.run("qconf", "-sconf").stdout
    found = re.search(r"^jsv_url\s+(\S+)$", configuration, re.MULTILINE)
    assert found is not None
    path = directory / "global"
    path.write_text(configuration.replace(found[0], f"jsv_url {url}"))
    cell.run("qconf", "-Mconf", str(path))
    return found[1]


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
