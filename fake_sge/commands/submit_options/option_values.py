"""Values of qsub and qalter options: path, variable and mail lists, binding.

Everything here was observed on a Grid Engine 8.1.9 cell (``tests/fake/data/*.jsonl``), odd results included:
``-M a -M b`` keeps one address.
"""

from __future__ import annotations

import math
import re
from typing import Callable, Optional, TypeVar

from ...model import CHECKPOINT_BITS, MAIL_BITS, HostPath, MailTo
from ...model.values import c_long, quantity, u_long32

ESEMANTIC, EUNKNOWN, ENOIMP, ESYNTAX, EDISK, EJSV = 2, 4, 5, 7, 14, 3
Variables = tuple[tuple[str, Optional[str]], ...]


class OptionError(Exception):
    """A refused option value: ``texts`` are the answers, ``status`` the exit code.

    ``stray`` is what the tool's library writes to stderr by itself, before any answer.
    """

    def __init__(self, *texts: str, status: int = ESYNTAX, stray: str = "") -> None:
        super().__init__(*texts)
        self.texts = texts
        self.status = status
        self.stray = stray


def yes_no(text: str) -> bool:
    """``y[es]`` or ``n[o]`` in any case. Raises ValueError."""
    word = text.lower()
    if word in ("y", "yes"):
        return True
    if word in ("n", "no"):
        return False
    raise ValueError(text)


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


_Entry = TypeVar("_Entry", HostPath, MailTo)


def merge_by_host(old: tuple[_Entry, ...], new: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
    """One path or address per host: a later option replaces it (``-M a -M b`` leaves b, as really).

    The list of one option stays as it is.
    """
    if not old:
        return new
    result = list(old)
    for entry in new:
        index = next((at for at, known in enumerate(result) if known.host == entry.host), None)
        if index is None:
            result.append(entry)
        else:
            result[index] = entry
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

    A value is "" for ``name=`` and None for a bare name without one: -verify shows them differently.

    ``lookup`` gives the value of a bare name (``-v``). Raises ValueError when empty
    or when a name is missing.
    """
    result: list[tuple[str, str | None]] = []
    for word in _variable_words(text):
        name, equals, value = word.partition("=")
        if not name:
            raise ValueError(text)
        if equals:
            result.append((name, value))
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
    """``-l name[=value],...``; a bare name is TRUE, ``name=`` has no value.

    Of white space only blanks separate (real cell). Raises ValueError(name).
    """
    result: list[tuple[str, str | None]] = []
    for word in split_list(text, ", "):
        name, equals, value = word.partition("=")
        if not name:
            raise ValueError(name)
        result.append((name, (value or None) if equals else "TRUE"))
    return tuple(result)


def parse_unsigned(text: str) -> int:
    """An integer as ``-js`` takes it (1.5, 1e3 and 0x10 are fine). Raises ValueError."""
    number = quantity(text)
    if number is None or number < 0 or not math.isfinite(number):
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
    seconds = quantity(text)
    if not seconds:
        raise OptionError("-c argument invalid", status=ESEMANTIC)
    return "interval", u_long32(seconds)
