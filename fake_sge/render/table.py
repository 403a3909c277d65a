"""The qstat table: fixed columns, cut and padded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable

from ..model import CellConfig, Job
from .detail_resources import binding_text
from .formats import Clock, days_duration, fixed
from .listing import Line
from .slots import urgency_contribution
from .tasks import print_ranges

_BASE_RULE = "-" * 93
_EXTENDED_RULE = "-" * 79
_TASKS_RULE = "-" * 53
_URGENCY_RULE = "-" * 64
_PRIORITY_RULE = "-" * 35
_EXTENDED_TITLES = "tckts ovrts otckt ftckt stckt share "
_USAGE_TITLES = "cpu        mem     io      "


@dataclass(frozen=True)
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


def header(columns: Columns, indent: str = "") -> str:
    """The two heading lines."""
    ext, urg, pri = columns.extended, columns.urgency, columns.priority
    titles = (
        f"{indent}{'job-ID':<{columns.number}} prior  "
        f"{' nurg   ' if pri or urg else ''}{' npprior' if pri else ''}"
        f"{' ntckts ' if pri or ext else ''}{' urg      rrcontr  wtcontr  dlcontr ' if urg else ''}"
        f"{'  ppri' if pri else ''} {'name':<10} {'user':<12} {'project          department ' if ext else ''}"
        f"state {'submit/start at     ' if columns.times else ''}{' deadline           ' if urg else ''}"
        f"{_USAGE_TITLES + _EXTENDED_TITLES if ext else ''}{fixed('queue', columns.width)} "
        f"{'master' if columns.by_slot else 'slots'} ja-task-ID "
        f"{'task-ID state ' + _USAGE_TITLES + 'stat ' if columns.tasks else ''}"
    )
    if columns.tasks:
        titles += "failed "
    rule = indent + _BASE_RULE + "-" * (columns.width - 10)
    for wanted, part in (
        (columns.by_slot, "-"),
        (ext, _EXTENDED_RULE),
        (columns.tasks, _TASKS_RULE),
        (urg, _URGENCY_RULE),
        (pri, _PRIORITY_RULE),
    ):
        rule += part if wanted else ""
    return f"{titles}\n{rule}\n"


def _contribution(value: float) -> str:
    return f"{value:8.3g} " if value > 99999999 else f"{value:8.0f} "


class JobTable:
    """Formats lines. ``slots_text`` and friends come from the Line; times in the clock's zone."""

    def __init__(
        self, columns: Columns, clock: Clock, indent: str = "", details: Callable[[Line], str] | None = None
    ) -> None:
        self._columns = columns
        self._clock = clock
        self._indent = indent
        self._details = details

    def header(self) -> str:
        """The two heading lines."""
        return header(self._columns, self._indent)

    def rows(self, lines: Iterable[Line]) -> list[str]:
        """The text of each line, with what ``-r`` adds."""
        return [self._row(line) for line in lines]

    def _row(self, line: Line) -> str:
        columns = self._columns
        job = line.job
        text = self._indent + (self._left(line) if line.first else self._blank_left())
        if columns.extended:
            text += self._usage(line) + self._tickets(line)
        if not columns.full:
            text += fixed(line.granted.instance if line.granted else "", columns.width) + " "
        text += f"{line.master or '':<7}" if columns.by_slot else f"{line.slots:5d} "
        text += line.tasks if job.spec.is_array else "       "
        text += "\n"
        return text + (self._details(line) if self._details is not None else "")

    def _left(self, line: Line) -> str:
        columns, job = self._columns, line.job
        if not (columns.extended or columns.urgency or columns.priority):
            when = self._clock.table(
                line.task.start_time if line.running and line.task else job.submission_time
            )
            return (
                f"{job.number:{columns.number}d} {line.priority:7.5f} {job.spec.name[:10]:<10} "
                f"{job.spec.owner[:12]:<12} {line.state[:5]:<5} {when} "
            )
        text = f"{job.number:{columns.number}d} {line.priority:7.5f} "
        if columns.priority or columns.urgency:
            text += f"{job.normalised_urgency:7.5f} "
        if columns.priority:
            text += f"{job.normalised_priority:7.5f} "
        if columns.priority or columns.extended:
            text += f"{line.tickets:7.5f} "
        if columns.urgency:
            text += (
                _contribution(job.urgency)
                + _contribution(job.resource_contribution)
                + _contribution(job.waiting_contribution)
                + _contribution(job.deadline_contribution)
            )
        if columns.priority:
            text += f"{job.spec.priority:5d} "
        text += f"{fixed(job.spec.name, 10)} {fixed(job.spec.owner, 12)} "
        if columns.extended:
            text += f"{fixed(job.spec.project or 'NA', 16)} {fixed(job.spec.department or 'NA', 10)} "
        return text + f"{line.state[:5]:<5} " + self._times(line)

    def _times(self, line: Line) -> str:
        text = ""
        if self._columns.times:
            when = line.task.start_time if line.running and line.task else line.job.submission_time
            text = self._clock.table(when) + " "
        if self._columns.urgency:
            deadline = line.job.spec.deadline
            text += self._clock.table(deadline) + " " if deadline else " " * 20
        return text

    def _blank_left(self) -> str:
        columns = self._columns
        width = columns.number + 9 + 24 + 6
        width += 8 if columns.priority or columns.urgency else 0
        width += 8 if columns.priority else 0
        width += 8 if columns.priority or columns.extended else 0
        width += 36 if columns.urgency else 0
        width += 18 if columns.priority else 0
        width += 28 if columns.extended else 0
        width += 20 if columns.times else 0
        return " " * (width + (20 if columns.urgency else 0))

    @staticmethod
    def _usage(line: Line) -> str:
        usage = line.task.usage if line.task is not None and line.first else {}
        missing = "NA" if line.running else ""
        cpu = days_duration(usage["cpu"]) + " " if "cpu" in usage else f"{missing:<10} "
        mem = f"{usage['mem']:.5f} " if "mem" in usage else f"{missing:<7} "
        return cpu + mem + (f"{usage['io']:.5f} " if "io" in usage else f"{missing:<7} ")

    @staticmethod
    def _tickets(line: Line) -> str:
        if line.zombie:
            return "   NA " * 6
        return f"    0 {line.job.override_tickets:5d}     0     0     0 0.00  "


def requested(job: Job, line: Line) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What ``-r`` prints below a line before and after the resources: titles and values."""
    spec, task = job.spec, line.task
    first = (
        ("Full jobname", spec.name),
        ("Master Queue", line.granted.instance if line.granted is not None else ""),
        ("Requested PE", f"{spec.pe} {print_ranges(spec.pe_ranges, steps=False)}" if spec.pe else ""),
        ("Granted PE", f"{task.granted_pe} {task.slots}" if task is not None and task.granted_pe else ""),
    )
    last = (
        ("Hard requested queues", spec.hard_queues),
        ("Soft requested queues", spec.soft_queues),
        ("Master task hard requested queues", spec.master_queues),
        ("Predecessor Jobs (request)", spec.hold_jid),
        ("Predecessor Jobs", job.predecessors),
        ("Predecessor Array Jobs (request)", spec.hold_jid_ad),
        ("Predecessor Array Jobs", job.predecessors_ad),
    )
    return [row for row in first if row[1]], [
        (title, ", ".join(map(str, names))) for title, names in last if names
    ]


def requested_details(line: Line, binding: bool, config: CellConfig) -> str:
    """What ``-r`` prints below a line."""
    job, spec = line.job, line.job.spec
    first, last = requested(job, line)
    first += [("Checkpoint Env.", spec.checkpoint)] if spec.checkpoint is not None else []
    hard = [
        f"{name}={value} ({urgency_contribution(job, name, value, config):f})"
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
