"""How far a ``map`` has come: a line that changes on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque

from drmaa_cli.cli.screen import is_terminal, width
from drmaa_cli.cli.words import number
from drmaa_cli.jobs.usage import duration
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.jobs.progress import Progress

REDRAW = 0.25  # seconds between two changes on a terminal
REPORT = 60.0  # and between two lines elsewhere, at most
TENTH = 10
WINDOW = 60.0  # seconds over which the rate is measured
BAR = 20  # columns


class Display:
    """What is shown on standard error.

    Args:
        total: how many commands there are.
        done: how many had ended well before.
        quiet: show nothing.
    """

    def __init__(self, total: int, done: int, *, quiet: bool) -> None:
        self.total, self.done, self.failed = total, done, 0
        self.running = self.waiting = 0
        self._quiet, self._live = quiet, is_terminal(sys.stderr)
        self._drawn = 0.0 if self._live else time.monotonic()
        self._tenths = done * TENTH // max(total, 1)
        self._history: deque[tuple[float, int]] = deque([(time.monotonic(), done)])
        self._is_dirty = False

    def ended(self, *, well: bool) -> None:
        """A command has ended for good."""
        self.done += well
        self.failed += not well
        self._draw()

    def counts(self, progress: Progress | None) -> None:
        """How many tasks run and wait, by the last listing; None: nothing new."""
        if progress is not None:
            self.running, self.waiting = progress.running, progress.pending
        self._draw()

    def close(self) -> None:
        """Take the line away that changes."""
        if self._is_dirty:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._is_dirty = False

    def _draw(self) -> None:
        now = time.monotonic()
        if self._quiet or (self._live and now < self._drawn + REDRAW):
            return
        over = self.done + self.failed
        if not self._live:
            tenths = over * TENTH // self.total
            if tenths == self._tenths and now < self._drawn + REPORT:
                return
            self._tenths = tenths
        self._drawn = now
        self._history.append((now, over))
        while len(self._history) > 2 and self._history[0][0] < now - WINDOW:
            self._history.popleft()
        if self._live:
            sys.stderr.write(f"\r\x1b[K{self.line(width(sys.stderr) - 1)}")
            sys.stderr.flush()
            self._is_dirty = True
        else:
            print(self.line(1 << 30), file=sys.stderr, flush=True)

    def line(self, room: int) -> str:
        """As much as there is room for, the most important first."""
        over = self.done + self.failed
        parts = [f"{number(over)} of {number(self.total)}"]
        more = [f"{number(self.failed)} failed"] if self.failed else []
        running = min(self.running, self.total - over)  # the listing may be older than the last ends
        waiting = min(self.waiting, self.total - over - running)
        more += [f"{number(running)} running", f"{number(waiting)} waiting"]
        rate = self.rate()
        if rate > 0 and over < self.total:
            left = (self.total - over) / rate
            more += [
                f"{duration(left)} left",
                f"{_figures(rate)}/s" if rate >= 1 else f"{_figures(rate * 60)}/min",
            ]
        for text in more:
            if len(", ".join([*parts, text])) <= room:
                parts.append(text)
        text = ", ".join(parts)
        if room < 1 << 30 and len(text) + BAR + 3 <= room:
            full = over * BAR // max(self.total, 1)
            text = f"[{'#' * full}{'.' * (BAR - full)}] {text}"
        return text[:room]

    def rate(self) -> float:
        """Ends per second lately; 0.0 while nothing is known of it."""
        (then, before), (now, over) = self._history[0], self._history[-1]
        return (over - before) / (now - then) if now > then and over > before else 0.0


def _figures(value: float) -> str:
    return number(round(value)) if value >= 100 else f"{value:.3g}"
