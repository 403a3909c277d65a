"""Lists of task ids as Grid Engine keeps and writes them: ``3,5,7-9:1,10,14,16-20:2``.

The ranges of such a list depend on its history: an id that is taken out splits a range, one that is put
in extends a neighbour or stands alone, and after each change neighbours are joined once from the left. The
rules are those of a real 8.1.9 (``tests/fake/data/task_lists.jsonl``); a job's sets of tasks are
:class:`~fake_sge.model.ranges.TaskSet`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from .ranges import Range, TaskSet
from .states import Hold

_BEYOND = 1 << 62  # no task has such a number
KINDS_OF_HOLD = (Hold.USER, Hold.OPERATOR, Hold.SYSTEM, Hold.ARRAY_DEPENDENCY)
_KINDS = (Hold.NONE, *KINDS_OF_HOLD)
# The order in which qstat lists the combinations of holds.
_ORDER = tuple(Hold(bits) for bits in (0, 1, 2, 4, 8, 3, 5, 9, 6, 10, 12, 7, 11, 13, 14, 15))


class TaskList:
    """An immutable list: ascending ranges that do not overlap. A single id has the step 1."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: Iterable[Range] = ()) -> None:
        self.pieces = tuple(pieces)

    @classmethod
    def full(cls, structure: Range) -> TaskList:
        """All tasks of a new job."""
        return cls([_run(structure.first, structure.ids()[-1], structure.step)])

    @classmethod
    def collected(cls, ids: Iterable[int]) -> TaskList:
        """Ids that are put in one after the other, and joined at the end alone."""
        pieces: list[Range] = []
        for task in ids:
            _insert(pieces, task)
        _join(pieces, 0, len(pieces) - 1)
        return cls(pieces)

    def changed(self, changes: Iterable[tuple[int, bool]]) -> TaskList:
        """With ids put in (True) or taken out (False), one after the other."""
        pieces = list(self.pieces)
        for task, inside in changes:
            place = (_insert if inside else _remove)(pieces, task)
            if place is not None:
                _join(pieces, *place)
        return TaskList(pieces)

    def with_tasks(self, tasks: Iterable[int]) -> TaskList:
        """With more ids, one after the other."""
        return self.changed((task, True) for task in tasks)

    def without_tasks(self, tasks: Iterable[int]) -> TaskList:
        """Without some ids, taken out one after the other."""
        return self.changed((task, False) for task in tasks)

    def __and__(self, other: TaskList) -> TaskList:
        """The ids of this list that are in the other one, too."""
        if self == other and len(self.pieces) <= 1:
            return self
        members = set(other)
        return TaskList().with_tasks(task for task in self if task in members)

    def __sub__(self, other: TaskList) -> TaskList:
        """This list without the ids of the other one."""
        if not self or not other:
            return self
        if self == other:
            return TaskList()
        return self.without_tasks(other)

    def as_set(self, structure: Range) -> TaskSet:
        """The same ids as a set of a job's tasks."""
        grid = max(1, structure.step)
        mask = 0
        for piece in self.pieces:
            stride = piece.step // grid
            count = (piece.last - piece.first) // piece.step + 1
            bits = (1 << count * stride) - 1 if count > 1 else 1  # of a single one the step says nothing
            mask |= bits // ((1 << stride) - 1 if count > 1 else 1) << (piece.first - structure.first) // grid
        return TaskSet(structure.first, grid, mask)

    def __iter__(self) -> Iterator[int]:
        for piece in self.pieces:
            yield from piece.ids()

    def __bool__(self) -> bool:
        return bool(self.pieces)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TaskList) and self.pieces == other.pieces

    def __hash__(self) -> int:
        return hash(self.pieces)

    def __reduce__(self) -> tuple[type[TaskList], tuple[tuple[Range, ...]]]:
        return TaskList, (self.pieces,)

    def __str__(self) -> str:
        return written(self.pieces)

    def __repr__(self) -> str:
        return f"TaskList({self})"


class HoldLists:
    """The never started tasks of a job: those without a hold, and those with each kind of hold. Immutable.

    A task with two kinds of hold is in two lists.
    """

    __slots__ = ("_sets", "_waiting", "lists", "structure")

    def __init__(self, structure: Range, lists: Mapping[Hold, TaskList]) -> None:
        self.structure = structure
        self.lists = {kind: found for kind, found in lists.items() if found}
        self._sets: dict[Hold, TaskSet] = {}
        self._waiting: TaskSet | None = None

    @classmethod
    def full(cls, structure: Range, hold: Hold) -> HoldLists:
        """All tasks of a new job with the same holds."""
        everything = TaskList.full(structure)
        return cls(structure, {kind: everything for kind in _KINDS if _belongs(hold, kind)})

    def __bool__(self) -> bool:
        return bool(self.lists)

    def __getitem__(self, kind: Hold) -> TaskList:
        return self.lists.get(kind, _NOBODY)

    def members(self, kind: Hold) -> TaskSet:
        """One of the lists as a set."""
        found = self._sets.get(kind)
        if found is None:
            found = self._sets[kind] = self[kind].as_set(self.structure)
        return found

    @property
    def waiting(self) -> TaskSet:
        """All tasks that are in any of the lists."""
        if self._waiting is None:
            waiting = self.members(Hold.NONE)
            for kind in self.lists:
                waiting |= self.members(kind)
            self._waiting = waiting
        return self._waiting

    def moved(self, holds: Mapping[int, Hold]) -> HoldLists:
        """With other holds of some tasks, one task after the other."""
        lists = {
            kind: self[kind].changed((task, _belongs(hold, kind)) for task, hold in holds.items())
            for kind in _KINDS
        }
        return HoldLists(self.structure, lists)

    def without(self, tasks: Iterable[int]) -> HoldLists:
        """Without tasks that were started or deleted, one after the other."""
        gone = list(tasks)
        lists = {kind: found.without_tasks(gone) for kind, found in self.lists.items()}
        return HoldLists(self.structure, lists)

    def groups(self) -> list[tuple[Hold, TaskList]]:
        """The tasks by all their holds, each a line of qstat, in its order."""
        if len(self.lists) == 1:
            return list(self.lists.items())
        groups: list[tuple[Hold, TaskList]] = []
        for hold in _ORDER:
            kinds = [kind for kind in _KINDS if _belongs(hold, kind)]
            found = self[kinds[0]]
            for kind in kinds[1:]:
                found &= self[kind]
            for kind in KINDS_OF_HOLD:
                if kind not in kinds:
                    found -= self[kind]
            if found:
                groups.append((hold, found))
        return groups

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HoldLists) and (self.structure, self.lists) == (
            other.structure,
            other.lists,
        )

    def __hash__(self) -> int:
        return hash(tuple(self.lists.items()))

    def __reduce__(self) -> tuple[type[HoldLists], tuple[Range, dict[Hold, TaskList]]]:
        return HoldLists, (self.structure, self.lists)

    def __repr__(self) -> str:
        return f"HoldLists({self.lists})"


_NOBODY = TaskList()


def _belongs(hold: Hold, kind: Hold) -> bool:
    return bool(hold & kind) if kind else not hold


def written(pieces: Iterable[Range], steps: bool = True) -> str:
    """``1-5:2,7,9``: two ids are written as two; ``steps`` False leaves the step out (PE ranges)."""
    words: list[str] = []
    for piece in pieces:
        if piece.first == piece.last:
            words.append(str(piece.first))
        elif piece.first + piece.step == piece.last:
            words.append(f"{piece.first},{piece.last}")
        else:
            words.append(f"{piece.first}-{piece.last}" + (f":{piece.step}" if steps else ""))
    return ",".join(words)


def _run(first: int, last: int, step: int) -> Range:
    return Range(first, last, step if first != last else 1)


def _at_or_before(pieces: list[Range], task: int) -> int:
    """The index of the last range that does not begin after an id; -1 for none."""
    return bisect_right(pieces, Range(task, _BEYOND)) - 1


def _insert(pieces: list[Range], task: int) -> tuple[int, int] | None:
    """Put in an id: a neighbour grows by its step, the one before first; in a gap of a range it splits that.

    Returns the first and the last place that changed, None when the id was there.
    """
    index = _at_or_before(pieces, task)
    if index >= 0:
        before = pieces[index]
        if task <= before.last:
            steps, rest = divmod(task - before.first, before.step)
            if not rest:
                return None
            middle = before.first + steps * before.step
            pieces[index : index + 1] = [
                _run(before.first, middle, before.step),
                Range(task, task, 1),
                _run(middle + before.step, before.last, before.step),
            ]
            return index, index + 2
        if before.last + before.step == task:
            pieces[index] = Range(before.first, task, before.step)
            return index, index
    if index + 1 < len(pieces):
        after = pieces[index + 1]
        if after.first - after.step == task:
            pieces[index + 1] = Range(task, after.last, after.step)
            return index + 1, index + 1
    pieces.insert(index + 1, Range(task, task, 1))
    return index + 1, index + 1


def _remove(pieces: list[Range], task: int) -> tuple[int, int] | None:
    """Take out an id: what is left and right of it keeps the step. Returns as :func:`_insert`."""
    index = _at_or_before(pieces, task)
    if index < 0:
        return None
    piece = pieces[index]
    if task > piece.last or (task - piece.first) % piece.step:
        return None
    rest = []
    if task > piece.first:
        rest.append(_run(piece.first, task - piece.step, piece.step))
    if task < piece.last:
        rest.append(_run(task + piece.step, piece.last, piece.step))
    pieces[index : index + 1] = rest
    return index, index + len(rest) - 1


def _joined(left: Range, right: Range) -> Range | None:
    """One range for two neighbours, if Grid Engine joins them."""
    single_left = left.first == left.last
    single_right = right.first == right.last
    if left.last + left.step == right.first and left.step == right.step:
        return Range(left.first, right.last, left.step)
    if single_left and left.last == right.first - right.step:
        return Range(left.first, right.last, right.step)
    if single_right and left.last + left.step == right.last:
        return Range(left.first, right.last, left.step)
    if single_left and single_right:
        return Range(left.first, right.first, right.first - left.first)
    return None


def _join(pieces: list[Range], first: int, last: int) -> None:
    """Join neighbours from the left where ``first`` to ``last`` changed; all others were joined before."""
    index = max(0, first - 1)
    while index <= last and index + 1 < len(pieces):
        both = _joined(pieces[index], pieces[index + 1])
        if both is None:
            index += 1
        else:
            pieces[index : index + 2] = [both]
            last = max(index, last - 1)
