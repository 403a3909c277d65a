"""Sets of an array's task numbers against Python's own sets."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.task_numbers import TaskNumbers


@st.composite
def ranges(draw: st.DrawFn) -> TaskRange:
    first, count, step = draw(st.integers(1, 30)), draw(st.integers(1, 30)), draw(st.integers(1, 4))
    return TaskRange(first, first + (count - 1) * step, step)


@given(ranges(), st.lists(ranges(), max_size=4), st.lists(st.integers(1, 60), max_size=5))
@example(TaskRange(1, 9, 2), [TaskRange(2, 8, 2), TaskRange(3, 5, 2)], [7, 8])
@example(TaskRange(1, 3, 1), [TaskRange(1, 40, 2)], [])
@example(TaskRange(1, 30, 1), [TaskRange(2, 8, 3)], [])
def test_like_a_set(whole: TaskRange, parts: list[TaskRange], tasks: list[int]) -> None:
    numbers, expected = TaskNumbers(whole), set(whole.numbers())
    before = numbers.copy()
    for part in parts:
        numbers.discard_range(part)
        expected -= set(part.numbers())
    for task in tasks:
        numbers.discard(task)
        expected.discard(task)
    assert sorted(expected) == list(numbers)
    assert (len(numbers), bool(numbers)) == (len(expected), bool(expected))
    assert numbers.intersection(range(200)) == expected
    assert numbers - set(tasks) == expected
    assert [task for task in range(200) if task in numbers] == sorted(expected)
    assert list(before) == list(whole.numbers())
