"""The thin client behind every command: ships the call to the qmaster and prints its answer.

It is copied into the cell and compiled there, imports next to nothing (not even os, which takes longer than
all the rest), and runs with ``-I -S``: its start-up is most of a fake command's time. Without a qmaster it
runs the command in this process.
"""

from __future__ import annotations

import posix
import sys

from ..wire import connect, frame, receive

NAMES = (sys.getfilesystemencoding(), "surrogateescape")
TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Callable
    from types import FrameType


def _write(number: int, data: bytes) -> None:
    while data:
        data = data[posix.write(number, data) :]


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


def converse(line: socket) -> tuple[int, int] | str:
    """Until the command ends: exit code and signal, or why there is no qmaster after all."""
    while True:
        kind, data = receive(line)
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


def _run_here(arguments: list[bytes], why: str, package: str) -> int:
    sys.path.append(package)
    from fake_sge.client.run_command import run  # noqa: PLC0415 the package is only needed without a qmaster

    code, number = run([word.decode(*NAMES) for word in arguments], why, _read_stdin)
    if number:
        _die(number)
    return code


def main(tool: str, package: str, leave: Callable[[int], object] = posix._exit) -> None:
    """Run ``tool`` with this process's arguments; ``package`` is the directory that holds fake_sge."""
    arguments = [word.encode(*NAMES) for word in [tool, *sys.argv[1:]]]
    code = 1
    try:
        try:
            line = connect(directory())
            if tool == "qrsh" or b"-sync" in arguments:
                _forward_signals(line)
            line.sendall(frame(b"R", call(arguments)))
            answer: tuple[int, int] | str = converse(line)
        except (EOFError, OSError):
            answer = "refused"
        if isinstance(answer, str):
            code = _run_here(arguments, answer, package)
        else:
            code = answer[0]
            if answer[1]:
                _die(answer[1])
    except KeyboardInterrupt:
        _die(2)
    sys.stdout.flush()
    leave(code)
