"""Task numbers as a set that is kept as ranges: two thousand million tasks cost what two cost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator

from drmaa_cli.gridengine.records import TaskRange


class TaskNumbers:
    """Some of the tasks of one array.

    Args:
        all_tasks: the array's tasks; at the beginning all of them are members.
    """

    __slots__ = ("_ends", "_size", "_starts", "_tasks")

    def __init__(self, all_tasks: TaskRange) -> None:
        self._tasks = all_tasks.numbers()
        self._size = len(self._tasks)
        self._starts = [0] if self._size else []  # places in the array's range, ascending and disjoint
        self._ends = [self._size] if self._size else []  # each behind the last one

    def copy(self) -> TaskNumbers:
        """The same tasks in another set."""
        new = object.__new__(TaskNumbers)
        new._tasks, new._size = self._tasks, self._size
        new._starts, new._ends = self._starts.copy(), self._ends.copy()
        return new

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return self._size > 0

    def __iter__(self) -> Iterator[int]:
        for start, end in zip(self._starts.copy(), self._ends.copy()):
            yield from self._tasks[start:end]

    def __contains__(self, task: object) -> bool:
        if not isinstance(task, int) or task not in self._tasks:
            return False
        place = self._tasks.index(task)
        found = bisect_right(self._starts, place) - 1
        return found >= 0 and place < self._ends[found]

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
        low = bisect_right(self._ends, start)  # the first range that reaches beyond start
        high = low
        kept: list[tuple[int, int]] = []
        while high < len(self._starts) and self._starts[high] < end:
            first, last = self._starts[high], self._ends[high]
            self._size -= min(last, end) - max(first, start)
            if first < start:
                kept.append((first, start))
            if last > end:
                kept.append((end, last))
            high += 1
        self._starts[low:high] = [first for first, _ in kept]
        self._ends[low:high] = [last for _, last in kept]
