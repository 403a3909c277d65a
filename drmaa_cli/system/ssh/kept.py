"""What became of a submission whose connection was lost: looked up, and never begun a second time."""

from __future__ import annotations

import enum

from drmaa_cli.system.ssh.remote_shell import RemoteResult
from drmaa_cli.typed import NamedTuple

KILLED = -9  # as :mod:`subprocess` has it


class CommandFate(enum.Enum):
    """What the host knows of a command; see :func:`drmaa_cli.system.ssh.remote_shell.forestall_line`."""

    NEVER_BEGUN = "forestalled"
    RUNNING = "running"
    KILLED = "gone"
    ENDED = "ended"


class KeptAnswer(NamedTuple):
    """A kept answer.

    Attributes:
        fate: what became of the command.
        exit_code: its exit status; -9 when it was killed.
        stdout: its standard output, so far as it came.
        stderr: its standard error, likewise.
    """

    fate: CommandFate
    exit_code: int = KILLED
    stdout: bytes = b""
    stderr: bytes = b""


def read_fate(answer: RemoteResult) -> KeptAnswer:
    """What the command of ``forestall_line`` answered.

    Raises:
        ValueError: it is no such answer.
    """
    first, _, rest = answer.stdout.partition(b"\n")
    word, _, status = first.decode("ascii", "replace").partition(" ")
    fate = CommandFate(word)
    return KeptAnswer(fate, int(status) if fate is CommandFate.ENDED else KILLED, rest, answer.stderr)
