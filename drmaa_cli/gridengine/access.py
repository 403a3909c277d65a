"""What is open to a user: ``qselect -U``, ``qconf -spl``, and ``qsub -w v``, which submits nothing.

Sources: qselect(1), qconf(1), qsub(1); captures ``access.*``, ``qsub.P_w_v``, ``qsub.err_unsatisfiable_w_v``,
``cell2.qsub_not_submit_host``, ``qconf.spl``.
"""

from __future__ import annotations

from drmaa_cli.gridengine.qsub import VERIFICATION, Accepted, Refusal, parse_submission
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import (
    CommandFailed,
    QmasterUnreachable,
    TooManyRequests,
    UnreadableReply,
    check_environment_errors,
    describe,
    reader,
)
from drmaa_cli.typed import NamedTuple

__all__ = [
    "ENVIRONMENTS_ARGV",
    "Verified",
    "is_closed_environment",
    "parse_environments",
    "parse_queues",
    "parse_verification",
    "queues_argv",
    "verification_argv",
]

ENVIRONMENTS_ARGV = ("qconf", "-spl")
_NO_ENVIRONMENTS = "no parallel environment defined"
_NO_QUEUES = "no queues remaining after"
_FOUND = f"{VERIFICATION}found suitable queue"
_CLOSED = "no access to PE "


class Verified(NamedTuple):
    """What the qmaster says of a job that is not submitted.

    Attributes:
        possible: whether it would be taken, and some queue could run it if nothing else were running.
        text: the reason as the qmaster words it, a line each.
        job: the number of a job that was submitted all the same (a JSV may have changed ``-w``); it is held.
    """

    possible: bool
    text: str
    job: int | None = None


def queues_argv(user: str) -> tuple[str, ...]:
    """The command for the queue instances to which a user has access."""
    return ("qselect", "-U", user)


@reader
def parse_queues(result: CommandResult) -> list[str]:
    """``QUEUE@HOST`` of each queue instance; none is an answer, too.

    Raises:
        QmasterUnreachable, CommandFailed: the command says so.
        UnreadableReply: another exit code.
    """
    check_environment_errors(result)
    names = _names(result)
    if result.exit_code != 0 and (names or (result.stderr.strip() and _NO_QUEUES not in result.err)):
        raise UnreadableReply(describe(result))
    return names


@reader
def parse_environments(result: CommandResult) -> list[str]:
    """The names that ``qconf -spl`` lists; none is an answer, too.

    Raises:
        QmasterUnreachable, CommandFailed: the command says so.
        UnreadableReply: another exit code.
    """
    check_environment_errors(result)
    if result.exit_code != 0 and _NO_ENVIRONMENTS not in result.err:
        raise UnreadableReply(describe(result))
    return _names(result)


def verification_argv(*options: str) -> tuple[str, ...]:
    """The command that asks whether ``/bin/true`` with these options would be taken; it submits nothing."""
    return ("qsub", "-w", "v", "-h", "-N", "verified", *options, "-b", "y", "/bin/true")


@reader
def parse_verification(result: CommandResult) -> Verified:
    """Read the answer to :func:`verification_argv`.

    Raises:
        QmasterUnreachable, CommandFailed: the command says so.
        UnreadableReply: an answer in no known form.
    """
    answer = parse_submission(result)
    if isinstance(answer, Accepted):
        return Verified(possible=True, text="\n".join(answer.warnings), job=answer.job)
    if answer.kind is Refusal.NO_QMASTER:
        raise QmasterUnreachable(answer.text)
    if answer.kind is Refusal.TRY_LATER:
        raise TooManyRequests(answer.text)
    if answer.kind is Refusal.NO_ANSWER:
        raise UnreadableReply(answer.text)
    if answer.kind is Refusal.SYNTAX:
        raise CommandFailed(answer.text)
    return Verified(answer.kind is Refusal.VERIFIED_ONLY and _FOUND in answer.text, answer.text)


def is_closed_environment(verified: Verified) -> bool:
    """Whether the qmaster says that the user may not use the parallel environment that was asked for."""
    return not verified.possible and _CLOSED in verified.text


def _names(result: CommandResult) -> list[str]:
    return [line.strip() for line in result.out.splitlines() if line.strip()]
