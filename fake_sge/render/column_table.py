"""The qstat table of OCS 9.2: every column has a width of its own, and the rule is as long as all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable, NamedTuple

from .formats import Clock, days_duration
from .listing import Line
from .table import Columns

_TICKETS = ("tckts", "ovrts", "otckt", "ftckt", "stckt")


class _Column(NamedTuple):
    title: str
    width: int
    text: Callable[[Line], str]
    left: bool = True

    def cell(self, text: str) -> str:
        """Cut and padded, with the blank after it."""
        text = text[: self.width] if self.title != "ja-task-ID" else text
        return (text.ljust(self.width) if self.left else text.rjust(self.width)) + " "


def _usage(name: str, form: Callable[[float], str]) -> Callable[[Line], str]:
    def text(line: Line) -> str:
        usage = line.task.usage if line.task is not None and line.first else {}
        return form(usage[name]) if name in usage else "NA" if line.running else ""

    return text


def _amount(value: float) -> str:
    return f"{value:.5f}"


class ColumnTable:
    """Formats lines; ``details`` is what ``-r`` adds below one."""

    def __init__(self, columns: Columns, clock: Clock, details: Callable[[Line], str] | None = None) -> None:
        self._columns = columns
        self._clock = clock
        self._details = details
        self._shown = [*self._first(), *self._middle(), *self._last()]

    def header(self) -> str:
        """The titles and the rule."""
        hidden = self._hidden()
        titles = "".join(f"{column.title:<{column.width}} " for column in (*self._shown, *hidden))
        return f"{titles}\n{'-' * len(titles)}\n"

    def rows(self, lines: Iterable[Line]) -> list[str]:
        """The text of each line."""
        return [
            "".join(column.cell(column.text(line)) for column in self._shown)
            + "\n"
            + (self._details(line) if self._details is not None else "")
            for line in lines
        ]

    def _first(self) -> list[_Column]:
        ext, urg, pri = self._columns.extended, self._columns.urgency, self._columns.priority
        columns = [
            _Column("job-ID", 10, lambda line: str(line.job.number), False),
            _Column("prior", 7, lambda line: f"{line.priority:7.5f}"),
        ]
        if pri or urg:
            columns.append(_Column("nurg", 7, lambda line: f"{line.job.normalised_urgency:7.5f}"))
        if pri:
            columns.append(_Column("npprior", 7, lambda line: f"{line.job.normalised_priority:7.5f}"))
        if pri or ext:
            columns.append(_Column("ntckts", 7, lambda line: f"{line.tickets:7.5f}"))
        if urg:
            columns += [
                _Column("urg", 8, lambda line: f"{line.job.urgency:.0f}", False),
                _Column("rrcontr", 8, lambda line: f"{line.job.resource_contribution:.0f}", False),
                _Column("wtcontr", 8, lambda line: f"{line.job.waiting_contribution:.0f}", False),
                _Column("dlcontr", 8, lambda line: f"{line.job.deadline_contribution:.0f}", False),
            ]
        if pri:
            columns.append(_Column("pri", 5, lambda line: str(line.job.spec.priority), False))
        return columns

    def _middle(self) -> list[_Column]:
        columns = [
            _Column("name", 10, lambda line: line.job.spec.name),
            _Column("user", 12, lambda line: line.job.spec.owner),
        ]
        if self._columns.extended:
            columns += [
                _Column("project", 16, lambda line: line.job.spec.project or "NA"),
                _Column("department", 10, lambda line: line.job.spec.department or "NA"),
            ]
        columns.append(_Column("state", 5, lambda line: line.state))
        if self._columns.times:
            columns.append(_Column("submit/start at", 19, self._when))
        if self._columns.urgency:
            columns.append(_Column("deadline", 19, self._deadline))
        return columns

    def _last(self) -> list[_Column]:
        columns: list[_Column] = []
        if self._columns.extended:
            columns += [
                _Column("cpu", 10, _usage("cpu", days_duration)),
                _Column("mem", 7, _usage("mem", _amount)),
                _Column("io", 7, _usage("io", _amount)),
                *(_Column(title, 5, lambda _line: "0") for title in _TICKETS),
                _Column("share", 5, lambda _line: "0.00"),
            ]
        if not self._columns.full:
            columns.append(_Column("queue", self._columns.width, _queue))
        if self._columns.by_slot:
            columns.append(_Column("master", 6, lambda line: line.master or ""))
        else:
            columns.append(_Column("slots", 6, lambda line: str(line.slots)))
        columns.append(_Column("ja-task-ID", 10, lambda line: line.tasks if line.job.spec.is_array else ""))
        return columns

    def _hidden(self) -> list[_Column]:
        """The columns of slave tasks, which have titles only."""
        if not self._columns.tasks:
            return []
        widths = (("task-ID", 16), ("state", 5), ("cpu", 10), ("mem", 7), ("io", 7), ("stat", 4))
        return [_Column(title, width, lambda _line: "") for title, width in widths]

    def _when(self, line: Line) -> str:
        task = line.task if line.running else None
        return self._clock.table(task.start_time if task is not None else line.job.submission_time)

    def _deadline(self, line: Line) -> str:
        deadline = line.job.spec.deadline
        return self._clock.table(deadline) if deadline else ""


def _queue(line: Line) -> str:
    return line.granted.instance if line.granted is not None else ""
