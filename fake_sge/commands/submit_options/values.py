"""Values of qsub and qalter options: dates, path, variable and mail lists, binding.

Everything here was observed on a Grid Engine 8.1.9 cell (``tests/fake/data/*.jsonl``), odd results included:
``-M a -M b`` keeps one address.
"""

from __future__ import annotations

import re
import time
from typing import Callable, Optional

from ...model import HostPath, MailTo
from ..values.local_time import localtime, mktime

ESEMANTIC, EUNKNOWN, ENOIMP, ESYNTAX, EDISK, EJSV = 2, 4, 5, 7, 14, 3
Variables = tuple[tuple[str, Optional[str]], ...]

NO_MAIL = 0x20000
MAIL_BITS = {"a": 0x40000, "b": 0x80000, "e": 0x100000, "n": NO_MAIL, "s": 0x400000}
CHECKPOINT_BITS = {"s": 1, "m": 2, "x": 4, "n": 8, "r": 16}
_WHITE = " \t\n\v\f\r"


class OptionError(Exception):
    """A refused option value: ``texts`` are the answers, ``status`` the exit code.

    ``stray`` is what the tool's library writes to stderr by itself, before any answer.
    """

    def __init__(self, *texts: str, status: int = ESYNTAX, stray: str = "") -> None:
        super().__init__(*texts)
        self.texts = texts
        self.status = status
        self.stray = stray


def c_long(text: str) -> tuple[int | None, str]:
    """``strtol``: the leading integer (None without one) and what follows it."""
    match = re.match(r"[ \t\n\v\f\r]*([+-]?[0-9]+)", text)
    if match is None:
        return None, text
    return int(match.group(1)), text[match.end() :]


def c_double(text: str) -> tuple[float | None, str]:
    """``strtod``: the leading number (also hexadecimal) and what follows it."""
    match = re.match(
        r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)", text
    )
    if match is None:
        return None, text
    sign, digits = match.groups()
    number = float(int(digits, 16)) if digits[:2].lower() == "0x" else float(digits)
    return (-number if sign == "-" else number), text[match.end() :]


def u_long32(number: float) -> int:
    """The value as an unsigned 32 bit integer, as Grid Engine stores it."""
    return int(number) & 0xFFFFFFFF


def yes_no(text: str) -> bool:
    """``y[es]`` or ``n[o]`` in any case. Raises ValueError."""
    word = text.lower()
    if word in ("y", "yes"):
        return True
    if word in ("n", "no"):
        return False
    raise ValueError(text)


# ---- dates -------------------------------------------------------------------------------------
def parse_date(text: str, now: float, zone: str | None) -> int:
    """``[[CC]YY]MMDDhhmm[.SS]`` in the client's zone. Raises OptionError with ``stray`` set, no texts."""
    if not text:
        raise _bad_date("no date specified")
    digits, _, seconds = text.partition(".")
    seconds = seconds.split(".")[0]
    if len(seconds) not in (0, 2):
        raise _bad_date("Invalid format of seconds field.")
    if len(digits) not in (8, 10, 12):
        raise _bad_date("Invalid format of date/hour-minute field.")
    year_length = len(digits) - 8
    year = _atoi(digits[:year_length])
    if year_length == 0:
        year = localtime(now, zone).tm_year
    elif year_length == 2:
        year += 2000 if year < 70 else 1900
    fields = [_atoi(digits[at : at + 2]) for at in range(year_length, year_length + 8, 2)] + [_atoi(seconds)]
    limits = ((1, 12, "month"), (1, 31, "day"), (0, 23, "hour"), (0, 59, "minute"), (-99, 59, "seconds"))
    for number, (low, high, what) in zip(fields, limits):
        if not low <= number <= high:
            raise _bad_date(f"Invalid {what} specification.")
    month, day, hour, minute, second = fields
    try:
        result = int(mktime(time.struct_time((year, month, day, hour, minute, second, 0, 0, -1)), zone))
    except (OverflowError, ValueError):
        result = -1
    if result < 0:
        raise _bad_date("Couldn't generate date from input. Perhaps a date before 1970 was specified.")
    return result


def _bad_date(message: str) -> OptionError:
    return OptionError(stray=f"\n{message}\n")


def _atoi(text: str) -> int:
    return c_long(text)[0] or 0


# ---- lists -------------------------------------------------------------------------------------
def split_list(text: str, separators: str = ",") -> list[str]:
    """Non-empty words between any of the separators (``strtok``)."""
    return [word for word in re.split(f"[{re.escape(separators)}]", text) if word]


def parse_paths(text: str) -> tuple[HostPath, ...]:
    """``[host:]path,...``. Raises ValueError when empty."""
    words = split_list(text)
    if not words:
        raise ValueError(text)
    result = []
    for word in words:
        host, colon, path = word.partition(":")
        result.append(HostPath(path, host or None) if colon else HostPath(word))
    return tuple(result)


def merge(old: tuple[tuple[str, str | None], ...], new: tuple[tuple[str, str | None], ...]) -> Variables:
    """Update values by name, keeping the place of the first; new names at the end."""
    merged = dict(old)
    merged.update(new)
    return tuple(merged.items())


def merge_paths(old: tuple[HostPath, ...], new: tuple[HostPath, ...]) -> tuple[HostPath, ...]:
    """One path per host: a later option replaces the path; a list of one option stays as it is."""
    if not old:
        return new
    result = list(old)
    for entry in new:
        for index, known in enumerate(result):
            if known.host == entry.host:
                result[index] = entry
                break
        else:
            result.append(entry)
    return tuple(result)


def merge_mail(old: tuple[MailTo, ...], new: tuple[MailTo, ...]) -> tuple[MailTo, ...]:
    """Addresses of a second -M: one per host, as really (``-M a -M b`` leaves b)."""
    if not old:
        return new
    result = list(old)
    for entry in new:
        for index, known in enumerate(result):
            if known.host == entry.host:
                result[index] = entry
                break
        else:
            result.append(entry)
    return tuple(result)


def parse_mail(text: str) -> tuple[MailTo, ...]:
    """``user[@host],...``; doubles are dropped. Raises ValueError when empty."""
    result: list[MailTo] = []
    for word in split_list(text, ","):
        parts = split_list(word, "@")
        entry = MailTo(parts[0], parts[1] if len(parts) > 1 else None) if parts else None
        if entry is not None and entry not in result:
            result.append(entry)
    if not result:
        raise ValueError(text)
    return tuple(result)


def parse_variables(text: str, lookup: Callable[[str], str | None] | None = None) -> Variables:
    """``name[=value],...``. A comma inside double or single quotes that open a value does not split.

    ``lookup`` gives the value of a bare name (``-v``). Newlines vanish. Raises ValueError when empty
    or when a name is missing.
    """
    result: list[tuple[str, str | None]] = []
    for word in _variable_words(text.replace("\n", "")):
        name, equals, value = word.partition("=")
        if not name:
            raise ValueError(text)
        if equals:
            result.append((name, value or None))
        else:
            result.append((name, lookup(name) if lookup else None))
    if not result:
        raise ValueError(text)
    return tuple(result)


def _variable_words(text: str) -> list[str]:
    quote = re.search(r"""["']""", text)
    if quote is None:
        return split_list(text)
    head, tail = text[: quote.start()], text[quote.start() :]
    cut = head.rfind(",") + 1
    return [*split_list(head[:cut]), head[cut:] + tail]


def parse_mail_options(text: str) -> int:
    """Bits of ``-m beasn``. Raises ValueError."""
    bits = 0
    for letter in text:
        if letter not in MAIL_BITS:
            raise ValueError(text)
        bits |= MAIL_BITS[letter]
    if not bits:
        raise ValueError(text)
    return bits


def parse_resources(text: str) -> Variables:
    """``-l name[=value],...``; a bare name is TRUE, ``name=`` has no value. Raises ValueError(name)."""
    result: list[tuple[str, str | None]] = []
    for word in split_list(text, "," + _WHITE):
        name, equals, value = word.partition("=")
        if not name:
            raise ValueError(name)
        result.append((name, (value or None) if equals else "TRUE"))
    return tuple(result)


def time_seconds(text: str) -> float | None:
    """``[[h]:[m]:]s`` (hours and minutes may be empty) or INFINITY; None when malformed."""
    if text.upper() == "INFINITY":
        return float("inf")
    if text.upper() == "TRUE":
        return 1.0
    parts = text.split(":")
    if len(parts) not in (1, 3) or not text:
        return None
    if len(parts) == 1:
        return memory_bytes(text)
    total = 0.0
    for part in parts:
        number, rest = c_double(part) if part else (0.0, "")
        if number is None or rest:
            return None
        total = total * 60 + number
    return total


MULTIPLIERS = {
    "k": 1000.0,
    "K": 1024.0,
    "m": 1e6,
    "M": 1024.0**2,
    "g": 1e9,
    "G": 1024.0**3,
    "t": 1e12,
    "T": 1024.0**4,
}


def memory_bytes(text: str) -> float | None:
    """A number with at most one of the letters kKmMgGtT, or INFINITY; None when malformed."""
    if text.upper() == "INFINITY":
        return float("inf")
    number, rest = c_double(text)
    if number is None or (rest and rest not in MULTIPLIERS):
        return None
    return number * MULTIPLIERS[rest] if rest else number


def parse_unsigned(text: str) -> int:
    """An integer as ``-js`` takes it (1.5, 1e3 and 0x10 are fine). Raises ValueError."""
    number = memory_bytes(text)
    if number is None or number < 0 or number == float("inf"):
        raise ValueError(text)
    return u_long32(number)


def parse_strict_integer(text: str) -> int:
    """A decimal integer without anything behind it (``strtol``). Raises ValueError."""
    number, rest = c_long(text)
    if number is None or rest:
        raise ValueError(text)
    return number


def parse_checkpoint(text: str) -> tuple[str, int]:
    """``("attr", bits)`` or ``("interval", seconds)`` of -c. Raises OptionError."""
    if text and not text[0].isdigit() and text[0] != ":":
        bits = 0
        for letter in text:
            if letter not in CHECKPOINT_BITS:
                raise OptionError("-c specifier invalid", status=ESEMANTIC)
            bits |= CHECKPOINT_BITS[letter]
        return "attr", bits
    seconds = time_seconds(text)
    if not seconds:
        raise OptionError("-c argument invalid", status=ESEMANTIC)
    return "interval", int(seconds)
