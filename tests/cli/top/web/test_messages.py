"""What a page says, and what none says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.cli.top.web.messages import Focus, Ping, Resized, Typed, said, size
from tests.tables import each_row


@each_row(
    "message, expected",
    [
        (["stdin", "k"], Typed(b"k")),
        (["stdin", "é\x1b[A"], Typed(b"\xc3\xa9\x1b[A")),
        (["stdin", "\ud800"], Typed(b"?")),
        (["resize", {"width": 120, "height": 40}], Resized(120, 40)),
        (["resize", {"width": 10**12, "height": 5000}], Resized(1000, 1000)),
        (["resize", {"width": -1, "height": 0}], Resized(1, 1)),
        (["resize", {}], Resized(1, 1)),
        (["ping", "17"], Ping("17")),
        (["focus"], Focus(gained=True)),
        (["blur"], Focus(gained=False)),
    ],
)
def test_a_message(message: object, expected: object) -> None:
    assert said(json.dumps(message)) == expected


@each_row(
    "text",
    [
        "",
        "{",
        "{}",
        "[]",
        "null",
        '["stdin"]',
        '["stdin", 3]',
        '["resize", [1, 2]]',
        '["quit"]',
        '[["stdin"], "k"]',
        "[" * 100_000,
    ],
)
def test_what_no_page_says(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        said(text)


@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists))
def test_whatever_is_said_it_is_understood_or_refused(value: object) -> None:
    try:
        found = said(json.dumps(value))
    except ValueError:
        return
    assert isinstance(found, (Typed, Ping, Focus))


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [("100", "30", (100, 30)), ("", "x", (80, 24)), ("1e3", "-5", (80, 24)), ("99999", "²", (1000, 24))],
)
def test_a_size(width: str, height: str, expected: tuple[int, int]) -> None:
    assert size({"width": width, "height": height}) == expected


def test_a_size_that_is_missing() -> None:
    assert size({}) == (80, 24)
