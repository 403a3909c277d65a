"""``qstat -xml``: job_info with its two parts."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import CellConfig, Job, Task
from ..model.flavours import Flavour
from ..model.task_lists import written
from ..model.urgency import request_urgency
from .detail_resources import binding_text
from .elements import opening
from .formats import Clock, finished, xml_escape
from .listing import Line
from .table import NAMES, Columns, contribution


def document(flavour: Flavour, queues: str, jobs: str) -> str:
    """The document around the listing of running (``queues``) and other jobs."""
    return finished(
        flavour,
        opening(flavour, "job_info", "qstat") + f"  <queue_info>\n{queues}  </queue_info>\n"
        f"  <job_info>\n{jobs}  </job_info>\n</job_info>\n",
    )


def summary_document(flavour: Flavour, rows: str) -> str:
    """The document of ``-g c``."""
    return finished(flavour, f"{opening(flavour, 'job_info', 'qstat')}{rows}</job_info>\n")


class JobListXml:
    """Writes job_list elements."""

    def __init__(self, flavour: Flavour, columns: Columns, clock: Clock, config: CellConfig) -> None:
        self._flavour = flavour
        self._submission_tag = flavour.submission_tag
        self._columns = columns
        self._clock = clock
        self._config = config
        self._simple = not (
            columns.extended or columns.urgency or columns.priority or columns.resources or columns.by_slot
        )
        self._escaped: dict[str, str] = {}

    def rows(self, lines: Iterable[Line], state: str, depth: int = 2) -> list[str]:
        """Elements for lines; ``state`` is their attribute: running, pending, zombie."""
        if self._simple:
            return [self._simple_row(line, state, "  " * depth) for line in lines]
        return [self._row(line, state, "  " * depth) for line in lines]

    def _text(self, value: str) -> str:
        escaped = self._escaped.get(value)
        if escaped is None:
            escaped = self._escaped[value] = xml_escape(value)
        return escaped

    def _simple_row(self, line: Line, state: str, pad: str) -> str:
        """The form without options, which has to be fast."""
        job = line.job
        tag, moment = self._moment(line.task if line.running else None, job)
        queue = ""
        if not self._columns.full:
            name = line.granted.instance if line.granted is not None else ""
            queue = f"{pad}  <queue_name>{self._text(name)}</queue_name>\n"
        tasks = f"{pad}  <tasks>{line.tasks}</tasks>\n" if job.spec.is_array else ""
        return (
            f'{pad}<job_list state="{state}">\n{pad}  <JB_job_number>{job.number}</JB_job_number>\n'
            f"{pad}  <JAT_prio>{line.priority:.5f}</JAT_prio>\n"
            f"{pad}  <JB_name>{self._text(job.spec.name)}</JB_name>\n"
            f"{pad}  <JB_owner>{self._text(job.spec.owner)}</JB_owner>\n{pad}  <state>{line.state}</state>\n"
            f"{pad}  <{tag}>{moment}</{tag}>\n"
            f"{queue}{pad}  <slots>{line.slots}</slots>\n{tasks}{pad}</job_list>\n"
        )

    def _row(self, line: Line, state: str, pad: str) -> str:
        items = [(tag, value) for wanted, tag, value in self._members(line) if wanted]
        if self._columns.resources:
            items += self._requests(line)
        body = "".join(f"{pad}  <{tag}>{value}</{tag.partition(' ')[0]}>\n" for tag, value in items)
        return f'{pad}<job_list state="{state}">\n{body}{pad}</job_list>\n'

    def _members(self, line: Line) -> list[tuple[object, str, object]]:
        """What may be shown of a line, in its order: whether it is, its tag and its value."""
        columns, job, task, spec, ocs = (
            self._columns,
            line.job,
            line.task,
            line.job.spec,
            self._flavour.is_ocs,
        )
        extended, urgency, priority = columns.extended, columns.urgency, columns.priority
        usage = task.usage if task is not None and line.first else {}
        started = task if line.running else None
        deadline, shown = spec.deadline, extended and not line.zombie
        return [
            (True, "JB_job_number", job.number),
            (True, "JAT_prio", f"{line.priority:.5f}"),
            (extended or (priority and not ocs), "JAT_ntix", f"{line.tickets:.5f}"),
            (priority, "JB_nppri", f"{job.normalised_priority:.5f}"),
            (urgency or (priority and not ocs), "JB_nurg", f"{job.normalised_urgency:.5f}"),
            (urgency and ocs, "JB_urg", contribution(job.urgency)),
            (urgency, "JB_rrcontr", contribution(job.resource_contribution)),
            (urgency, "JB_wtcontr", contribution(job.waiting_contribution)),
            (urgency, "JB_dlcontr", contribution(job.deadline_contribution)),
            (priority, "JB_priority", spec.priority),
            (True, "JB_name", self._text(spec.name)),
            (True, "JB_owner", self._text(spec.owner)),
            (extended, "JB_project", self._text(spec.project or "")),
            (extended, "JB_department", self._text(spec.department)),
            (True, "state", line.state),
            (columns.times, *self._moment(started, job)),
            (urgency and deadline, "JB_deadline", self._clock.xml(deadline)),
            *(
                (extended and name in usage, f"{name}_usage", f"{usage.get(name, 0.0):.5f}")
                for name in ("cpu", "mem", "io")
            ),
            (shown, "tickets", line.granted_tickets),
            (shown, "JB_override_tickets", spec.override_tickets),
            (shown, "JB_jobshare", int(line.share)),
            (shown, "otickets", line.granted_tickets),
            (shown, "ftickets", 0),
            (shown, "stickets", 0),
            (shown, "JAT_share", f"{line.share:.5f}"),
            (not columns.full, "queue_name", self._text(line.granted.instance) if line.granted else ""),
            (columns.by_slot, "master", line.master or ""),
            (True, "slots", line.slots),
            (spec.is_array, "tasks", line.tasks),
        ]

    def _moment(self, started: Task | None, job: Job) -> tuple[str, str]:
        if started is not None:
            return "JAT_start_time", self._clock.xml(started.start_time)
        return self._submission_tag, self._clock.xml(job.submission_time)

    def _requests(self, line: Line) -> list[tuple[str, object]]:
        job, spec = line.job, line.job.spec
        items: list[tuple[str, object]] = [("full_job_name", self._text(spec.name))]
        if spec.pe is not None:
            ranges = written(spec.pe_ranges, steps=False)
            items.append((f'requested_pe name="{xml_escape(spec.pe)}"', ranges))
        if line.task is not None and line.task.granted_pe:
            items.append((f'granted_pe name="{xml_escape(line.task.granted_pe)}"', line.task.slots))
        for name, value in spec.hard_resources:
            share = request_urgency(job.spec, name, value, self._config)
            items.append(
                (
                    f'hard_request name="{xml_escape(name)}" resource_contribution="{share:f}"',
                    self._text(value),
                )
            )
        items += [
            (f'soft_request name="{xml_escape(name)}"', self._text(value))
            for name, value in spec.soft_resources
        ]
        for _, tag, names in NAMES:
            items += [(tag, self._text(str(name))) for name in names(job)]
        if self._columns.binding:
            items.append(("binding", self._text(binding_text(spec.binding))))
        return items
