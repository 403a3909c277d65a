"""qdel: delete jobs and array tasks (captures ``op.qdel*``)."""

from __future__ import annotations

from collections.abc import Iterator

from ..lighter import field, record
from ..model import Job, Range
from ..model.globs import glob_match
from ..model.operations import ChangeOutcome, JobChange, JobOperation
from ..model.requests import QmasterUnreachable, Reply, Request, actor_of, encode
from ..render.usage import OptionHelp, usage
from .interface.environment import environment_error, on_stdout, refused_host
from .interface.qmaster_interface import QmasterInterface
from .submit_options.job_words import LONELY, JobWord, parse_job_word, task_range, with_tasks
from .submit_options.option_values import OptionError, split_list

_FORCE_ROUNDS, _FORCE_PAUSE = 12, 5.0  # a plain user's -f waits a minute, to discourage it
OPTIONS = (
    OptionHelp("-f", "", "delete at once, also jobs whose host does not answer; --force is the same"),
    OptionHelp("-help", "", "print this text and end"),
    OptionHelp("-t", "RANGE", "only these tasks of the job before it"),
    OptionHelp("-u", "USERS", "the jobs of these users; * for all"),
)


class _UsageError(Exception):
    """Usage on stderr, then the text."""


@record
class _Wanted:
    jobs: list[JobWord] = field(default_factory=list)
    users: tuple[str, ...] = ()
    force: bool = False
    help: bool = False


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qdel."""
    trouble = environment_error(request)
    if trouble is not None:
        return trouble
    try:
        wanted = _parse(request.argv[1:])
    except _UsageError as error:
        return Reply.of_text(1, "", f"{usage(request.flavour, 'qdel', OPTIONS)}{error}")
    except OptionError as error:
        return Reply.of_text(1, "", "".join(f"error: {text}\n" for text in error.texts))
    if wanted.help:
        return Reply.of_text(0, usage(request.flavour, "qdel", OPTIONS))
    if wanted.users and not wanted.jobs:
        wanted.jobs = [JobWord("0")]
    if not wanted.jobs:
        return Reply.of_text(1, "ERROR! no option argument\n", usage(request.flavour, "qdel", OPTIONS))
    try:
        refusal = refused_host(request, qmaster)
        if refusal is not None:
            return Reply.of_text(1, refusal)
        return _run(wanted, request, qmaster)
    except QmasterUnreachable as error:
        return on_stdout(error, 1, "got send timeout")


def _parse(words: list[str]) -> _Wanted:
    wanted = _Wanted()
    named: list[list[str]] = []
    limits: dict[int, tuple[str, Range]] = {}
    lonely = ""
    rest = iter(words)
    after_jobs = False
    for word in rest:
        if word == "-help":
            wanted.help = True
        elif word in ("-f", "--force"):
            wanted.force = True
        elif word == "-u":
            wanted.users = tuple(split_list(next(rest, "")))
        elif word == "-t":
            text, limit = _task_range(next(rest, None))
            if after_jobs:
                limits[len(named) - 1] = (text, limit)
            else:
                lonely = text
        elif split_list(word):
            named.append(split_list(word))
        after_jobs = bool(named) and word not in ("-help", "-f", "--force", "-u", "-t")
    if not wanted.help:
        _jobs(wanted, named, limits, lonely)
    return wanted


def _jobs(wanted: _Wanted, named: list[list[str]], limits: dict[int, tuple[str, Range]], lonely: str) -> None:
    errors: list[str] = []
    for index, group in enumerate(named):
        try:
            jobs = [parse_job_word(word) for word in group]
        except OptionError as error:
            errors += error.texts
            lonely = limits[index][0] if index in limits else lonely
            continue
        wanted.jobs += with_tasks(jobs, limits[index][1]) if index in limits else jobs
    if lonely:
        errors.append(LONELY.format(lonely))
    if errors:
        raise OptionError(*errors)


def _task_range(text: str | None) -> tuple[str, Range]:
    try:
        found = task_range(text)
    except OptionError as error:
        raise _UsageError("".join(f"error: {text}\n" for text in error.texts if text)) from None
    return str(text), found


def _run(wanted: _Wanted, request: Request, qmaster: QmasterInterface) -> Reply:
    forced = wanted.force and qmaster.config.is_manager(request.user)
    lines, code = _delete(wanted, request, qmaster, forced)
    out = "".join(f"{line}\n" for line in lines)
    if wanted.force and not forced:
        for _ in range(_FORCE_ROUNDS):
            request.emit(encode(out + "."), b"")
            out = ""
            qmaster.wait_until(lambda: False, _FORCE_PAUSE)
        out = "\n"
        code = max(code, _delete(wanted, request, qmaster, True)[1])
    return Reply.of_text(code, out)


def _delete(
    wanted: _Wanted, request: Request, qmaster: QmasterInterface, force: bool
) -> tuple[list[str], int]:
    lines: list[str] = []
    failed = False
    ended: dict[str, set[int]] = {}  # tasks that had been started before, by the job's number
    for word in wanted.jobs:
        gone = [task for task in ended.get(word.word, ()) if _names(word, task)]
        lines += [f"job {word.word} is already in deletion"] * len(gone)
        before = qmaster.job(int(word.word)) if word.is_number else None
        if gone and (before is None or word.tasks):
            continue
        started = set(before.tasks) if before is not None else set()
        everything = word.word == "0"
        users = wanted.users
        if "*" in users:
            if everything and not qmaster.config.is_manager(request.user):
                lines.append(f'denied: "{request.user}" must be manager to modify all jobs')
                failed = True
                continue
            users = ()
        elif not users and not word.is_number:
            users = (request.user,)
        found = False
        for job in _meant(word, users, qmaster):
            texts, bad, any_task = _delete_job(job, word, request, qmaster, force)
            lines += texts
            failed |= bad
            found |= any_task
        if not found:
            lines.append(_nothing(word, users, wanted, qmaster))
            failed = True
        after = qmaster.job(int(word.word)) if word.is_number else None
        ended.setdefault(word.word, set()).update(started - set(after.tasks if after is not None else ()))
    return lines, int(failed)


def _names(word: JobWord, task: int) -> bool:
    return not word.tasks or any(task in piece.ids() for piece in word.tasks)


def _meant(word: JobWord, users: tuple[str, ...], qmaster: QmasterInterface) -> Iterator[Job]:
    for number in qmaster.find_jobs("*" if word.word == "0" else word.word):
        job = qmaster.job(number)
        if job is None:
            continue
        if not users or any(glob_match(user, job.owner) for user in users):
            yield job


def _nothing(word: JobWord, users: tuple[str, ...], wanted: _Wanted, qmaster: QmasterInterface) -> str:
    if "*" in wanted.users:
        return "There are no jobs registered"
    if users:
        if word.word == "0":
            return f"There is no job registered for the following users: {','.join(users)}"
        if word.tasks and any(_meant(word, users, qmaster)):
            names = ",".join(users)
            piece = word.tasks[-1]
            if piece.first == piece.last:
                return f'job "{word.word}" task "{piece.first}" does not exist for user(s) {names}'
            return f'job "{word.word}" task id range "{piece}" comprises no tasks under user(s) {names}'
        return f"The job {word.word} of user(s) {','.join(users)} does not exist"
    if word.tasks and qmaster.job(int(word.word)) is not None:
        piece = word.tasks[-1]
        if piece.first == piece.last:
            return f'job "{word.word}" task "{piece.first}" does not exist'
        return f'job "{word.word}" task id range "{piece}" comprises no tasks'
    return f'denied: job "{word.word}" does not exist'


def _delete_job(
    job: Job, word: JobWord, request: Request, qmaster: QmasterInterface, force: bool
) -> tuple[list[str], bool, bool]:
    """The lines, whether any is an error, and whether the job had any of the tasks."""
    changes = qmaster.operate(JobOperation.DELETE, job.number, word.tasks or None, actor_of(request), force)
    lines: list[str] = []
    failed = False
    for change in changes:
        if change.outcome in (ChangeOutcome.NO_SUCH_TASK, ChangeOutcome.NO_SUCH_JOB):
            return lines, failed, False
        failed |= change.outcome in (ChangeOutcome.DENIED, ChangeOutcome.FORCE_DENIED)
        lines.append(_text(change, job, word, request.user))
    return lines, failed, True


def _text(change: JobChange, job: Job, word: JobWord, user: str) -> str:
    number = job.number
    name = f"job {number}" if change.task is None else f"job-array task {number}.{change.task}"
    if change.outcome is ChangeOutcome.DELETED:
        if not word.tasks:
            name = f"job {number}"
        elif change.tasks is not None:
            return f"{user} has deleted job-array tasks {change.tasks} of job {number}"
        elif change.task is None:
            name = f"job-array task {number}.{max(1, word.tasks[0].first)}"
        return f"{user} has deleted {name}"
    if change.outcome is ChangeOutcome.REGISTERED:
        return f"{user} has registered the {name} for deletion"
    if change.outcome is ChangeOutcome.FORCED:
        return f"{user} forced the deletion of {name}"
    if change.outcome is ChangeOutcome.ALREADY_DELETING:
        return f"job {number} is already in deletion"
    return f'{user} - you do not have the necessary privileges to delete the job "{number}"'
