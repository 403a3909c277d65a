"""``[[CC]YY]MMDDhhmm[.SS]`` in local time, with the texts Grid Engine has for what is wrong with it."""

from __future__ import annotations

import time

from ...model.values import atol
from .local_time import localtime, mktime

_LIMITS = ((1, 12, "month"), (1, 31, "day"), (0, 23, "hour"), (0, 59, "minute"), (-99, 59, "seconds"))


class BadDate(ValueError):
    """No valid date; the text is what the tools print first on stderr, after an empty line."""


def parse_date(text: str, now: float, zone: str | None) -> int:
    """Epoch seconds of a date in the zone of a TZ value. Raises BadDate.

    One reader serves ``qsub -a`` and ``qacct -b`` (real cell): parts are read with atoi, days are not checked
    against the month, a missing year is the current one, YY below 70 is in this century, seconds may be
    missing or negative.
    """
    if not text:
        raise BadDate("no date specified")
    digits, _, seconds = text.partition(".")
    seconds = seconds.split(".")[0]
    if len(seconds) not in (0, 2):
        raise BadDate("Invalid format of seconds field.")
    if len(digits) not in (8, 10, 12):
        raise BadDate("Invalid format of date/hour-minute field.")
    head, tail = digits[:-8], digits[-8:]
    fields = [*(atol(tail[at : at + 2]) for at in range(0, 8, 2)), atol(seconds)]
    for number, (low, high, what) in zip(fields, _LIMITS):
        if not low <= number <= high:
            raise BadDate(f"Invalid {what} specification.")
    year = atol(head) if head else localtime(now, zone).tm_year
    if len(head) == 2:
        year += 2000 if year < 70 else 1900
    try:
        result = int(mktime(time.struct_time((year, *fields, 0, 0, -1)), zone))
    except (OverflowError, ValueError):
        result = -1
    if result < 0:
        raise BadDate("Couldn't generate date from input. Perhaps a date before 1970 was specified.")
    return result
