"""A condition variable that withstands ctrl-C."""

from __future__ import annotations

import threading
from types import TracebackType


class Condition(threading.Condition):
    """A condition variable for which a signal's handler may raise anywhere, as that of ctrl-C does.

    threading's own takes its lock back as the last act of wait(). A handler that raises just there leaves the
    lock untaken, and leaving ``with condition:`` raises RuntimeError in place of the handler's exception.
    """

    def __init__(self) -> None:
        super().__init__(threading.RLock())

    def ensure_held(self) -> None:
        """Take the lock unless this thread has it; others may have it for a moment."""
        self._release_if_held()
        self.acquire()

    def __enter__(self) -> bool:
        try:
            return super().__enter__()
        except BaseException:
            self._release_if_held()
            raise

    def __exit__(self, kind: type[BaseException] | None, *rest: TracebackType | BaseException | None) -> None:
        if kind is None:
            self.release()
        else:
            self._release_if_held()

    def _release_if_held(self) -> None:
        try:
            self.release()
        except RuntimeError:
            pass  # this thread did not have it: a signal came at the wrong moment
