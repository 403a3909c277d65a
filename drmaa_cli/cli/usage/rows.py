"""The jobs that ``usage`` is about: of sessions, or of accounting."""

from __future__ import annotations

import contextlib
import fnmatch
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from drmaa_cli.cli.chosen import chosen, is_job_id, match
from drmaa_cli.cli.ends import BadInput, Failure
from drmaa_cli.cli.words import NOT_ENDED, STATES
from drmaa_cli.constants import JobState
from drmaa_cli.errors import DrmaaException
from drmaa_cli.jobs.usage_groups import UsageGroup, UsedJob, group_name, usage_groups, used_job
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.cli.place import SessionPlace
    from drmaa_cli.jobs.job_info import JobInfo

BY = ("name", "key", "queue", "host", "nothing")


class UsageRow(NamedTuple):
    """A job that has ended.

    Attributes:
        session: the name of its session; None where that is not known.
        key: its key.
        name: its name.
        host, queue: where it ran; '' where that is not known.
        used: its figures.
    """

    session: str | None
    key: str | None
    name: str
    host: str
    queue: str
    used: UsedJob


class UsageRows(NamedTuple):
    """What there is to be said something about.

    Attributes:
        rows: the jobs that have ended.
        unfinished: those that have not, each with its state in words.
        sessions: the sessions that were looked into; empty for accounting.
    """

    rows: Sequence[UsageRow]
    unfinished: Sequence[tuple[str, UsageRow]]
    sessions: Sequence[str]


def of_sessions(
    words: Sequence[str], place: SessionPlace, *, everything: bool, since: float | None, memory_name: str
) -> UsageRows:
    """The jobs of sessions.

    Args:
        words: ids, keys, names; a name of a session is all of it.
        place: the session, as it was named or not.
        everything: of all sessions.
        since: only those that began to run (or never did, and were submitted) at or after this moment.
        memory_name: see :func:`drmaa_cli.used_job`.

    Raises:
        BadInput, Failure, DrmaaException: as :func:`drmaa_cli.cli.chosen.chosen`.
    """
    rows: list[UsageRow] = []
    unfinished: dict[tuple[str, str], tuple[str, UsageRow]] = {}  # each once, though it was named twice
    sessions = []
    for some, where in _places(words, place):
        with chosen(some, where, everything=everything) as found:
            for part in found:
                sessions.append(part.session.name)
                infos = part.session.ends(job.id for job in part.jobs)
                for job in part.jobs:
                    if job.id in infos:
                        rows.append(_row(part.session.name, job.key, job.name, infos[job.id], memory_name))
                    elif job.state in NOT_ENDED:
                        name = part.session.name
                        row = UsageRow(name, job.key, job.name, "", "", UsedJob(job.id))
                        unfinished[name, job.id] = (STATES[job.state], row)
    if since is not None:
        rows = [row for row in rows if (row.used.started or row.used.submitted) >= since]
    return UsageRows(_once(rows), list(unfinished.values()), list(dict.fromkeys(sessions)))


def _once(rows: Iterable[UsageRow]) -> list[UsageRow]:
    """Each job once, though it was named as a job and by its session."""
    return list({(row.session, row.used.id, row.used.submitted): row for row in rows}.values())


def _places(words: Sequence[str], place: SessionPlace) -> Iterator[tuple[Sequence[str], SessionPlace]]:
    """Sessions that are named among the words, and what else is said."""
    named = [] if place.chosen else [word for word in words if _is_session(word, place)]
    rest = [word for word in words if word not in named]
    for name in dict.fromkeys(named):
        yield (), place.other(name)
    if rest or not named:
        yield rest, place


def _is_session(word: str, place: SessionPlace) -> bool:
    if is_job_id(word):
        return False
    with contextlib.suppress(DrmaaException):  # no name that a session can have
        return place.other(word).exists
    return False


def of_accounting(words: Sequence[str], place: SessionPlace, since: float, memory_name: str) -> UsageRows:
    """The jobs that accounting has, of whatever session or none.

    Args:
        words: ids and names; all when there is none.
        place: the submit host.
        since: those that began to run at or after this moment.
        memory_name: see :func:`drmaa_cli.used_job`.

    Raises:
        Failure: there is no such job among them.
        DrmaaException: accounting cannot be read.
    """
    from drmaa_cli.session.entries import SessionJob  # noqa: PLC0415  # not for --help

    with place.nameless() as session:
        past = session.history(since)
    if words:
        jobs = [SessionJob(job.id, None, job.name, JobState.DONE, False) for job in past]
        kept, missing = match(words, jobs)
        if missing:
            raise Failure(f"there is no job {', '.join(missing)} among those that began to run since then")
        wanted = {id(job) for job in kept}
        past = [one for one, job in zip(past, jobs) if id(job) in wanted]
    return UsageRows([_row(None, None, job.name, job.info, memory_name) for job in past], [], [])


def _row(session: str | None, key: str | None, name: str, info: JobInfo, memory_name: str) -> UsageRow:
    return UsageRow(session, key, name, info.host, info.queue, used_job(info, memory_name))


def grouped(
    rows: Iterable[UsageRow], by: str, patterns: Sequence[str]
) -> list[tuple[UsageGroup, list[UsageRow]]]:
    """The groups with their rows.

    Args:
        rows: the jobs.
        by: one of BY.
        patterns: names of groups; ``*``, ``?`` and ``[...]`` may be in them. None: all of them.

    Raises:
        BadInput: a pattern fits no group.
    """
    name = NAMES[by]
    named = [(name(row), row) for row in rows]
    groups = usage_groups((group, row.used) for group, row in named)
    for pattern in patterns:
        if not any(_fits(group.name, [pattern]) for group in groups):
            known = ", ".join(dict.fromkeys(group.name for group in groups[:10]))
            raise BadInput(f"there is no group {pattern}{f'; there are {known}' if known else ''}")
    of = {id(row.used): row for _, row in named}
    return [
        (group, [of[id(job)] for job in group.jobs])
        for group in groups
        if not patterns or _fits(group.name, patterns)
    ]


def states(found: UsageRows, by: str, patterns: Sequence[str]) -> Mapping[str, int]:
    """How many jobs of the groups that are to be told of have not ended, by their states."""
    name = NAMES[by]
    return Counter(state for state, row in found.unfinished if not patterns or _fits(name(row), patterns))


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _key(row: UsageRow) -> str:
    """What keys have in common; arrays after the first of one submission have ``#2`` and so on behind it."""
    if row.key is None:
        return "(no key)"
    base, _, count = row.key.rpartition("#")
    return group_name(base if base and count.isdigit() else row.key)


NAMES: Mapping[str, Callable[[UsageRow], str]] = {
    "name": lambda row: group_name(row.name),
    "key": _key,
    "queue": lambda row: row.queue or "(did not run)",
    "host": lambda row: row.host or "(did not run)",
    "nothing": lambda _: "all",
}
