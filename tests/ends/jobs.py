"""Jobs with invented figures, for what is said of many."""

from __future__ import annotations

from drmaa_cli.gridengine.requests import parse
from drmaa_cli.jobs.reason import Reason, ReasonKind
from drmaa_cli.jobs.usage import MEMORY_LIMITS, requested
from drmaa_cli.jobs.usage_groups import ENDED_WELL, UsedJob

MEBIBYTE, GIBIBYTE = 2**20, 2**30
START = 1_800_000_000.0


def job(
    name: str,
    *,
    memory: int | None = 100 * MEBIBYTE,
    wallclock: float = 100.0,
    cpu: float | None = None,
    requests: str = "",
    slots: int = 1,
    well: bool = True,
    kind: ReasonKind = ReasonKind.EXITED,
    certain: bool = True,
    sampled: bool = True,
) -> UsedJob:
    """A job that has run, and kept its processors busy if not told."""
    words = parse(requests)
    return UsedJob(
        name,
        slots,
        requested(words, slots),
        next((limit for limit in MEMORY_LIMITS if limit in words.resources), ""),
        memory,
        sampled,
        wallclock * slots if cpu is None else cpu,
        wallclock,
        START - 5,
        START,
        START + wallclock,
        well and kind is ReasonKind.EXITED,
        ENDED_WELL if well and kind is ReasonKind.EXITED else Reason("", kind, certain),
    )
