"""Locks that ctrl-C cannot leave locked.

An exception of a signal handler may land anywhere in the main thread, between a lock's acquiring and the
``with`` statement that would release it, too: whoever waits for it then waits for ever. Which instants are
safe differs between versions of Python. Here a lock belongs to the frame that took it and is free when that
frame has been left, however it was left. Taking it is one call into C (``dict.setdefault``), so there is no
instant at which it is taken and nobody knows by whom.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading
import time
import weakref
from collections import deque
from types import FrameType

LOOK_AGAIN_SECONDS = 0.05  # whoever waits for so long looks whether the holder is still at work
SIGNALS_SECONDS = (
    0.5  # Python sees a signal that came in the instant before a wait only when the wait is over
)


class Signal:
    """What one thread waits on, and others wake it by. A wake-up that comes early is not lost."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._lock.acquire()

    def wait(self, seconds: float) -> bool:
        """Wait to be woken; False when the time is over first."""
        left = min(max(seconds, 0.0), threading.TIMEOUT_MAX)
        if left <= SIGNALS_SECONDS or threading.get_ident() != threading.main_thread().ident:
            return self._lock.acquire(True, left)
        deadline = time.monotonic() + left
        while not self._lock.acquire(True, min(left, SIGNALS_SECONDS)):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
        return True

    def wake(self) -> None:
        """Wake the thread that waits, or the next one that will."""
        try:
            self._lock.release()
        except RuntimeError:
            return  # it was woken already


def join(thread: threading.Thread) -> None:
    """Wait for the end of a thread."""
    while thread.is_alive():
        thread.join(SIGNALS_SECONDS)


class Claim:
    """A claim of a frame of the calling thread; void when given back, or when the frame has been left.

    Args:
        frame: the frame; None for a claim that holds until it is given back.
    """

    __slots__ = ("_frame", "_thread", "given_back", "next")

    def __init__(self, frame: FrameType | None) -> None:
        self._frame = frame
        self._thread = 0 if frame is None else threading.get_ident()
        self.given_back = False
        self.next: dict[int, Claim] = {}  # whoever is entered here first has the lock after this one

    @property
    def is_void(self) -> bool:
        """Whether it holds no more."""
        return self.given_back or (self._frame is not None and not _runs(self._frame, self._thread))

    @property
    def is_mine(self) -> bool:
        """Whether a frame of the calling thread made it."""
        return self._thread == threading.get_ident()

    def give_back(self) -> None:
        """Hold no longer."""
        self.given_back = True
        self._frame = None


class Lock:
    """A lock for ``with`` statements in functions (not in generators: their frames come and go)."""

    def __init__(self) -> None:
        self._last = Claim(None)
        self._last.given_back = True
        self._waiting: deque[Signal] = deque()
        self._next: Signal | None = None  # who was woken last to take it, and has not done so yet

    def __enter__(self) -> None:
        self.take(Claim(sys._getframe(1)))

    def __exit__(self, *_: object) -> None:
        self.release(self._last)

    def take(self, mine: Claim) -> None:
        """Take the lock, waiting until it is free, and for those who were there before.

        Raises:
            RuntimeError: the calling thread has it, so that it would wait for itself (a signal handler).
        """
        signal = None
        while not ((signal or not self._next) and self._try(mine, look=signal is not None)):
            last = self._end()
            if last.is_mine and not last.is_void:
                raise RuntimeError("this thread is at work in the session: a signal handler cannot use it")
            signal = Signal()
            self._waiting.append(signal)
            if self._next or not last.given_back:
                signal.wait(LOOK_AGAIN_SECONDS)
            try:
                self._waiting.remove(signal)
            except ValueError:
                continue  # it was woken, and taken off for that
        if signal:
            self._next = None

    def release(self, hold: Claim) -> None:
        """Give the lock back."""
        hold.give_back()
        try:
            self._next = first = self._waiting.popleft()
        except IndexError:
            return  # nobody waits
        first.wake()

    def _try(self, mine: Claim, *, look: bool) -> bool:
        last = self._end()
        if not (last.is_void if look or last.is_mine else last.given_back):
            return False
        if last.next.setdefault(0, mine) is not mine:
            return False  # another thread was faster
        self._last = mine
        return True

    def _end(self) -> Claim:
        last = self._last
        while last.next:
            last = last.next[0]
        return last


class Role:
    """Something that one of several threads does for all: taken by whoever comes when nobody has it."""

    def __init__(self) -> None:
        self._lock = Lock()

    def claim(self, mine: Claim) -> bool:
        """Whether the role is this claim's, now or since before."""
        return self._lock._end() is mine or self._lock._try(mine, look=True)


def _runs(frame: FrameType, thread: int) -> bool:
    current = sys._current_frames().get(thread)
    while current is not None:
        if current is frame:
            return True
        current = current.f_back
    return False


_locks: weakref.WeakSet[Lock] = weakref.WeakSet()
_held: list[tuple[Lock, Claim]] = []


def hold_at_forks(lock: Lock) -> None:
    """Have the forking thread hold this lock at each fork, for as long as there is such a lock."""
    _locks.add(lock)


def _before_fork() -> None:
    for lock in sorted(_locks, key=id):
        hold = Claim(None)
        _held.append((lock, hold))
        lock.take(hold)


def _after_fork() -> None:
    while _held:
        lock, hold = _held.pop()
        lock.release(hold)


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
