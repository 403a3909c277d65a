"""Connections that end at any byte, either way, in the middle of a command: nothing is lost or done twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.system.runner import AnswerFiles, Command
from drmaa_cli.system.ssh.runner import SshRunner
from tests.patience import PATIENCE
from tests.ssh.conftest import MakeRunner
from tests.ssh.relay import Relay, Way, relay_to
from tests.ssh.server import SshServer

pytestmark = pytest.mark.slow


@pytest.fixture
def relay(server: SshServer) -> Iterator[Relay]:
    with relay_to(server.port) as running:
        yield running


@pytest.fixture
def runner(server: SshServer, relay: Relay, runner_of: MakeRunner) -> SshRunner:
    made = runner_of(server, contact=server.reached_at(relay.port))
    made.open()
    return made


def submitting(count: Path, name: str) -> Command:
    """A command that may be done once only."""
    words = ("sh", "-c", f"cat >> {count}; echo {name}; echo {name} warned >&2; exit 3")
    answer = AnswerFiles(count.with_name(f"{name}.out"), count.with_name(f"{name}.err"))
    return Command(words, "/bin/sh", {"PATH": "/usr/bin:/bin"}, PATIENCE, f"{name}\n".encode(), answer)


def whole(runner: SshRunner, relay: Relay, count: Path) -> dict[Way, int]:
    """How many bytes one command takes."""
    runner.run(submitting(count, "first"))
    before = dict(relay.passed)
    runner.run(submitting(count, "second"))
    return {way: relay.passed[way] - before[way] for way in Way}


def cut_everywhere(runner: SshRunner, relay: Relay, count: Path, places: int) -> None:
    names = ["first", "second"]
    for way, size in whole(runner, relay, count).items():
        for place in range(places):
            relay.cut_after(way, size * place // places + 1)
            name = f"{way.name}-{place}"
            names.append(name)
            done = runner.run(submitting(count, name))
            assert done[1:4] == (3, f"{name}\n".encode(), f"{name} warned\n".encode()), name
    assert count.read_text().split() == names


def test_a_cut_at_some_bytes(runner: SshRunner, relay: Relay, tmp_path: Path) -> None:
    cut_everywhere(runner, relay, tmp_path / "count", 8)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_cut_at_many_bytes(runner: SshRunner, relay: Relay, tmp_path: Path) -> None:
    cut_everywhere(runner, relay, tmp_path / "count", 120)
