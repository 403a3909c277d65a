"""Task numbers as Grid Engine writes them: ``7``, ``1-9``, ``1-9:2``, ``3,5,16-20:2``.

One grammar for ``qsub -t``, the ``tasks`` element of qstat and ``qsub -terse`` (qsub(1); captures ``qsub.*``,
``qstat.array_*``, ``state.array_mix.*``). Nothing is ever expanded: a range of millions of tasks costs what
``1-2`` costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from drmaa_cli.gridengine.records import TaskRange, TaskSet

__all__ = [
    "MAX_TASK",
    "format_range",
    "format_task_set",
    "normal_range",
    "parse_range",
    "parse_task_set",
]

MAX_TASK = 2**32 - 1  # task numbers are unsigned 32-bit in the qmaster

_RANGE = r"([0-9]{1,10})(?:-([0-9]{1,10})(?::([0-9]{1,10}))?)?"


def parse_range(text: str) -> TaskRange:
    """Read one range.

    qsub echoes a range as it was given: ``1-10:2`` stands for tasks 1, 3, 5, 7, 9. The result is normalised,
    so that ``last`` is the last task (9 here) and the step of a single task is 1.

    Args:
        text: ``N``, ``N-M`` or ``N-M:S``; blanks around it are allowed.

    Raises:
        ValueError: anything else: task 0, M smaller than N, step 0, a number beyond 32 bits.
    """
    found = re.fullmatch(_RANGE, text.strip())
    if found is None:
        raise ValueError(f"not a task range: {text[:80]!r} (expected N, N-M or N-M:S)")
    first = int(found.group(1))
    last = int(found.group(2)) if found.group(2) else first
    step = int(found.group(3)) if found.group(3) else 1
    if not 1 <= first <= last <= MAX_TASK or not 1 <= step <= MAX_TASK:
        raise ValueError(f"not a task range: {text[:80]!r} (tasks count from 1 up, steps too)")
    return normal_range(first, last, step)


def normal_range(first: int, last: int, step: int) -> TaskRange:
    """The range whose ``last`` is really its last member: (1, 10, 2) is 1-9:2, (5, 5, 3) is 5-5:1."""
    last -= (last - first) % step
    return TaskRange(first, last, step if last > first else 1)


def parse_task_set(text: str) -> TaskSet:
    """Read a comma-separated list of ranges, keeping their order.

    Raises:
        ValueError: one of them is not a range, or there is none.
    """
    return TaskSet(parse_range(part) for part in text.split(","))


def format_range(tasks: TaskRange) -> str:
    """``first-last:step``, or just the number of a single task: what ``qsub -t`` and ``qdel -t`` accept."""
    first, last, step = tasks
    return str(first) if first == last else f"{first}-{last}:{step}"


def format_task_set(tasks: Iterable[TaskRange]) -> str:
    """The ranges joined by commas, as qstat prints them."""
    return ",".join(format_range(part) for part in tasks)
