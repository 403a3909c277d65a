"""The qstat table of OCS 9.2: every column has a width of its own, and the rule is as long as all of them."""

from __future__ import annotations

from typing import Callable

from .formats import Clock, days_duration
from .listing import Line
from .table import Column, Columns, JobTable

_OF_TASKS = (("task-ID", 16), ("state", 5), ("cpu", 10), ("mem", 7), ("io", 7), ("stat", 4))
_TICKETS: tuple[tuple[str, Callable[[Line], int]], ...] = (
    ("tckts", lambda line: line.granted_tickets),
    ("ovrts", lambda line: line.job.spec.override_tickets),
    ("otckt", lambda line: line.granted_tickets),
    ("ftckt", lambda _line: 0),
    ("stckt", lambda _line: 0),
)


def _column(title: str, width: int, text: Callable[[Line], str], left: bool = True) -> Column:
    """Cut and padded, with the blank after it."""

    def cell(line: Line) -> str:
        cut = text(line)[: width if title != "ja-task-ID" else None]
        return (cut.ljust(width) if left else cut.rjust(width)) + " "

    return Column(f"{title:<{width}} ", cell)


def _usage(name: str, form: Callable[[float], str]) -> Callable[[Line], str]:
    def text(line: Line) -> str:
        usage = line.task.usage if line.task is not None and line.first else {}
        return form(usage[name]) if name in usage else "NA" if line.running else ""

    return text


def _number(value: Callable[[Line], int]) -> Callable[[Line], str]:
    return lambda line: str(value(line))


def _amount(value: float) -> str:
    return f"{value:.5f}"


def wide_table(columns: Columns, clock: Clock, details: Callable[[Line], str] | None = None) -> JobTable:
    """The table; ``details`` is what ``-r`` adds below a line."""
    shown = [*_first(columns), *_middle(columns, clock), *_last(columns)]
    rule = "-" * sum(len(column.title) for column in shown)
    return JobTable(shown, rule, details=details)


def _first(columns: Columns) -> list[Column]:
    ext, urg, pri = columns.extended, columns.urgency, columns.priority
    found = [
        (True, _column("job-ID", 10, lambda line: str(line.job.number), False)),
        (True, _column("prior", 7, lambda line: f"{line.priority:7.5f}")),
        (pri or urg, _column("nurg", 7, lambda line: f"{line.job.normalised_urgency:7.5f}")),
        (pri, _column("npprior", 7, lambda line: f"{line.job.normalised_priority:7.5f}")),
        (pri or ext, _column("ntckts", 7, lambda line: f"{line.tickets:7.5f}")),
        (urg, _column("urg", 8, lambda line: f"{line.job.urgency:.0f}", False)),
        (urg, _column("rrcontr", 8, lambda line: f"{line.job.resource_contribution:.0f}", False)),
        (urg, _column("wtcontr", 8, lambda line: f"{line.job.waiting_contribution:.0f}", False)),
        (urg, _column("dlcontr", 8, lambda line: f"{line.job.deadline_contribution:.0f}", False)),
        (pri, _column("pri", 5, lambda line: str(line.job.spec.priority), False)),
    ]
    return [column for wanted, column in found if wanted]


def _middle(columns: Columns, clock: Clock) -> list[Column]:
    def when(line: Line) -> str:
        task = line.task if line.running else None
        return clock.table(task.start_time if task is not None else line.job.submission_time)

    def deadline(line: Line) -> str:
        seconds = line.job.spec.deadline
        return clock.table(seconds) if seconds else ""

    found = [
        (True, _column("name", 10, lambda line: line.job.spec.name)),
        (True, _column("user", 12, lambda line: line.job.spec.owner)),
        (columns.extended, _column("project", 16, lambda line: line.job.spec.project or "NA")),
        (columns.extended, _column("department", 10, lambda line: line.job.spec.department or "NA")),
        (True, _column("state", 5, lambda line: line.state)),
        (columns.times, _column("submit/start at", 19, when)),
        (columns.urgency, _column("deadline", 19, deadline)),
    ]
    return [column for wanted, column in found if wanted]


def _last(columns: Columns) -> list[Column]:
    shown: list[Column] = []
    if columns.extended:
        shown += [
            _column("cpu", 10, _usage("cpu", days_duration)),
            _column("mem", 7, _usage("mem", _amount)),
            _column("io", 7, _usage("io", _amount)),
            *(_column(title, 5, _number(value)) for title, value in _TICKETS),
            _column("share", 5, lambda line: f"{line.share:.2f}"),
        ]
    if not columns.full:
        shown.append(_column("queue", columns.width, _queue))
    if columns.by_slot:
        shown.append(_column("master", 6, lambda line: line.master or ""))
    else:
        shown.append(_column("slots", 6, lambda line: str(line.slots)))
    shown.append(_column("ja-task-ID", 10, lambda line: line.tasks if line.job.spec.is_array else ""))
    hidden = _OF_TASKS if columns.tasks else ()  # the columns of slave tasks, which have titles only
    return shown + [Column(f"{title:<{width}} ", lambda _line: "") for title, width in hidden]


def _queue(line: Line) -> str:
    return line.granted.instance if line.granted is not None else ""
