"""DRMAA's partial timestamps: ``[[[CC]YY/]MM/]DD ]h:m[:s] [{+|-}hh:mm]``, as instants.

What is missing at the left resolves to the soonest future: ``9:05`` is today or tomorrow, ``02 9:05`` the
next second day of a month, ``02/29 9:05`` the next leap day. A complete date may lie in the past. Everything
is meant in local time, or at the offset from UTC that is given. libdrmaa dies on offsets and turns day 31 of
a short month into the first of the next one; otherwise what is accepted and refused, and with which text, is
as observed there.
"""

from __future__ import annotations

import calendar
import re
from time import gmtime, localtime, mktime

from drmaa_cli.errors import DeniedByDrmException, DrmaaException, error
from drmaa_cli.template.submission import LocalTime, MakeTime

UNREADABLE_TEXT = "Error parsing DRMAA date string"
INVALID_TEXT = "invalid format for job start time"
DAY = 86400.0
LONGEST_OFFSET = 14 * 3600 + 59 * 60  # the farthest zones are at -12:00 and +14:00

_GRAMMAR = re.compile(
    r"(?:(?:(?:(?P<year>[0-9]{4}|[0-9]{2})/)?(?P<month>[0-9]{2})/)?(?P<day>[0-9]{2})[ \t]+)?"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2}))?"
    r"(?:[ \t]*(?P<sign>[+-])(?P<offset_hours>[0-9]{1,2}):(?P<offset_minutes>[0-9]{2}))?"
)

Date = tuple[int, int, int]


def parse_start_time(
    text: str, now: float, localtime: LocalTime = localtime, mktime: MakeTime = mktime
) -> float | None:
    """The instant a partial timestamp means, in epoch seconds; None for the epoch: no start time.

    Args:
        text: the timestamp.
        now: the present, in epoch seconds.
        localtime: epoch seconds to local time, as :func:`time.localtime`.
        mktime: local time to epoch seconds, as :func:`time.mktime`.

    Raises:
        DeniedByDrmException: code 17, not such a timestamp, or no such date.
    """
    found = _GRAMMAR.fullmatch(text.strip(" \t\n"))
    if found is None:
        raise _unreadable()
    clock = (int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    if clock[0] > 23 or clock[1] > 59 or clock[2] > 59:
        raise _unreadable()
    offset = _offset(found)
    present = localtime(now) if offset is None else gmtime(now + offset)
    given = _given(found)
    dates = _dates(given, (present.tm_year, present.tm_mon, present.tm_mday))
    instants = [_instant((*date, *clock), offset, mktime) for date in dates]
    when = instants[0] if given[0] is not None else min(instant for instant in instants if instant >= now)
    return when if when > 0 else None


def _given(found: re.Match[str]) -> tuple[int | None, int | None, int | None]:
    year, month, day = (
        None if found[part] is None else int(found[part]) for part in ("year", "month", "day")
    )
    if year is not None and len(found["year"]) == 2:
        year += 2000
    if month == 0 or day == 0 or (year is not None and year < 1970):
        raise error(DeniedByDrmException, INVALID_TEXT)
    if month is not None and month > 12:
        raise _unreadable()
    # A leap year stands for a year that is not given: 02/29 comes some time.
    longest = 31 if month is None else calendar.monthrange(2000 if year is None else year, month)[1]
    if day is not None and day > longest:
        raise _unreadable()
    return year, month, day


def _offset(found: re.Match[str]) -> int | None:
    if found["sign"] is None:
        return None
    minutes = int(found["offset_minutes"])
    seconds = int(found["offset_hours"]) * 3600 + minutes * 60
    if minutes > 59 or seconds > LONGEST_OFFSET:
        raise _unreadable()
    return -seconds if found["sign"] == "-" else seconds


def _dates(given: tuple[int | None, int | None, int | None], today: Date) -> list[Date]:
    """The dates that the given parts may mean, ascending from today; just one when all are given.

    The last of several is in the future.
    """
    year, month, day = given
    if day is None:
        return [today, _next_day(today)]
    this_year, this_month, _ = today
    if month is None:
        months = [divmod(this_year * 12 + this_month - 1 + ahead, 12) for ahead in range(4)]
        candidates = [(found_year, index + 1) for found_year, index in months]
    else:
        candidates = [
            (found_year, month) for found_year in ([year] if year else range(this_year, this_year + 9))
        ]
    return [
        (found_year, found_month, day)
        for found_year, found_month in candidates
        if day <= calendar.monthrange(found_year, found_month)[1]
    ]


def _next_day(date: Date) -> Date:
    year, month, day = date
    if day < calendar.monthrange(year, month)[1]:
        return year, month, day + 1
    return (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)


def _instant(moment: tuple[int, int, int, int, int, int], offset: int | None, mktime: MakeTime) -> float:
    if offset is not None:
        return float(calendar.timegm((*moment, 0, 0, 0))) - offset
    try:
        return mktime((*moment, 0, 0, -1))
    except (OverflowError, ValueError) as reason:
        raise _unreadable() from reason


def _unreadable() -> DrmaaException:
    return error(DeniedByDrmException, UNREADABLE_TEXT)


def is_repeated(when: float, localtime: LocalTime) -> bool:
    """Whether the clocks show a moment's local time twice, because they are put back about then."""
    put_back = _ahead(when - DAY, localtime) - _ahead(when + DAY, localtime)
    shown = localtime(when)[:6]
    return put_back > 0 and shown in (localtime(when + put_back)[:6], localtime(when - put_back)[:6])


def _ahead(when: float, localtime: LocalTime) -> int:
    """How far the clocks are ahead of UTC."""
    return calendar.timegm(localtime(when)) - int(when)
