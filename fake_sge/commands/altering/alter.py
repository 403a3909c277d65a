"""qalter, qhold and qrls: one program (captures ``op.qalter*``, ``op.qhold*``, ``op.qrls*``)."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any, cast

from ...engine.holds import HoldRequest
from ...lighter import field, record
from ...model import Hold, Job
from ...model.globs import glob_match
from ...model.operations import Actor, ChangeOutcome, JobChange, JobOperation
from ...model.requests import QmasterUnreachable, Reply, Request, actor_of
from ..interface.environment import environment_error, on_stdout, refused_host
from ..interface.qmaster_interface import QmasterInterface
from ..submission.common import parse_context, printed
from ..submission.spec_text import show_change
from ..submit_options.job_spec import FieldBuilder, described, unknown_option_answers, without_empty
from ..submit_options.job_words import JobWord, lonely, parse_job_word, with_tasks
from ..submit_options.option_values import OptionError
from ..submit_options.parsed import Option, ParserAnswer
from ..submit_options.parser import parse_command_line
from ..submit_options.table import SUBTRACT, help_text
from .attributes import Alteration, AlterationRefused

EXISTS, NOT_OWNER, UNREACHABLE, TASKS_DENIED, NOT_OPERATOR = 3, 18, 11, 4, 10
_OK = 1
_NO_SUBMIT_HOST = 8
# What 8.1.9 says before it aborts over -verify with a hold.
_NO_TYPE = "critical error: !!!!!!!!!! JB_type not found in element !!!!!!!!!!\n"
_FLAGS = {"-notify": ("notify", True)}


@record
class AlterCall:
    """What the command line asks for."""

    jobs: list[JobWord] = field(default_factory=list)
    users: tuple[str, ...] | None = None
    hold: Hold | None = None  # None: no -h
    removes: bool = False  # these holds instead of setting them
    fields: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)  # the same, as -verify shows them
    verify: bool = False


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qalter, qhold or qrls, whichever ``argv[0]`` is."""
    bad = environment_error(request)
    if bad is not None:
        return bad
    tool = request.argv[0]
    parsed = parse_command_line(request.argv[1:], parse_context(request, 0.0))
    shown = printed(parsed.answers, "qalter: ", "qalter: warning: ")
    out, err = shown.out, parsed.stray + shown.err
    if shown.code:
        return Reply.of_text(shown.code, out, err)
    options = parsed.options
    if len(options) == (1 if tool in ("qhold", "qrls") else 0):
        return Reply.of_text(1, out, f"{err}{help_text(request.flavour, tool)}ERROR! no option argument\n")
    if any(option.switch == "-help" for option in options):
        return Reply.of_text(0, out + help_text(request.flavour, tool), err)
    try:
        wanted, answers = _wanted(options, request)
    except OptionError as error:
        return Reply.of_text(error.status, out, err + "".join(f"{text}\n" for text in error.texts))
    if answers:
        shown = printed(answers, "", "warning: ")
        return Reply.of_text(shown.code, out, err + shown.err)
    if wanted.verify:
        aborts = wanted.hold is not None
        text = "" if aborts else _show(wanted, request)
        number = signal.SIGABRT if aborts else 0
        return Reply.of_text(0, out + text, err + (_NO_TYPE if aborts else ""), signal=number)
    try:
        refusal = refused_host(request, qmaster)
        if refusal is not None:
            return Reply.of_text(_NO_SUBMIT_HOST if tool != "qalter" else 1, out + refusal, err)
        lines = _apply(wanted, request, qmaster)
    except QmasterUnreachable as error:
        return on_stdout(error, UNREACHABLE if tool != "qalter" else 1)
    status = next((code for _, code in lines if code != _OK), 0)
    code = status if tool != "qalter" else min(status, 1)
    return Reply.of_text(code, out + "".join(f"{text}\n" for text, _ in lines), err)


def _wanted(options: list[Option], request: Request) -> tuple[AlterCall, list[ParserAnswer]]:
    wanted = AlterCall()
    builder = FieldBuilder(request)
    builder.fields = {"env": (), "job_type": builder.fields["job_type"]}
    unknown = builder.unknown
    words = [
        [parse_job_word(word) for word in cast("list[str]", option.value)]
        for option in options
        if option.switch == "jobid"
    ]
    for index, option in enumerate(options):
        if option.switch == "jobid":
            wanted.jobs += words.pop(0)
        elif option.switch == "-t":
            if not wanted.jobs:
                if any(later.switch == "jobid" for later in options[index:]):
                    raise lonely(str(option.shown))
                unknown.append(option)
            elif options[index - 1].switch != "jobid":
                raise lonely(str(option.shown))
            else:
                wanted.jobs = with_tasks(wanted.jobs, option.value)  # type: ignore[arg-type]
        else:
            _take(option, wanted, builder, unknown)
    wanted.given = _changed_fields(builder, wanted)
    wanted.fields = {
        name: without_empty(value)
        if name in ("env", "context")
        else (None if value == "" and name == "cwd" else value)
        for name, value in wanted.given.items()
        if name not in ("checkpoint_attr", "checkpoint_interval")
    }
    if wanted.users is not None:
        wanted.jobs = [JobWord("*")]
    if wanted.verify:  # before anything else is looked at
        return wanted, [] if wanted.jobs else unknown_option_answers([Option("-verify")])
    answers = unknown_option_answers(unknown)
    if any(job.tasks for job in wanted.jobs) and wanted.hold is None:
        answers.append(
            ParserAnswer("denied: the selected option works only on jobs and not on tasks", TASKS_DENIED)
        )
    return wanted, answers


def _changed_fields(builder: FieldBuilder, wanted: AlterCall) -> dict[str, Any]:
    fields = dict(builder.fields)
    fields.pop("job_type")
    if not fields["env"]:
        del fields["env"]
    if builder.context:
        fields["context"] = tuple(builder.context)
    fields.update(wanted.fields)
    return fields


def _take(option: Option, wanted: AlterCall, builder: FieldBuilder, unknown: list[Option]) -> None:
    switch = option.switch
    if switch == "-h":
        how, bits = cast("tuple[str, int]", option.value)
        wanted.hold, wanted.removes = Hold(bits), how == SUBTRACT
    elif switch == "-u":
        wanted.users = tuple(option.value)  # type: ignore[arg-type]
    elif switch == "jobarg":
        wanted.fields["args"] = (*wanted.fields.get("args", ()), str(option.value))
    elif switch in _FLAGS:
        wanted.fields[_FLAGS[switch][0]] = _FLAGS[switch][1]
    elif switch == "-wd":
        wanted.fields["cwd"] = option.value
    elif switch == "-verify":
        wanted.verify = True
    elif switch in ("-terse", "-clear", "-now", "-sync", "-C", "-jsv", "-pty"):
        unknown.append(option)
    elif switch not in ("-hard", "-soft"):
        builder.add(option)


def _show(wanted: AlterCall, request: Request) -> str:
    """What -verify prints: the changes, and by its name how the first of several is sent."""
    word = wanted.jobs[0]
    name = str(wanted.given.get("name", ""))
    if not word.is_number:
        name = f":{word.word}:{name}"
    spec = described(request, wanted.given)
    return show_change(spec, wanted.given, request, name, bool(word.tasks))


def _apply(wanted: AlterCall, request: Request, qmaster: QmasterInterface) -> list[tuple[str, int]]:
    lines: list[tuple[str, int]] = []
    for word in wanted.jobs:
        found = False
        for job in _meant(word, wanted.users, qmaster):
            found = True
            answers, stop = _alter_job(job, word, wanted, request, qmaster)
            lines += answers
            if stop:
                break
        if not found:
            lines.append((_nothing(word, wanted.users), EXISTS))
    return lines


def _nothing(word: JobWord, users: tuple[str, ...] | None) -> str:
    if users:
        return f"The job {word.word} of user(s) {','.join(users)} does not exist"
    return f'denied: job "{word.word}" does not exist'


def _meant(word: JobWord, users: tuple[str, ...] | None, qmaster: QmasterInterface) -> Iterator[Job]:
    """Jobs that are not over yet and that a word means; a name means jobs of all users."""
    for number in qmaster.find_jobs(word.word):
        job = qmaster.job(number)
        if (
            job is not None
            and not job.is_over
            and (not users or any(glob_match(user, job.owner) for user in users))
        ):
            yield job


def _alter_job(
    job: Job, word: JobWord, wanted: AlterCall, request: Request, qmaster: QmasterInterface
) -> tuple[list[tuple[str, int]], bool]:
    actor = actor_of(request)
    if actor.user != job.owner and not qmaster.config.is_operator(actor.user):
        text = f'denied: "{actor.user}" must be at least owner of job {job.number} to change job attributes'
        return [(text, NOT_OWNER)], True
    if sum(piece.size for piece in word.tasks) > 1 and not job.spec.is_array:
        return [(f"{job.number} is not a job array", 4)], True
    whole = job.spec.array
    tasks = [task for piece in word.tasks for task in piece.within(whole).ids()] if word.tasks else None
    lines: list[tuple[str, int]] = []
    if wanted.hold is not None:
        plan = HoldRequest(wanted.removes, wanted.hold, actor, qmaster.config).plan(job, tasks)
        verb = "remove" if wanted.removes else "set"
        lines += [_hold_text(change, job, actor, verb) for change in plan.outcomes]
    alteration = Alteration(job, wanted.fields, actor, qmaster, holds=wanted.hold is not None)
    try:
        alteration.run()
    except AlterationRefused as error:
        return [*lines, *alteration.lines, *((text, error.status) for text in error.lines)], True
    if alteration.only_verify:
        return alteration.lines, False
    lines += alteration.lines
    changes: list[JobChange] = []
    if wanted.hold is not None:
        changes += qmaster.operate(
            JobOperation.CHANGE_HOLDS, job.number, tasks, wanted.removes, wanted.hold, actor
        )
    if alteration.changed:
        counted = any(change.outcome is not ChangeOutcome.DENIED_HOLD for change in changes)
        changes += qmaster.operate(JobOperation.ALTER, job.number, alteration.changed, actor, counted)
    refused = (ChangeOutcome.DENIED, ChangeOutcome.NO_SUCH_JOB)  # against expectation: reported, not hidden
    texts = (
        f'denied: job "{job.number}" {change.outcome.value}'
        for change in changes
        if change.outcome in refused
    )
    return [*lines, *((text, 4) for text in texts)], False


def _hold_text(change: JobChange, job: Job, actor: Actor, verb: str) -> tuple[str, int]:
    if change.outcome is ChangeOutcome.DENIED_HOLD:
        return f'denied: "{actor.user}" must be {change.need} to {verb} {change.need} hold', NOT_OPERATOR
    name = f"job {job.number}" if change.task is None else f"job-array task {job.number}.{change.task}"
    return f"modified hold of {name}", _OK
