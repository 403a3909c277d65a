"""What ``/proc`` tells about processes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

GIGABYTE = 1024.0**3


def descendants(pid: int) -> list[int]:
    """All living processes below a process."""
    found: list[int] = []
    stack = [pid]
    while stack:
        parent = stack.pop()
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue  # it has just ended
        found += map(int, children)
        stack += map(int, children)
    return found


def used_by(pids: Iterable[int]) -> tuple[float, float, float]:
    """Processor seconds, bytes of memory and gigabytes read and written of some processes together."""
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    cpu = vmem = io = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            moved = Path(f"/proc/{pid}/io").read_text().split()
        except OSError:
            continue  # it has just ended
        cpu += sum(int(fields[index]) for index in (11, 12, 13, 14)) / ticks
        vmem += float(fields[21]) * page
        io += (int(moved[1]) + int(moved[3])) / GIGABYTE
    return cpu, vmem, io


def start_ticks(pid: int) -> str:
    """When a process started, in clock ticks since boot: tells a reused pid apart; "" when it is over."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def call_process(name: str) -> None:
    """Have this process shown by a name of its own (``ps -o comm``, top), of which 15 characters are kept."""
    Path("/proc/self/comm").write_text(name)


def send_signal(pid: int, number: int) -> None:
    """Signal a process, if it is there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
