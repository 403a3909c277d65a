"""What the contract tests of the executor share."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.futures import JobExecutor
from tests.contract.harness import ROOT, World
from tests.patience import PATIENCE

ON_CELLS = (pytest.mark.only_on("cli-real", "cli-fake"), pytest.mark.here)
on_fake = pytest.mark.only_on("cli-fake")
"""Of what an executor does by itself, whatever the cell: a real one would only be slower."""


class Pool:
    """Makes executors in a cell, and ends those that a test leaves behind."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.spool = world.directory / "spool"
        self.open: list[JobExecutor] = []

    def __call__(self, **options: Any) -> JobExecutor:
        self.open.append(JobExecutor(self.spool, **{"python": sys.executable, **options}))
        return self.open[-1]

    def program(self, body: str, **options: Any) -> subprocess.Popen[str]:
        """A program of its own, which has ``executor`` and the functions."""
        keywords = "".join(f", {name}={value!r}" for name, value in options.items())
        source = self.world.directory / f"program{len(list(self.world.directory.glob('program*')))}.py"
        source.write_text(
            "import os, signal, sys, time\n"
            "from drmaa_cli.futures import *\n"
            "from tests.futures.functions import *\n"
            f"executor = JobExecutor({str(self.spool)!r}{keywords})\n{body}\n"
        )
        return subprocess.Popen(
            [sys.executable, str(source)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def outcome(self, program: subprocess.Popen[str]) -> tuple[int, str, str]:
        """Exit status and output of a program that must end."""
        try:
            out, err = program.communicate(timeout=PATIENCE)
        finally:
            program.kill()
        return program.returncode, out, err

    def close(self) -> None:
        for executor in self.open:
            executor.cancel_all()
            executor.shutdown()


def watchers() -> list[threading.Thread]:
    """The threads of executors that are at work."""
    return [thread for thread in threading.enumerate() if thread.name == "drmaa_cli.futures"]


def gone(path: Path) -> bool:
    """Whether a directory is not there, or holds nothing."""
    return not path.exists() or not any(path.iterdir())
