"""``drmaa-cli why``: why a job waits, or why it ended, with the evidence and what to do."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.chosen import Chosen, chosen, jobs_argument
from drmaa_cli.cli.ends import BadInput
from drmaa_cli.cli.parser import Command, json_option, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.screen import UNLIMITED, paint, print_json, visible, width
from drmaa_cli.cli.words import number
from drmaa_cli.constants import JobState
from drmaa_cli.gridengine.ranges import parse_range
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.jobs.why.explanation import Explanation
    from drmaa_cli.session.entries import SessionJob

MARGIN = "  "
LABEL = 10  # columns
NARROWEST = 20
UNKNOWN = "unknown"


@click.command(
    "why",
    cls=Command,
    examples=[
        ("drmaa-cli why 42", "why it waits, or why it ended; of an array, tasks alike together"),
        ("drmaa-cli why 42.7", "the same of one task"),
        ("drmaa-cli why --all", "of every job of all sessions that has not ended well"),
        ("drmaa-cli why --json 42", "the same for a program"),
    ],
)
@jobs_argument
@session_options
@json_option
def command(
    words: Sequence[str], everything: bool, session: str | None, contact: str | None, as_json: bool
) -> int:
    """Say in one sentence why jobs wait or why they ended, what that is concluded from, and what to do.

    JOB is an id (42, 42.7, 42.1-9), a key or a name; the latter may have *, ? and [...]. Ids may be those of
    anybody's jobs. With --all, or -s without JOB, jobs that ended well or run are left out. The exit code is
    1 when a job is not known.
    """
    place = SessionPlace.of(session, contact)
    shapes: list[dict[str, object]] = []
    unknown = printed = 0
    with chosen(words, place, everything=everything, foreign=True, needed=True) as found:
        for part in found:
            names = {job.id: job for job in part.jobs}
            ids = [*(names if words else _dubious(part)), *task_ids(part.foreign)]
            for one in part.session.why(*ids):
                unknown += one.kind.value == UNKNOWN and one.state == JobState.UNDETERMINED
                job = names.get(first_id(one.id))
                if as_json:
                    shapes.append(_shape(part, job, one))
                else:
                    if printed:
                        print()
                    _print(one, job)
                printed += 1
    if as_json:
        print_json({"jobs": shapes})
    elif not printed:
        print("drmaa-cli: every job has ended well or runs", file=sys.stderr)
    return ends.FAILED if unknown else ends.OK


def _dubious(part: Chosen) -> list[str]:
    """Those to be asked about if none was named: whoever says ``--all`` is spared what runs or ended well."""
    infos = part.session.ends(job.id for job in part.jobs)
    return [
        job.id
        for job in part.jobs
        if job.state != JobState.RUNNING and not (job.id in infos and infos[job.id].succeeded)
    ]


def task_ids(words: Sequence[str]) -> Iterator[str]:
    """Ids of jobs that no session has, ranges of tasks one by one."""
    for word in words:
        job, _, tasks = word.partition(".")
        if "-" not in tasks:
            yield word
            continue
        try:
            yield from (f"{job}.{task}" for task in parse_range(tasks).numbers())
        except ValueError as err:
            raise BadInput(f"{word}: {err}") from err


def first_id(name: str) -> str:
    """The first of the tasks that an id stands for."""
    job, dot, tasks = name.partition(".")
    return job + dot + tasks.partition(",")[0].partition("-")[0]


def _shape(part: Chosen, job: SessionJob | None, one: Explanation) -> dict[str, object]:
    return {
        "id": one.id,
        "count": one.jobs,
        "session": None if job is None else part.session.name,
        "key": None if job is None else job.key,
        "name": None if job is None else job.name,
        "state": one.state,
        "ended": one.ended,
        "kind": one.kind.value,
        "sentence": one.sentence,
        "certain": one.certain,
        "evidence": list(one.evidence),
        "advice": list(one.advice),
    }


def _print(one: Explanation, job: SessionJob | None) -> None:
    about = [visible(job.name)] if job is not None else []
    about += [f"{number(one.jobs)} tasks"] if one.jobs > 1 else []
    named = f"job {one.id}" + (f" ({', '.join(about)})" if about else "")
    doubt = "" if one.certain or one.kind.value == UNKNOWN else " (not certain)"
    for line in _wrapped(f"{named}: {visible(one.sentence)}{doubt}", ""):
        print(paint(line, _colour(one), sys.stdout))
    for label, lines in (("evidence:", one.evidence), ("to do:", one.advice)):
        for at, text in enumerate(lines):
            first = f"{MARGIN}{label if at == 0 else '':<{LABEL}}"
            print("\n".join(_wrapped(visible(text), first)))


def _colour(one: Explanation) -> str:
    if one.kind.value in ("running", "soon") or (one.kind.value == "exited" and not one.advice):
        return "green"
    return "red" if one.ended or one.kind.value in ("error state", "impossible") else "yellow"


def _wrapped(text: str, first: str) -> list[str]:
    """A text in lines as wide as the terminal, those after the first below its beginning."""
    room = width(sys.stdout)
    if room >= UNLIMITED:
        return [first + text]
    indent = " " * len(first) if first and room - len(first) >= NARROWEST else MARGIN
    return textwrap.wrap(
        text, max(room, NARROWEST), initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
    )
