"""The thin client behind every command: ships the call to the qmaster and prints its answer.

It is copied into the cell and compiled there, imports next to nothing, and runs with ``-I -S``: its
start-up is most of a fake command's time. Without a qmaster it runs the command in this process.
"""

from __future__ import annotations

import os
import sys
from _socket import AF_UNIX, SOCK_STREAM, socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def frame(kind: bytes, data: bytes = b"") -> bytes:
    """One message: a letter, four bytes of length, the data."""
    return kind + len(data).to_bytes(4, "big") + data


def _write(number: int, data: bytes) -> None:
    while data:
        data = data[os.write(number, data) :]


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
    umask = os.umask(0o022)
    os.umask(umask)
    variables = [name + b"=" + value for name, value in os.environb.items()]
    try:
        cwd = os.getcwdb()  # noqa: PTH109
    except FileNotFoundError:
        cwd = b""
    fixed = [cwd, str(umask).encode(), b"1" if os.isatty(1) else b"0", str(len(arguments)).encode()]
    return b"\0".join(fixed + arguments + variables)


def connect() -> socket | None:
    """The qmaster's socket; None when nobody listens. A long path is no obstacle."""
    directory = os.environb.get(b"SGE_ROOT", b"") + b"/" + (os.environb.get(b"SGE_CELL") or b"default")
    line = socket(AF_UNIX, SOCK_STREAM)
    try:
        if len(directory) < 90:
            line.connect(directory + b"/qmaster.sock")
            return line
        number = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            line.connect(b"/proc/self/fd/%d/qmaster.sock" % number)
        finally:
            os.close(number)
        return line
    except OSError:
        return None


def _read_stdin() -> bytes:
    data = b""
    try:
        while piece := os.read(0, 1 << 16):
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
    import signal as _signal  # noqa: PLC0415 only commands that block need it

    def forward(number: int, _frame: FrameType | None) -> None:
        for item in (_signal.SIGINT, _signal.SIGTERM):
            _signal.signal(item, _signal.SIG_DFL)
        line.sendall(frame(b"S", str(number).encode()))

    for item in (_signal.SIGINT, _signal.SIGTERM):
        _signal.signal(item, forward)


def _die(number: int) -> None:
    import signal as _signal  # noqa: PLC0415 seldom needed

    _signal.signal(number, _signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _alone(arguments: list[bytes], why: str, package: str) -> int:
    sys.path.insert(0, package)
    from fake_sge.alone import run  # noqa: PLC0415 the package is only needed without a qmaster

    code, number = run([os.fsdecode(word) for word in arguments], why, _read_stdin)
    if number:
        _die(number)
    return code


def main(tool: str, package: str, leave: Callable[[int], object] = os._exit) -> None:
    """Run ``tool`` with this process's arguments; ``package`` is the directory that holds fake_sge."""
    arguments = [os.fsencode(tool), *map(os.fsencode, sys.argv[1:])]
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
