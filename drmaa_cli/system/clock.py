"""Time as a value that is handed in, so that tests can make it pass."""

from __future__ import annotations

import time

from drmaa_cli.system.locks import Signal


class Clock:
    """The real clock."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def time(self) -> float:
        """Epoch seconds."""
        return time.time()

    def wait(self, signal: Signal, seconds: float) -> None:
        """Let time pass until the signal wakes the thread or the seconds are over."""
        signal.wait(seconds)

    def wait_for_answer(self, signal: Signal, seconds: float) -> None:
        """The same while a command runs that will wake the thread: the time is the command's."""
        signal.wait(seconds)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)
