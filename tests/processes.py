"""What tests look up about processes."""

from __future__ import annotations

import os
from pathlib import Path


def letter(pid: int) -> str:
    """The letter of a process's state, as in ps: R, S, D, T (stopped), Z ..., "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    """Whether a process is there and has not ended; a zombie has."""
    return letter(pid) not in ("", "Z", "X")


def parent(pid: int) -> int:
    """The number of a process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def is_left_stopped(pid: int) -> bool:
    """Whether a job's process is stopped, and its shepherd waits again: what it is told now, it hears.

    What a real shepherd (8.1.9) is told while it still looks through /proc for more to stop is lost.
    """
    return letter(pid) == "T" and letter(parent(pid)) == "S"


def tell(fifo: Path) -> bool:
    """Write a line to who reads a FIFO; False when nobody does."""
    try:
        end = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    with os.fdopen(end, "w") as file:
        file.write("\n")
    return True


def open_below(directory: Path) -> list[str]:
    """The files below a directory that this process has open.

    How many files are open at all says nothing: what earlier tests have left is closed at any time.
    """
    found = []
    for number in Path("/proc/self/fd").iterdir():
        try:
            target = number.readlink()
        except FileNotFoundError:
            continue  # closed just now
        if target.is_relative_to(directory.resolve()):
            found.append(str(target))
    return found


def children() -> set[int]:
    """The numbers of this process's children, zombies included."""
    while True:
        try:
            return {
                int(child)
                for thread in Path("/proc/self/task").iterdir()
                for child in (thread / "children").read_text().split()
            }
        except FileNotFoundError:
            continue  # a thread ended just now; its children are another's
