"""What could not be written to a full disk is kept, and tried again at a cost that stays small."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.store.session_store import Store, StoreError
from drmaa_cli.store.unwritten import FEW, PAUSE, UnwrittenChanges
from drmaa_cli.system.processes import NOBODY
from tests.sessions.test_threads import intent

TASKS = 1000


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def failed(unwritten: UnwrittenChanges, clock: Time, seconds: float) -> None:
    """All are tried for so long, in vain."""
    unwritten.begin()
    clock.now += seconds
    unwritten.refused("the disk is full")


def unwritten_changes(count: int) -> tuple[UnwrittenChanges, Time]:
    clock = Time()
    unwritten = UnwrittenChanges(clock)
    for _ in range(count):
        unwritten.add(lambda db: None)
    return unwritten, clock


def test_few_are_tried_again_with_each_change() -> None:
    unwritten, clock = unwritten_changes(FEW)
    failed(unwritten, clock, 3.0)
    assert unwritten.put_off() == ""


def test_many_are_tried_again_for_a_small_part_of_the_time() -> None:
    unwritten, clock = unwritten_changes(FEW + 1)
    assert unwritten.put_off() == ""
    failed(unwritten, clock, 0.5)
    assert unwritten.put_off() == "the disk is full"
    clock.now += PAUSE * 0.5 - 0.1
    assert unwritten.put_off() == "the disk is full"
    clock.now += 0.2
    assert unwritten.put_off() == ""


def test_what_was_written_is_owed_no_more() -> None:
    unwritten, clock = unwritten_changes(FEW + 3)
    failed(unwritten, clock, 0.5)
    unwritten.add(lambda db: None, frozenset([7]))
    assert unwritten.claims(7)
    unwritten.written(len(unwritten.begin()))
    assert (len(unwritten), unwritten.claims(7), unwritten.put_off()) == (0, False, "")


class Disk:
    """A connection to a database on a disk that is full for as long as one says: COMMIT is what fails.

    What is written before stays in sqlite's memory.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db, self.is_full, self.statements, self.looks = db, True, 0, 0

    def time(self) -> float:
        """A clock that goes with the work."""
        self.looks += 1
        return self.statements + self.looks

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Carry it out, unless that needs room."""
        self.statements += 1
        if statement == "COMMIT" and self.is_full:
            raise sqlite3.OperationalError("database or disk is full")
        return self.db.execute(statement, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A session of one large array."""
    store = Store.open(str(tmp_path / "x.session"), "session=x", 0.0, "here")
    position = store.record_intent(intent("t")._replace(tasks=TaskRange(1, TASKS), owner=NOBODY))
    store.accepted(position, 42)
    return store


@pytest.fixture
def disk(store: Store) -> Disk:
    """Its disk, which has just become full."""
    disk = Disk(store._db)  # noqa: SLF001  # no disk of ours is full when it is to be
    vars(store).update(_db=disk, _changes=UnwrittenChanges(disk.time))
    return disk


def end(store: Store, tasks: range) -> None:
    """Tasks end, and are reaped, one by one."""
    for task in tasks:
        part = TaskRange(task, task)
        with pytest.raises(StoreError, match="full"):
            store.ended([(1, part, End(Outcome.EXITED, 0, ""))])
        with pytest.raises(StoreError, match="full"):
            store.claim([(1, part)])


def test_the_work_does_not_grow_with_the_square(store: Store, disk: Disk) -> None:
    end(store, range(1, TASKS + 1))
    assert disk.statements < TASKS * TASKS / 10
    assert store.owes_claim(1)
    disk.is_full = False
    store.close()
    again = Store.existing(store.path)
    (job,) = again.jobs()
    assert (job.over, job.reaped) == (TASKS, TASKS)
    again.close()


def test_what_the_user_waits_for_is_tried_at_once(store: Store, disk: Disk) -> None:
    end(store, range(1, FEW))
    disk.is_full = False
    store.record_intent(intent("second"))
    assert [job.over for job in store.jobs()] == [FEW - 1, 0]
    store.close()
