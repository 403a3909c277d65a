"""A control connection to a running qmaster."""

from __future__ import annotations

import json
import os
from _socket import socket
from typing import Any

from ..layout import Layout
from ..wire import connect, frame, receive


class Link:
    """Connects when first used, and again after a failure. Not for use by several threads at once."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._line: socket | None = None

    def call(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask and wait for the answer. Raises OSError when no qmaster runs, or it ends meanwhile."""
        try:
            line = self._connect()
            line.sendall(frame(b"C", json.dumps(question).encode()))
            answer: dict[str, Any] = json.loads(receive(line)[1])
        except EOFError as error:
            self.close()
            raise ConnectionResetError("the qmaster closed the connection") from error
        except OSError:
            self.close()
            raise
        return answer

    def _connect(self) -> socket:
        if self._line is None:
            self._line = connect(os.fsencode(self.layout.socket.parent))
        return self._line

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def __del__(self) -> None:
        """Who only looks at a cell that others stop has nothing to close: no ResourceWarning."""
        self.close()
