"""``drmaa-cli kill``, ``hold``, ``release``, ``suspend`` and ``resume``: changing jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.chosen import Chosen, chosen, is_job_id, jobs_argument, jobs_of, match
from drmaa_cli.cli.parser import Command, json_option, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.screen import print_json
from drmaa_cli.cli.words import NOT_ENDED
from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import DrmaaException, InvalidJobException
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.session.job_session import JobSession


class Verb(NamedTuple):
    """What is done, and how it is told."""

    action: str
    done: str
    help: str


VERBS = {
    "kill": Verb(
        JobControlAction.TERMINATE, "is being ended", "End jobs: running ones are killed, others deleted."
    ),
    "hold": Verb(JobControlAction.HOLD, "is held", "Keep waiting jobs from being started."),
    "release": Verb(JobControlAction.RELEASE, "is released", "Let jobs be started that were held."),
    "suspend": Verb(JobControlAction.SUSPEND, "is suspended", "Stop running jobs until they are resumed."),
    "resume": Verb(JobControlAction.RESUME, "goes on", "Let jobs go on that were suspended."),
}


WORDS = """\
JOB is an id (42, 42.7, 42.1-9; 42 of an array is the whole of it), a key or a name; the latter may have *, ?
and [...]. Ids may be those of any job of yours, whoever submitted it; jobs of a session that have ended are
left out. -s NAME without JOB is the whole session."""


def _command(name: str) -> click.Command:
    verb = VERBS[name]

    @click.command(
        name,
        cls=Command,
        help=f"{verb.help}\n\n{WORDS}",
        examples=[
            (f"drmaa-cli {name} 42 43.7", "a job (or a whole array) and a task"),
            (f"drmaa-cli {name} 'align-*'", "those of this directory with such a key, or else such a name"),
            (f"drmaa-cli {name} -s nightly", "all of a session"),
        ],
    )
    @jobs_argument
    @session_options
    @json_option
    def command(
        words: Sequence[str], everything: bool, session: str | None, contact: str | None, as_json: bool
    ) -> int:
        place = SessionPlace.of(session, contact)
        with chosen(words, place, everything=everything, foreign=True, needed=True) as found:
            outcomes = [outcome for part in found for outcome in _change(part, verb.action)]
            over = [word for word in words if is_job_id(word) and _is_over(word, found)]
        refused = {job: text for job, text in outcomes if text}
        refused.update((word, "it has ended") for word in over)
        if as_json:
            print_json({"changed": [job for job, text in outcomes if not text], "refused": refused})
            return ends.FAILED if refused else ends.OK
        for job, text in outcomes:
            if not text:
                print(f"job {job} {verb.done}")
        for job, text in refused.items():
            ends.complain(f"job {job}: {text}")
        if not (outcomes or refused):
            return ends.complain("no job that has not ended", ends.FAILED)
        return ends.FAILED if refused else ends.OK

    return command


def _is_over(word: str, found: Sequence[Chosen]) -> bool:
    """Whether all jobs that an id means have ended, so that nothing was done about it."""
    meant = [job for part in found for job in match([word], part.jobs)[0]]
    return bool(meant) and not any(job.state in NOT_ENDED for job in meant)


def _change(part: Chosen, action: str) -> Iterator[tuple[str, str]]:
    """Change the jobs, whole arrays at once; each with what was said against it."""
    ids = [*_ids(part), *part.foreign]
    refused = part.session.controlJobs(ids, action) if ids else {}
    for job in ids:
        yield job, _text(refused[job]) if job in refused else ""


def _text(refusal: DrmaaException) -> str:
    return "there is no such job" if isinstance(refusal, InvalidJobException) else refusal.text


def _ids(part: Chosen) -> list[str]:
    """The ids of jobs that have not ended; the number alone of an array of which all tasks are meant."""
    left = [job.id for job in part.jobs if job.state in NOT_ENDED]
    sizes = _sizes(part.session, {job.partition(".")[0] for job in left})
    counts: dict[str, int] = {}
    for job in left:
        counts[job.partition(".")[0]] = counts.get(job.partition(".")[0], 0) + 1
    found: dict[str, None] = {}
    for job in left:
        number = job.partition(".")[0]
        found[number if counts[number] == sizes[number] else job] = None
    return list(found)


def _sizes(session: JobSession, numbers: set[str]) -> dict[str, int]:
    """How many tasks of these jobs have not ended."""
    sizes = dict.fromkeys(numbers, 0)
    for job in jobs_of(session):
        number = job.id.partition(".")[0]
        if number in sizes and job.state in NOT_ENDED:
            sizes[number] += 1
    return sizes


kill, hold, release, suspend, resume = map(_command, VERBS)
