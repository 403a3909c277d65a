"""The local runner on real processes: nothing hangs, nothing is left behind, streams stay apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drmaa_cli.system import pipes
from drmaa_cli.system.runner import Command, CommandNotFound, CommandTimeout, LocalRunner
from tests.patience import PATIENCE
from tests.processes import children, is_running

FDS = Path("/proc/self/fd")
ENV = {"PATH": os.defpath}


def shell(text: str, timeout: float = 180.0, stdin: bytes | None = None, env: dict[str, str] | None = None):
    return LocalRunner().run(Command(("sh", "-c", text), "/bin/sh", env or ENV, timeout, stdin))


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not done():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def test_streams_are_kept_apart() -> None:
    began = time.monotonic()
    result = shell("echo out; echo err >&2; exit 3")
    took = time.monotonic() - began
    assert (result.exit_code, result.stdout, result.stderr) == (3, b"out\n", b"err\n")
    assert result.argv == ("sh", "-c", "echo out; echo err >&2; exit 3")
    assert 0 < result.duration <= took


def test_a_signal_is_a_negative_exit_code() -> None:
    assert shell("kill -TERM $$").exit_code == -signal.SIGTERM


def test_arguments_and_environment_arrive_byte_for_byte() -> None:
    strange = ["", " a  b ", "*", "$HOME", "a'b\"c", "new\nline", "ü\udcff"]
    script = "import sys, os; sys.stdout.buffer.write(b'|'.join(map(os.fsencode, sys.argv[1:])))"
    result = LocalRunner().run(Command((sys.executable, "-c", script, *strange), sys.executable, ENV, 180))
    assert result.stdout == b"|".join(map(os.fsencode, strange))
    assert b"A=x=y z" in shell("env", env={"A": "x=y z"}).stdout.split(b"\n")


def test_the_name_is_not_the_program() -> None:
    assert LocalRunner().run(Command(("qsub", "-c", "echo $0"), "/bin/sh", ENV, 180)).stdout == b"qsub\n"


def test_standard_input_is_empty_or_what_is_given() -> None:
    assert shell("cat").stdout == b""
    assert shell("cat", stdin=b"#!/bin/sh\n\xff").stdout == b"#!/bin/sh\n\xff"
    assert shell("true", stdin=b"x" * 1_000_000).exit_code == 0


def test_much_output_on_both_streams() -> None:
    both = "head -c 50000 /dev/zero; head -c 50000 /dev/zero >&2"
    result = shell(f"i=0; while [ $i -lt 40 ]; do {both}; i=$((i+1)); done")
    assert (len(result.stdout), len(result.stderr)) == (2_000_000, 2_000_000)


@pytest.fixture
def limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Shell that waits until the time limit of its command counts, and shell that ends that time."""
    begun, over = tmp_path / "begun", tmp_path / "over"

    class Clock:
        """It stands still until the command has said its first words, however long that takes, and leaps."""

        sleep = time.sleep

        @staticmethod
        def monotonic() -> float:
            now = 1000.0 + time.monotonic() if over.exists() else 0.0
            begun.touch()  # only now may the time be over: the limit counts from here
            return now

    monkeypatch.setattr(pipes, "time", Clock)
    return f"until test -e {begun}; do sleep 0.01; done", f"touch {over}"


def test_a_command_that_takes_too_long_is_killed_with_its_children(
    tmp_path: Path, limit: tuple[str, str]
) -> None:
    pids = tmp_path / "pids"
    text = r"^sh did not answer within 0\.5 seconds and was killed$"
    begun, over = limit
    with pytest.raises(CommandTimeout, match=text) as caught:
        shell(f"{begun}; sleep 100 & echo $! $$ >{pids}; echo begun; echo told >&2; {over}; wait", 0.5)
    assert caught.value.result.stdout == b"begun\n"
    assert caught.value.result.stderr == b"told\n"
    assert caught.value.result.exit_code == -9
    for pid in map(int, pids.read_text().split()):
        until(lambda pid=pid: not is_running(pid))


def test_a_command_that_ignores_signals_is_killed() -> None:
    with pytest.raises(CommandTimeout):
        shell("trap '' TERM INT HUP; while :; do sleep 1; done", 0.3)


def test_a_grandchild_that_got_away_with_the_streams_does_not_hold_us_up(
    tmp_path: Path, limit: tuple[str, str]
) -> None:
    """An ssh master or a daemon in a session of its own keeps the pipes open when the command is killed."""
    pid = tmp_path / "pid"
    begun, over = limit
    grandchild = f"echo $$ >{pid}.new; mv {pid}.new {pid}; exec sleep 1000"
    ready = f"{begun}; until test -e {pid}; do sleep 0.01; done"
    command = f"{ready}; echo said; {over}; echo more; sleep 1000"
    try:
        with pytest.raises(CommandTimeout) as caught:
            shell(f"setsid sh -c '{grandchild}' & {command}", 999)
        assert is_running(int(pid.read_text()))
        assert caught.value.result.stdout.startswith(b"said\n")
    finally:
        until(pid.exists)
        os.kill(int(pid.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("kind", ["missing", "directory", "not executable", "bad interpreter"])
def test_what_cannot_be_executed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "tool"
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_text("#!/no/such/interpreter\n")
        path.chmod(0o644 if kind == "not executable" else 0o755)
    before = {path.name for path in FDS.iterdir()}
    with pytest.raises(CommandNotFound, match=r"cannot run '.*tool': ") as caught:
        LocalRunner().run(Command(("qsub",), str(path), ENV, 5))
    assert caught.value.program == str(path)
    assert {path.name for path in FDS.iterdir()} <= before  # what earlier tests left may be closed meanwhile


def test_arguments_beyond_the_systems_limit_are_a_typed_error() -> None:
    with pytest.raises(CommandNotFound, match="Argument list too long"):
        LocalRunner().run(Command(("true", "x" * 3_000_000), "/bin/true", ENV, 5))


def test_nothing_is_left_behind() -> None:
    descriptors, processes = {path.name for path in FDS.iterdir()}, children()
    for _ in range(5):
        shell("echo a; echo b >&2", stdin=b"x")
        with pytest.raises(CommandTimeout):
            shell("sleep 20", 0.05)
        with pytest.raises(CommandNotFound):
            LocalRunner().run(Command(("x",), "/no/such/tool", ENV, 5))
    assert {path.name for path in FDS.iterdir()} <= descriptors
    assert children() <= processes


INTERRUPTED = """
import os, sys, threading, time
sys.path[:0] = {path!r}
from drmaa_cli.system import pipes
from drmaa_cli.system.runner import Command, LocalRunner
def waiting():
    return any(_is_in(frame, "until_end") for frame in sys._current_frames().values())
def _is_in(frame, name):
    while frame is not None and frame.f_code.co_name != name:
        frame = frame.f_back
    return frame is not None
def soon():
    while not os.path.exists({flag!r}) or not waiting():
        time.sleep(0.01)
    os.kill(os.getpid(), 2)
threading.Thread(target=soon, daemon=True).start()
before = len(os.listdir("/proc/self/fd"))
try:
    command = "echo $$ >{flag}.new; mv {flag}.new {flag}; sleep 1000"
    LocalRunner().run(Command(("sh", "-c", command), "/bin/sh", {{"PATH": os.defpath}}, 1000))
except KeyboardInterrupt:
    print("interrupted", len(os.listdir("/proc/self/fd")) - before)
"""


def test_an_interrupt_kills_the_command_and_leaves_nothing(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    script = INTERRUPTED.format(path=sys.path, flag=str(flag))
    argv = [sys.executable, "-c", script]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout == "interrupted 0\n", done.stderr
    until(lambda: not is_running(int(flag.read_text())))


def test_ctrl_c_in_the_terminal_does_not_reach_the_command() -> None:
    result = shell("ps -o sid= -p $$ 2>/dev/null || cut -d' ' -f6 /proc/$$/stat; echo $$")
    session, pid = result.stdout.split()
    assert session == pid, "the command must lead a session of its own"


def test_threads_do_not_disturb_each_other() -> None:
    found: dict[int, bytes] = {}

    def work(place: int) -> None:
        found[place] = shell(f"echo {place}; sleep 0.02; echo {place}").stdout

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    assert found == {place: f"{place}\n{place}\n".encode() for place in range(8)}
