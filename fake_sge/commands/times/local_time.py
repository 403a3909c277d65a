"""Local time in the zone of the caller's TZ."""

from __future__ import annotations

import os
import threading
import time
from functools import partial

from ...model.flavours import Times
from ...model.requests import Request
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


def clock_for(request: Request) -> Clock:
    """Dates as the caller's environment and the flavour have them."""
    times = request.flavour.times
    if request.flavour.compatibility and "SGE_QSTAT_SGE_COMPATIBILITY" in request.env:
        times = times._replace(digits=0, epoch=True)
    return clock_of(request.env.get("TZ"), times)


def qstat_clock(request: Request) -> Clock:
    """The same for qstat: the qmaster itself writes the answers of OCS 9.2."""
    return clock_of(None, request.flavour.times) if request.flavour.server_times else clock_for(request)


def clock_of(zone: str | None, times: Times = Times()) -> Clock:  # noqa: B008 - a constant
    """Dates as text in the zone of a TZ value (None: the system's)."""
    return Clock(partial(localtime, zone=zone), times)
