"""What the tests of ``map`` share: files of commands, marks of what has run, the last line of JSON."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from tests.cli.conftest import PATIENCE, Desk
from tests.cli.schemas import valid
from tests.forked import Forked


def commands(desk: Desk, *texts: str, name: str = "commands.txt") -> str:
    (desk.directory / name).write_text("".join(f"{text}\n" for text in texts))
    return name


def result(done: subprocess.CompletedProcess[str]) -> Any:
    return valid(done.stdout.splitlines()[-1], "map-1")


def counted(number: int) -> str:
    """A command that leaves a mark each time that it is run."""
    return f"echo x >> ran-{number}"


def marks(desk: Desk) -> dict[int, int]:
    return {int(path.name[4:]): len(path.read_text().split()) for path in desk.directory.glob("ran-*")}


def popen(desk: Desk, *words: str) -> Forked:
    return Forked(desk.argv("map", *words)[1:], desk.env, desk.directory)


def wait_until(condition: Any, what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.02)
