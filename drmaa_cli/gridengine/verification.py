"""``qalter -w p`` and ``-w v``: whether a job could be started now, or in an empty cell. Nothing is changed.

Only the owner of a job and the managers may ask. Sources: qalter(1); runs of a real 8.1.9 cell
(``tests/why``), which also showed what they leave out:

* ``-w v`` knows nothing of load values that change: a request of ``mem_free`` can never be met for it.
* ``-w p`` takes no notice of load thresholds, of ``maxujobs``, and of reservations.
* Neither says anything of a job that runs, is held by ``-h`` or waits for another task by task.
* With ``-w p``, a queue that is disabled, suspended or unheard of is only "temporarily not available".
"""

from __future__ import annotations

import enum

from drmaa_cli.gridengine.qsub import VERIFICATION
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import UnreadableReply, check_environment_errors, describe, reader
from drmaa_cli.typed import NamedTuple

__all__ = ["Startable", "Verification", "argv", "parse"]


class Startable(enum.Enum):
    """What is said of a job."""

    POSSIBLE = "possible"
    IMPOSSIBLE = "impossible"
    NOT_ASKED = "not asked"  # it runs, or is held
    DENIED = "denied"  # not the owner, not a manager
    GONE = "gone"  # the qmaster does not know the job


class Verification(NamedTuple):
    """An answer.

    Attributes:
        verdict: what is said.
        messages: the reasons, one for each place, without ``Job N``.
        text: all that was printed, for evidence.
    """

    verdict: Startable
    messages: tuple[str, ...] = ()
    text: str = ""


_FOUND = (f"{VERIFICATION}found suitable queue", f"{VERIFICATION}found possible assignment")
_NOT_ASKED = f"{VERIFICATION}job is already running or is held"
_IMPOSSIBLE = f"{VERIFICATION}no suitable queues"
_DENIED = ("must be at least owner of job", "must be manager", "is not a submit")
_GONE = "does not exist"


def argv(job: int, *, empty: bool) -> tuple[str, ...]:
    """The command: whether a job could be started now, or (empty) if nothing else were in the cell."""
    return ("qalter", "-w", "v" if empty else "p", str(job))


@reader
def parse(result: CommandResult, job: int) -> Verification:
    """Read the answer to :func:`argv`.

    Raises:
        QmasterUnreachable, CommandFailed: the command says so.
        UnreadableReply: an answer in no known form.
    """
    check_environment_errors(result)
    lines = [line.strip() for line in (result.out + "\n" + result.err).splitlines() if line.strip()]
    prefix = f"Job {job} "
    messages = tuple(line[len(prefix) :].strip() for line in lines if line.startswith(prefix))
    text = "\n".join(lines)
    if any(found in text for found in _FOUND):
        return Verification(Startable.POSSIBLE, messages, text)
    if _NOT_ASKED in text:
        return Verification(Startable.NOT_ASKED, (), text)
    if _IMPOSSIBLE in text:
        return Verification(Startable.IMPOSSIBLE, messages, text)
    if any(denied in text for denied in _DENIED):
        return Verification(Startable.DENIED, (), text)
    if _GONE in text:
        return Verification(Startable.GONE, (), text)
    raise UnreadableReply(describe(result))
