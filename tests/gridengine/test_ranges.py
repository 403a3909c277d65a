from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine.ranges import (
    MAX_TASK,
    format_range,
    format_task_set,
    normal_range,
    parse_range,
    parse_task_set,
)
from drmaa_cli.gridengine.records import TaskRange, TaskSet
from tests.gridengine import captured
from tests.tables import each_row

TASKS = st.integers(1, MAX_TASK)


@st.composite
def ranges(draw: st.DrawFn) -> TaskRange:
    first = draw(TASKS)
    return normal_range(first, draw(st.integers(first, MAX_TASK)), draw(TASKS))


@given(ranges())
def test_a_range_survives_being_written_and_read(tasks: TaskRange) -> None:
    assert parse_range(format_range(tasks)) == tasks


@given(st.lists(ranges(), min_size=1))
def test_a_set_survives_being_written_and_read(parts: list[TaskRange]) -> None:
    assert parse_task_set(format_task_set(parts)) == TaskSet(parts)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 50))
def test_the_tasks_are_those_of_the_text(first: int, length: int, step: int) -> None:
    last = first + length - 1
    tasks = parse_range(f"{first}-{last}:{step}")
    members = list(range(first, last + 1, step))
    assert list(tasks.numbers()) == members
    assert tasks.last == members[-1]
    assert [task for task in range(last + 2) if task in tasks] == members


@given(st.text())
def test_any_text_is_a_range_or_a_value_error(text: str) -> None:
    try:
        tasks = parse_range(text)
    except ValueError:
        return
    assert 1 <= tasks.first <= tasks.last <= MAX_TASK


@each_row(
    "text",
    ["", "0", "0-3", "5-1", "1-", "-1", "1-5:0", "1-5:", "1:2", "1,2", "a", "1-2-3", "1.5", "+1", "1 - 2",
     "٣", "1_0", "99999999999", "4294967296"],
)  # fmt: skip
def test_what_is_not_a_range(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        parse_range(text)


@each_row("text", ["", ",", "1,", ",1", "1,,2", "1;2"])
def test_what_is_not_a_set(text: str) -> None:
    with pytest.raises(ValueError, match="not a task range"):
        parse_task_set(text)


def test_a_huge_set_costs_nothing() -> None:
    tasks = parse_task_set("1-4294967295,4294967295")
    assert tasks.size() == 2**32
    assert tasks.has(123456789)


def test_every_range_printed_by_qstat_is_read() -> None:
    printed = {
        text for case in captured.of_tools("qstat") for text in re.findall(r"<tasks>(.*?)</tasks>", case.out)
    }
    assert len(printed) > 20
    for text in printed:
        expected: list[int] = []
        for part in text.split(","):
            bounds, _, step = part.partition(":")
            first, _, last = bounds.partition("-")
            expected += range(int(first), int(last or first) + 1, int(step or 1))
        assert list(parse_task_set(text).numbers()) == expected
