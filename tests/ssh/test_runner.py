"""Commands over a real sshd: what a local runner does, and what connections do besides: they end."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from drmaa_cli.system import pipes
from drmaa_cli.system.runner import AnswerFiles, Command, CommandNotFound, CommandTimeout, HostUnreachable
from drmaa_cli.system.ssh.runner import SshRunner
from tests.patience import PATIENCE
from tests.ssh.conftest import MakeRunner
from tests.ssh.server import SshServer


def command(
    *words: str, stdin: bytes | None = None, limit: float = PATIENCE, answer: AnswerFiles | None = None
) -> Command:
    return Command(words, words[0], {"PATH": "/usr/bin:/bin"}, limit, stdin, answer)


def kept_at(folder: Path, name: str = "token") -> AnswerFiles:
    return AnswerFiles(folder / f"{name}.out", folder / f"{name}.err")


@pytest.fixture
def runner(server: SshServer, runner_of: MakeRunner) -> SshRunner:
    made = runner_of(server)
    made.open()
    return made


def until(what: object, reached: object) -> None:
    """Wait for a condition, with a limit for a test that hangs."""
    assert callable(reached)
    limit = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < limit, what
        time.sleep(0.02)


def test_streams_exit_status_and_input(runner: SshRunner) -> None:
    done = runner.run(command("/bin/sh", "-c", "cat; echo warned >&2; exit 3", stdin=b"\0bytes\n"))
    assert done[1:4] == (3, b"\0bytes\n", b"warned\n")


def test_exit_status_255_is_the_commands_own(runner: SshRunner) -> None:
    assert runner.run(command("/bin/sh", "-c", "exit 255")).exit_code == 255


def test_a_missing_program(runner: SshRunner) -> None:
    with pytest.raises(CommandNotFound, match="/nowhere/qsub"):
        runner.run(command("/nowhere/qsub"))


@pytest.mark.slow
def test_nothing_runs_on_after_the_time_limit(
    runner: SshRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = tmp_path / "alive"

    class Clock:
        """The time is over when the command has begun: what has not may still begin, and is a query."""

        sleep = time.sleep

        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + (1000 if alive.exists() else 0)

    monkeypatch.setattr(pipes, "time", Clock)
    with pytest.raises(CommandTimeout):
        runner.run(
            command("/bin/sh", "-c", f"while :; do date +%s%N > {alive}; sleep 0.05; done", limit=999.0)
        )
    alive.unlink(missing_ok=True)
    time.sleep(0.5)  # ten of its turns
    assert not alive.exists()


def test_programs_share_one_login(server: SshServer, runner_of: MakeRunner) -> None:
    one, other = runner_of(server), runner_of(server)
    threads = [threading.Thread(target=made.open) for made in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = server.folder / "log"
    assert log.read_text().count("Accepted publickey") == 1
    one.close()
    assert other.run(command("/bin/echo", "still")).stdout == b"still\n"
    other.close()
    until(
        "the server to see the end",
        lambda: "Disconnected from" in log.read_text() or "closed by" in log.read_text(),
    )


@pytest.mark.slow
def test_a_lost_connection_is_made_again(server: SshServer, runner: SshRunner) -> None:
    server.cut_connections()
    assert runner.run(command("/bin/echo", "again")).stdout == b"again\n"


@pytest.mark.slow
def test_a_server_that_is_away(server: SshServer, runner: SshRunner) -> None:
    server.stop()
    with pytest.raises(HostUnreachable, match=r"127\.0\.0\.1"):
        runner.run(command("/bin/echo", "x"))
    server.start()
    assert runner.run(command("/bin/echo", "back")).stdout == b"back\n"


@pytest.mark.slow
def test_a_kept_answer_survives_the_connection(server: SshServer, runner: SshRunner, tmp_path: Path) -> None:
    count, go = tmp_path / "count", tmp_path / "go"
    script = f"echo x >> {count}; while [ ! -e {go} ]; do sleep 0.05; done; echo 17"
    results = []
    submitting = command("/bin/sh", "-c", script, answer=kept_at(tmp_path))
    thread = threading.Thread(target=lambda: results.append(runner.run(submitting)))
    thread.start()
    until("the command to begin", count.exists)
    server.cut_connections()
    go.touch()
    thread.join(PATIENCE)
    assert [(done.exit_code, done.stdout) for done in results] == [(0, b"17\n")]
    assert count.read_text() == "x\n"


@pytest.mark.slow
def test_another_program_reads_a_kept_answer(
    server: SshServer, runner_of: MakeRunner, tmp_path: Path
) -> None:
    one, other = runner_of(server), runner_of(server)
    answer = kept_at(tmp_path)
    assert one.look_up(answer) is None
    one.run(command("/bin/sh", "-c", "echo 18; echo warned >&2; exit 4", answer=kept_at(tmp_path, "second")))
    found = other.look_up(kept_at(tmp_path, "second"))
    assert found is not None
    assert found[1:4] == (4, b"18\n", b"warned\n")


@pytest.mark.slow
def test_what_was_looked_up_in_vain_never_begins(runner: SshRunner, tmp_path: Path) -> None:
    assert runner.look_up(kept_at(tmp_path)) is None
    runner.run(command("/bin/true"))  # whatever else is done there meanwhile
    ran = tmp_path / "ran"
    with pytest.raises(CommandNotFound, match="cannot be kept"):
        runner.run(command("/bin/touch", str(ran), answer=kept_at(tmp_path)))
    assert not ran.exists()


@pytest.mark.slow
def test_many_at_once_stay_below_the_servers_limit(short_path: Path, runner_of: MakeRunner) -> None:
    from tests.ssh.server import running_server  # noqa: PLC0415  # this test alone has a server like that

    with running_server(short_path / "s2", "MaxSessions 2") as server:
        runner = runner_of(server)
        runner.open()
        results: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: results.append(runner.run(command("/bin/echo", "one")).stdout))
            for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert results == [b"one\n"] * 12
