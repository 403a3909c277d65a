"""What qsub and qrsh have in common: default files, script files, and asking the qmaster to take a job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..model import JobSpec, JobType
from ..model.operations import RefusalKind, Submission, Warn
from ..model.requests import Request, actor_of
from .qmaster_interface import QmasterInterface
from .refusals import code_of, text_of
from .submit_options.parsed import Answer, Option, ParseContext, Parsed
from .submit_options.parser import parse_command_line, parse_file, parse_lines, read_file
from .submit_options.values import EUNKNOWN
from .verify import ANSWER_LOST, Verdict, late, not_in_any_queue, verify


def parse_context(request: Request, now: float) -> ParseContext:
    """What the option parser needs to know of a call."""
    return ParseContext(
        request.argv[0], request.env, now, request.resolve, lambda path: Path(path).read_bytes()
    )


@dataclass
class Printed:
    """What answers print: errors to stderr, warnings to stdout; the code of the first error (0: none)."""

    out: str = ""
    err: str = ""
    code: int = 0


def printed(answers: list[Answer], prefix: str, warning: str) -> Printed:
    """Answers as the tools print them."""
    result = Printed()
    for answer in answers:
        if answer.is_error:
            result.err += f"{prefix}{answer.text}\n"
            result.code = result.code or answer.status
        else:
            result.out += f"{warning}{answer.text}\n"
    return result


def default_options(request: Request, context: ParseContext) -> Parsed:
    """Options of the cell's, the home directory's and the working directory's request files."""
    result = Parsed()
    paths = [Path(request.common_dir, "sge_request")]
    paths += [Path(request.home, ".sge_request")] if request.home else []
    here = Path(request.cwd, ".sge_request")
    paths += [here] if here not in paths else []
    for path in paths:
        if path.is_file():
            found = parse_file(str(path), "", context)
            result.options += found.options
            result.answers += found.answers
            result.stray += found.stray
    return result


def first(options: list[Option], switch: str) -> object:
    """The value of the first option with that switch, None when there is none."""
    return next((option.value for option in options if option.switch == switch), None)


def is_binary(command_line: Parsed, defaults: Parsed) -> bool:
    """Whether -b y keeps the script from being read; the command line decides over default files."""
    said = first(command_line.options, "-b")
    return bool(first(defaults.options, "-b") if said is None else said)


@dataclass
class Script:
    """A script that was read: its options, what went wrong, its text (None: it was not read)."""

    parsed: Parsed
    text: bytes | None = None


def read_script(request: Request, command_line: Parsed, context: ParseContext) -> Script:
    """Read the script that the command line names, or stdin, and its embedded options."""
    script = Script(Parsed())
    path = first(command_line.options, "script")
    prefix = first(command_line.options, "-C")
    if path is not None and path != "-":
        script.text = read_file(str(path), context, script.parsed)
        if script.parsed.failed:
            return script
    else:
        script.text = request.read_stdin()
        if not script.text or script.text.startswith(b"\0"):
            script.parsed.answers.append(Answer("no input read from stdin", EUNKNOWN))
            return script
    used = "#$" if prefix is None else str(prefix) or None
    parse_lines(script.text or b"", used, context, script.parsed)
    return script


@dataclass(frozen=True)
class Outcome:
    """The qmaster's answer to a submission.

    ``lines`` are its texts; with ``number`` None the job was refused and ``code`` is the exit code.
    ``warnings`` come with an accepted job; ``verified``: -w v or -w p found a queue; ``unscheduled`` is the
    number of a -now y job that found no place at once.
    """

    spec: JobSpec
    number: int | None
    lines: tuple[str, ...] = ()
    warnings: tuple[Warn, ...] = ()
    code: int = 0
    verified: bool = False
    unscheduled: int | None = None


def ask(spec: JobSpec, request: Request, qmaster: QmasterInterface) -> Outcome:
    """Submit a job: all checks in Grid Engine's order, then the engine's own."""
    verdict = verify(spec, qmaster)
    if verdict.lines:
        return _refused(verdict, qmaster)
    spec = verdict.spec
    only_verify = spec.verify_suitable >= 3
    trouble = [] if only_verify else late(spec, qmaster)
    if trouble and spec.verify_suitable:
        trouble = _unsuitable_first(spec, trouble, request, qmaster)
    if trouble:
        qmaster.skip_number()
        return Outcome(spec, None, tuple(trouble), code=1)
    answer = qmaster.submit(replace(spec, verify=False), actor_of(request))
    if only_verify:
        return _verified(spec, answer, qmaster)
    if answer.refusal is not None and answer.refusal.kind is RefusalKind.NO_IMMEDIATE_SLOT:
        number = int(str(answer.refusal.args[0]))
        if not qmaster.queue_instances():
            return Outcome(spec, number, warnings=(Warn.NOT_ALLOWED_IN_ANY_QUEUE,))
        return Outcome(spec, None, unscheduled=number, code=1)
    if answer.refusal is not None:
        lines = [not_in_any_queue(spec.owner)] if not qmaster.queue_instances() else []
        return Outcome(spec, None, (*lines, text_of(answer.refusal)), code=code_of(answer.refusal))
    return Outcome(spec, answer.number, (), answer.warnings)


def _refused(verdict: Verdict, qmaster: QmasterInterface) -> Outcome:
    if verdict.uses_number:
        qmaster.skip_number()
    return Outcome(verdict.spec, None, tuple(verdict.lines), code=verdict.code)


def _unsuitable_first(
    spec: JobSpec, trouble: list[str], request: Request, qmaster: QmasterInterface
) -> list[str]:
    """-w e comes before the late checks, and -w w adds its warning to them."""
    found = qmaster.submit(replace(spec, verify_suitable=3), actor_of(request)).suitable
    if found or trouble == [ANSWER_LOST]:
        return trouble
    return (
        ["error: no suitable queues"]
        if spec.verify_suitable == 2
        else ["warning: no suitable queues", *trouble]
    )


def _verified(spec: JobSpec, answer: Submission, qmaster: QmasterInterface) -> Outcome:
    number = qmaster.skip_number()
    if answer.refusal is not None:
        return Outcome(spec, None, (text_of(answer.refusal),), code=code_of(answer.refusal))
    if answer.suitable:
        return Outcome(spec, None, verified=True)
    texts = [
        f"Job {number} {message.text}"
        if message.jobs or message.text.startswith(("cannot", "("))
        else message.text
        for message in answer.messages
    ]
    return Outcome(spec, None, (*texts, "verification: no suitable queues"), code=1)


def job_identifier(number: int, spec: JobSpec) -> str:
    """``N``, or ``N.first-last:step`` for an array."""
    return f"{number}.{spec.array}" if spec.is_array else str(number)


def submitted_line(number: int, spec: JobSpec) -> str:
    """``Your job N ("name") has been submitted``."""
    kind = "job-array" if spec.is_array else "job"
    return f'Your {kind} {job_identifier(number, spec)} ("{spec.name}") has been submitted'


def with_script(spec: JobSpec, script: Script | None) -> JobSpec:
    """The job with its script text, unless it is a binary one."""
    if spec.job_type & JobType.BINARY:
        return spec
    return replace(spec, script=script.text if script is not None else b"")


__all__ = [
    "Outcome",
    "Printed",
    "Script",
    "ask",
    "default_options",
    "first",
    "is_binary",
    "job_identifier",
    "parse_command_line",
    "parse_context",
    "printed",
    "read_script",
    "submitted_line",
    "with_script",
]
