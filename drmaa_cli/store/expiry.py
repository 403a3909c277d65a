"""The session files of a user: what each holds, and which are not needed any more.

The rule of expiry: a session is removed when its file has been untouched for ``keep_days`` days, none of its
submissions has a key, and all its jobs have ended: by its own record, or because the qmaster no longer has
them. A submission without a key that is still in doubt after that time (of an outage, mostly) keeps nothing.
The rule is applied when a session's file is made, at most once a day.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from drmaa_cli.gridengine.cell_identity import CellIdentity
from drmaa_cli.store.places import (
    DAY,
    STAMP,
    SUFFIX,
    empty_files,
    is_there,
    remote_directories,
    remove_files,
    session_files,
    was_looked_through,
)
from drmaa_cli.store.session_store import Store, StoredJob, StoreError
from drmaa_cli.system.log import log
from drmaa_cli.typed import NamedTuple


class SessionSummary(NamedTuple):
    """One session file.

    Attributes:
        path: the file.
        contact: its contact string, or '' when it cannot be read.
        used: epoch seconds of its last use.
        jobs: its submissions.
        problem: why it cannot be read, or ''.
        cell: of which cell it is; None if that is not on record.
    """

    path: Path
    contact: str
    used: float
    jobs: tuple[StoredJob, ...]
    problem: str = ""
    cell: CellIdentity | None = None

    @property
    def name(self) -> str:
        """What stands after ``session=``; the file's own name when it cannot be read."""
        words = (word.partition("=") for word in self.contact.split(";"))
        named = [value for key, _, value in words if key.lower() == "session"]
        return named[-1] if named else self.path.name[: -len(SUFFIX)]

    def is_of(self, cell: CellIdentity) -> bool:
        """Whether it may be a session of this cell: not, if it is on record that it is another's."""
        return self.cell is None or not self.cell.is_other(cell)

    @property
    def host(self) -> str:
        """The submit host as in a contact string; '' for this one, and for one that cannot be read."""
        first = self.contact.partition(";")[0]
        return first if "://" in first else ""

    @property
    def tasks(self) -> int:
        """How many jobs and tasks it has submitted."""
        return sum(job.size for job in self.jobs)

    @property
    def ended(self) -> int:
        """How many of them have ended, by its own record."""
        return sum(job.over for job in self.jobs)

    @property
    def reaped(self) -> int:
        """How many of them were given away by wait() or synchronize()."""
        return sum(job.reaped for job in self.jobs)

    @property
    def keys(self) -> int:
        """How many submissions have a key."""
        return sum(job.intent.key is not None for job in self.jobs)

    @property
    def unfinished(self) -> set[int | None]:
        """The numbers of the jobs that have not ended by its own record; None stands for those in doubt."""
        return {job.number for job in self.jobs if job.number is None or job.over < job.size}


def read(path: Path) -> SessionSummary:
    """Look into a session file without changing it.

    Raises:
        OSError: there is no such file, or nothing is in it.
    """
    used = path.lstat().st_mtime
    if not is_there(str(path)):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    try:
        store = Store.existing(str(path))
    except StoreError as err:
        return SessionSummary(path, "", used, (), str(err))
    try:
        return SessionSummary(path, store.contact(), used, tuple(store.jobs()), cell=store.cell())
    except StoreError as err:
        return SessionSummary(path, "", used, (), str(err))
    finally:
        store.close()


def read_all(directory: Path) -> list[SessionSummary]:
    """All session files of a directory, by name.

    Raises:
        OSError: the directory cannot be read.
    """
    found = []
    for path in session_files(str(directory)):
        try:
            found.append(read(Path(path)))
        except FileNotFoundError:
            continue  # its program has just ended
    return found


def read_everywhere(directory: Path) -> list[SessionSummary]:
    """All session files of a state directory: those of this host, then those of each other submit host.

    Raises:
        OSError: a directory cannot be read.
    """
    places = (directory, *map(Path, remote_directories(str(directory))))
    return [session for place in places for session in read_all(place)]


def read_unused(directory: Path) -> list[SessionSummary]:
    """The session files of a state directory in which no submission is: see drmaa_cli.store.unused.

    Raises:
        OSError: a directory cannot be read.
    """
    without_jobs = [one for one in read_everywhere(directory) if not (one.jobs or one.problem)]
    places = (str(directory), *remote_directories(str(directory)))
    empty = [Path(path) for place in places for path in empty_files(place)]
    return [*without_jobs, *(SessionSummary(path, "", _used(path), ()) for path in empty)]


def is_expired(session: SessionSummary, now: float, keep_days: float, queued: Iterable[int] | None) -> bool:
    """Whether the rule of expiry holds.

    Args:
        session: the session.
        now: epoch seconds.
        keep_days: how long a session is kept, in days; 0: for ever.
        queued: the numbers of the user's jobs in the qmaster; None when it was not asked.
    """
    if session.problem or session.keys or not keep_days or now - session.used < keep_days * DAY:
        return False
    unfinished = session.unfinished - {None}
    return not unfinished or (queued is not None and unfinished.isdisjoint(queued))


def expire(
    directory: Path, now: float, keep_days: float, queued: Callable[[], set[int]], cell: CellIdentity
) -> list[Path]:
    """Remove the expired sessions of a directory, unless that was done today.

    Args:
        directory: where the session files are.
        now: epoch seconds.
        keep_days: see :func:`is_expired`.
        queued: asks for the numbers of the user's jobs in the qmaster; only called when it matters.
        cell: which cell that is. Of another's sessions its qmaster can tell nothing.

    Returns:
        The files that were removed.
    """
    if not keep_days or was_looked_through(str(directory), now):
        return []
    stamp = directory / STAMP
    stamp.touch(mode=0o600)
    os.utime(stamp, (now, now))
    removed = []
    files = map(Path, session_files(str(directory)))
    old = [path for path in files if now - _used(path) >= keep_days * DAY]
    numbers = queued() if old else set()
    for path in old:
        session = read(path)
        if is_expired(session, now, keep_days, numbers if session.is_of(cell) else None):
            remove_files(str(path))
            log.info("the session %s has expired", session.name)
            removed.append(path)
    return removed


def _used(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return float("inf")  # its program has just ended
