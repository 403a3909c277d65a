"""A Python that has loaded pytest and forks for each run of it: loading takes longer than many runs.

Nothing of ours is loaded before the fork: a run loads drmaa_cli and fake_sge as a program does.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pytest
from _pytest.config import default_plugins

ALSO = ("asyncio", "concurrent.futures.thread", "lxml.etree", "sqlite3", "subprocess")


class Prefork:
    """Runs pytest in a process of its own, one run after the other; ends as a context manager."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-c", "from tests.prefork import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
            start_new_session=True,
            text=True,
        )

    def __enter__(self) -> Prefork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate()

    def pytest(
        self, words: Sequence[str], *, cwd: Path, env: Mapping[str, str], seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """``python -m pytest WORDS``: its exit code, and what it printed as stdout.

        Raises TimeoutError after so many seconds, when no more can be run.
        """
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as printed:
            order = {"words": list(words), "cwd": str(cwd), "env": dict(env), "out": printed.name}
            self._server.stdin.write(json.dumps(order) + "\n")
            self._server.stdin.flush()
            ready, _, _ = select.select([self._server.stdout], [], [], seconds)
            if not ready:
                os.killpg(self._server.pid, signal.SIGKILL)
                raise TimeoutError(f"pytest still runs after {seconds} s:\n{printed.read()}")
            return subprocess.CompletedProcess(
                list(words), int(self._server.stdout.readline()), printed.read(), ""
            )


def serve() -> None:
    """Carry out the orders on standard input, each in a fork, and answer with their exit codes."""
    for name in (*(f"_pytest.{plugin}" for plugin in default_plugins), *ALSO):
        importlib.import_module(name)
    while order := sys.stdin.readline():
        pid = os.fork()
        if not pid:
            _carry_out(**json.loads(order))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _carry_out(words: list[str], cwd: str, env: dict[str, str], out: str) -> None:
    """Be the program, up to its end."""
    null = os.open(os.devnull, os.O_RDONLY)
    printed = os.open(out, os.O_WRONLY | os.O_APPEND)
    for number, file in enumerate((null, printed, printed)):
        os.dup2(file, number)
    os.close(null)
    os.close(printed)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[:] = ["pytest", *words]
    sys.exit(pytest.main(words))
