"""A real sshd for the tests of this folder; in CI its absence is a failure."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import fake_sge
from drmaa_cli.system.runner import Command, LocalRunner
from drmaa_cli.system.ssh.address import parse_address
from drmaa_cli.system.ssh.master import Master, SshOptions
from drmaa_cli.system.ssh.prompts import Prompt
from drmaa_cli.system.ssh.runner import SshRunner
from tests.ssh.away import environment_away
from tests.ssh.server import SSH, SshServer, require_sshd, running_server

ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C"}


@pytest.fixture(scope="session", autouse=True)
def _sshd() -> None:
    require_sshd()


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory with a name short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="ssh") as folder:
        yield Path(folder)


@pytest.fixture
def server(short_path: Path) -> Iterator[SshServer]:
    with running_server(short_path / "server") as running:
        yield running


def nobody(asked: Prompt) -> str | None:
    """Nobody is there to answer."""
    return None


MakeRunner = Callable[..., SshRunner]


def make_runner(
    folder: Path, server: SshServer, ask: Callable[[Prompt], str | None], contact: str | None, **options: str
) -> SshRunner:
    """A runner for a server, with its sockets in a folder."""
    local = LocalRunner()
    master = Master(
        parse_address(contact or server.contact),
        SshOptions(SSH or "ssh", "", str(server.config), 60.0)._replace(**options),
        folder,
        ENVIRONMENT,
        lambda words, limit: local.run(Command(tuple(words), words[0], ENVIRONMENT, limit)),
    )
    return SshRunner(master, ask, ENVIRONMENT)


@pytest.fixture
def runner_of(short_path: Path) -> Iterator[MakeRunner]:
    """Makes runners for a server, and closes them."""
    made: list[SshRunner] = []

    def make(
        server: SshServer,
        ask: Callable[[Prompt], str | None] = nobody,
        contact: str | None = None,
        folder: str = "m",
        **options: str,
    ) -> SshRunner:
        made.append(make_runner(short_path / folder, server, ask, contact, **options))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


@pytest.fixture(scope="module")
def kept_runner() -> Iterator[SshRunner]:
    """A runner for a server of all tests of a file that change nothing about it."""
    with (
        tempfile.TemporaryDirectory(prefix="ssh") as folder,
        running_server(Path(folder, "server")) as server,
    ):
        runner = make_runner(Path(folder, "m"), server, nobody, None)
        yield runner
        runner.close()


@pytest.fixture(scope="module")
def cell() -> Iterator[fake_sge.Cell]:
    with fake_sge.Cell(slots=4, login_shells=False) as running:
        yield running


@pytest.fixture
def exports(cell: fake_sge.Cell) -> dict[str, str]:
    """What the commands of the cell need on its submit host."""
    return {**cell.variables, "PATH": f"{cell.path}:/usr/bin:/bin"}


@pytest.fixture
def settings(exports: dict[str, str], server: SshServer, short_path: Path) -> dict[str, str]:
    """The environment of a host without Grid Engine, from which the cell is an ssh login away."""
    return environment_away(server, short_path, exports)


@pytest.fixture
def at_home(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """This process is on that host."""
    for name in settings.keys() - {"PYTHONPATH", "HOME"}:
        monkeypatch.setenv(name, settings[name])
    return settings
