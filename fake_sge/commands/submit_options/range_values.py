"""The ranges of -t, -tc and -pe as qsub and qalter read them.

Observed on a Grid Engine 8.1.9 cell, odd results included: ``-t 1.5`` is 1-5, ``-t 1-5:1e0`` has step 1.
"""

from __future__ import annotations

import math

from ...model import INFINITE_SLOTS, Range
from ...model.values import c_double, c_long, u_long32
from .option_values import OptionError


class Undefined(Exception):
    """A range list without a range (``-t -``, ``-t undefined``): parsing silently stops there."""


def _no_decimal(text: str) -> OptionError:
    return OptionError(
        f'Numerical value invalid!\nThe initial portion of string "{text}" contains no decimal number'
    )


def _trailer(text: str, rest: str) -> OptionError:
    return OptionError(f'Range specifier "{text}" has unknown trailer "{rest}"')


def _step(text: str) -> int:
    number, rest = c_double(text)
    if number is None:
        raise _no_decimal(text)
    if number <= 0:
        raise OptionError("Negative or zero step in range is not allowed")
    if not math.isfinite(number) or number - int(number) > 1e-12:
        raise _no_decimal(text)
    if rest:
        raise _trailer(text, rest)
    return int(number)


def parse_range(text: str, step_allowed: bool, infinite: bool) -> Range:
    """One ``n``, ``n-m``, ``n-m:s``, ``-m`` or ``n-``. Raises OptionError, Undefined."""
    if text.upper() == "UNDEFINED":
        raise Undefined
    if text.startswith("-"):
        return _range_to(text, step_allowed, infinite)
    low, rest = c_long(text)
    if low is None:
        raise _no_decimal(text)
    if not rest:
        return _ordered(low, low, 1)
    if not (rest[0] == "-" or rest[1:2].isdigit() or len(rest) == 1 or (step_allowed and rest[0] == ":")):
        raise _trailer(text, rest)
    if len(rest) == 1:
        if infinite:
            return Range(low, INFINITE_SLOTS, 1)
        raise Undefined
    return _range_from(low, rest[1:], step_allowed)


def _range_to(text: str, step_allowed: bool, infinite: bool) -> Range:
    if text == "-":
        if infinite:
            return Range(1, INFINITE_SLOTS, 0)
        raise Undefined
    high, rest = c_long(text[1:])
    if high is None:
        raise _no_decimal(text[1:])
    if rest or step_allowed:
        raise _trailer(text, text[1:])
    return _ordered(1, high, 1)


def _range_from(low: int, tail: str, step_allowed: bool) -> Range:
    high, rest = c_long(tail)
    if high is None:
        raise _no_decimal(tail)
    if not rest:
        return _ordered(low, high, 1)
    if not step_allowed or rest[0] != ":":
        raise _trailer(tail, rest)
    return _ordered(low, high, _step(rest[1:]))


def _ordered(low: int, high: int, step: int) -> Range:
    low, high = u_long32(low), u_long32(high)
    return Range(min(low, high), max(low, high), step)


def parse_ranges(text: str, step_allowed: bool, infinite: bool) -> list[Range]:
    """A comma separated list, as given. Raises OptionError; Undefined when there is no range at all."""
    result: list[Range] = []
    texts: list[str] = []
    undefined = False
    for word in text.split(","):
        if not word:
            continue
        if undefined:
            message = 'unexpected range following "UNDEFINED"'
            raise OptionError(*texts, message, stray=f"error: {message}\n")
        try:
            result.append(parse_range(word, step_allowed, infinite))
        except (OptionError, Undefined) as error:
            texts += error.texts if isinstance(error, OptionError) else ()
            if result:
                message = 'unexpected "UNDEFINED" following range'
                raise OptionError(*texts, message, stray=f"error: {message}\n") from None
            undefined = True
    if not result:
        if texts:
            raise OptionError(*texts)
        raise Undefined
    return result


def compress(ranges: list[Range]) -> list[Range]:
    """Sort, drop doubles and join neighbours, as ``range_list_sort_uniq_compress`` does."""
    if len(ranges) == 1:
        return ranges
    joined: list[Range] = []
    for piece in sorted(ranges):
        last = joined[-1] if joined else None
        if last is not None and piece.first <= last.last and piece.step == last.step == 1:
            joined[-1] = Range(last.first, max(last.last, piece.last), 1)
        elif last is not None and _follows(last, piece):
            step = piece.first - last.last
            joined[-1] = Range(last.first, piece.last, step)
        else:
            joined.append(piece)
    return joined


def _follows(last: Range, piece: Range) -> bool:
    gap = piece.first - last.last
    single_last, single = last.first == last.last, piece.first == piece.last
    return gap > 0 and (single_last or last.step == gap) and (single or piece.step == gap)
