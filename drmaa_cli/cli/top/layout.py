"""The lines of the list: columns that fit the terminal, texts with what their colours are to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from drmaa_cli.cli.screen import GAP, Column, cells, fitting, shorten, visible
from drmaa_cli.cli.top.model import StateKind, seconds
from drmaa_cli.cli.top.view import BoardRow
from drmaa_cli.cli.words import number
from drmaa_cli.jobs.usage import duration
from drmaa_cli.typed import NamedTuple

DOTS = "…"
MARKS = 2  # columns before a line: whether it is marked
COLUMNS = (
    Column("ID"),
    Column("NAME", shrinks=True),
    Column("STATE", shrinks=True),
    Column("TIME", right=True, rank=1),
    Column("WHERE", shrinks=True, rank=3),
    Column("KEY", shrinks=True, rank=4),
    Column("SESSION", shrinks=True, rank=2),
)
STATE = 2
READABLE = (12, 14, 44, 10, 12, 10, 12)  # columns in which most texts of these can be read
_ORDER = (
    StateKind.RUNNING,
    StateKind.SUSPENDED,
    StateKind.ENDING,
    StateKind.QUEUED,
    StateKind.HELD,
    StateKind.UNKNOWN,
    StateKind.FAILED,
    StateKind.DONE,
)


class Coloured(NamedTuple):
    """A text with what its colour is to say; None for nothing."""

    text: str
    kind: StateKind | None = None


class Layout(NamedTuple):
    """Which columns there is room for, and how wide they are."""

    shown: tuple[int, ...]
    widths: tuple[int, ...]


def layout(texts: Sequence[Sequence[str]], room: int) -> Layout:
    """Columns that are as wide as their texts, if there is so much room.

    Those of a high rank are left out where others could not be read beside them, and those in which nothing
    stands.

    Args:
        texts: those of all lines.
        room: columns of the terminal.
    """
    room -= MARKS
    longest = [max((cells(row[at]) for row in texts), default=0) for at in range(len(COLUMNS))]
    shown = [at for at, column in enumerate(COLUMNS) if not column.rank or longest[at] > 0]
    widths = [max(length, cells(column.head)) for length, column in zip(longest, COLUMNS)]
    while _least(widths, shown) > room and any(COLUMNS[at].rank for at in shown):
        shown.remove(max(shown, key=lambda at: COLUMNS[at].rank))
    fitted = [widths[at] for at in shown]
    left = fitting([COLUMNS[at] for at in shown], fitted, room)
    for place in left:
        widths[shown[place]] = fitted[place]
    return Layout(tuple(shown[place] for place in left), tuple(widths))


def _least(widths: Sequence[int], shown: Sequence[int]) -> int:
    """How wide columns have to be to be read."""
    return sum(min(widths[at], READABLE[at]) for at in shown) + len(GAP) * (len(shown) - 1)


def texts(row: BoardRow, now: float) -> list[str]:
    """The texts of a line; that of the state may have colours within it: see :func:`state`."""
    job, task = row.job, row.single
    name = visible(job.name)
    if row.task is not None:
        return [f"  {row.name}", "", row.task.state, _time(row, now), row.task.where, "", ""]
    fold = ("▾" if row.is_open else "▸") if job.is_array else " "
    where = task.where if task is not None else ""
    return [
        f"{fold}{job.number}",
        name,
        plain(pieces(row)),
        _time(row, now),
        where,
        visible(job.key),
        visible(job.session) or "-",
    ]


def _time(row: BoardRow, now: float) -> str:
    length = seconds(row.job, row.single, now)
    return "" if length is None else duration(length)


def pieces(row: BoardRow) -> list[Coloured]:
    """The state, in as many colours as it has kinds."""
    task = row.single
    if task is not None:
        return [Coloured(task.state, task.kind)]
    return summary(row.job.counts)


def summary(counts: Mapping[StateKind, int]) -> list[Coloured]:
    """How many tasks are in which state: ``12 running, 900 queued, 3 failed``."""
    found: list[Coloured] = []
    for kind in _ORDER:
        if counts.get(kind):
            if found:
                found.append(Coloured(", "))
            found.append(Coloured(f"{number(counts[kind])} {kind.name.lower()}", kind))
    return found


def plain(pieces: Iterable[Coloured]) -> str:
    """Their texts."""
    return "".join(piece.text for piece in pieces)


def line(row: BoardRow, texts: Sequence[str], layout: Layout) -> list[Coloured]:
    """A line of the list, without its mark."""
    found: list[Coloured] = []
    for place, at in enumerate(layout.shown):
        column, width = COLUMNS[at], layout.widths[at]
        parts = pieces(row) if at == STATE else [Coloured(texts[at])]
        parts = cut(parts, width) if column.shrinks else parts
        fill = Coloured(" " * (width - sum(cells(part.text) for part in parts)))
        found += [fill, *parts] if column.right else [*parts, fill]
        if place < len(layout.shown) - 1:
            found.append(Coloured(GAP))
    return [piece for piece in found if piece.text]


def head(layout: Layout) -> str:
    """The headings."""
    words = []
    for at in layout.shown:
        column, width = COLUMNS[at], layout.widths[at]
        words.append(column.head.rjust(width) if column.right else column.head.ljust(width))
    return GAP.join(words)


def cut(parts: Sequence[Coloured], width: int) -> list[Coloured]:
    """Pieces in at most so many columns."""
    found = []
    left = width
    for at, part in enumerate(parts):
        is_last = at == len(parts) - 1
        size = cells(part.text)
        if size < left or (size == left and is_last):
            found.append(part)
            left -= size
        else:
            rest = part.text if is_last else f"{part.text} {DOTS}"
            found.append(part._replace(text=shorten(rest, left, DOTS)))
            break
    return found


def ending(text: str, width: int) -> str:
    """A text in at most so many columns, of which the end is kept."""
    return shorten(text[::-1], width, DOTS)[::-1]
