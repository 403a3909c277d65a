"""``drmaa-cli logs``: what jobs have written."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.chosen import Chosen, chosen, jobs_argument
from drmaa_cli.cli.follow import read_from, size_of
from drmaa_cli.cli.parser import Command, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.screen import visible
from drmaa_cli.cli.watch import write
from drmaa_cli.cli.words import NOT_ENDED
from drmaa_cli.errors import DrmaaException
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.session.job_session import JobSession

LOOK = 0.3  # seconds between two looks at the files
ROOMS = (1 << 14, 1 << 20)  # bytes from the end in which last lines are looked for
ASK = 2.0  # seconds between two questions whether a job has ended


@click.command(
    "logs",
    cls=Command,
    examples=[
        ("drmaa-cli logs 42", "its output so far"),
        ("drmaa-cli logs -f -n 20 42", "its last twenty lines, and what comes until it has ended"),
        ("drmaa-cli logs --errors 'align-*'", "what several have written to standard error"),
    ],
)
@jobs_argument
@click.option("-f", "--follow", is_flag=True, help="Go on until the jobs have ended.")
@click.option("-n", "--lines", type=click.IntRange(0), metavar="N", help="Only the last N lines.")
@click.option("--errors", is_flag=True, help="Standard error instead, where it has a file of its own.")
@session_options
def command(
    words: Sequence[str],
    everything: bool,
    follow: bool,
    lines: int | None,
    errors: bool,
    session: str | None,
    contact: str | None,
) -> int:
    """Print the output of jobs, as far as there is any.

    JOB is an id (42, 42.7, 42.1-9), a key or a name; the latter may have *, ? and [...].
    """
    place = SessionPlace.of(session, contact)
    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(chosen(words, place, everything=everything, needed=True))
            files = [file for part in found for file in _files(part, errors=errors)]
        except DrmaaException as trouble:
            files = _on_record(words, place, trouble, everything=everything, errors=errors)
            follow = False
        missing = _show(files, lines, follow=follow)
        if follow:
            _follow(files)
    return ends.FAILED if missing else ends.OK


def _show(files: Sequence[_File], lines: int | None, *, follow: bool) -> int:
    """Print what there is of each file; how many there are not, unless one is to be waited for."""
    missing = 0
    for file in files:
        if len(files) > 1:
            _head(file)
        if not file.begin(lines) and not follow:
            missing += 1
            what = "has left no output" if file.is_over else "has written nothing yet"
            ends.complain(f"job {file.job} {what}: there is no {file.path or 'file of its output'}")
    return missing


def _on_record(
    words: Sequence[str], place: SessionPlace, trouble: DrmaaException, *, everything: bool, errors: bool
) -> list[_File]:
    """Files that are on record of a session, where Grid Engine cannot be asked.

    Raises:
        DrmaaException: there is no such record, or not here.
    """
    from drmaa_cli.cli.recorded import on_record  # noqa: PLC0415  # seldom needed

    return [
        _File(None, one.job.id, one.error if errors else one.output, is_over=one.info is not None)
        for one in on_record(words, place, trouble, everything=everything)
    ]


class _File:
    """The output of a job; without a session on this host, where nobody can be asked for its end."""

    def __init__(self, session: JobSession | None, job: str, path: str, *, is_over: bool) -> None:
        self.session, self.job, self.path, self.is_over = session, job, path, is_over
        self._offset = 0

    def begin(self, lines: int | None) -> bool:
        """Print what there is, or its last lines; whether there is such a file."""
        size = size_of(self.session, self.path) if self.path else None
        if size is None:
            return False
        if lines is not None:
            data = b""
            for room in ROOMS:
                start = max(size - room, 0)
                data, self._offset = read_from(self.session, self.path, start)
                if not start or data.count(b"\n") > lines:
                    break
            kept = data.splitlines(keepends=True)
            write(b"".join(kept[max(len(kept) - lines, 0) :]), sys.stdout)
        while data := self.new():
            write(data, sys.stdout)
        return True

    def new(self) -> bytes:
        """What is new in it."""
        data, self._offset = read_from(self.session, self.path, self._offset)
        return data


def _files(part: Chosen, *, errors: bool) -> list[_File]:
    found = []
    for job in part.jobs:
        known = part.session.job(job.id)
        path = known.stderr if errors else known.stdout
        found.append(_File(part.session, job.id, path, is_over=job.state not in NOT_ENDED))
    return found


def _head(file: _File) -> None:
    print(f"==> job {file.job}: {visible(file.path) or 'not known'} <==", flush=True)


def _follow(files: Sequence[_File]) -> None:
    """Print what comes, until all jobs have ended; a job that has is asked for the rest once more."""
    shown = files[-1] if files else None
    left = [file for file in files if file.path]
    next_question = 0.0
    while left:
        if time.monotonic() >= next_question:
            for file in left:
                file.is_over = file.session is None or file.session.job(file.job).info is not None
            next_question = time.monotonic() + ASK
        for file in left:
            shown = _pour(file, shown, many=len(files) > 1)
        left = [file for file in left if not file.is_over]
        if left:
            time.sleep(LOOK)


def _pour(file: _File, shown: _File | None, *, many: bool) -> _File | None:
    """Print what is new of a file, below its name if another one's stands above; which one stands there."""
    piece = file.new()
    while piece:
        if many and shown is not file:
            _head(file)
            shown = file
        write(piece, sys.stdout)
        piece = file.new()
    return shown
