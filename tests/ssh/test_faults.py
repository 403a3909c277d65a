"""What goes wrong between a program and its submit host: told by its name, or ridden out."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import drmaa_cli
from drmaa_cli.errors import AuthorizationException, DrmCommunicationException, DrmsInitException
from drmaa_cli.system.runner import AnswerFiles, Command, HostUnreachable
from drmaa_cli.system.ssh.master import socket_directory
from drmaa_cli.system.ssh.prompts import Prompt, PromptKind
from tests.patience import PATIENCE
from tests.ssh.away import ROOT
from tests.ssh.conftest import MakeRunner
from tests.ssh.cut_campaign import commands_with, masters
from tests.ssh.relay import relay_to
from tests.ssh.server import SSH, SshServer, running_server
from tests.ssh.test_programs import SECRET, lock_key

pytestmark = pytest.mark.slow

TRUE = Command(("true",), "/bin/true", {"PATH": "/usr/bin:/bin"}, PATIENCE)
HOST = r"ssh://127\.0\.0\.1:\d+: "


def until(reached: object, what: str) -> None:
    assert callable(reached)
    limit = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < limit, what
        time.sleep(0.02)


# --- no ssh, or one that cannot do it ---


def stand_in(settings: dict[str, str], script: str) -> None:
    """Another ssh."""
    program = Path(settings["PATH"].partition(":")[0], "ssh")
    program.unlink()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_no_ssh(at_home: dict[str, str], short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(short_path))
    with pytest.raises(
        DrmsInitException, match=r"there is no ssh on PATH, and ssh://127\.0\.0\.1:\d+ needs it"
    ):
        drmaa_cli.open_session()


@pytest.mark.parametrize(
    "said",
    [
        "unknown option -- M",
        "command-line: line 0: Bad configuration option: ControlPersist",
        "command-line: line 0: Bad configuration option: ignoreunknown",
        "ssh: illegal option -- M",
    ],
)
def test_an_ssh_that_cannot_share_a_connection(at_home: dict[str, str], said: str) -> None:
    stand_in(at_home, f"echo '{said}' >&2; exit 255")
    with pytest.raises(DrmsInitException, match=HOST + f".*{said}"):
        drmaa_cli.open_session()


def test_a_configuration_that_is_not_there(at_home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRMAA_CLI_SSH_CONFIG", "/nowhere/ssh_config")
    with pytest.raises(DrmsInitException, match=HOST + ".*/nowhere/ssh_config"):
        drmaa_cli.open_session()


def test_an_ssh_that_shares_nothing(at_home: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the options and logs in; but there is no connection then."""
    monkeypatch.setenv("DRMAA_CLI_COMMAND_TIMEOUT", "1")
    stand_in(at_home, 'case " $* " in *" -O "*) exit 255;; esac; exit 0')
    with pytest.raises(DrmCommunicationException, match=HOST + "the login succeeded, but"):
        drmaa_cli.open_session()


# --- addresses ---


def test_an_unknown_host(at_home: dict[str, str]) -> None:
    with pytest.raises(DrmCommunicationException, match=r"ssh://no\.\.name: .*resolve hostname"):
        drmaa_cli.open_session("ssh://no..name")  # no name server is asked for such a name


def test_a_closed_port(at_home: dict[str, str], server: SshServer) -> None:
    server.stop()
    with pytest.raises(DrmCommunicationException, match=HOST + ".*Connection refused"):
        drmaa_cli.open_session()


def test_an_alias_of_the_configuration(server: SshServer, runner_of: MakeRunner) -> None:
    with server.config.open("a") as config:
        config.write(f"Host cluster\n HostName 127.0.0.1\n Port {server.port}\n User nobody_here\n")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    with pytest.raises(AuthorizationException, match=r"ssh://cluster: .*Permission denied"):
        runner_of(server, contact="ssh://cluster").open()
    runner = runner_of(server, contact=f"ssh://{user}@cluster")
    runner.open()
    assert runner.run(TRUE).exit_code == 0


def test_a_numeric_address_of_version_6(server: SshServer, runner_of: MakeRunner) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as err:
        pytest.skip(f"no IPv6 here: {err}")
    with relay_to(server.port, host="::1") as running:
        runner = runner_of(server, contact=server.reached_at(running.port, "::1"))
        runner.open()
        assert runner.run(TRUE).exit_code == 0


def test_options_of_the_configuration_that_would_spoil_commands(
    server: SshServer, runner_of: MakeRunner
) -> None:
    with socket.socket() as taken, server.config.open("a") as config:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config.write(
            f"RemoteCommand echo spoiled\nRequestTTY force\nLocalForward {port} 127.0.0.1:1\n"
            "ExitOnForwardFailure yes\nControlMaster auto\nControlPath /nowhere/%r\nBatchMode yes\n"
            "StdinNull yes\nForkAfterAuthentication yes\nSessionType none\nLogLevel QUIET\nForwardX11 yes\n"
            "PermitLocalCommand yes\nLocalCommand echo spoiled\nVisualHostKey yes\n"
        )
        config.flush()
        runner = runner_of(server)
        runner.open()
        echo = Command(("cat",), "/bin/cat", {}, PATIENCE, b"\0whole\n")
        assert runner.run(echo)[1:4] == (0, b"\0whole\n", b"")


# --- hosts on the way ---


def test_a_host_on_the_way_that_asks_the_same(
    server: SshServer, short_path: Path, runner_of: MakeRunner
) -> None:
    """The passphrase of one key opens both doors: the second question is no rejection of the first answer."""
    lock_key(server)
    with running_server(short_path / "inner") as inner:
        (inner.folder / "authorized_keys").write_bytes((server.folder / "authorized_keys").read_bytes())
        contact = f"ssh://127.0.0.1:{inner.port}"
        with (server.folder / "known_hosts").open("a") as known:
            known.write((inner.folder / "known_hosts").read_text())
        general = server.config.read_text()
        server.config.write_text(
            f'Match originalhost 127.0.0.1 exec "test %p = {inner.port}"\n'
            f" ProxyJump 127.0.0.1:{server.port}\nMatch all\n{general}"
        )
        asked: list[Prompt] = []

        def ask(prompt: Prompt) -> str:
            asked.append(prompt)
            return SECRET

        runner = runner_of(server, ask, contact=contact)
        runner.open()
        assert runner.run(TRUE).exit_code == 0
        assert [prompt.kind for prompt in asked] == [PromptKind.PASSPHRASE] * 2
        runner.close()
        asked.clear()
        with pytest.raises(AuthorizationException, match="was rejected"):
            runner_of(server, lambda prompt: asked.append(prompt) or "wrong", contact=contact).open()
        assert len(asked) == 1


# --- the server's limits ---


def test_no_session_is_to_be_had(short_path: Path, runner_of: MakeRunner) -> None:
    with running_server(short_path / "s0", "MaxSessions 0") as server:
        runner = runner_of(server)
        runner.open()
        with pytest.raises(HostUnreachable, match=HOST + ".*MaxSessions"):
            runner.run(TRUE._replace(timeout=2.0))


@contextlib.contextmanager
def occupying(server: SshServer) -> Iterator[None]:
    """Somebody is about to log in, as long as the block runs."""
    while True:
        with socket.create_connection(("127.0.0.1", server.port)) as other:
            if other.recv(4) == b"SSH-":
                yield
                return
        time.sleep(0.02)


@pytest.mark.parametrize("is_for_good", [False, True])
def test_no_login_is_to_be_had(short_path: Path, runner_of: MakeRunner, is_for_good: bool) -> None:
    with running_server(short_path / "s1", "MaxStartups 1") as server:
        runner = runner_of(server)
        with occupying(server):
            if is_for_good:
                with pytest.raises(HostUnreachable, match=HOST):
                    runner.open()
                return
            opening = threading.Thread(target=runner.open)
            opening.start()
            log = server.folder / "log"
            until(lambda: "MaxStartups" in log.read_text(), "the server refuses")
        opening.join(PATIENCE)
        assert runner.run(TRUE).exit_code == 0


# --- several programs, and those that are killed ---

SHARING = """
import sys, time
from pathlib import Path
from drmaa_cli.system.runner import Command, LocalRunner
from drmaa_cli.system.ssh import master
from drmaa_cli.system.ssh.address import parse_address
from drmaa_cli.system.ssh.runner import SshRunner
ssh, contact, config, directory, idle = sys.argv[1:]
master.IDLE_SECONDS = int(idle)
env, local = {"PATH": "/usr/bin:/bin"}, LocalRunner()
runner = SshRunner(
    master.Master(
        parse_address(contact),
        master.SshOptions(ssh, "", config, 60.0),
        Path(directory),
        env,
        lambda words, limit: local.run(Command(tuple(words), words[0], env, limit)),
    ),
    lambda prompt: None,
    env,
)
runner.open()
print(runner.run(Command(("echo", "in"), "/bin/echo", {}, 60)).stdout, flush=True)
sys.stdin.readline()
print(runner.run(Command(("echo", "out"), "/bin/echo", {}, 60)).stdout, flush=True)
runner.close()
"""


def sharing(server: SshServer, short_path: Path, idle: int = 300) -> subprocess.Popen[str]:
    """Another program that is logged in, and goes on when it is given a line."""
    program = subprocess.Popen(
        [
            sys.executable,
            "-c",
            SHARING,
            SSH or "ssh",
            server.contact,
            server.config,
            short_path / "m",
            str(idle),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "b'in\\n'\n"
    return program


def kill(program: subprocess.Popen[str]) -> None:
    program.kill()
    program.communicate()


def logins(server: SshServer) -> int:
    return (server.folder / "log").read_text().count("Accepted publickey")


@pytest.mark.parametrize("owner_dies", [True, False])
def test_of_two_programs_one_is_killed(server: SshServer, short_path: Path, owner_dies: bool) -> None:
    owner, guest = sharing(server, short_path), sharing(server, short_path)
    dying, living = (owner, guest) if owner_dies else (guest, owner)
    kill(dying)
    out, _ = living.communicate("\n", PATIENCE)
    assert (out, living.returncode, logins(server)) == ("b'out\\n'\n", 0, 1)
    until(lambda: not masters(str(short_path)), "the last to leave ends the connection")
    assert list(commands_with(str(short_path / "m"))) == []


def test_the_last_program_is_killed(server: SshServer, short_path: Path) -> None:
    kill(sharing(server, short_path, idle=10))
    until(lambda: not masters(str(short_path)), "an idle connection ends by itself")


def test_the_master_is_killed_in_the_middle(
    server: SshServer, short_path: Path, runner_of: MakeRunner
) -> None:
    runner = runner_of(server)
    runner.open()
    begun, go = short_path / "begun", short_path / "go"
    script = f"echo x >>{begun}; while [ ! -e {go} ]; do sleep 0.05; done; echo 17"
    results = []
    submitting = Command(
        ("sh", "-c", script), "/bin/sh", {}, PATIENCE, None, AnswerFiles(short_path / "o", short_path / "e")
    )
    thread = threading.Thread(target=lambda: results.append(runner.run(submitting)))
    thread.start()
    until(begun.exists, "it begins")
    for pid in masters(str(short_path)):
        os.kill(pid, signal.SIGKILL)
    go.touch()
    thread.join(PATIENCE)
    assert [result.stdout for result in results] == [b"17\n"]
    assert begun.read_text() == "x\n"
    runner.close()
    assert masters(str(short_path)) == []
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    assert [child for child in children if "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]] == []


# --- where sockets are ---


@pytest.mark.parametrize("name", ["x" * 80, "100%h", "${HOME}", "missing", "locked"])
def test_a_runtime_directory_that_cannot_be_used(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    if name != "missing":
        folder.mkdir(mode=0o755)
    if name == "locked":
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        folder.chmod(0o500)
    expected = Path("/tmp", f"drmaa_cli-ssh-{os.geteuid()}")
    assert socket_directory({"XDG_RUNTIME_DIR": str(folder)}) == expected


def test_a_runtime_directory(short_path: Path) -> None:
    assert socket_directory({"XDG_RUNTIME_DIR": str(short_path)}) == short_path / "drmaa_cli-ssh"
    assert socket_directory({"XDG_RUNTIME_DIR": "relative"}).parent == Path("/tmp")


def test_a_directory_with_a_blank(server: SshServer, short_path: Path, runner_of: MakeRunner) -> None:
    (short_path / "a b").mkdir()
    runner = runner_of(server, folder="a b/m")
    runner.open()
    assert runner.run(TRUE).exit_code == 0


def test_a_login_that_nobody_answers(settings: dict[str, str], server: SshServer) -> None:
    """As under cron: there is no terminal."""
    lock_key(server)
    program = "import drmaa_cli; drmaa_cli.open_session()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert "AuthorizationException" in done.stderr
    assert 'nobody is here to answer "Enter passphrase for key' in done.stderr
    assert f"127.0.0.1:{server.port}" in done.stderr
