"""The caller's side of ``qrsh -inherit``: the command as a child of this process, with its streams."""

from __future__ import annotations

import json
import os
import posix
import signal
import subprocess
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..commands.pe_tasks import MARK
from ..execution.processes import descendants, used_by
from ..wire import connect, frame, receive
from .client import call, directory

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_LOOK = 1.0  # seconds between looks at what the processes use, as the shepherd's
_NOT_STARTED = 1


def run(argv: list[str], write: Callable[[int, bytes], None]) -> tuple[int, int]:
    """Ask to begin, run what is answered, tell how it ended; exit code and signal."""
    posix.environ[MARK.encode()] = b"1"
    order: dict[str, Any] = {}
    try:
        line = connect(directory())
        line.sendall(frame(b"R", call([os.fsencode(word) for word in argv])))
        while True:
            kind, data = receive(line)
            if kind == b"o":
                order = json.loads(data)
            elif kind == b"i":
                line.sendall(frame(b"I", json.dumps(_carried_out(order, write)).encode()))
            elif kind == b"x":
                return int(data.split()[0]), 0
            elif kind == b"e":
                write(2, data)
    except (EOFError, OSError):
        write(2, b"fake_sge: the qmaster went away while a task of a parallel job ran\n")
        return 1, 0


def _carried_out(order: dict[str, Any], write: Callable[[int, bytes], None]) -> dict[str, Any]:
    """Exit status and usage of the command."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    try:
        process = subprocess.Popen(
            order["argv"],
            executable=order["program"],
            env=order["env"],
            cwd=order["cwd"],
            stdin=None if order["stdin"] else subprocess.DEVNULL,
            preexec_fn=_unblock,  # noqa: PLW1509 there is one thread
        )
    except OSError as error:
        text = f"qrsh_starter: executing child process {order['program']} failed: {error.strerror}\n"
        write(2, os.fsencode(text))
        return {"status": _NOT_STARTED, "usage": {}}

    def forward(number: int, _frame: FrameType | None) -> None:
        os.kill(process.pid, number)

    for number in _FORWARDED:
        signal.signal(number, forward)
    started = time.monotonic()
    seen = {"cpu": 0.0, "mem": 0.0, "io": 0.0, "maxvmem": 0.0}
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if signal.sigtimedwait([signal.SIGCHLD], _LOOK) is None:
            _look(process.pid, seen)
    process.returncode = os.waitstatus_to_exitcode(status)  # it needs no more waiting for
    figures = {name: float(getattr(usage, name)) for name in dir(usage) if name.startswith("ru_")}
    seen["cpu"] = max(seen["cpu"], usage.ru_utime + usage.ru_stime)
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return {"status": code, "usage": {**figures, **seen, "ru_wallclock": time.monotonic() - started}}


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def _look(pid: int, seen: dict[str, float]) -> None:
    cpu, vmem, io = used_by([pid, *descendants(pid)])
    seen["mem"] += max(0.0, cpu - seen["cpu"]) * vmem / 1024.0**3
    seen.update(cpu=cpu, io=max(io, seen["io"]), maxvmem=max(vmem, seen["maxvmem"]))
