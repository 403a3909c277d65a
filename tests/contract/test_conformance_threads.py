"""What every DRMAA implementation is expected to do when several threads share the session."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from tests.contract.harness import World, in_threads
from tests.patience import PATIENCE

THREADS = 4
JOBS = 2


def submit(world: World) -> list[str]:
    return [world.run() for _ in range(JOBS)]


def flat(lists: list[list[str]]) -> list[str]:
    assert all(isinstance(jobs, list) for jobs in lists), lists
    return [job for jobs in lists for job in jobs]


def test_threads_submit_and_one_waits(fresh: World) -> None:
    jobs = flat(in_threads([lambda: submit(fresh)] * THREADS))
    anyone = fresh.anyone
    assert len(set(jobs)) == THREADS * JOBS
    assert sorted(fresh.session.wait(anyone, PATIENCE).jobId for _ in jobs) == sorted(jobs)


def test_threads_that_were_refused_before_the_session_can_submit_in_it(idle: World) -> None:
    initialised, refused = threading.Event(), threading.Semaphore(0)

    def worker() -> list[str]:
        with idle.refuses("NoActiveSessionException"):
            idle.session.createJobTemplate()
        refused.release()
        assert initialised.wait(PATIENCE)
        return submit(idle)

    def starter() -> list[str]:
        for _ in range(THREADS):
            assert refused.acquire(timeout=PATIENCE)
        idle.session.initialize("session=contract-threads-before")
        initialised.set()
        return []

    jobs = flat(in_threads([*[worker] * THREADS, starter]))
    for job in jobs:
        assert idle.session.wait(job, PATIENCE).exitStatus == 0


def until_refused(world: World, call: Any) -> str:
    """Repeat a call until it raises, and return the name of the exception."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            call()
        except world.api.errors.DrmaaException as error:
            return type(error).__name__
    return "nothing"


def test_exit_while_other_threads_submit(fresh: World) -> None:
    submitted = threading.Semaphore(0)

    def worker() -> str:
        def call() -> None:
            fresh.held()
            submitted.release()

        return until_refused(fresh, call)

    def leave() -> str:
        for _ in range(THREADS):
            assert submitted.acquire(timeout=PATIENCE)
        fresh.session.exit()
        return "left"

    results = in_threads([*[worker] * THREADS, leave])
    assert results == ["NoActiveSessionException"] * THREADS + ["left"]


def test_threads_submit_and_threads_wait(fresh: World) -> None:
    jobs = flat(in_threads([lambda: submit(fresh)] * THREADS))
    waits = [lambda job=job: fresh.session.wait(job, PATIENCE).jobId for job in jobs]
    assert in_threads(waits) == jobs


def test_exit_while_other_threads_submit_and_wait(fresh: World) -> None:
    waiting = fresh.held()
    submitted = threading.Semaphore(0)

    def submitter() -> str:
        def call() -> None:
            fresh.held()
            submitted.release()

        return until_refused(fresh, call)

    def waiter() -> str:
        def call() -> None:
            with contextlib.suppress(fresh.api.errors.ExitTimeoutException):
                fresh.session.wait(waiting, PATIENCE)

        return until_refused(fresh, call)

    def leave() -> str:
        assert submitted.acquire(timeout=PATIENCE)
        fresh.session.exit()
        return "left"

    results = in_threads([submitter, waiter, leave])
    assert results == ["NoActiveSessionException", "NoActiveSessionException", "left"]
