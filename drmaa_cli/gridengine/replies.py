"""What a Grid Engine command can answer, and the two answers every command has in common.

The texts were recorded from Grid Engine 8.1.9 (captures ``env.*``, ``op.*``); exit codes differ from tool to
tool for the same trouble (1, 11, even 0 for ``qstat -j -xml``), so the texts decide.

::

    GridEngineError
    +-- QmasterUnreachable    no answer from the qmaster: try again later
    |   +-- TooManyRequests   it takes no more requests for the moment
    |   +-- AnswerLost        ... to a request that was sent: it may have been carried out
    +-- UnreadableReply       an answer that cannot be understood or is not complete
    +-- CommandFailed         the command could not run here: SGE_ROOT, cell, usage
"""

from __future__ import annotations

import enum
import functools
import re

from drmaa_cli.errors import InternalException
from drmaa_cli.errors import error as drmaa_error
from drmaa_cli.gridengine.records import CommandResult, JobId, TaskSet
from drmaa_cli.typed import Callable, NamedTuple, TypeVar

__all__ = [
    "Answer",
    "AnswerLost",
    "CommandFailed",
    "GridEngineError",
    "Outcome",
    "QmasterUnreachable",
    "TooManyRequests",
    "UnreadableReply",
    "check_environment_errors",
    "describe",
    "find_environment_error",
]

_PREFIXES = (  # no two of them can match the same text, so a search stays linear
    r"(?:(?:critical error|(?i:error)|warning|qsub|qstat|qdel|qmod|qhold|qrls|qalter|qacct|qconf"
    r"|Unable to run job|Unable to initialize environment because of error): |ERROR! )*"
)
_UNREACHABLE = rf"(?mi)^{_PREFIXES}(unable to (?:send message to|contact) qmaster\b.*)$"
# The qmaster's name is not to be had: the file is missing, or empty (captures act_qmaster.empty.*)
_NO_NAME = rf'(?m)^{_PREFIXES}(fopen\(".*/act_qmaster"\) failed: .*|unable to read qmaster name: .*)$'
# Gridware Cluster Scheduler counts requests (gdi_request_limits of sge_conf(5)); not observed
_TOO_MANY = rf'(?m)^{_PREFIXES}(?:denied: )?(request limit ".*" exceeded.*)$'
# Found by swallowing the answer on its way, by stopping and killing a real qmaster in mid-call, and at a JSV
# that takes 75 s; the last ones are for what cannot be taken apart, and so may be about the answer (in the
# message catalogue of 8.1.9's commands).
WITHOUT_ANSWER = (
    r"(?:failed receiving gdi request response|failed sending gdi request|got no response from qmaster"
    r"|no answer list - gdi request failed|error unpacking gdi request"
    r"|(?:format error while|unexpected error while|not enough memory for) packing gdi request)\b"
)
_ANSWER_LOST = rf"(?m)^{_PREFIXES}({WITHOUT_ANSWER}.*)$"
_COMMLIB = rf"(?m)^{_PREFIXES}(commlib error: .*)$"
_ENVIRONMENT = (
    rf"(?m)^{_PREFIXES}("
    r'SGE_ROOT directory ".*" doesn\'t exist.*'
    r'|cell directory ".*" doesn\'t exist.*'
    r"|Please set the environment variable SGE_ROOT.*"
    r"|directory doesn't exist: .*|\$SGE_ROOT=.* is not a directory"
    r'|fopen\(".*/bootstrap"\) failed: (?:No such file or directory|Not a directory|Permission denied)'
    r"|cannot read attribute <\w+> from bootstrap file .*"
    r")$"
)
_INITIALIZE = r"(?m)^Unable to initialize environment because of error: (.*)$"
_USAGE = r"(?m)^usage: q\w+ .*$"
_BAD_OPTION = (
    rf"(?m)^{_PREFIXES}((?:invalid option argument|unknown option) .*|\S+ option must have argument.*)$"
)
_XML_START = r"<\?xml|<\w"

NOT_IMPORTED = (
    "the answers of Grid Engine cannot be read with this Python: {} (drmaa_cli needs lxml: pip install lxml,"
    " or the system's package python3-lxml)"
)
NOT_EXECUTED = (126, 127)  # a shell's exit codes: found but not executable, not found


class Outcome(enum.Enum):
    """What one line of a command's reply says about one job or task."""

    DONE = "done"  # the change was made, or is under way
    NOTHING_TO_DO = "nothing to do"  # already so: held twice, nothing to release, already in deletion
    UNKNOWN_JOB = "unknown job"  # the qmaster does not know the job or the task
    DENIED = "denied"  # not the owner, not a manager
    WRONG_STATE = "wrong state"  # to suspend or resume: pending, held, already suspended, already unsuspended
    NO_QMASTER = "no qmaster"  # the command never reached the qmaster
    ERROR = "error"  # a complaint that fits none of the above


class Answer(NamedTuple):
    """One line of a command's reply.

    Attributes:
        target: the job or task it is about; None when the line names none.
        tasks: the tasks, where one line answers for several (``has deleted job-array tasks 5,7 of job 696``).
        outcome: what it says.
        text: the line exactly as printed, without its newline; ``''`` when the command was silent about the
            target.
    """

    target: JobId | None
    tasks: TaskSet | None
    outcome: Outcome
    text: str


class GridEngineError(Exception):
    """Base of what goes wrong between a command and its reader.

    Attributes:
        text: what the command said, or what is wrong with its answer.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class QmasterUnreachable(GridEngineError):
    """The command could not talk to the qmaster."""


class TooManyRequests(QmasterUnreachable):
    """The qmaster takes no more requests for the moment; it has not looked at this one."""


class AnswerLost(QmasterUnreachable):
    """The request was sent and its answer did not come: whether it was carried out is not known.

    8.1.9 says ``failed receiving gdi request response for mid=1 (REASON).``; the reason is ``got syncron
    message receive timeout error`` after 60 seconds, or ``can't find connection`` when the qmaster was
    started again meanwhile (runs of a real cell: the qmaster stopped, killed, restarted under each command).
    """


class UnreadableReply(GridEngineError):
    """The answer is truncated, not in the expected form, or its exit code has no explanation."""


class CommandFailed(GridEngineError):
    """The command could not work in this environment: SGE_ROOT, the cell, an option it does not know."""


Reader = TypeVar("Reader", bound=Callable[..., object])


def reader(read: Reader) -> Reader:
    """Make a function that reads a command's reply raise nothing but GridEngineError.

    Replies come from outside, so damage may take any form: what a reader did not foresee is an answer that
    cannot be read, not a fault of the program that asked. The unforeseen exception is kept as the cause.
    Only what is wrong with this Python, and would be with every reply, is an InternalException.
    """

    @functools.wraps(read)
    def guarded(*args: object, **keywords: object) -> object:
        try:
            return read(*args, **keywords)
        except GridEngineError:
            raise
        except ImportError as error:
            raise drmaa_error(InternalException, NOT_IMPORTED.format(error)) from error
        except Exception as error:
            name = f"{read.__module__.rpartition('.')[2]}.{read.__name__}"
            raise UnreadableReply(f"an answer that {name} cannot read: {error!r}"[:300]) from error

    return guarded  # type: ignore[return-value]  # the same parameters and result


def find_environment_error(result: CommandResult) -> QmasterUnreachable | CommandFailed | None:
    """The complaint about qmaster, SGE_ROOT or cell in either stream, if there is one.

    Only text ahead of an XML document is looked at on standard output: what follows is data of the jobs.
    """
    streams = (result.err, _before_xml(result.out))
    for text in streams:
        if found := re.search(_TOO_MANY, text):
            return TooManyRequests(found.group(1).strip())
        if found := re.search(_ANSWER_LOST, text):
            return AnswerLost(found.group(1).strip())
    for text in streams:
        if found := re.search(_UNREACHABLE, text):
            return QmasterUnreachable(found.group(1).strip())
    for text in streams:
        if found := re.search(_ENVIRONMENT, text) or re.search(_INITIALIZE, text):
            return CommandFailed(found.group(1).strip())
        if found := re.search(_NO_NAME, text) or re.search(_COMMLIB, text):
            return QmasterUnreachable(found.group(1).strip())
    if result.exit_code in NOT_EXECUTED and result.err.strip():
        return CommandFailed(result.err.strip().splitlines()[-1])
    return None


def check_environment_errors(result: CommandResult) -> None:
    """Raise if either stream carries one of the complaints that any Grid Engine command can make.

    Args:
        result: the finished command, whatever its exit code.

    Raises:
        QmasterUnreachable: ``unable to send message to qmaster`` and its relatives (captures
            ``env.dead_port.*``, ``env.unresolvable_qmaster.*``, ``env.silent_port.*``), no file that names
            the host of the qmaster (``env.no_act_qmaster.*``), a limit on requests.
        AnswerLost: see there.
        CommandFailed: SGE_ROOT or the cell is wrong or unset, the usage text was printed, or a shell could
            not find the command (``env.bad_*``, ``env.root_unset_realbin.*``, ``qstat.bad_option``).
    """
    if error := find_environment_error(result):
        raise error
    if result.exit_code == 0:
        return
    if found := re.search(_BAD_OPTION, result.err):
        raise CommandFailed(found.group(1).strip())
    if found := re.search(_USAGE, result.err):
        raise CommandFailed(f"{found.group(0)} (a usage error)")


def describe(result: CommandResult) -> str:
    """A finished command in one line for an error message: exit code and the first words it said."""
    said = (result.err.strip() or result.out.strip() or "no output").replace("\n", " | ")
    return f"{result.argv[0] if result.argv else 'command'} ended with {result.exit_code}: {said[:200]}"


def _before_xml(text: str) -> str:
    start = re.search(_XML_START, text)
    return text[: start.start()] if start else text
