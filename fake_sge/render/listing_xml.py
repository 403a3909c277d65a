"""``qstat -xml``: job_info with its two parts."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import CellConfig
from ..model.flavours import Flavour
from ..model.task_lists import written
from ..model.urgency import request_urgency
from .detail_resources import binding_text
from .elements import opening
from .formats import Clock, finished, xml_escape
from .listing import Line
from .table import NAMES, Columns


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


def _contribution(value: float) -> str:
    return f"{value:.3g}" if value > 99999999 else f"{value:.0f}"


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
        if line.running and line.task is not None:
            when = f"<JAT_start_time>{self._clock.xml(line.task.start_time)}</JAT_start_time>"
        else:
            tag = self._submission_tag
            when = f"<{tag}>{self._clock.xml(job.submission_time)}</{tag}>"
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
            f"{pad}  {when}\n{queue}{pad}  <slots>{line.slots}</slots>\n{tasks}{pad}</job_list>\n"
        )

    def _row(self, line: Line, state: str, pad: str) -> str:
        items = [*self._first(line), *self._middle(line)]
        if self._columns.resources:
            items += self._requests(line)
        body = "".join(f"{pad}  <{tag}>{value}</{tag.partition(' ')[0]}>\n" for tag, value in items)
        return f'{pad}<job_list state="{state}">\n{body}{pad}</job_list>\n'

    def _first(self, line: Line) -> list[tuple[str, object]]:
        columns, job = self._columns, line.job
        items: list[tuple[str, object]] = [
            ("JB_job_number", job.number),
            ("JAT_prio", f"{line.priority:.5f}"),
        ]
        ocs = self._flavour.is_ocs
        if columns.extended or (columns.priority and not ocs):
            items.append(("JAT_ntix", f"{line.tickets:.5f}"))
        if columns.priority:
            items.append(("JB_nppri", f"{job.normalised_priority:.5f}"))
        if columns.urgency or (columns.priority and not ocs):
            items.append(("JB_nurg", f"{job.normalised_urgency:.5f}"))
        if columns.urgency:
            if ocs:
                items.append(("JB_urg", _contribution(job.urgency)))
            items += [
                ("JB_rrcontr", _contribution(job.resource_contribution)),
                ("JB_wtcontr", _contribution(job.waiting_contribution)),
                ("JB_dlcontr", _contribution(job.deadline_contribution)),
            ]
        if columns.priority:
            items.append(("JB_priority", job.spec.priority))
        items += [("JB_name", self._text(job.spec.name)), ("JB_owner", self._text(job.spec.owner))]
        if columns.extended:
            items += [
                ("JB_project", self._text(job.spec.project or "")),
                ("JB_department", self._text(job.spec.department)),
            ]
        items.append(("state", line.state))
        if columns.times:
            if line.running and line.task is not None:
                items.append(("JAT_start_time", self._clock.xml(line.task.start_time)))
            else:
                items.append((self._submission_tag, self._clock.xml(job.submission_time)))
        if columns.urgency and job.spec.deadline:
            items.append(("JB_deadline", self._clock.xml(job.spec.deadline)))
        return items

    def _middle(self, line: Line) -> list[tuple[str, object]]:
        columns, job = self._columns, line.job
        items: list[tuple[str, object]] = []
        if columns.extended:
            usage = line.task.usage if line.task is not None and line.first else {}
            items += [
                (f"{name}_usage", f"{usage[name]:.5f}") for name in ("cpu", "mem", "io") if name in usage
            ]
            if not line.zombie:
                items += [
                    ("tickets", line.granted_tickets),
                    ("JB_override_tickets", job.spec.override_tickets),
                    ("JB_jobshare", int(line.share)),
                    ("otickets", line.granted_tickets),
                    ("ftickets", 0),
                    ("stickets", 0),
                    ("JAT_share", f"{line.share:.5f}"),
                ]
        if not columns.full:
            items.append(
                ("queue_name", self._text(line.granted.instance) if line.granted is not None else "")
            )
        if columns.by_slot:
            items.append(("master", line.master or ""))
        items.append(("slots", line.slots))
        if job.spec.is_array:
            items.append(("tasks", line.tasks))
        return items

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
