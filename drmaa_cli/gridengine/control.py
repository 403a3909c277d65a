"""qdel, qhold, qrls and qmod: several ids in, a line for most of them out.

Successes and refusals come mixed, on standard output, and the exit code is no verdict: 0 for ``already
suspended``, 1 for a good ``qmod``, 3 when one of many jobs is unknown. So every line is judged on its own.
qhold and qrls say nothing about a job they leave as it is, qmod nothing about one in its error state or
rescheduled; qdel always says something. Sources: captures ``op.*``, ``env.*``, ``locale.*``; runs of a real
8.1.9 cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from drmaa_cli.gridengine.ranges import format_range, parse_task_set
from drmaa_cli.gridengine.records import CommandResult, JobId, TaskRange, TaskSet
from drmaa_cli.gridengine.replies import (
    Answer,
    CommandFailed,
    Outcome,
    QmasterUnreachable,
    check_environment_errors,
    describe,
    find_environment_error,
    reader,
)

__all__ = [
    "answers_about",
    "argv",
    "check_usage",
    "judge",
    "parse",
]

_NO_ARRAYS: Mapping[int, TaskRange] = {}
COMMANDS = {
    "suspend": ("qmod", "-sj"),
    "resume": ("qmod", "-usj"),
    "hold": ("qhold",),
    "release": ("qrls",),
    "terminate": ("qdel",),
    "requeue": ("qmod", "-rj"),
}
REFUSALS = (Outcome.UNKNOWN_JOB, Outcome.DENIED, Outcome.WRONG_STATE)
SILENT = ("hold", "release")  # their commands say nothing of a job that stays as it is

_ONE = r"job(?:-array task)? (?P<job>[0-9]{1,10})(?:\.(?P<task>[0-9]{1,10}))?"
_QUOTED = r'job "(?P<job>[0-9]{1,10})(?:\.(?P<task>[0-9]{1,10}))?"'

_TASKS = r"job-array tasks? (?P<tasks>[0-9,:-]+) of job (?P<job>[0-9]{1,10})"

# What each line says. The first pattern that fits the whole line decides.
_TEXTS = {
    Outcome.DONE: (
        rf".* has deleted {_ONE}",
        rf".* has deleted {_TASKS}",
        rf".* has registered the {_ONE} for deletion",
        rf".* has registered the {_TASKS} for deletion",
        rf"(?:warning: )?.* forced the deletion of {_ONE}",
        rf"modified hold of {_ONE}",
        rf".* - (?:un)?suspended {_ONE}",
        rf".* removed administrator suspension of {_ONE} .*",
        rf".* cleared error state of {_ONE}",
        rf"Pushed rescheduling of {_ONE} on host .*",
    ),
    Outcome.NOTHING_TO_DO: (
        rf"{_ONE} is already in deletion",
        r"No jobs modified",
    ),
    Outcome.UNKNOWN_JOB: (
        r'job "(?P<job>[0-9]{1,10})" task "(?P<task>[0-9]{1,10})" does not exist',
        r"The job (?P<job>[0-9]{1,10})(?:\.(?P<task>[0-9]{1,10}))? of user\(s\) .* does not exist",
        r"The job (?:(?! of user\(s\) ).)* of user\(s\) .* does not exist",  # one way to match: linear
        r"There (?:is no job|are no jobs) registered.*",
        rf"denied: {_QUOTED} does not exist",
        r'denied: job ".*" does not exist',
        rf"invalid queue or {_QUOTED}",
        r'invalid queue or job ".*"',
        r'job "(?P<job>[0-9]{1,10})" task id range "(?P<tasks>[0-9,:-]+)" comprises no tasks',
        rf"{_ONE} is already finished; .*",  # Open Cluster Scheduler 9.2 keeps finished jobs
    ),
    Outcome.DENIED: (
        rf".* - you do not have the necessary privileges to delete the {_QUOTED}",
        rf'denied: ".*" must be at least owner of {_ONE} to .*',
        r'denied: ".*" must be (?:operator|manager) to .*',
        rf".* - you have no permission to modify {_QUOTED}",
        r'denied: host ".*" is (?:not a|no) (?:submit|admin) host',
    ),
    Outcome.WRONG_STATE: (
        rf".* - {_ONE} is already (?:un)?suspended",
        rf"Modify operation can not be applied on {_ONE} in pending/hold state",
        rf"The {_ONE} is running in queue .* where jobs are not rerunable\.",
        rf"The {_ONE} is not restartable",
        r"Job (?P<job>[0-9]{1,10})(?:\.(?P<task>[0-9]{1,10}))? is not in error state",
    ),
}
_LINES = tuple((re.compile(pattern), outcome) for outcome, patterns in _TEXTS.items() for pattern in patterns)
_SOME_JOB = re.compile(r'\bjob(?:-array task)? "?(?P<job>[0-9]{1,10})(?:\.(?P<task>[0-9]{1,10}))?\b')
_PROGRESS = re.compile(r"[.\s]*")  # qdel -f prints dots while it waits


def argv(action: str, ids: Sequence[JobId], arrays: Mapping[int, TaskRange] = _NO_ARRAYS) -> list[str]:
    """The command for an action on some jobs or tasks.

    Args:
        action: suspend, resume, hold, release, terminate or requeue.
        ids: the jobs and tasks.
        arrays: the tasks of jobs that are arrays, for terminate: qdel then names the tasks that it deletes,
            and says nothing of those that have ended. Of a plain number it says ``has deleted job 7`` for all
            that it does not name, ended ones among them (runs of a real 8.1.9 cell).

    Raises:
        ValueError: no ids, or an action that is none of suspend, resume, hold, release, terminate, requeue.
    """
    if action not in COMMANDS:
        raise ValueError(f"no such action: {action!r} (one of {', '.join(COMMANDS)})")
    if not ids:
        raise ValueError(f"{action}: no job ids")
    ranges = arrays if action == "terminate" else _NO_ARRAYS
    return [*COMMANDS[action], *(_word(job, ranges) for job in ids)]


def _word(job: JobId, arrays: Mapping[int, TaskRange]) -> str:
    tasks = arrays.get(job.job) if job.task is None else None
    return str(job) if tasks is None else f"{job}.{format_range(tasks)}"


@reader
def parse(action: str, result: CommandResult, ids: Iterable[JobId]) -> list[Answer]:
    """Judge every line of the reply.

    Args:
        action: the action that was asked for.
        result: the finished command.
        ids: the ids that were given to it.

    Returns:
        An answer for each printed line, standard output first. The words of a wrapper are left out: lines in
        no known form that name none of the jobs, of a command that answered for each id and ended with 0, or
        refused something. Then one for each id that no line is about: NOTHING_TO_DO with text ``''``, but
        NO_QMASTER when the qmaster could not be reached, DENIED when the host may not ask (capture
        ``cell2.qdel_not_submit_host``), and ERROR when the command was killed, failed without a word, or is
        qdel.

    Raises:
        CommandFailed: SGE_ROOT or the cell is wrong, or the options were not understood.
    """
    error = find_environment_error(result)
    if isinstance(error, CommandFailed):
        raise error
    lines = [line.rstrip("\r") for text in (result.out, result.err) for line in text.split("\n")]
    answers = [judge(line) for line in lines if not _PROGRESS.fullmatch(line)]
    if not any(answer.outcome is not Outcome.ERROR for answer in answers):
        check_usage(action, result)
    ids = list(ids)
    said = _Said(answers)
    explained = result.exit_code == 0 or any(answer.outcome in REFUSALS for answer in answers)
    if explained and (action in SILENT or all(said.about(job_id) for job_id in ids)):
        asked = {job_id.job for job_id in ids}
        answers = [
            answer
            for answer in answers
            if answer.outcome is not Outcome.ERROR
            or (answer.target is not None and answer.target.job in asked)
        ]
    silence = _silence(action, result, answers, error)
    for job_id in ids:
        if not said.about(job_id):
            answers.append(silence._replace(target=job_id))
            said.note(answers[-1])
    return answers


def check_usage(action: str, result: CommandResult) -> None:
    """Raise CommandFailed if the command did not understand how it was called."""
    try:
        check_environment_errors(result)
    except CommandFailed as error:
        raise CommandFailed(f"{action}: {error.text}") from error
    except QmasterUnreachable:
        pass  # the answers say so


def judge(line: str) -> Answer:
    """What one line says; ERROR for a line in no known form, with the job it names, if any."""
    for pattern, outcome in _LINES:
        if found := pattern.fullmatch(line):
            return _answer(found, outcome, line)
    if find_environment_error(CommandResult((), 1, line.encode(), b"")):
        return Answer(None, None, Outcome.NO_QMASTER, line)
    named = _SOME_JOB.search(line)
    return _answer(named, Outcome.ERROR, line) if named else Answer(None, None, Outcome.ERROR, line)


def answers_about(job_id: JobId, answers: Iterable[Answer]) -> list[Answer]:
    """The answers that concern an id.

    A task's own lines count first; without any, those about its job as a whole do: ``invalid queue or job
    "7"`` is all that qmod says about an unknown task 7.9, and ``suspended job 6`` about 6.1.
    """
    of_job = [answer for answer in answers if answer.target is not None and answer.target.job == job_id.job]
    if job_id.task is None:
        return of_job
    of_task = [answer for answer in of_job if _names_task(answer, job_id.task)]
    of_whole = [answer for answer in of_job if answer.tasks is None and answer.target == JobId(job_id.job)]
    return of_task or of_whole


class _Said:
    """Which ids there are answers about, by the rules of :func:`answers_about`, for many ids at a time."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._jobs: set[int] = set()
        self._single: set[JobId] = set()
        self._ranges: dict[int, list[TaskRange]] = {}
        for answer in answers:
            self.note(answer)

    def note(self, answer: Answer) -> None:
        """There is one more."""
        if answer.target is None:
            return
        self._jobs.add(answer.target.job)
        if answer.tasks is None:
            self._single.add(answer.target)
            return
        for part in answer.tasks:  # a thousand single ones are not looked through for each of a thousand
            if part.first == part.last:
                self._single.add(JobId(answer.target.job, part.first))
            else:
                self._ranges.setdefault(answer.target.job, []).append(part)

    def about(self, job_id: JobId) -> bool:
        """Whether any is about this id."""
        if job_id.task is None:
            return job_id.job in self._jobs
        if job_id in self._single or JobId(job_id.job) in self._single:
            return True
        return any(job_id.task in part for part in self._ranges.get(job_id.job, ()))


def _names_task(answer: Answer, task: int) -> bool:
    if answer.tasks is not None:
        return answer.tasks.has(task)
    return answer.target is not None and answer.target.task == task


def _answer(found: re.Match[str], outcome: Outcome, line: str) -> Answer:
    groups = found.groupdict()
    job, task, tasks = groups.get("job"), groups.get("task"), groups.get("tasks")
    target = JobId(int(job), int(task) if task else None) if job else None
    task_set: TaskSet | None = None
    if tasks:
        try:
            task_set = parse_task_set(tasks)
        except ValueError:  # then the line is about the job, and its text still says which tasks
            task_set = None
    return Answer(target, task_set, outcome, line)


def _silence(
    action: str, result: CommandResult, answers: Sequence[Answer], error: QmasterUnreachable | None
) -> Answer:
    """What it means that the command did not mention an id."""
    if error is not None:
        return Answer(None, None, Outcome.NO_QMASTER, error.text)
    for answer in answers:  # a refusal that names no job is about all of them
        if answer.outcome is Outcome.DENIED and answer.target is None:
            return answer
    if action == "terminate" or result.exit_code < 0 or (result.exit_code > 0 and not answers):
        return Answer(None, None, Outcome.ERROR, describe(result))
    return Answer(None, None, Outcome.NOTHING_TO_DO, "")
