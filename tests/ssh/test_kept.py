"""What a host keeps of submissions whose connection may end: told to whoever asks, and never begun twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.system.runner import AnswerFiles, Command, CommandNotFound, HostUnreachable
from drmaa_cli.system.ssh.kept import CommandFate, KeptAnswer, read_fate
from drmaa_cli.system.ssh.remote_shell import (
    NOT_BEGUN,
    RemoteResult,
    forestall_line,
    forget_line,
    loader,
    payload,
    read_answer,
    script_line,
)
from drmaa_cli.system.ssh.runner import SshRunner
from tests.patience import PATIENCE
from tests.ssh.conftest import MakeRunner
from tests.ssh.server import SshServer
from tests.ssh.test_runner import until

MARKER = "0123456789abcdef"
NAME = "token.1"
BELOW = Path(".local/state/drmaa_cli/answers")


class Host:
    """A home directory, and /bin/sh in it; no ssh."""

    def __init__(self, home: Path, path: str = "/usr/bin:/bin") -> None:
        self.home, self.answers, self.path = home, home / BELOW, path

    def run(self, line: str) -> RemoteResult:
        done = subprocess.run(
            ["/bin/sh", "-c", loader(MARKER)],
            input=payload(MARKER, line),
            env={"HOME": str(self.home), "PATH": self.path},
            capture_output=True,
            check=True,
        )
        return read_answer(done.stdout, done.stderr, MARKER)

    def submit(self, text: str = "echo 17; echo warned >&2; exit 4") -> RemoteResult:
        return self.run(script_line(("/bin/sh", "-c", text), {}, MARKER, NAME))

    def fate(self) -> KeptAnswer:
        answer = self.run(script_line(("/bin/sh", "-c", forestall_line(NAME)), {}, MARKER))
        assert answer.exit_code == 0, answer
        return read_fate(answer)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two pages, for root only."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k,mode=700", "none", disk], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def fill(disk: Path) -> None:
    subprocess.run(
        ["/bin/sh", "-c", 'cat /dev/zero >"$0"/filling', disk], stderr=subprocess.PIPE, check=False
    )
    assert shutil.disk_usage(disk).free == 0


def test_an_answer_is_told_and_kept(host: Host) -> None:
    assert host.submit()[:3] == (4, b"17\n", b"warned\n")
    assert host.fate() == KeptAnswer(CommandFate.ENDED, 4, b"17\n", b"warned\n")
    assert {path.stat().st_mode & 0o077 for path in host.answers.glob("*.???")} == {0}
    host.run(script_line(("true",), {}, MARKER, then=f"{forget_line([NAME, 'another.1'])} wait"))
    assert list(host.answers.iterdir()) == []


def test_what_is_looked_up_first_never_begins(host: Host) -> None:
    assert host.fate().fate is CommandFate.NEVER_BEGUN
    answer = host.submit("touch ran")
    assert answer.exit_code == NOT_BEGUN
    assert b"File exists" in answer.stderr
    assert host.fate().fate is CommandFate.NEVER_BEGUN
    assert os.listdir(host.answers) == [NAME]  # noqa: PTH208  # names


@pytest.mark.parametrize("printed", ["", "echo 17;"])
def test_what_was_killed_is_gone(host: Host, printed: str) -> None:
    host.answers.mkdir(parents=True)
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    (host.answers / NAME).symlink_to(str(ended.pid))
    found = host.fate()
    assert found.fate is CommandFate.KILLED
    assert found.exit_code == -9


def test_what_was_claimed_just_now_is_running(host: Host) -> None:
    """Between the claim and the first byte of output nothing is there but the claim."""
    host.answers.mkdir(parents=True)
    (host.answers / NAME).symlink_to(str(os.getpid()))
    assert host.fate().fate is CommandFate.RUNNING


@pytest.mark.parametrize("path", ["/nowhere", "/usr/bin:/bin"])
def test_the_path_of_the_job_matters_to_qsub_only(host: Host, path: str) -> None:
    host.path = path
    line = script_line(("/bin/sh", "-c", "echo $PATH"), {"PATH": "/elsewhere"}, MARKER, NAME)
    assert host.run(line)[:3] == (0, b"/elsewhere\n", b"")
    assert host.fate() == KeptAnswer(CommandFate.ENDED, 0, b"/elsewhere\n", b"")


def test_the_mask_of_new_files_is_the_logins(host: Host) -> None:
    answer = host.submit("umask")
    assert int(answer.stdout, 8) == os.umask(0o022)


def test_a_home_that_is_no_directory(host: Host) -> None:
    host.home = host.home / "missing"
    host.home.write_text("in the way")
    answer = host.submit("touch ran")
    assert answer.exit_code == NOT_BEGUN
    assert b"missing" in answer.stderr
    look = host.run(script_line(("/bin/sh", "-c", forestall_line(NAME)), {}, MARKER))
    assert look.exit_code == 1  # nobody can promise that it will not begin
    assert b"missing" in look.stderr


def test_a_full_disk(small_disk: Path) -> None:
    host = Host(small_disk)
    fill(small_disk)
    answer = host.submit("touch /proc/self/nothing")
    assert answer.exit_code == NOT_BEGUN
    assert b"No space left on device" in answer.stderr
    (small_disk / "filling").unlink()
    assert host.fate().fate is CommandFate.NEVER_BEGUN


def test_a_disk_that_fills_up_in_the_middle(small_disk: Path) -> None:
    """That it has begun and ended is known all the same: links take no room."""
    host = Host(small_disk)
    answer = host.submit(f"cat /dev/zero >{small_disk}/filling; echo lost; exit 0")
    assert answer.exit_code == 0
    assert host.fate().fate is CommandFate.ENDED


def command(name: str, folder: Path, *words: str) -> Command:
    files = AnswerFiles(folder / f"{name}.out", folder / f"{name}.err")
    return Command(words, words[0], {"PATH": "/usr/bin:/bin"}, PATIENCE, None, files)


def kept_at(server: SshServer) -> list[str]:
    return sorted(path.name for path in (server.home / BELOW).iterdir())


@pytest.fixture
def runner(server: SshServer, runner_of: MakeRunner) -> SshRunner:
    made = runner_of(server)
    made.open()
    return made


def test_what_is_on_record_here_is_not_kept_there(
    server: SshServer, runner: SshRunner, tmp_path: Path
) -> None:
    one, two = command("one", tmp_path, "/bin/echo", "1"), command("two", tmp_path, "/bin/echo", "2")
    runner.run(one)
    runner.run(two)
    assert "one.1.status" in kept_at(server)
    assert "two.1.status" in kept_at(server)
    for submission in (one, two):
        assert submission.answer is not None
        submission.answer.out.unlink()
        trips = runner.trips
        runner.run(Command(("true",), "/bin/true", {}, PATIENCE))
        assert runner.trips == trips + 1
        name = submission.answer.out.stem + ".1"
        until("its removal", lambda: name not in kept_at(server))  # noqa: B023  # called at once
    runner.run(one)
    assert one.answer is not None
    one.answer.out.unlink()
    runner.close()
    assert kept_at(server) == []


def test_a_host_that_cannot_keep_answers_is_named(
    server: SshServer, runner: SshRunner, tmp_path: Path
) -> None:
    (server.home / ".local").write_text("in the way")
    words = rf"ssh://127\.0\.0\.1:{server.port}: its answer cannot be kept there: .*\.local"
    with pytest.raises(CommandNotFound, match=words):
        runner.run(command("one", tmp_path, "/bin/touch", str(tmp_path / "ran")))
    assert not (tmp_path / "ran").exists()
    with pytest.raises(HostUnreachable, match=r"cannot tell what became of qsub: .*\.local"):
        runner.look_up(AnswerFiles(tmp_path / "one.out", tmp_path / "one.err"))
