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
from contextlib import suppress

from drmaa_cli.errors import ExitTimeoutException
from drmaa_cli.session.job_session import JobSession
from tests.processes import children
from tests.sessions.kit import job, wait_for

PAUSE = 0.003  # seconds between two interrupts
PATIENCE = 180.0


def main(interrupts: int, threads: int) -> None:
    session = JobSession("session=interrupted")
    number = session.runJob(job(session, "sleep 600"))
    stop = threading.Event()
    rounds = [0] * threads
    after: list[int] = []

    def busy(place: int) -> None:
        while not stop.is_set():
            with suppress(ExitTimeoutException):
                session.jobStatus(number)
                session.wait(number, 0.05)
            rounds[place] += 1

    catching, handled = threading.Event(), threading.Event()

    def handle(*_: object) -> None:
        catching.clear()
        handled.set()
        raise KeyboardInterrupt

    def interrupt() -> None:
        for _ in range(interrupts):
            time.sleep(PAUSE)
            catching.wait()
            handled.clear()
            os.kill(os.getpid(), signal.SIGINT)
            handled.wait()
        after.extend(rounds)
        with suppress(AssertionError):  # it is counted below
            wait_for(lambda: all(now > then for now, then in zip(rounds, after)), "", PATIENCE / 2)
        stop.set()

    others = [threading.Thread(target=busy, args=(place,), daemon=True) for place in range(threads)]
    for thread in [*others, threading.Thread(target=interrupt, daemon=True)]:
        thread.start()
    caught = 0
    signal.signal(signal.SIGINT, handle)
    while not stop.is_set():
        try:
            catching.set()
            while not stop.is_set():
                with suppress(ExitTimeoutException):
                    session.jobStatus(number)
                    session.wait(number, 0.01)
                    session.control(number, "hold")
        except KeyboardInterrupt:
            caught += 1
    for thread in others:
        thread.join(PATIENCE)
    stuck = sum(thread.is_alive() for thread in others)
    wait_for(lambda: not children(), "the end of all commands", PATIENCE)
    idle = sum(now <= then for now, then in zip(rounds, after))
    session.control(number, "terminate")
    aborted = session.wait(number, PATIENCE).wasAborted
    session.exit()
    print(json.dumps({"caught": caught, "stuck": stuck, "idle": idle, "aborted": aborted}))


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]))
    except KeyboardInterrupt:
        sys.exit("interrupted where it does not catch it")
