"""A value for each of some tasks of an array; one value for many tasks costs what it costs for a few."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.typed import Generic, NamedTuple, TypeVar, cast

V = TypeVar("V")

FEW = 8  # tasks that are given a value together are kept one by one
MANY = 64  # so many outdated entries are tidied up


class _Shared(NamedTuple):
    """Tasks that have one value; never empty."""

    tasks: TaskNumbers
    value: object


class TaskMap(Mapping[int, V], Generic[V]):
    """What is known of some tasks of one array, by their numbers.

    Args:
        all_tasks: the array's tasks.
    """

    __slots__ = ("_all", "_one", "_order", "_shared")

    def __init__(self, all_tasks: TaskRange) -> None:
        self._all = all_tasks
        self._one: dict[int, V] = {}
        self._shared: tuple[_Shared, ...] = ()
        self._order: list[int] | None = None  # heap of the keys of _one, and of some that it no longer has

    def __getitem__(self, task: int) -> V:
        if task in self._one:
            return self._one[task]
        for shared in self._shared:
            if task in shared.tasks:
                return cast(V, shared.value)
        raise KeyError(task)

    def __contains__(self, task: object) -> bool:
        return task in self._one or any(task in shared.tasks for shared in self._shared)

    def __iter__(self) -> Iterator[int]:
        return iter(self.tasks())

    def __len__(self) -> int:
        return len(self._one) + sum(len(shared.tasks) for shared in self._shared)

    def __bool__(self) -> bool:
        return bool(self._one or self._shared)

    def tasks(self) -> TaskNumbers:
        """Those that have a value."""
        found = TaskNumbers.of(self._all, self._one)
        for shared in self._shared:
            found.add_all(shared.tasks)
        return found

    def where(self, holds: Callable[[V], bool]) -> TaskNumbers:
        """Those whose value is such."""
        found = TaskNumbers.of(self._all, (task for task, value in self._one.items() if holds(value)))
        for shared in filter(lambda each: holds(cast(V, each.value)), self._shared):
            found.add_all(shared.tasks)
        return found

    def entries(self) -> int:
        """How many values are kept."""
        return len(self._one) + len(self._shared)

    def spans(self) -> Iterator[tuple[TaskRange, V]]:
        """The values, each with a range of tasks that have it, in no order."""
        for task, value in list(self._one.items()):
            yield TaskRange(task, task), value
        for shared in self._shared:
            for part in shared.tasks.parts():
                yield part, cast(V, shared.value)

    def values_of(self, tasks: TaskNumbers) -> Iterator[tuple[TaskNumbers, V]]:
        """Some tasks by their values, without those that have none."""
        for task in self._ones(tasks):
            yield TaskNumbers.of(self._all, (task,)), self._one[task]
        for shared in self._shared:
            found = shared.tasks.among(tasks)
            if found:
                yield found, cast(V, shared.value)

    def split(self, tasks: TaskNumbers) -> Iterator[TaskNumbers]:
        """Some tasks in sets of those that have the same value, or none."""
        rest = tasks.without(self.tasks()) if self else tasks
        if rest:
            yield rest
        for found, _ in self.values_of(tasks):
            yield found

    def first(self) -> int | None:
        """The first task that has a value."""
        order = self._order
        if order is None or len(order) > max(MANY, 2 * len(self._one)):
            order = self._order = sorted(self._one)
        while order and order[0] not in self._one:
            from heapq import heappop  # noqa: PLC0415  # once a task has ended

            heappop(order)
        firsts = [next(iter(shared.tasks)) for shared in self._shared]
        return min([*order[:1], *firsts], default=None)

    def put(self, task: int, value: V) -> None:
        """Give one task a value."""
        if self._order is not None:
            from heapq import heappush  # noqa: PLC0415

            heappush(self._order, task)
        self._one[task] = value
        if self._shared:
            self._leave_out(TaskNumbers.of(self._all, (task,)))

    def put_all(self, tasks: TaskNumbers, value: V) -> None:
        """Give some tasks a value."""
        if len(tasks) <= FEW:
            for task in tasks:
                self.put(task, value)
            return
        self._leave_out(tasks)
        alike = next((shared for shared in self._shared if shared.value == value), None)
        new = tasks.copy()
        if alike is not None:
            new.add_all(alike.tasks)
        self._shared = (*(shared for shared in self._shared if shared is not alike), _Shared(new, value))
        for task in self._ones(tasks):
            del self._one[task]

    def change(self, new: Callable[[V], V]) -> None:
        """Give every task another value, which depends on the one that it has."""
        self._one = {task: new(value) for task, value in self._one.items()}
        self._shared = tuple(_Shared(tasks, new(cast(V, value))) for tasks, value in self._shared)

    def discard(self, task: int) -> None:
        """Leave one task out."""
        self._one.pop(task, None)
        if self._shared:
            self._leave_out(TaskNumbers.of(self._all, (task,)))

    def discard_all(self, tasks: TaskNumbers) -> None:
        """Leave some tasks out."""
        for task in self._ones(tasks):
            del self._one[task]
        self._leave_out(tasks)

    def keep(self, tasks: TaskNumbers) -> None:
        """Leave all but some tasks out."""
        if self:
            self.discard_all(self.tasks().without(tasks))

    def _ones(self, tasks: TaskNumbers) -> list[int]:
        if not self._one:
            return []
        if len(tasks) < len(self._one):
            return [task for task in tasks if task in self._one]
        return [task for task in self._one if task in tasks]

    def _leave_out(self, tasks: TaskNumbers) -> None:
        if self._shared:
            rest = ((shared.tasks.without(tasks), shared.value) for shared in self._shared)
            self._shared = tuple(_Shared(left, value) for left, value in rest if left)
