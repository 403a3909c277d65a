"""A control connection to a running qmaster."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

from .client import frame
from .layout import Layout


class Link:
    """Connects when first used, and again after a failure. Not for use by several threads at once."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._line: socket.socket | None = None

    def call(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask and wait for the answer. Raises OSError when no qmaster runs, or it ends meanwhile."""
        try:
            line = self._connect()
            line.sendall(frame(b"C", json.dumps(question).encode()))
            head = _exactly(line, 5)
            answer: dict[str, Any] = json.loads(_exactly(line, int.from_bytes(head[1:], "big")))
        except OSError:
            self.close()
            raise
        return answer

    def _connect(self) -> socket.socket:
        if self._line is None:
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            directory = os.open(self.layout.socket.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                line.connect(f"/proc/self/fd/{directory}/{self.layout.socket.name}")
            except OSError:
                line.close()
                raise
            finally:
                os.close(directory)
            self._line = line
        return self._line

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._line is not None:
            self._line.close()
            self._line = None


def _exactly(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = line.recv(min(size - len(data), 1 << 20))
        if not piece:
            raise ConnectionResetError("the qmaster closed the connection")
        data += piece
    return data
