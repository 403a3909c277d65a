"""``drmaa-cli sessions``: what is kept of the user's sessions, and removing what is not needed any more."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from drmaa_cli.cli import completing, ends
from drmaa_cli.cli.ends import Failure
from drmaa_cli.cli.parser import Group, json_option
from drmaa_cli.cli.screen import Column, print_json, table
from drmaa_cli.cli.words import number
from drmaa_cli.config import Config
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.store.expiry import SessionSummary

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
        ("drmaa-cli sessions --refresh", "the same after asking how their jobs are"),
        ("drmaa-cli sessions show nightly", "the jobs of one"),
        ("drmaa-cli sessions prune --older-than 7 --dry-run", "what is not needed any more"),
    ],
)
@click.option("--refresh", is_flag=True, help="Take each session up, and find out which jobs have ended.")
@json_option
@click.pass_context
def command(context: click.Context, refresh: bool, as_json: bool) -> int | None:
    """Look at the sessions that programs have left behind, or remove them; jobs are not touched.

    The files are in the state directory (setting state_dir). How a job ended is what its session has seen so
    far: a session that nobody has taken up since does not know yet, unless --refresh asks (those of this host
    and cell). The exit code is 1 when a session could not be read or refreshed; all else is told.
    """
    context.obj = as_json
    if refresh:
        _refresh()
    return None if context.invoked_subcommand is not None else _list(as_json=as_json)


@command.command("list", examples=[("drmaa-cli sessions list --json", "for a program")])
@json_option
@click.pass_obj
def list_all(before: bool, as_json: bool) -> int:
    """Print one line for each session, as without an action."""
    return _list(as_json=before or as_json)


@command.command("show", examples=[("drmaa-cli sessions show nightly", "its jobs, one line for each")])
@click.argument("name", metavar="NAME", shell_complete=completing.sessions)
@json_option
@click.pass_obj
def show(before: bool, as_json: bool, name: str) -> int:
    """Print the jobs of a session: id, key, name and how each ended.

    NAME is what stands after 'session=' in the contact string; for another submit host the whole string.
    """
    from drmaa_cli.cli import kept  # noqa: PLC0415  # not for --help
    from drmaa_cli.store.expiry import read  # noqa: PLC0415

    path = _path(name)
    try:
        session = read(path)
    except FileNotFoundError:
        raise Failure(f"there is no such session: no file {path}") from None
    if session.problem:
        raise Failure(session.problem)
    entries = [entry for job in session.jobs for entry in kept.entries(job)]
    if before or as_json:
        print_json({**_summary(session), "entries": entries})
        return ends.OK
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
    return ends.OK


@command.command(
    "export",
    examples=[
        ("drmaa-cli sessions export nightly", "all that is on record of its jobs, as JSON"),
        ("drmaa-cli sessions export --csv", "a table of the jobs of all sessions"),
    ],
)
@click.argument("names", metavar="[NAME ...]", nargs=-1, shell_complete=completing.sessions)
@click.option("--csv", "as_csv", is_flag=True, help="A table for spreadsheets instead of JSON.")
def export(names: Sequence[str], as_csv: bool) -> int:
    """Print every job of these sessions, or of all, with all that is on record of its end."""
    from drmaa_cli.cli import kept  # noqa: PLC0415  # not for --help
    from drmaa_cli.store.expiry import read, read_everywhere  # noqa: PLC0415

    try:
        sessions = [read(_path(name)) for name in names] if names else read_everywhere(_directory())
    except FileNotFoundError as missing:
        raise Failure(f"there is no such session: no file {missing.filename}") from None
    _tell_problems(sessions)
    jobs = list(kept.exported(sessions))
    if as_csv:
        kept.write_csv(jobs)
    else:
        print_json({"jobs": jobs})
    return ends.OK


@command.command(
    "report",
    examples=[
        ("drmaa-cli sessions report", "the session of this directory, as NAME.html"),
        ("drmaa-cli sessions report nightly -o report.html", "another one, elsewhere"),
    ],
)
@click.argument("name", metavar="[NAME]", required=False, shell_complete=completing.sessions)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=completing.files,
    help="The page; '-' is standard output.",
)
@click.option(
    "--failures",
    type=click.IntRange(0),
    default=50,
    metavar="N",
    help="How many failed jobs are told of in detail (50).",
)
@click.option(
    "-n", "--lines", type=click.IntRange(0), default=15, metavar="N", help="Last lines of their output (15)."
)
def report(name: str | None, output: str | None, failures: int, lines: int) -> int:
    """Write a page about a session: when its jobs ran, what they used, and the failed ones with their output.

    It is one HTML file that needs nothing else. NAME is that of the session, or the contact string of one on
    another submit host. Grid Engine is asked only while jobs have not ended.
    """
    from drmaa_cli.cli.place import SessionPlace  # noqa: PLC0415  # not for --help
    from drmaa_cli.cli.report.write import write_report  # noqa: PLC0415

    is_contact = name is not None and "://" in name
    place = SessionPlace.of(None if is_contact else name, name if is_contact else None)
    return write_report(place, output, failures, lines)


@command.command(
    "prune",
    examples=[
        ("drmaa-cli sessions prune", "those that have expired"),
        ("drmaa-cli sessions prune --force nightly", "this one, whatever its jobs do"),
    ],
)
@click.argument("names", metavar="[NAME ...]", nargs=-1, shell_complete=completing.sessions)
@click.option("--older-than", metavar="DAYS", type=float, help="Instead of the setting keep_days.")
@click.option("--force", is_flag=True, help="With names: also if jobs have not ended.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@json_option
@click.pass_obj
def prune(
    before: bool, names: Sequence[str], older_than: float | None, force: bool, dry_run: bool, as_json: bool
) -> int:
    """Remove sessions.

    With names these, if all their jobs have ended; without names those that have expired (unused for so many
    days, without keys, all jobs ended), and those without any jobs that nobody has used for an hour.
    """
    from drmaa_cli.store.places import remove_files  # noqa: PLC0415  # not for --help

    if names:
        chosen, complaints = _named(names, force=force)
    else:
        chosen, complaints = _expired(_directory(), older_than), []
    removed = [_called(session) for session in chosen]
    for session in chosen:
        if not dry_run:
            remove_files(str(session.path))
    if not names:
        removed += _without_jobs(_directory(), dry_run=dry_run)
    if before or as_json:
        print_json({"removed": removed, "kept": complaints})
    else:
        for name in removed:
            print(f"{'would remove' if dry_run else 'removed'} {name}")
        for complaint in complaints:
            ends.complain(complaint)
    return ends.FAILED if complaints else ends.OK


def _tell_problems(sessions: Iterable[SessionSummary]) -> None:
    for session in sessions:
        if session.problem:
            ends.incomplete(session.problem)


def _refresh() -> None:
    from drmaa_cli.cli import kept  # noqa: PLC0415  # not for --help
    from drmaa_cli.cli.place import SessionPlace  # noqa: PLC0415
    from drmaa_cli.store.expiry import read_all  # noqa: PLC0415

    place = SessionPlace.of("refresh", None)
    if not place.is_here:
        raise ends.BadInput("--refresh is for sessions of this host, and DRMAA_CLI_CONTACT names another one")
    for text in kept.refresh(read_all(_directory()), place):
        ends.incomplete(text)


def _directory() -> Path:
    return Config.load().directory(os.environ)


def _path(name: str) -> Path:
    """The file of a session by its name, or by the contact string of one on another submit host."""
    from drmaa_cli.session.contact import parse_contact  # noqa: PLC0415  # not for --help
    from drmaa_cli.session.reach import session_directory  # noqa: PLC0415
    from drmaa_cli.store.places import path_of  # noqa: PLC0415

    if "://" not in name:
        return Path(path_of(str(_directory()), name))
    contact = parse_contact(name)
    if contact.name is None:
        raise Failure(f"{name} names no session: put ;session=NAME behind the host")
    return Path(path_of(session_directory(Config.load(), contact), contact.name))


def _called(session: SessionSummary) -> str:
    """By what a session is named on the command line."""
    return f"{session.host};session={session.name}" if session.host else session.name


def _list(*, as_json: bool) -> int:
    from drmaa_cli.store.expiry import read_everywhere  # noqa: PLC0415  # not for --help

    sessions = read_everywhere(_directory())
    if as_json:
        print_json([_summary(session) for session in sessions])
    else:
        print(table(COLUMNS, [_row(session) for session in sessions]))
    _tell_problems(sessions)
    return ends.OK


def _row(session: SessionSummary) -> list[str]:
    if session.problem:
        return [_called(session), "?", "?", "?", "?", _moment(session.used)]
    counts = (session.tasks, session.ended, session.reaped, session.keys)
    return [_called(session), *map(str, counts), _moment(session.used)]


def _summary(session: SessionSummary) -> dict[str, object]:
    return {
        "name": session.name,
        "contact": session.contact or None,
        "host": session.host or None,
        "cell": session.cell._asdict() if session.cell else None,
        "file": str(session.path),
        "jobs": session.tasks,
        "ended": session.ended,
        "reaped": session.reaped,
        "keys": session.keys,
        "last_used": session.used,
        "problem": session.problem or None,
    }


def _named(names: Sequence[str], *, force: bool) -> tuple[list[SessionSummary], list[str]]:
    from drmaa_cli.store.expiry import read  # noqa: PLC0415  # not for --help

    chosen, complaints = [], []
    for name in names:
        try:
            session = read(_path(name))
        except FileNotFoundError:
            complaints.append(f"there is no session {name}")
            continue
        if not force and (session.problem or session.unfinished):
            left = session.tasks - session.ended
            have = "1 of its jobs has" if left == 1 else f"{number(left)} of its jobs have"
            why = session.problem or f"{have} not ended, as far as is known"
            complaints.append(f"{name} is kept: {why} (--force removes it)")
            continue
        chosen.append(session)
    return chosen, complaints


def _expired(directory: Path, days: float | None) -> list[SessionSummary]:
    from drmaa_cli.cli.place import cell_of  # noqa: PLC0415  # not for --help
    from drmaa_cli.session.contact import Contact  # noqa: PLC0415
    from drmaa_cli.store.expiry import is_expired, read_all, read_everywhere  # noqa: PLC0415
    from drmaa_cli.system.cell import Cluster  # noqa: PLC0415
    from drmaa_cli.system.trouble import TROUBLE  # noqa: PLC0415

    config = Config.load()
    keep_days = config.keep_days if days is None else max(days, 1e-9)
    cluster = Cluster(config)
    try:
        queued = {row.job for row in cluster.listing(cluster.user).rows}
    except TROUBLE:  # then only the sessions' own records count
        queued = None
    now = time.time()
    here, everywhere, cell = read_all(directory), read_everywhere(directory), cell_of(Contact())
    _tell_problems(everywhere)
    return [
        session  # of another host or cell only its own record counts
        for session in everywhere
        if session.jobs
        and is_expired(
            session,
            now,
            keep_days,
            queued if session in here and (cell is None or session.is_of(cell)) else None,
        )
    ]


def _without_jobs(directory: Path, *, dry_run: bool) -> list[str]:
    """Remove the sessions in which nothing was submitted, save those that were used in the last hour."""
    from drmaa_cli.store.expiry import read_unused  # noqa: PLC0415  # not for --help
    from drmaa_cli.store.places import StoreError  # noqa: PLC0415
    from drmaa_cli.store.unused import remove  # noqa: PLC0415

    removed = []
    now = time.time()
    for session in read_unused(directory):
        try:
            if remove(str(session.path), now, dry_run=dry_run):
                removed.append(_called(session))
        except (StoreError, OSError) as trouble:
            ends.incomplete(f"{_called(session)} is kept: {trouble}")
    return removed


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
