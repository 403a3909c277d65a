"""The thin client behind every command: ships the call to the qmaster and prints its answer.

It is copied into the cell and compiled there, imports next to nothing (not even os, which takes longer than
all the rest), and runs with ``-I -S``: its start-up is most of a fake command's time. Where there is a C
compiler, client.c takes its place, which does the same (:mod:`fake_sge.compiled`). Without a qmaster the
command runs in this process.
"""

from __future__ import annotations

import posix
import sys

from ..wire import connect, frame, receive

NAMES = (sys.getfilesystemencoding(), "surrogateescape")
TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from types import FrameType

_HEARD = (1, 2, 3, 15)  # SIGHUP, SIGINT, SIGQUIT, SIGTERM
_closed: set[int] = set()
_woken: list[int] = []  # where a byte arrives with each signal, once signals are told


def write(number: int, data: bytes) -> None:
    """To standard output or error; what nobody reads, or a full disk, is not told: as the real commands."""
    while data and number not in _closed:
        try:
            data = data[posix.write(number, data) :]
        except BlockingIOError:
            from select import select  # noqa: PLC0415 seldom needed

            select([], [number], [])
        except OSError:
            _closed.add(number)


def _open_standard_files() -> None:
    """In place of those that are closed, or the connection would be taken for one of them."""
    while (number := posix.open("/dev/null", posix.O_RDWR)) < 3:
        posix.set_inheritable(number, True)
    posix.close(number)


def environment() -> dict[bytes, bytes]:
    """The caller's variables, without the LC_CTYPE that Python sets for itself in the locale C (PEP 538)."""
    variables = dict(posix.environ)
    if variables.get(b"LC_CTYPE") in (b"C.UTF-8", b"C.utf8", b"UTF-8"):
        number = posix.open("/proc/self/environ", posix.O_RDONLY)
        given = b""
        while piece := posix.read(number, 1 << 16):
            given += piece
        posix.close(number)
        before = [item for item in given.split(b"\0") if item.startswith(b"LC_CTYPE=")]
        del variables[b"LC_CTYPE"]
        variables.update((b"LC_CTYPE", item[9:]) for item in before)
    return variables


def call(arguments: list[bytes]) -> bytes:
    """The request: fixed fields, then argv and environment, all separated by NUL."""
    umask = posix.umask(0o022)
    posix.umask(umask)
    variables = [name + b"=" + value for name, value in environment().items()]
    try:
        cwd = posix.getcwdb()
    except FileNotFoundError:
        cwd = b""
    fixed = [cwd, str(umask).encode(), b"1" if posix.isatty(1) else b"0", str(len(arguments)).encode()]
    return b"\0".join(fixed + arguments + variables)


def directory() -> bytes:
    """Where the cell's socket lies: ``$SGE_ROOT/$SGE_CELL``."""
    return posix.environ.get(b"SGE_ROOT", b"") + b"/" + (posix.environ.get(b"SGE_CELL") or b"default")


def _read_stdin() -> bytes:
    data = b""
    try:
        while piece := posix.read(0, 1 << 16):
            data += piece
    except OSError:
        return data  # closed: there is nothing to read
    return data


def _converse(line: socket, tells: bool) -> tuple[int, int] | str:
    """Until the command ends: exit code and signal, or why there is no qmaster after all."""
    while True:
        _wait(line)
        kind, data = receive(line)
        if kind == b"o":
            write(1, data)
        elif kind == b"e":
            write(2, data)
        elif kind == b"i":
            if tells:
                _let_signals_end_it()  # there is no job yet
            _send(line, frame(b"I", _read_stdin()), tells)
        elif kind == b"u":
            return data.decode()
        elif kind == b"x":
            code, number = data.split()
            return int(code), int(number)


def _wait(line: socket) -> None:
    """Until something can be received: amid recv() Python hears of no signal that came just before it."""
    if _woken:
        from select import select  # noqa: PLC0415 only commands that block need it

        number = line.fileno()
        while number not in select([number, *_woken], [], [])[0]:
            posix.read(_woken[0], 1 << 10)


def _send(line: socket, message: bytes, tells: bool) -> None:
    """Send what the command asks; a signal that comes once the qmaster may have it is told, after it."""
    if not tells:
        line.sendall(message)
        return
    import signal as signals  # noqa: PLC0415 only commands that block need it

    before = signals.pthread_sigmask(signals.SIG_BLOCK, _HEARD)
    try:
        _tell_of_signals(line)
        line.sendall(message)
    except OSError:
        _let_signals_end_it()  # nobody is there to be told
        raise
    finally:
        signals.pthread_sigmask(signals.SIG_SETMASK, before)


def _tell_of_signals(line: socket) -> None:
    import signal as signals  # noqa: PLC0415 only commands that block need it

    def tell(number: int, _frame: FrameType | None) -> None:
        for item in told:  # further ones say nothing new (real cell); timeout(1) sends two
            signals.signal(item, signals.SIG_IGN)
        line.sendall(frame(b"S", str(number).encode()))

    told = [signals.SIGINT, signals.SIGTERM]
    of_terminal = [signals.SIGHUP, signals.SIGQUIT]
    if sys.argv[1] == "qrsh":
        told += of_terminal
    else:  # qsub -sync y waits on (real cell)
        for item in (*of_terminal, signals.SIGUSR1, signals.SIGUSR2, signals.SIGALRM):
            signals.signal(item, signals.SIG_IGN)
    for item in told:
        signals.signal(item, tell)
    if not _woken:
        reading, writing = posix.pipe()
        posix.set_blocking(writing, False)
        signals.set_wakeup_fd(writing, warn_on_full_buffer=False)
        _woken.append(reading)


def _let_signals_end_it() -> None:
    import signal as signals  # noqa: PLC0415 only commands that block need it

    for item in (signals.SIGINT, signals.SIGTERM):
        signals.signal(item, signals.SIG_DFL)


def _leave(code: int, number: int) -> None:
    if number:
        import signal as signals  # noqa: PLC0415 seldom needed

        if number != signals.SIGKILL:
            signals.signal(number, signals.SIG_DFL)
        posix.kill(posix.getpid(), number)
    posix._exit(code)


def _run_alone(tool: str, words: list[str], why: str, package: str) -> None:
    sys.path.append(package)
    from fake_sge.client.run_command import run  # noqa: PLC0415 the package is only needed without a qmaster

    _leave(*run([tool, *words], why, _read_stdin, write))


def main(package: str) -> None:
    """Run a command; ``package`` is the directory that holds fake_sge.

    The arguments of this process: the command's name, the file that was run, the command's own.
    """
    tool, words = sys.argv[1], sys.argv[3:]
    arguments = [word.encode(*NAMES) for word in [tool, *words]]
    tells = tool == "qrsh" or "-sync" in words
    try:
        _open_standard_files()
        try:
            line = connect(directory())
            _send(line, frame(b"R", call(arguments)), tells)
            answer: tuple[int, int] | str = _converse(line, tells)
        except (EOFError, OSError):
            answer = "refused"
        if isinstance(answer, str):
            if tells:
                _let_signals_end_it()
            _run_alone(tool, words, answer, package)
        else:
            _leave(*answer)
    except KeyboardInterrupt:
        _leave(1, 2)


def alone(package: str) -> None:
    """What the compiled client becomes when there is no qmaster.

    The arguments of this process: the command's name, why there is no qmaster, the command's own.
    """
    try:
        _open_standard_files()
        _run_alone(sys.argv[1], sys.argv[3:], sys.argv[2], package)
    except KeyboardInterrupt:
        _leave(1, 2)
