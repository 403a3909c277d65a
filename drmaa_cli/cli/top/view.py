"""Which jobs and tasks are shown, and in which order."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from drmaa_cli.cli.top.model import Job, StateKind, Task
from drmaa_cli.typed import NamedTuple

RECENT = 3600.0  # seconds after its end for which a job is among the recent ones


class ShownEnds(enum.Enum):
    """Which jobs are shown of those that have ended."""

    RECENT = "not ended, or within the hour"
    ALL = "ended ones, too"
    NONE = "not ended"


class Order(enum.Enum):
    """What jobs are sorted by; numbers and times with the greatest first."""

    SUBMITTED = "submission"
    STATE = "state"
    TIME = "latest change"
    TASKS = "number of tasks"
    NAME = "name"
    SESSION = "session"


_KEYS: Mapping[Order, Callable[[Job], object]] = {
    Order.SUBMITTED: lambda job: (-int(job.submitted or job.last), -job.number),  # qstat tells seconds
    Order.STATE: lambda job: (not job.open, job.kind, -job.number),
    Order.TIME: lambda job: (-job.last, -job.number),
    Order.TASKS: lambda job: (-len(job.tasks), -job.number),
    Order.NAME: lambda job: (job.name.lower(), -job.number),
    Order.SESSION: lambda job: (not job.session, job.session, -job.number),
}


class Choice(NamedTuple):
    """What is to be shown.

    Attributes:
        words: the filter: each must be found, in whichever field; ``!word`` must not.
        order: what is sorted by.
        backwards: whether the order is reversed.
        ended: which of those that have ended.
        unfolded: the arrays whose tasks are shown, by their ids.
    """

    words: str = ""
    order: Order = Order.SUBMITTED
    backwards: bool = False
    ended: ShownEnds = ShownEnds.RECENT
    unfolded: frozenset[tuple[str, int, float]] = frozenset()


class BoardRow(NamedTuple):
    """A line: a job, or a task of an array that is unfolded.

    Attributes:
        job: the job.
        task: the task, or None.
        is_open: whether its tasks are shown below.
    """

    job: Job
    task: Task | None = None
    is_open: bool = False

    @property
    def id(self) -> tuple[tuple[str, int, float], int | None]:
        """What tells it from others, in this look and the next."""
        return self.job.id, None if self.task is None else self.task.number

    @property
    def name(self) -> str:
        """Its id, as DRMAA has it; that of an array is its number."""
        return str(self.job.number) if self.task is None else f"{self.job.number}.{self.task.number}"

    @property
    def single(self) -> Task | None:
        """The task it is about; None of a whole array."""
        if self.task is None and not self.job.is_array:
            return self.job.tasks[0]
        return self.task


def chosen(jobs: Iterable[Job], choice: Choice, now: float) -> list[Job]:
    """The jobs that are shown, without a filter, in no order."""
    if choice.ended is ShownEnds.ALL:
        return list(jobs)
    since = now - RECENT if choice.ended is ShownEnds.RECENT else float("inf")
    return [job for job in jobs if job.open or job.last >= since]


def rows(jobs: Iterable[Job], choice: Choice, now: float) -> list[BoardRow]:
    """The lines from top to bottom.

    Args:
        jobs: all that are known.
        choice: which are shown, and how.
        now: epoch seconds.
    """
    test = _test(choice.words)
    shown: list[tuple[Job, Sequence[Task]]] = []
    for job in chosen(jobs, choice, now):
        own = _text(job)
        tasks: Sequence[Task] = ()
        if job.is_array and job.id in choice.unfolded:
            tasks = [task for task in job.tasks if test(f"{own} {_task_text(job, task)}")]
        if tasks or test(f"{own} {_states(job)}"):
            shown.append((job, tasks))
    shown.sort(key=lambda pair: _KEYS[choice.order](pair[0]), reverse=choice.backwards)  # type: ignore[return-value,arg-type]
    found = []
    for job, tasks in shown:
        found.append(BoardRow(job, None, job.id in choice.unfolded and job.is_array))
        found += [BoardRow(job, task) for task in sorted(tasks, key=lambda task: (task.kind, task.number))]
    return found


def _test(words: str) -> Callable[[str], bool]:
    """Whether all words of a filter hold for a text."""
    wanted = [word for word in words.lower().split() if not word.startswith("!")]
    unwanted = [word[1:] for word in words.lower().split() if word.startswith("!") and word != "!"]

    def test(text: str) -> bool:
        text = text.lower()
        return all(word in text for word in wanted) and not any(word in text for word in unwanted)

    return test


def _text(job: Job) -> str:
    return f"{job.number} {job.name} {job.key} {job.session}"


def _states(job: Job) -> str:
    """The states of all its tasks, and where they are."""
    kinds = " ".join(kind.name for kind in job.counts)
    places = " ".join({task.where: None for task in job.tasks if task.where})
    return f"{' '.join(job.states)} {kinds} {places}"


def _task_text(job: Job, task: Task) -> str:
    return f"{job.number}.{task.number} {task.state} {task.kind.name} {task.where}"


def totals(jobs: Iterable[Job]) -> Mapping[StateKind, int]:
    """How many tasks are of which kind."""
    found: Counter[StateKind] = Counter()
    for job in jobs:
        found.update(job.counts)
    return found


def ids(rows: Iterable[BoardRow]) -> dict[str, list[str]]:
    """The ids by which rows are changed, by their sessions; '' of jobs that no session has.

    The tasks of an array that is named itself are left out, and so is what has ended.
    """
    rows = list(rows)
    whole = {row.job.id for row in rows if row.task is None}
    found: dict[str, list[str]] = {}
    for row in rows:
        is_open = row.job.open if row.task is None else row.task.end is None
        if is_open and (row.task is None or row.job.id not in whole):
            found.setdefault(row.job.session, []).append(row.name)
    return found
