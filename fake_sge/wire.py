"""The messages between fake commands, shepherds, the API and the qmaster, over the cell's Unix socket.

A message is a letter, four bytes of length, and that many bytes of data. The fake commands import this from
their cell's library and pay for it at each start, so it imports next to nothing (not even ``socket``).

From a command: ``R`` its call, ``I`` its stdin, ``S`` a signal. To a command: ``o`` and ``e`` output, ``i``
"send your stdin", ``u`` "there is no qmaster", ``x`` exit code and signal. ``C`` is a control call, ``j`` its
answer (JSON); ``W`` tells the qmaster that reports are waiting.
"""

from __future__ import annotations

import posix
from _socket import AF_UNIX, SOCK_STREAM, socket

SOCKET_NAME = "qmaster.sock"
LONGEST_PATH = 90  # of a directory whose socket can be named directly: sun_path has 108 bytes


def frame(kind: bytes, data: bytes = b"") -> bytes:
    """One message."""
    return kind + len(data).to_bytes(4, "big") + data


def receive(line: socket) -> tuple[bytes, bytes]:
    """The letter and the data of the next message. Raises EOFError when the other side has closed."""
    head = _exactly(line, 5)
    return head[:1], _exactly(line, int.from_bytes(head[1:], "big"))


def _exactly(line: socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = line.recv(min(size - len(data), 1 << 20))
        if not piece:
            raise EOFError("the connection was closed")
        data += piece
    return data


def connect(directory: bytes, timeout: float | None = None) -> socket:
    """A connection to the qmaster whose socket lies in ``directory``; a long path is no obstacle.

    ``timeout`` in seconds, for connecting and sending. Raises OSError when nobody listens.
    """
    line = socket(AF_UNIX, SOCK_STREAM)
    line.settimeout(timeout)
    name = SOCKET_NAME.encode()
    try:
        if len(directory) < LONGEST_PATH:
            line.connect(directory + b"/" + name)
            return line
        number = posix.open(directory, posix.O_RDONLY | posix.O_DIRECTORY)
        try:
            line.connect(b"/proc/self/fd/%d/%s" % (number, name))
        finally:
            posix.close(number)
    except OSError:
        line.close()
        raise
    return line
