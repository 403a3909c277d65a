"""The caller's surroundings: SGE_ROOT, SGE_CELL, time zone."""

from __future__ import annotations

import enum
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .protocol import Request


class EnvProblem(enum.Enum):
    """What is wrong with the environment of a call."""

    ROOT_UNSET = "SGE_ROOT unset"
    ROOT_MISSING = "SGE_ROOT is no directory"
    CELL_MISSING = "the cell directory does not exist"


@dataclass(frozen=True)
class BadEnvironment:
    """A problem and the path that the tools name: SGE_ROOT, or ``$SGE_ROOT/$SGE_CELL``."""

    problem: EnvProblem
    path: str


def check(request: Request) -> BadEnvironment | None:
    """None when SGE_ROOT and SGE_CELL are good. Each tool words it in its own way (captures ``env.*``)."""
    root = request.sge_root
    if not root:
        return BadEnvironment(EnvProblem.ROOT_UNSET, "")
    if not Path(root).is_dir():
        return BadEnvironment(EnvProblem.ROOT_MISSING, root)
    cell = f"{root}/{request.env.get('SGE_CELL') or 'default'}"
    if not Path(cell).is_dir():
        return BadEnvironment(EnvProblem.CELL_MISSING, cell)
    return None


_zone_lock = threading.Lock()


def localtime(seconds: float, zone: str | None) -> time.struct_time:
    """Broken-down local time in the zone of a TZ value (None: the system's), as libc makes it.

    Uses the process-wide ``tzset``; a lock keeps threads apart.
    """
    with _zone_lock:
        _set_zone(zone)
        return time.localtime(int(seconds))


def mktime(broken_down: time.struct_time, zone: str | None) -> float:
    """The inverse of :func:`localtime` (``qsub -a``). Raises OverflowError as time.mktime does."""
    with _zone_lock:
        _set_zone(zone)
        return time.mktime(broken_down)


def _set_zone(zone: str | None) -> None:
    if os.environ.get("TZ") != zone:
        if zone is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = zone
        time.tzset()
