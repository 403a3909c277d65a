"""What is known of one job of a session, before anything is made of it."""

from __future__ import annotations

from drmaa_cli.gridengine.records import JobId, TaskRange
from drmaa_cli.jobs.task_map import TaskMap
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drmaa_cli.gridengine.output_files import OutputFiles
    from drmaa_cli.gridengine.records import JobRow
    from drmaa_cli.jobs.job_end import End
    from drmaa_cli.jobs.reason import Deletion

NO_TASK = 0  # the task number under which a job that is no array is kept
CLOCK_SKEW = 3600.0  # seconds by which our clock may differ from the qmaster's while nothing is known of it


class Rules(NamedTuple):
    """What the reducer needs to know of the cell and the user's settings.

    Attributes:
        grace: seconds after a task's disappearance for which its accounting record may still come.
        error_state_is_end: whether a job in Eqw counts as ended (libdrmaa's jobs never stay in Eqw).
        accounting: whether the cell writes accounting records at all.
    """

    grace: float
    error_state_is_end: bool = True
    accounting: bool = True


class TrackedJob:
    """What the session knows of one job number. Only :class:`drmaa_cli.jobs.job_table.JobTable` changes it.

    Attributes:
        number: job number.
        order: position in the order of submission, and in the session's store.
        tasks: the tasks of an array job, None otherwise.
        all_tasks: its tasks, NO_TASK of a job that is no array.
        submitted: epoch seconds at submission, by our clock.
        submission_time: the same by the qmaster's clock, once it has told.
        clock_offset: how far the qmaster's clock was ahead of ours when it told of any job; None: never yet.
        marked: whether it is known where the accounting file ended at submission.
        waiting: tasks whose end is not known yet.
        ended: ends that nobody has reaped yet.
        rows: how the last complete listing showed it.
        missing: tasks absent from the last complete listing -> when that was first noticed.
        last_seen: the last row of each missing task that had one.
        confirmed: missing tasks of which the qmaster itself said that it does not have them.
        faulty: tasks in error state -> when that was first noticed.
        reasons: what `qstat -j` says of the tasks in error state, '' for nothing; of those it was asked for.
        asked: tasks whose deletion we asked for, with an answer that was lost or is still to come.
        deleted: tasks that the qmaster deletes, as it answered, or as a listing's letter ``d`` showed.
        requested: tasks whose deletion this session has asked for, unless it was refused.
        never_ran: tasks that were deleted by us while pending: they leave no record.
        since: when it became known or was last changed by us, by the monotonic clock: an older listing does
            not count.
        start_time: whether a start time in the future was asked for.
        key: the program's own name for the submission.
        name: job name.
        files: where the output goes; one for each task where they differ, empty when it is not known.
    """

    def __init__(
        self,
        number: int,
        order: int,
        tasks: TaskRange | None,
        submitted: float,
        since: float = 0.0,
        start_time: bool = False,
        key: str | None = None,
        name: str = "",
    ) -> None:
        self.number, self.order, self.tasks = number, order, tasks
        self.submitted, self.since, self.start_time = submitted, since, start_time
        self.key, self.name, self.marked = key, name, False
        self.files: Sequence[OutputFiles] = ()
        self.submission_time: float | None = None
        self.clock_offset: float | None = None
        self.all_tasks = TaskRange(NO_TASK, NO_TASK) if tasks is None else tasks
        self.waiting = TaskNumbers(self.all_tasks)
        self.ended: TaskMap[End] = TaskMap(self.all_tasks)
        self.rows: tuple[JobRow, ...] = ()
        self.missing: TaskMap[float] = TaskMap(self.all_tasks)
        self.last_seen: TaskMap[JobRow] = TaskMap(self.all_tasks)
        self.confirmed = TaskNumbers.none(self.all_tasks)
        self.faulty: TaskMap[float] = TaskMap(self.all_tasks)
        self.reasons: TaskMap[str] = TaskMap(self.all_tasks)
        self.asked = TaskNumbers.none(self.all_tasks)
        self.deleted = TaskNumbers.none(self.all_tasks)
        self.requested = TaskNumbers.none(self.all_tasks)
        self.never_ran = TaskNumbers.none(self.all_tasks)
        self._index: RowIndex | None = None

    def id(self, task: int) -> JobId:
        """The DRMAA id of one of its tasks."""
        return JobId(self.number, None if self.tasks is None else task)

    def held(self) -> TaskNumbers:
        """The tasks that nobody has reaped."""
        found = self.waiting.copy()
        found.add_all(self.ended.tasks())
        return found

    def output_paths(self, task: int, name: str, host: str) -> tuple[str, str]:
        """The paths of one of its tasks' output and error, given the job's name and host; '' when unknown."""
        if not self.files:
            return "", ""
        index = 0 if self.tasks is None or len(self.files) == 1 else self.tasks.numbers().index(task)
        files = self.files[index]
        return files.paths(self.number, self.id(task).task, name, host)

    def deletion(self, task: int) -> Deletion:
        """What is known of a deletion of one of its tasks."""
        from drmaa_cli.jobs.reason import Deletion  # noqa: PLC0415  # once anything has ended

        if task in self.deleted:
            return Deletion.CERTAIN if task in self.requested else Deletion.SEEN
        return Deletion.ASKED if task in self.asked else Deletion.NONE

    def row(self, task: int) -> JobRow | None:
        """The row of the last listing that shows the task."""
        index = self._index
        if index is None or index.rows is not self.rows:
            index = self._index = RowIndex(self.rows)
        return index.find(task)


class RowIndex:
    """One job's rows of a listing by task: those of an array with many states are many, or list many tasks.

    Args:
        rows: the rows.
    """

    def __init__(self, rows: tuple[JobRow, ...]) -> None:
        self.rows = rows
        self._of_task: dict[int, JobRow] = {}
        self._of_range: list[tuple[range, JobRow]] = []
        for row in rows:
            if row.tasks is None:
                self._of_task.setdefault(NO_TASK, row)
                continue
            for first, last, step in row.tasks:
                if first == last:
                    self._of_task.setdefault(first, row)
                else:
                    self._of_range.append((range(first, last + 1, step), row))

    def find(self, task: int) -> JobRow | None:
        """The row that is about a task (NO_TASK: of a job that is no array)."""
        row = self._of_task.get(task)
        if row is not None:
            return row
        return next((row for numbers, row in self._of_range if task in numbers), None)
