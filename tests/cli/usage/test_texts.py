"""Moments and histograms: functions of their arguments alone."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.cli.usage.histogram import bar, line, parts
from drmaa_cli.cli.usage.moments import since
from tests.tables import each_row

NOW = time.mktime((2026, 11, 28, 15, 30, 0, 0, 0, -1))
DAY = 86400.0


@pytest.fixture(autouse=True)
def far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield  # type: ignore[misc]  # a generator
    monkeypatch.undo()
    time.tzset()


def now() -> float:
    return time.mktime((2026, 11, 28, 15, 30, 0, 0, 0, -1))


@each_row(
    "text, ago",
    [
        ("90m", 5400),
        ("12h", 12 * 3600),
        ("2d", 2 * DAY),
        ("1.5d", 1.5 * DAY),
        (" 1W ", 7 * DAY),
        ("0m", 0),
        ("2026-11-28", 15.5 * 3600),
        ("2026-11-27 15:30", DAY),
        ("2026-11-27T15:30:00", DAY),
        ("14:30", 3600),
        ("today", 15.5 * 3600),
        ("Yesterday", 39.5 * 3600),
    ],
)
def test_moments(text: str, ago: float) -> None:
    assert since(text, now()) == now() - ago


@pytest.mark.parametrize("text", ["99999d", "0001-01-01", "1969-12-31"])
def test_before_the_beginning_of_time(text: str) -> None:
    assert since(text, now()) == 0


@each_row("text", ["", "2", "2 days", "d", "-2d", "soon", "2026-13-01", "28.11.2026", "1e9", "25:00", "٢d"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment: say 90m, 12h"):
        since(text, now())


@pytest.mark.parametrize("text", ["2027-01-01", "9999-12-31", "15:31"])
def test_the_future(text: str) -> None:
    with pytest.raises(ValueError, match="lies in the future"):
        since(text, now())


@given(st.text(max_size=12))
def test_any_text_is_a_moment_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert 0 <= since(text, NOW) <= NOW


@given(st.lists(st.floats(0, 1e15), max_size=50), st.integers(1, 30))
def test_a_histogram_counts_all(figures: list[float], count: int) -> None:
    found = parts(figures, count)
    assert sum(part.many for part in found) == len(figures)
    assert len(line(found, blocks=True)) == len(line(found, blocks=False)) == len(found) <= count


def test_histograms() -> None:
    assert parts([], 5) == []
    assert parts([7, 7], 5) == [(7, 7, 2)]
    assert parts([0, 1, 9, 10], 2) == [(0, 5, 2), (5, 10, 2)]
    assert line(parts([0, *[10] * 100], 4), blocks=True) == "▁  █"
    assert line(parts([0, *[10] * 100], 4), blocks=False) == ".  @"
    assert (bar(1, 1000, 20, blocks=False), bar(0, 10, 20, blocks=True), bar(10, 10, 4, blocks=True)) == (
        "#",
        "",
        "████",
    )
