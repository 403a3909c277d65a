"""Charts as SVG, shapes only: letters beside them are the page's, so that they stay readable in any width.

Colours are classes, which the page's style sheet knows in a light and a dark form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape

from drmaa_cli.typed import NamedTuple

COLUMNS = 400  # moments at which is counted
WIDTH, HEIGHT = 1000, 100
SHORTEST = 1e-3  # seconds: a job that ran for no second was there, too
NEARLY = 1e-6  # of a part: a moment at the border of two is in the second
TICK = 10
BINS = 40
LEAST = 3.0  # of WIDTH: what is narrower cannot be seen


class Span(NamedTuple):
    """A time in which a job was in one state: its class, from and until when, in epoch seconds."""

    kind: str
    start: float
    end: float


class Bar(NamedTuple):
    """A job in a chart of single jobs: its spans, and what is told of it where the pointer stands."""

    spans: Sequence[Span]
    title: str


def chart(inside: str, height: int, label: str, kind: str = "") -> str:
    """An SVG image as wide as its place; its height is that of its class, else it is not stretched."""
    place = f'viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none"'
    return f'<svg class="{kind}" {place} role="img" aria-label="{escape(label)}">{inside}</svg>'


def peak(spans: Iterable[Span], kinds: Iterable[str]) -> int:
    """How many spans of these kinds there are at most at a time; who ends makes room for who begins."""
    wanted = frozenset(kinds)
    events: list[tuple[float, int]] = []
    for span in spans:
        if span.kind in wanted:
            events += ((span.start, 1), (max(span.end, span.start + SHORTEST), -1))
    now = found = 0
    for _, change in sorted(events):
        now += change
        found = max(found, now)
    return found


def counts(spans: Sequence[Span], kind: str, bounds: tuple[float, float]) -> list[int]:
    """How many spans of a kind there are at most in each of COLUMNS parts of a time.

    Of runs, those that begin and end in one part count there; other spans that are so short do not: a job is
    in one state at a time.
    """
    first, last = bounds
    width = (last - first) / COLUMNS or 1.0
    begun, over = [0] * (COLUMNS + 1), [0] * (COLUMNS + 1)
    for span in spans:
        if span.kind == kind:
            start = min(int((span.start - first) / width + NEARLY), COLUMNS - 1)
            end = min(math.ceil((span.end - first) / width - NEARLY), COLUMNS)
            begun[start] += 1
            over[max(end, start + (kind == "run"))] += 1
    found, now = [], 0
    most = peak(spans, (kind,))
    for at in range(COLUMNS):
        now += begun[at] - over[at]
        found.append(min(now, most))  # one that ended and one that began in a part were not there at once
    return found


def areas(layers: Sequence[tuple[str, Sequence[int]]]) -> str:
    """Counts one upon the other."""
    sums = [0] * COLUMNS
    highest = max((sum(values) for values in zip(*(counted for _, counted in layers))), default=0) or 1
    shapes = []
    for kind, counted in layers:
        upper = [below + value for below, value in zip(sums, counted)]
        shapes.append(f'<path class="{kind}" d="{_between(sums, upper, highest)}"/>')
        sums = upper
    return "".join(shapes)


def _between(lower: Sequence[int], upper: Sequence[int], highest: int) -> str:
    """The outline of a stepped area: along the upper edge there, along the lower one back."""
    step = WIDTH / COLUMNS

    def edge(values: Sequence[int]) -> list[tuple[float, float, float]]:
        """From where, to where, and how high; equal neighbours are one."""
        found: list[tuple[float, float, float]] = []
        for at, value in enumerate(values):
            tall = HEIGHT - value / highest * HEIGHT
            start = found.pop()[0] if found and found[-1][2] == tall else at * step
            found.append((start, (at + 1) * step, tall))
        return found

    there = [f"{_number(start)} {_number(tall)}H{_number(end)}" for start, end, tall in edge(upper)]
    back = [f"{_number(end)} {_number(tall)}H{_number(start)}" for start, end, tall in reversed(edge(lower))]
    return f"M{'L'.join(there)}L{'L'.join(back)}Z"


def ticks(moments: Iterable[float], kind: str, bounds: tuple[float, float]) -> str:
    """A stroke at the lower edge for each moment, one where several coincide."""
    places = sorted({round(_place(moment, bounds), 0) for moment in moments})
    return "".join(
        f'<rect class="{kind}" x="{_number(min(place, WIDTH - LEAST))}" y="{HEIGHT - TICK}"'
        f' width="{_number(LEAST)}" height="{TICK}"/>'
        for place in places
    )


def bars(rows: Sequence[Bar], bounds: tuple[float, float], height: int) -> str:
    """Each job in a row of its own."""
    shapes = []
    for at, row in enumerate(rows):
        inner = []
        for span in row.spans:
            start = _place(span.start, bounds)
            width = max(_place(span.end, bounds) - start, LEAST)
            start = min(start, WIDTH - width)
            y, tall = at * height + height * 0.15, height * 0.7
            inner.append(
                f'<rect class="{span.kind}" x="{_number(start)}" y="{_number(y)}" width="{_number(width)}"'
                f' height="{_number(tall)}"/>'
            )
        shapes.append(f"<g><title>{escape(row.title)}</title>{''.join(inner)}</g>")
    return "".join(shapes)


def histogram(figures: Sequence[float], most: float, marks: Sequence[tuple[str, float]]) -> str:
    """Figures from 0 to a bound as bars, and strokes for what was asked for and what is advised."""
    found = [0] * BINS
    for figure in figures:
        found[min(int(figure / most * BINS), BINS - 1)] += 1
    highest, step = max(found), WIDTH / BINS
    shapes = [
        f'<rect class="used" x="{_number(at * step + 1)}" y="{_number(HEIGHT - tall)}"'
        f' width="{_number(step - 2)}" height="{_number(tall)}"/>'
        for at, many in enumerate(found)
        if (tall := max(many / highest * (HEIGHT - 4), 2.0 if many else 0.0))
    ]
    shapes += [
        f'<line class="{kind}" x1="{_number(place)}" x2="{_number(place)}" y1="0" y2="{HEIGHT}"/>'
        for kind, mark in marks
        for place in [min(max(mark / most * WIDTH, 2.0), WIDTH - 2.0)]
    ]
    return "".join(shapes)


def scale(bounds: tuple[float, float], shown: Callable[[float], str], count: int = 5) -> list[str]:
    """Labels for evenly spaced places between two bounds."""
    first, last = bounds
    return [shown(first + (last - first) * at / (count - 1)) for at in range(count)]


def _place(moment: float, bounds: tuple[float, float]) -> float:
    first, last = bounds
    return min(max((moment - first) / ((last - first) or 1.0), 0.0), 1.0) * WIDTH


def _number(value: float) -> str:
    """A number in as few letters as its place needs."""
    rounded = round(value, 1)
    return str(int(rounded)) if rounded == math.floor(rounded) else str(rounded)
