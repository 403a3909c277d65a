"""A report as one HTML page: no script, nothing from elsewhere, every text of somebody's escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from drmaa_cli import __version__
from drmaa_cli.cli.report import charts
from drmaa_cli.cli.report.facts import FailedJob, Report, ReportedJob, one_by_one
from drmaa_cli.cli.screen import shorten, visible
from drmaa_cli.cli.words import moment, number
from drmaa_cli.jobs.usage import duration, size

ARRAYS = 500  # rows of the table of submissions
LONGEST = 120  # characters of a command in a table
TITLE = "report of a session"
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report, style: str) -> str:
    """The page.

    Args:
        report: what it tells.
        style: the style sheet.
    """
    name = text(report.name)
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{name}: {TITLE}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>",
            *_head(report, name),
            *charts.timeline(report),
            *charts.usage(report),
            *_failures(report),
            *_submissions(report.jobs),
            *_jobs(report.jobs),
            f"<footer>Made by drmaa-cli {__version__}. Times are those of {text(report.zone)}.</footer>",
            "</main>\n</body>\n</html>\n",
        ]
    )


def text(value: str) -> str:
    """Somebody's text on one line, as a page can show it."""
    return escape(visible(value))


# --- the head ----------------------------------------------------------------------------------------------


def _head(report: Report, name: str) -> Iterator[str]:
    jobs = report.jobs
    host = f" on {text(report.host)}" if report.host else ""
    yield f"<h1>{name}</h1>"
    yield f'<p class="soft">{TITLE}{host}, {moment(report.made)}</p>'
    for note in report.notes:
        yield f'<p class="card note">{text(note)}</p>'
    if not jobs:
        yield '<p class="card">Nothing was ever submitted in this session.</p>'
        return
    well = sum(job.well is True for job in jobs)
    bad = sum(job.well is False for job in jobs)
    running = sum(job.running for job in jobs)
    waiting = len(jobs) - well - bad - running
    tiles = [
        ("", number(len(jobs)), "job" if len(jobs) == 1 else "jobs"),
        ("well", number(well), "ended well"),
        ("bad" if bad else "", number(bad), "failed"),
        *([("run", number(running), "running")] if running else []),
        *([("", number(waiting), "not ended yet")] if waiting else []),
        *_amounts(jobs, is_over=not running and not waiting),
    ]
    yield '<div class="tiles">'
    for kind, figure, what in tiles:
        yield f'<div class="tile {kind}"><b>{figure}</b><span class="soft">{what}</span></div>'
    yield "</div>"
    shares = [("well", well), ("bad", bad), ("run", running)]
    parts = "".join(f'<i class="{kind}" style="flex:{count}"></i>' for kind, count in shares if count)
    rest = f'<i class="wait" style="flex:{waiting}"></i>' if waiting else ""
    label = f"{number(well)} of {number(len(jobs))} ended well"
    yield f'<div class="share" role="img" aria-label="{label}">{parts}{rest}</div>'


def _amounts(jobs: Sequence[ReportedJob], *, is_over: bool) -> Iterator[tuple[str, str, str]]:
    used = [job.used for job in jobs if job.used is not None and job.used.ran]
    if is_over and used:
        began = [one.started for one in used if one.started]  # in whole seconds, as their ends
        first = min([*(job.submitted for job in jobs), *began])
        yield "", duration(max(max(one.ended for one in used) - first, 0)), "from first to last"
    processors = [one.cpu for one in used if one.cpu is not None]
    if processors:
        yield "", duration(sum(processors)), "of CPU time"
    memories = [one.memory for one in used if one.memory is not None]
    if memories:
        yield "", size(max(memories)), "most memory of a job"


# --- failures ----------------------------------------------------------------------------------------------


def _failures(report: Report) -> Iterator[str]:
    bad = [job for job in report.jobs if job.well is False]
    if not bad:
        return
    yield f'<h2 id="failed">{number(len(bad))} failed</h2>'
    reasons = Counter(job.state for job in bad)
    if len(reasons) > 1:
        yield '<ul class="card" style="list-style:none;padding-left:1.1rem">'
        for state, count in reasons.most_common(10):
            yield f"<li><b>{number(count)}</b> {text(state)}</li>"
        if len(reasons) > 10:
            others = len(reasons) - 10
            yield f'<li class="soft">and {number(others)} other end{"s" if others > 1 else ""}</li>'
        yield "</ul>"
    for failed in report.failed:
        yield from _failure(failed)
    if len(bad) > len(report.failed):
        more = number(len(bad) - len(report.failed))
        yield f'<p class="soft">{more} more failed; --failures N tells of more of them in detail.</p>'


def _failure(failed: FailedJob) -> Iterator[str]:
    job = failed.job
    yield '<section class="card">'
    yield f'<h3>{text(job.id)} <span class="soft">{text(job.name)}</span></h3>'
    yield f'<p class="red">{text(job.state)}</p>'
    yield f'<p class="soft">{", ".join(_circumstances(job))}</p>'
    if job.command:
        yield f'<pre class="command">{_lines(job.command.splitlines())}</pre>'
    if failed.lines:
        yield f"<pre>{_lines(failed.lines)}</pre>"
    where = f"<code>{text(failed.path)}</code>" if failed.path else "its output"
    if failed.trouble:
        yield f'<p class="soft">{where}: {text(failed.trouble)}</p>'
    elif failed.path:
        yield f'<p class="soft">{where}</p>'
    if failed.advice:
        yield f"<p><b>to do</b> {text('; '.join(failed.advice))}</p>"
    if failed.evidence:
        yield '<details><summary class="soft">what that is concluded from</summary><ul>'
        yield from (f"<li>{text(sentence)}</li>" for sentence in failed.evidence)
        yield "</ul></details>"
    yield "</section>"


def _circumstances(job: ReportedJob) -> Iterator[str]:
    if job.key is not None:
        yield f"key {text(job.key)}"
    if job.host:
        yield f"on {text(job.host)}"
    used = job.used
    if used is not None and used.ran:
        asked = f" of {duration(used.asked.time)}" if used.asked.time else ""
        yield f"{moment(used.started)}, {duration(used.wallclock or 0)}{asked}"
        if used.memory is not None:
            yield size(used.memory) + (f" of {size(used.asked.memory)}" if used.asked.memory else "")
    else:
        yield f"submitted {moment(job.submitted)}, never ran"


def _lines(lines: Iterable[str]) -> str:
    """Somebody's lines as they are, with tabs, but without anything that a page would take for its own."""
    return "\n".join("\t".join(text(part) for part in line.split("\t")) for line in lines)


# --- tables ------------------------------------------------------------------------------------------------


def _submissions(jobs: Sequence[ReportedJob]) -> Iterator[str]:
    """A row for each job number: an array of ten thousand tasks is one."""
    found: dict[str, list[ReportedJob]] = {}
    for at, job in enumerate(jobs):
        found.setdefault(job.id.partition(".")[0] or f"?{at}", []).append(job)
    if not found:
        return
    yield f"<h2>{number(len(found))} submission{'s' if len(found) != 1 else ''}</h2>"
    head = ["id", "name", "key", "submitted", "#jobs", "#well", "#failed", "#longest", "#memory"]
    rows = [_submission(name, members) for name, members in list(found.items())[:ARRAYS]]
    yield from _table(head, rows)
    yield from _more(len(found) - ARRAYS)


def _submission(name: str, jobs: Sequence[ReportedJob]) -> list[str]:
    used = [job.used for job in jobs if job.used is not None and job.used.ran]
    times = [one.wallclock for one in used if one.wallclock is not None]
    memories = [one.memory for one in used if one.memory is not None]
    bad = sum(job.well is False for job in jobs)
    return [
        "?" if name.startswith("?") else text(name),
        text(jobs[0].name),
        text(jobs[0].key or ""),
        moment(jobs[0].submitted),
        number(len(jobs)),
        number(sum(job.well is True for job in jobs)),
        f'<span class="red">{number(bad)}</span>' if bad else "0",
        duration(max(times)) if times else "",
        size(max(memories)) if memories else "",
    ]


def _jobs(jobs: Sequence[ReportedJob]) -> Iterator[str]:
    """Each job, those first that did not end well or have not ended."""
    if not jobs:
        return
    shown = one_by_one(jobs)
    told = [shorten(visible(job.command), LONGEST, "…") for job in shown]
    yield f'<details class="card"{" open" if len(jobs) <= 50 else ""}><summary>each job</summary>'
    head = [
        "id",
        "name",
        *(["command"] if any(told) else []),
        "state",
        "host",
        "#run time",
        "#memory",
        "#waited",
    ]
    rows = [_job(job, [escape(line)] if any(told) else []) for job, line in zip(shown, told)]
    yield from _table(head, rows, card=False)
    yield from _more(len(jobs) - len(shown))
    yield "</details>"


def _job(job: ReportedJob, command: Sequence[str]) -> list[str]:
    used = job.used
    ran = used if used is not None and used.ran else None
    return [
        text(job.id or "?"),
        text(job.name),
        *command,
        f'<span class="red">{text(job.state)}</span>' if job.well is False else text(job.state),
        text(job.host),
        duration(ran.wallclock or 0) if ran else "",
        size(ran.memory) if ran and ran.memory is not None else "",
        duration(ran.waited) if ran and ran.waited is not None else "",
    ]


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f'<p class="soft">and {number(count)} more: drmaa-cli sessions export has them all</p>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, card: bool = True) -> Iterator[str]:
    """A table; a heading that begins with # is one of numbers."""
    yield f'<div class="scroll{" card" if card else ""}"><table><thead><tr>'
    kinds = [_kind(name) for name in head]
    yield "".join(f'<th class="{kind}">{name.lstrip("#")}</th>' for name, kind in zip(head, kinds))
    yield "</tr></thead><tbody>"
    for row in rows:
        cells = (f'<td class="{kind}">{cell}</td>' for kind, cell in zip(kinds, row))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _kind(name: str) -> str:
    if name.startswith("#"):
        return "number word"
    return {"name": "text", "key": "text", "command": "text command", "state": "text state"}.get(name, "word")
