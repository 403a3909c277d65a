"""Threads, fork and signals, as observed of libdrmaa, and better where it crashes."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import pytest

from tests.contract.harness import NO_SESSION, World, in_threads
from tests.patience import PATIENCE
from tests.processes import children, letter

FAR_AWAY = 10 * PATIENCE  # a time-out that no test comes to


def names(results: list[Any]) -> list[str]:
    """What each thread got: the id of its job, or the name of its exception."""
    return sorted(str(getattr(result, "jobId", type(result).__name__)) for result in results)


def test_a_waiter_for_each_job(fresh: World) -> None:
    jobs = [fresh.held() for _ in range(4)]
    release = [lambda: fresh.session.control(fresh.everything, "release")]
    waits = [lambda job=job: fresh.session.wait(job, PATIENCE) for job in jobs]
    assert names(in_threads([*waits, *release])[:-1]) == sorted(jobs)


def test_one_waiter_gets_the_job(fresh: World) -> None:
    job = fresh.run("/bin/sleep", "0.3")
    results = in_threads([lambda: fresh.session.wait(job, PATIENCE)] * 3)
    assert names(results) == sorted([job, "InvalidJobException", "InvalidJobException"])


def test_more_waiters_for_any_than_jobs(fresh: World) -> None:
    jobs = [fresh.run("/bin/sleep", "0.3") for _ in range(2)]
    anyone = fresh.anyone
    results = in_threads([lambda: fresh.session.wait(anyone, PATIENCE)] * 3)
    assert names(results) == sorted([*jobs, "InvalidJobException"])


def test_wait_and_synchronize_together(fresh: World) -> None:
    job = fresh.run("/bin/sleep", "0.3")
    info, done = in_threads(
        [
            lambda: fresh.session.wait(job, PATIENCE),
            lambda: fresh.session.synchronize([job], PATIENCE, False),
        ]
    )
    assert info.jobId == job
    assert done is None


def test_submissions_from_many_threads(fresh: World) -> None:
    jobs = in_threads([fresh.run] * 8)
    assert len(set(jobs)) == 8
    for job in jobs:
        assert fresh.session.wait(job, PATIENCE).hasExited


def test_exit_wakes_a_waiter(world: World) -> None:
    waited = None
    for pause in (
        0.1,
        1,
        5,
        25,
    ):  # no waiter can say that it is inside wait(): a slow one gets more time
        world.begin()
        job, begun = world.held(), threading.Event()

        def wait(job: str = job, begun: threading.Event = begun) -> Any:
            begun.set()
            return world.session.wait(job, FAR_AWAY)

        def leave(pause: float = pause, begun: threading.Event = begun) -> None:
            begun.wait()
            time.sleep(pause)
            world.session.exit()

        waited, left = in_threads([wait, leave])
        assert left is None
        if type(waited).__name__ != "NoActiveSessionException":
            break
    assert type(waited).__name__ == "ExitTimeoutException"


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa runs signal handlers only after wait() has returned
def test_a_signal_interrupts_a_wait(fresh: World) -> None:
    job = fresh.held()

    def interrupted(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    def wait() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        fresh.session.wait(job, FAR_AWAY)

    before = signal.signal(signal.SIGALRM, interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            wait()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert fresh.status(job) == "user_on_hold"


FORK = """
import os
session = api.Session
session.initialize(contact)
read, write = os.pipe()
child = os.fork()
if child == 0:
    answers = [told(lambda: session.jobStatus(job)), told(lambda: session.initialize(contact))]
    answers += [told(lambda: session.jobStatus(job)), told(session.exit)]
    os.write(write, json.dumps(answers).encode())
    os._exit(0)
os.close(write)
with os.fdopen(read, "rb") as stream:
    answer = [json.loads(stream.read()), os.waitpid(child, 0)[1], session.jobStatus(job)]
session.exit()
"""


@pytest.mark.slow
@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa hangs in the child, and then in the parent
def test_a_forked_child_has_no_session_and_can_join_the_parents(fresh: World) -> None:
    job, contact = fresh.held(), fresh.session.contact
    fresh.end()
    in_child, status, in_parent = fresh.elsewhere(FORK, contact=contact, job=job)
    assert in_child == [
        ["NoActiveSessionException", NO_SESSION],
        ["returned", None],
        ["returned", "user_on_hold"],
        ["returned", None],
    ]
    assert (status, in_parent) == (0, "user_on_hold")


def test_no_process_is_left(fresh: World) -> None:
    before = children()
    fresh.session.wait(fresh.run(), PATIENCE)
    fresh.end()
    assert "Z" not in [letter(pid) for pid in children() - before]
