"""Task numbers as a set that is kept as ranges: two thousand million tasks cost what two cost."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator

from drmaa_cli.gridengine.records import TaskRange

BEYOND = 2**63  # behind every place


class TaskNumbers:
    """Some of the tasks of one array.

    An interrupt leaves it as it was before a change or as it is after it: each is one assignment.

    Args:
        all_tasks: the array's tasks; at the beginning all of them are members.
    """

    __slots__ = ("_parts", "_tasks")

    def __init__(self, all_tasks: TaskRange) -> None:
        self._tasks = all_tasks.numbers()
        size = len(self._tasks)
        # places in the array's range, ascending and disjoint: the first of each part, and behind its last
        self._parts = [(0, size)] if size else []

    def copy(self) -> TaskNumbers:
        """The same tasks in another set."""
        new = object.__new__(TaskNumbers)
        new._tasks, new._parts = self._tasks, self._parts.copy()
        return new

    def __len__(self) -> int:
        return sum(end - start for start, end in self._parts)

    def __bool__(self) -> bool:
        return bool(self._parts)

    def __iter__(self) -> Iterator[int]:
        for start, end in self._parts.copy():
            yield from self._tasks[start:end]

    def __contains__(self, task: object) -> bool:
        if not isinstance(task, int) or task not in self._tasks:
            return False
        place = self._tasks.index(task)
        found = bisect_right(self._parts, (place, BEYOND)) - 1
        return found >= 0 and place < self._parts[found][1]

    def intersection(self, tasks: Iterable[int]) -> set[int]:
        """Those of some tasks that are members."""
        return {task for task in tasks if task in self}

    def __sub__(self, others: Container[int]) -> set[int]:
        """The members that are not among some others, one by one."""
        return {task for task in self if task not in others}

    def discard(self, task: int) -> None:
        """Leave one task out."""
        if task in self:
            place = self._tasks.index(task)
            self._cut(place, place + 1)

    def discard_range(self, part: TaskRange) -> None:
        """Leave the tasks of a range out."""
        numbers = part.numbers()
        step = self._tasks.step
        if len(numbers) == 1:
            self.discard(part.first)
        elif part.step == step and (part.first - self._tasks.start) % step == 0:
            self._cut((part.first - self._tasks.start) // step, (part.last - self._tasks.start) // step + 1)
        elif len(numbers) <= len(self):
            for task in numbers:
                self.discard(task)
        else:
            for task in [task for task in self if task in numbers]:
                self.discard(task)

    def _cut(self, start: int, end: int) -> None:
        """Leave out the places from start up to (not including) end."""
        low = bisect_right(self._parts, (start, BEYOND))
        if low and self._parts[low - 1][1] > start:
            low -= 1
        high = bisect_left(self._parts, (end,), low)
        kept = []
        for first, last in self._parts[low:high]:
            if first < start:
                kept.append((first, start))
            if last > end:
                kept.append((end, last))
        self._parts[low:high] = kept
