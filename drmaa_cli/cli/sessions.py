"""``drmaa-cli sessions``: what is kept of the user's sessions, and removing what is not needed any more."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drmaa_cli.cli.ends import FAILED, OK, Failure, complain
from drmaa_cli.cli.parser import Group, json_option
from drmaa_cli.cli.screen import Column, print_json, table
from drmaa_cli.config import Config

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_end import End
    from drmaa_cli.store.expiry import SessionSummary
    from drmaa_cli.store.session_store import StoredJob, StoredTask

COLUMNS = (
    Column("SESSION", shrinks=True),
    Column("JOBS"),
    Column("ENDED"),
    Column("REAPED", rank=3),
    Column("KEYS", rank=2),
    Column("LAST USED", rank=1),
)
JOB_COLUMNS = (
    Column("ID"),
    Column("KEY", shrinks=True, rank=2),
    Column("NAME", shrinks=True),
    Column("END"),
    Column("REAPED", rank=3),
)


@click.group(
    "sessions",
    cls=Group,
    invoke_without_command=True,
    examples=[
        ("drmaa-cli sessions", "one line for each session"),
        ("drmaa-cli sessions show nightly", "the jobs of one"),
        ("drmaa-cli sessions prune --older-than 7 --dry-run", "what is not needed any more"),
    ],
)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> int | None:
    """Look at the sessions that programs have left behind, or remove them; jobs are not touched.

    The files are in the state directory (setting state_dir). How a job ended is what its session has seen so
    far: a session that nobody has taken up since does not know yet.
    """
    context.obj = as_json
    return _list(as_json=as_json) if context.invoked_subcommand is None else None


@command.command("list", examples=[("drmaa-cli sessions list --json", "for a program")])
@json_option
@click.pass_obj
def list_all(before: bool, as_json: bool) -> int:
    """Print one line for each session, as without an action."""
    return _list(as_json=before or as_json)


@command.command("show", examples=[("drmaa-cli sessions show nightly", "its jobs, one line for each")])
@click.argument("name", metavar="NAME")
@json_option
@click.pass_obj
def show(before: bool, as_json: bool, name: str) -> int:
    """Print the jobs of a session: id, key, name and how each ended.

    NAME is what stands after 'session=' in the contact string.
    """
    from drmaa_cli.store.expiry import read  # noqa: PLC0415  # not for --help
    from drmaa_cli.store.places import path_of  # noqa: PLC0415

    path = path_of(_directory(), name)
    try:
        session = read(path)
    except FileNotFoundError:
        raise Failure(f"there is no such session: no file {path}") from None
    if session.problem:
        raise Failure(session.problem)
    entries = [entry for job in session.jobs for entry in _entries(job)]
    if before or as_json:
        print_json({**_summary(session), "entries": entries})
        return OK
    rows = [
        [
            str(entry["id"] or "?"),
            str(entry["key"] or "-"),
            str(entry["name"]),
            str(entry["text"] or "-"),
            "yes" if entry["reaped"] else "no",
        ]
        for entry in entries
    ]
    print(table(JOB_COLUMNS, rows))
    return OK


@command.command(
    "prune",
    examples=[
        ("drmaa-cli sessions prune", "those that have expired"),
        ("drmaa-cli sessions prune --force nightly", "this one, whatever its jobs do"),
    ],
)
@click.argument("names", metavar="[NAME ...]", nargs=-1)
@click.option("--older-than", metavar="DAYS", type=float, help="Instead of the setting keep_days.")
@click.option("--force", is_flag=True, help="With names: also if jobs have not ended.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@json_option
@click.pass_obj
def prune(
    before: bool, names: Sequence[str], older_than: float | None, force: bool, dry_run: bool, as_json: bool
) -> int:
    """Remove sessions.

    With names these, if all their jobs have ended; without names those that have expired: unused for so many
    days, without keys, all jobs ended.
    """
    from drmaa_cli.store.places import remove_files  # noqa: PLC0415  # not for --help

    if names:
        chosen, complaints = _named(_directory(), names, force=force)
    else:
        chosen, complaints = _expired(_directory(), older_than), []
    for session in chosen:
        if not dry_run:
            remove_files(session.path)
    if before or as_json:
        print_json({"removed": [session.name for session in chosen], "kept": complaints})
    else:
        for session in chosen:
            print(f"{'would remove' if dry_run else 'removed'} {session.name}")
        for complaint in complaints:
            complain(complaint)
    return FAILED if complaints else OK


def _directory() -> Path:
    return Config.load().directory(os.environ)


def _list(*, as_json: bool) -> int:
    from drmaa_cli.store.expiry import read_all  # noqa: PLC0415  # not for --help

    sessions = read_all(_directory())
    if as_json:
        print_json([_summary(session) for session in sessions])
        return OK
    print(table(COLUMNS, [_row(session) for session in sessions]))
    for session in sessions:
        if session.problem:
            complain(session.problem)
    return OK


def _row(session: SessionSummary) -> list[str]:
    if session.problem:
        return [session.name, "?", "?", "?", "?", _moment(session.used)]
    counts = (session.tasks, session.ended, session.reaped, session.keys)
    return [session.name, *map(str, counts), _moment(session.used)]


def _summary(session: SessionSummary) -> dict[str, object]:
    return {
        "name": session.name,
        "contact": session.contact or None,
        "file": str(session.path),
        "jobs": session.tasks,
        "ended": session.ended,
        "reaped": session.reaped,
        "keys": session.keys,
        "last_used": session.used,
        "problem": session.problem or None,
    }


def _entries(job: StoredJob) -> list[dict[str, object]]:
    stored = {task.task: task for task in job.tasks}
    numbers: Sequence[int] = [0] if job.intent.tasks is None else job.intent.tasks.numbers()
    return [_entry(job, number, stored.get(number)) for number in numbers]


def _entry(job: StoredJob, number: int, task: StoredTask | None) -> dict[str, object]:
    from drmaa_cli.gridengine.records import JobId  # noqa: PLC0415  # not for --help

    end = task.end if task else None
    known = job.number is not None
    return {
        "id": str(JobId(job.number or 0, None if job.intent.tasks is None else number)) if known else None,
        "key": job.intent.key,
        "name": job.intent.name,
        "submitted": job.intent.submitted,
        "end": end.outcome.value if end else None,
        "value": end.value if end else None,
        "text": _how(end) if end else ("" if known else "answer of qsub lost"),
        "reaped": bool(task and task.reaped),
    }


def _how(end: End) -> str:
    from drmaa_cli.gridengine.signals import signal_name  # noqa: PLC0415  # not for --help
    from drmaa_cli.jobs.job_end import Outcome  # noqa: PLC0415

    if end.outcome is Outcome.EXITED:
        return f"exit {end.value}"
    if end.outcome is Outcome.SIGNALED:
        return signal_name(end.value)
    return str(end.outcome.value)


def _named(directory: Path, names: Sequence[str], *, force: bool) -> tuple[list[SessionSummary], list[str]]:
    from drmaa_cli.store.expiry import read  # noqa: PLC0415  # not for --help
    from drmaa_cli.store.places import path_of  # noqa: PLC0415

    chosen, complaints = [], []
    for name in names:
        try:
            session = read(path_of(directory, name))
        except FileNotFoundError:
            complaints.append(f"there is no session {name}")
            continue
        if not force and (session.problem or session.unfinished):
            why = (
                session.problem
                or f"{session.tasks - session.ended} of its jobs have not ended, as far as is known"
            )
            complaints.append(f"{name} is kept: {why} (--force removes it)")
            continue
        chosen.append(session)
    return chosen, complaints


def _expired(directory: Path, days: float | None) -> list[SessionSummary]:
    from drmaa_cli.store.expiry import is_expired, read_all  # noqa: PLC0415  # not for --help
    from drmaa_cli.system.cell import TROUBLE, Cluster  # noqa: PLC0415

    config = Config.load()
    keep_days = config.keep_days if days is None else max(days, 1e-9)
    cluster = Cluster(config)
    try:
        queued = {row.job for row in cluster.listing(cluster.user).rows}
    except TROUBLE:  # then only the sessions' own records count
        queued = None
    now = time.time()
    return [session for session in read_all(directory) if is_expired(session, now, keep_days, queued)]


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
