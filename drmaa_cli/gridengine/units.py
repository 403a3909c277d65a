"""Numbers, sizes and times as Grid Engine prints them: one grammar each.

Sources: captures ``qacct.*`` and ``time.*`` (8.1.9), the fixtures of the other flavours, sge_types(5).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

__all__ = [
    "epoch_seconds",
    "parse_gigabytes",
    "parse_memory",
    "parse_seconds",
    "parse_time",
]

UNSET = ("", "-/-", "undefined")  # how an unset time is printed

MOST_DIGITS = 10
_NUMBER = r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?"
_SECONDS = rf"({_NUMBER})s?"
_MEMORY = rf"({_NUMBER})([kKmMgGtTpPeE]?)B?s?"
_FACTORS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "p": 10**15,
    "e": 10**18,
    "K": 2**10,
    "M": 2**20,
    "G": 2**30,
    "T": 2**40,
    "P": 2**50,
    "E": 2**60,
}

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME_OF_DAY = r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
_CTIME = rf"[A-Z][a-z]{{2}} ([A-Z][a-z]{{2}}) +([0-9]{{1,2}}) {_TIME_OF_DAY} ([0-9]{{4}})"
_SLASHED = rf"([0-9]{{2}})/([0-9]{{2}})/([0-9]{{4}}) {_TIME_OF_DAY}"
_ISO = rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})[T ]{_TIME_OF_DAY}"
_EPOCH = r"([0-9]{1,20})(\.[0-9]*)?"
_START = datetime(1970, 1, 1, tzinfo=timezone.utc)


def is_number(text: str) -> bool:
    """Whether a text is a whole number of at most ten digits; no pattern, which takes time to be compiled."""
    return len(text) <= MOST_DIGITS and text.isascii() and text.isdigit()


def parse_seconds(text: str) -> float:
    """A duration in seconds: ``17s``, ``0.013s``, ``6.959``, ``00:00:15``, ``1:0:0``, ``:30:``.

    Raises:
        ValueError: the text has another form.
    """
    text = text.strip()
    parts = text.split(":")
    if len(parts) == 1:
        if found := re.fullmatch(_SECONDS, text):
            return float(found.group(1))
    elif len(parts) <= 3 and all(not part or is_number(part) for part in parts):  # every session reads one
        hours, minutes, seconds = (int(part or 0) for part in ("0", *parts)[-3:])
        return float(hours * 3600 + minutes * 60 + seconds)
    raise ValueError(f"not a duration: {text[:80]!r}")


def parse_memory(text: str) -> float:
    """A size in bytes: ``4.781KB``, ``13.152M``, ``1.234GBs``, ``0.000B``, ``21045248``.

    Capital suffixes count in powers of 1024, small ones in powers of 1000, as in sge_types(5).

    Raises:
        ValueError: the text has another form.
    """
    found = re.fullmatch(_MEMORY, text.strip())
    if found is None:
        raise ValueError(f"not a size: {text[:80]!r}")
    return float(found.group(1)) * _FACTORS[found.group(2)]


def parse_gigabytes(text: str) -> float:
    """A size in GB (2**30 bytes).

    8.1.9 scales it and adds a suffix (``38.797KB``); the other flavours print plain GB (``0.093``).

    Raises:
        ValueError: the text has another form.
    """
    size = parse_memory(text)
    return size if text.strip()[-1:].isdigit() else size / 2**30


def parse_time(text: str) -> float:
    """A point in time as epoch seconds; 0.0 when unset.

    Known forms: ``Mon Nov 23 09:27:05 2026`` (8.1.9, 6.2u5), ``11/23/2026 09:13:51`` with or without
    milliseconds (Univa), ``2026-11-23T09:13:51`` with or without microseconds and with a blank for the T
    (qstat -xml, Open Cluster Scheduler), and epoch seconds, milliseconds or microseconds, told apart by
    their magnitude. Dates carry no zone: they are read as UTC, so run the command with TZ=UTC.

    Raises:
        ValueError: the text has another form or is no date.
    """
    text = text.strip()
    if text in UNSET:
        return 0.0
    if found := re.fullmatch(_EPOCH, text):
        return epoch_seconds(float(text))
    try:
        if found := re.fullmatch(_CTIME, text):
            month, day, *clock, year = found.groups()
            return _utc(int(year), _MONTHS.index(month) + 1, int(day), *clock)
        if found := re.fullmatch(_SLASHED, text):
            month, day, year, *clock = found.groups()
            return _utc(int(year), int(month), int(day), *clock)
        if found := re.fullmatch(_ISO, text):
            year, month, day, *clock = found.groups()
            return _utc(int(year), int(month), int(day), *clock)
    except ValueError as error:
        raise ValueError(f"not a time: {text[:80]!r} ({error})") from None
    raise ValueError(f"not a time: {text[:80]!r}")


def epoch_seconds(value: float) -> float:
    """Epoch seconds from seconds, milliseconds (Univa) or microseconds (Open Cluster Scheduler)."""
    if value >= 1e14:
        return value / 1e6
    return value / 1e3 if value >= 1e11 else value


def _utc(year: int, month: int, day: int, hour: str, minute: str, second: str, fraction: str | None) -> float:
    moment = datetime(year, month, day, int(hour), int(minute), tzinfo=timezone.utc)
    moment += timedelta(seconds=int(second))
    return (moment - _START).total_seconds() + (float(f"0.{fraction}") if fraction else 0.0)
