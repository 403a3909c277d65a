"""The cell's execution daemon: forks a shepherd for each order it is sent.

A small process of one thread, so that forking is cheap and safe. It ends when the qmaster does;
the shepherds do not.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from .processes import call_process
from .shepherd import shepherd


def serve(channel: int, log: str) -> None:
    """Read order paths, one per line, from a pipe until it is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o022)
    buffer = b""
    while chunk := os.read(channel, 65536):
        buffer += chunk
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            _fork(os.fsdecode(line), channel, log)


def _fork(path: str, channel: int, log: str) -> None:
    if os.fork():
        return
    code = 1
    try:
        nothing = os.open("/dev/null", os.O_RDWR)
        os.dup2(nothing, channel)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        shepherd(path)
        code = 0
    except BaseException:  # noqa: BLE001 the process ends here; the log is all that can be left
        import traceback  # noqa: PLC0415 most never need it

        with Path(log).open("a") as out:
            out.write(f"shepherd of {path}:\n{traceback.format_exc()}")
    finally:
        os._exit(code)


def main(arguments: Sequence[str]) -> int:
    """``LOG``: the orders come on standard input."""
    call_process("fake-execd")
    serve(0, arguments[0])
    return 0
