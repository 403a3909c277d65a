"""Task id ranges: ``MIN-MAX:STEP`` values and compact sets of array task ids.

Pure values without any I/O. A :class:`TaskSet` keeps 75,000 tasks in 9 kB, which is what lets
arrays stay unexpanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..lighter import NamedTuple


class Range(NamedTuple):
    """``first-last:step`` as in ``qsub -t`` and ``qsub -pe``; ``last`` need not be hit by the step.

    For a PE range without an upper bound (``-pe smp 2-``) ``last`` is 9999999, as in Grid Engine.
    """

    first: int
    last: int
    step: int = 1

    def ids(self) -> range:
        """The ids in ascending order."""
        return range(self.first, self.last + 1, max(1, self.step))

    @property
    def size(self) -> int:
        """How many ids there are; no range need be made for it."""
        return max(0, (self.last - self.first) // max(1, self.step) + 1)

    def within(self, whole: Range) -> Range:
        """The part of it that lies between the first and the last id of another range."""
        step = max(1, self.step)
        first = self.first + max(0, -(-(whole.first - self.first) // step)) * step
        return Range(first, min(self.last, whole.last), self.step)

    def __str__(self) -> str:
        """``1-9:2``: the form in which qsub echoes a task range."""
        return f"{self.first}-{self.last}:{self.step}"


class TaskSet:
    """An immutable set of task ids of one job (all on the grid ``first + i * step``).

    Set operators work between sets of the same job; ``set & [Range, ...]`` style selection is
    :meth:`select`. Iteration is in ascending order.
    """

    __slots__ = ("first", "mask", "step")

    def __init__(self, first: int, step: int, mask: int) -> None:
        self.first = first
        self.step = step
        self.mask = mask

    @classmethod
    def full(cls, structure: Range) -> TaskSet:
        """All ids of a job's array structure (``Range(1, 1, 1)`` for a job without ``-t``)."""
        return cls(structure.first, max(1, structure.step), (1 << len(structure.ids())) - 1)

    def _like(self, mask: int) -> TaskSet:
        return TaskSet(self.first, self.step, mask)

    def _mask_of(self, other: TaskSet) -> int:
        if other.first != self.first or other.step != self.step:
            raise ValueError("task sets of different jobs")
        return other.mask

    def of(self, ids: Iterable[int]) -> TaskSet:
        """A set of the same job with these ids; ids that are not on the job's grid are left out."""
        mask = 0
        for task in ids:
            index, rest = divmod(task - self.first, self.step)
            if rest == 0 and index >= 0:
                mask |= 1 << index
        return self._like(mask)

    def select(self, ranges: Sequence[Range]) -> TaskSet:
        """The members that lie in any of the ranges."""
        mask = 0
        for piece in ranges:
            if piece.step == 1:
                low = max(0, -(-(piece.first - self.first) // self.step))
                high = min((piece.last - self.first) // self.step, self.mask.bit_length() - 1)
                if high >= low:
                    mask |= ((1 << (high - low + 1)) - 1) << low
            else:
                top = self.first + self.step * self.mask.bit_length()
                mask |= self.of(Range(piece.first, min(piece.last, top), piece.step).ids()).mask
        return self._like(self.mask & mask)

    def __or__(self, other: TaskSet) -> TaskSet:
        return self._like(self.mask | self._mask_of(other))

    def __and__(self, other: TaskSet) -> TaskSet:
        return self._like(self.mask & self._mask_of(other))

    def __contains__(self, task: object) -> bool:
        if not isinstance(task, int):
            return False
        index, rest = divmod(task - self.first, self.step)
        return rest == 0 and index >= 0 and bool(self.mask >> index & 1)

    def __iter__(self) -> Iterator[int]:
        bits = bin(self.mask)[:1:-1]
        index = bits.find("1")
        while index >= 0:
            yield self.first + self.step * index
            index = bits.find("1", index + 1)

    def __len__(self) -> int:
        return bin(self.mask).count("1")

    def __bool__(self) -> bool:
        return self.mask != 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TaskSet) and (self.first, self.step, self.mask) == (
            other.first,
            other.step,
            other.mask,
        )

    def __hash__(self) -> int:
        return hash((self.first, self.step, self.mask))

    def __reduce__(self) -> tuple[type[TaskSet], tuple[int, int, int]]:
        return TaskSet, (self.first, self.step, self.mask)

    def __repr__(self) -> str:
        return f"TaskSet({','.join(map(str, self))})"
