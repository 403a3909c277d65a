"""Sets of an array's task numbers, and values for some of them, against Python's own sets and dicts."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.task_map import TaskMap
from drmaa_cli.jobs.task_numbers import TaskNumbers


@st.composite
def ranges(draw: st.DrawFn) -> TaskRange:
    first, count, step = draw(st.integers(1, 30)), draw(st.integers(1, 30)), draw(st.integers(1, 4))
    return TaskRange(first, first + (count - 1) * step, step)


def check(numbers: TaskNumbers, expected: set[int]) -> None:
    """It has these members, in parts that are as few as can be."""
    assert list(numbers) == sorted(expected)
    assert (len(numbers), bool(numbers)) == (len(expected), bool(expected))
    assert numbers == expected
    parts = list(numbers.parts())
    assert [task for part in parts for task in part.numbers()] == sorted(expected)
    assert all(part.last + part.step < following.first for part, following in zip(parts, parts[1:]))


@given(ranges(), st.lists(ranges(), max_size=4), st.lists(st.integers(1, 60), max_size=5))
@example(TaskRange(1, 9, 2), [TaskRange(2, 8, 2), TaskRange(3, 5, 2)], [7, 8])
@example(TaskRange(1, 3, 1), [TaskRange(1, 40, 2)], [])
@example(TaskRange(1, 30, 1), [TaskRange(2, 8, 3)], [])
@example(TaskRange(3, 30, 3), [TaskRange(1, 40, 2), TaskRange(1, 40, 4)], [])
def test_like_a_set(whole: TaskRange, parts: list[TaskRange], tasks: list[int]) -> None:
    numbers, expected = TaskNumbers(whole), set(whole.numbers())
    before = numbers.copy()
    for part in parts:
        assert set(numbers.among(part)) == expected & set(part.numbers())
        numbers.discard_range(part)
        expected -= set(part.numbers())
    for task in tasks:
        numbers.discard(task)
        expected.discard(task)
    check(numbers, expected)
    assert numbers.intersection(range(200)) == expected
    assert [task for task in range(200) if task in numbers] == sorted(expected)
    check(numbers.within(parts), set())
    assert list(before) == list(whole.numbers())


@given(st.data())
def test_two_sets(data: st.DataObject) -> None:
    one, other = data.draw(ranges()), data.draw(ranges())
    for second in (one, other):
        some = data.draw(st.sets(st.sampled_from(one.numbers())))
        more = data.draw(st.sets(st.sampled_from(second.numbers())))
        first, last = TaskNumbers.of(one, some), TaskNumbers.of(second, more)
        check(first, some)
        check(first.among(last), some & more)
        check(first.without(last), some - more)
        both = first.copy()
        both.add_all(last)
        check(both, some | (more & set(one.numbers())))
        assert all(first.has_any(part) == bool(some & set(part.numbers())) for part in last.parts())
        check(first, some)


def test_what_would_be_billions_one_by_one() -> None:
    numbers = TaskNumbers(TaskRange(1, 2**31 - 1))
    numbers.discard_range(TaskRange(2, 2**31 - 2, 2**30))
    assert len(list(numbers.parts())) == 3
    assert not TaskNumbers(TaskRange(1, 5)).among(TaskRange(7, 2**31 - 1, 2**31 - 9))
    assert list(TaskNumbers(TaskRange(1, 9, 2)).among(TaskRange(2, 2**31 - 1, 2**30))) == []


class Changes:
    """A map and a dict that have been given the same."""

    def __init__(self, whole: TaskRange) -> None:
        self.found: TaskMap[str] = TaskMap(whole)
        self.expected: dict[int, str] = {}

    def put(self, tasks: TaskNumbers, value: str) -> None:
        self.found.put_all(tasks, value)
        self.expected.update(dict.fromkeys(tasks, value))

    def put_one(self, tasks: TaskNumbers, value: str) -> None:
        for task in list(tasks)[:1]:
            self.found.put(task, value)
            self.expected[task] = value

    def discard(self, tasks: TaskNumbers, _: str) -> None:
        self.found.discard_all(tasks)
        for task in tasks:
            self.expected.pop(task, None)

    def discard_one(self, tasks: TaskNumbers, _: str) -> None:
        for task in list(tasks)[:1]:
            self.found.discard(task)
            self.expected.pop(task, None)

    def keep(self, tasks: TaskNumbers, _: str) -> None:
        self.found.keep(tasks)
        self.expected = {task: value for task, value in self.expected.items() if task in tasks}

    def change(self, _: TaskNumbers, value: str) -> None:
        self.found.change(lambda old: (old + value)[:3])
        self.expected = {task: (old + value)[:3] for task, old in self.expected.items()}

    def check(self, tasks: TaskNumbers) -> None:
        found, expected = self.found, self.expected
        assert dict(found) == expected
        assert list(found) == sorted(expected)
        assert (len(found), bool(found)) == (len(expected), bool(expected))
        assert [task for task in range(150) if task in found] == sorted(expected)
        assert set(found.tasks()) == set(expected)
        assert found.first() == min(expected, default=None)
        assert {task: value for part, value in found.spans() for task in part.numbers()} == expected
        chosen = {task: value for task, value in expected.items() if task in tasks}
        assert {task: value for some, value in found.values_of(tasks) for task in some} == chosen
        sets = list(found.split(tasks))
        assert sorted(task for some in sets for task in some) == list(tasks)
        assert all(len({expected.get(task) for task in some}) == 1 for some in sets)


@given(st.data())
def test_like_a_dict(data: st.DataObject) -> None:
    whole = TaskRange(1, 100) if data.draw(st.booleans()) else data.draw(ranges())
    changes = Changes(whole)
    for name in data.draw(
        st.lists(st.sampled_from("put put put_one discard discard_one keep change".split()))
    ):
        part = data.draw(ranges())
        getattr(changes, name)(TaskNumbers(whole).among(part), data.draw(st.sampled_from("ab")))
        changes.check(TaskNumbers(whole).among(data.draw(ranges())))


def test_a_million_tasks_with_one_value_are_one_entry() -> None:
    whole = TaskRange(1, 10**6)
    found: TaskMap[str] = TaskMap(whole)
    found.put_all(TaskNumbers(whole), "same")
    found.put(7, "other")
    found.discard(10**5)
    assert found.entries() == 2
    assert (found[7], found[8], found.get(10**5), len(found)) == ("other", "same", None, 10**6 - 1)


def test_tasks_whose_value_is_such_are_found_in_entries_and_one_by_one() -> None:
    whole = TaskRange(1, 100)
    found: TaskMap[str] = TaskMap(whole)
    found.put_all(TaskNumbers(TaskRange(1, 50)), "ended")
    found.put_all(TaskNumbers(TaskRange(61, 80)), "runs")
    found.put(7, "runs")
    found.put(90, "ended")
    assert found.where(lambda value: value == "runs") == {7, *range(61, 81)}
    assert found.where(lambda value: value == "ended") == {*range(1, 51), 90} - {7}
    assert found.where(lambda value: value == "waits") == set()


def test_the_operators_of_sets_make_sets() -> None:
    numbers = TaskNumbers(TaskRange(1, 9, 2))
    assert numbers & {3, 4, 5} == {3, 5}
    assert numbers | {4} == {1, 3, 4, 5, 7, 9}
    assert numbers - {1, 3, 5} == {7, 9}
    assert numbers ^ {1, 2} == {2, 3, 5, 7, 9}
