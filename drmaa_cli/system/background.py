"""A call at work in a thread of its own, where no signal handler interrupts it.

Python runs signal handlers in the main thread. What must not be torn apart (a process that is started but not
known yet, a file read half way) is done in a thread that lives for this one call; whoever needs the result
waits for it, and may stop waiting.
"""

from __future__ import annotations

import _thread
import threading

from drmaa_cli.system.locks import Claim, Signal
from drmaa_cli.typed import Callable, Generic, TypeVar

T = TypeVar("T")


class BackgroundCall(Generic[T]):
    """One call.

    Args:
        call: what is done.
        ended: called in the thread when it is done.
        starter: held by the frame that will start it; see :meth:`is_lost`.

    Attributes:
        thread: the thread's identity once it has begun.
        is_over: whether it is done.
        error: what it raised instead of returning, once it is over.
    """

    def __init__(
        self, call: Callable[[], T], ended: Callable[[], None] = lambda: None, starter: Claim | None = None
    ) -> None:
        self.thread: int | None = None
        self.is_over = False
        self._call, self._ended, self._starter = call, ended, starter
        self._over = Signal()
        self._begun: dict[int, bool] = {}  # whoever enters the first word decides
        self.error: BaseException | None = None
        self._value: T

    def start(self) -> None:
        """Begin. Where no thread can be had (a full host, the end of the interpreter) it is done here."""
        try:
            _thread.start_new_thread(self._run, ())  # not threading's: its start() can be interrupted
        except RuntimeError:
            self._run()

    def is_lost(self) -> bool:
        """Whether it will never begin, for its starter was interrupted before; it cannot begin after that."""
        if self.thread is not None or self._starter is None or not self._starter.is_void:
            return False
        return not self._begun.setdefault(0, False)

    def wait(self, seconds: float = threading.TIMEOUT_MAX) -> bool:
        """Wait until it is done; False when the time is over first. For one thread only."""
        return self.is_over or self._over.wait(seconds)

    def result(self) -> T:
        """What the call returned, once it is over; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self._value

    def _run(self) -> None:
        self.thread = threading.get_ident()
        if not self._begun.setdefault(0, True):
            return
        try:
            self._value = self._call()
        except BaseException as err:  # noqa: BLE001  # it is the result
            self.error = err
        self.is_over = True
        self._over.wake()
        self._ended()


def undisturbed(call: Callable[[], T]) -> T:
    """Do something where no signal handler runs, and wait for it: an import, for one.

    An exception of a handler in the midst of an import may come between the taking of Python's lock of all
    imports and the ``try`` that gives it back: no other thread can import anything from then on (seen after a
    ctrl-C).
    """
    if threading.get_ident() != threading.main_thread().ident:
        return call()
    work = BackgroundCall(call)
    work.start()
    work.wait()
    return work.result()
