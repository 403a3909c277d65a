"""Local time in the zone of the caller's TZ."""

from __future__ import annotations

import os
import threading
import time
from functools import partial

from ...render.formats import Clock

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


def clock_of(zone: str | None) -> Clock:
    """Dates as text in the zone of a TZ value (None: the system's)."""
    return Clock(partial(localtime, zone=zone))
