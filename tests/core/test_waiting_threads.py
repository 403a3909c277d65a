"""Many threads that wait in one session, and how they are interrupted and woken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ANY
from drmaa_cli.errors import (
    ExitTimeoutException,
    InvalidJobException,
    NoActiveSessionException,
)
from tests.core.conftest import Cell, run
from tests.core.world import HANG_GUARD


def together(*tasks: Callable[[], Any]) -> list[Any]:
    """Run at the same time; the results, exceptions included."""

    def caught(task: Callable[[], Any]) -> Any:
        try:
            return task()
        except Exception as err:  # noqa: BLE001  # it is the result
            return err

    results: list[Any] = [TimeoutError("still at work")] * len(tasks)

    def work(place: int, task: Callable[[], Any]) -> None:
        results[place] = caught(task)

    threads = [threading.Thread(target=work, args=item, daemon=True) for item in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_GUARD)
    return results


def test_many_waiters_share_one_query(cell: Cell) -> None:
    session = cell.connect()
    numbers = run(session, 16)
    for place, number in enumerate(numbers):
        cell.at(20 + place, cell.qmaster.end, number, place)
    cell.runner.most_at_once = 0
    before, began = cell.runner.count("qstat"), cell.clock.monotonic()
    found = together(*(lambda number=number: session.wait(str(number)) for number in numbers))
    assert [info.exitStatus for info in found] == list(range(16))
    assert cell.runner.most_at_once == 1
    seconds = cell.clock.monotonic() - began
    assert cell.runner.count("qstat") - before <= seconds / session.config.poll_min + 16


def test_any_waiters_get_one_job_each_and_the_surplus_none(cell: Cell) -> None:
    session = cell.connect()
    numbers = run(session, 5)
    for place, number in enumerate(numbers):
        cell.at(3 + place, cell.qmaster.end, number, place)
    found = together(*[lambda: session.wait(JOB_IDS_SESSION_ANY)] * 8)
    infos = [item for item in found if not isinstance(item, Exception)]
    assert sorted(int(info.jobId) for info in infos) == numbers
    assert sum(isinstance(item, InvalidJobException) for item in found) == 3


def test_one_job_in_several_threads_is_reaped_once(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    cell.at(3, cell.qmaster.end, number)
    found = together(*[lambda: session.wait(str(number))] * 4, lambda: session.synchronize([str(number)]))
    assert found[4] is None
    assert sum(isinstance(item, InvalidJobException) for item in found) == 3


@pytest.mark.slow
def test_the_leader_that_leaves_is_followed_by_another(cell: Cell) -> None:
    session = cell.connect()
    early, late = run(session, 2)
    cell.at(5, cell.qmaster.end, early, 1)
    cell.at(300, cell.qmaster.end, late, 2)
    found = together(
        lambda: session.wait(str(early)),
        lambda: session.wait(str(late), 100),
        lambda: session.wait(str(late)),
    )
    assert found[0].exitStatus == 1
    assert isinstance(found[1], ExitTimeoutException)
    assert found[2].exitStatus == 2


def test_exit_wakes_all_who_wait(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    soon = threading.Event()
    cell.at(10, soon.set)
    found = together(
        lambda: (soon.wait(HANG_GUARD), session.exit()),
        *[lambda: session.wait(str(number))] * 3,
        lambda: session.synchronize([str(number)]),
        lambda: session.wait(JOB_IDS_SESSION_ANY),
    )
    assert [type(item) for item in found[1:]] == [ExitTimeoutException] * 5
    assert {str(item) for item in found[1:]} == {"code 23: time-out condition"}
    for verb in (lambda: session.wait(str(number)), session.exit, lambda: session.jobStatus(str(number))):
        with pytest.raises(NoActiveSessionException, match="code 5"):
            verb()


def test_exit_during_a_query(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)

    left = threading.Event()

    def answer(argv: object) -> None:
        session.exit()
        cell.qmaster.end(number)  # before, whoever looks at the accounting file might be told the end
        left.set()

    cell.runner.next("qstat", answer)
    with pytest.raises(ExitTimeoutException):
        session.wait(str(number))
    assert left.wait(HANG_GUARD)
    opened = [path.resolve() for path in Path("/proc/self/fd").iterdir()]
    accounting = cell.qmaster.accounting.resolve()
    assert accounting not in opened, "a file was opened again after the end of the session"


def test_an_interrupted_leader_leaves_the_followers_at_work(cell: Cell) -> None:
    session = cell.connect()
    (number,) = run(session)
    started = threading.Event()

    def interrupt(argv: object) -> None:
        if not caught:
            raise KeyboardInterrupt
        started.set()

    caught: list[BaseException] = []

    def lead() -> None:
        try:
            session.wait(str(number))
        except KeyboardInterrupt as err:
            caught.append(err)

    leader = threading.Thread(target=lead)
    cell.runner.next("qstat", interrupt, interrupt)
    leader.start()
    leader.join(HANG_GUARD)
    assert len(caught) == 1
    cell.at(3, cell.qmaster.end, number, 6)
    found = together(*[lambda: session.synchronize([str(number)])] * 3, lambda: session.wait(str(number)))
    assert found[3].exitStatus == 6
    assert started.is_set()


@pytest.mark.parametrize("tool", ["qstat"])
def test_an_interrupted_status_query_leaves_the_session_usable(cell: Cell, tool: str) -> None:
    session = cell.connect()
    (number,) = run(session)

    def interrupt(argv: object) -> None:
        raise KeyboardInterrupt

    cell.runner.next(tool, interrupt)
    with pytest.raises(KeyboardInterrupt):
        session.jobStatus(str(number))
    assert session.jobStatus(str(number)) == "queued_active"


def test_threads_that_submit_wait_and_control_at_once(cell: Cell) -> None:
    session = cell.connect("session=busy")

    def work(place: int) -> list[int]:
        found = []
        for _ in range(10):
            (number,) = run(session)
            if place % 3 == 0:
                session.control(str(number), "hold")
                session.control(str(number), "release")
            with cell.runner.lock:
                cell.qmaster.end(number, place)
            found.append(session.wait(str(number), 500).exitStatus)
        return found

    results = together(*(lambda place=place: work(place) for place in range(8)))
    assert results == [[place] * 10 for place in range(8)]
    assert len(set(cell.qmaster.made)) == 80
