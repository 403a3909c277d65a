"""Rows of a table are tested one by one, and each that fails is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tables import ONE_ROW, ROWS_PER_TEST, FailedRowsError, Row, each_combination, each_row, together


@each_row("number, text", [(number, str(number)) for number in range(2 * ROWS_PER_TEST + 1)])
def test_each_row_has_its_own_directory(text: str, tmp_path: Path, number: int) -> None:
    assert int(text) == number
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()


def parts_of(function: Any) -> list[list[Row]]:
    (mark,) = function.pytestmark
    return list(mark.args[1])


def test_no_row_is_left_out() -> None:
    parts = parts_of(test_each_row_has_its_own_directory)
    assert [len(part) for part in parts] == [ROWS_PER_TEST, ROWS_PER_TEST, 1]
    assert [row.values[0] for part in parts for row in part] == list(range(2 * ROWS_PER_TEST + 1))


def test_rows_that_are_made_when_they_are_needed() -> None:
    made = []

    def rows() -> list[tuple[int, str]]:
        made.append(True)
        return [(number, str(number)) for number in range(20)]

    @each_row("number, text", rows, lambda row: f"row {row[0]}", tests=3)
    def test(number: int, text: str) -> None:
        raise AssertionError

    assert not made
    parts: list[Any] = [part() for part in parts_of(test)]
    assert made == [True]
    assert [len(part) for part in parts] == [6, 7, 7]
    assert [row.values for part in parts for row in part] == rows()
    assert parts[0][0].name == "row 0"

    @each_row("number", lambda: [1, 2], tests=3)
    def other(number: int) -> None:
        raise AssertionError

    few: list[Any] = parts_of(other)
    with pytest.raises(AssertionError, match="a test without rows"):
        few[0]()


def test_parameters_become_rows(pytestconfig: pytest.Config) -> None:
    tried = []

    @together
    @pytest.mark.slow
    @pytest.mark.parametrize("letter", "ab")
    @pytest.mark.parametrize(("number", "text"), [(1, "one"), (2, "two")])
    def test(number: int, text: str, letter: str) -> None:
        tried.append((number, text, letter))
        assert (number, letter) != (2, "a")

    assert [mark.name for mark in test.pytestmark] == ["slow", "parametrize"]  # type: ignore[attr-defined]
    (rows,) = test.pytestmark[1].args[1]  # type: ignore[attr-defined]
    with pytest.raises(FailedRowsError, match=r"^1 of 4 rows failed: 2-two-a$"):
        test(rows_of_test=rows, pytestconfig=pytestconfig)
    assert sorted(tried) == [(1, "one", "a"), (1, "one", "b"), (2, "two", "a"), (2, "two", "b")]


def test_every_row_that_fails_is_named_and_the_others_are_tried(pytestconfig: pytest.Config) -> None:
    tried = []

    @each_row("number", range(10), [f"row {number}" for number in range(10)])
    def even(number: int) -> None:
        tried.append(number)
        if number == 3:
            pytest.skip("a row that is not tested is no success")
        if number == 7:
            pytest.fail("seven")
        assert number != 5

    (part,) = parts_of(even)
    call: Any = even
    with pytest.raises(FailedRowsError, match="3 of 10 rows failed: row 3, row 5, row 7"):
        call(rows_of_test=part, pytestconfig=pytestconfig)
    assert tried == list(range(10))


class Asked:
    """A run of pytest that was given --row."""

    def __init__(self, text: str) -> None:
        self.text = text

    def getoption(self, name: str) -> str:
        assert name == ONE_ROW
        return self.text


def test_one_row_is_taken_on_demand() -> None:
    tried = []

    @each_row("name", ["good", "bad", "worse"])
    def collect(name: str) -> None:
        tried.append(name)

    (part,) = parts_of(collect)
    call: Any = collect
    call(rows_of_test=part, pytestconfig=Asked("bad"))
    assert tried == ["bad"]
    with pytest.raises(pytest.skip.Exception, match="no row is named like best"):
        call(rows_of_test=part, pytestconfig=Asked("best"))


def test_each_combination_is_a_row_with_a_name_of_its_own() -> None:
    seen: list[tuple[str, int]] = []

    @each_combination(letter="ab", number=[1, 2])
    def test(letter: str, number: int) -> None:
        seen.append((letter, number))

    (mark,) = test.pytestmark  # type: ignore[attr-defined]  # a decorator's
    (rows,) = mark.args[1]
    for row in rows:
        test.__wrapped__(*row.values)  # type: ignore[attr-defined]  # of functools.wraps
    assert [row.name for row in rows] == ["a-1", "a-2", "b-1", "b-2"]
    assert seen == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
