"""Task id lists as Grid Engine folds them: ``1-9:2``, ``3,5,7,8,10,14,16-20:2``.

The folding depends on how a list came about: Grid Engine splits ranges when ids are taken out and
joins neighbours when ids are put in (captures ``state.array_mix``, ``qstat.array_*``). The list of
tasks that were there from the start is folded by taking out what is missing, any other list by
putting its ids in one by one.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Range, TaskSet


def _joined(left: Range, right: Range) -> Range | None:
    """One range for two neighbours, if Grid Engine would join them."""
    single_left = left.first == left.last
    single_right = right.first == right.last
    if left.last + left.step == right.first and left.step == right.step:
        return Range(left.first, right.last, left.step)
    if single_left and left.step == 1 and left.last == right.first - right.step:
        return Range(left.first, right.last, right.step)
    if single_right and right.step == 1 and left.last + left.step == right.last:
        return Range(left.first, right.last, left.step)
    if single_left and single_right and left.step == right.step == 1:
        return Range(left.first, right.first, right.first - left.first)
    return None


def _joined_all(pieces: Iterable[Range]) -> list[Range]:
    """Join neighbours from the left."""
    result: list[Range] = []
    for piece in pieces:
        both = _joined(result[-1], piece) if result else None
        if both is None:
            result.append(piece)
        else:
            result[-1] = both
    return result


def _run(first: int, last: int, step: int) -> Range:
    return Range(first, last, step if first != last else 1)


def folded_by_removal(members: TaskSet) -> list[Range]:
    """The whole array without its missing ids, taken out in ascending order."""
    pieces: list[Range] = []
    mask = members.mask
    index = 0
    while mask >> index:
        rest = mask >> index
        index += (rest & -rest).bit_length() - 1
        rest = mask >> index
        length = (~rest & (rest + 1)).bit_length() - 1
        first = members.first + index * members.step
        last = first + (length - 1) * members.step
        pieces.append(_run(first, last, members.step))
        index += length
    return _joined_all(pieces)


def folded_by_insertion(ids: Iterable[int]) -> list[Range]:
    """Ids put in one after the other, ascending; neighbours are joined after each."""
    result: list[Range] = []
    for task in ids:
        if result and result[-1].last + result[-1].step == task:
            result[-1] = Range(result[-1].first, task, result[-1].step)
        else:
            result.append(Range(task, task, 1))
        if len(result) > 1:
            both = _joined(result[-2], result[-1])
            if both is not None:
                result[-2:] = [both]
    return result


def print_ranges(ranges: Iterable[Range], steps: bool = True) -> str:
    """``1-5:2,7,9``: two ids are written as two; ``steps`` False leaves the step out (PE ranges)."""
    words: list[str] = []
    for piece in ranges:
        if piece.first == piece.last:
            words.append(str(piece.first))
        elif piece.first + piece.step == piece.last:
            words.append(f"{piece.first},{piece.last}")
        else:
            words.append(f"{piece.first}-{piece.last}" + (f":{piece.step}" if steps else ""))
    return ",".join(words)


def original_ranges(structure: Range, members: TaskSet) -> list[Range]:
    """Tasks that are as they were at submission."""
    if members.mask == TaskSet.full(structure).mask:
        return [_run(structure.first, structure.ids()[-1], structure.step)]
    return folded_by_removal(members)


def changed_ranges(members: Iterable[int]) -> list[Range]:
    """Tasks whose state was changed one by one (held, released, in error)."""
    if isinstance(members, TaskSet) and members.mask:
        low = (members.mask & -members.mask).bit_length() - 1
        block = members.mask >> low
        if block & (block + 1) == 0:
            first = members.first + low * members.step
            return [_run(first, first + (block.bit_length() - 1) * members.step, members.step)]
    return folded_by_insertion(members)


def original_tasks(structure: Range, members: TaskSet) -> str:
    """:func:`original_ranges` as text."""
    return print_ranges(original_ranges(structure, members))


def changed_tasks(members: Iterable[int]) -> str:
    """:func:`changed_ranges` as text."""
    return print_ranges(changed_ranges(members))
