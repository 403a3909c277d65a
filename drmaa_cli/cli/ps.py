"""``drmaa-cli ps``: what the jobs are doing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.chosen import Chosen, chosen, jobs_argument
from drmaa_cli.cli.parser import Command, json_option, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.screen import Column, print_json, table
from drmaa_cli.cli.shapes import job_shape
from drmaa_cli.cli.words import NOT_ENDED, STATES, end_in_words, jobs, number
from drmaa_cli.jobs.why.words import task_numbers
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.session.entries import SessionJob

COLUMNS = (
    Column("ID"),
    Column("TASKS", shrinks=True),
    Column("N", right=True),
    Column("NAME", shrinks=True),
    Column("KEY", shrinks=True, rank=2),
    Column("STATE", shrinks=True),
)
SESSION_COLUMN = Column("SESSION", shrinks=True, rank=1)


@click.command(
    "ps",
    cls=Command,
    examples=[
        ("drmaa-cli ps", "the jobs of this directory that have not ended, arrays in one line for each state"),
        ("drmaa-cli ps --ended", "those that have, too"),
        ("drmaa-cli ps --all", "in all sessions"),
        ("drmaa-cli ps --tasks 42 'align-*'", "each task of these"),
    ],
)
@jobs_argument
@click.option("-e", "--ended", is_flag=True, help="Those that have ended, too.")
@click.option("-t", "--tasks", is_flag=True, help="One line for each task.")
@session_options
@json_option
def command(
    words: Sequence[str],
    everything: bool,
    ended: bool,
    tasks: bool,
    session: str | None,
    contact: str | None,
    as_json: bool,
) -> int:
    """Show jobs and their states: of this directory's session, of another one, or of all.

    JOB is an id (42, 42.7, 42.1-9), a key or a name; the latter may have *, ? and [...].
    """
    place = SessionPlace.of(session, contact)
    with chosen(words, place, everything=everything) as found:
        rows = [row for part in found for row in _rows(part, ended=ended or bool(words) or as_json)]
        if as_json:
            print_json({"jobs": [row.shape for row in rows]})
            return ends.OK
        if not rows:
            _say_why_not(found, place, everything=everything)
            return ends.OK
        _print(rows, with_session=everything or len(found) > 1, tasks=tasks)
    return ends.OK


class _Row:
    """One job or task with all that is known of it."""

    def __init__(self, session: str, job: SessionJob, info: JobInfo | None) -> None:
        self.session, self.job, self.info = session, job, info
        self.number, _, self.task = job.id.partition(".")
        self.state = STATES[job.state] if info is None else end_in_words(info)

    @property
    def shape(self) -> dict[str, object]:
        """What a program is told."""
        job = self.job
        return job_shape(self.session, job.id, key=job.key, name=job.name, state=job.state, info=self.info)

    @property
    def colour(self) -> str:
        """Red for what did not end well, green for what runs."""
        if self.info is not None:
            return "" if self.info.succeeded else "red"
        return {"running": "green", "failed": "red"}.get(self.state, "")


def _rows(part: Chosen, *, ended: bool) -> Iterable[_Row]:
    shown = [job for job in part.jobs if ended or job.state in NOT_ENDED]
    infos = part.session.ends(job.id for job in shown) if ended else {}
    for job in shown:
        yield _Row(part.session.name, job, infos.get(job.id))


def _print(rows: Sequence[_Row], *, with_session: bool, tasks: bool) -> None:
    groups: dict[tuple[str, ...], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.session, row.number, row.state, row.task if tasks else ""), []).append(row)
    columns = [SESSION_COLUMN, *COLUMNS] if with_session else list(COLUMNS)
    texts, colours = [], []
    for members in groups.values():
        first = members[0]
        line = [
            first.number,
            task_text([int(row.task) for row in members if row.task]),
            number(len(members)),
            first.job.name,
            first.job.key or "-",
            first.state,
        ]
        texts.append([first.session, *line] if with_session else line)
        colours.append(first.colour)
    print(table(columns, texts, sys.stdout, colours))


def task_text(tasks: Sequence[int]) -> str:
    """Task numbers as Grid Engine writes them, neighbours together: ``1-9,12``; '-' for none."""
    return task_numbers(tasks) or "-"


def _say_why_not(found: Sequence[Chosen], place: SessionPlace, *, everything: bool) -> None:
    over = sum(len(part.jobs) for part in found)
    if over:
        text = "the job has ended" if over == 1 else f"all {jobs(over)} have ended"
        text += f"; --ended shows {'it' if over == 1 else 'them'}"
    elif found:
        text = "no jobs"
    elif everything and not place.chosen:
        text = "there is no session of this cell"
    else:
        text = place.missing
    print(f"drmaa-cli: {text}", file=sys.stderr)
