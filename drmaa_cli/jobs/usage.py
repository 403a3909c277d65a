"""What a job used beside what it had asked for, in bytes and seconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from drmaa_cli.gridengine.requests import NO_REQUESTS, Requests
from drmaa_cli.typed import NamedTuple

KIBIBYTE = 2**10
MEMORY_FIGURES = {"maxvmem": 1, "ru_maxrss": KIBIBYTE}
_SIZES = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
# Granted for each slot; of h_rss and s_rss Linux enforces nothing (measured: tests/data/ends).
MEMORY_LIMITS = ("h_vmem", "s_vmem", "h_data", "s_data")
TIME_LIMITS = ("h_rt", "s_rt")
CPU_LIMITS = ("h_cpu", "s_cpu")


class Requested(NamedTuple):
    """What a job had asked for, as far as accounting tells.

    Attributes:
        memory: bytes for the whole job: ``h_vmem`` (else ``s_vmem``, ``h_data``, ``s_data``) times its slots;
            None when it had asked for none. What else a site calls memory: ``words.bytes("mem_free")``.
        time: seconds of run time: ``h_rt``, else ``s_rt``; None when it had asked for neither.
        cpu: seconds of CPU time for the whole job: ``h_cpu``, else ``s_cpu``, times its slots.
        slots: the least number of slots it had asked for; 1 without a parallel environment.
        words: everything it had asked for.
    """

    memory: int | None = None
    time: float | None = None
    cpu: float | None = None
    slots: int = 1
    words: Requests = NO_REQUESTS

    def __str__(self) -> str:
        parts = [f"{self.slots} slot{'s' if self.slots > 1 else ''}"]
        parts += [] if self.time is None else [duration(self.time)]
        parts += [] if self.cpu is None else [f"{duration(self.cpu)} of CPU time"]
        parts += [] if self.memory is None else [size(self.memory)]
        return ", ".join(parts)


class Efficiency(NamedTuple):
    """How much of what a job had it used; 1.0 is all of it, None is not known.

    Attributes:
        cpu: CPU time, of the run time of all its slots; above 1.0 for a job that used more cores than slots.
        memory: the most memory it used at once, of what it had asked for.
        time: its run time, of what it had asked for.
    """

    cpu: float | None = None
    memory: float | None = None
    time: float | None = None

    def __str__(self) -> str:
        known = [f"{name} {share:.0%}" for name, share in zip(self._fields, self) if share is not None]
        return ", ".join(known) or "not known"


def requested(words: Requests, slots: int) -> Requested:
    """What was asked for, of a job that was granted so many slots (0: not known)."""
    asked = _least(words.slots)
    many = max(slots or asked, 1)
    memory = _first(words, MEMORY_LIMITS, Requests.bytes)
    cpu = _first(words, CPU_LIMITS, Requests.seconds)
    return Requested(
        memory=None if memory is None else int(memory * many),
        time=_first(words, TIME_LIMITS, Requests.seconds),
        cpu=None if cpu is None else cpu * many,
        slots=asked,
        words=words,
    )


def max_memory(usage: Mapping[str, float]) -> int | None:
    """The most memory a job is known to have used at once, in bytes; None when no figure tells.

    Grid Engine samples a job's memory (``maxvmem``) and may miss a peak; of the job's largest process the
    kernel knows the peak (``ru_maxrss``). The larger one counts.
    """
    figures = [usage[name] * unit for name, unit in MEMORY_FIGURES.items() if name in usage]
    return max((int(figure) for figure in figures if math.isfinite(figure)), default=None)


def efficiency(
    asked: Requested, memory: int | None, cpu: float | None, wallclock: float | None, slots: int
) -> Efficiency:
    """The shares that the figures give."""
    return Efficiency(
        cpu=_share(cpu, (wallclock or 0.0) * max(slots, 1)),
        memory=_share(memory, asked.memory),
        time=_share(wallclock, asked.time),
    )


def size(count: float) -> str:
    """A number of bytes for people: ``512 B``, ``280 MiB``, ``1.5 GiB``."""
    if count < KIBIBYTE:
        return f"{count:.0f} B"
    sizes = iter(_SIZES)
    name = next(sizes)
    count /= KIBIBYTE
    while count >= KIBIBYTE - 0.5 and name != _SIZES[-1]:
        name = next(sizes)
        count /= KIBIBYTE
    return f"{count:.0f} {name}" if count >= 9.95 else f"{count:.1f} {name}"


def duration(seconds: float) -> str:
    """A number of seconds for people: ``0.25 s``, ``42 s``, ``1:02:03``, ``2 days 1:02:03``."""
    if seconds < 59.5:
        return f"{seconds:.0f} s" if seconds >= 9.95 or seconds == int(seconds) else f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = f"{hours}:{minutes:02}:{rest:02}"
    return f"{days} day{'s' if days > 1 else ''} {clock}" if days else clock


def _first(
    words: Requests, names: Sequence[str], read: Callable[[Requests, str], float | None]
) -> float | None:
    return next((value for name in names if (value := read(words, name)) is not None), None)


def _least(slots: str) -> int:
    """The first number of ``4``, ``2-8``, ``2,4``; 1 for anything else."""
    digits = slots.partition("-")[0].partition(",")[0]
    return max(int(digits), 1) if digits.isascii() and digits.isdigit() else 1


def _share(used: float | None, whole: float | None) -> float | None:
    return used / whole if used is not None and whole else None
