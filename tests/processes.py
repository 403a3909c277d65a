"""What tests look up about processes."""

from __future__ import annotations

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
