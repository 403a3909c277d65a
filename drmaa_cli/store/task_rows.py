"""The rows of the table ``tasks``: one for all tasks in a row of which the same is known.

A row stands for the tasks of its array from ``task`` to ``last``; without ``last`` for one. What becomes
different for some of them splits it, what becomes the same again joins it: a million tasks that are deleted
together are one row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.store.rows import DELETION_ASKED, NOT_DELETED, integer
from drmaa_cli.typed import TYPE_CHECKING, Callable, NamedTuple, Optional

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_end import End

COLUMNS = "task, outcome, value, usage, facts, deleted, wished, reaped, last"

_END = (
    "INSERT INTO tasks (position, task, outcome, value, usage, facts) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (position, task) DO UPDATE SET outcome = excluded.outcome, value = excluded.value,"
    " usage = excluded.usage, facts = excluded.facts WHERE outcome IS NULL"
)
_CLAIM = (
    "INSERT INTO tasks (position, task, reaped) VALUES (?, ?, 1)"
    " ON CONFLICT (position, task) DO UPDATE SET reaped = 1 WHERE reaped = 0"
)
_FIELDS = "outcome, value, usage, facts, deleted, wished, reaped"
_INSERT = f"INSERT INTO tasks (position, task, last, {_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

Tasks = tuple[int, TaskRange]
"""A submission's position, and some of its tasks."""


class Fields(NamedTuple):
    """What a row says of its tasks."""

    outcome: Optional[str] = None  # noqa: UP045  # evaluated by Python 3.9
    value: Optional[int] = None  # noqa: UP045
    usage: Optional[str] = None  # noqa: UP045
    facts: Optional[str] = None  # noqa: UP045
    deleted: int = NOT_DELETED
    wished: int = 0
    reaped: int = 0


class _Row(NamedTuple):
    first: int
    last: int
    fields: Fields


def put_ends(db: sqlite3.Connection, ends: Iterable[tuple[int, TaskRange, End]]) -> None:
    """Tasks have ended, unless that is on record already."""
    single = []
    alone = _Alone(db)
    for position, part, end in ends:
        known = (end.outcome.value, end.value, end.usage, end.facts.to_text())
        if alone.is_one(position, part):
            single.append((position, part.first, *known))
            continue

        def new(old: Fields, known: tuple[str, int, str, str] = known) -> Fields:
            return old if old.outcome is not None else Fields(*known, *old[4:])

        change(db, position, part, new)
    db.executemany(_END, single)


def put_deletion(db: sqlite3.Connection, position: int, parts: Iterable[TaskRange], how: int) -> None:
    """A deletion of these tasks is asked for, under way or refused (DELETION_ASKED, DELETED_...).

    One that is under way is our request if it was asked for before.
    """

    def new(old: Fields) -> Fields:
        wished = int(how == DELETION_ASKED) if how in (DELETION_ASKED, NOT_DELETED) else old.wished
        return old._replace(deleted=how, wished=wished)

    for part in parts:
        change(db, position, part, new)


def claim(db: sqlite3.Connection, tasks: Iterable[Tasks]) -> list[Tasks]:
    """Reap tasks: those that nobody had reaped before, in any process."""
    won: list[Tasks] = []
    alone = _Alone(db)
    for position, part in tasks:
        if alone.is_one(position, part):
            if db.execute(_CLAIM, (position, part.first)).rowcount == 1:
                won.append((position, part))
            continue
        before = change(db, position, part, lambda old: old._replace(reaped=1))
        won += (
            (position, TaskRange(row.first, row.last, part.step)) for row in before if not row.fields.reaped
        )
    return won


def give_back(db: sqlite3.Connection, position: int, task: int) -> None:
    """A task that was claimed did not reach the program after all."""
    change(db, position, TaskRange(task, task), lambda old: old._replace(reaped=0))


def change(
    db: sqlite3.Connection, position: int, part: TaskRange, new: Callable[[Fields], Fields]
) -> Sequence[_Row]:
    """Change what is on record about some tasks; what was there of exactly these, task by task or in rows.

    Args:
        db: in a transaction.
        position: of the submission.
        part: the tasks; a range with the step of its array.
        new: what a row is to say instead.
    """
    step = integer(
        db.execute("SELECT coalesce(max(step), 1) FROM jobs WHERE position = ?", (position,)).fetchone()[0], 1
    )
    rows = _rows_about(db, position, part.first - step, part.last + step)
    before: list[_Row] = []  # of these tasks, without gaps
    after: list[_Row] = []
    at = part.first
    for first, last, fields in [*rows, _Row(part.last + step, part.last + step, Fields())]:
        if first < part.first:
            after.append(_Row(first, min(last, part.first - step), fields))
        if at < min(first, part.last + step):
            before.append(_Row(at, min(first - step, part.last), Fields()))
        inner = _Row(max(first, part.first), min(last, part.last), fields)
        if inner.first <= inner.last:
            before.append(inner)
        at = max(at, last + step)
    after += (_Row(first, last, new(fields)) for first, last, fields in before)
    after += (
        _Row(max(first, part.last + step), last, fields) for first, last, fields in rows if last > part.last
    )
    _replace(db, position, rows, _joined(after, step))
    return before


def _rows_about(db: sqlite3.Connection, position: int, first: int, last: int) -> list[_Row]:
    """The rows that have a task from first to last, ascending and disjoint."""
    query = f"SELECT task, coalesce(last, task), {_FIELDS} FROM tasks WHERE position = ? AND task "
    before = db.execute(query + "< ? ORDER BY task DESC LIMIT 1", (position, first)).fetchall()
    found = db.execute(query + "BETWEEN ? AND ? ORDER BY task", (position, first, last)).fetchall()
    rows = [_Row(integer(task), integer(end), Fields(*fields)) for task, end, *fields in (*before, *found)]
    return [row for row in rows if row.last >= first]


def _replace(db: sqlite3.Connection, position: int, old: Sequence[_Row], new: Sequence[_Row]) -> None:
    kept = set(old).intersection(new)
    gone = [(position, row.first) for row in old if row not in kept]
    db.executemany("DELETE FROM tasks WHERE position = ? AND task = ?", gone)
    rows = [
        (position, first, None if first == last else last, *fields)
        for first, last, fields in new
        if _Row(first, last, fields) not in kept
    ]
    db.executemany(_INSERT, rows)


def _joined(rows: Sequence[_Row], step: int) -> list[_Row]:
    """Rows in ascending order, neighbours that say the same as one."""
    found: list[_Row] = []
    for row in rows:
        if found and found[-1].last + step == row.first and found[-1].fields == row.fields:
            found[-1] = found[-1]._replace(last=row.last)
        else:
            found.append(row)
    return found


class _Alone:
    """Which submissions have only rows of one task each, while something is done to many tasks.

    Each is looked through once, however many tasks there are: what is done to one task then adds no row of
    several; and where there is one already, or several tasks are changed, nothing depends on it.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._found: dict[int, bool] = {}

    def is_one(self, position: int, part: TaskRange) -> bool:
        """Whether one task is meant, of such a submission."""
        if part.first != part.last:
            self._found[position] = False
        elif position not in self._found:
            query = "SELECT 1 FROM tasks WHERE position = ? AND last IS NOT NULL LIMIT 1"
            self._found[position] = self._db.execute(query, (position,)).fetchone() is None
        return self._found[position]
