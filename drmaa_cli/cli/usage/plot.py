"""``usage --plot``: when jobs ran, and what they used against what they had asked for, as a picture."""

from __future__ import annotations

import datetime
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from drmaa_cli.cli.ends import BadInput, Failure
from drmaa_cli.cli.files import write_whole
from drmaa_cli.jobs.usage import duration, size
from drmaa_cli.jobs.usage_groups import UsageGroup, UsedJob
from drmaa_cli.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".png", ".svg")
MISSING = "--plot needs matplotlib: pip install 'drmaa-cli[plot]'"
SHOWN = 8  # groups with a row of their own
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999933", "#882255")
OTHERS, FAILED, WAITING = "#888888", "#d62728", "#d9d9d9"
STYLE = {
    "svg.hashsalt": "drmaa-cli",  # the same picture is the same file
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
MANY = 2000  # lines: in an SVG they become a picture, which every viewer can show
LEAST_LENGTH = 0.002  # of the whole time: that much of a job that ran for no second can be seen
GOLDEN = 0.6180339887  # its multiples spread points evenly, and always in the same way
LONGEST = 28  # characters of a group's name

Row = tuple[str, str, Sequence[UsedJob]]


def check(file: str) -> None:
    """See that a picture can be made before anything is asked.

    Raises:
        BadInput: not a file that can be one.
        Failure: there is no matplotlib.
    """
    path = Path(file)
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"--plot makes a .png or a .svg, not {file}")
    if path.is_dir() or not path.parent.is_dir():
        raise BadInput(f"--plot: {path if path.is_dir() else path.parent} is {_no_place(path)}")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of caches of its own
    try:
        import matplotlib as mpl  # noqa: F401, PLC0415  # an extra
    except ImportError as missing:
        raise Failure(f"{MISSING} ({missing})") from None


def _no_place(path: Path) -> str:
    return "a directory" if path.is_dir() else "no directory"


def write(groups: Sequence[UsageGroup], file: str) -> bool:
    """Draw the jobs of some groups into a file, which is whole or not there; False when none of them ran.

    Raises:
        OSError: it cannot be written.
    """
    rows = list(_rows(groups))
    if not rows:
        return False
    path = Path(file)
    data = picture(rows, path.suffix.lower()[1:])
    write_whole(path, data)
    return True


def _rows(groups: Sequence[UsageGroup]) -> Iterator[Row]:
    """The greatest groups with a colour for each, and the others together."""
    ran = [(group.name, [job for job in group.jobs if job.ran]) for group in groups]
    some = [(name, jobs) for name, jobs in ran if jobs]
    shown = SHOWN if len(some) <= SHOWN else SHOWN - 1
    for (name, jobs), colour in zip(some[:shown], COLOURS):
        yield name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…", colour, jobs
    if some[shown:]:
        yield f"{len(some) - shown} others", OTHERS, [job for _, jobs in some[shown:] for job in jobs]


def picture(rows: Sequence[Row], kind: str) -> bytes:
    """The picture of some rows of jobs that ran, as ``png`` or ``svg``."""
    import matplotlib as mpl  # noqa: PLC0415  # an extra
    from matplotlib.figure import Figure  # noqa: PLC0415

    with warnings.catch_warnings(), mpl.rc_context():
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # whoever looks at an SVG may have it
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = Figure(figsize=(11, 5.2 + 0.34 * len(rows)), dpi=110, layout="constrained")
        heights = (3.4, 1.8 + 0.34 * len(rows))
        (when,), (below,) = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)
        _timeline(when.subplots(), rows)
        memory, time = below.subplots(1, 2, sharey=True)
        _used(memory, rows, "memory", lambda job: job.memory, lambda job: job.asked.memory, size, 1024.0)
        _used(time, rows, "run time", lambda job: job.wallclock, lambda job: job.asked.time, duration, 1.0)
        memory.set_yticks(range(len(rows)), [name.replace("$", r"\$") for name, _, _ in rows])
        memory.set_ylim(len(rows) - 0.4, -0.6)
        data = io.BytesIO()
        nothing: Mapping[str, Any] = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(data, format=kind, metadata=dict(nothing))
    return data.getvalue()


def _timeline(axes: Axes, rows: Sequence[Row]) -> None:
    """Each job a line from its start to its end, and before it, paler, from its submission."""
    from matplotlib.collections import LineCollection  # noqa: PLC0415  # an extra
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num  # noqa: PLC0415

    jobs = sorted(
        ((job.started, job.ended, colour, job) for _, colour, some in rows for job in some),
        key=lambda one: one[:3],
    )
    days = {moment: date2num(_moment(moment)) for _, _, _, job in jobs for moment in _moments(job)}
    first, last = min(days.values()), max(days.values())
    least = (last - first) * LEAST_LENGTH
    width = min(max(170 / len(jobs), 0.6), 6)
    waits, runs, colours = [], [], []
    for at, (_, _, colour, job) in enumerate(jobs):
        submitted, started, ended = (days[moment] for moment in _moments(job))
        waits.append([(submitted, at), (started, at)])
        runs.append([(started, at), (max(ended, started + least), at)])
        colours.append(colour if job.well else FAILED)
    raster = len(jobs) > MANY
    axes.add_collection(LineCollection(waits, colors=WAITING, linewidths=width, rasterized=raster))
    axes.add_collection(
        LineCollection(runs, colors=colours, linewidths=width, rasterized=raster, capstyle="butt")
    )
    room = max(last - first, 1 / 86400) * 0.01
    axes.set_xlim(first - room, last + room)
    axes.set_ylim(len(jobs) + 0.5, -1.5)
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_ylabel("jobs, by their start")
    failed = sum(not job.well for *_, job in jobs)
    head = (
        f"{len(jobs):,} job{'s' if len(jobs) != 1 else ''} that ran, {failed:,} failed (red); grey: waiting"
    )
    axes.set_title(head, loc="left")


def _moments(job: UsedJob) -> tuple[float, float, float]:
    started = job.started
    return job.submitted or started, started, max(job.ended, started)


def _moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds)


def _used(
    axes: Axes,
    rows: Sequence[Row],
    title: str,
    used: Callable[[UsedJob], float | None],
    asked: Callable[[UsedJob], float | None],
    shown: Callable[[float], str],
    least: float,
) -> None:
    """A row for each group: a point for what each job used, a stroke for what they had asked for."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator  # noqa: PLC0415  # an extra

    figures = [1.0]
    for at, (_, colour, jobs) in enumerate(rows):
        points = [(max(value, least), job.well) for job in jobs if (value := used(job)) is not None]
        limits = sorted({value for job in jobs if (value := asked(job))})
        figures += [value for value, _ in points] + limits
        heights = [at + (count * GOLDEN % 1 - 0.5) * 0.6 for count in range(len(points))]
        axes.scatter(
            [value for value, _ in points],
            heights,
            s=9,
            c=[colour if well else FAILED for _, well in points],
            alpha=0.6,
            linewidths=0,
            rasterized=len(points) > MANY,
        )
        axes.vlines(limits, at - 0.4, at + 0.4, colors="black", linewidths=1.6)
    bounds = min(figures[1:], default=1.0) * 0.8, max(figures[1:], default=1.0) * 1.3
    axes.set_xscale("log")
    axes.set_xlim(*bounds)
    marks = _marks(bounds, least)
    axes.xaxis.set_major_locator(FixedLocator(marks))
    axes.xaxis.set_major_formatter(FixedFormatter([shown(mark) for mark in marks]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", color="#eeeeee", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.set_title(f"{title}: used (points), asked for (strokes)", loc="left")


def _marks(bounds: tuple[float, float], least: float) -> list[float]:
    """Round figures between two bounds, at most seven of them."""
    steps = ROUND_SIZES if least > 1 else ROUND_TIMES
    inside = [step for step in steps if bounds[0] <= step <= bounds[1]]
    while len(inside) > MOST_MARKS:
        inside = inside[::2]
    return inside or [(bounds[0] * bounds[1]) ** 0.5]


MOST_MARKS = 6
ROUND_SIZES = tuple(2.0**power for power in range(10, 61))
MINUTE, HOUR, DAY = 60, 3600, 86400
ROUND_TIMES = (
    *(1, 2, 5, 10, 20, 30),
    *(MINUTE * minutes for minutes in (1, 2, 5, 10, 20, 30)),
    *(HOUR * hours for hours in (1, 2, 4, 8, 12)),
    *(DAY * days for days in (1, 2, 4, 7, 14, 28, 56, 112, 365, 730)),
)
