"""Time as a value that is handed in, so that tests can make it pass."""

from __future__ import annotations

import threading
import time


class Clock:
    """The real clock."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def time(self) -> float:
        """Epoch seconds."""
        return time.time()

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Release the condition's lock until it is notified or the seconds have passed."""
        condition.wait(min(max(seconds, 0.0), threading.TIMEOUT_MAX))

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)
