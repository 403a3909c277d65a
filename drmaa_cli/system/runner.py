"""Run a command on this host: argv lists only, no shell, a time limit, output streams kept apart."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Union

from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.pipes import Conversation

LAST_WORDS_SECONDS = 1.0


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


Output = Union[int, IO[bytes]]


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
        return _run(executable, argv, env, timeout, stdin, (subprocess.PIPE, subprocess.PIPE))

    def run_keeping(
        self,
        executable: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        timeout: float,
        stdin: bytes | None,
        files: tuple[Path, Path],
    ) -> CommandResult:
        """The same, with standard output and error going to two files: they are there if we die meanwhile.

        A file that does not exist says that the command was not begun.

        Raises:
            CommandNotFound: as :meth:`run`, or a file cannot be made.
            CommandTimeout: as :meth:`run`.
            OSError: a file cannot be read.
        """
        opened: list[IO[bytes]] = []
        try:
            for path in files:
                try:
                    opened.append(_create(path))
                except OSError as why:
                    raise CommandNotFound(executable, f"{path}: {why.strerror}") from why
            out, err = opened
            try:
                result = _run(executable, argv, env, timeout, stdin, (out, err))
            except CommandTimeout as late:
                raise CommandTimeout(_with_output(late.result, files), timeout) from late
            return _with_output(result, files)
        finally:
            for file in opened:
                file.close()


def _run(
    executable: str,
    argv: Sequence[str],
    env: Mapping[str, str],
    timeout: float,
    stdin: bytes | None,
    output: tuple[Output, Output],
) -> CommandResult:
    began = time.monotonic()
    try:
        child = subprocess.Popen(
            list(argv),
            executable=executable,
            env=dict(env),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=output[0],
            stderr=output[1],
            start_new_session=True,
        )
    except OSError as err:  # the program's fault, or the host's: no memory, no processes
        raise CommandNotFound(executable, err.strerror or str(err)) from err
    talk = Conversation(child, stdin)
    try:
        in_time = talk.until_end(timeout)
        if not in_time:
            _kill_group(child)
            talk.until_end(LAST_WORDS_SECONDS)
    except BaseException:
        _kill_group(child)
        raise
    finally:
        talk.close()
        child.wait()
    out, said = talk.heard
    result = CommandResult(tuple(argv), child.returncode, out, said, time.monotonic() - began)
    if in_time:
        return result
    raise CommandTimeout(result, timeout)


def _create(path: Path) -> IO[bytes]:
    path.unlink(missing_ok=True)  # of an attempt before, which certainly did not succeed
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _with_output(result: CommandResult, files: tuple[Path, Path]) -> CommandResult:
    return result._replace(stdout=files[0].read_bytes(), stderr=files[1].read_bytes())


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        child.kill()
