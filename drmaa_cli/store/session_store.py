"""A session on disk: one sqlite file, so that a program may die at any instant and go on where it was.

An intent is written before qsub runs and carries the token that travels with the job; the job number is
written after. Ends, deletions and reaps follow. The rollback journal is kept (homes are on NFS, where
sqlite's write-ahead log does not work), and `synchronous` is off: the file survives the death of any
process, which is what it is for; after a crash of the whole host it may have to be moved away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from drmaa_cli.gridengine import output_files
from drmaa_cli.gridengine.cell_identity import CellIdentity
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.store import task_rows
from drmaa_cli.store.database import (
    Opened,
    errors,
    has_jobs,
    inode_of,
    memory_database,
    open_database,
    open_existing,
)
from drmaa_cli.store.places import StoreError, remove_files
from drmaa_cli.store.rows import (
    DELETED_PENDING,
    DELETED_RUNNING,
    DELETION_ASKED,
    IN_ACCOUNT,
    KEPT,
    NOT_DELETED,
    Intent,
    KeptSubmission,
    StoredJob,
    StoredTask,
    integer,
    kept,
    real,
    stored_job,
    stored_task,
    text,
)
from drmaa_cli.system.locks import Lock, hold_at_forks
from drmaa_cli.system.processes import NOBODY
from drmaa_cli.typed import TYPE_CHECKING, Callable, TypeVar

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_end import End
    from drmaa_cli.store.unwritten import Do, UnwrittenChanges

__all__ = [
    "DELETED_PENDING",
    "DELETED_RUNNING",
    "DELETION_ASKED",
    "NOT_DELETED",
    "Intent",
    "KeyTaken",
    "Store",
    "StoreError",
    "StoredJob",
    "StoredTask",
]

T = TypeVar("T")
Tasks = task_rows.Tasks

_INSERT = (
    "INSERT INTO jobs"
    " (token, key, name, first, last, step, submitted, start_time, inode, offset, owner, kept, files,"
    " template) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_TASKS = f"SELECT position, {task_rows.COLUMNS} FROM tasks"

POSITIONS_PER_QUERY = 500


class KeyTaken(StoreError):
    """The session has a submission with this key already."""


class Removed(StoreError):
    """The session's file was removed or replaced while it was in use."""


class Store:
    """One session's file. Safe to use from several threads, and from several processes at once.

    What is known for sure but could not be written (a full disk) is kept in memory, told as if it were on
    record, and written with the next change that succeeds.
    """

    def __init__(self, path: str, opened: Opened, *, in_memory: bool = False) -> None:
        self.path = path
        self.in_memory = in_memory
        self._db, self._inode = opened
        self._lock = Lock()
        self._changes: UnwrittenChanges | None = None
        self._unwritten: dict[int, int] = {}  # position -> job number
        hold_at_forks(self._lock)  # a child's copy of an open transaction would be rolled back in the file

    @classmethod
    def open(cls, path: str, contact: str, created: float, host: str, cell: str = "") -> Store:
        """Open a session's file; make it if there is none. See :func:`open_database`."""
        return cls(path, open_database(path, contact, created, host, cell))

    @classmethod
    def memory(cls, path: str, contact: str, created: float, host: str) -> Store:
        """The same without a file: for what was not submitted yet, or where no file can be kept."""
        return cls(path, Opened(memory_database(contact, created, host), 0), in_memory=True)

    @classmethod
    def existing(cls, path: str) -> Store:
        """Open a session's file as it is, to read it.

        Raises:
            StoreError: it is not there, no session file, damaged or of another version.
        """
        return cls(path, open_existing(path))

    def contact(self) -> str:
        """The contact string of the session."""
        with self._lock, errors(self.path):
            return text(self._db.execute("SELECT contact FROM session").fetchone()[0])

    def cell(self) -> CellIdentity | None:
        """Of which cell the session is; None if nobody has written that down."""
        with self._lock, errors(self.path):
            kept = text(self._db.execute("SELECT cell FROM session").fetchone()[0])
            return CellIdentity.parse(kept) if kept else None

    def close(self) -> None:
        """Close the file.

        Raises:
            StoreError: something that could not be written before can still not be written; it is closed.
        """
        try:
            if self._changes:
                self._change(lambda _: None)
        finally:
            with self._lock:
                self._db.close()

    def owes_claim(self, position: int) -> bool:
        """Whether a task of this submission was reaped, and that could not be written yet."""
        with self._lock:
            return self._changes is not None and self._changes.claims(position)

    def record_intent(self, intent: Intent) -> int:
        """Write down that this submission is about to be made; its position in the order of submission."""
        tasks = intent.tasks or (None, None, None)
        mark = intent.mark or (None, None)
        row = (
            intent.token,
            intent.key,
            intent.name,
            *tasks,
            intent.submitted,
            intent.start_time,
            *mark,
            str(intent.owner),
            intent.kept * KEPT + intent.in_account * IN_ACCOUNT,
            output_files.to_text(intent.files) if intent.files else None,
            intent.template or None,
        )

        def insert(db: sqlite3.Connection) -> int:
            try:
                return int(db.execute(_INSERT, row).lastrowid or 0)
            except sqlite3.IntegrityError as err:
                raise KeyTaken(f"the session has a submission with the key {intent.key!r} already") from err

        return self._change(insert)

    def accepted(self, position: int, number: int) -> None:
        """Grid Engine accepted the submission under this job number."""
        self._unwritten[position] = number
        self._write(
            lambda db: db.execute("UPDATE jobs SET number = ? WHERE position = ?", (number, position))
        )
        self._unwritten.pop(position, None)

    def refused(self, position: int) -> None:
        """The submission was certainly not accepted: forget it."""
        statement = "DELETE FROM jobs WHERE position = ? AND number IS NULL"
        self._write(lambda db: db.execute(statement, (position,)))

    def disown(self, position: int) -> None:
        """Its process has given up on a submission without knowing what became of it: anybody may look."""
        statement = "UPDATE jobs SET owner = ? WHERE position = ?"
        self._write(lambda db: db.execute(statement, (str(NOBODY), position)))

    def ended(self, ends: Iterable[tuple[int, TaskRange, End]]) -> None:
        """Tasks (position, range) have ended."""
        facts = list(ends)
        self._write(lambda db: task_rows.put_ends(db, facts))

    def deleted(self, position: int, parts: Iterable[TaskRange], how: int) -> None:
        """A deletion of these tasks is asked for, under way or refused (DELETION_ASKED, DELETED_...).

        One that is under way is our request if it was asked for before.
        """
        chosen = list(parts)
        self._write(lambda db: task_rows.put_deletion(db, position, chosen, how))

    def claim(self, tasks: Iterable[Tasks]) -> list[Tasks]:
        """Reap ended tasks (position, range): those that nobody had reaped before, in any process.

        Where that cannot be written, they are the caller's: better given away twice than never.
        """
        wanted = list(tasks)
        try:
            return self._change(lambda db: task_rows.claim(db, wanted), can_wait=True)
        except StoreError:
            claimed = frozenset(position for position, _ in wanted)
            self._owe(lambda db: task_rows.claim(db, wanted), claimed)
            raise

    def unclaim(self, position: int) -> None:
        """The program asks for a submission again: none of its tasks counts as reaped any more."""
        self._change(lambda db: db.execute("UPDATE tasks SET reaped = 0 WHERE position = ?", (position,)))

    def give_back(self, position: int, task: int) -> None:
        """A task that was claimed did not reach the program after all."""
        self._write(lambda db: task_rows.give_back(db, position, task))

    def news(self, positions: Sequence[int]) -> dict[int, tuple[StoredTask, ...]]:
        """What is on record about the tasks of these submissions."""
        found: dict[int, tuple[StoredTask, ...]] = {}
        for start in range(0, len(positions), POSITIONS_PER_QUERY):
            part = positions[start : start + POSITIONS_PER_QUERY]
            with self._lock, errors(self.path):
                found.update(self._tasks(f"({','.join('?' * len(part))})", tuple(part)))
        return found

    def end_of(self, position: int, task: int) -> End | None:
        """How a task ended; None when that is not on record."""
        with self._lock, errors(self.path):
            query = f"{_TASKS} WHERE position = ? AND task <= ? ORDER BY task DESC LIMIT 1"
            row = self._db.execute(query, (position, task)).fetchone()
            found = None if row is None else stored_task(row[1:])
            return found.end if found is not None and task in found.numbers(1) else None

    def kept(self, number: int) -> KeptSubmission | None:
        """What was submitted last under a job number; None where there was nothing."""
        query = "SELECT position, first, last, step, template FROM jobs WHERE number = ? ORDER BY position"
        with self._lock, errors(self.path):
            rows = self._db.execute(query, (number,)).fetchall()
            return kept(*rows[-1]) if rows else None

    def version(self) -> tuple[int, int]:
        """Changes whenever another process has changed the file."""
        with self._lock, errors(self.path):
            return self._inode, int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def numbers(self) -> dict[int, float]:
        """The job numbers of all accepted submissions, and when each was submitted (epoch seconds)."""
        query = "SELECT position, number, submitted FROM jobs ORDER BY position"
        with self._lock, errors(self.path):
            rows = self._db.execute(query).fetchall()
            found = (
                (self._unwritten.get(position, number), submitted) for position, number, submitted in rows
            )
            return {integer(number, 1): real(submitted) for number, submitted in found if number is not None}

    def is_of_use(self) -> bool:
        """Whether any submission has a key, or is still in doubt."""
        with self._lock, errors(self.path):
            return (
                self._db.execute("SELECT 1 FROM jobs WHERE key IS NOT NULL OR number IS NULL").fetchone()
                is not None
            )

    def remove(self) -> None:
        """Delete the file, if there is one: nothing in it is of use any more."""
        if self.in_memory:
            return
        with self._lock:
            remove_files(self.path)

    def is_void(self) -> bool:
        """Whether the file is gone, or another one is there, and certainly no submission was in this one."""
        if self._is_in_place():
            return False
        try:
            with self._lock:
                return not has_jobs(self._db)
        except sqlite3.Error:  # what writes to it next will be told
            return False

    def by_key(self, key: str) -> StoredJob | None:
        """The submission that was made, or begun, under a key."""
        found = self._jobs("WHERE key = ?", (key,))
        return found[0] if found else None

    def in_doubt(self) -> list[StoredJob]:
        """Submissions of which it is not on record whether they were accepted."""
        return [job for job in self._jobs("WHERE number IS NULL", ()) if job.number is None]

    def jobs(self, after: int = 0) -> list[StoredJob]:
        """Every submission of the session, in order; with after, those of a later position."""
        return self._jobs("WHERE position > ?", (after,))

    def _jobs(self, where: str, values: tuple[object, ...]) -> list[StoredJob]:
        with self._lock, errors(self.path):
            jobs = self._db.execute(
                "SELECT position, token, key, name, number, first, last, step, submitted, start_time, inode,"
                f" offset, owner, kept, files FROM jobs {where} ORDER BY position",
                values,
            ).fetchall()
            tasks = self._tasks(f"(SELECT position FROM jobs {where})", values)
            return [stored_job(row, tasks.get(row[0], ()), self._unwritten) for row in jobs]

    def _tasks(self, positions: str, values: tuple[object, ...]) -> dict[int, tuple[StoredTask, ...]]:
        rows = self._db.execute(
            f"{_TASKS} WHERE position IN {positions} ORDER BY position, task",
            values,
        ).fetchall()
        tasks: dict[int, list[StoredTask]] = {}
        for position, *row in rows:
            tasks.setdefault(position, []).append(stored_task(row))
        return {position: tuple(found) for position, found in tasks.items()}

    def _write(self, do: Do) -> None:
        """Write down facts, now or with a later change that succeeds."""
        try:
            self._change(do, can_wait=True)
        except StoreError:
            self._owe(do)
            raise

    def _change(self, do: Callable[[sqlite3.Connection], T], *, can_wait: bool = False) -> T:
        """Do something in one transaction, with all that is still unwritten.

        Args:
            do: what is done.
            can_wait: whether it may be written later, too.
        """
        with self._lock, errors(self.path):
            changes = self._changes
            if can_wait and changes and (trouble := changes.put_off()):
                raise StoreError(trouble)
            if self._db.in_transaction:  # one that was interrupted twice
                self._db.execute("ROLLBACK")
            earlier = changes.begin() if changes else ()
            try:
                self._db.execute("BEGIN IMMEDIATE")
                self._check_place()  # now: who removes it has this lock, too
                for debt in earlier:
                    debt.do(self._db)
                done = do(self._db)
                self._db.execute("COMMIT")
            except BaseException as err:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(err, sqlite3.Error):
                    self._check_place()  # sqlite, too, finds out, and has no words for it
                    if changes:
                        changes.refused(err)
                raise
            if changes:
                changes.written(len(earlier))
            return done

    def _owe(self, do: Do, claimed: frozenset[int] = frozenset()) -> None:
        """Write this with a later change."""
        from drmaa_cli.store.unwritten import UnwrittenChanges  # noqa: PLC0415  # seldom needed

        if self._changes is None:
            self._changes = UnwrittenChanges()
        self._changes.add(do, claimed)

    def _is_in_place(self) -> bool:
        return self.in_memory or inode_of(self.path) == self._inode

    def _check_place(self) -> None:
        """What is written into a file that was removed is lost."""
        if not self._is_in_place():
            raise Removed(f"the session file {self.path} was removed or replaced while it was in use")
