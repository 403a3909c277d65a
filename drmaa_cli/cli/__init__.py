"""The command ``drmaa-cli``: :mod:`drmaa_cli.cli.frame` names its sub-commands, each a module of its own.

Here is only how it begins: whoever presses ctrl-C while modules are loaded sees no traceback.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False  # typing's, without loading it
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

__all__ = ["main"]

INTERRUPTED = 130  # what a shell makes of SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command.

    Args:
        argv: the arguments without the program's name; those of the process when None.

    Returns:
        The exit code: see docs/cli.md.
    """
    before = signal.getsignal(signal.SIGINT)
    ours = before is signal.default_int_handler and _end_when_interrupted()
    try:
        from drmaa_cli.cli import frame  # noqa: PLC0415  # what takes time to load
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)
    try:
        return frame.main(argv)
    except KeyboardInterrupt:  # a second one, while it told of the first
        return INTERRUPTED


def _end_when_interrupted() -> bool:
    """Whether ctrl-C ends this process at once from now on: not where a thread of a program calls us."""
    try:
        signal.signal(signal.SIGINT, _end)
    except ValueError:
        return False
    return True


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature of a handler
    """End at once: nothing has been begun, and an exception may be lost in a callback of an import."""
    os._exit(INTERRUPTED)
