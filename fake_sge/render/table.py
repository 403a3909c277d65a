"""The qstat table: fixed columns, cut and padded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Callable, NamedTuple

from ..lighter import record
from ..model import CellConfig, Job
from ..model.task_lists import written
from ..model.urgency import request_urgency
from .detail_resources import binding_text
from .formats import Clock, days_duration
from .listing import Line

_USAGE_TITLES = "cpu        mem     io      "
# Of all but OCS 9.2, by the column: its title, a cell with the blanks between columns, and how much of the
# further lines of a task is left empty instead (0: they have the cell, too).
_PLAIN = {
    "prior": ("prior  ", "{:>7} ", 8),
    "nurg": (" nurg   ", "{:>7} ", 8),
    "npprior": (" npprior", "{:>7} ", 8),
    "ntckts": (" ntckts ", "{:>7} ", 8),
    "urg": (" urg      ", "{:>8} ", 9),
    "rrcontr": ("rrcontr  ", "{:>8} ", 9),
    "wtcontr": ("wtcontr  ", "{:>8} ", 9),
    "dlcontr": ("dlcontr ", "{:>8} ", 9),
    "pri": ("  ppri", "{:>5} ", 18),
    "name": (" name       ", "{:<10.10} ", 11),
    "user": ("user         ", "{:<12.12} ", 13),
    "project": ("project          ", "{:<16.16} ", 17),
    "department": ("department ", "{:<10.10} ", 11),
    "state": ("state ", "{:<5.5} ", 6),
    "submit/start at": ("submit/start at     ", "{} ", 20),
    "deadline": (" deadline           ", "{:<19} ", 20),
    "cpu": ("cpu        ", "{:<10} ", 0),
    "mem": ("mem     ", "{:<7} ", 0),
    "io": ("io      ", "{:<7} ", 0),
    **{name: (f"{name} ", "{:>5} ", 0) for name in ("tckts", "ovrts", "otckt", "ftckt", "stckt")},
    "share": ("share ", "{:<5} ", 0),
    "master": ("master ", "{:<6} ", 0),
    "slots": ("slots ", "{:>5} ", 0),
    "ja-task-ID": ("ja-task-ID ", "{}", 0),
}
# Of OCS 9.2: the width to which each is cut and padded.
_WIDE = {
    "job-ID": ">10",
    "prior": "<7",
    "nurg": "<7",
    "npprior": "<7",
    "ntckts": "<7",
    "urg": ">8",
    "rrcontr": ">8",
    "wtcontr": ">8",
    "dlcontr": ">8",
    "pri": ">5",
    "name": "<10",
    "user": "<12",
    "project": "<16",
    "department": "<10",
    "state": "<5",
    "submit/start at": "<19",
    "deadline": "<19",
    "cpu": "<10",
    "mem": "<7",
    "io": "<7",
    "share": "<5",
    "master": "<6",
    "slots": "<6",
    **dict.fromkeys(("tckts", "ovrts", "otckt", "ftckt", "stckt"), "<5"),
    "task-ID": "<16",
    "stat": "<4",  # of slave tasks there are titles only
}


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


Text = Callable[[Line], object]  # of a cell, before it is cut and padded


class Column(NamedTuple):
    """A column: its title, the form of a cell with the blanks between columns, and the text of one.

    ``blank`` is how much of the further lines of a task is left empty; 0: they have the cell, too.
    """

    title: str
    form: str
    text: Text
    blank: int = 0


class JobTable:
    """Formats lines. ``details`` is what ``-r`` adds below one."""

    def __init__(
        self,
        columns: Sequence[Column],
        rule: str,
        indent: str = "",
        details: Callable[[Line], str] | None = None,
    ) -> None:
        self._header = f"{indent}{''.join(column.title for column in columns)}\n{indent}{rule}\n"
        self._details = details
        further = [column for column in columns if not column.blank]
        blank = " " * sum(column.blank for column in columns)
        self._first = f"{indent}{''.join(column.form for column in columns)}\n"
        self._further = f"{indent}{blank}{''.join(column.form for column in further)}\n"
        self._texts = [column.text for column in columns]
        self._further_texts = [column.text for column in further]

    def header(self) -> str:
        """The two heading lines."""
        return self._header

    def rows(self, lines: Iterable[Line]) -> list[str]:
        """The text of each line, with what ``-r`` adds."""
        return [self._row(line) for line in lines]

    def _row(self, line: Line) -> str:
        if line.first:
            text = self._first.format(*[text(line) for text in self._texts])
        else:
            text = self._further.format(*[text(line) for text in self._further_texts])
        return text + self._details(line) if self._details is not None else text


def _texts(columns: Columns, clock: Clock) -> dict[str, Text]:
    """The columns that are shown but for those of slave tasks, by their names."""
    ext, urg, pri, full = columns.extended, columns.urgency, columns.priority, columns.full

    def when(line: Line) -> str:
        task = line.task if line.running else None
        return clock.table(line.job.submission_time if task is None else task.start_time)

    def deadline(line: Line) -> str:
        seconds = line.job.spec.deadline
        return clock.table(seconds) if seconds else ""

    def queue(line: Line) -> str:
        return line.granted.instance if line.granted is not None and not full else ""

    found: list[tuple[bool, str, Text]] = [
        (True, "job-ID", lambda line: line.job.number),
        (True, "prior", lambda line: f"{line.priority:7.5f}"),
        (pri or urg, "nurg", lambda line: f"{line.job.normalised_urgency:7.5f}"),
        (pri, "npprior", lambda line: f"{line.job.normalised_priority:7.5f}"),
        (pri or ext, "ntckts", lambda line: f"{line.tickets:7.5f}"),
        (urg, "urg", lambda line: contribution(line.job.urgency)),
        (urg, "rrcontr", lambda line: contribution(line.job.resource_contribution)),
        (urg, "wtcontr", lambda line: contribution(line.job.waiting_contribution)),
        (urg, "dlcontr", lambda line: contribution(line.job.deadline_contribution)),
        (pri, "pri", lambda line: line.job.spec.priority),
        (True, "name", lambda line: line.job.spec.name),
        (True, "user", lambda line: line.job.spec.owner),
        (ext, "project", lambda line: line.job.spec.project or "NA"),
        (ext, "department", lambda line: line.job.spec.department or "NA"),
        (True, "state", lambda line: line.state),
        (columns.times, "submit/start at", when),
        (urg, "deadline", deadline),
        (ext, "cpu", _usage("cpu", days_duration)),
        (ext, "mem", _usage("mem", "{:.5f}".format)),
        (ext, "io", _usage("io", "{:.5f}".format)),
        (ext, "tckts", _tickets(lambda line: line.granted_tickets)),
        (ext, "ovrts", _tickets(lambda line: line.job.spec.override_tickets)),
        (ext, "otckt", _tickets(lambda line: line.granted_tickets)),
        (ext, "ftckt", _tickets(lambda _line: 0)),
        (ext, "stckt", _tickets(lambda _line: 0)),
        (ext, "share", lambda line: "   NA" if line.zombie else f"{line.share:.2f}"),
        (True, "queue", queue),
        (columns.by_slot, "master", lambda line: line.master or ""),
        (not columns.by_slot, "slots", lambda line: line.slots),
        (True, "ja-task-ID", lambda line: line.tasks if line.job.spec.is_array else ""),
    ]
    return {name: text for wanted, name, text in found if wanted}


def contribution(value: float) -> str:
    """A part of a job's urgency."""
    return f"{value:.3g}" if value > 99999999 else f"{value:.0f}"


def _usage(name: str, form: Callable[[float], str]) -> Text:
    def text(line: Line) -> str:
        usage = line.task.usage if line.task is not None and line.first else {}
        return form(usage[name]) if name in usage else "NA" if line.running else ""

    return text


def _tickets(value: Callable[[Line], int]) -> Text:
    return lambda line: "NA" if line.zombie else value(line)


def plain_table(
    columns: Columns, clock: Clock, indent: str = "", details: Callable[[Line], str] | None = None
) -> JobTable:
    """The table of all but OCS 9.2."""
    width, number = columns.width, columns.number
    texts = _texts(columns, clock)
    texts["ja-task-ID"] = lambda line: line.tasks if line.job.spec.is_array else "       "
    fit = f"<{width}.{width}" if width >= 0 else ""  # C takes a negative precision for none
    forms = {
        **_PLAIN,
        "job-ID": (f"{'job-ID':<{number}} ", f"{{:>{number}}} ", number + 1),
        "queue": (f"{'queue':{fit}} ", "{}" if columns.full else f"{{:{fit}}} ", 0),
    }
    shown = [Column(*forms[name][:2], text, forms[name][2]) for name, text in texts.items()]
    if columns.tasks:
        shown.append(Column(f"task-ID state {_USAGE_TITLES}stat failed ", "{}", lambda _line: ""))
    rule = 93 + max(0, width - 10 + columns.by_slot)
    rule += 79 * columns.extended + 53 * columns.tasks + 64 * columns.urgency + 35 * columns.priority
    return JobTable(shown, "-" * rule, indent, details)


def wide_table(columns: Columns, clock: Clock, details: Callable[[Line], str] | None = None) -> JobTable:
    """The table of OCS 9.2: each column has a width of its own, and the rule is as long as all of them."""
    texts = _texts(columns, clock)
    if columns.full:
        del texts["queue"]
    shown = []
    for name, text in texts.items():
        width = f"<{max(columns.width, len(name))}" if name == "queue" else _WIDE.get(name, "<10")
        cut = "" if name == "ja-task-ID" else f".{width[1:]}"
        shown.append(Column(f"{name:<{width[1:]}} ", f"{{!s:{width}{cut}}} ", text))
    hidden = ("task-ID", "state", "cpu", "mem", "io", "stat") if columns.tasks else ()
    shown += [Column(f"{name:<{_WIDE[name][1:]}} ", "{}", lambda _line: "") for name in hidden]
    return JobTable(shown, "-" * sum(len(column.title) for column in shown), details=details)


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
