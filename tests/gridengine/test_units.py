from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine.units import (
    epoch_seconds,
    parse_gigabytes,
    parse_memory,
    parse_seconds,
    parse_time,
)
from tests.tables import each_row

NOON = datetime(2026, 11, 23, 12, 34, 56, tzinfo=timezone.utc).timestamp()


@each_row(
    "text, seconds",
    [("17s", 17), ("0.013s", 0.013), ("6.959", 6.959), ("10", 10), ("00:00:15", 15), ("1:0:0", 3600),
     (":30:", 1800), ("0:2:", 120), ("01:30", 90), ("-0.000", 0), ("2.1e-05", 2.1e-05)],
)  # fmt: skip
def test_durations(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@each_row(
    "text, size",
    [("4.781KB", 4.781 * 1024), ("13.152M", 13.152 * 2**20), ("0.000B", 0), ("0.000Bs", 0),
     ("1.5GBs", 1.5 * 2**30), ("21045248", 21045248), ("2k", 2000), ("3G", 3 * 2**30), ("1T", 2**40)],
)  # fmt: skip
def test_sizes(text: str, size: float) -> None:
    assert parse_memory(text) == pytest.approx(size)


@pytest.mark.parametrize(
    ("text", "size"), [("0.093", 0.093), ("512.000MB", 0.5), ("8.000GBs", 8), ("0.000Bs", 0)]
)
def test_gigabytes_with_and_without_a_suffix(text: str, size: float) -> None:
    assert parse_gigabytes(text) == size


@each_row(
    "text, moment",
    [
        ("Mon Nov 23 12:34:56 2026", NOON),
        ("11/23/2026 12:34:56", NOON),
        ("11/23/2026 12:34:56.250", NOON + 0.25),
        ("2026-11-23T12:34:56", NOON),
        ("2026-11-23T12:34:56.125", NOON + 0.125),
        ("2026-11-23 12:34:56.500000", NOON + 0.5),
        (f"{NOON:.0f}", NOON),
        (f"{NOON * 1000:.0f}", NOON),
        (f"{NOON * 1000000:.0f}", NOON),
        (f"{NOON:.6f}", NOON),
        ("Thu Jan  1 00:00:01 1970", 1),
        ("-/-", 0),
        ("undefined", 0),
        ("0", 0),
        ("", 0),
    ],
)
def test_times(text: str, moment: float) -> None:
    assert parse_time(text) == moment


@each_row(
    "text",
    ["yesterday", "2026-13-01 00:00:00", "02/30/2026 00:00:00", "Mon Foo 23 12:34:56 2026", "1.2.3", "-5"],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        parse_time(text)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)))
def test_every_form_of_a_moment_is_the_same_moment(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone.utc)
    seconds = moment.timestamp()
    for form in ("%a %b %d %H:%M:%S %Y", "%m/%d/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        assert parse_time(moment.strftime(form)) == seconds


@given(st.integers(1, 4 * 10**9))
def test_epoch_units_are_told_apart(seconds: int) -> None:
    assert epoch_seconds(seconds) == seconds
    if seconds > 10**9:
        assert epoch_seconds(seconds * 1000) == seconds
        assert epoch_seconds(seconds * 1000000) == seconds


@given(st.text())
def test_any_text_is_a_number_or_a_value_error(text: str) -> None:
    for parse in (parse_seconds, parse_memory, parse_gigabytes, parse_time):
        try:
            value = parse(text)
        except ValueError:
            continue
        assert isinstance(value, float)
