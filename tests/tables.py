"""Tests of long tables: a few tests, each of which takes many rows and names those that fail.

A test of its own costs some milliseconds, in each of the processes that collect it: more than most rows do.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROWS_PER_TEST = 64
ONE_ROW = "--row"


class Row(NamedTuple):
    """A row of a table: what is shown of it, and the arguments of the test."""

    name: str
    values: tuple[Any, ...]


class FailedRowsError(AssertionError):
    """Some rows of a table failed; the first failure is its cause."""


def each_row(
    names: str,
    values: Iterable[Any] | Callable[[], Iterable[Any]],
    ids: Sequence[str] | Callable[[Any], str] | None = None,
    tests: int = 1,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Test each row of a table, as ``pytest.mark.parametrize`` does, with many rows to a test.

    A test that asks for ``tmp_path`` gets an empty directory for each row. ``pytest --row TEXT`` takes only
    the rows in whose names the text is.

    Args:
        names: the arguments of the test that come from the table, with commas between them.
        values: the rows; of tuples where there are several names. A function makes them when the first test
            is run: what takes its time to be made is not made in each process that only collects the test.
        ids: a name for each row, or what makes it of the row.
        tests: how many tests share the rows that a function makes.
    """
    words = [word.strip() for word in names.split(",")]
    if callable(values):
        later = functools.cache(functools.partial(_table, words, values, ids))
        parts: list[Any] = [functools.partial(_part, later, at, tests) for at in range(tests)]
        shown = [f"part{at}" for at in range(tests)]
    else:
        table = _table(words, lambda: values, ids)
        starts = range(0, len(table), ROWS_PER_TEST)
        parts = [table[at : at + ROWS_PER_TEST] for at in starts]
        shown = [f"rows{at}" for at in starts]  # a name may differ: a set's

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def test(
            rows_of_test: list[Row] | Callable[[], list[Row]], pytestconfig: pytest.Config, **fixtures: Any
        ) -> None:
            only = str(pytestconfig.getoption(ONE_ROW))
            rows = rows_of_test() if callable(rows_of_test) else rows_of_test
            chosen = [row for row in rows if only in row.name]
            if not chosen:
                pytest.skip(f"no row is named like {only}")
            failures = _failures(function, words, chosen, fixtures)
            if failures:
                named = ", ".join(row.name for row, _ in failures)
                raise FailedRowsError(f"{len(failures)} of {len(chosen)} rows failed: {named}") from failures[
                    0
                ][1]

        given = inspect.signature(function)
        own = [name for name in ("rows_of_test", "pytestconfig") if name not in given.parameters]
        parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in own]
        parameters += [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for name, parameter in given.parameters.items()
            if name not in words
        ]
        test.__signature__ = given.replace(parameters=parameters)  # type: ignore[attr-defined]
        return pytest.mark.parametrize("rows_of_test", parts, ids=shown)(test)

    return decorate


def _table(
    words: Sequence[str],
    values: Callable[[], Iterable[Any]],
    ids: Sequence[str] | Callable[[Any], str] | None,
) -> list[Row]:
    rows = list(values())
    named = [(ids or _shown)(row) for row in rows] if ids is None or callable(ids) else list(ids)
    table = [Row(name, tuple(row) if len(words) > 1 else (row,)) for name, row in zip(named, rows)]
    assert len(table) == len(named) == len(rows), "a name for each row"
    assert table, "a table without rows tests nothing"
    return table


def _part(table: Callable[[], list[Row]], number: int, count: int) -> list[Row]:
    """Neighbours, which often need the same; each row is in one of the parts, and none is empty."""
    rows = table()
    assert len(rows) >= count, "a test without rows tests nothing"
    return rows[len(rows) * number // count : len(rows) * (number + 1) // count]


def each_combination(**values: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Test each combination of some arguments of a test as :func:`each_row` does each row of a table."""
    rows = list(itertools.product(*values.values()))
    return each_row(",".join(values), rows if len(values) > 1 else [row for (row,) in rows])


def together(function: Callable[..., None]) -> Callable[..., None]:
    """Test all combinations of a test's ``pytest.mark.parametrize`` as :func:`each_row` tests rows."""
    marks = list(getattr(function, "pytestmark", []))
    tables = [mark for mark in marks if mark.name == "parametrize"]
    function.pytestmark = [mark for mark in marks if mark not in tables]  # type: ignore[attr-defined]
    names: list[str] = []
    rows: list[tuple[Any, ...]] = [()]
    for table in tables:
        words = table.args[0].split(",") if isinstance(table.args[0], str) else list(table.args[0])
        values = [value if len(words) > 1 else (value,) for value in table.args[1]]
        names += words
        rows = [(*row, *value) for row in rows for value in values]
    return each_row(",".join(names), rows if len(names) > 1 else [value for (value,) in rows])(function)


def sampled(values: Sequence[Any], ids: Sequence[str], every: int) -> list[Any]:
    """Parameters for a test that waits: ``make quick`` takes each so many-th, the others are slow."""
    return [
        pytest.param(*value, id=name, marks=[] if index % every == 0 else pytest.mark.slow)
        for index, (value, name) in enumerate(zip(values, ids))
    ]


def slow(*values: Any) -> Any:
    """Parameters that ``make quick`` leaves out."""
    return pytest.param(*values, marks=pytest.mark.slow)


def _shown(row: Any) -> str:
    return "-".join(map(str, row)) if isinstance(row, tuple) else str(row)


def _failures(
    function: Callable[..., None], words: Sequence[str], chosen: Sequence[Row], fixtures: dict[str, Any]
) -> list[tuple[Row, BaseException]]:
    found: list[tuple[Row, BaseException]] = []
    for index, row in enumerate(chosen):
        given = dict(fixtures)
        if "tmp_path" in given:
            given["tmp_path"] = Path(given["tmp_path"], str(index))
            given["tmp_path"].mkdir()
        try:
            function(**dict(zip(words, row.values)), **given)
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:  # noqa: BLE001  raised below
            found.append((row, error))
    return found
