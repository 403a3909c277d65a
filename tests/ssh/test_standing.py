"""Shells that stay: one journey for a command, nothing left of one for the next, sessions given back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.system.runner import Command, CommandTimeout, HostUnreachable
from drmaa_cli.system.ssh import remote_shell, standing
from drmaa_cli.system.ssh import runner as ssh_runner
from drmaa_cli.system.ssh.prompts import Prompt
from drmaa_cli.system.ssh.remote_processes import IS_RUNNING
from drmaa_cli.system.ssh.runner import SshRunner
from tests.patience import PATIENCE
from tests.ssh.conftest import MakeRunner
from tests.ssh.relay import Relay, relay_to
from tests.ssh.server import SshServer, running_server
from tests.ssh.test_programs import SECRET, lock_key
from tests.ssh.test_runner import command, until

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


def opened(runner: SshRunner) -> int:
    """How many shells there have been."""
    return runner.standing.opened


def test_a_command_is_one_journey(runner: SshRunner, relay: Relay) -> None:
    for _ in range(3):
        runner.run(command("/bin/echo", "first"))
    before = relay.turns
    for number in range(10):
        assert runner.run(command("/bin/cat", stdin=b"%d\n" % number)).stdout == b"%d\n" % number
    assert relay.turns - before == 10
    assert opened(runner) == 1


def test_nothing_is_left_for_the_next_command(runner: SshRunner) -> None:
    runner.run(
        command("/bin/sh", "-c", "LEFT=over; export LEFT; cd /; umask 0; trap '' 15; exec 1>&-; exit 4")
    )
    done = runner.run(command("/bin/sh", "-c", 'echo "[$LEFT]"; pwd; umask; trap'))
    other = runner.run(command("/bin/sh", "-c", 'echo "[$LEFT]"; pwd; umask; trap'))
    assert done.stdout == other.stdout
    assert done.stdout.startswith(b"[]\n")
    assert opened(runner) == 1


@pytest.mark.parametrize("size", [0, 1, 1000, 65_536, 1_000_000])
def test_input_that_nobody_reads(runner: SshRunner, size: int) -> None:
    given = (b"exit\n\0\xff'\"$(exit)" * (size // 8 + 1))[:size]
    assert runner.run(command("/bin/sh", "-c", "exit 3", stdin=given)).exit_code == 3
    assert runner.run(command("/bin/cat", stdin=given)).stdout == given
    assert runner.run(command("/bin/sh", "-c", "head -c 10 | wc -c", stdin=given)).exit_code == 0
    assert runner.run(command("/bin/cat")).stdout == b""
    assert opened(runner) == 1


def test_much_output(runner: SshRunner) -> None:
    done = runner.run(command("/bin/sh", "-c", "head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2"))
    assert (len(done.stdout), len(done.stderr)) == (3_000_000, 2_000_000)


def test_what_a_command_leaves_in_the_background(runner: SshRunner) -> None:
    done = runner.run(command("/bin/sh", "-c", "(sleep 1; echo late) & echo now"))
    assert done.stdout == b"now\n"
    time.sleep(1.2)  # it speaks between two commands
    assert runner.run(command("/bin/echo", "next")).stdout == b"next\n"


def test_a_command_that_ends_the_shell(runner: SshRunner, tmp_path: Path) -> None:
    script = f"[ -e {tmp_path}/once ] && exit 5; touch {tmp_path}/once; kill -9 $PPID"
    assert runner.run(command("/bin/sh", "-c", script)).exit_code == 5


def test_no_more_than_a_few_and_none_for_long(
    runner: SshRunner, server: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "IDLE_SECONDS", 0.2)
    ask = command("/bin/sh", "-c", "sleep 0.3; echo x")
    threads = [threading.Thread(target=runner.run, args=(ask,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert opened(runner) <= standing.MOST * 6
    until("the shells to be closed", lambda: runner.standing.idle == 0)
    assert runner.run(command("/bin/echo", "again")).stdout == b"again\n"


def test_two_programs_on_a_server_with_one_session(
    short_path: Path, runner_of: MakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "IDLE_SECONDS", 10_000.0)  # what is not needed any more is not the point
    with running_server(short_path / "one", "MaxSessions 1") as server:
        one, other = runner_of(server), runner_of(server)
        for runner in (one, other):
            runner.open()
        for number in range(3):
            for runner in (one, other):
                assert runner.run(command("/bin/echo", str(number))).stdout == b"%d\n" % number


@pytest.fixture
def only_one(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServer]:
    """A server that allows a single session on a connection."""
    monkeypatch.setattr(ssh_runner, "REFUSED_SECONDS", 0.2)
    with running_server(short_path / "one", "MaxSessions 1") as server:
        yield server


HELD = "sleep 86399 & wait"


def run_too_long(runner: SshRunner, error: type[Exception]) -> None:
    for _ in range(2):  # the second one goes over a shell that stays
        with pytest.raises(error):
            runner.run(command("/bin/sh", "-c", HELD)._replace(timeout=1.5))


def test_what_holds_the_only_session_is_ended(only_one: SshServer, runner_of: MakeRunner) -> None:
    runner = runner_of(only_one)
    runner.open()
    runner.run(command("/bin/true"))
    run_too_long(runner, CommandTimeout)
    assert runner.run(command("/bin/echo", "next")).stdout == b"next\n"
    until("it to end", lambda: runner.run(command("/bin/sh", "-c", IS_RUNNING, "sh", HELD)).exit_code == 1)


def test_what_holds_the_only_session_is_ended_after_the_next_login(
    only_one: SshServer, runner_of: MakeRunner
) -> None:
    """Where a login asks something, nobody is asked for the sake of what has timed out."""
    lock_key(only_one)
    asked = []

    def answer(question: Prompt) -> str:
        asked.append(question)
        return SECRET

    runner = runner_of(only_one, answer)
    runner.open()
    runner.run(command("/bin/true"))
    with pytest.raises(HostUnreachable):
        runner.run(command("/bin/sh", "-c", HELD)._replace(timeout=1.5))
    assert len(asked) == 1
    assert runner.run(command("/bin/echo", "next")).stdout == b"next\n"
    assert len(asked) == 2
    until("it to end", lambda: runner.run(command("/bin/sh", "-c", IS_RUNNING, "sh", HELD)).exit_code == 1)


def test_a_host_without_setsid(runner: SshRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        remote_shell, "STANDING", remote_shell.STANDING.replace("setsid true", "nosetsid true")
    )
    for number in range(3):
        assert runner.run(command("/bin/echo", str(number))).stdout == b"%d\n" % number
    assert opened(runner) == 1
    assert runner.standing.is_unfit


def test_a_session_that_ends_has_no_shell_left(server: SshServer, runner: SshRunner) -> None:
    shells = Path("/proc")
    assert runner.run(command("/bin/sh", "-c", "echo $PPID")).stdout.strip().isdigit()
    pid = runner.run(command("/bin/sh", "-c", "ps -o ppid= -p $PPID")).stdout.strip().decode()
    assert (shells / pid).exists()
    runner.close()
    until("the shell to end", lambda: not (shells / pid).exists())


def test_told_to_stop(runner: SshRunner, tmp_path: Path) -> None:
    runner.run(command("/bin/true"))
    pid = tmp_path / "pid"
    failed: list[BaseException] = []

    def work() -> None:
        try:
            runner.run(command("/bin/sh", "-c", f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 300"))
        except CommandTimeout as err:
            failed.append(err)

    thread = threading.Thread(target=work)
    thread.start()
    until("the command to begin", pid.exists)
    assert thread.ident is not None
    runner.abort(thread.ident)
    thread.join(PATIENCE)
    assert len(failed) == 1
    until("its end", lambda: not Path("/proc", pid.read_text().strip()).exists())
    assert runner.run(command("/bin/echo", "on")).stdout == b"on\n"


def test_interrupted_in_the_main_thread(runner: SshRunner, tmp_path: Path) -> None:
    import signal  # noqa: PLC0415  # this test alone

    runner.run(command("/bin/true"))
    pid = tmp_path / "pid"
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        until("the command to begin", pid.exists)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    script = f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 300"
    with pytest.raises(KeyboardInterrupt):
        runner.run(Command(("/bin/sh", "-c", script), "/bin/sh", {"PATH": "/usr/bin:/bin"}, PATIENCE))
    thread.join()
    until("its end", lambda: not Path("/proc", pid.read_text().strip()).exists())
    assert runner.run(command("/bin/echo", "on")).stdout == b"on\n"


def test_who_has_left_makes_no_connection_again(server: SshServer, runner: SshRunner) -> None:
    runner.run(command("/bin/true"))
    runner.close()
    with pytest.raises(HostUnreachable, match="the session has ended"):
        runner.run(command("/bin/true"))
    assert (server.folder / "log").read_text().count("Accepted publickey") == 1
