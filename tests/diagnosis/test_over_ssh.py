"""Each step of the way to a submit host behind a login."""

from __future__ import annotations

import os
import pwd
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import fake_sge
from drmaa_cli.diagnosis import Check, Status
from drmaa_cli.diagnosis.examination import NAMES
from tests.diagnosis.conftest import examined
from tests.ssh.server import SSH, SSHD, SshServer, require_sshd, running_server

pytestmark = pytest.mark.slow

Patch = pytest.MonkeyPatch
AFTER_LOGIN = ("login shell", "environment", "commands", "qmaster", "clock")


@pytest.fixture
def short_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ssh") as folder:
        yield Path(folder)


@pytest.fixture
def server(short_path: Path) -> Iterator[SshServer]:
    require_sshd()
    with running_server(short_path / "server") as running:
        yield running


@pytest.fixture
def away(cell: fake_sge.Cell, server: SshServer, short_path: Path, monkeypatch: Patch) -> SshServer:
    """This process is on a host without Grid Engine, from which the cell is a login away."""
    exports = {**cell.variables, "PATH": f"{cell.path}:/usr/bin:/bin"}
    (short_path / "bin").mkdir()
    (short_path / "bin" / "ssh").symlink_to(SSH or "ssh")
    setup = "; ".join(f"export {key}={shlex.quote(word)}" for key, word in exports.items())
    for name, value in {
        "DRMAA_CLI_CONTACT": server.contact,
        "DRMAA_CLI_SSH_CONFIG": str(server.config),
        "DRMAA_CLI_SSH_SETUP": setup,
        "XDG_RUNTIME_DIR": str(short_path),
        "XDG_STATE_HOME": str(short_path / "state"),
        "PATH": f"{short_path}/bin:/usr/bin:/bin",
    }.items():
        monkeypatch.setenv(name, value)
    return server


def test_all_is_well(away: SshServer) -> None:
    found = examined(submit=True)
    assert tuple(found) == NAMES
    assert {made.status for made in found.values()} == {Status.OK}
    assert found["contact"].text == away.contact
    assert f"127.0.0.1 port {away.port}: SSH-2.0-OpenSSH" in found["connection"].text
    assert "found by: export SGE_ROOT=" in found["environment"].text
    assert "Accepted publickey" in (away.folder / "log").read_text()


def test_nothing_is_left_behind(away: SshServer, short_path: Path) -> None:
    examined()
    names = [path.name for path in (short_path / "drmaa_cli-ssh").iterdir()]
    assert sorted(name.partition(".")[2] for name in names) == ["lock", "use"]


def test_the_noise_of_a_login_shell(away: SshServer) -> None:
    (away.home / ".bashrc").write_text("echo quota: 97 percent\n")
    found = examined()
    reads_it = pwd.getpwuid(os.getuid()).pw_shell.endswith("/bash")  # other shells have files of other names
    assert ("prints 17 bytes" in found["login shell"].text) is reads_it
    assert found["status query"].status == Status.OK


def stops_at(found: dict[str, Check], step: str, *words: str) -> None:
    """The step has a problem, says these words, and all after it is skipped."""
    made = found[step]
    assert made.status == Status.PROBLEM, made
    for word in words:
        assert word in f"{made.text} {made.advice}"
    names = [name for name in found if found[name].status == Status.PROBLEM]
    assert names == [step]
    assert {found[name].status for name in AFTER_LOGIN} == {Status.SKIPPED}


def test_no_ssh(away: SshServer, monkeypatch: Patch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    stops_at(examined(), "ssh", "no ssh on PATH", "install")


@pytest.mark.parametrize(
    ("says", "words"),
    [("OpenSSH_5.3p1, OpenSSL 1.0.1", "5.6 or newer"), ("Dropbear v2022.83", "not OpenSSH's")],
)
def test_an_ssh_that_will_not_do(
    away: SshServer, short_path: Path, monkeypatch: Patch, says: str, words: str
) -> None:
    (short_path / "old").mkdir()
    program = short_path / "old" / "ssh"
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    stops_at(examined(), "ssh", words)


def test_a_configuration_that_ssh_does_not_take(away: SshServer) -> None:
    away.config.write_text("NoSuchOption yes\n")
    stops_at(examined(), "connection", "nosuchoption", "mend ssh_config")


def test_an_unknown_host(away: SshServer, monkeypatch: Patch) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    stops_at(examined(), "connection", "there is no host 127.0.0.1", "check the host")


def test_a_closed_port(away: SshServer) -> None:
    away.stop()
    stops_at(examined(), "connection", "Connection refused", "firewall")


@pytest.mark.parametrize(("greeting", "shown"), [(b"HTTP/1.0 400\r\n", "HTTP/1.0 400"), (b"", "''")])
def test_another_service(away: SshServer, greeting: bytes, shown: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        def serve() -> None:
            client, _ = other.accept()
            with client:
                client.sendall(greeting)

        thread = threading.Thread(target=serve)
        thread.start()
        found = examined(f"ssh://127.0.0.1:{port}")
        thread.join()
    stops_at(found, "connection", "no ssh server", shown)


def test_a_host_key_that_is_not_known(away: SshServer) -> None:
    (away.folder / "known_hosts").write_text("")
    stops_at(examined(), "host key", "verification failed", "accept-new")


def test_a_host_key_that_has_changed(away: SshServer) -> None:
    other = (away.folder / "user_key.pub").read_text().split()[:2]
    (away.folder / "known_hosts").write_text(f"[127.0.0.1]:{away.port} {' '.join(other)}\n")
    stops_at(examined(), "host key", "known_hosts, line 1", "set up anew")


def test_a_key_that_is_not_taken(away: SshServer) -> None:
    (away.folder / "authorized_keys").write_text("")
    stops_at(examined(), "login", "Permission denied", "log in by hand")


def test_nobody_to_answer(away: SshServer) -> None:
    key = away.folder / "user_key"
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", key], check=True)
    found = examined(ssh_answer=lambda _: None)
    stops_at(found, "login", "nobody is here", "DRMAA_CLI_SSH_ASKPASS")
    assert examined(ssh_answer=lambda _: "secret")["login"].status == Status.OK


def test_a_jump_host(away: SshServer) -> None:
    relay = away.folder / "relay"
    relay.write_text(RELAY)
    with away.config.open("a") as config:
        config.write(f"Host far\nHostName 127.0.0.1\nPort {away.port}\n")
        config.write(f"HostKeyAlias [127.0.0.1]:{away.port}\nProxyCommand {sys.executable} {relay} %h %p\n")
    found = examined("ssh://far")
    assert found["connection"].status == Status.SKIPPED
    assert "proxycommand" in found["connection"].text
    assert found["login"].status == found["qmaster"].status == Status.OK


RELAY = """
import os, socket, sys, threading
there = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def forward():
    while data := there.recv(65536):
        os.write(1, data)
threading.Thread(target=forward, daemon=True).start()
while data := os.read(0, 65536):
    there.sendall(data)
"""


def test_a_setup_that_ends_the_shell(away: SshServer, monkeypatch: Patch) -> None:
    monkeypatch.setenv("DRMAA_CLI_SSH_SETUP", "exit 3")
    found = examined()
    assert found["environment"].status == Status.PROBLEM
    assert "the setup 'exit 3' ended the shell" in found["environment"].text
    assert found["commands"].status == Status.SKIPPED


def test_no_grid_engine_there(away: SshServer, monkeypatch: Patch) -> None:
    monkeypatch.setenv("DRMAA_CLI_SSH_SETUP", "PATH=/nowhere; unset SGE_ROOT")
    from drmaa_cli.system import commands  # noqa: PLC0415  # for the machine's own file

    monkeypatch.setattr(commands, "SITE_FILE", "/nowhere")
    found = examined()
    assert found["commands"].status == Status.PROBLEM
    assert "DRMAA_CLI_SSH_SETUP=" in found["commands"].advice


def test_a_slow_shell_and_a_clock_that_differs(away: SshServer, monkeypatch: Patch) -> None:
    from drmaa_cli.diagnosis import connection, records  # noqa: PLC0415  # for their limits

    monkeypatch.setattr(connection, "SLOW_TRIP", 0.0)
    monkeypatch.setattr(records, "LARGEST_SKEW", -1.0)
    found = examined()
    assert found["round trip"].status == found["clock"].status == Status.WARNING
    assert "0 s behind" in found["clock"].text


def test_sshd_is_there_where_it_must_be() -> None:
    require_sshd()
    assert SSHD
