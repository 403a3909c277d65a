"""``drmaa-cli sessions``: what is kept of the user's sessions, and removing what is not needed any more."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from drmaa_cli.config import Config
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.gridengine.signals import signal_name
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.store.expiry import SessionSummary, is_expired, read, read_all
from drmaa_cli.store.places import path_of, remove_files
from drmaa_cli.store.session_store import StoredJob, StoredTask
from drmaa_cli.system.cell import TROUBLE, Cluster

NAME = "sessions"
SUMMARY = "list, show and remove the sessions that are kept in the state directory"
MISSING = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add list, show and prune."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action")
    listing = actions.add_parser("list", help="one line for each session (the default)")
    show = actions.add_parser("show", help="the jobs of a session: id, key, name and how each ended")
    show.add_argument("name", metavar="NAME", help="what stands after 'session=' in the contact string")
    prune = actions.add_parser("prune", help="remove sessions")
    prune.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="these, if all their jobs have ended; without names those that have expired: unused for so many"
        " days, without keys, all jobs ended",
    )
    prune.add_argument("--older-than", metavar="DAYS", type=float, help="instead of the setting keep_days")
    prune.add_argument("--force", action="store_true", help="with names: also if jobs have not ended")
    prune.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    for action in (parser, listing, show, prune):
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Look at the sessions that programs have left behind, or remove them; jobs are not touched.

    The files are in the state directory (setting state_dir). How a job ended is what its session has seen so
    far: a session that nobody has taken up since does not know yet.
    """
    directory = Config.load().directory(os.environ)
    as_json = "json" in arguments
    if arguments.action == "show":
        return _show(path_of(directory, arguments.name), as_json=as_json)
    if arguments.action == "prune":
        return _prune(directory, arguments, as_json=as_json)
    sessions = read_all(directory)
    if as_json:
        print(json.dumps([_summary(session) for session in sessions], indent=2))
    else:
        rows = [_row(session) for session in sessions]
        print(_table(["SESSION", "JOBS", "ENDED", "REAPED", "KEYS", "LAST USED"], rows))
        _complain([session.problem for session in sessions if session.problem])
    return 0


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


def _show(path: Path, *, as_json: bool) -> int:
    try:
        session = read(path)
    except FileNotFoundError:
        _complain([f"there is no such session: no file {path}"])
        return MISSING
    if session.problem:
        _complain([session.problem])
        return MISSING
    entries = [entry for job in session.jobs for entry in _entries(job)]
    if as_json:
        print(json.dumps({**_summary(session), "entries": entries}, indent=2))
        return 0
    rows = [
        [str(entry["id"] or "?"), str(entry["key"] or "-"), str(entry["name"]), _how(entry), _reaped(entry)]
        for entry in entries
    ]
    print(_table(["ID", "KEY", "NAME", "END", "REAPED"], rows))
    return 0


def _entries(job: StoredJob) -> list[dict[str, object]]:
    stored = {task.task: task for task in job.tasks}
    numbers: Sequence[int] = [0] if job.intent.tasks is None else job.intent.tasks.numbers()
    return [_entry(job, number, stored.get(number)) for number in numbers]


def _entry(job: StoredJob, number: int, task: StoredTask | None) -> dict[str, object]:
    end = task.end if task else None
    known = job.number is not None
    return {
        "id": str(JobId(job.number or 0, None if job.intent.tasks is None else number)) if known else None,
        "key": job.intent.key,
        "name": job.intent.name,
        "submitted": job.intent.submitted,
        "end": end.outcome.value if end else None,
        "value": end.value if end else None,
        "text": _end(end) if end else ("" if known else "answer of qsub lost"),
        "reaped": bool(task and task.reaped),
    }


def _end(end: End) -> str:
    if end.outcome is Outcome.EXITED:
        return f"exit {end.value}"
    if end.outcome is Outcome.SIGNALED:
        return signal_name(end.value)
    return str(end.outcome.value)


def _how(entry: dict[str, object]) -> str:
    return str(entry["text"] or "-")


def _reaped(entry: dict[str, object]) -> str:
    return "yes" if entry["reaped"] else "no"


def _prune(directory: Path, arguments: argparse.Namespace, *, as_json: bool) -> int:
    if arguments.names:
        chosen, complaints = _named(directory, arguments.names, force=arguments.force)
    else:
        chosen, complaints = _expired(directory, arguments.older_than), []
    for session in chosen:
        if not arguments.dry_run:
            remove_files(session.path)
    if as_json:
        print(json.dumps({"removed": [session.name for session in chosen], "kept": complaints}, indent=2))
    else:
        for session in chosen:
            print(f"{'would remove' if arguments.dry_run else 'removed'} {session.name}")
        _complain(complaints)
    return MISSING if complaints else 0


def _named(directory: Path, names: Sequence[str], *, force: bool) -> tuple[list[SessionSummary], list[str]]:
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


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(heads, *rows)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)) for row in (heads, *rows)]
    return "\n".join(line.rstrip() for line in lines)


def _complain(texts: Sequence[str]) -> None:
    for text in texts:
        print(f"drmaa-cli: {text}", file=sys.stderr)
