"""qmod: suspend, resume, clear, reschedule jobs; change queues (captures ``op.qmod*``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..engine.matching import names_a_queue
from ..lighter import field, record
from ..model import Hold, Job, QueueInstance, Range, Rerun
from ..model.operations import ChangeOutcome, JobChange, JobOperation, QueueAction
from ..model.requests import QmasterUnreachable, Reply, Request, actor_of
from ..render.usage import OptionHelp, usage
from .interface.environment import environment_error, on_stdout
from .interface.qmaster_interface import QmasterInterface
from .submit_options.job_words import LONELY, JobWord, parse_job_word, task_range, with_tasks
from .submit_options.option_values import OptionError


class _Option(NamedTuple):
    """One option: what it does to jobs and to queues (None: nothing)."""

    switch: str
    long: str
    argument: str
    jobs: JobOperation | None
    queues: QueueAction | None
    text: str


def _options(letter: str, word: str, job: JobOperation, queue: QueueAction, text: str) -> list[_Option]:
    """An option for jobs and queues, one for jobs, one for queues."""
    return [
        _Option(f"-{letter}", f"--{word}", "WORDS", job, queue, f"{text} jobs and queues"),
        _Option(f"-{letter}j", f"--{word}job", "JOBS", job, None, f"{text} jobs"),
        _Option(f"-{letter}q", f"--{word}queue", "QUEUES", None, queue, f"{text} queues"),
    ]


_OPTIONS = {
    option.switch: option
    for option in (  # in the order in which qmod carries them out, whatever the command line's
        *_options("c", "clear", JobOperation.CLEAR_ERROR, QueueAction.CLEAR_ERROR, "clear errors of"),
        _Option("-d", "--disable", "QUEUES", None, QueueAction.DISABLE, "start no further jobs in queues"),
        *_options("r", "reschedule", JobOperation.RESCHEDULE, QueueAction.RESCHEDULE, "start again, of"),
        _Option("-e", "--enable", "QUEUES", None, QueueAction.ENABLE, "the opposite of -d"),
        *_options("s", "suspend", JobOperation.SUSPEND, QueueAction.SUSPEND, "stop"),
        *_options("us", "unsuspend", JobOperation.UNSUSPEND, QueueAction.UNSUSPEND, "let go on, stopped"),
    )
}
_LONG = {"--help": "-help", "--force": "-f", **{option.long: option.switch for option in _OPTIONS.values()}}
OPTIONS = (
    *(OptionHelp(option.switch, option.argument, option.text) for option in _OPTIONS.values()),
    OptionHelp("-t", "RANGE", "only these tasks of the job before it"),
    OptionHelp("-f", "", "whatever the state is, and jobs that cannot be run again"),
    OptionHelp("-help", "", "print this text and end"),
)
_STATES = {
    QueueAction.DISABLE: "disabled",
    QueueAction.ENABLE: "enabled",
    QueueAction.SUSPEND: "suspended",
    QueueAction.UNSUSPEND: "unsuspended",
    QueueAction.CLEAR_ERROR: "no error",
}
Lines = list[tuple[str, bool]]


@record
class _Parsed:
    force: bool = False
    help: bool = False
    usage: bool = False
    errors: list[str] = field(default_factory=list)
    items: list[tuple[str, list[JobWord]]] = field(default_factory=list)


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qmod."""
    bad = environment_error(request)
    if bad is not None:
        return bad
    parsed = _parse(request.argv[1:])
    if parsed.errors:
        text = usage(request.flavour, "qmod", OPTIONS) if parsed.usage else ""
        lead = request.flavour.wording.option_error
        parsed.errors = [line if line.startswith("ERROR!") else lead + line for line in parsed.errors]
        return Reply.of_text(1, "", text + "".join(f"{line}\n" for line in parsed.errors))
    if parsed.help:
        return Reply.of_text(0, usage(request.flavour, "qmod", OPTIONS))
    err = usage(request.flavour, "qmod", OPTIONS) if parsed.usage else ""
    try:
        lines = _run(parsed, request, qmaster)
    except QmasterUnreachable as error:
        return on_stdout(error, 1)
    code = int(any(failed for _, failed in lines))
    return Reply.of_text(code, "".join(f"{line}\n" for line, _ in lines), err)


_OF_QUEUES = ("-cq", "-d", "-e", "-rq", "-sq", "-usq")  # they have no tasks: -t is lonely there (real cell)


def _parse(words: Sequence[str]) -> _Parsed:
    parsed = _Parsed()
    groups: list[tuple[str, list[str]]] = []
    limits: dict[int, tuple[str, Range]] = {}
    lonely: list[str] = []
    if not words:
        parsed.usage = True
        parsed.errors.append("ERROR! no option argument")
    at = 0
    after_words = False
    while at < len(words):
        option = _LONG.get(words[at], words[at])
        at += 1
        if option in ("-help", "-f"):
            parsed.help |= option == "-help"
            parsed.force |= option == "-f"
            after_words = False
        elif option in _OPTIONS:
            start = at
            at = _end_of_words(words, at)
            after_words = at > start
            if after_words:
                groups.append((option, _given(option, words[start:at])))
                after_words = option not in _OF_QUEUES
            else:
                parsed.errors.append(f"{option} option must have argument")
        elif option == "-t":
            text = words[at] if at < len(words) else None
            at += 1
            if text == "":  # 8.1.9 shows how it is used and carries out what came before
                parsed.usage = True
                break
            try:
                limit = task_range(text)
            except OptionError as error:
                parsed.usage = True
                parsed.errors += error.texts
                return parsed
            if after_words:
                limits[len(groups) - 1] = (str(text), limit)
            else:
                lonely.append(str(text))
            after_words = False
        else:
            parsed.usage = True
            parsed.errors.append(f'invalid option argument "{option}"')
            return parsed
    _words(parsed, groups, limits, lonely)
    return parsed


def _end_of_words(words: Sequence[str], start: int) -> int:
    """Where the words of an option end; the first of them is not empty."""
    at = start
    while at < len(words) and (words[at] or at > start) and not words[at].startswith("-"):
        at += 1
    return at


def _given(option: str, words: Sequence[str]) -> list[str]:
    """The words of an option; names of queues are lists."""
    if _OPTIONS[option].jobs is None:
        return [name for word in words for name in word.split(",") if name]
    return [word for word in words if word]


def _words(
    parsed: _Parsed,
    groups: list[tuple[str, list[str]]],
    limits: dict[int, tuple[str, Range]],
    lonely: list[str],
) -> None:
    if parsed.errors:
        return
    for wanted in _OPTIONS:
        for index, (option, words) in enumerate(groups):
            if option == wanted:
                _group(parsed, option, words, limits[index][1] if index in limits else None)
    unused = lonely[0] if lonely else ""
    if parsed.errors and limits:
        unused = next(iter(limits.values()))[0]
    if not unused:
        return
    if parsed.errors or not any(_OPTIONS[option].jobs for option, _ in groups):
        parsed.usage = True
        parsed.errors += [LONELY.format(unused), "too many options"]
    else:
        parsed.errors.append(LONELY.format(unused))


def _group(parsed: _Parsed, option: str, words: list[str], limit: Range | None) -> None:
    try:
        jobs = [parse_job_word(word) if _OPTIONS[option].jobs else JobWord(word) for word in words]
    except OptionError as error:
        parsed.errors += error.texts
        return
    parsed.items.append((option, with_tasks(jobs, limit) if limit is not None else jobs))


def _run(parsed: _Parsed, request: Request, qmaster: QmasterInterface) -> Lines:
    lines: Lines = []
    later: list[tuple[JobOperation, JobWord]] = []
    for switch, words in parsed.items:
        option = _OPTIONS[switch]
        for word in words:
            found = None
            if option.queues is not None and names_a_queue(word.word, qmaster.config):
                lines += _queues(option.queues, word.word, parsed.force, request, qmaster)
                continue
            if option.jobs and word.is_number:
                found = _job(option.jobs, word, parsed.force, request, qmaster)
            elif option.jobs and option.queues is None:
                named = [JobWord(str(number), word.tasks) for number in qmaster.find_jobs(word.word)]
                later += [(option.jobs, job) for job in named]
                found = [] if named else None
            if found is None:
                kind = (
                    "queue or job"
                    if option.queues is None or option.jobs in (JobOperation.SUSPEND, JobOperation.UNSUSPEND)
                    else "queue"
                )
                lines.append((f'invalid {kind} "{word.word}"', True))
            else:
                lines += found
    for action, word in later:
        found = _job(action, word, parsed.force, request, qmaster)
        lines += [(f'invalid queue or job "{word.word}"', True)] if found is None else found
    return lines


# ---- queues --------------------------------------------------------------------------------------
def _queues(
    action: QueueAction, pattern: str, force: bool, request: Request, qmaster: QmasterInterface
) -> Lines:
    lines: Lines = []
    for instance in qmaster.match_queues(pattern):
        if action is QueueAction.RESCHEDULE:
            lines += _rescheduled_on(instance, force, request, qmaster)
        change = qmaster.change_queue(instance.name, action, actor_of(request))
        who = f"{request.user}@{request.host}"
        denied = f"{request.user} - you have no permission to"
        if change.outcome is ChangeOutcome.DENIED:
            lines.append((f'{denied} modify queue "{instance.name}"', True))
        elif action is QueueAction.RESCHEDULE:
            if not qmaster.config.is_operator(request.user):
                lines.append((f'{denied} reschedule jobs of queue instance "{instance.name}"', True))
        elif force:
            lines.append((f'{who} forced state change of "{instance.name}" ({_STATES[action]})', False))
        elif change.outcome is ChangeOutcome.ALREADY_DONE:
            lines.append(
                (
                    f'Queue instance "{instance.name}" is already in the specified state: {_STATES[action]}',
                    False,
                )
            )
        else:
            lines.append((f'{who} changed state of "{instance.name}" ({_STATES[action]})', False))
    return lines


def _rescheduled_on(
    instance: QueueInstance, force: bool, request: Request, qmaster: QmasterInterface
) -> Lines:
    """What is said of the tasks in a queue instance, which start again if they may (real cell)."""
    if not qmaster.config.is_operator(request.user):
        return []
    lines: Lines = []
    for job in list(qmaster.jobs()):
        for task in list(job.tasks.values()):
            if task.granted and task.granted[0].instance == instance.name:
                only = [Range(task.number, task.number)]
                action = JobOperation.RESCHEDULE
                for change in qmaster.operate(action, job.number, only, actor_of(request), force):
                    lines += _text(action, change, job, force, request)
    return lines


# ---- jobs ----------------------------------------------------------------------------------------
def _job(
    action: JobOperation, word: JobWord, force: bool, request: Request, qmaster: QmasterInterface
) -> Lines | None:
    """What happens to a job; None: there is no such job or task."""
    job = qmaster.job(int(word.word))
    if job is None:
        return None
    tasks = word.tasks[:1]
    pending = _pending(job, tasks)
    chosen = [number for number in job.tasks if not tasks or number in tasks[0].ids()]
    if not pending and not chosen:
        return None
    actor = actor_of(request)
    if request.user != job.owner and not qmaster.config.is_operator(request.user):
        text = f'{request.user} - you have no permission to modify job "{job.number}"'
        return [(text, True)] * (len(chosen) + len(pending))
    lines: Lines = []
    if chosen:
        forced = (force,) if action is JobOperation.RESCHEDULE else ()
        for change in qmaster.operate(action, job.number, tasks or None, actor, *forced):
            if change.outcome is not ChangeOutcome.NOT_RUNNING:
                lines += _text(action, change, job, force, request)
    return lines + [(text, False) for text in pending]


def _pending(job: Job, tasks: Sequence[Range]) -> list[str]:
    """The lines for tasks that were never started. Of an array as a whole there is at most one, as really.

    A step in the request is not applied to pending tasks: Grid Engine uses that of its own list.
    """
    text = "Modify operation can not be applied on {} in pending/hold state"
    if not tasks and job.spec.is_array:
        return [] if job.tasks else [text.format(f"job {job.number}")]
    numbers: dict[int, None] = {}
    for kind in (Hold.NONE, Hold.USER, Hold.SYSTEM, Hold.OPERATOR):
        for piece in job.lists[kind].pieces:
            for task in piece.ids():
                if not tasks or (
                    tasks[0].first <= task <= tasks[0].last and (task - tasks[0].first) % piece.step == 0
                ):
                    numbers[task] = None
    return [text.format(f"job-array task {job.number}.{task}") for task in numbers]


def _rescheduled(change: JobChange, job: Job, name: str, force: bool) -> Lines:
    if change.outcome is ChangeOutcome.DONE:
        text = f"{'Forced' if force else 'Pushed'} rescheduling of {name} on host {change.name}"
    elif change.outcome is ChangeOutcome.NOT_RERUNNABLE and job.spec.rerun is Rerun.NO:
        text = f"The {name} is not restartable"
    elif change.outcome is ChangeOutcome.NOT_RERUNNABLE:
        text = f"The {name} is running in queue none where jobs are not rerunable."
    elif change.outcome is ChangeOutcome.ALREADY_DELETING:
        text = f"The {name} is already in deleted state. No rescheduling!"
    else:
        return []
    return [(text, False)]


def _text(action: JobOperation, change: JobChange, job: Job, force: bool, request: Request) -> Lines:
    """Words for one task's change; nothing for what Grid Engine does silently."""
    number, user, who = job.number, request.user, f"{request.user}@{request.host}"
    name = f"job-array task {number}.{change.task}" if job.spec.is_array else f"job {number}"
    done = change.outcome is ChangeOutcome.DONE
    if action is JobOperation.CLEAR_ERROR:
        if done:
            return [(f"{who} cleared error state of {name}", True)]
        return [(f"{name[0].upper()}{name[1:]} is not in error state", True)]
    if action is JobOperation.RESCHEDULE:
        return _rescheduled(change, job, name, force)
    if change.outcome is ChangeOutcome.NOT_APPLICABLE:
        return [
            (f"{who} removed administrator suspension of {name} (suspend threshold is still active)", True)
        ]
    if action is JobOperation.SUSPEND:
        already = change.outcome is ChangeOutcome.ALREADY_SUSPENDED
        forced = f"{user} - forced suspension of {name}"
        normal, already_state = f"{user} - suspended {name}", "suspended"
    else:
        already = change.outcome is ChangeOutcome.ALREADY_UNSUSPENDED
        forced = f"{user} - forced enabling of {name}" if already else f"{who} forced unsuspension of {name}"
        normal, already_state = f"{user} - unsuspended {name}", "unsuspended"
    if not done and not already:
        return []
    if force:
        return [(forced, False)]
    return [(normal if done else f"{user} - {name} is already {already_state}", False)]
