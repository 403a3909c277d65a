"""``qstat -xml`` as task groups, ``qstat -j`` as blocks of lines."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree

from ..reports import TaskGroup


def task_groups(xml: str) -> list[TaskGroup]:
    """The jobs of a listing, an entry a line.

    Args:
        xml: what ``qstat -xml`` printed.
    """
    return [_group(row) for row in ElementTree.fromstring(xml).iter("job_list")]


def details(text: str) -> dict[int, dict[str, str]]:
    """The lines ``name: value`` of each job.

    Args:
        text: what ``qstat -j 1,2`` printed.
    """
    found: dict[int, dict[str, str]] = {}
    block: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if name == "job_number":
            block = found.setdefault(int(value), {})
        elif colon:
            block[name] = value.strip()
    return found


def _group(row: ElementTree.Element) -> TaskGroup:
    tasks = row.findtext("tasks", "")
    return TaskGroup(
        job=int(row.findtext("JB_job_number", "0")),
        tasks=_numbers(tasks) if tasks else (1,),
        name=row.findtext("JB_name", ""),
        owner=row.findtext("JB_owner", ""),
        array=bool(tasks),
        submission_time=_instant(row.findtext("JB_submission_time", "")),
        state=row.findtext("state", ""),
        start_time=_instant(row.findtext("JAT_start_time", "")),
        queue=row.findtext("queue_name") or "",
        slots=int(row.findtext("slots", "0")),
    )


def _numbers(text: str) -> tuple[int, ...]:
    """``1-9:2,12`` as numbers."""
    found: list[int] = []
    for piece in text.split(","):
        bounds, _, step = piece.partition(":")
        first, _, last = bounds.partition("-")
        found += range(int(first), int(last or first) + 1, int(step or 1))
    return tuple(found)


def _instant(text: str) -> float:
    """A local time of the listing, or nothing, as epoch seconds; 0 for nothing."""
    return datetime.fromisoformat(text).timestamp() if text else 0.0
