"""Run a command on this host: argv lists only, no shell, a time limit, output streams kept apart."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from drmaa_cli.models import CommandResult


class CommandNotFound(Exception):
    """The command's executable is missing or may not be executed; says which."""

    def __init__(self, program: str, reason: str) -> None:
        super().__init__(f"cannot run {program!r}: {reason}")
        self.program = program


class CommandTimeout(Exception):
    """The command did not end in its time and was killed, with all its children.

    Attributes:
        result: what it had printed until then; ``exit_code`` is -9.
    """

    def __init__(self, result: CommandResult, seconds: float) -> None:
        super().__init__(f"{result.argv[0]} did not answer within {seconds:g} seconds and was killed")
        self.result = result


class LocalRunner:
    """Runs commands as children of this process, each in a session (and process group) of its own.

    A session of its own keeps a terminal's ctrl-C away from the command: qsub would take it as a wish to
    delete the job (observed). When the caller is interrupted, or the time is over, the whole group is killed.
    """

    def run(
        self,
        executable: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        timeout: float,
        stdin: bytes | None = None,
    ) -> CommandResult:
        """Run to the end and return what happened.

        Args:
            executable: the path of the program.
            argv: its argument vector, ``argv[0]`` included.
            env: its complete environment.
            timeout: seconds it may take.
            stdin: bytes for its standard input; an empty input when None.

        Raises:
            CommandNotFound: the program cannot be executed.
            CommandTimeout: it did not end in time.
        """
        began = time.monotonic()
        try:
            child = subprocess.Popen(
                list(argv),
                executable=executable,
                env=dict(env),
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as err:
            if err.filename not in (executable, argv[0]):
                raise  # not the program's fault: no memory, no processes, no current directory
            raise CommandNotFound(executable, err.strerror or str(err)) from err
        try:
            out, err_out = child.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            _kill_group(child)
            out, err_out = child.communicate()
            taken = time.monotonic() - began
            raise CommandTimeout(
                CommandResult(tuple(argv), -signal.SIGKILL, out, err_out, taken), timeout
            ) from None
        except BaseException:
            _kill_group(child)
            child.wait()
            _close(child)
            raise
        return CommandResult(tuple(argv), child.returncode, out, err_out, time.monotonic() - began)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        child.kill()


def _close(child: subprocess.Popen[bytes]) -> None:
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            stream.close()
