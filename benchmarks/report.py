"""Rows of results, and the table they make."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"

INTRODUCTION = """# Benchmarks

Written by `make bench`. Each row compares two sides measured in turn, in one run, on the same private
cell of Grid Engine 8.1.9 (or is a figure of its own); the figures are medians, the ratio is of the medians.
libdrmaa is the real one (Debian's), driven by drmaa-python. "fast cell" is one whose scheduler and accounting
answer within a second; "stock cell" has Grid Engine's own defaults (scheduling every 15 s, accounting flushed
every 15 s). In the rows about fake_sge "our" side is a command of the fake, the other one the real command.
Over ssh the same cell is behind a login, at no distance or at 20 ms there and back (a relay adds them); a
journey is something that goes there and is answered.
"""


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        what: what was measured.
        ours: our figure, with its unit.
        theirs: the other side's, or '-'.
        ratio: as the target puts it, or '-'.
        target: what was aimed at.
        met: whether it was reached; None where there is no target.
        note: a reason or a detail.
    """

    what: str
    ours: str
    theirs: str
    ratio: str
    target: str
    met: bool | None
    note: str = ""


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def milliseconds(seconds: float) -> str:
    """Seconds as milliseconds, for people."""
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def at_most(what: str, ours: Sequence[float], theirs: Sequence[float], limit: float, note: str = "") -> Row:
    """A row whose target is: ours is at most so many times theirs."""
    ratio = median(ours) / median(theirs)
    return Row(
        what,
        milliseconds(median(ours)),
        milliseconds(median(theirs)),
        f"{ratio:.2f}",
        f"<= {limit:g}",
        ratio <= limit,
        note,
    )


def faster(what: str, ours: Sequence[float], theirs: Sequence[float], factor: float, note: str = "") -> Row:
    """A row whose target is: ours is so many times faster."""
    ratio = median(theirs) / median(ours)
    return Row(
        what,
        milliseconds(median(ours)),
        milliseconds(median(theirs)),
        f"{ratio:.0f} times faster",
        f">= {factor:g} times faster",
        ratio >= factor,
        note,
    )


def page(rows: Sequence[Row]) -> str:
    """The whole page."""
    lines = [
        INTRODUCTION,
        f"Machine: {machine()}.\n",
        "| what | drmaa_cli | the other side | ratio | target | met |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        met = "" if row.met is None else ("yes" if row.met else "**no**")
        lines.append(f"| {row.what} | {row.ours} | {row.theirs} | {row.ratio} | {row.target} | {met} |")
    notes = [f"* {row.what}: {row.note}" for row in rows if row.note]
    return "\n".join([*lines, "", *notes, ""])


def machine() -> str:
    """The machine in a few words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} processors, {memory:.0f} GiB, Linux {platform.release().partition('-')[0]},"
        f" Python {platform.python_version()}"
    )
