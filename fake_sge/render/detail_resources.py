"""Values that ``qstat -j`` and ``-r`` derive: core binding, mail options, resource numbers, usage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model import CHECKPOINT_BITS, MAIL_BITS, CellConfig, Exit, HostPath, Job, MailTo, Task
from ..model.accounting import RUSAGE

_ENV_PREFIX = "__SGE_PREFIX__"

# sge_signals.h numbers its signals from 901 (seen: 910 KILL, 912 SEGV); POSIX numbers of Linux on the left.
_POSIX_ORDER = (
    *(1, 2, 3, 4, 5, 6, 0, 0, 8, 9, 7, 11, 31, 13, 14, 15, 23, 19, 20, 18, 17, 21, 22),
    *(29, 24, 25, 26, 27, 28, 10, 12),
)
SGE_SIGNALS = {posix: 901 + index for index, posix in enumerate(_POSIX_ORDER) if posix}

_LIVE_ORDER = ("io", "iow", "mem", "cpu", "vmem", "maxvmem")
_ACCOUNTED = ("cpu", "mem", "io", "iow", "maxvmem")


def mail_option_letters(bits: int, order: str = "abes") -> str:
    """``abe`` for the bits of JB_mail_options."""
    return "".join(letter for letter in order if bits & MAIL_BITS[letter])


def checkpoint_letters(bits: int) -> str:
    """``sx`` for the bits of JB_checkpoint_attr."""
    return "".join(letter for letter, bit in CHECKPOINT_BITS.items() if bits & bit)


def paths_as_given(paths: Sequence[HostPath]) -> str:
    """``[HOST:]PATH,...`` as the argument of -o, -e, -i and -S."""
    return ",".join(f"{entry.host}:{entry.path}" if entry.host else entry.path for entry in paths)


def addresses_as_given(addresses: Sequence[MailTo]) -> str:
    """``USER[@HOST],...`` as the argument of -M."""
    return ",".join(f"{user}@{host}" if host else user for user, host in addresses)


def visible_env(job: Job) -> list[tuple[str, str | None]]:
    """The job's environment without Grid Engine's own entries."""
    return [(name, value) for name, value in job.spec.env if not name.startswith(_ENV_PREFIX)]


def binding_text(binding: str | None) -> str:
    """``set linear:1``; NONE without a request."""
    if not binding:
        return "NONE"
    text = binding if " " in binding else f"set {binding}"
    return f"{text}:slots" if text.endswith(" linear") else text  # real cell


class Binding(NamedTuple):
    """The members of JB_binding in XML."""

    strategy: str
    type: int
    amount: int
    socket: int
    core: int
    step: int
    explicit: str | None


_BINDING_TYPES = {"set": 3, "env": 2, "pe": 1}


def binding_of(binding: str | None) -> Binding:
    """``linear[:N[:S,C]]``, ``striding:N:STEP[:S,C]``, ``explicit:S,C:...`` taken apart."""
    if not binding:
        return Binding("no_job_binding", 0, 0, 0, 0, 0, "no_explicit_binding")
    instance, _, strategy = binding_text(binding).replace(" linear:slots", " linear").partition(" ")
    kind, *parts = strategy.split(":")
    number = _BINDING_TYPES.get(instance, 3)
    if kind == "explicit":
        return Binding(kind, number, 0, 0, 0, 0, strategy)
    amount = int(parts[0]) if parts and parts[0].isdigit() else 0 if parts else 2**31 - 1
    step = int(parts[1]) if kind == "striding" and len(parts) > 1 else 0
    place = parts[2:] if kind == "striding" else parts[1:]
    socket, _, core = place[0].partition(",") if place else ("0", "", "0")
    return Binding(kind if place else f"{kind}_automatic", number, amount, int(socket), int(core), step, None)


_VALUE_TYPES = ("INT", "STRING", "TIME", "MEMORY", "BOOL", "CSTRING", "HOST", "DOUBLE", "RESTRING")
VALUE_TYPES = {word: number for number, word in enumerate(_VALUE_TYPES, 1)}
CONSUMABLES = {"NO": 0, "YES": 1, "JOB": 2}


def value_type(config: CellConfig, name: str) -> str:
    """The type word of a complex entry, STRING if it is gone; mem_limit is none, but a limit."""
    entry = config.complex_named("h_vmem" if name == "mem_limit" else name)
    return entry.type if entry is not None else "STRING"


def consumable(config: CellConfig, name: str) -> str:
    """Whether a resource is one: YES, NO or JOB."""
    entry = config.complex_named(name)
    return entry.consumable if entry is not None else "NO"


def finished_usage(job: Job, task: Task, end: Exit) -> dict[str, float]:
    """The usage list of a task that has ended and waits for the next scheduler run."""
    usage = {name: task.usage.get(name, end.usage.get(name, 0.0)) for name in (task.usage or _LIVE_ORDER)}
    for name in _ACCOUNTED:
        if name in end.usage:
            usage[name] = end.usage[name]
    usage["submission_time"] = float(int(job.submission_time))
    usage["priority"] = float(job.spec.priority)
    usage["exit_status"] = float(end.exit_status)
    usage["signal"] = float(SGE_SIGNALS.get(end.signal, 0))
    usage["start_time"] = float(int(end.start_time))
    usage["end_time"] = float(int(end.end_time))
    usage["ru_wallclock"] = float(end.usage.get("ru_wallclock", int(end.end_time) - int(end.start_time)))
    for name in RUSAGE:
        usage[name] = end.usage.get(name, 0.0)
    for name in _ACCOUNTED:
        usage[f"acct_{name}"] = end.usage.get(name, 0.0)
    return usage
