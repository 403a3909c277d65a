"""What a page may say through its WebSocket: keys, how large it is, whether it is looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping

from drmaa_cli.typed import NamedTuple, Union

LARGEST = 1000  # columns or lines of a screen: more is no screen, but a way to fill the memory
USUAL = (80, 24)


class Typed(NamedTuple):
    """Keys were pressed, or the mouse was used."""

    data: bytes


class Resized(NamedTuple):
    """It is so large now."""

    width: int
    height: int


class Ping(NamedTuple):
    """It asks for an answer with the same text."""

    text: str


class Focus(NamedTuple):
    """Somebody has turned to it, or away."""

    gained: bool


Said = Union[Typed, Resized, Ping, Focus]


def said(text: str) -> Said:
    """What a message means.

    Raises:
        ValueError: no page of ours sends that.
    """
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("a message is nested too deeply") from None
    if not isinstance(found, list) or not found:
        raise ValueError("a message is a list")
    kind, value = found[0], found[1] if len(found) > 1 else None
    if kind == "stdin" and isinstance(value, str):
        return Typed(value.encode("utf-8", "replace"))
    if kind == "resize" and isinstance(value, dict):
        return Resized(*size(value, (0, 0)))
    if kind == "ping" and isinstance(value, str):
        return Ping(value)
    if kind in ("focus", "blur"):
        return Focus(kind == "focus")
    raise ValueError("there is no such message")


def size(found: Mapping[str, object], usual: tuple[int, int] = USUAL) -> tuple[int, int]:
    """The size of a screen, of at least one column and line.

    Args:
        found: has ``width`` and ``height``, as numbers or texts.
        usual: what they are where they are missing or malformed.
    """
    return _length(found.get("width"), usual[0]), _length(found.get("height"), usual[1])


def _length(value: object, usual: int) -> int:
    text = str(value)
    number = int(text[:9]) if text.isascii() and text.isdigit() else usual
    return max(1, min(number, LARGEST))
