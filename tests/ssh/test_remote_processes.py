"""What runs on a host is found and ended by a word of its command line, by any /bin/sh."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from typing import Callable

import pytest

from drmaa_cli.system.ssh.remote_processes import IS_RUNNING, KILL
from tests.patience import PATIENCE

SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]
Start = Callable[..., "subprocess.Popen[bytes]"]


def ask(shell: str, text: str, word: str) -> int:
    path = shutil.which(shell) or shell
    words = [path, "sh"] if shell == "busybox" else [path]
    return subprocess.run(
        [*words, "-c", text, "sh", word], env={"PATH": "/nowhere"}, start_new_session=True, check=False
    ).returncode


@pytest.fixture
def start() -> Iterator[Start]:
    begun: list[subprocess.Popen[bytes]] = []

    def new(*words: str) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen(words, start_new_session=True, stdout=subprocess.PIPE))
        return begun[-1]

    yield new
    for process in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing(shell: str) -> None:
    word = secrets.token_hex(16)
    assert ask(shell, IS_RUNNING, word) == 1
    assert ask(shell, KILL, word) == 0


@pytest.mark.parametrize("shell", SHELLS)
def test_a_group_is_ended_as_a_whole(shell: str, start: Start) -> None:
    word, other = secrets.token_hex(16), secrets.token_hex(16)
    text = 'sleep 600 & echo "$!"; wait'
    ended, left = start("/bin/sh", "-c", text, word), start("/bin/sh", "-c", text, other)
    for process in (ended, left):
        assert process.stdout is not None
        process.stdout.readline()
    assert ask(shell, IS_RUNNING, word) == 0
    assert ask(shell, KILL, word) == 0
    assert ended.wait(PATIENCE) == -9
    assert ended.stdout is not None
    assert ended.stdout.read() == b""  # nobody has it open any more
    assert ask(shell, IS_RUNNING, word) == 1
    assert ask(shell, IS_RUNNING, other) == 0
