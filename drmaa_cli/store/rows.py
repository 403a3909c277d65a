"""What a session file holds, row by row; a row whose values are not what the schema says is refused.

The file may be damaged: sqlite keeps what it finds, whatever the column's type. The readers raise ValueError,
which the store turns into StoreError.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from drmaa_cli.gridengine import output_files
from drmaa_cli.gridengine.records import JobId, TaskRange
from drmaa_cli.store.places import is_plain
from drmaa_cli.system.accounting_log import Mark
from drmaa_cli.system.processes import Owner
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.gridengine.output_files import OutputFiles
    from drmaa_cli.jobs.job_end import End

NOT_DELETED, DELETED_RUNNING, DELETED_PENDING, DELETION_ASKED = 0, 1, 2, 3
KEPT, IN_ACCOUNT = 1, 2  # bits of jobs.kept
LARGEST_TASK = 2**31 - 1
LONGEST_TOKEN = 64


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
        kept: whether qsub's answer goes to files, which outlive this process (see ``answer_files``).
        in_account: whether the token travels as the job's account string, too.
        files: where the job's output goes; one for each task where they differ, empty when it is not known.
        template: what is submitted (:func:`drmaa_cli.template.kept.to_bytes`); it is not read with the rest.
    """

    token: str
    key: str | None
    name: str
    tasks: TaskRange | None
    submitted: float
    start_time: bool
    mark: Mark | None
    owner: Owner
    kept: bool = False
    in_account: bool = False
    files: tuple[OutputFiles, ...] = ()
    template: bytes = b""


class KeptSubmission(NamedTuple):
    """What was submitted under a job number.

    Attributes:
        position: of the submission.
        tasks: the tasks of an array job, or None.
        templates: see :func:`drmaa_cli.template.kept.to_bytes`; empty where they were not kept.
    """

    position: int
    tasks: TaskRange | None
    templates: bytes


class StoredTask(NamedTuple):
    """What is on record about one task, or about several in a row.

    Attributes:
        task: its number, or that of the first of them.
        end: how it ended, or None.
        deleted: whether it is being deleted (``DELETED_RUNNING`` and so on).
        reaped: whether its end was given away.
        requested: whether the session has asked for its deletion.
        last: the number of the last of them; None for one.
    """

    task: int
    end: End | None
    deleted: int
    reaped: bool
    requested: bool = False
    last: int | None = None

    def numbers(self, step: int) -> range:
        """The tasks' numbers; step: that of their array."""
        return range(self.task, (self.task if self.last is None else self.last) + 1, step)


class StoredJob(NamedTuple):
    """A submission as it is on record; ``number`` is None while it is only an intent."""

    position: int
    intent: Intent
    number: int | None
    tasks: tuple[StoredTask, ...]

    @property
    def size(self) -> int:
        """How many tasks it has; 1 for a job that is no array."""
        return 1 if self.intent.tasks is None else len(self.intent.tasks.numbers())

    @property
    def over(self) -> int:
        """How many of them have ended, as far as is on record."""
        return self._count(task for task in self.tasks if task.reaped or task.end is not None)

    @property
    def reaped(self) -> int:
        """How many of them were given away."""
        return self._count(task for task in self.tasks if task.reaped)

    @property
    def step(self) -> int:
        """Of its tasks' numbers."""
        return 1 if self.intent.tasks is None else self.intent.tasks.step

    def id_of(self, task: int) -> JobId | None:
        """The id of the job or one of its tasks; None while its number is not known."""
        return (
            None if self.number is None else JobId(self.number, None if self.intent.tasks is None else task)
        )

    def task_by_task(self) -> Iterator[tuple[int, StoredTask | None]]:
        """All its tasks' numbers, with what is on record about each."""
        found = ((number, task) for task in self.tasks for number in task.numbers(self.step))
        following = next(found, None)
        for number in [0] if self.intent.tasks is None else self.intent.tasks.numbers():
            if following is not None and following[0] == number:
                yield following
                following = next(found, None)
            else:
                yield number, None

    def _count(self, tasks: Iterable[StoredTask]) -> int:
        return sum(len(task.numbers(self.step)) for task in tasks)


def stored_job(
    row: tuple[object, ...], tasks: tuple[StoredTask, ...], unwritten: Mapping[int, int]
) -> StoredJob:
    """A submission out of a row of the table ``jobs``; ValueError when it is none.

    Args:
        row: its columns.
        tasks: what is on record about its tasks.
        unwritten: job numbers by position that could not be written yet.
    """
    position, token, key, name, number, first, last, step, submitted, start_time, *rest = row
    inode, offset, owner, kept, files = rest
    position = integer(position)
    if number is None:
        number = unwritten.get(position)
    intent = Intent(
        token=_token(token),
        key=None if key is None else text(key),
        name=text(name),
        tasks=None if first is None else _task_range(first, last, step),
        submitted=real(submitted),
        start_time=bool(integer(start_time)),
        mark=None if inode is None else Mark(integer(inode), integer(offset)),
        owner=Owner.parse(text(owner)),
        kept=bool(integer(kept) & KEPT),
        in_account=bool(integer(kept) & IN_ACCOUNT),
        files=() if files is None else output_files.of_text(text(files)),  # before version 3 there were none
    )
    numbers: Sequence[int] = [0] if intent.tasks is None else intent.tasks.numbers()
    if any(number not in numbers for task in tasks for number in (task.task, task.last or task.task)):
        raise ValueError("a task of no job")
    if len(intent.files) not in (0, 1, len(numbers)):
        raise ValueError("files of no task")
    apart = _apart(tasks, 1 if intent.tasks is None else intent.tasks.step)
    return StoredJob(position, intent, None if number is None else integer(number, 1), apart)


def _apart(tasks: tuple[StoredTask, ...], step: int) -> tuple[StoredTask, ...]:
    """Rows of which none is about a task that the next is about, too.

    Processes of before version 6 know of no rows for several tasks, and may write one into such a row.
    """
    found = []
    for task, following in zip(tasks, (*tasks[1:], None)):
        if following is not None and task.last is not None and task.last >= following.task:
            last = following.task - step
            task = task._replace(last=last if last > task.task else None)  # noqa: PLW2901  # what is left of it
        found.append(task)
    return tuple(found)


def stored_task(row: Sequence[object]) -> StoredTask:
    """What is on record out of a row of the table ``tasks``; ValueError when it is none."""
    task, outcome, value, usage, facts, deleted, wished, reaped, last = row
    end = None
    if outcome is not None:  # before version 2 there were no facts
        from drmaa_cli.jobs.job_end import End, Outcome  # noqa: PLC0415  # once a job has ended
        from drmaa_cli.jobs.job_info import NO_FACTS, Facts  # noqa: PLC0415

        known = NO_FACTS if facts is None else Facts.of_text(text(facts))
        end = End(Outcome(outcome), integer(value), text(usage), known)
    how = integer(deleted, 0, DELETION_ASKED)
    first = integer(task)
    until = None if last is None else integer(last, first + 1, LARGEST_TASK)
    return StoredTask(first, end, how, bool(integer(reaped)), bool(integer(wished)), until)


def kept(position: object, first: object, last: object, step: object, template: object) -> KeptSubmission:
    """What was submitted, out of a row of the table ``jobs``; ValueError when it is none."""
    if not isinstance(template, (bytes, type(None))):
        raise ValueError(f"{template!r} is no template")
    tasks = None if first is None else _task_range(first, last, step)
    return KeptSubmission(integer(position), tasks, template or b"")


def _token(value: object) -> str:
    token = text(value)
    if not (len(token) <= LONGEST_TOKEN and is_plain(token, "_-")):  # it becomes part of file names
        raise ValueError(f"{value!r} is no token")
    return token


def _task_range(first: object, last: object, step: object) -> TaskRange:
    start = integer(first, 1, LARGEST_TASK)
    return TaskRange(start, integer(last, start, LARGEST_TASK), integer(step, 1, LARGEST_TASK))


def integer(value: object, least: int = 0, most: int = 2**63 - 1) -> int:
    """An integer out of a row, within its bounds; ValueError for anything else."""
    if not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{value!r} is no integer from {least} to {most}")
    return value


def real(value: object) -> float:
    """A finite number out of a row; ValueError for anything else."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def text(value: object) -> str:
    """A text out of a row; ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value
