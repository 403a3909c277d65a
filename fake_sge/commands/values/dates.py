"""``[[CC]YY]MMDDhhmm[.SS]`` in local time, with the texts Grid Engine has for what is wrong with it."""

from __future__ import annotations

import time

from ...render.accounting import atol
from .local_time import localtime, mktime


class BadDate(ValueError):
    """No valid date; the text is what the tools print first on stderr."""


def parse_date(word: str, zone: str | None, now: float) -> float:
    """Epoch seconds of a date in the zone of a TZ value. Raises BadDate.

    Observed with ``qacct -b`` on the real cell: parts are read with atoi, days are not checked against
    the month, a missing year is the current one, YY below 70 is in this century.
    """
    main, dot, seconds_text = word.partition(".")
    if len(main) not in (8, 10, 12):
        raise BadDate("\nInvalid format of date/hour-minute field.")
    if dot and len(seconds_text) != 2:
        raise BadDate("\nInvalid format of seconds field.")
    head, tail = main[:-8], main[-8:]
    month, day, hour, minute = (atol(tail[start : start + 2]) for start in (0, 2, 4, 6))
    second = atol(seconds_text) if dot else 0
    for name, value, low, high in (
        ("month", month, 1, 12),
        ("day", day, 1, 31),
        ("hour", hour, 0, 23),
        ("minute", minute, 0, 59),
        ("seconds", second, 0, 59),
    ):
        if not low <= value <= high:
            raise BadDate(f"\nInvalid {name} specification.")
    year = _year(head, zone, now)
    if year < 1970:
        raise BadDate("\nCouldn't generate date from input. Perhaps a date before 1970 was specified.")
    return mktime(time.struct_time((year, month, day, hour, minute, second, 0, 1, -1)), zone)


def _year(digits: str, zone: str | None, now: float) -> int:
    if len(digits) == 4:
        return atol(digits)
    if len(digits) == 2:
        return atol(digits) + (1900 if atol(digits) >= 70 else 2000)
    return localtime(now, zone).tm_year
