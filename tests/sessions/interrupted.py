"""A program with busy threads whose main thread is interrupted again and again; see test_signals.py.

Usage: ``interrupted.py INTERRUPTS THREADS``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from drmaa_cli.errors import ExitTimeoutException
from drmaa_cli.session.job_session import JobSession
from tests.patience import PATIENCE
from tests.processes import children
from tests.sessions.kit import job, wait_for

PAUSE = 0.003  # seconds between two interrupts


class Interrupts:
    """Interrupts of the main thread, each while it says that it can catch one."""

    def __init__(self, count: int, after: Callable[[], None]) -> None:
        self.over = threading.Event()
        self.caught = 0
        self._count, self._after = count, after
        self._catching, self._handled = threading.Event(), threading.Event()

    def fall_into(self, work: Callable[[], None]) -> None:
        """Repeat some work until there are no more of them; to be called in the main thread."""
        signal.signal(signal.SIGINT, self._handle)
        threading.Thread(target=self._send, daemon=True).start()
        while not self.over.is_set():
            try:
                self._catching.set()
                while not self.over.is_set():
                    work()
            except KeyboardInterrupt:
                self.caught += 1

    def _handle(self, *_: object) -> None:
        self._catching.clear()
        self._handled.set()
        raise KeyboardInterrupt

    def _send(self) -> None:
        for _ in range(self._count):
            time.sleep(PAUSE)
            self._catching.wait()
            self._handled.clear()
            os.kill(os.getpid(), signal.SIGINT)
            self._handled.wait()
        self._after()
        self.over.set()


def main(count: int, threads: int) -> None:
    session = JobSession("session=interrupted")
    number = session.runJob(job(session, "sleep 600"))
    rounds = [0] * threads
    after: list[int] = []

    def all_go_on() -> None:
        after.extend(rounds)
        with suppress(AssertionError):  # it is counted below
            wait_for(lambda: all(now > then for now, then in zip(rounds, after)), "", PATIENCE / 2)

    interrupts = Interrupts(count, all_go_on)

    def busy(place: int) -> None:
        while not interrupts.over.is_set():
            with suppress(ExitTimeoutException):
                session.jobStatus(number)
                session.wait(number, 0.05)
            rounds[place] += 1

    def work() -> None:
        with suppress(ExitTimeoutException):
            session.jobStatus(number)
            session.wait(number, 0.01)
            session.control(number, "hold")

    others = [threading.Thread(target=busy, args=(place,), daemon=True) for place in range(threads)]
    for thread in others:
        thread.start()
    interrupts.fall_into(work)
    for thread in others:
        thread.join(PATIENCE)
    stuck = sum(thread.is_alive() for thread in others)
    wait_for(lambda: not children(), "the end of all commands", PATIENCE)
    idle = sum(now <= then for now, then in zip(rounds, after))
    session.control(number, "terminate")
    aborted = session.wait(number, PATIENCE).wasAborted
    session.exit()
    told = {"caught": interrupts.caught, "stuck": stuck, "idle": idle, "aborted": aborted}
    print(json.dumps(told))


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]))
    except KeyboardInterrupt:
        sys.exit("interrupted where it does not catch it")
