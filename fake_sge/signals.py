"""Handlers of signals for a while: what a program calls leaves its own as they were."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Callable

Handler = Callable[[int, "FrameType | None"], None]


class FirstSignal:
    """A handler that ends by SystemExit what goes on, once: what cleans up then is not interrupted again.

    Attributes:
        ends: whether the next signal does so.
    """

    def __init__(self) -> None:
        self.ends = True

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Be told of a signal."""
        del frame
        if self.ends:
            self.ends = False
            raise SystemExit(128 + number)


@contextlib.contextmanager
def handlers(wanted: Mapping[signal.Signals, Handler]) -> Iterator[None]:
    """Handle signals so, and afterwards as before. For the main thread."""
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
