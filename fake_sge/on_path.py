"""Running Grid Engine's commands from Python: what cells of every kind have in common."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import CommandError


class CommandsOnPath:
    """Something that has Grid Engine's commands in a directory, and variables by which they find it."""

    @property
    def path(self) -> Path:
        """The directory with qsub, qstat ..."""
        raise NotImplementedError

    @property
    def variables(self) -> dict[str, str]:
        """Only the SGE_* variables."""
        raise NotImplementedError

    @property
    def env(self) -> dict[str, str]:
        """``os.environ`` with the cell's commands first on PATH and its SGE_* variables."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("SGE_")}
        env.update(self.variables)
        env["PATH"] = f"{self.path}:{os.environ.get('PATH', os.defpath)}"
        return env

    def run(
        self,
        *argv: str,
        stdin: bytes = b"",
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        check: bool = False,
        text: bool = False,
    ) -> subprocess.CompletedProcess[Any]:
        """Run a command in the environment :attr:`env`; stdout and stderr are captured.

        Args:
            argv: the command and its arguments.
            stdin: what it reads.
            cwd: where it runs; the present directory.
            env: further variables.
            timeout: seconds.
            check: whether an exit code other than 0 is an error.
            text: whether stdout and stderr are texts instead of bytes.

        Raises:
            CommandError: the command failed, with ``check``; what it printed is in the message.
            subprocess.TimeoutExpired: it did not end in time.
        """
        own = self.path / argv[0]
        done: subprocess.CompletedProcess[Any] = subprocess.run(
            [str(own) if own.exists() else argv[0], *argv[1:]],
            input=stdin,
            cwd=cwd,
            env={**self.env, **(env or {})},
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        if text:
            done.stdout, done.stderr = os.fsdecode(done.stdout), os.fsdecode(done.stderr)
        if check and done.returncode:
            raise CommandError(done.returncode, argv, done.stdout, done.stderr)
        return done
