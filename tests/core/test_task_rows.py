"""The table of tasks, a row for many, against one fact for each task; and how few rows there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine.cell_identity import CellIdentity
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.store.places import StoreError
from drmaa_cli.store.session_store import (
    DELETED_PENDING,
    DELETED_RUNNING,
    DELETION_ASKED,
    NOT_DELETED,
    Intent,
    Store,
    StoredTask,
)
from drmaa_cli.system.processes import NOBODY

GONE, GOOD = End(Outcome.NO_USAGE, 0, ""), End(Outcome.EXITED, 0, "cpu=1.0000")
MILLION = TaskRange(1, 10**6)
INSERTED = "INSERT INTO tasks (position, task, reaped) VALUES (?, ?, 1)"
HOWS = (DELETION_ASKED, DELETED_PENDING, DELETED_RUNNING, NOT_DELETED)


@contextmanager
def opened(tasks: TaskRange, path: Path | None = None) -> Iterator[tuple[Store, int]]:
    """A store with one submission, in memory or in a file; its position."""
    if path is None:
        store = Store.memory("nowhere", "session=rows", 0.0, "here")
    else:
        store = Store.open(str(path), "session=rows", 0.0, "here")
    try:
        position = store.record_intent(Intent("ab", "key", "name", tasks, 0.0, False, None, NOBODY))
        store.accepted(position, 7)
        yield store, position
    finally:
        store.close()


def execute(path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    """What a statement finds in a store's file."""
    with sqlite3.connect(str(path)) as db:
        found = db.execute(statement, values).fetchall()
    db.close()
    return found


def rows(store: Store) -> list[tuple[object, ...]]:
    return execute(store.path, "SELECT task, last FROM tasks ORDER BY task")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.session"


def pieces(part: TaskRange, how: int) -> list[TaskRange]:
    """A range of tasks as one call may name it: as a whole, task by task, the first or the last one alone."""
    alone = [TaskRange(number, number, part.step) for number in part.numbers()]
    if how == 1 or len(alone) == 1:
        return alone
    if how == 2:
        return [alone[0], TaskRange(part.first + part.step, part.last, part.step)]
    if how == 3:
        return [TaskRange(part.first, part.last - part.step, part.step), alone[-1]]
    return [part]


class Model:
    """What is on record of each task: end, deleted, wished, reaped."""

    def __init__(self, store: Store, position: int, tasks: TaskRange) -> None:
        self.store, self.position, self.tasks = store, position, tasks
        self.facts: dict[int, StoredTask] = {}

    def change(self, part: TaskRange, new: Callable[[StoredTask], StoredTask]) -> None:
        for task in part.numbers():
            self.facts[task] = new(self.facts.get(task, StoredTask(task, None, NOT_DELETED, False)))

    def end(self, part: TaskRange, how: int) -> None:
        end = (GONE, GOOD)[how % 2]
        self.store.ended([(self.position, piece, end) for piece in pieces(part, how)])
        self.change(part, lambda old: old._replace(end=old.end or end))

    def delete(self, part: TaskRange, how: int) -> None:
        kind = HOWS[how]
        self.store.deleted(self.position, [part], kind)
        asked = kind in (DELETION_ASKED, NOT_DELETED)
        self.change(
            part,
            lambda old: old._replace(
                deleted=kind, requested=kind == DELETION_ASKED if asked else old.requested
            ),
        )

    def claim(self, part: TaskRange, how: int) -> None:
        won = self.store.claim([(self.position, piece) for piece in pieces(part, how)])
        found = [task for position, some in won for task in some.numbers()]
        assert all(position == self.position for position, _ in won)
        known = self.facts
        assert found == [task for task in part.numbers() if task not in known or not known[task].reaped]
        self.change(part, lambda old: old._replace(reaped=True))

    def give_back(self, part: TaskRange, _: int) -> None:
        self.store.give_back(self.position, part.first)
        self.change(TaskRange(part.first, part.first), lambda old: old._replace(reaped=False))

    def check(self) -> None:
        (job,) = self.store.jobs()
        found = {number: task for number, task in job.task_by_task() if task is not None}
        whole = {number: task._replace(task=number, last=None) for number, task in found.items()}
        assert whole == self.facts
        assert [number for number, _ in job.task_by_task()] == list(self.tasks.numbers())
        assert job.over == sum(task.reaped or task.end is not None for task in self.facts.values())
        assert job.reaped == sum(task.reaped for task in self.facts.values())
        for number in self.tasks.numbers():
            expected = self.facts.get(number)
            assert self.store.end_of(self.position, number) == (expected.end if expected else None)
        news = self.store.news([self.position]).get(self.position, ())
        assert list(news) == list(job.tasks)


@given(st.data())
def test_like_a_row_for_each_task(data: st.DataObject) -> None:
    first, count, step = (data.draw(st.integers(1, most)) for most in (3, 9, 3))
    tasks = TaskRange(first, first + (count - 1) * step, step)
    numbers = st.sampled_from(tasks.numbers())
    with opened(tasks) as (store, position):
        model = Model(store, position, tasks)
        for name in data.draw(st.lists(st.sampled_from("end delete claim give_back".split()), max_size=8)):
            low, high = sorted((data.draw(numbers), data.draw(numbers)))
            part = TaskRange(low, high, step)
            getattr(model, name)(part, data.draw(st.integers(0, 3)))
            model.check()


@pytest.mark.parametrize("what", ["ended", "claimed"])
def test_a_submission_is_looked_through_once_for_many_tasks(
    connections: list[sqlite3.Connection], what: str
) -> None:
    with opened(TaskRange(1, 500)) as (store, position):
        statements: list[str] = []
        connections[-1].set_trace_callback(statements.append)
        alone = [TaskRange(number, number) for number in range(1, 501)]
        if what == "ended":
            store.ended([(position, part, GOOD) for part in alone])
        else:
            assert len(store.claim([(position, part) for part in alone])) == 500
        assert sum("last IS NOT NULL" in statement for statement in statements) == 1
        assert len(statements) < 510


def test_what_is_the_same_of_a_million_tasks_is_one_row(path: Path) -> None:
    with opened(MILLION, path) as (store, position):
        for how in (DELETION_ASKED, DELETED_PENDING):
            store.deleted(position, [MILLION], how)
            assert rows(store) == [(1, 10**6)]
        store.ended([(position, TaskRange(1, 400_000), GONE), (position, TaskRange(400_001, 10**6), GONE)])
        assert rows(store) == [(1, 10**6)]
        for task in (1, 2, 3, 5):
            assert store.claim([(position, TaskRange(task, task))]) == [(position, TaskRange(task, task))]
        assert rows(store) == [(1, 3), (4, None), (5, None), (6, 10**6)]
        assert store.claim([(position, TaskRange(2, 4))]) == [(position, TaskRange(4, 4))]
        assert rows(store) == [(1, 5), (6, 10**6)]
        store.give_back(position, 3)
        assert rows(store) == [(1, 2), (3, None), (4, 5), (6, 10**6)]
        store.unclaim(position)
        store.deleted(position, [MILLION], DELETED_PENDING)
        assert rows(store) == [(1, 10**6)]


def test_tasks_that_end_one_by_one_have_a_row_each(path: Path) -> None:
    with opened(TaskRange(1, 9), path) as (store, position):
        store.ended((position, TaskRange(task, task), GOOD) for task in range(1, 10))
        assert rows(store) == [(task, None) for task in range(1, 10)]


def test_two_processes_reap_a_task_once(path: Path) -> None:
    one = Store.open(str(path), "session=two", 0.0, "here")
    position = one.record_intent(Intent("ab", None, "name", MILLION, 0.0, False, None, NOBODY))
    other = Store.open(str(path), "session=two", 0.0, "here")
    try:
        one.ended([(position, MILLION, GONE)])
        assert other.claim([(position, TaskRange(5, 6))]) == [(position, TaskRange(5, 6))]
        won = one.claim([(position, MILLION)])
        assert won == [(position, TaskRange(1, 4)), (position, TaskRange(7, 10**6))]
        assert other.claim([(position, MILLION)]) == []
    finally:
        one.close()
        other.close()


def test_a_row_that_a_process_of_an_older_version_wrote_into_another(path: Path) -> None:
    """It knows of no rows for several tasks: the later row counts, and what is behind it is asked for."""
    with opened(MILLION, path) as (store, position):
        store.ended([(position, MILLION, GONE)])
        execute(path, INSERTED, position, 5)
        (job,) = store.jobs()
        found = [(task.task, task.last, task.reaped) for task in job.tasks]
        assert found == [(1, 4, False), (5, None, True)]
        execute(path, INSERTED, position, 2)
        (job,) = store.jobs()
        assert [(task.task, task.last) for task in job.tasks] == [(1, None), (2, None), (5, None)]


@pytest.mark.parametrize("last", [0, 1, 2, 11, 2**40, "many"])
def test_a_last_task_that_cannot_be(path: Path, last: object) -> None:
    with opened(TaskRange(3, 10), path) as (store, position):
        execute(path, "INSERT INTO tasks (position, task, last) VALUES (?, 3, ?)", position, last)
        with pytest.raises(StoreError, match="cannot be read"):
            store.jobs()


def forget_the_cell(db: sqlite3.Connection) -> None:
    """Make the table of version 6 out of the present one."""
    db.execute("ALTER TABLE session RENAME TO with_cell")
    db.execute("CREATE TABLE session (contact TEXT NOT NULL, created REAL NOT NULL, host TEXT NOT NULL)")
    db.execute("INSERT INTO session SELECT contact, created, host FROM with_cell")
    db.execute("DROP TABLE with_cell")


def test_a_file_that_does_not_say_of_which_cell_it_is(path: Path) -> None:
    here = CellIdentity("/opt/sge", "default", "master:6444")
    Store.open(str(path), "session=old", 0.0, "here", here.dump()).close()
    with sqlite3.connect(str(path)) as db:
        forget_the_cell(db)
        db.execute("PRAGMA user_version = 6")
    db.close()
    other = CellIdentity("/opt/sge", "other", "master:6444")
    for cell in (here, other):
        store = Store.open(str(path), "session=old", 0.0, "here", cell.dump())
        assert store.cell() is None
        store.close()


def test_a_session_of_another_cell(path: Path) -> None:
    here = CellIdentity("/opt/sge", "default", "master:6444")
    Store.open(str(path), "session=one", 0.0, "here", here.dump()).close()
    before = path.read_bytes()
    moved = here._replace(root="/gridware/sge")
    for same in (here.dump(), moved.dump(), here._replace(qmaster="shadow:6444").dump(), ""):
        store = Store.open(str(path), "session=one", 0.0, "here", same)
        assert store.cell() == here
        store.close()
    other = moved._replace(qmaster="shadow:6444")
    text = r"belongs to another Grid Engine, /opt/sge \(cell default, qmaster master:6444\).*/gridware/sge"
    with pytest.raises(StoreError, match=text):
        Store.open(str(path), "session=one", 0.0, "here", other.dump())
    assert path.read_bytes() == before


def test_a_file_of_the_version_before_is_taken_up(path: Path) -> None:
    store = Store.open(str(path), "session=old", 0.0, "here")
    position = store.record_intent(Intent("ab", None, "name", TaskRange(1, 9), 0.0, False, None, NOBODY))
    store.accepted(position, 7)
    store.ended([(position, TaskRange(2, 2), GOOD)])
    store.close()
    with sqlite3.connect(str(path)) as db:
        db.execute("DROP INDEX ranges")
        db.execute("ALTER TABLE tasks RENAME TO newer")
        columns = "position, task, outcome, value, usage, facts, deleted, wished, reaped"
        db.execute(
            "CREATE TABLE tasks (position INTEGER NOT NULL REFERENCES jobs(position) ON DELETE CASCADE,"
            " task INTEGER NOT NULL, outcome TEXT, value INTEGER, usage TEXT, facts TEXT,"
            " deleted INTEGER NOT NULL DEFAULT 0, wished INTEGER NOT NULL DEFAULT 0,"
            " reaped INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (position, task)) WITHOUT ROWID"
        )
        db.execute(f"INSERT INTO tasks ({columns}) SELECT {columns} FROM newer")
        db.execute("DROP TABLE newer")
        forget_the_cell(db)
        db.execute("PRAGMA user_version = 5")
    db.close()
    for _ in range(2):
        store = Store.open(str(path), "session=old", 0.0, "here")
        store.deleted(position, [TaskRange(3, 9)], DELETED_PENDING)
        assert rows(store) == [(2, None), (3, 9)]
        assert store.end_of(position, 2) == GOOD
        store.close()
