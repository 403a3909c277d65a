"""How ``fake-sge`` begins and ends: whoever presses ctrl-C while modules are loaded sees no traceback."""

from __future__ import annotations

import signal

INTERRUPTED = 130  # what a shell makes of SIGINT


def main() -> int:
    """The command ``fake-sge``; its exit code."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else it is ignored: nohup, "&"
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing has been begun that would have to be ended
    from .cli import main as carry_out  # noqa: PLC0415 what takes time to load

    try:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return carry_out()
    except KeyboardInterrupt:  # outside of what it begins and ends itself
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the exit code is known, and stays
