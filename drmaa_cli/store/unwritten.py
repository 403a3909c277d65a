"""What is known for sure and could not be written down yet, as on a full disk."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

from drmaa_cli.typed import Callable, NamedTuple

FEW = 100  # so many cost nothing, and are tried again with each change
PAUSE = 20  # times as long as it took in vain to write all down nothing is tried again

Do = Callable[[sqlite3.Connection], object]


class UnwrittenChange(NamedTuple):
    """A change that is still to be written; the submissions of which it claims tasks."""

    do: Do
    claimed: frozenset[int] = frozenset()


class UnwrittenChanges:
    """All that is unwritten, in order.

    While a disk stays full each change adds to it, and to try all of them again with each would take time
    with the square of their number: many are tried again only for a small part of the time.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._changes: list[UnwrittenChange] = []
        self._clock = clock
        self._began = self._next = 0.0
        self._trouble = ""

    def __len__(self) -> int:
        return len(self._changes)

    def add(self, do: Do, claimed: frozenset[int] = frozenset()) -> None:
        """This could not be written."""
        self._changes.append(UnwrittenChange(do, claimed))

    def put_off(self) -> str:
        """Why nothing is to be tried at present; '' when it is."""
        return self._trouble if len(self._changes) > FEW and self._clock() < self._next else ""

    def begin(self) -> Sequence[UnwrittenChange]:
        """All of them, which are about to be tried."""
        self._began = self._clock()
        return tuple(self._changes)

    def written(self, count: int) -> None:
        """The first so many have been written."""
        del self._changes[:count]
        self._trouble = ""

    def refused(self, trouble: object) -> None:
        """They could not be written, and why."""
        now = self._clock()
        self._trouble, self._next = str(trouble), now + PAUSE * (now - self._began)

    def claims(self, position: int) -> bool:
        """Whether a task of this submission was reaped, and that could not be written yet."""
        return any(position in change.claimed for change in self._changes)
