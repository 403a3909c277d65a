"""What qsub answers: an id, or why there is none.

The exit code does not tell them apart: a submission can succeed with exit 1, empty standard output and the
id on standard error (captures ``cell2.no_queue_*``). Sources: qsub(1); captures ``qsub.*``, ``cell2.*``,
``env.*.qsub``.
"""

from __future__ import annotations

import enum
import re

from drmaa_cli.gridengine import exit_codes
from drmaa_cli.gridengine.ranges import parse_range
from drmaa_cli.gridengine.records import CommandResult, TaskRange
from drmaa_cli.gridengine.replies import (
    NOT_EXECUTED,
    WITHOUT_ANSWER,
    AnswerLost,
    CommandFailed,
    QmasterUnreachable,
    TooManyRequests,
    describe,
    find_environment_error,
    reader,
)
from drmaa_cli.gridengine.units import is_number
from drmaa_cli.typed import NamedTuple

__all__ = [
    "Accepted",
    "Refusal",
    "Refused",
    "parse_submission",
]

EXITS_TRY_LATER = frozenset((exit_codes.QSUB_TOO_MANY_JOBS, exit_codes.QSUB_TOO_MANY_JOBS_LATER))
EXITS_BEFORE_SUBMISSION = frozenset(
    (
        exit_codes.QSUB_BAD_OPTION,
        exit_codes.QSUB_BAD_JSV,
        exit_codes.QSUB_NO_INPUT,
        exit_codes.QSUB_STRAY_WORD,
        exit_codes.QSUB_BAD_VALUE,
        exit_codes.QSUB_NO_SCRIPT,
    )
)

REFUSED = "Unable to run job: "
SCRIPT_UNREADABLE = "Unable to read script file because of error: "
CLOSING = "Exiting."
INTERNAL_ERROR = "Error reading answer list from qmaster"  # a blank or a non-ASCII byte in the name, mostly
VERIFICATION = "verification: "  # -w v, -w p
NOT_SUBMITTED = r"(?m)^job_number: +unassigned$"  # -verify
USAGE = r"(?m)^usage: qsub .*$"  # -help
NOT_SCHEDULED = "request could not be scheduled"  # -now y

_YOUR_JOB = "Your job"
_SENTENCE = (
    r"(?m)Your job(?:-array)? ([0-9]{1,10})(?:\.([0-9]+-[0-9]+:[0-9]+))?"
    r' \("((?:(?!Your job).)*)"\) has been submitted\.?\r?$'  # one way to match: linear
)
_TERSE = r"([0-9]{1,10})(?:\.([0-9]+-[0-9]+:[0-9]+))?"
_SYNCHRONOUS = r"Job [0-9.]+ exited |Unable to run job [0-9.]+$"  # -sync y, after the id
_SYNCHRONOUS_WORDS = ("Job ", "Unable ")
_UNPRINTABLE = "[\0-\x08\x0b-\x1f\x7f-\x9f\ufffd]"  # after a JSV's message, in 9.2's prerelease
_OWN_NAME = r"(?m)^qsub: "
# A wrapper of qsub ends with the same codes when it fails itself, before its qsub or after it (a shell with
# 2 for its syntax, 126 and 127 for a command that it cannot run): only these words are qsub's, or about it.
_OWN_WORDS = (
    r"(?m)^(?:\S*qsub[\w.-]*: (?!(?:line )?[0-9]+: )|ERROR! |invalid option argument |Unknown option )"
    rf"|{SCRIPT_UNREADABLE}"
)
_NO_QSUB = r"\bqsub[\w.-]*: (?:(?:command )?not found|No such file|[Pp]ermission denied|[Cc]annot execute)"

# A qsub that has no answer says so (WITHOUT_ANSWER), and the qmaster may have the job. A qmaster that goes
# away orderly after it took a job leaves a qsub that says "Connection refused" and nothing else, word for
# word as at a port where nobody has listened: that proves nothing either.
_BEFORE_ANYTHING = "Unable to initialize environment because of error: "


class Accepted(NamedTuple):
    """The job is in the qmaster.

    Attributes:
        job: its number.
        tasks: the tasks of an array job, None for a single job. 6.2u5 and Open Cluster Scheduler answer as
            for a single job when an array has one task only.
        warnings: what else was said, a line each.
        others: other numbers that stand where an id can stand: a wrapper's or a JSV's words, or the id.
    """

    job: int
    tasks: TaskRange | None
    warnings: tuple[str, ...]
    others: tuple[int, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the id was said, so that it needs no check."""
        return not (self.warnings or self.others)

    @property
    def is_unscheduled(self) -> bool:
        """Whether the job is gone again, for ``-now y`` found no slot: it did not run and leaves no record.

        What a qsub of 8.1.9 says after the id (observed on a real cell).
        """
        return not self.others and any(NOT_SCHEDULED in line for line in self.warnings)


class Refusal(enum.Enum):
    """Why there is no id."""

    DENIED = "denied"  # by the qmaster or a JSV
    TRY_LATER = "try later"  # a limit on jobs is reached, or -now y found no slot
    NO_QMASTER = "no qmaster"
    SYNTAX = "syntax"  # qsub itself refused: an option, a value, the script
    INTERNAL = "internal"  # "Error reading answer list from qmaster"
    NO_ANSWER = "no answer"  # killed, silent, or in no known form: the job may or may not exist
    VERIFIED_ONLY = "verified only"  # -w v, -w p, -verify: nothing was to be submitted


class Refused(NamedTuple):
    """There is no id.

    Attributes:
        kind: why.
        text: the reason as libdrmaa words it, without a newline at its end.
        certain: whether it is sure that no job was created, so that trying again cannot submit twice.
    """

    kind: Refusal
    text: str
    certain: bool = True


@reader
def parse_submission(result: CommandResult) -> Accepted | Refused:
    """Read the reply of a qsub with or without ``-terse`` (a default file can bring it in).

    An id is taken from the sentence ``Your job ID ("NAME") has been submitted`` on either stream, or from a
    last line that is nothing but an id. Whatever else was said may be the words of a wrapper or a JSV, and
    so may the id: the job's context tells.

    Raises:
        CommandFailed: SGE_ROOT or the cell is wrong.
    """
    accepted = _sentence(result.out, result.err) or _sentence(result.err, result.out)
    if accepted is None and REFUSED not in result.err:
        accepted = _terse(result)
    if accepted is None:
        return _refusal(result)
    others = dict.fromkeys(_numbers(result.out) + _numbers(result.err))
    others.pop(accepted.job, None)
    return accepted._replace(others=tuple(others))


def _numbers(text: str) -> list[int]:
    """Every number that stands where an id can stand."""
    found = [int(sentence.group(1)) for sentence in _sentences(text)]
    for word in map(str.strip, text.splitlines()):
        if is_number(word):
            found.append(int(word))
        elif word[:1].isdigit() and (match := re.fullmatch(_TERSE, word)):
            found.append(int(match.group(1)))
    return found


def _sentences(text: str) -> list[re.Match[str]]:
    return list(re.finditer(_SENTENCE, text)) if _YOUR_JOB in text else []


def _sentence(text: str, other: str) -> Accepted | None:
    sentences = _sentences(text)
    if not sentences:
        return None
    found = sentences[-1]  # a JSV may talk before
    said = [*text[: found.start()].splitlines(), *text[found.end() :].splitlines(), *other.splitlines()]
    return _accepted(found, said)


def _terse(result: CommandResult) -> Accepted | None:
    lines = result.out.splitlines(keepends=True)
    while lines and lines[-1].startswith(_SYNCHRONOUS_WORDS) and re.match(_SYNCHRONOUS, lines[-1]):
        lines.pop()
    if not lines or not lines[-1].endswith("\n"):  # a line that was cut off may hold half a number
        return None
    word, said = lines[-1].strip(), [*lines[:-1], *result.err.splitlines()]
    if is_number(word):  # a job that is no array
        return Accepted(int(word), None, _warnings(said))
    found = re.fullmatch(_TERSE, word)
    return _accepted(found, said) if found else None


def _accepted(found: re.Match[str], said: list[str]) -> Accepted | None:
    try:
        tasks = parse_range(found.group(2)) if found.group(2) else None
    except ValueError:  # no qsub prints such a range, so these are not its words
        return None
    return Accepted(int(found.group(1)), tasks, _warnings(said))


def _warnings(lines: list[str]) -> tuple[str, ...]:
    texts = (line.removeprefix(REFUSED).strip() for line in lines)
    return tuple(text for text in texts if text and text != CLOSING)


def _refusal(result: CommandResult) -> Refused:
    error = find_environment_error(result)
    if isinstance(error, TooManyRequests):
        return Refused(Refusal.TRY_LATER, error.text)
    slow = isinstance(error, AnswerLost) and "commlib error" not in result.err  # it may still take the job
    if isinstance(error, QmasterUnreachable) and not slow:
        return Refused(Refusal.NO_QMASTER, error.text, _BEFORE_ANYTHING in result.err)
    unknown = result.exit_code in NOT_EXECUTED and not re.search(_NO_QSUB, result.err)
    if isinstance(error, CommandFailed) and not unknown:
        raise error
    reason = _reason(result.err)
    if re.search(WITHOUT_ANSWER, result.err):
        return Refused(Refusal.NO_ANSWER, reason, certain=False)
    if VERIFICATION in reason:
        return Refused(Refusal.VERIFIED_ONLY, reason)
    if result.exit_code == 0 and (VERIFICATION in result.out or re.search(NOT_SUBMITTED, result.out)):
        return Refused(Refusal.VERIFIED_ONLY, result.out.strip())
    if usage := re.search(USAGE, result.out):
        return Refused(Refusal.SYNTAX, usage.group(0))
    if NOT_SCHEDULED in reason or (result.exit_code in EXITS_TRY_LATER and reason):
        return Refused(Refusal.TRY_LATER, reason, certain=REFUSED in result.err)
    if REFUSED in result.err and reason:
        kind = Refusal.INTERNAL if INTERNAL_ERROR in reason else Refusal.DENIED
        return Refused(kind, reason)
    if result.exit_code in EXITS_BEFORE_SUBMISSION and reason:
        return Refused(Refusal.SYNTAX, reason, certain=re.search(_OWN_WORDS, result.err) is not None)
    return Refused(Refusal.NO_ANSWER, describe(result), certain=False)


def _reason(text: str) -> str:
    """The part of standard error that says why, without qsub's own frame around it."""
    for opening in (REFUSED, SCRIPT_UNREADABLE):
        if opening in text:
            text = text[text.index(opening) + len(opening) :]
            break
    text = re.sub(_UNPRINTABLE, "", re.sub(_OWN_NAME, "", text.replace("\r\n", "\n"))).strip("\n")
    if text == CLOSING:
        return ""
    return text[: -len(CLOSING)].rstrip("\n") if text.endswith("\n" + CLOSING) else text
