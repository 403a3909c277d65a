"""How commands are run: what a runner is, and the one that runs them on this host.

:class:`Runner` is the way to plug in another one (over ssh, in a container): an object with one method. It is
handed a :class:`Command`, complete and immutable, and returns a :class:`CommandResult` for every command that
came to an end, whatever its exit code: what an answer means is read elsewhere. :class:`LocalRunner` uses no
shell, limits the time, and keeps the output streams apart.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping

from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.background import BackgroundCall
from drmaa_cli.system.files import remove
from drmaa_cli.system.pipes import CHUNK, Conversation
from drmaa_cli.typed import IO, TYPE_CHECKING, NamedTuple, Protocol, Union

if TYPE_CHECKING:
    from pathlib import Path

LAST_WORDS_SECONDS = 1.0
STOPPING_SECONDS = 0.005
NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class CommandNotFound(Exception):
    """The command's executable is missing or may not be executed; says which."""

    def __init__(self, program: str, reason: str) -> None:
        super().__init__(f"cannot run {program!r}: {reason}")
        self.program = program


class CommandTimeout(Exception):
    """The command did not end in its time and was killed, with all its children.

    Attributes:
        result: what it had printed until then; ``exit_code`` is -9.
        seconds: after which it was killed.
    """

    def __init__(self, result: CommandResult, seconds: float, host: str = "") -> None:
        where = f" on {host}" if host else ""
        super().__init__(f"{result.argv[0]}{where} did not answer within {seconds:g} seconds and was killed")
        self.result = result
        self.seconds = seconds


class HostUnreachable(Exception):
    """The host that runs commands cannot be reached, or the connection was lost; says which and why."""


class AnswerFiles:
    """Two files of this host that outlive the process that runs a command.

    Args:
        out: what the command writes to standard output.
        err: what it writes to standard error.

    Attributes:
        names: both as text: pathlib is loaded for who asks for the paths.
    """

    __slots__ = ("names",)

    def __init__(self, out: str, err: str) -> None:
        self.names = (out, err)

    @property
    def out(self) -> Path:
        """The file of standard output."""
        return next(iter(self))

    @property
    def err(self) -> Path:
        """The file of standard error."""
        return list(self)[1]

    def __iter__(self) -> Iterator[Path]:
        from pathlib import Path  # noqa: PLC0415  # loaded when it is needed

        return map(Path, self.names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnswerFiles) and self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)

    def __repr__(self) -> str:
        return f"AnswerFiles{self.names!r}"


class Command(NamedTuple):
    """A command that is to be run.

    Attributes:
        argv: its words; the first is the command's name (``qsub``), which the program sees as its own.
        program: the path of the program.
        env: its complete environment.
        timeout: seconds it may take.
        stdin: bytes for its standard input; an empty input when None.
        answer: where its output goes as well, and stays if this process dies; None for nowhere. Only given
            to a runner that says ``keeps_answers = True``.
    """

    argv: tuple[str, ...]
    program: str
    env: Mapping[str, str]
    timeout: float
    stdin: bytes | None = None
    answer: AnswerFiles | None = None


class Runner(Protocol):
    """A way of running commands. Several threads call it at once.

    A runner with a true attribute ``keeps_answers`` undertakes that it makes the files of ``Command.answer``
    before it begins the command, that the command goes on when this process is killed, with its output in
    these files, and that its words stand in the command line of a process of this host as long as it runs.
    Without the attribute an interrupted submission is looked for in the qmaster and in accounting only.

    A runner with a true attribute ``stdin_is_file`` undertakes that ``Command.stdin`` is a regular file for
    the command, which nobody but the user can read. Without it some variables of jobs stand in the command
    line, where all users of the host see them.

    A runner with a true attribute ``is_shell`` says that a shell begins its commands: variables whose names
    are no identifiers stand in a command line for a moment.

    A runner with a method ``abort(thread)`` ends the command that this thread (``threading.get_ident()``) is
    running: the session has ended, and nobody waits for the answer.
    """

    def run(self, command: Command, /) -> CommandResult:
        """Run a command to its end.

        Raises:
            CommandNotFound: it cannot be executed; certainly nothing was begun.
            CommandTimeout: it did not end in its time; nothing of it is left running.
            HostUnreachable: the runner runs commands elsewhere, and could not reach that host.
        """


class Traits(NamedTuple):
    """What a runner undertakes; see :class:`Runner`."""

    keeps_answers: bool = False
    stdin_is_file: bool = False
    is_shell: bool = False

    @classmethod
    def of(cls, runner: Runner) -> Traits:
        """Those of a runner."""
        return cls(*(bool(getattr(runner, name, False)) for name in cls._fields))


Output = Union[int, IO[bytes]]
PIPES = (subprocess.PIPE, subprocess.PIPE)


class LocalRunner:
    """Runs commands as children of this process, each in a session (and process group) of its own.

    A session of its own keeps a terminal's ctrl-C away from the command: qsub would take it as a wish to
    delete the job (observed). When the caller is interrupted, or the time is over, the whole group is killed.

    No signal handler may come between a child's start and its number being known: it would stay behind as a
    zombie. So the main thread, the only one that handlers interrupt, has another one start and reap it.
    """

    keeps_answers = True
    stdin_is_file = True

    def run(self, command: Command, /) -> CommandResult:
        """Run a command to its end.

        Raises:
            CommandNotFound: it cannot be executed, or a file for its answer cannot be made.
            CommandTimeout: it did not end in time, or was told to stop by :meth:`abort`.
            OSError: a file with its answer cannot be read.
        """
        run = _Run(command)
        if threading.get_ident() != threading.main_thread().ident:
            return run.to_its_end()
        work = BackgroundCall(run.to_its_end)
        try:
            work.start()
            work.wait()
        except BaseException:
            run.aborted = True
            work.wait(LAST_WORDS_SECONDS)
            raise
        return work.result()

    @staticmethod
    def abort(thread: int) -> None:
        """Kill the command that a thread (``threading.get_ident()``) is running at this moment, if any."""
        run = _running.get(thread)
        if run is not None:
            run.aborted = True


class _Run:
    """One command on its way."""

    def __init__(self, command: Command) -> None:
        self.aborted = False
        self._command = command

    def _is_aborted(self) -> bool:
        return self.aborted

    def to_its_end(self) -> CommandResult:
        _running[threading.get_ident()] = self
        try:
            answer = self._command.answer
            return self._run(PIPES) if answer is None else self._run_into(answer)
        finally:
            del _running[threading.get_ident()]

    def _run_into(self, answer: AnswerFiles) -> CommandResult:
        opened: list[int] = []
        try:
            for path in answer.names:
                try:
                    opened.append(_create(path))
                except OSError as why:
                    raise CommandNotFound(self._command.program, f"{path}: {why.strerror}") from why
            out, err = opened
            try:
                result = self._run((out, err))
            except CommandTimeout as late:
                raise CommandTimeout(_with_output(late.result, out, err), late.seconds) from late
            return _with_output(result, out, err)
        finally:
            for file in opened:
                os.close(file)

    def _run(self, output: tuple[Output, Output]) -> CommandResult:
        command = self._command
        began = time.monotonic()
        if self._is_aborted():
            raise CommandNotFound(command.program, "told to stop before it began")
        try:
            with _given(command.stdin) as stdin:
                child = subprocess.Popen(
                    list(command.argv),
                    executable=command.program,
                    env=dict(command.env),
                    stdin=stdin,
                    stdout=output[0],
                    stderr=output[1],
                    start_new_session=True,
                )
        except OSError as err:  # the program's fault, or the host's: no memory, no processes
            raise CommandNotFound(command.program, err.strerror or str(err)) from err
        talk = Conversation(child)
        try:
            in_time = talk.until_end(command.timeout, self._is_aborted)
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
        result = CommandResult(command.argv, child.returncode, out, said, time.monotonic() - began)
        if in_time:
            return result
        raise CommandTimeout(result, result.duration if self._is_aborted() else command.timeout)


@contextlib.contextmanager
def _given(data: bytes | None) -> Iterator[int]:
    """What a command reads, as a file without a name: there it is whole, even if this process is killed."""
    if data is None:
        yield subprocess.DEVNULL
        return
    with _nameless() as file:
        file.write(data)
        file.seek(0)
        yield file.fileno()


def _nameless() -> IO[bytes]:
    """A file in memory, which no full disk can keep from being written; on disk where the kernel has none."""
    try:
        return os.fdopen(os.memfd_create("stdin"), "w+b")
    except (AttributeError, OSError):
        import tempfile  # noqa: PLC0415  # loaded when it is needed

        return tempfile.TemporaryFile()


_running: dict[int, _Run] = {}  # by thread


@atexit.register
def _stop_all() -> None:
    """Leave no command behind: threads at work in the background end with the interpreter."""
    for run in list(_running.values()):
        run.aborted = True
    deadline = time.monotonic() + LAST_WORDS_SECONDS
    while _running and time.monotonic() < deadline:
        time.sleep(STOPPING_SECONDS)


os.register_at_fork(after_in_child=_running.clear)


def make_answer(files: AnswerFiles, program: str) -> None:
    """Make the files of an answer that another host keeps: they say that there may be one.

    Raises:
        CommandNotFound: they cannot be made, so that the program must not be begun.
    """
    for path in files.names:
        try:
            os.close(_create(path))
        except OSError as why:
            raise CommandNotFound(program, f"{path}: {why.strerror}") from why


def _create(path: str) -> int:
    try:
        return os.open(path, NEW_FILE, 0o600)
    except FileExistsError:  # of an attempt before, which certainly did not succeed
        remove(path)
    return os.open(path, NEW_FILE, 0o600)


def _with_output(result: CommandResult, out: int, err: int) -> CommandResult:
    return result._replace(stdout=_whole(out), stderr=_whole(err))


def _whole(file: int) -> bytes:
    """All of a file, of which the command has moved the position."""
    parts: list[bytes] = []
    at = 0
    while part := os.pread(file, CHUNK, at):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        child.kill()
