"""Jobs by what is on record of them, for when no Grid Engine can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drmaa_cli.cli.chosen import all_places, match, session_of
from drmaa_cli.cli.ends import incomplete, of_drmaa
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.constants import JobState
from drmaa_cli.errors import DrmaaException, DrmCommunicationException, DrmsInitException
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.session.entries import SessionJob, tracked_job
from drmaa_cli.store.expiry import SessionSummary, read
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_info import JobInfo


class RecordedJob(NamedTuple):
    """A job or task of a session's file.

    Attributes:
        session: the name of its session.
        job: its id, key and name; its state where it has ended, as far as is on record.
        info: how it ended, as far as is on record.
        output: the file of its output; '' if that is not known.
        error: that of its errors.
    """

    session: str
    job: SessionJob
    info: JobInfo | None
    output: str
    error: str


def on_record(
    words: Sequence[str], place: SessionPlace, trouble: DrmaaException, *, everything: bool
) -> list[RecordedJob]:
    """The jobs that words mean, where Grid Engine cannot be asked; that is told unless all have ended.

    Args:
        words: what was said.
        place: the session, as it was named or not.
        trouble: why it cannot be asked.
        everything: ``--all``.

    Raises:
        DrmaaException: the trouble, if it is not another one, or there is no record, or not here.
        OSError: the state directory cannot be read.
    """
    is_away = isinstance(trouble, (DrmCommunicationException, DrmsInitException))
    jobs = _recorded(words, place, everything=everything) if is_away and place.is_here else None
    if not jobs:
        raise trouble
    if any(job.info is None for job in jobs):
        incomplete(f"this is what there is on record, but {of_drmaa(trouble)}")
    return jobs


def _recorded(words: Sequence[str], place: SessionPlace, *, everything: bool) -> list[RecordedJob] | None:
    """The jobs that words mean, as :func:`drmaa_cli.cli.chosen.chosen` finds them; None if one means none."""
    if not words:
        places = all_places(place) if everything and not place.chosen else [place]
        return [job for one in places if one.exists for job in _jobs_of(one)]
    own = _jobs_of(place) if place.exists else []
    found, left = _match(words, own)
    elsewhere: dict[str, list[str]] = {}
    for word in left:
        name = None if place.chosen else session_of(word, place)
        if name is None:
            return None
        elsewhere.setdefault(name, []).append(word)
    for name, rest in elsewhere.items():
        others, missing = _match(rest, _jobs_of(place.other(name)))
        if missing:
            return None
        found += others
    return found


def _match(words: Sequence[str], jobs: Sequence[RecordedJob]) -> tuple[list[RecordedJob], list[str]]:
    chosen, missing = match(words, [one.job for one in jobs])
    wanted = {id(job) for job in chosen}
    return [one for one in jobs if id(one.job) in wanted], missing


def _jobs_of(place: SessionPlace) -> list[RecordedJob]:
    """The jobs that a session has by their ids: of two submissions of one number, the later."""
    found: dict[str, RecordedJob] = {}
    for job in _all_jobs_of(read(place.path)):
        found.pop(job.job.id, None)
        found[job.job.id] = job
    return list(found.values())


def _all_jobs_of(session: SessionSummary) -> Iterator[RecordedJob]:
    for stored in session.jobs:
        if stored.number is None:
            continue
        known = tracked_job(stored, stored.number, 0.0)
        known.files = stored.intent.files
        for number, task in stored.task_by_task():
            name = JobId(stored.number, number if stored.intent.tasks else None)
            end, intent = task.end if task else None, stored.intent
            state = JobState.UNDETERMINED if end is None else end.state()
            job = SessionJob(str(name), intent.key, intent.name, state, bool(task and task.reaped))
            if end is None:
                files, info = known.output_paths(number, intent.name, ""), None
            else:
                files, info = (end.facts.output_path, end.facts.error_path), end.job_info(name)
            yield RecordedJob(session.name, job, info, *files)
