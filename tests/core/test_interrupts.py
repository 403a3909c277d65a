"""Ctrl-C at any instant of any verb, with other threads at work: nothing stays locked, no job is lost."""

from __future__ import annotations

import importlib
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.abc import MetaPathFinder
from typing import Any

import pytest

import drmaa_cli
from drmaa_cli.constants import JOB_IDS_SESSION_ALL
from drmaa_cli.errors import DrmaaException, ExitTimeoutException
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.background import BackgroundCall
from tests.core.conftest import Cell, run, template
from tests.core.interrupts import Interrupt, interrupted_at
from tests.tables import sampled, slow

PACKAGE = drmaa_cli.__path__[0]
HANG_GUARD = 180.0
TRIES = 40  # for each verb


def ours(path: str) -> bool:
    return path.startswith(PACKAGE)


VERBS: dict[str, Callable[[JobSession, str], object]] = {
    "jobStatus": lambda session, job: session.jobStatus(job),
    "jobs": lambda session, _: session.jobs(),
    "wait": lambda session, job: session.wait(job, 0.1),
    "synchronize": lambda session, job: session.synchronize([job], 0.1),
    "synchronize all": lambda session, _: session.synchronize([JOB_IDS_SESSION_ALL], 0.1),
    "runJob": lambda session, _: session.runJob(template(session)),
    "hold": lambda session, job: session.control(job, "hold"),
}


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
def test_an_interrupt_at_any_instant_leaves_the_session_usable(cell: Cell, verb: str) -> None:
    session = cell.connect("session=stopped")
    (job,) = map(str, run(session))
    stop, told = threading.Event(), [0, 0]

    def busy(place: int) -> None:
        while not stop.is_set():
            with suppress(ExitTimeoutException):
                session.jobStatus(job)
                session.wait(job, 0)
            told[place] += 1
            stop.wait(0.0002)  # or the others take most of what the verb needs

    others = [threading.Thread(target=busy, args=(place,), daemon=True) for place in range(2)]
    for other in others:
        other.start()

    def do() -> None:
        cell.clock.sleep(1)  # so that it must ask
        with suppress(ExitTimeoutException):
            VERBS[verb](session, job)

    chance = random.Random(verb)  # the same each time
    reach, landed = 3000, 0
    for _ in range(TRIES):
        if interrupted_at(chance.randrange(1, reach), do, ours):
            landed += 1
        else:
            reach = max(reach * 3 // 4, 200)
        before = list(told)
        deadline = time.monotonic() + HANG_GUARD
        while not all(now > then for now, then in zip(told, before)):
            assert time.monotonic() < deadline, "a thread is stuck"
            time.sleep(0.001)
    assert landed > TRIES // 4
    stop.set()
    for other in others:
        other.join(HANG_GUARD)
        assert not other.is_alive()
    do()  # once to its end, whatever the interrupts left undone
    assert session.jobStatus(job) == ("user_on_hold" if verb == "hold" else "queued_active")
    cell.qmaster.end(int(job), 3)
    assert session.wait(job, 1000).exitStatus == 3
    session.exit()


# The files in which a wait is interrupted, and at which of the instants: of the longer ones not at each.
WAYS = {
    "waiting": (("session/wait.py", "session/session_jobs.py"), 19),
    "asking": (("session/monitor.py", "session/turns.py", "system/locks.py"), 43),
    "knowing": (("jobs/job_table.py", "jobs/lifecycle.py", "jobs/task_numbers.py"), 41),
    "telling": (("jobs/job_end.py", "jobs/job_info.py"), 53),
    "writing": (("store/session_store.py", "store/rows.py"), 11),  # newer Pythons have fewer instants there
}


@pytest.mark.parametrize("contact", ["session=stopped", slow(None)])
@pytest.mark.parametrize("way", sampled([(way,) for way in WAYS], list(WAYS), every=3))
def test_an_interrupted_wait_loses_no_end(cell: Cell, contact: str | None, way: str) -> None:
    session = cell.connect(contact)
    files, step = WAYS[way]
    count, landed = (1 if contact else step // 2), 1  # other instants with a file than without
    while True:
        (job,) = map(str, run(session))
        cell.qmaster.end(int(job), count % 200)
        found: list[Any] = []
        stopped = interrupted_at(
            count,
            lambda: found.append(session.wait(job)),  # noqa: B023  # at once
            lambda path: path.endswith(files),
        )
        if not stopped:
            assert found[0].exitStatus == count % 200
            break
        try:
            assert session.wait(job).exitStatus == count % 200
        except DrmaaException as err:
            raise AssertionError(f"lost at {count}") from err
        count, landed = count + step, landed + 1
    assert landed > 20


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_an_interrupt_while_an_answer_is_taken_in_does_not_lose_it(
    cell: Cell, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """What was read from the accounting file is read once."""
    session = cell.connect()
    (job,) = map(str, run(session))
    cell.qmaster.end(int(job), 3)
    results = iter(range(1, 1000))
    ordinary = BackgroundCall.result

    def result(work: BackgroundCall[Any]) -> Any:
        if next(results) == nth:
            raise Interrupt
        return ordinary(work)

    monkeypatch.setattr(BackgroundCall, "result", result)
    with pytest.raises(Interrupt):
        session.wait(job)
    assert session.wait(job).exitStatus == 3


def test_an_interrupted_submission_is_found_again(cell: Cell) -> None:
    session = cell.connect("session=stopped")
    chance = random.Random(1)  # the same each time
    for place in range(30):
        key = f"key {place}"

        def submit(key: str = key) -> str:
            return session.runJob(template(session), key=key)

        interrupted_at(chance.randrange(1, 4000), submit, ours)
        job = session.runJob(template(session), key=key)
        assert int(job) in cell.qmaster.made
    assert len(cell.qmaster.made) == 30, "a job was submitted twice"


def test_what_works_is_loaded_where_no_handler_runs(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt between the two instructions that take Python's lock of imports would keep it for good."""
    session = cell.connect()
    loaded: dict[str, int] = {}

    class Watch(MetaPathFinder):
        def find_spec(self, name: str, path: object, target: object = None) -> None:
            loaded[name] = threading.get_ident()

    late = ("submit", "submissions", "monitor", "wait", "overview", "change")
    for name, module in {name: importlib.import_module(f"drmaa_cli.session.{name}") for name in late}.items():
        monkeypatch.setattr(drmaa_cli.session, name, module)  # put back at the end
        monkeypatch.delitem(sys.modules, module.__name__)
    monkeypatch.setattr(sys, "meta_path", [Watch(), *sys.meta_path])
    job, other = map(str, run(session, 2))
    session.control(other, "terminate")
    assert [held.id for held in session.jobs()] == [job, other]
    cell.qmaster.end(int(job), 3)
    assert session.wait(job).exitStatus == 3
    found = {name: loaded.get(f"drmaa_cli.session.{name}") for name in late}
    assert not {None, threading.main_thread().ident} & set(found.values()), found
