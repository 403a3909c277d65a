"""as_completed() and progress over the small qmaster: what comes, in which order, and what it costs."""

from __future__ import annotations

import io
import sys
import threading
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from drmaa_cli import Progress, ReasonKind
from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JOB_IDS_SESSION_ANY
from drmaa_cli.errors import (
    ExitTimeoutException,
    InvalidArgumentException,
    InvalidJobException,
    NoActiveSessionException,
)
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.system.display import ProgressDisplay
from tests.core.conftest import Cell, template
from tests.patience import PATIENCE


def run(session: JobSession, count: int = 3) -> list[str]:
    found = template(session)
    return [session.runJob(found) for _ in range(count)]


def ends(cell: Cell, *moments: tuple[float, str, int]) -> None:
    for seconds, job, status in moments:
        cell.at(seconds, cell.qmaster.end, int(job), status)


def told(infos: list[JobInfo]) -> list[tuple[str, int]]:
    return [(info.jobId, info.exitStatus) for info in infos]


def test_jobs_come_as_they_end(cell: Cell) -> None:
    session = cell.connect()
    first, second, third = run(session)
    ends(cell, (5, third, 3), (9, first, 1), (14, second, 2))
    began = cell.clock.monotonic()
    seen = [
        (info.jobId, info.exitStatus, round(cell.clock.monotonic() - began))
        for info in session.as_completed([first, second, third])
    ]
    assert seen == [(third, 3, 5), (first, 1, 9), (second, 2, 14)]
    for job in (first, second, third):
        with pytest.raises(InvalidJobException):
            session.wait(job)


def test_each_comes_once_and_what_has_ended_comes_first(cell: Cell) -> None:
    session = cell.connect()
    first, second, third = run(session)
    ends(cell, (1, second, 2), (2, first, 1), (60, third, 3))
    session.synchronize([first, second])
    found = session.as_completed(iter([third, second, first, second, second.encode(), third]))
    assert found.left == 3
    assert told(list(found)) == [(second, 2), (first, 1), (third, 3)]
    assert found.left == 0


def test_all_jobs_of_the_session_and_all_tasks_of_an_array(cell: Cell) -> None:
    session = cell.connect()
    (single,) = run(session, 1)
    tasks = session.runBulkJobs(template(session), 1, 3, 1)
    array = int(tasks[0].partition(".")[0])
    for task in (1, 2, 3):
        cell.at(task, cell.qmaster.end, array, task, task=task)
    ends(cell, (9, single, 9))
    whole = session.as_completed([str(array)])
    assert [info.jobId for info in session.as_completed(tasks[1:2])] == tasks[1:2]
    assert told(list(whole)) == [(tasks[0], 1), (tasks[1], 2), (tasks[2], 3)]
    assert told(list(session.as_completed())) == [(single, 9)]
    assert list(session.as_completed([])) == list(session.as_completed([JOB_IDS_SESSION_ALL])) == []


def test_the_time_is_over_for_what_is_left(cell: Cell) -> None:
    session = cell.connect()
    first, second = run(session, 2)
    ends(cell, (5, first, 0), (50, second, 0))
    found = session.as_completed([first, second], 20)
    assert next(found).jobId == first
    began = cell.clock.monotonic()
    for _ in range(2):
        with pytest.raises(ExitTimeoutException):
            next(found)
    assert 14 < cell.clock.monotonic() - began < 22
    assert session.wait(second).exitStatus == 0


def test_a_slow_consumer_gets_what_ended_before_the_time_was_over(cell: Cell) -> None:
    session = cell.connect()
    jobs = run(session)
    ends(cell, (1, jobs[0], 0), (2, jobs[1], 1), (3, jobs[2], 2))
    seen = []
    for info in session.as_completed(jobs, 30):
        seen.append(info.exitStatus)
        cell.clock.sleep(100)
    assert seen == [0, 1, 2]


def test_without_waiting(cell: Cell) -> None:
    session = cell.connect()
    first, second = run(session, 2)
    ends(cell, (5, first, 0))
    cell.clock.sleep(30)
    found = session.as_completed([second, first], 0)
    assert next(found).jobId == first
    with pytest.raises(ExitTimeoutException):
        next(found)


def test_ids_that_are_none(cell: Cell) -> None:
    session, other = cell.connect(), cell.connect()
    (mine,), (theirs,) = run(session, 1), run(other, 1)
    with pytest.raises(InvalidJobException, match=rf"\({theirs}, 99.9\)$"):
        session.as_completed([mine, theirs, "99.9"])
    with pytest.raises(InvalidJobException, match=r"9010 and 2 more\)$"):
        session.as_completed([str(number) for number in range(9001, 9013)])
    for wrong in ("12", b"12", 12, [12], ["x"], [JOB_IDS_SESSION_ANY]):
        with pytest.raises(InvalidArgumentException):
            session.as_completed(wrong)  # type: ignore[arg-type]  # on purpose
    for wrong in (-2, float("nan"), "1"):
        with pytest.raises(InvalidArgumentException):
            session.as_completed([mine], wrong)  # type: ignore[arg-type]  # on purpose
    ends(cell, (1, mine, 4))
    assert session.wait(mine).exitStatus == 4
    with pytest.raises(InvalidJobException, match="code 18"):
        session.as_completed([mine])


def test_a_job_that_was_deleted_while_it_was_pending(cell: Cell) -> None:
    session = cell.connect()
    (job,) = run(session, 1)
    session.control(job, "terminate")
    (info,) = session.as_completed([job])
    assert (info.jobId, info.wasAborted, info.hasExited, info.resourceUsage) == (job, True, False, {})
    assert (info.reason.kind, info.reason.certain) == (ReasonKind.DELETED_BY_SESSION, True)
    assert info.reason == "deleted before it ran"


def test_what_others_reap_meanwhile_comes_all_the_same(cell: Cell) -> None:
    session = cell.connect("session=both")
    jobs = run(session)
    ends(cell, *((number, job, number) for number, job in enumerate(jobs, 1)))
    found = session.as_completed(jobs)
    assert session.wait(jobs[1]).exitStatus == 2
    twin = cell.connect("session=both")
    assert twin.wait(jobs[2]).exitStatus == 3
    assert sorted(told(list(found))) == [(jobs[0], 1), (jobs[1], 2), (jobs[2], 3)]


def test_leaving_early_leaves_the_rest_to_be_waited_for(cell: Cell) -> None:
    session = cell.connect()
    jobs = run(session)
    ends(cell, *((1, job, 7) for job in jobs))
    with session.as_completed(jobs) as found:
        first = next(found).jobId
    assert list(found) == []
    for job in jobs:
        if job != first:
            assert session.wait(job).exitStatus == 7


def test_the_end_of_the_session(cell: Cell) -> None:
    session = cell.connect()
    jobs = run(session)
    found, seen = session.as_completed(jobs), []

    def consume() -> None:
        try:
            next(found)
        except ExitTimeoutException as error:
            seen.append(error)

    thread = threading.Thread(target=consume)
    thread.start()
    cell.clock.sleep(5)
    session.exit()
    thread.join(PATIENCE)
    assert len(seen) == 1
    with pytest.raises(NoActiveSessionException):
        next(found)


def test_an_interrupted_one_is_not_lost(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    session = cell.connect()
    jobs = run(session, 2)
    ends(cell, *((1, job, 7) for job in jobs))
    found = session.as_completed(jobs)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(End, "job_info", interrupt)
        with pytest.raises(KeyboardInterrupt):
            next(found)
    assert found.left == 2
    assert sorted(told(list(found))) == [(job, 7) for job in jobs]


def test_many_that_could_not_start_are_removed_together(cell: Cell) -> None:
    session = cell.connect()
    jobs = run(session, 20)
    for job in jobs:
        cell.at(1, cell.qmaster.set, int(job), "Eqw")
    infos = list(session.as_completed(jobs))
    assert {info.reason.kind for info in infos} == {ReasonKind.NOT_STARTED}
    assert session.commands["qdel"] <= 2


@pytest.mark.slow
def test_ten_times_as_many_jobs_are_looked_at_ten_times_as_often(cell: Cell) -> None:
    """And not a hundred times: counted, not timed."""
    looked = []
    for count in (30, 300):
        session = cell.connect()
        tasks = session.runBulkJobs(template(session), 1, count, 1)
        array = int(tasks[0].partition(".")[0])
        for task in range(1, count + 1):
            cell.at(task, cell.qmaster.end, array, 0, task=task)
        calls = 0

        def watch(frame: Any, event: str, _: object) -> None:
            nonlocal calls
            calls += event == "call" and frame.f_code.co_name in ("_look", "taken", "find", "reap")

        sys.setprofile(watch)
        try:
            assert len(list(session.as_completed(tasks))) == count
        finally:
            sys.setprofile(None)
        looked.append(calls)
    assert looked[1] < 15 * looked[0]


# --- progress ----------------------------------------------------------------------------------------------


def test_progress_of_synchronize(cell: Cell) -> None:
    session = cell.connect()
    first, second, third = run(session)
    cell.at(2, cell.qmaster.set, int(first), "r")
    cell.at(3, cell.qmaster.set, int(second), "r")
    ends(cell, (10, first, 0), (20, second, 1), (30, third, 0))
    seen: list[Progress] = []
    session.synchronize([first, second, third, first], progress=seen.append)
    counts = [entry[:-1] for entry in seen]
    assert counts[0] == (3, 0, 0, 0, 0, 0)
    assert (3, 0, 0, 0, 2, 1) in counts
    assert (3, 1, 1, 0, 1, 1) in counts
    assert counts[-1] == (3, 3, 2, 1, 0, 0)
    assert len(set(counts)) == len(counts), "told when something has changed, only then"
    assert [entry.seconds for entry in seen] == sorted(entry.seconds for entry in seen)
    assert str(seen[-1]) == "3 of 3 jobs ended, 2 succeeded, 1 failed"


def test_progress_of_as_completed(cell: Cell) -> None:
    session = cell.connect()
    tasks = session.runBulkJobs(template(session), 1, 3, 1)
    array = int(tasks[0].partition(".")[0])
    for task in (1, 2, 3):
        cell.at(task * 10, cell.qmaster.end, array, task - 1, task=task)
    seen: list[Progress] = []
    infos = list(session.as_completed(tasks, progress=seen.append))
    assert [info.jobId for info in infos] == tasks
    assert seen[-1][:-1] == (3, 3, 1, 2, 0, 0)


def test_progress_that_is_none(cell: Cell) -> None:
    session = cell.connect()
    (job,) = run(session, 1)
    for wrong in (1, "yes", ["progress"]):
        with pytest.raises(InvalidArgumentException, match="progress must be"):
            session.synchronize([job], 0, progress=wrong)  # type: ignore[arg-type]  # on purpose


def test_a_function_that_fails_ends_the_waiting(cell: Cell) -> None:
    session = cell.connect()
    (job,) = run(session, 1)
    ends(cell, (5, job, 3))

    def fail(_: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        session.synchronize([job], progress=fail)
    assert session.wait(job).exitStatus == 3


def shown(console: Console) -> str:
    with ProgressDisplay(console) as display:
        display(Progress(3, 0, 0, 0, 2, 1, 1.0))
        display(Progress(3, 2, 1, 1, 1, 0, 2.0))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_bar_is_drawn_on_a_terminal_only() -> None:
    text = shown(Console(file=io.StringIO(), force_terminal=True, width=100, legacy_windows=False))
    assert "2 of 3 jobs" in text
    assert "None" not in text
    assert "1 succeeded, 1 failed, 1 running" in text
    assert shown(Console(file=io.StringIO(), force_terminal=False)) == ""


def test_a_bar_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    updates: list[object] = []

    class Handle:
        update = updates.append

    def display(shown: object, *, display_id: bool) -> Handle:
        assert display_id
        updates.append(shown)
        return Handle()

    module = ModuleType("IPython.display")
    module.display = display  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    console = Console(file=io.StringIO(), force_jupyter=True, width=100)
    assert shown(console) == ""
    assert len(updates) == 2
    bundle = updates[1]._repr_mimebundle_([], [])  # type: ignore[attr-defined]
    assert "2 of 3 jobs" in bundle["text/plain"]


def test_no_bar_where_nobody_looks(cell: Cell, capfd: pytest.CaptureFixture[str]) -> None:
    session = cell.connect()
    (job,) = run(session, 1)
    ends(cell, (5, job, 3))
    session.synchronize([job], progress=True)
    assert [info.exitStatus for info in session.as_completed([job], progress=True)] == [3]
    assert capfd.readouterr() == ("", "")


def test_a_display_is_shown_when_asked_for_until_the_last_has_come(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the iterator stays."""
    shown: list[str] = []

    class Display:
        def __enter__(self) -> Display:
            shown.append("begins")
            return self

        def __exit__(self, *_: object) -> None:
            shown.append("ends")

        def __call__(self, counts: Progress) -> None:
            shown.append(str(counts.ended))

    monkeypatch.setattr("drmaa_cli.system.display.ProgressDisplay", Display)
    session = cell.connect()
    first, second, quiet = run(session)
    ends(cell, (0.5, first, 0), (0.8, second, 0), (0.8, quiet, 0))
    found = session.as_completed([first, second], progress=True)
    assert len(list(found)) == 2
    assert (shown[0], shown[-2:]) == ("begins", ["2", "ends"])
    del shown[:]
    assert len(list(session.as_completed([quiet]))) == 1
    assert shown == []


def test_a_job_is_listed_when_it_can_be_waited_for(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not in the moment between the writing down of its number and its entry into the table."""
    session = cell.connect()
    seen: list[str] = []
    accepted = SessionJobs.accepted

    def look(self: SessionJobs, position: int, number: int) -> bool:
        done = accepted(self, position, number)
        for entry in session.jobs():
            with pytest.raises(ExitTimeoutException):
                session.wait(entry.id, 0)
            seen.append(entry.id)
        return done

    monkeypatch.setattr(SessionJobs, "accepted", look)
    jobs = run(session, 3)
    assert jobs[0] in seen
    assert [entry.id for entry in session.jobs()] == jobs
