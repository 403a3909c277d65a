"""What ``usage`` prints for people: a line for each group, then what is to be said of the greatest ones."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from drmaa_cli.cli.screen import UNLIMITED, Column, is_utf8, paint, table, visible, width
from drmaa_cli.cli.usage import histogram
from drmaa_cli.cli.usage.rows import UsageRow
from drmaa_cli.cli.words import jobs, moment, number, spread_in_words
from drmaa_cli.jobs.advice import Verdict, request_of, usage_advice
from drmaa_cli.jobs.usage import duration, size
from drmaa_cli.jobs.usage_groups import Outlier, Spread, UsageGroup
from drmaa_cli.typed import NamedTuple

Groups = Sequence[tuple[UsageGroup, Sequence[UsageRow]]]

COLUMNS = (
    Column("GROUP", shrinks=True),
    Column("JOBS", right=True),
    Column("FAILED", right=True, rank=3),
    Column("SLOTS", right=True, rank=4),
    Column("MEMORY"),
    Column("TIME", rank=1),
    Column("CPU", right=True, rank=2),
)
EACH = (
    Column("ID"),
    Column("NAME", shrinks=True),
    Column("SLOTS", right=True, rank=4),
    Column("MEMORY"),
    Column("TIME", rank=1),
    Column("CPU", right=True, rank=2),
    Column("WAITED", right=True, rank=3),
    Column("END", rank=5),
)
DETAILED = 5  # groups that are told of in detail where nobody has chosen any
NAMED = 5  # jobs that stand out
PARTS = 24  # of a histogram in a line
FEWEST = 4
WIDEST = 60  # columns of histograms
ROWS = 10  # of one with a row for each part
NARROWEST = 16  # columns for what is said
LABEL = 13  # columns before what is said
COLOURS = {Verdict.LESS: "cyan", Verdict.MORE: "yellow", Verdict.NOT_ASKED: "cyan"}


class TextOptions(NamedTuple):
    """What is to be told.

    Attributes:
        since: the moment since which the jobs began to run; None for all.
        memory_name: what memory is asked for by here; '' for what Grid Engine enforces.
        chosen: whether somebody has chosen the groups: then all are told of in detail.
        full: histograms with a row for each part.
        each: a line for each job, and nothing else.
    """

    since: float | None = None
    memory_name: str = ""
    chosen: bool = False
    full: bool = False
    each: bool = False


def print_usage(
    sessions: Sequence[str], waiting: Mapping[str, int], groups: Groups, wanted: TextOptions
) -> None:
    """Print what was found, in the groups that are to be told of.

    Args:
        sessions: the sessions; none for accounting.
        waiting: how many jobs of these groups have not ended, by their states.
        groups: what is to be told of.
        wanted: in which way.
    """
    _print_head(sessions, waiting, groups, wanted.since)
    if wanted.each:
        print(table(EACH, [_job(row) for _, rows in groups for row in rows]))
        return
    print(table(COLUMNS, [_line(group) for group, _ in groups]))
    detailed = groups if wanted.chosen else groups[:DETAILED]
    for group, _ in detailed:
        print()
        _print_group(group, wanted.memory_name, full=wanted.full)
    if len(groups) > len(detailed):
        print()
        more = len(groups) - len(detailed)
        _say(f"{number(more)} more group{'s' if more > 1 else ''}: -g GROUP tells of one, -g '*' of all")


def _print_head(
    sessions: Sequence[str], waiting: Mapping[str, int], groups: Groups, since: float | None
) -> None:
    over = [job for group, _ in groups for job in group.jobs]
    well = sum(job.well for job in over)
    never = sum(not job.ran for job in over)
    words = [f"{number(well)} ended well", f"{number(len(over) - well - never)} failed"]
    words += [f"{number(never)} never ran"] if never else []
    words += [f"{number(count)} {state}" for state, count in waiting.items()]
    whole = len(over) + sum(waiting.values())
    source = f"since {moment(since)}: " if since is not None and not sessions else ""
    source = f"session {sessions[0]}: " if len(sessions) == 1 else source
    _say(f"{source}{jobs(whole)}: {', '.join(words)}")


# --- tables ------------------------------------------------------------------------------------------------


def _line(group: UsageGroup) -> list[str]:
    least, most = group.slots
    return [
        group.name,
        number(len(group.jobs)),
        number(group.failed + group.not_started),
        str(most) if least == most else f"{least}-{most}",
        _of(group.memory, group.asked_memory, size),
        _of(group.time, group.asked_time, duration),
        _percent(group.totals.cpu),
    ]


def _of(used: Spread | None, asked: Spread | None, shown: Callable[[float], str]) -> str:
    """The most that was used, of the most that was asked for."""
    if used is None:
        return "-"
    return shown(used.most) if asked is None else f"{shown(used.most)} of {shown(asked.most)}"


def _job(row: UsageRow) -> list[str]:
    used = row.used
    share = None if used.busy is None else used.busy / used.slots
    asked = used.asked
    return [
        used.id,
        row.name,
        str(used.slots) if used.ran else "-",
        "-"
        if used.memory is None
        else size(used.memory) + (f" of {size(asked.memory)}" if asked.memory else ""),
        "-"
        if used.wallclock is None
        else duration(used.wallclock) + (f" of {duration(asked.time)}" if asked.time else ""),
        _percent(share),
        "-" if used.waited is None else duration(used.waited),
        "well" if used.well else used.reason.kind.value,
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


# --- a group -----------------------------------------------------------------------------------------------


def _print_group(group: UsageGroup, memory_name: str, *, full: bool) -> None:
    least, most = group.slots
    slots = f", {most} slots" if least == most else f", {least} to {most} slots"
    head = f"{visible(group.name)}: {jobs(len(group.jobs))}{slots if most > 1 else ''}"
    print(paint(head, "blue", sys.stdout))
    figures = {
        "memory": [float(job.memory) for job in group.jobs if job.ran and job.memory is not None],
        "time": [job.wallclock for job in group.jobs if job.ran and job.wallclock is not None],
    }
    shares = {"memory": group.totals.memory, "time": None}
    for name, used, asked, shown in (
        ("memory", group.memory, group.asked_memory, size),
        ("time", group.time, group.asked_time, duration),
    ):
        if used is not None:
            _say(_spread(used, asked, len(figures["time"]), shares[name], shown), name)
            _print_histogram(figures[name], shown, full=full)
    for name, text in _further(group):
        _say(text, name)
    _print_advice(group, memory_name)


def _spread(
    used: Spread, asked: Spread | None, ran: int, share: float | None, shown: Callable[[float], str]
) -> str:
    text = spread_in_words(used, "used", shown) + _known(used, ran)
    if asked is None:
        return f"{text}; nothing was asked for"
    least, most = shown(asked.least), shown(asked.most)
    whole = most if least == most else f"{least} to {most}"
    average = "" if share is None else f", {share:.0%} used{' on average' if used.known > 1 else ''}"
    return f"{text}; asked for {whole}{average}"


def _known(spread: Spread, ran: int) -> str:
    return f" (it is known of {number(spread.known)} of {number(ran)})" if spread.known < ran else ""


def _print_histogram(figures: Sequence[float], shown: Callable[[float], str], *, full: bool) -> None:
    """How figures are spread, in a line or in a line for each part; nothing where they are all the same."""
    first, last = (shown(bound) for bound in (min(figures), max(figures)))
    room = min(width(sys.stdout), LABEL + WIDEST) - LABEL
    blocks = is_utf8(sys.stdout)
    if first == last:
        return
    if not full:
        count = min(PARTS, room - len(f"{first} || {last}"))
        if count >= FEWEST:
            bars = histogram.line(histogram.parts(figures, count), blocks=blocks)
            print(f"{'':{LABEL}}{first} |{bars}| {last}")
        return
    found = histogram.parts(figures, ROWS)
    bounds = [shown(part.lower) for part in found]
    widest, highest = max(map(len, bounds)), max(part.many for part in found)
    left = max(room - widest - len(number(highest)) - 4, FEWEST)
    for bound, part in zip(bounds, found):
        bar = histogram.bar(part.many, highest, left, blocks=blocks)
        print(f"{'':{LABEL}}{bound:>{widest}}  {bar} {number(part.many)}".rstrip())


def _further(group: UsageGroup) -> Iterator[tuple[str, str]]:
    _, most = group.slots
    if group.totals.cpu is not None:
        whole = "the slots' time" if most > 1 else "the run time"
        busy = "" if group.busy is None or most == 1 else f"{group.busy.median:.1f} busy in the middle, "
        yield "processors", f"{busy}{group.totals.cpu:.0%} of {whole} used"
    if group.waited is not None and group.waited.most >= 1:
        yield "queue", spread_in_words(group.waited, "waited", duration)
    for what, shown in (("memory", size), ("time", duration)):
        odd = [one for one in group.outliers if one.what == what]
        if odd:
            yield "stand out", _outliers(odd, what, shown)


def _outliers(odd: Sequence[Outlier], what: str, shown: Callable[[float], str]) -> str:
    named = ", ".join(f"{one.id} ({shown(one.figure)})" for one in odd[:NAMED])
    more = f" and {number(len(odd) - NAMED)} more" if len(odd) > NAMED else ""
    return f"by {what}: {named}{more}; in the middle {shown(odd[0].median)}"


def _print_advice(group: UsageGroup, memory_name: str) -> None:
    advised = usage_advice(group, memory_name)
    request = request_of(advised)
    if request:
        _say(request, "next time", "green")
    elif not advised:
        _say("none of them ran", "next time")
    for at, (text, colour) in enumerate({one.text: COLOURS.get(one.verdict, "") for one in advised}.items()):
        _say(text, "" if request or at else "next time", colour)


def _say(text: str, label: str | None = None, colour: str = "") -> None:
    """A paragraph, beside its label if it has one, as wide as the terminal."""
    room = width(sys.stdout)
    shown = visible(text)
    indent = 0 if label is None else LABEL
    lines = [shown]
    if room != UNLIMITED:
        lines = textwrap.wrap(shown, max(room - indent, NARROWEST), break_on_hyphens=False) or [""]
    for at, line in enumerate(lines):
        head = "" if label is None else f"  {label if at == 0 else '':<{LABEL - 2}}"
        print(f"{head}{paint(line, colour, sys.stdout)}".rstrip())
