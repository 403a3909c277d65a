"""What qsub and qrsh have in common: default files, script files, and how answers are printed."""

from __future__ import annotations

from pathlib import Path

from ...lighter import record
from ...model import JobSpec, JobType
from ...model.flavours import Flavour
from ...model.requests import Request
from ..interface.caller import read_as_caller
from ..submit_options.option_values import EDISK, EUNKNOWN
from ..submit_options.parsed import Option, ParseContext, Parsed, ParserAnswer
from ..submit_options.parser import parse_file, parse_lines, read_file

STANDARD_INPUT = "/dev/stdin"  # of the command, not of the qmaster


def parse_context(request: Request, now: float) -> ParseContext:
    """What the option parser needs to know of a call."""
    return ParseContext(
        request.argv[0],
        request.env,
        now,
        request.resolve,
        lambda path: request.read_stdin() if path == STANDARD_INPUT else read_as_caller(request, path),
        request.flavour,
    )


@record
class Printed:
    """What answers print: errors to stderr, warnings to stdout; the code of the first error (0: none)."""

    out: str = ""
    err: str = ""
    code: int = 0


def printed(answers: list[ParserAnswer], prefix: str, warning: str) -> Printed:
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
            for answer in found.answers:  # that a file cannot be opened is no error (real cell)
                answer.is_error = answer.is_error and answer.status != EDISK
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


@record
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
            script.parsed.answers.append(ParserAnswer("no input read from stdin", EUNKNOWN))
            return script
    used = "#$" if prefix is None else str(prefix) or None
    parse_lines(script.text or b"", used, context, script.parsed)
    return script


def is_called_array(spec: JobSpec, flavour: Flavour) -> bool:
    """Whether qsub calls it an array: an Open Cluster Scheduler does so from two tasks on."""
    return spec.is_array and (flavour.single_task_arrays or len(spec.array.ids()) > 1)


def job_identifier(number: int, spec: JobSpec, flavour: Flavour) -> str:
    """``N``, or ``N.first-last:step`` for an array."""
    return f"{number}.{spec.array}" if is_called_array(spec, flavour) else str(number)


def submitted_line(number: int, spec: JobSpec, flavour: Flavour) -> str:
    """``Your job N ("name") has been submitted``."""
    kind = "job-array" if is_called_array(spec, flavour) else "job"
    return f'Your {kind} {job_identifier(number, spec, flavour)} ("{spec.name}") has been submitted'


def with_script(spec: JobSpec, script: Script | None) -> JobSpec:
    """The job with its script text, unless it is a binary one."""
    if spec.job_type & JobType.BINARY:
        return spec
    return spec._replace(script=script.text if script is not None else b"")
