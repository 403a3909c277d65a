"""Where ``top`` looks: one query for all jobs, and the files of the sessions; and what it changes.

Sessions are read from their files, as their programs have left them. One is taken up, as ``ps`` does it, only
where tasks have left the qmaster and nobody has written down how they ended: it learns that from the same
query, and gives nothing away.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from drmaa_cli.cli import ends
from drmaa_cli.cli.top.model import NO_TASK, HeldSubmission, Job, job_of_record, job_of_rows
from drmaa_cli.config import Config
from drmaa_cli.errors import (
    NO_SESSION_TEXT,
    DrmaaException,
    InvalidJobException,
    NoActiveSessionException,
    error,
)
from drmaa_cli.gridengine.records import JobRow
from drmaa_cli.store.expiry import SessionSummary, read
from drmaa_cli.store.places import session_files
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.cli.place import SessionPlace
    from drmaa_cli.session.job_session import JobSession

JUST_NOW = 60.0  # seconds for which what has ended may still be listed
IN_DOUBT = 10.0  # seconds after which a submission without a number is looked for


class View(NamedTuple):
    """What was seen at one look.

    Attributes:
        jobs: all jobs.
        asked: epoch seconds at which the qmaster was asked.
        cost: seconds that its answer took.
        problems: what could not be seen, a line each.
    """

    jobs: tuple[Job, ...]
    asked: float
    cost: float
    problems: tuple[str, ...]


class _File(NamedTuple):
    """A session's file as it was last read.

    Attributes:
        stamp: changes when the file does.
        name: the session's name.
        over: its jobs that have ended.
        open: those that have not.
        in_doubt: when the oldest submission was made that has no number; infinity where there is none.
        problem: why it cannot be read, or ''.
    """

    stamp: tuple[int, ...]
    name: str
    over: tuple[Job, ...]
    open: tuple[HeldSubmission, ...]
    in_doubt: float
    problem: str


class Survey:
    """All jobs of the user on a submit host. One thread looks; any may do the rest.

    Args:
        place: the host; and the session, if one was named.

    """

    def __init__(self, place: SessionPlace) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._files: dict[Path, _File] = {}
        self._sessions: dict[str, JobSession] = {}
        self._closed = False
        self._thread: int | None = None
        self._owned: set[int] = (
            set()
        )  # what ends between a listing and a look at the files is not a stranger's

    @property
    def base(self) -> JobSession:
        """The session that asks, taken up at the first time.

        Raises:
            DrmaaException: as :func:`drmaa_cli.open_session`.
        """
        return self.session("")

    def begin(self) -> None:
        """See that there is something to be looked at.

        Raises:
            DrmaaException: as :func:`drmaa_cli.open_session`.
        """
        self.session("")

    @property
    def pause(self) -> tuple[float, float, float]:
        """What the settings say of pauses: the shortest, the longest, the share of time for queries.

        Raises:
            InvalidArgumentException: a setting is malformed.
        """
        config = Config.load()
        return config.poll_min, config.poll_max, config.duty_cycle

    def look(self) -> View:
        """Ask the qmaster once, and look into the sessions' files.

        Raises:
            DrmaaException: no qmaster answers, or the like: nothing is known then.
            OSError: the state directory cannot be read.
        """
        self._thread = threading.get_ident()
        asked = time.time()
        listing = self.base.listing()
        problems: list[str] = []
        rows: dict[int, list[JobRow]] = {}
        for row in listing.rows:
            rows.setdefault(row.job, []).append(row)
        files = self._read()
        owners = _owners(files.values())
        for path, file in list(files.items()):
            if _is_to_be_taken_up(file, owners, rows, asked):
                try:
                    self.session(file.name).go_by(listing)
                    files[path] = self._read_one(path)
                except DrmaaException as trouble:
                    self._check_open()
                    problems.append(f"session {file.name}: {ends.one_line(trouble.text)}")
        jobs = list(_jobs(files.values(), rows, asked))
        if not self._place.chosen:
            owned = self._owned | owners.keys() | {job.number for job in jobs if job.last > asked - JUST_NOW}
            jobs += [job_of_rows(some) for number, some in rows.items() if number not in owned]
            self._owned = {record.number for file in files.values() for record in file.open}
        problems += [f"session file {path}: {file.problem}" for path, file in files.items() if file.problem]
        return View(tuple(jobs), asked, listing.finished - listing.began, tuple(problems))

    def session(self, name: str) -> JobSession:
        """A session, taken up if it is not yet; '' for that of jobs that no session has.

        Raises:
            DrmaaException: it cannot be.
        """
        own = name or self._place.name
        with self._lock:
            self._check_open()
            found = self._sessions.get(own)
        if found is not None:
            return found
        new = (self._place.other(name) if name else self._place).begin()
        with self._lock:
            found = self._sessions.setdefault(own, new)
            is_closed = self._closed
        if found is not new or is_closed:
            new.exit()
        self._check_open()
        return found

    @property
    def taken_up(self) -> frozenset[str]:
        """The sessions that were taken up, beside the one that asks."""
        return frozenset(self._sessions) - {self._place.name}

    def change(self, action: str, ids: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Change jobs, by the ids of each session; what was said against it, by ids.

        Raises:
            DrmaaException: no single job is to blame.
        """
        refused: dict[str, str] = {}
        for name, some in ids.items():
            for job, refusal in self.session(name).controlJobs(some, action).items():
                gone = isinstance(refusal, InvalidJobException)
                refused[job] = "it has ended" if gone else ends.one_line(refusal.text)
        return refused

    def close(self) -> None:
        """End all sessions here, and the question that is being asked."""
        with self._lock:
            self._closed = True
            base, sessions = self._sessions.get(self._place.name), list(self._sessions.values())
        if base is not None:
            base.cluster.abort(self._thread)
        for session in sessions:
            with contextlib.suppress(NoActiveSessionException):
                session.exit()

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._closed

    def _check_open(self) -> None:
        if self._closed:
            raise error(NoActiveSessionException, NO_SESSION_TEXT)

    def _read(self) -> dict[Path, _File]:
        """The sessions' files; those that have not changed are not read again."""
        if self._place.chosen:
            paths = [self._place.path] if self._place.exists else []
        else:
            paths = [Path(path) for path in session_files(str(self._place.directory))]
        found = {}
        for path in paths:
            with contextlib.suppress(FileNotFoundError):  # its program has just ended
                found[path] = self._read_one(path)
        self._files = found
        return found

    def _read_one(self, path: Path) -> _File:
        status = os.stat(path)  # noqa: PTH116  # before it is read: what is written then is read again
        stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
        known = self._files.get(path)
        if known is not None and known.stamp == stamp:
            return known
        summary = read(path)
        return _file(summary, () if summary.problem else stamp)


def _file(summary: SessionSummary, stamp: tuple[int, ...]) -> _File:
    over, left = [], []
    in_doubt = float("inf")
    for job in summary.jobs:
        if job.number is None:
            in_doubt = min(in_doubt, job.intent.submitted)
            continue
        intent = job.intent
        told = [(task, known) for task, known in job.task_by_task() if known is not None]
        record = HeldSubmission(
            summary.name,
            job.number,
            intent.name,
            intent.key or "",
            intent.submitted,
            intent.tasks,
            {task: known.end for task, known in told if known.end is not None},
            frozenset(task for task, known in told if known.reaped and known.end is None),
        )
        if record.is_over:
            over.append(job_of_record(record, (), float("inf")))
        else:
            left.append(record)
    return _File(stamp, summary.name, tuple(over), tuple(left), in_doubt, summary.problem)


def _owners(files: Iterable[_File]) -> dict[int, HeldSubmission]:
    """Whose a job number is: the latest submission's, for numbers come again."""
    found: dict[int, HeldSubmission] = {}
    for file in files:
        for record in file.open:
            other = found.get(record.number)
            if other is None or other.submitted < record.submitted:
                found[record.number] = record
    return found


def _rows_of(
    record: HeldSubmission, owners: Mapping[int, HeldSubmission], rows: Mapping[int, Sequence[JobRow]]
) -> Sequence[JobRow]:
    return rows.get(record.number, ()) if owners[record.number] is record else ()


def _is_to_be_taken_up(
    file: _File, owners: Mapping[int, HeldSubmission], rows: Mapping[int, Sequence[JobRow]], asked: float
) -> bool:
    """Whether there is something of which only the session itself can find out what became of it."""
    if file.in_doubt < asked - IN_DOUBT:
        return True
    return any(
        record.submitted < asked and _has_left(record, _rows_of(record, owners, rows)) for record in file.open
    )


def _has_left(record: HeldSubmission, rows: Sequence[JobRow]) -> bool:
    """Whether tasks are neither listed nor known to have ended."""
    known = {*record.ended, *record.reaped}
    for row in rows:
        known.update((NO_TASK,) if row.tasks is None else row.tasks.numbers())
    return any(number not in known for number in record.numbers)


def _jobs(files: Iterable[_File], rows: Mapping[int, Sequence[JobRow]], asked: float) -> Iterable[Job]:
    files = list(files)
    owners = _owners(files)
    for file in files:
        yield from file.over
        for record in file.open:
            yield job_of_record(record, _rows_of(record, owners, rows), asked)


def pause_after(cost: float, interval: float, settings: tuple[float, float, float]) -> float:
    """Seconds until the next look: the slower the qmaster answers, the longer.

    Args:
        cost: seconds that its last answer took.
        interval: what the user wishes.
        settings: see :attr:`Survey.pause`.
    """
    shortest, longest, share = settings
    wish = max(interval, shortest)
    return max(wish, min(cost / max(share, 0.001), longest))
