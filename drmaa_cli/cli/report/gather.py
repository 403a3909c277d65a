"""Finding out what a report tells: from the session's file, from Grid Engine while jobs have not ended."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence

from drmaa_cli.cli.ends import Failure, of_system, one_line
from drmaa_cli.cli.report.facts import FailedJob, Report, ReportedJob, one_by_one
from drmaa_cli.cli.words import STATES, end_in_words
from drmaa_cli.constants import JobState
from drmaa_cli.errors import DrmaaException
from drmaa_cli.jobs.usage_groups import group_name, usage_groups, used_job
from drmaa_cli.jobs.why.ended import explain
from drmaa_cli.store.expiry import read
from drmaa_cli.store.session_store import Store, StoreError
from drmaa_cli.system.files import Files, LocalFiles
from drmaa_cli.template.kept import command_line, of_bytes
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.cli.place import SessionPlace
    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.store.expiry import SessionSummary
    from drmaa_cli.store.rows import KeptSubmission, StoredJob
    from drmaa_cli.template.attributes import Text

ENDS = 1 << 14  # bytes of output in which last lines are looked for
LONGEST_LINE = 2000  # characters that are shown of one
LONGEST_COMMAND = 4000
ESCAPE = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>])")
LOOK = "look at its output"  # which stands above that
RUNNING = frozenset(
    {
        JobState.RUNNING,
        JobState.SYSTEM_SUSPENDED,
        JobState.USER_SUSPENDED,
        JobState.USER_SYSTEM_SUSPENDED,
    }
)
WAITING = frozenset(
    {
        JobState.QUEUED_ACTIVE,
        JobState.SYSTEM_ON_HOLD,
        JobState.USER_ON_HOLD,
        JobState.USER_SYSTEM_ON_HOLD,
    }
)
UNKNOWN = "not known: its session has not asked since"


class ReportLimits(NamedTuple):
    """What is to be found out.

    Attributes:
        failures: of how many failed jobs the output is to be read.
        lines: how many of its last lines.
    """

    failures: int
    lines: int


def gather(place: SessionPlace, wanted: ReportLimits) -> Report:
    """All that a report tells of a session.

    Raises:
        Failure: there is no such session, or its file cannot be read.
    """
    session = _read(place)
    notes: list[str] = []
    with contextlib.ExitStack() as stack:
        files: Files | None = LocalFiles() if place.is_here else None
        states: Mapping[str, str] = {}
        if session.unfinished or not place.is_here:
            try:
                taken_up = stack.enter_context(place.begin())
                states = {job.id: job.state for job in taken_up.jobs()}
                files = taken_up.host
                session = _read(place)
            except DrmaaException as refusal:
                notes.append(
                    f"Grid Engine could not be asked, so this is what is on record: {one_line(refusal.text)}"
                )
        commands = Commands(place)
        stack.callback(commands.close)
        pairs = list(_jobs(session, states))
        shown = {id(job) for job in one_by_one([job for job, _ in pairs])}
        pairs = [(commands.of(job) if id(job) in shown else job, info) for job, info in pairs]
        failed = [(job, info) for job, info in pairs if job.well is False and info is not None]
        some = failed[: wanted.failures]
        details = [_failed(commands.of(job), info, files, wanted.lines) for job, info in some]
    jobs = [job for job, _ in pairs]
    groups = usage_groups((group_name(job.name), job.used) for job in jobs if job.used is not None)
    return Report(session.name, session.host, time.time(), time.strftime("%Z"), notes, jobs, details, groups)


def _read(place: SessionPlace) -> SessionSummary:
    try:
        session = read(place.path)
    except FileNotFoundError:
        raise Failure(place.missing) from None
    if session.problem:
        raise Failure(session.problem)
    return session


def _jobs(session: SessionSummary, states: Mapping[str, str]) -> Iterator[tuple[ReportedJob, JobInfo | None]]:
    for stored in session.jobs:
        for number, task in stored.task_by_task():
            name = stored.id_of(number)
            end = task.end if task else None
            if name is None or end is None:
                yield _unfinished(stored, "" if name is None else str(name), states), None
            else:
                info = end.job_info(name)
                yield _ended(stored, info), info


def _unfinished(stored: StoredJob, job: str, states: Mapping[str, str]) -> ReportedJob:
    intent, state = stored.intent, states.get(job)
    text = "the answer of qsub was lost" if not job else UNKNOWN if state is None else STATES[state]
    return ReportedJob(
        *(job, intent.key, intent.name, intent.submitted, text, None),
        running=state in RUNNING,
        waiting=state in WAITING,
    )


def _ended(stored: StoredJob, info: JobInfo) -> ReportedJob:
    intent = stored.intent
    return ReportedJob(
        info.jobId,
        intent.key,
        intent.name,
        intent.submitted,
        end_in_words(info),
        info.succeeded,
        host=info.host,
        used=used_job(info),
    )


def _failed(job: ReportedJob, info: JobInfo, files: Files | None, lines: int) -> FailedJob:
    path, trouble = "", "where its output went is not on record"
    shown: list[str] = []
    for one in dict.fromkeys((info.error_path, info.output_path)):  # errors first: mostly they tell why
        if one and not shown:
            path = one
            shown, trouble = _last_lines(files, one, lines)
    finding = explain(info, "\n".join(shown))
    number = job.id.partition(".")[0]
    advised = [text for text in finding.advice if not (shown and text.startswith(LOOK))]
    advice = [text.replace("{id}", job.id).replace("{job}", number) for text in advised]
    return FailedJob(job, info.reason.evidence, advice, path, shown, trouble)


def _last_lines(files: Files | None, path: str, lines: int) -> tuple[list[str], str]:
    """The last lines of a file, or why there are none."""
    if files is None:
        return [], "its host could not be asked"
    try:
        data = files.read_end(path, ENDS)
    except FileNotFoundError:
        return [], "there is no such file"
    except OSError as trouble:
        return [], one_line(of_system(trouble))
    except (DrmaaException, ValueError) as trouble:  # ValueError: a path that none can be
        return [], one_line(trouble)
    text = ESCAPE.sub("", data.decode("utf-8", "replace"))
    found = [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").rstrip("\n").split("\n")]
    shown = [line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in found]
    return (shown[-lines:] if lines and text.strip() else []), "" if text.strip() else "it is empty"


class Commands:
    """What jobs were to run, by what the session's file has of their templates."""

    def __init__(self, place: SessionPlace) -> None:
        self._store: Store | None = None
        self._path = place.path
        self._kept: dict[int, tuple[KeptSubmission, Sequence[Mapping[bytes, Text]]] | None] = {}

    def of(self, job: ReportedJob) -> ReportedJob:
        """The job with its command."""
        return job._replace(command=self._line(job.id)) if job.id and not job.command else job

    def _line(self, job: str) -> str:
        number, _, task = job.partition(".")
        if int(number) not in self._kept:
            self._kept[int(number)] = self._read(int(number))
        found = self._kept[int(number)]
        if found is None:
            return ""
        kept, templates = found
        at = 0 if len(templates) == 1 or kept.tasks is None else kept.tasks.numbers().index(int(task))
        return command_line(templates[at])[:LONGEST_COMMAND]

    def _read(self, number: int) -> tuple[KeptSubmission, Sequence[Mapping[bytes, Text]]] | None:
        try:
            if self._store is None:
                self._store = Store.existing(str(self._path))
            kept = self._store.kept(number)
            return None if kept is None or not kept.templates else (kept, of_bytes(kept.templates))
        except (StoreError, ValueError):  # a template that cannot be read keeps nobody from the rest
            return None

    def close(self) -> None:
        """Let go of the file."""
        if self._store is not None:
            self._store.close()
