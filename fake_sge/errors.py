"""What goes wrong with a cell."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence


class CellError(Exception):
    """The cell cannot do what was asked; the text says why."""


class CommandError(CellError, subprocess.CalledProcessError):
    """A command of ``run(check=True)`` failed; its exit code and what it printed are in the text."""

    def __init__(self, code: int, argv: Sequence[str], out: bytes | str, err: bytes | str) -> None:
        subprocess.CalledProcessError.__init__(self, code, list(argv), out, err)

    def __str__(self) -> str:
        printed = "".join(os.fsdecode(text) for text in (self.output, self.stderr)).strip()
        return f"{shlex.join(self.cmd)} ended with {self.returncode}: {printed or 'it printed nothing'}"


class FakeOnlyError(CellError):
    """Only a fake cell can do this: break at a chosen moment, move its clock, run jobs without processes.

    The fixtures for pytest skip a test that asks a real Grid Engine for it.
    """
