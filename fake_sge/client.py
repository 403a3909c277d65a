"""The thin client behind every command: ships the call to the qmaster and prints its answer.

It is copied into the cell and compiled there, imports next to nothing (not even os, which takes longer than
all the rest), and runs with ``-I -S``: its start-up is most of a fake command's time. Without a qmaster it
runs the command in this process.
"""

from __future__ import annotations

import posix
import sys
from _socket import AF_UNIX, SOCK_STREAM, socket

NAMES = (sys.getfilesystemencoding(), "surrogateescape")
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def frame(kind: bytes, data: bytes = b"") -> bytes:
    """One message: a letter, four bytes of length, the data."""
    return kind + len(data).to_bytes(4, "big") + data


def _write(number: int, data: bytes) -> None:
    while data:
        data = data[posix.write(number, data) :]


def _receive(line: socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = line.recv(min(size - len(data), 1 << 20))
        if not piece:
            raise EOFError
        data += piece
    return data


def call(arguments: list[bytes]) -> bytes:
    """The request: fixed fields, then argv and environment, all separated by NUL."""
    umask = posix.umask(0o022)
    posix.umask(umask)
    variables = [name + b"=" + value for name, value in posix.environ.items()]
    try:
        cwd = posix.getcwdb()
    except FileNotFoundError:
        cwd = b""
    fixed = [cwd, str(umask).encode(), b"1" if posix.isatty(1) else b"0", str(len(arguments)).encode()]
    return b"\0".join(fixed + arguments + variables)


def connect() -> socket | None:
    """The qmaster's socket; None when nobody listens. A long path is no obstacle."""
    directory = posix.environ.get(b"SGE_ROOT", b"") + b"/" + (posix.environ.get(b"SGE_CELL") or b"default")
    line = socket(AF_UNIX, SOCK_STREAM)
    try:
        if len(directory) < 90:
            line.connect(directory + b"/qmaster.sock")
            return line
        number = posix.open(directory, posix.O_RDONLY | posix.O_DIRECTORY)
        try:
            line.connect(b"/proc/self/fd/%d/qmaster.sock" % number)
        finally:
            posix.close(number)
        return line
    except OSError:
        return None


def _read_stdin() -> bytes:
    data = b""
    try:
        while piece := posix.read(0, 1 << 16):
            data += piece
    except OSError:
        return data  # closed: there is nothing to read
    return data


def converse(line: socket) -> tuple[int, int] | str:
    """Until the command ends: exit code and signal, or why there is no qmaster after all."""
    while True:
        head = _receive(line, 5)
        data = _receive(line, int.from_bytes(head[1:], "big"))
        kind = head[:1]
        if kind == b"o":
            _write(1, data)
        elif kind == b"e":
            _write(2, data)
        elif kind == b"i":
            line.sendall(frame(b"I", _read_stdin()))
        elif kind == b"u":
            return data.decode()
        elif kind == b"x":
            code, number = data.split()
            return int(code), int(number)


def _forward_signals(line: socket) -> None:
    import signal as signals  # noqa: PLC0415 only commands that block need it

    def forward(number: int, _frame: FrameType | None) -> None:
        for item in (signals.SIGINT, signals.SIGTERM):
            signals.signal(item, signals.SIG_DFL)
        line.sendall(frame(b"S", str(number).encode()))

    for item in (signals.SIGINT, signals.SIGTERM):
        signals.signal(item, forward)


def _die(number: int) -> None:
    import signal as signals  # noqa: PLC0415 seldom needed

    signals.signal(number, signals.SIG_DFL)
    posix.kill(posix.getpid(), number)


def _alone(arguments: list[bytes], why: str, package: str) -> int:
    sys.path.insert(0, package)
    from fake_sge.alone import run  # noqa: PLC0415 the package is only needed without a qmaster

    code, number = run([word.decode(*NAMES) for word in arguments], why, _read_stdin)
    if number:
        _die(number)
    return code


def main(tool: str, package: str, leave: Callable[[int], object] = posix._exit) -> None:
    """Run ``tool`` with this process's arguments; ``package`` is the directory that holds fake_sge."""
    arguments = [word.encode(*NAMES) for word in [tool, *sys.argv[1:]]]
    code = 1
    try:
        why: tuple[int, int] | str = "refused"
        line = connect()
        if line is not None:
            if tool == "qrsh" or b"-sync" in arguments:
                _forward_signals(line)
            try:
                line.sendall(frame(b"R", call(arguments)))
                why = converse(line)
            except (EOFError, OSError):
                why = "refused"
        if isinstance(why, str):
            code = _alone(arguments, why, package)
        else:
            code = why[0]
            if why[1]:
                _die(why[1])
    except KeyboardInterrupt:
        _die(2)
    sys.stdout.flush()
    leave(code)
