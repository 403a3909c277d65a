"""Lists of tasks: whatever their ranges, their ids are right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fake_sge.model import Hold, Range
from fake_sge.model.task_lists import HoldLists, TaskList

STRUCTURES = st.builds(Range, st.integers(1, 9), st.integers(9, 60), st.integers(1, 5))
HOLDS = st.sampled_from([Hold(bits) for bits in range(16)])


def checked(found: TaskList) -> list[int]:
    """The ids of a list that keeps its rules."""
    for piece in found.pieces:
        assert piece.step >= 1
        assert (piece.last - piece.first) % piece.step == 0
        assert piece.first < piece.last or piece.step == 1
    for left, right in zip(found.pieces, found.pieces[1:]):
        assert left.last < right.first
    return list(found)


@given(STRUCTURES, st.data())
def test_a_list_has_the_ids_that_were_put_in_and_not_taken_out(structure: Range, data: st.DataObject) -> None:
    everything = list(structure.ids())
    found = TaskList.full(structure) if data.draw(st.booleans()) else TaskList()
    expected = set(found)
    for task, inside in data.draw(st.lists(st.tuples(st.sampled_from(everything), st.booleans()))):
        found = found.changed([(task, inside)])
        expected = expected | {task} if inside else expected - {task}
        assert checked(found) == sorted(expected)
        assert set(found.as_set(structure)) == expected


@given(STRUCTURES, st.data())
def test_operators_agree_with_sets(structure: Range, data: st.DataObject) -> None:
    ids = st.lists(st.sampled_from(list(structure.ids())), unique=True)
    one, other = data.draw(ids), data.draw(ids)
    left, right = TaskList().with_tasks(one), TaskList.collected(sorted(other))
    assert checked(left) == sorted(one)
    assert checked(right) == sorted(other)
    assert checked(left & right) == sorted(set(one) & set(other))
    assert checked(left - right) == sorted(set(one) - set(other))


@given(STRUCTURES, HOLDS, st.data())
def test_every_waiting_task_is_in_one_group_with_its_holds(
    structure: Range, hold: Hold, data: st.DataObject
) -> None:
    expected = dict.fromkeys(structure.ids(), hold)
    lists = HoldLists.full(structure, hold)
    steps = st.tuples(st.sampled_from(list(structure.ids())), st.one_of(st.none(), HOLDS))
    for task, new in data.draw(st.lists(steps)):
        if new is None:
            lists = lists.without([task])
            expected.pop(task, None)
        elif task in expected:
            lists = lists.moved({task: new})
            expected[task] = new
    groups = lists.groups()
    assert {task: found for found, tasks in groups for task in checked(tasks)} == expected
    assert sum(len(list(tasks)) for _, tasks in groups) == len(expected)
    assert set(lists.waiting) == set(expected)
    assert set(lists.members(Hold.NONE)) == {task for task, found in expected.items() if not found}
    for kind in (Hold.USER, Hold.OPERATOR, Hold.SYSTEM, Hold.ARRAY_DEPENDENCY):
        assert set(lists.members(kind)) == {task for task, found in expected.items() if found & kind}


def test_tens_of_thousands_of_tasks_are_a_few_ranges() -> None:
    lists = HoldLists.full(Range(1, 75000, 1), Hold.NONE).without(range(1, 70000, 2))
    assert str(lists[Hold.NONE]) == "2-69998:2,70000-75000:1"
    lists = lists.moved(dict.fromkeys(range(2, 70000, 2), Hold.USER))
    assert [(hold, str(tasks)) for hold, tasks in lists.groups()] == [
        (Hold.NONE, "70000-75000:1"),
        (Hold.USER, "2-69998:2"),
    ]
