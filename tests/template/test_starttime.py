"""Partial timestamps as observed of libdrmaa, and offsets from UTC as DRMAA specifies them."""

from __future__ import annotations

import calendar
import datetime
import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drmaa_cli.errors import DeniedByDrmException
from drmaa_cli.template.start_time import parse_start_time
from tests.tables import each_row

UNREADABLE = "code 17: Error parsing DRMAA date string"
INVALID = "code 17: invalid format for job start time"


def utc(text: str) -> float:
    return float(calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S")))


def in_utc(text: str, now: float) -> float | None:
    return parse_start_time(text, now, time.gmtime, lambda fields: float(calendar.timegm(fields)))


NOW = utc("2026-11-23 09:18:44")  # when the observations were made, in UTC


@each_row(
    "text, when",
    [
        ("10:00:00", "2026-11-23 10:00:00"),
        ("9:5", "2026-11-24 09:05:00"),
        ("10:00:59", "2026-11-23 10:00:59"),
        ("9:18:44", "2026-11-23 09:18:44"),
        ("30/01/02 10:00", "2030-01-02 10:00:00"),
        ("01/02 10:00", "2027-01-02 10:00:00"),
        ("12/31 10:00", "2026-12-31 10:00:00"),
        ("11/23 9:00", "2027-11-23 09:00:00"),
        ("02 10:00", "2026-12-02 10:00:00"),
        ("23 10:00", "2026-11-23 10:00:00"),
        ("31 10:00", "2026-12-31 10:00:00"),
        ("02/29 10:00", "2028-02-29 10:00:00"),
        (" 10:00", "2026-11-23 10:00:00"),
        ("10:00 ", "2026-11-23 10:00:00"),
        ("2030/01/02  10:00", "2030-01-02 10:00:00"),
        ("1970/01/01 00:00:01", "1970-01-01 00:00:01"),
        ("2001/01/01 00:00", "2001-01-01 00:00:00"),
        ("2038/01/20 00:00", "2038-01-20 00:00:00"),
        ("2100/01/01 00:00", "2100-01-01 00:00:00"),
        ("99/01/01 00:00", "2099-01-01 00:00:00"),
        ("69/01/01 00:00", "2069-01-01 00:00:00"),
        ("2030/01/02 10:00:30 +01:00", "2030-01-02 09:00:30"),
        ("2030/01/02 10:00:30 -05:30", "2030-01-02 15:30:30"),
        ("10:00+01:00", "2026-11-24 09:00:00"),
        ("10:00 -07:00", "2026-11-23 17:00:00"),
        ("10:00 +1:00", "2026-11-24 09:00:00"),
        ("23:00 +14:00", "2026-11-24 09:00:00"),
        ("1:00 +14:00", "2026-11-23 11:00:00"),
        ("24 1:00 +14:00", "2026-11-23 11:00:00"),
    ],
)
def test_instants(text: str, when: str) -> None:
    assert in_utc(text, NOW) == utc(when)


def test_the_epoch_is_no_start_time() -> None:
    assert in_utc("1970/01/01 00:00", NOW) is None


@each_row(
    "text",
    [
        "24:00", "10:60", "10:00:60", "10:00:61", "10:00:62", "2030/13/02 10:00", "2030/02/30 10:00",
        "2030/02/32 10:00", "32 10:00",
        "2030/1/2 1:2", "10", "abc", "2030-01-02 10:00", "2030/01/02", "2030/01/02T10:00", "203001021000",
        "12/31/2030 10:00", "100/01/01 10:00", "", "10:00 Z", "10:00:00:00", "2030/01/02 10:00 +0100",
        "2030/01/02 10:00 UTC", "10:00 PM", "10:00 +15:00", "10:00 +01:60", "2027/02/29 10:00",
        "٣:00", "10:00\0",
    ],
)  # fmt: skip
def test_unreadable(text: str) -> None:
    with pytest.raises(DeniedByDrmException) as caught:
        in_utc(text, NOW)
    assert str(caught.value) == UNREADABLE


@pytest.mark.parametrize("text", ["2030/00/02 10:00", "0001/01/01 10:00", "0000/01/01 10:00", "00 10:00"])
def test_invalid(text: str) -> None:
    with pytest.raises(DeniedByDrmException) as caught:
        in_utc(text, NOW)
    assert str(caught.value) == INVALID


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["CET-1CEST,M3.5.0,M10.5.0/3"], indirect=True)
@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("10:18", "2026-11-24 09:18:00"),
        ("10:19", "2026-11-23 09:19:00"),
        ("2026/07/01 12:00", "2026-07-01 10:00:00"),
        ("2026/07/01 12:00 +00:00", "2026-07-01 12:00:00"),
        ("1970/01/01 01:00", None),
    ],
)
def test_local_time_is_the_default(zone: str, text: str, when: str | None) -> None:
    assert os.environ["TZ"] == zone
    assert parse_start_time(text, NOW) == (None if when is None else utc(when))


MOMENTS = st.integers(int(utc("1971-01-01 00:00:00")), int(utc("2199-12-31 00:00:00")))
OFFSETS = st.integers(-14 * 60, 14 * 60)


def written(offset: int) -> str:
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"


@settings(deadline=None)
@given(MOMENTS, MOMENTS, OFFSETS)
def test_a_complete_timestamp_is_read_back(now: int, when: int, offset: int) -> None:
    text = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(when + offset * 60))
    assert in_utc(f"{text} {written(offset)}", now) == when


@settings(deadline=None)
@given(MOMENTS, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), OFFSETS)
def test_a_time_of_day_is_within_a_day(now: int, hour: int, minute: int, second: int, offset: int) -> None:
    when = in_utc(f"{hour}:{minute}:{second}{written(offset)}", now)
    assert when is not None
    assert now <= when < now + 86400
    assert time.gmtime(when + offset * 60)[3:6] == (hour, minute, second)


@settings(deadline=None)
@given(MOMENTS, st.integers(1, 31), st.integers(0, 23))
def test_a_day_is_the_soonest_future_one(now: int, day: int, hour: int) -> None:
    when = in_utc(f"{day:02} {hour}:00", now)
    assert when == soonest(now, 70, lambda date: date.day == day, hour)


@settings(deadline=None)
@given(MOMENTS, st.dates(datetime.date(2000, 1, 1), datetime.date(2000, 12, 31)))
def test_a_month_and_day_is_the_soonest_future_one(now: int, date: datetime.date) -> None:
    when = in_utc(f"{date:%m/%d} 12:00", now)
    same = (date.month, date.day)
    assert when == soonest(now, 8 * 366 + 1, lambda day: (day.month, day.day) == same, 12)


@pytest.mark.parametrize("failure", [OverflowError, ValueError])
def test_a_date_that_the_machine_has_not(failure: type[Exception]) -> None:
    def mktime(fields: object) -> float:
        raise failure

    with pytest.raises(DeniedByDrmException) as caught:
        parse_start_time("2030/01/02 10:00", NOW, time.gmtime, mktime)
    assert str(caught.value) == UNREADABLE


@pytest.mark.parametrize("offset", ["+00:60", "+24:01", "-99:00"])
def test_an_offset_beyond_a_day_is_unreadable(offset: str) -> None:
    with pytest.raises(DeniedByDrmException) as caught:
        in_utc(f"10:00:00 {offset}", NOW)
    assert str(caught.value) == UNREADABLE


def soonest(now: int, days: int, fits: object, hour: int) -> float | None:
    """The oracle: look at every day in turn."""
    assert callable(fits)
    first = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).date()
    for ahead in range(days + 1):
        day = first + datetime.timedelta(days=ahead)
        when = calendar.timegm((day.year, day.month, day.day, hour, 0, 0))
        if fits(day) and when >= now:
            return float(when)
    return None


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789/:+- \t\0x")), MOMENTS)
def test_any_text_is_an_instant_or_refused(text: str, now: int) -> None:
    try:
        when = in_utc(text, now)
    except DeniedByDrmException:
        return
    assert when is None or when > 0
