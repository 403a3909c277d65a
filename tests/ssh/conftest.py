"""A real sshd for the tests of this folder; in CI its absence is a failure."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drmaa_cli.system.runner import Command, LocalRunner
from drmaa_cli.system.ssh.address import parse_address
from drmaa_cli.system.ssh.master import Master, SshOptions
from drmaa_cli.system.ssh.prompts import Prompt
from drmaa_cli.system.ssh.runner import SshRunner
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


@pytest.fixture
def runner_of(short_path: Path) -> Iterator[MakeRunner]:
    """Makes runners for a server, and closes them."""
    made: list[SshRunner] = []

    def make(
        server: SshServer,
        ask: Callable[[Prompt], str | None] = nobody,
        contact: str | None = None,
        **options: str,
    ) -> SshRunner:
        local = LocalRunner()
        choices = SshOptions(SSH or "ssh", "", str(server.config), 60.0)._replace(**options)
        master = Master(
            parse_address(contact or server.contact),
            choices,
            short_path / "m",
            ENVIRONMENT,
            lambda words, limit: local.run(Command(tuple(words), words[0], ENVIRONMENT, limit)),
        )
        runner = SshRunner(master, ask, ENVIRONMENT)
        made.append(runner)
        return runner

    yield make
    for runner in made:
        runner.close()
