"""What a call asks of Grid Engine, and the options of qsub that say so."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping

from drmaa_cli.errors import InvalidArgumentException, error, meant
from drmaa_cli.gridengine.units import parse_memory, parse_seconds
from drmaa_cli.typed import Any, NamedTuple, TypedDict

MEBIBYTE = 2**20
LOAD_VALUES = frozenset(("mem_free", "mem_used", "swap_free", "swap_used", "virtual_free", "virtual_used"))
"""Resources of which ``qsub -w e`` says that no queue can ever have them: it leaves the load out (recorded of
8.1.9, ``tests/fake/test_load_values.py``). Where one is asked for, nothing is verified."""
TEXTS = frozenset(("name", "native", "directory", "pe", "memory_resource", "gpu_resource"))


class ResourceOptions(TypedDict, total=False):
    """The resources as keywords; :class:`Resources` says what each means."""

    slots: int
    memory: str | float
    walltime: str | float
    gpus: int
    name: str
    native: str
    environment: Mapping[str, str]
    directory: str
    pe: str
    memory_resource: str
    gpu_resource: str


class Resources(NamedTuple):
    """What each job of some calls asks for.

    Attributes:
        slots: slots on one host, of the parallel environment ``pe``.
        memory: of the whole job, ``'4G'`` or bytes; Grid Engine is asked for an equal part for each slot.
        walltime: seconds, or ``'1:30:00'``; the job is killed after that (``h_rt``).
        gpus: how many, of the resource ``gpu_resource``.
        name: the job's name; '' for the function's.
        native: further options, as in a native specification.
        environment: variables of the job.
        directory: where the function runs; '' is the program's own directory, if the host has it.
        pe: the parallel environment for more than one slot.
        memory_resource: what ``memory`` is asked for as: ``h_vmem``, ``mem_free``, ``s_vmem,h_vmem`` ...
        gpu_resource: what ``gpus`` is asked for as.
    """

    slots: int = 1
    memory: str | float = ""
    walltime: str | float = ""
    gpus: int = 0
    name: str = ""
    native: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    directory: str = ""
    pe: str = "smp"
    memory_resource: str = "h_vmem"
    gpu_resource: str = "gpu"

    def but(self, options: Mapping[str, Any]) -> Resources:
        """These resources with others in the place of some.

        Raises:
            InvalidArgumentException: there is no such resource, or it cannot have this value.
        """
        values = dict(options)
        for name in values:
            if name not in self._fields:
                text = f"no such resource: {name}{meant(name, self._fields)}"
                raise error(InvalidArgumentException, text)
        for name in TEXTS & values.keys():
            values[name] = _text(name, values[name])
        if "environment" in values:
            values["environment"] = _environment(values["environment"])
        made = self._replace(**values)
        made.specification()  # for its refusals
        return made

    def specification(self) -> str:
        """The native specification.

        Raises:
            InvalidArgumentException: a value is none.
        """
        slots = _count("slots", self.slots, 1)
        words = []
        if slots > 1:
            words += ["-pe", self.pe, str(slots)]
        requests = []
        if self.memory != "":
            part = _memory(self.memory) / slots
            requests += [f"{name}={_quantity(part)}" for name in self.memory_resource.split(",")]
        if self.walltime != "":
            requests.append(f"h_rt={_seconds(self.walltime)}")
        if _count("gpus", self.gpus, 0):
            requests.append(f"{self.gpu_resource}={self.gpus}")
        if requests:
            words += ["-l", ",".join(requests)]
        if any(request.partition("=")[0] in LOAD_VALUES for request in requests):
            words += ["-w", "n"]
        return f"{shlex.join(words)} {self.native}".strip()


def _text(name: str, value: object) -> str:
    if hasattr(value, "__fspath__"):
        value = value.__fspath__()
    if not isinstance(value, str):
        raise error(InvalidArgumentException, f"{name} is a str, not {value!r}")
    return value


def _environment(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        text = f"environment is a dict such as {{'NAME': 'value'}}, not {value!r}"
        raise error(InvalidArgumentException, text)
    for each in value.items():
        if not all(isinstance(one, str) for one in each):
            text = f"environment is a dict of str to str; {each[0]!r}: {each[1]!r} is none of these"
            raise error(InvalidArgumentException, text)
    return tuple(sorted(value.items()))


def _count(name: str, value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise error(InvalidArgumentException, f"{name} is a whole number from {least} up, not {value!r}")
    return value


def _memory(value: str | float) -> float:
    try:
        amount = parse_memory(value) if isinstance(value, str) else float(value)
    except (ValueError, TypeError):
        amount = 0.0
    if not 0 < amount < math.inf:
        text = f"memory is a number of bytes, or a text such as '4G' or '500M', not {value!r}"
        raise error(InvalidArgumentException, text)
    return amount


def _quantity(amount: float) -> str:
    """Bytes as a resource request, never less than asked for."""
    whole = math.ceil(amount)
    return f"{whole // MEBIBYTE}M" if whole % MEBIBYTE == 0 else str(whole)


def _seconds(value: str | float) -> int:
    try:
        seconds = parse_seconds(value) if isinstance(value, str) else float(value)
    except (ValueError, TypeError):
        seconds = 0.0
    if not 0 < seconds < math.inf:
        text = f"walltime is a number of seconds, or a text such as '1:30:00', not {value!r}"
        raise error(InvalidArgumentException, text)
    return math.ceil(seconds)
