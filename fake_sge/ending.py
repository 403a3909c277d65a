"""Ending what a cell's qmaster leaves behind: shepherds and their jobs."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from .execution.processes import descendants, send_signal, start_ticks
from .layout import Layout
from .real.guard import end_processes

SECONDS = 10.0  # for a shepherd to see that its job has ended; then it is killed, too


def end_tasks(layout: Layout) -> None:
    """Kill all jobs of a cell that has no qmaster; when this returns, nothing of it runs any more.

    Only where a shepherd was killed, all processes of the machine are looked at: its job has no other parent.

    Raises:
        TimeoutError: such processes do not end.
    """
    late = []
    orphaned = layout.orphans.exists()
    for spool in layout.execd.glob("*/active_jobs/*"):
        taken = spool / "pid"
        try:
            taken.touch(
                exist_ok=False
            )  # by nobody: a shepherd that is still on its way leaves the order alone
            late.append(taken)
            continue
        except FileExistsError:
            pass
        except OSError:
            continue  # it has just ended
        with contextlib.suppress(OSError, ValueError):  # the same
            pid, ticks = taken.read_text().split()
            if start_ticks(int(pid)) == ticks:
                _end_shepherd(int(pid), ticks)
            elif not any(layout.reports.glob(f"{spool.name}.*.exit")):
                orphaned = True
    if late:
        _await_forks(layout)
        for taken in late:
            taken.unlink(missing_ok=True)  # a qmaster that is started here gives the order again
    if orphaned:
        end_processes(layout.root)
        layout.orphans.unlink(missing_ok=True)


def _end_shepherd(pid: int, ticks: str) -> None:
    """The shepherd's job is killed, whatever notify grace it has."""
    end = time.monotonic() + SECONDS
    while start_ticks(pid) == ticks:
        for child in descendants(pid):
            send_signal(child, signal.SIGKILL)
        if time.monotonic() > end:
            send_signal(pid, signal.SIGKILL)
        time.sleep(0.005)


def end_late_qmaster(layout: Layout) -> bool:
    """Kill a qmaster that was still on its way when the cell was ended; whether there was one."""
    left = _running(layout, "fake-qmaster")
    for pid in left:
        send_signal(pid, signal.SIGKILL)
    return bool(left)


def _await_forks(layout: Layout) -> None:
    end = time.monotonic() + SECONDS
    while left := _running(layout, "fake-execd"):  # shepherds have its command line
        if time.monotonic() > end:
            for pid in left:
                send_signal(pid, signal.SIGKILL)
        time.sleep(0.005)


def _running(layout: Layout, name: str) -> list[int]:
    """The processes of one of a cell's programs."""
    program = os.fsencode(layout.library / name)
    # The second look finds one that was forked during the first, by one that had ended before its turn.
    return [*_look(program)] or [*_look(program)]


def _look(program: bytes) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            if program in entry.read_bytes().split(b"\0"):
                yield int(entry.parts[2])
