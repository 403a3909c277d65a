"""Which jobs a command is about: ids, keys and name patterns, in one session or in all."""

from __future__ import annotations

import contextlib
import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import click

from drmaa_cli.cli.ends import BadInput, Failure, incomplete
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.typed import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from drmaa_cli.session.entries import SessionJob
    from drmaa_cli.session.job_session import JobSession
    from drmaa_cli.store.expiry import SessionSummary

Function = TypeVar("Function", bound=Callable[..., Any])

_ID = re.compile(r"(?P<job>\d*[1-9]\d*)(?:\.(?P<first>\d+)(?:-(?P<last>\d+)(?::(?P<step>\d+))?)?)?", re.ASCII)


class Chosen(NamedTuple):
    """The jobs of one session that were asked for.

    Attributes:
        session: the session, taken up.
        jobs: those of its jobs and tasks, in the order of submission.
        foreign: ids that no session has; only where they mean something.
    """

    session: JobSession
    jobs: Sequence[SessionJob]
    foreign: Sequence[str] = ()


def jobs_argument(function: Function) -> Function:
    """The words that choose jobs, and ``--all``."""
    words = click.argument("words", metavar="[JOB ...]", nargs=-1)
    everything = click.option(
        "--all", "everything", is_flag=True, help="All jobs of the session, or without -s of all sessions."
    )
    return words(everything(function))


@contextlib.contextmanager
def chosen(
    words: Sequence[str],
    place: SessionPlace,
    *,
    everything: bool,
    foreign: bool = False,
    needed: bool = False,
) -> Iterator[list[Chosen]]:
    """The jobs that are meant, in sessions that are open for as long as the context lasts.

    A word is an id (``42``, ``42.7``, ``42.1-9``; ``42`` of an array is all of its tasks), a key, or a name,
    both with ``*``, ``?`` and ``[...]``. Ids are looked for in the other sessions, too, unless one was named.
    Without words it is the whole session.

    Args:
        words: what was said.
        place: the session, as it was named or not.
        everything: ``--all``.
        foreign: whether ids that no session has are handed on.
        needed: whether something must be said: nobody is to end all jobs by accident.

    Raises:
        BadInput: nothing was said, or words and ``--all``.
        Failure: there is no such job, or no such session.
        DrmaaException: a session cannot be taken up.
    """
    if words and everything:
        raise BadInput("jobs are named, and --all asks for all of them: say one of both")
    if needed and not (words or everything or place.chosen):
        raise BadInput("which jobs? say ids, keys, names, -s SESSION or --all")
    with contextlib.ExitStack() as stack:
        if not words:
            places = all_places(place) if everything and not place.chosen else [place]
            if places == [place] and not place.exists:
                place.check_cell()
                if place.chosen or needed:
                    raise Failure(place.missing)
            yield [_whole(stack, one) for one in places if one.exists]
        else:
            yield list(_matching(stack, words, place, foreign=foreign))


def _whole(stack: contextlib.ExitStack, place: SessionPlace) -> Chosen:
    session = stack.enter_context(place.begin())
    return Chosen(session, jobs_of(session))


def jobs_of(session: JobSession) -> list[SessionJob]:
    """The jobs that a session has by their ids: of two submissions of one number, the later."""
    return latest(session.jobs())


def latest(jobs: Iterable[SessionJob]) -> list[SessionJob]:
    """Those of jobs in the order of submission whose number has not come again since.

    A number begins anew behind another one, with another key, as an array where it was none, or with a task
    that it has had.
    """
    whole: dict[str, dict[str, SessionJob]] = {}
    before = None
    for job in jobs:
        number, dot, _ = job.id.partition(".")
        now = (number, dot, job.key)
        if now != before or job.id in whole[number]:
            whole.pop(number, None)
            whole[number] = {}
        whole[number][job.id] = job
        before = now
    return [job for tasks in whole.values() for job in tasks.values()]


def _matching(
    stack: contextlib.ExitStack, words: Sequence[str], place: SessionPlace, *, foreign: bool
) -> Iterator[Chosen]:
    own: list[SessionJob] = []
    session = None
    left: list[str] = list(words)
    if place.exists:
        session = stack.enter_context(place.begin())
        own, left = match(words, jobs_of(session))
    elsewhere: dict[str, list[str]] = {}
    unknown = []
    for word in left:
        name = None if place.chosen else session_of(word, place)
        if name is None:
            unknown.append(word)
        else:
            elsewhere.setdefault(name, []).append(word)
    others = [_elsewhere(stack, place.other(name), found) for name, found in elsewhere.items()]
    foreign_ids = [word for word in unknown if foreign and is_job_id(word)]
    unknown = [word for word in unknown if word not in foreign_ids]
    if unknown:
        raise Failure(_no_job(unknown, place))
    if foreign_ids and session is None:
        session = stack.enter_context(place.begin())
    if session is not None and (own or foreign_ids):
        yield Chosen(session, own, foreign_ids)
    yield from others


def _elsewhere(stack: contextlib.ExitStack, place: SessionPlace, words: Sequence[str]) -> Chosen:
    session = stack.enter_context(place.begin())
    jobs, missing = match(words, jobs_of(session))
    if missing:
        raise Failure(_no_job(missing, place))
    return Chosen(session, jobs)


def _no_job(words: Sequence[str], place: SessionPlace) -> str:
    named = ", ".join(words)
    if all(map(is_job_id, words)) and not place.chosen:
        hint = f"'drmaa-cli why {words[0]}' asks Grid Engine for it"
        unreadable = _sessions(place)[1]
        if unreadable:
            hint = f"but {unreadable[0].problem}"
        return f"there is no job {named} in any session{' that can be read' if unreadable else ''}; {hint}"
    where = f"session {place.name}" if place.chosen else f"session {place.name} (of this directory)"
    return f"there is no job {named} in {where}"


def is_job_id(word: str) -> bool:
    """Whether a word is an id: ``42``, ``42.7``, ``42.1-9``."""
    return _ID.fullmatch(word) is not None


def match(words: Iterable[str], jobs: Sequence[SessionJob]) -> tuple[list[SessionJob], list[str]]:
    """The jobs that words mean, each once and in their order, and the words that mean none."""
    places: dict[str, list[int]] = {}
    for at, job in enumerate(jobs):
        places.setdefault(job.id, []).append(at)
        places.setdefault(job.id.partition(".")[0], []).append(at)
    found: set[int] = set()
    missing = []
    for word in words:
        hits = _hits(word, jobs, places)
        found.update(hits)
        if not hits:
            missing.append(word)
    return [jobs[at] for at in sorted(found)], missing


def _hits(word: str, jobs: Sequence[SessionJob], places: dict[str, list[int]]) -> list[int]:
    parts = _ID.fullmatch(word)
    if parts is not None:
        if parts["last"] is None:
            return places.get(word, [])
        tasks = range(int(parts["first"]), int(parts["last"]) + 1, int(parts["step"] or 1) or 1)
        return [at for task in tasks for at in places.get(f"{parts['job']}.{task}", ())]
    by_key = [at for at, job in enumerate(jobs) if job.key is not None and _is_key(job.key, word)]
    return by_key or [at for at, job in enumerate(jobs) if fnmatch.fnmatchcase(job.name, word)]


def _is_key(key: str, word: str) -> bool:
    """Whether a key is meant; arrays after the first of one submission have ``#2`` and so on behind it."""
    base, _, count = key.rpartition("#")
    return key == word or (count.isdigit() and base == word) or fnmatch.fnmatchcase(key, word)


def all_places(place: SessionPlace) -> list[SessionPlace]:
    """All sessions of the host's cell; those that cannot be read are told of."""
    found, unreadable = _sessions(place)
    for one in unreadable:
        incomplete(one.problem)
    return [place.other(summary.name) for summary in found]


def _sessions(place: SessionPlace) -> tuple[list[SessionSummary], list[SessionSummary]]:
    """The host's sessions of its cell, and those that cannot be read."""
    from drmaa_cli.store.expiry import read_all  # noqa: PLC0415  # not for --help

    found, cell = read_all(place.directory), place.cell
    readable = [one for one in found if not one.problem and (cell is None or one.is_of(cell))]
    return readable, [one for one in found if one.problem]


def session_of(word: str, place: SessionPlace) -> str | None:
    """The session that has submitted the job of an id; the latest, for numbers come again."""
    parts = _ID.fullmatch(word)
    if parts is None:
        return None
    number = int(parts["job"])
    found = [
        (submitted, summary.name)
        for summary in _sessions(place)[0]
        if (submitted := _submitted(summary, number)) is not None
    ]
    return max(found)[1] if found else None


def _submitted(summary: SessionSummary, number: int) -> float | None:
    return max((job.intent.submitted for job in summary.jobs if job.number == number), default=None)
