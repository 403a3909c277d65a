"""A session on disk: one sqlite file, so that a program may die at any instant and go on where it was.

An intent is written before qsub runs and carries the token that travels with the job; the job number is
written after. Ends, deletions and reaps follow. The rollback journal is kept (homes are on NFS, where
sqlite's write-ahead log does not work), and `synchronous` is off: the file survives the death of any
process, which is what it is for; after a crash of the whole host it may have to be set aside.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from drmaa_cli.accounting_file import Mark
from drmaa_cli.jobinfo import End, Outcome
from drmaa_cli.models import TaskRange
from drmaa_cli.processes import Owner

SCHEMA_VERSION = 1
APPLICATION_ID = 0x44524D43  # "DRMC": tells our files from anybody else's
BUSY_SECONDS = 60.0
LONGEST_NAME = 200

_SCHEMA = """
CREATE TABLE session (contact TEXT NOT NULL, created REAL NOT NULL, host TEXT NOT NULL);
CREATE TABLE jobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    key TEXT UNIQUE,
    name TEXT NOT NULL,
    number INTEGER,
    first INTEGER, last INTEGER, step INTEGER,
    submitted REAL NOT NULL,
    start_time INTEGER NOT NULL,
    inode INTEGER, offset INTEGER,
    owner TEXT NOT NULL
);
CREATE TABLE tasks (
    position INTEGER NOT NULL REFERENCES jobs(position) ON DELETE CASCADE,
    task INTEGER NOT NULL,
    outcome TEXT, value INTEGER, usage TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    reaped INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (position, task)
) WITHOUT ROWID;
"""

DELETED_RUNNING, DELETED_PENDING = 1, 2


class StoreError(Exception):
    """The session file cannot be used; the text names the file and says what can be done."""


class KeyTaken(StoreError):
    """The session has a submission with this key already."""


class Intent(NamedTuple):
    """A submission that is about to be made.

    Attributes:
        token: unique; travels with the job as its context.
        key: the program's own name for the submission, or None.
        name: job name.
        tasks: the tasks of an array job, or None.
        submitted: epoch seconds.
        start_time: whether a start time was asked for.
        mark: where the accounting file ended at that moment.
        owner: the process that makes it.
    """

    token: str
    key: str | None
    name: str
    tasks: TaskRange | None
    submitted: float
    start_time: bool
    mark: Mark | None
    owner: Owner


class StoredTask(NamedTuple):
    """What is on record about one task."""

    task: int
    end: End | None
    deleted: int
    reaped: bool


class StoredJob(NamedTuple):
    """A submission as it is on record; ``number`` is None while it is only an intent."""

    position: int
    intent: Intent
    number: int | None
    tasks: tuple[StoredTask, ...]


def path_of(directory: Path, name: str) -> Path:
    """The file of the session of this name (the contact string without ``session=``)."""
    if len(name) > LONGEST_NAME or not re.fullmatch(r"[\w.@+-]+", name, re.ASCII) or name.startswith("."):
        name = (
            f"{re.sub(r'[^A-Za-z0-9]', '_', name)[:40]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:32]}"
        )
    return directory / f"{name}.session"


class Store:
    """One session's file. Safe to use from several threads, and from several processes at once."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self._db = db
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, contact: str, created: float, host: str) -> Store:
        """Open a session's file; make it if there is none. Mode 0600, its directory 0700.

        Raises:
            StoreError: it cannot be made, is not a session file, is damaged or of a newer version.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            db = sqlite3.connect(
                str(path),
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=32,
            )
        except (OSError, sqlite3.Error) as err:
            raise StoreError(f"cannot open the session file {path}: {err}") from err
        try:
            _prepare(db, path, contact, created, host)
        except sqlite3.DatabaseError as err:
            db.close()
            raise StoreError(_broken(path, err)) from err
        except StoreError:
            db.close()
            raise
        return cls(path, db)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def intend(self, intent: Intent) -> int:
        """Write down that this submission is about to be made; its position in the order of submission."""
        tasks = intent.tasks or (None, None, None)
        mark = intent.mark or (None, None)
        with self._change() as db, _key_taken(intent.key):
            cursor = db.execute(
                "INSERT INTO jobs (token, key, name, first, last, step, submitted, start_time, inode, offset,"
                " owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    intent.token,
                    intent.key,
                    intent.name,
                    *tasks,
                    intent.submitted,
                    intent.start_time,
                    *mark,
                    str(intent.owner),
                ),
            )
            return int(cursor.lastrowid or 0)

    def accepted(self, position: int, number: int) -> None:
        """Grid Engine accepted the submission under this job number."""
        with self._change() as db:
            db.execute("UPDATE jobs SET number = ? WHERE position = ?", (number, position))

    def refused(self, position: int) -> None:
        """The submission was certainly not accepted: forget it."""
        with self._change() as db:
            db.execute("DELETE FROM jobs WHERE position = ? AND number IS NULL", (position,))

    def ended(self, ends: Iterable[tuple[int, int, End]]) -> None:
        """Tasks (position, task) have ended."""
        rows = [(position, task, end.outcome.value, end.value, end.usage) for position, task, end in ends]
        with self._change() as db:
            db.executemany(
                "INSERT INTO tasks (position, task, outcome, value, usage) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (position, task) DO UPDATE SET outcome = excluded.outcome,"
                " value = excluded.value, usage = excluded.usage WHERE outcome IS NULL",
                rows,
            )

    def deleted(self, position: int, tasks: Iterable[int], how: int) -> None:
        """The qmaster took our wish to delete these tasks (DELETED_RUNNING or DELETED_PENDING)."""
        with self._change() as db:
            db.executemany(
                "INSERT INTO tasks (position, task, deleted) VALUES (?, ?, ?)"
                " ON CONFLICT (position, task) DO UPDATE SET deleted = excluded.deleted",
                [(position, task, how) for task in tasks],
            )

    def claim(self, tasks: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
        """Reap ended tasks (position, task): those that nobody had reaped before, in any process."""
        won = set()
        with self._change() as db:
            for position, task in tasks:
                cursor = db.execute(
                    "UPDATE tasks SET reaped = 1 WHERE position = ? AND task = ? AND reaped = 0",
                    (position, task),
                )
                if cursor.rowcount == 1:
                    won.add((position, task))
        return won

    def unclaim(self, position: int) -> None:
        """The program asks for a submission again: none of its tasks counts as reaped any more."""
        with self._change() as db:
            db.execute("UPDATE tasks SET reaped = 0 WHERE position = ?", (position,))

    def reaped_by_others(self, jobs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Of these submissions (position, job number), the reaped tasks as (job number, task)."""
        numbers = dict(jobs)
        with self._lock, _errors(self.path):
            rows = self._db.execute("SELECT position, task FROM tasks WHERE reaped = 1").fetchall()
        return [(numbers[position], task) for position, task in rows if position in numbers]

    def version(self) -> int:
        """Changes whenever another process has changed the file."""
        with self._lock, _errors(self.path):
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def numbers(self) -> set[int]:
        """The job numbers of all submissions that were accepted."""
        with self._lock, _errors(self.path):
            return {row[0] for row in self._db.execute("SELECT number FROM jobs WHERE number IS NOT NULL")}

    def has_keys(self) -> bool:
        """Whether any submission has a key."""
        with self._lock, _errors(self.path):
            return self._db.execute("SELECT 1 FROM jobs WHERE key IS NOT NULL").fetchone() is not None

    def remove(self) -> None:
        """Delete the file: nothing in it is of use any more."""
        with self._lock:
            for suffix in ("-journal", ""):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def by_key(self, key: str) -> StoredJob | None:
        """The submission that was made, or begun, under a key."""
        found = self._jobs("WHERE key = ?", (key,))
        return found[0] if found else None

    def jobs(self, after: int = 0) -> list[StoredJob]:
        """Every submission of the session, in order; with after, those of a later position."""
        return self._jobs("WHERE position > ?", (after,))

    def _jobs(self, where: str, values: tuple[object, ...]) -> list[StoredJob]:
        with self._lock, _errors(self.path):
            jobs = self._db.execute(
                "SELECT position, token, key, name, number, first, last, step, submitted, start_time, inode,"
                f" offset, owner FROM jobs {where} ORDER BY position",
                values,
            ).fetchall()
            rows = self._db.execute(
                "SELECT position, task, outcome, value, usage, deleted, reaped FROM tasks WHERE position IN"
                f" (SELECT position FROM jobs {where}) ORDER BY position, task",
                values,
            ).fetchall()
        tasks: dict[int, list[StoredTask]] = {}
        for position, task, outcome, value, usage, deleted, reaped in rows:
            end = None if outcome is None else End(Outcome(outcome), value, usage)
            tasks.setdefault(position, []).append(StoredTask(task, end, deleted, bool(reaped)))
        return [_stored(row, tuple(tasks.get(row[0], ()))) for row in jobs]

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _errors(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _prepare(db: sqlite3.Connection, path: Path, contact: str, created: float, host: str) -> None:
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA journal_mode = PERSIST")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    kind = db.execute("PRAGMA application_id").fetchone()[0]
    if version == 0 and kind == 0 and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute("INSERT INTO session VALUES (?, ?, ?)", (contact, created, host))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")
    if (kind or APPLICATION_ID) != APPLICATION_ID or (version == 0 and kind == 0 and not _has_jobs(db)):
        raise StoreError(f"{path} is not a session file of drmaa_cli; move it away")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer drmaa_cli (version {version}); use that one for this session"
        )


def _has_jobs(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'jobs'").fetchone() is not None


def _stored(row: tuple[object, ...], tasks: tuple[StoredTask, ...]) -> StoredJob:
    position, token, key, name, number, first, last, step, submitted, start_time, inode, offset, owner = row
    intent = Intent(
        token=str(token),
        key=None if key is None else str(key),
        name=str(name),
        tasks=None if first is None else TaskRange(first, last, step),  # type: ignore[arg-type]  # integers by schema
        submitted=float(submitted),  # type: ignore[arg-type]  # a real by schema
        start_time=bool(start_time),
        mark=None if inode is None else Mark(inode, offset),  # type: ignore[arg-type]  # integers by schema
        owner=Owner.parse(str(owner)),
    )
    return StoredJob(int(position), intent, None if number is None else int(number), tasks)  # type: ignore[call-overload]


@contextmanager
def _key_taken(key: str | None) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as err:
        raise KeyTaken(f"the session has a submission with the key {key!r} already") from err


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as err:
        raise StoreError(f"cannot use the session file {path}: {err}") from err
    except sqlite3.DatabaseError as err:
        raise StoreError(_broken(path, err)) from err


def _broken(path: Path, err: Exception) -> str:
    return f"the session file {path} cannot be read ({err}); move it away to start the session anew"
