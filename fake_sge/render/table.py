"""The qstat table: fixed columns, cut and padded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Callable, NamedTuple

from ..lighter import record
from ..model import CellConfig, Job
from ..model.task_lists import written
from ..model.urgency import request_urgency
from .detail_resources import binding_text
from .formats import Clock, days_duration, fixed
from .listing import Line

_BASE_RULE = "-" * 93
_EXTENDED_RULE = "-" * 79
_TASKS_RULE = "-" * 53
_URGENCY_RULE = "-" * 64
_PRIORITY_RULE = "-" * 35
_EXTENDED_TITLES = "tckts ovrts otckt ftckt stckt share "
_USAGE_TITLES = "cpu        mem     io      "


@record(frozen=True)
class Columns:
    """Which columns are shown: -ext, -urg, -pri, -t, -g t, -f, -r; the queue column's ``width``."""

    extended: bool = False
    urgency: bool = False
    priority: bool = False
    tasks: bool = False
    by_slot: bool = False
    full: bool = False
    resources: bool = False
    binding: bool = True
    width: int = 30
    number: int = 7  # width of the job numbers

    @property
    def times(self) -> bool:
        """-ext alone hides the time."""
        return not self.extended or self.tasks or self.urgency or self.priority


class Column(NamedTuple):
    """A column: its title and the text of a cell, with the blanks between columns.

    ``blank`` is how much of the further lines of a task is left empty; None: they have the cell, too.
    """

    title: str
    cell: Callable[[Line], str]
    blank: int | None = None


class JobTable:
    """Formats lines. ``details`` is what ``-r`` adds below one."""

    def __init__(
        self,
        columns: Sequence[Column],
        rule: str,
        indent: str = "",
        details: Callable[[Line], str] | None = None,
    ) -> None:
        self._columns = columns
        self._rule = rule
        self._indent = indent
        self._details = details

    def header(self) -> str:
        """The two heading lines."""
        titles = "".join(column.title for column in self._columns)
        return f"{self._indent}{titles}\n{self._indent}{self._rule}\n"

    def rows(self, lines: Iterable[Line]) -> list[str]:
        """The text of each line, with what ``-r`` adds."""
        return [self._row(line) for line in lines]

    def _row(self, line: Line) -> str:
        if line.first:
            text = "".join([cell(line) for _, cell, _ in self._columns])
        else:
            text = "".join(" " * blank if blank else cell(line) for _, cell, blank in self._columns)
        details = self._details(line) if self._details is not None else ""
        return f"{self._indent}{text}\n{details}"


def plain_table(
    columns: Columns, clock: Clock, indent: str = "", details: Callable[[Line], str] | None = None
) -> JobTable:
    """The table of all but OCS 9.2."""
    shown = [*_left(columns, clock), *_right(columns)]
    rule = _BASE_RULE + "-" * (columns.width - 10 + columns.by_slot)
    for wanted, part in (
        (columns.extended, _EXTENDED_RULE),
        (columns.tasks, _TASKS_RULE),
        (columns.urgency, _URGENCY_RULE),
        (columns.priority, _PRIORITY_RULE),
    ):
        rule += part if wanted else ""
    return JobTable(shown, rule, indent, details)


def _left(columns: Columns, clock: Clock) -> list[Column]:
    """What is blank in the further lines of a task."""
    ext, urg, pri, width = columns.extended, columns.urgency, columns.priority, columns.number

    def when(line: Line) -> str:
        task = line.task if line.running else None
        return clock.table(line.job.submission_time if task is None else task.start_time) + " "

    def deadline(line: Line) -> str:
        seconds = line.job.spec.deadline
        return clock.table(seconds) + " " if seconds else " " * 20

    found = [
        (
            True,
            Column(
                f"{'job-ID':<{width}} prior  ",
                lambda line: f"{line.job.number:{width}d} {line.priority:7.5f} ",
                width + 9,
            ),
        ),
        (pri or urg, Column(" nurg   ", lambda line: f"{line.job.normalised_urgency:7.5f} ", 8)),
        (pri, Column(" npprior", lambda line: f"{line.job.normalised_priority:7.5f} ", 8)),
        (pri or ext, Column(" ntckts ", lambda line: f"{line.tickets:7.5f} ", 8)),
        (urg, Column(" urg      rrcontr  wtcontr  dlcontr ", _contributions, 36)),
        (pri, Column("  ppri", lambda line: f"{line.job.spec.priority:5d} ", 18)),
        (
            True,
            Column(
                f" {'name':<10} {'user':<12} ",
                lambda line: f"{line.job.spec.name[:10]:<10} {line.job.spec.owner[:12]:<12} ",
                24,
            ),
        ),
        (ext, Column("project          department ", _accounts, 28)),
        (True, Column("state ", lambda line: f"{line.state[:5]:<5} ", 6)),
        (columns.times, Column("submit/start at     ", when, 20)),
        (urg, Column(" deadline           ", deadline, 20)),
    ]
    return [column for wanted, column in found if wanted]


def _right(columns: Columns) -> list[Column]:
    def queue(line: Line) -> str:
        if line.granted is None or columns.full:
            return nothing
        return fixed(line.granted.instance, columns.width) + " "

    nothing = "" if columns.full else " " * (columns.width + 1)

    usage = Column(_USAGE_TITLES + _EXTENDED_TITLES, lambda line: _usage(line) + _tickets(line))
    slots = (
        Column("master ", lambda line: f"{line.master or '':<7}")
        if columns.by_slot
        else Column("slots ", lambda line: f"{line.slots:5d} ")
    )
    return [
        *([usage] if columns.extended else []),
        Column(fixed("queue", columns.width) + " ", queue),
        slots,
        Column("ja-task-ID ", lambda line: line.tasks if line.job.spec.is_array else "       "),
        Column(f"task-ID state {_USAGE_TITLES}stat failed " if columns.tasks else "", lambda _line: ""),
    ]


def _contributions(line: Line) -> str:
    job = line.job
    parts = (job.urgency, job.resource_contribution, job.waiting_contribution, job.deadline_contribution)
    return "".join(f"{value:8.3g} " if value > 99999999 else f"{value:8.0f} " for value in parts)


def _accounts(line: Line) -> str:
    spec = line.job.spec
    return f"{fixed(spec.project or 'NA', 16)} {fixed(spec.department or 'NA', 10)} "


def _usage(line: Line) -> str:
    usage = line.task.usage if line.task is not None and line.first else {}
    missing = "NA" if line.running else ""
    cpu = days_duration(usage["cpu"]) + " " if "cpu" in usage else f"{missing:<10} "
    mem = f"{usage['mem']:.5f} " if "mem" in usage else f"{missing:<7} "
    return cpu + mem + (f"{usage['io']:.5f} " if "io" in usage else f"{missing:<7} ")


def _tickets(line: Line) -> str:
    if line.zombie:
        return "   NA " * 6
    tickets = line.granted_tickets
    return f"{tickets:5d} {line.job.spec.override_tickets:5d} {tickets:5d}     0     0 {line.share:.2f}  "


NAMES: tuple[tuple[str, str, Callable[[Job], Sequence[object]]], ...] = (
    ("Hard requested queues", "hard_req_queue", lambda job: job.spec.hard_queues),
    ("Soft requested queues", "soft_req_queue", lambda job: job.spec.soft_queues),
    ("Master task hard requested queues", "master_hard_req_queue", lambda job: job.spec.master_queues),
    ("Predecessor Jobs (request)", "predecessor_jobs_req", lambda job: job.spec.hold_jid),
    ("Predecessor Jobs", "predecessor_jobs", lambda job: job.predecessors),
    ("Predecessor Array Jobs (request)", "ad_predecessor_jobs_req", lambda job: job.spec.hold_jid_ad),
    ("Predecessor Array Jobs", "ad_predecessor_jobs", lambda job: job.predecessors_ad),
)
"""Names that ``-r`` prints: the title and the XML tag of each kind, and what it is of a job."""


def requested(job: Job, line: Line) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What ``-r`` prints below a line before and after the resources: titles and values."""
    spec, task = job.spec, line.task
    first = (
        ("Full jobname", spec.name),
        ("Master Queue", line.granted.instance if line.granted is not None else ""),
        ("Requested PE", f"{spec.pe} {written(spec.pe_ranges, steps=False)}" if spec.pe else ""),
        ("Granted PE", f"{task.granted_pe} {task.slots}" if task is not None and task.granted_pe else ""),
    )
    last = [(title, ", ".join(map(str, names(job)))) for title, _, names in NAMES if names(job)]
    return [row for row in first if row[1]], last


def requested_details(line: Line, binding: bool, config: CellConfig) -> str:
    """What ``-r`` prints below a line."""
    job, spec = line.job, line.job.spec
    first, last = requested(job, line)
    first += [("Checkpoint Env.", spec.checkpoint)] if spec.checkpoint is not None else []
    hard = [
        f"{name}={value} ({request_urgency(job.spec, name, value, config):f})"
        for name, value in spec.hard_resources
    ]
    soft = [f"{name}={value}" for name, value in spec.soft_resources]
    rows = [f"{title}:{' ' * max(1, 17 - len(title))}{value}" for title, value in first]
    rows += [
        f"{title} Resources:   " + "\n                         ".join(resources)
        for title, resources in (("Hard", hard), ("Soft", soft))
    ]
    rows += [f"{title}: {names}" for title, names in last]
    rows += ["Binding:          " + binding_text(spec.binding)] if binding else []
    return "".join(f"       {row}\n" for row in rows)
