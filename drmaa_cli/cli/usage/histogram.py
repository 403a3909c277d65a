"""Histograms of figures: how many lie in each of some parts of equal width, as bars of text."""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli.typed import NamedTuple

BLOCKS = " ▁▂▃▄▅▆▇█"
LETTERS = " .:-=+*#@"  # where the terminal has no blocks


class Bin(NamedTuple):
    """Figures from one bound to another.

    Attributes:
        lower: the lower bound, which belongs to it.
        upper: the upper one, which belongs to the next part, and to the last one.
        many: how many figures there are.
    """

    lower: float
    upper: float
    many: int


def parts(figures: Sequence[float], count: int) -> list[Bin]:
    """Figures in so many parts of equal width; in one where they are all the same, in none where none are."""
    if not figures:
        return []
    least, most = min(figures), max(figures)
    width = (most - least) / count
    if width <= 0:
        return [Bin(least, most, len(figures))]
    found = [0] * count
    for figure in figures:
        found[min(int((figure - least) / width), count - 1)] += 1
    return [Bin(least + at * width, least + (at + 1) * width, many) for at, many in enumerate(found)]


def line(found: Sequence[Bin], *, blocks: bool) -> str:
    """A histogram as a line, a letter for each part: the more, the higher; a single figure is seen, too."""
    letters = BLOCKS if blocks else LETTERS
    highest = max((part.many for part in found), default=0)
    return "".join(letters[_height(part.many, highest, len(letters) - 1)] for part in found)


def bar(many: int, highest: int, width: int, *, blocks: bool) -> str:
    """A bar for so many of the highest, which is so wide; what is not nothing has one letter at least."""
    return (BLOCKS[-1] if blocks else "#") * _height(many, highest, width)


def _height(many: int, highest: int, steps: int) -> int:
    return max(round(many / highest * steps), 1) if many else 0
