"""Numbers as Grid Engine reads them, wherever they stand: requests, queue attributes, load values, options.

One reader serves times, memory sizes and numbers, as on a real 8.1.9 cell: ``-l h_vmem=0:1:30`` and
``h_rt=10m`` (ten million seconds) are accepted by qsub, by ``qconf -mattr`` and by qselect alike, and
``1:30`` by none of them.
"""

from __future__ import annotations

import math
import re

TEXT_TYPES = ("STRING", "CSTRING", "RESTRING", "HOST")
TYPE_WORDS = {"TIME": "time", "MEMORY": "memory", "INT": "integer", "DOUBLE": "double", "BOOL": "boolean"}
MULTIPLIERS = {
    **{letter: 1000.0**power for power, letter in enumerate("kmgt", 1)},
    **{letter: 1024.0**power for power, letter in enumerate("KMGT", 1)},
}
_SIZES = ((1024.0**4, "T"), (1024.0**3, "G"), (1024.0**2, "M"), (1024.0, "K"))
_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_NUMBER = re.compile(
    r"[ \t\n\v\f\r]*([+-]?)(0x[0-9a-f]+|inf(?:inity)?|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)",
    re.IGNORECASE,
)
_TRUTH = {"TRUE": 1.0, "FALSE": 0.0, "1": 1.0, "0": 0.0}


def c_long(text: str) -> tuple[int | None, str]:
    """``strtol``: the leading integer (None without one) and what follows it."""
    match = _INTEGER.match(text)
    return (None, text) if match is None else (int(match[1]), text[match.end() :])


def c_double(text: str) -> tuple[float | None, str]:
    """``strtod``: the leading number (also hexadecimal, inf, nan) and what follows it."""
    match = _NUMBER.match(text)
    if match is None:
        return None, text
    digits = match[2]
    number = float(int(digits, 16)) if digits[:2].lower() == "0x" else float(digits)
    return (-number if match[1] == "-" else number), text[match.end() :]


def atol(text: str) -> int:
    """C's atol: the leading integer, 0 without one."""
    return c_long(text)[0] or 0


def atof(text: str) -> float:
    """C's atof: the leading number, 0 without one."""
    return c_double(text)[0] or 0.0


def u_long32(number: float) -> int:
    """The value as an unsigned 32 bit integer, as Grid Engine stores it; what is infinite is the largest."""
    return int(number) & 0xFFFFFFFF if math.isfinite(number) else 0xFFFFFFFF


def quantity(text: str) -> float | None:
    """``[h]:[m]:[s]``, a number with at most one of kKmMgGtT, INFINITY or TRUE (1); None when malformed."""
    if text.upper() in ("INFINITY", "TRUE"):
        return 1.0 if text.upper() == "TRUE" else math.inf
    if text.count(":") == 2:
        total = 0.0
        for part in text.split(":"):
            number, rest = c_double(part) if part else (0.0, "")
            if number is None or rest:
                return None
            total = total * 60 + number
        return total
    number, rest = c_double(text)
    if number is None or (rest and rest not in MULTIPLIERS):
        return None
    return number * MULTIPLIERS.get(rest, 1.0)


def number_of(text: str, kind: str) -> float | None:
    """The number behind a value of a complex entry's type; None for texts and malformed values."""
    if kind in TEXT_TYPES:
        return None
    return _TRUTH.get(text.upper()) if kind == "BOOL" else quantity(text)


def memory(value: float) -> str:
    """Bytes with a unit letter as in ``qstat -F`` and ``qstat -j``: ``22.743G``, ``0.000``."""
    for size, letter in _SIZES:
        if abs(value) >= size:
            return f"{value / size:.3f}{letter}"
    return f"{value:.3f}"


def duration(seconds: float) -> str:
    """Seconds as ``HH:MM:SS``, with days ``D:HH:MM:SS`` (cpu in ``qstat -j``, time resources in ``-F``)."""
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}:{text}" if days else text


def printed(text: str, kind: str, integers: bool = False, infinity: str = "infinity") -> str:
    """A resource's value as ``qhost -F`` and the scheduler print it; ``integers``: as ``qstat -F``."""
    if kind in TEXT_TYPES:
        return text
    number = number_of(text, kind)
    if number is None:
        number = 0.0
    if number == float("inf"):
        return infinity
    if kind == "TIME":
        return duration(number)
    if kind == "MEMORY":
        return memory(number)
    if kind == "INT" and integers:
        return str(int(number))
    return f"{number:f}"


def plain_number(text: str, kind: str) -> str:
    """A resource's value as ``qhost -F -xml`` of OCS 9.2 has it: bytes, and numbers as short as they are."""
    number = None if kind in TEXT_TYPES else number_of(text, kind)
    if number is None or not math.isfinite(number):
        return text
    return str(int(number)) if kind == "MEMORY" else f"{number:.15g}"


def compare(relation: str, want: float, have: float) -> bool:
    """Whether ``want`` stands in a complex entry's relation to ``have``."""
    return {
        "<=": want <= have,
        "<": want < have,
        ">=": want >= have,
        ">": want > have,
        "!=": want != have,
    }.get(relation, want == have)


def listed(text: str) -> list[str]:
    """The words of a list in the configuration, with commas or blanks between them; NONE is empty."""
    words = text.replace(",", " ").split()
    return [] if words == ["NONE"] else words
