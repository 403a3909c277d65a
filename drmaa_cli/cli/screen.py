"""What is printed: tables as wide as the terminal, plain text where there is none, JSON for machines."""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import TextIO

from drmaa_cli.typed import NamedTuple

GAP = "  "
UNLIMITED = 1 << 30
NARROWEST = 8  # a shortened column keeps so many characters


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        head: its heading.
        right: whether numbers stand in it, aligned to the right.
        shrinks: whether its texts may be shortened where the terminal is narrow.
        rank: columns of a high rank are left out first where even that is not enough; 0 never is.
    """

    head: str
    right: bool = False
    shrinks: bool = False
    rank: int = 0


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at it."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def width(stream: TextIO) -> int:
    """How many columns there are; without a terminal lines are as long as they are."""
    if not is_terminal(stream):
        return UNLIMITED
    if os.environ.get("COLUMNS", "").isdigit() and int(os.environ["COLUMNS"]) > 0:
        return int(os.environ["COLUMNS"])
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return shutil.get_terminal_size().columns


def has_colour(stream: TextIO) -> bool:
    """Whether colours are wanted: on a terminal, unless NO_COLOR is set or it can show none."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_utf8(stream: TextIO) -> bool:
    """Whether any letter can be written to it."""
    return (stream.encoding or "").lower().replace("-", "") == "utf8"


def paint(text: str, colour: str, stream: TextIO) -> str:
    """A text in a colour of click's, where colours are wanted."""
    if not colour or not has_colour(stream):
        return text
    import click  # noqa: PLC0415  # only where something is painted

    return click.style(text, fg=colour)


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)


def visible(text: str) -> str:
    """A text of somebody's on one line, without anything that moves a cursor."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte of the system's that is no letter
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def shorten(text: str, limit: int, dots: str) -> str:
    """A text in at most so many columns, with dots where something is left out."""
    if cells(text) <= limit:
        return text
    kept = ""
    used = len(dots)
    for character in text:
        used += cells(character)
        if used > limit:
            break
        kept += character
    return kept + dots


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    stream: TextIO | None = None,
    colours: Sequence[str] = (),
) -> str:
    """Rows below their headings.

    Args:
        columns: the columns.
        rows: a text for each of them.
        stream: where it will be printed; standard output when None.
        colours: one for each row, '' for none.
    """
    out = sys.stdout if stream is None else stream
    room = width(out)
    dots = "…" if is_utf8(out) else ".."
    texts = [[visible(text) for text in row] for row in rows]
    widths = [
        max(map(cells, (column.head, *(row[at] for row in texts)))) for at, column in enumerate(columns)
    ]
    shown = fitting(columns, widths, room)
    lines = [_line(columns, widths, shown, [column.head for column in columns], dots)]
    for at, row in enumerate(texts):
        line = _line(columns, widths, shown, row, dots)
        lines.append(paint(line, colours[at] if colours else "", out))
    return "\n".join(lines)


def fitting(columns: Sequence[Column], widths: list[int], room: int) -> list[int]:
    """The columns for which there is room, by their places; those that shrink are made narrower.

    Args:
        columns: the columns.
        widths: how wide their texts are; changed to how wide they are to be.
        room: how wide the whole may be.
    """
    shown = list(range(len(columns)))
    while _total(widths, shown) > room and _fit(columns, widths, shown, room):
        pass
    return shown


def _total(widths: Sequence[int], shown: Sequence[int]) -> int:
    return sum(widths[at] for at in shown) + len(GAP) * (len(shown) - 1)


def _fit(columns: Sequence[Column], widths: list[int], shown: list[int], room: int) -> bool:
    """Make a table narrower by one step: shorten its longest column that can be, or leave one out."""
    excess = _total(widths, shown) - room
    narrow = [at for at in shown if columns[at].shrinks and widths[at] > NARROWEST]
    if narrow:
        longest = max(narrow, key=lambda at: widths[at])
        others = [widths[at] for at in narrow if at != longest and widths[at] < widths[longest]]
        floor = max([NARROWEST, *others])
        widths[longest] = (
            max(floor, widths[longest] - excess) if widths[longest] > floor else widths[longest] - 1
        )
        return True
    ranked = max(shown, key=lambda at: columns[at].rank)
    if columns[ranked].rank == 0:
        return False
    shown.remove(ranked)
    return True


def _line(
    columns: Sequence[Column], widths: Sequence[int], shown: Sequence[int], texts: Sequence[str], dots: str
) -> str:
    parts = []
    for at in shown:
        text = shorten(texts[at], widths[at], dots) if columns[at].shrinks else texts[at]
        fill = " " * (widths[at] - cells(text))
        parts.append(fill + text if columns[at].right else text + fill)
    return GAP.join(parts).rstrip()


def print_json(value: object) -> None:
    """Print a value for machines: ASCII, and therefore the same in every locale."""
    print(json.dumps(value, indent=2))
