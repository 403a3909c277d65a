"""The charts of a report, with their letters: when jobs ran, and what they used of what was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape

from drmaa_cli.cli.report import svg
from drmaa_cli.cli.report.facts import Report, ReportedJob
from drmaa_cli.cli.screen import visible
from drmaa_cli.cli.words import jobs, moment, number, spread_in_words
from drmaa_cli.jobs.advice import Advice, request_of, usage_advice
from drmaa_cli.jobs.usage import duration, size
from drmaa_cli.jobs.usage_groups import Spread, UsageGroup

SINGLE = 60  # jobs that have a row of their own
ROW = 14  # height of one
GROUPS = 12
ODD = 8  # jobs that stand out
KINDS = (("run", "running"), ("open", "not ended yet"))
OUTCOMES = (("wait", "waiting"), ("well", "ended well"), ("bad", "failed"), ("open", "not ended yet"))
NOT_MEMORY = ("h_rt", "s_rt", "h_cpu", "slots", "bundle")


def timeline(report: Report) -> Iterator[str]:
    """How many jobs waited and ran when; each in a row of its own where they are few."""
    spans = [(job, list(_spans(job, report.made))) for job in report.jobs]
    every = [span for _, some in spans for span in some]
    if not every:
        return
    bounds = min(span.start for span in every), max(span.end for span in every)
    yield "<h2>When they ran</h2>"
    yield '<figure class="card">'
    failed = [job.used.ended for job in report.jobs if job.well is False and job.used and job.used.ran]
    waits = svg.counts(every, "wait", bounds)
    runs = [(kind, svg.counts(every, kind, bounds)) for kind in ("run", "open")]
    some = [kind for kind, counted in runs if any(counted)]
    yield _legend([pair for pair in KINDS if pair[0] in some] + ([("bad", "failed")] if failed else []))
    most = _at_most(svg.peak(every, ("run", "open")))
    yield svg.chart(svg.areas(runs) + svg.ticks(failed, "bad", bounds), svg.HEIGHT, most, "high")
    yield f'<p class="soft">{most}{_not_shown(report.jobs)}</p>'
    if any(waits):
        most = _at_most(svg.peak(every, ("wait",)))
        yield _legend([("wait", "waiting")])
        yield svg.chart(svg.areas([("wait", waits)]), svg.HEIGHT, most, "low")
        yield f'<p class="soft">{most}</p>'
    yield _scale(bounds)
    if 1 < len(report.jobs) <= SINGLE:
        rows = [svg.Bar([_outcome(span, job) for span in some], _title(job)) for job, some in spans]
        there = {span.kind for row in rows for span in row.spans}
        yield f'<div class="each">{_legend([pair for pair in OUTCOMES if pair[0] in there])}</div>'
        yield svg.chart(svg.bars(rows, bounds, ROW), ROW * len(rows), "each job", "rows")
        yield _scale(bounds)
    yield "</figure>"


def _at_most(count: int) -> str:
    return f"at most {number(count)} at a time"


def _not_shown(jobs: Sequence[ReportedJob]) -> str:
    count = sum(job.well is None and job.used is None and not (job.running or job.waiting) for job in jobs)
    return f"; not shown: {number(count)} of which it is not known whether they run" if count else ""


def _spans(job: ReportedJob, now: float) -> Iterator[svg.Span]:
    used = job.used
    if used is None:
        if job.running or job.waiting:
            yield svg.Span("open" if job.running else "wait", min(job.submitted, now), now)
        return
    if used.ran:
        submitted = used.submitted or used.started
        if used.started > submitted:
            yield svg.Span("wait", submitted, used.started)
        yield svg.Span("run", used.started, max(used.ended, used.started))


def _outcome(span: svg.Span, job: ReportedJob) -> svg.Span:
    if span.kind != "run":
        return span
    return span._replace(kind="well" if job.well else "bad")


def _title(job: ReportedJob) -> str:
    used = job.used
    ran = f", {duration(used.wallclock or 0)}" if used is not None and used.ran else ""
    return visible(f"{job.id} {job.name}: {job.state}{ran}")


def _scale(bounds: tuple[float, float]) -> str:
    """Moments below a chart, with the day where it is about several, with seconds where about minutes."""
    first, last = (moment(bound) for bound in bounds)
    same_day = first[:10] == last[:10]
    begin, end = (11, 19 if bounds[1] - bounds[0] < 300 else 16) if same_day else (5, 16)
    labels = _labels(svg.scale(bounds, lambda at: moment(at)[begin:end], 4))
    return f'<div class="scale">{labels}</div>' + (f'<p class="soft">{first[:10]}</p>' if same_day else "")


def _legend(pairs: Sequence[tuple[str, str]]) -> str:
    words = "".join(f'<span><i class="{kind}"></i>{what}</span>' for kind, what in pairs)
    return f'<div class="legend">{words}</div>'


# --- usage -------------------------------------------------------------------------------------------------


def usage(report: Report) -> Iterator[str]:
    """What each group used, and what to ask for the next time."""
    groups = [group for group in report.groups if group.time is not None]
    if not groups:
        return
    yield "<h2>What they used</h2>"
    for group in groups[:GROUPS]:
        yield from _group(group)
    if len(groups) > GROUPS:
        more = len(groups) - GROUPS
        others = "1 more group: drmaa-cli usage tells of it"
        others = others if more == 1 else f"{number(more)} more groups: drmaa-cli usage tells of them"
        yield f'<p class="soft">and {others}</p>'


def _group(group: UsageGroup) -> Iterator[str]:
    advised = {one.resource: one for one in usage_advice(group)}
    least, most = group.slots
    slots = "" if most == 1 else f", {most} slots" if least == most else f", {least} to {most} slots"
    head = f'{escape(visible(group.name))} <span class="soft">{jobs(len(group.jobs))}{slots}</span>'
    yield f'<section class="card"><h3>{head}</h3>'
    yield '<div class="two">'
    memory = next((one for name, one in advised.items() if name not in NOT_MEMORY), None)
    time = advised.get("h_rt") or advised.get("s_rt")
    slots_then = advised["slots"].amount if "slots" in advised and advised["slots"].amount else most
    memories = [float(job.memory) for job in group.jobs if job.ran and job.memory is not None]
    times = [job.wallclock for job in group.jobs if job.ran and job.wallclock is not None]
    whole = memory.amount * slots_then if memory is not None and memory.amount is not None else None
    yield from _histogram("memory", memories, group.memory, group.asked_memory, whole, size)
    limit = time.amount if time is not None else None
    yield from _histogram("run time", times, group.time, group.asked_time, limit, duration)
    yield "</div>"
    yield from _further(group)
    yield from _advice(list(advised.values()))
    yield "</section>"


def _histogram(
    title: str,
    figures: Sequence[float],
    used: Spread | None,
    asked: Spread | None,
    advised: float | None,
    shown: Callable[[float], str],
) -> Iterator[str]:
    if used is None:
        return
    asked_for = f" of {shown(asked.most)}" if asked else ""
    words = spread_in_words(used, "used", shown)
    if used.known == 1:
        yield f"<figure><figcaption>{title}</figcaption><p>{shown(used.most)}{asked_for}</p></figure>"
        return
    most = max(used.most, asked.most if asked else 0.0, advised or 0.0, 1.0) * 1.02
    marks = [("ask", asked.most)] if asked else []
    marks += [("advised", advised)] if advised is not None else []
    names = [("used", "used"), *([("ask", "asked for")] if asked else [])]
    names += [("advised", "next time")] if advised is not None else []
    yield f"<figure><figcaption>{title}</figcaption>{_legend(names)}"
    yield svg.chart(svg.histogram(figures, most, marks), svg.HEIGHT, f"{title}: {words}", "low")
    yield f'<div class="scale">{_labels(svg.scale((0.0, most), lambda at: shown(_rounded(at)), 4))}</div>'
    yield f"<p>{words}{asked_for}</p></figure>"


def _labels(words: Sequence[str]) -> str:
    return "".join(f"<span>{word}</span>" for word in words)


def _rounded(value: float) -> float:
    """A label's figure: the second letter of a large number of seconds helps nobody."""
    return value if value < 120 or value > 1e8 else math.floor(value / 60) * 60


def _further(group: UsageGroup) -> Iterator[str]:
    words = []
    if group.totals.cpu is not None:
        words.append(f"processors worked {group.totals.cpu:.0%} of the time")
    if group.waited is not None and group.waited.most >= 1:
        words.append(spread_in_words(group.waited, "waited", duration))
    if words:
        yield f"<p>{'; '.join(words)}</p>"
    for what, shown in (("memory", size), ("time", duration)):
        odd = [one for one in group.outliers if one.what == what]
        if odd:
            named = ", ".join(f"<code>{escape(one.id)}</code> {shown(one.figure)}" for one in odd[:ODD])
            more = f" and {number(len(odd) - ODD)} more" if len(odd) > ODD else ""
            yield f"<p>stand out by {what}: {named}{more}</p>"


def _advice(advised: Sequence[Advice]) -> Iterator[str]:
    if not advised:
        return
    request = request_of(advised)
    yield '<div class="next">'
    if request:
        yield f"<p><b>next time</b> <code>{escape(request)}</code></p>"
    yield "<ul>"
    yield from (f"<li>{escape(sentence)}</li>" for sentence in dict.fromkeys(one.text for one in advised))
    yield "</ul></div>"
