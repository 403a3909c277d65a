"""Connections that hang: nothing comes any more, and nothing is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import drmaa_cli
from drmaa_cli.errors import DrmCommunicationException, ExitTimeoutException
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.system.runner import Command, HostUnreachable
from drmaa_cli.system.ssh import master, runner
from tests.patience import PATIENCE
from tests.ssh.conftest import MakeRunner
from tests.ssh.relay import Relay, relay_to
from tests.ssh.server import SshServer

pytestmark = pytest.mark.slow

SOON = 60.0  # seconds that something may take which must not wait for the connection


@pytest.fixture
def relay(server: SshServer) -> Iterator[Relay]:
    with relay_to(server.port) as running:
        yield running


@pytest.fixture
def over_relay(
    at_home: dict[str, str], server: SshServer, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> Relay:
    """This process reaches the cell through the relay."""
    monkeypatch.setenv("DRMAA_CLI_CONTACT", server.reached_at(relay.port))
    monkeypatch.setattr(runner, "BRIEF_SECONDS", 2.0)
    monkeypatch.setattr(runner, "QUERY_SECONDS", 3.0)
    return relay


def appending(session: drmaa_cli.JobSession, path: Path) -> JobTemplate:
    return session.createJobTemplate(remoteCommand="/bin/sh", args=["-c", f"echo x >>{path}"])


def test_ssh_ends_it(
    server: SshServer, relay: Relay, runner_of: MakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(master, "ALIVE_INTERVAL", 1)
    monkeypatch.setattr(master, "ALIVE_COUNT", 2)
    made = runner_of(server, contact=server.reached_at(relay.port), connect_timeout=5.0)
    made.open()
    relay.freeze()
    with pytest.raises(HostUnreachable, match=rf"ssh://127\.0\.0\.1:{relay.port}"):
        made.run(Command(("true",), "/bin/true", {}, PATIENCE))
    relay.thaw()
    assert made.run(Command(("true",), "/bin/true", {}, PATIENCE)).exit_code == 0


def test_the_time_limit_of_a_wait_holds(over_relay: Relay) -> None:
    with drmaa_cli.open_session() as session:
        job = session.runJob(session.createJobTemplate(remoteCommand="/bin/sleep", args=["600"]))
        over_relay.freeze()
        began = time.monotonic()
        with pytest.raises(ExitTimeoutException):
            session.wait(job, 2)
        with pytest.raises(ExitTimeoutException):
            session.synchronize([job], 1)
        assert time.monotonic() - began < SOON
        over_relay.thaw()
        session.control(job, "terminate")
        assert session.wait(job, PATIENCE).jobId == job


def test_the_session_ends_at_once(over_relay: Relay) -> None:
    session = drmaa_cli.open_session()
    job = session.runJob(session.createJobTemplate(remoteCommand="/bin/true"))
    over_relay.freeze()
    failed: list[BaseException] = []

    def wait() -> None:
        try:
            session.wait(job)
        except ExitTimeoutException as err:
            failed.append(err)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.5)  # it may have asked by now, or not
    began = time.monotonic()
    session.exit()
    waiting.join(PATIENCE)
    assert time.monotonic() - began < SOON
    assert len(failed) == 1


@pytest.mark.parametrize("again", ["frozen", "thawed"])
def test_a_submission_into_it_is_made_once(over_relay: Relay, tmp_path: Path, again: str) -> None:
    """What is held up in the network arrives later, when the program has long given up on it."""
    ran = tmp_path / "ran"
    with drmaa_cli.open_session("session=hung", command_timeout=10) as session:
        session.synchronize([session.runJob(appending(session, tmp_path / "first"))], PATIENCE)
        over_relay.freeze()
        with pytest.raises(DrmCommunicationException, match=r"127\.0\.0\.1.*not known yet"):
            session.runJob(appending(session, ran), key="once")
        if again == "frozen":
            with pytest.raises(DrmCommunicationException, match=r"127\.0\.0\.1"):
                session.runJob(appending(session, ran), key="once")
        over_relay.thaw()
        job = session.runJob(appending(session, ran), key="once")
        session.wait(job, PATIENCE)
        session.synchronize([session.runJob(appending(session, tmp_path / "last"))], PATIENCE)
    assert ran.read_text() == "x\n"
