"""What ``/proc`` tells about processes."""

from __future__ import annotations

from pathlib import Path


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
