"""Task numbers as a set that is kept as ranges: two thousand million tasks cost what two cost."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Set
from math import gcd

from drmaa_cli.gridengine.records import TaskRange

BEYOND = 2**63  # behind every place
ITERATED = 8  # going through a range is so much faster than asking it for each task

Part = tuple[int, int]


class TaskNumbers(Set[int]):
    """Some of the tasks of one array.

    An interrupt leaves it as it was before a change or as it is after it: each is one assignment.

    Args:
        all_tasks: the array's tasks; at the beginning all of them are members.
    """

    __slots__ = ("_parts", "_tasks")

    def __init__(self, all_tasks: TaskRange) -> None:
        self._tasks = all_tasks.numbers()
        size = len(self._tasks)
        # ascending, disjoint and apart places in the array's range: the first of a part, and behind its last
        self._parts: list[Part] = [(0, size)] if size else []

    @classmethod
    def none(cls, all_tasks: TaskRange) -> TaskNumbers:
        """None of the tasks of an array."""
        new: TaskNumbers = object.__new__(cls)
        new._tasks, new._parts = all_tasks.numbers(), []
        return new

    @classmethod
    def of(cls, all_tasks: TaskRange, tasks: Iterable[int]) -> TaskNumbers:
        """Those of some numbers that are tasks of an array."""
        new = cls.none(all_tasks)
        whole = new._tasks
        new._parts = _joined(
            sorted((place, place + 1) for place in map(whole.index, filter(whole.__contains__, tasks)))
        )
        return new

    def copy(self) -> TaskNumbers:
        """The same tasks in another set."""
        return self._with(self._parts.copy())

    def parts(self) -> Iterator[TaskRange]:
        """The members as ranges, ascending and as few as possible."""
        step = self._tasks.step
        for start, end in self._parts.copy():
            yield TaskRange(self._tasks[start], self._tasks[end - 1], step)

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

    @classmethod
    def _from_iterable(cls, tasks: Iterable[int]) -> set[int]:  # type: ignore[override]  # what the operators of Set make
        return set(tasks)

    def intersection(self, tasks: Iterable[int]) -> set[int]:
        """Those of some numbers that are members."""
        return {task for task in tasks if task in self}

    def among(self, tasks: TaskNumbers | TaskRange) -> TaskNumbers:
        """The members that are in another set, or in a range."""
        places = self._own(tasks) if isinstance(tasks, TaskNumbers) else self._places(tasks)
        return self._with(_common(self._parts, places))

    def within(self, parts: Iterable[TaskRange]) -> TaskNumbers:
        """The members that are in one of some ranges."""
        found = self._with([])
        for part in parts:
            found.add_all(self.among(part))
        return found

    def without(self, tasks: TaskNumbers) -> TaskNumbers:
        """The members that are not in another set."""
        new = self.copy()
        if tasks._parts:
            new.discard_all(tasks)
        return new

    def has_any(self, part: TaskRange) -> bool:
        """Whether a range of the array's tasks has a member in it."""
        return bool(_common(self._places(part), self._parts))

    def add_all(self, tasks: TaskNumbers) -> None:
        """Take some more tasks in."""
        new = self._own(tasks)
        if not new:
            return
        low = bisect_left(self._parts, (new[0][0],))
        if low and self._parts[low - 1][1] >= new[0][0]:
            low -= 1
        high = bisect_right(self._parts, (new[-1][1], BEYOND))
        self._parts[low:high] = _joined(sorted([*self._parts[low:high], *new]))

    def discard(self, task: int) -> None:
        """Leave one task out."""
        if task in self:
            place = self._tasks.index(task)
            self._cut([(place, place + 1)])

    def discard_all(self, tasks: TaskNumbers) -> None:
        """Leave some tasks out."""
        self._cut(self._own(tasks))

    def discard_range(self, part: TaskRange) -> None:
        """Leave the tasks of a range out."""
        self._cut(self._places(part))

    def _with(self, parts: list[Part]) -> TaskNumbers:
        new: TaskNumbers = object.__new__(TaskNumbers)
        new._tasks, new._parts = self._tasks, parts
        return new

    def _own(self, tasks: TaskNumbers) -> list[Part]:
        """The places here of another set's members."""
        if tasks._tasks == self._tasks:
            return tasks._parts
        return _joined(sorted(place for part in tasks.parts() for place in self._places(part, members=False)))

    def _places(self, part: TaskRange, *, members: bool = True) -> list[Part]:
        """The places of the array's tasks that are in a range; with members, perhaps of the members alone."""
        own = self._tasks
        if part.step == own.step and (part.first - own.start) % own.step == 0:
            start = max((part.first - own.start) // own.step, 0)
            end = min((part.last - own.start) // own.step + 1, len(own))
            return [(start, end)] if start < end else []
        numbers = part.numbers()
        if len(numbers) == 1:
            return [(place, place + 1) for place in map(own.index, filter(own.__contains__, numbers))]
        shared = gcd(part.step, own.step)
        step = part.step * own.step // shared
        apart, odd = divmod(part.first - own.start, shared)
        if odd:
            return []
        first = own.start + own.step * (
            apart * pow(own.step // shared, -1, part.step // shared) % (part.step // shared)
        )
        first += max(0, -(-(part.first - first) // step)) * step
        if first > part.last or first not in own:
            return []
        chosen = range(
            own.index(first), min(len(own), (part.last - own.start) // own.step + 1), step // own.step
        )
        if chosen.step == 1:
            return [(chosen.start, chosen.stop)] if chosen else []
        if members and len(chosen) > ITERATED * len(self):
            return [(place, place + 1) for place in map(own.index, self) if place in chosen]
        return [(place, place + 1) for place in chosen]

    def _cut(self, out: list[Part]) -> None:
        """Leave some places out; ascending and disjoint parts."""
        if not out or not self._parts:
            return
        start, end = out[0][0], out[-1][1]
        low = bisect_right(self._parts, (start, BEYOND))
        if low and self._parts[low - 1][1] > start:
            low -= 1
        high = bisect_left(self._parts, (end,), low)
        if low < high:
            self._parts[low:high] = _less(self._parts[low:high], out)


def _joined(parts: list[Part]) -> list[Part]:
    """Parts in ascending order, those that touch or overlap as one."""
    found: list[Part] = []
    for start, end in parts:
        if found and start <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _common(some: list[Part], others: list[Part]) -> list[Part]:
    """What is in both."""
    if len(some) > len(others):
        some, others = others, some
    found: list[Part] = []
    for start, end in some:
        at = bisect_right(others, (start, BEYOND))
        at -= at > 0 and others[at - 1][1] > start
        while at < len(others) and others[at][0] < end:
            found.append((max(start, others[at][0]), min(end, others[at][1])))
            at += 1
    return found


def _less(parts: list[Part], out: list[Part]) -> list[Part]:
    """What is in the first and not in the second."""
    found: list[Part] = []
    at = 0
    for start, end in parts:
        while at < len(out) and out[at][1] <= start:
            at += 1
        begin, other = start, at
        while other < len(out) and out[other][0] < end:
            if out[other][0] > begin:
                found.append((begin, out[other][0]))
            begin = max(begin, out[other][1])
            other += 1
        at = max(at, other - 1)
        if begin < end:
            found.append((begin, end))
    return found
