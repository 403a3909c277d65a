"""Values of resource requests: times, memory, numbers, booleans (sge_types(1))."""

from __future__ import annotations

import fnmatch
import re

from ..model import CellConfig, ComplexEntry, Resource

_MEMORY_UNITS = {
    "": 1,
    "k": 1000,
    "K": 1024,
    "m": 1000**2,
    "M": 1024**2,
    "g": 1000**3,
    "G": 1024**3,
    "t": 1000**4,
    "T": 1024**4,
}
_INFINITE = ("infinity", "inf")
TYPE_WORDS = {"TIME": "time", "MEMORY": "memory", "INT": "int", "DOUBLE": "double", "BOOL": "boolean"}


def parse_time(text: str) -> float | None:
    """Seconds of ``[[hours:]minutes:]seconds``; None when it is no time value."""
    if text.lower() in _INFINITE:
        return float("inf")
    if not re.fullmatch(r"\d*(:\d*){0,2}", text) or not re.search(r"\d", text):
        return None
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + int(part or 0)
    return float(seconds)


def parse_memory(text: str) -> float | None:
    """Bytes of a memory value (``1.5G``, ``200M``); None when it is none."""
    if text.lower() in _INFINITE:
        return float("inf")
    match = re.fullmatch(r"(0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)([kKmMgGtT]?)", text)
    if match is None:
        return None
    number = float(int(match[1], 16)) if match[1][:2].lower() == "0x" else float(match[1])
    return number * _MEMORY_UNITS[match[2]]


def parse_number(text: str) -> float | None:
    """A plain number, possibly with a memory unit as Grid Engine allows for INT and DOUBLE."""
    sign = -1.0 if text.startswith("-") else 1.0
    value = parse_memory(text.lstrip("+-"))
    return None if value is None else sign * value


def parse_value(entry: ComplexEntry, text: str) -> float | None:
    """The number behind a value of a non-text complex entry; None when it is not of its type."""
    if text.upper() == "TRUE":  # a bare -l name
        return 1.0
    if entry.type == "TIME":
        return parse_time(text)
    if entry.type == "MEMORY":
        return parse_memory(text)
    if entry.type == "BOOL":
        lowered = text.lower()
        if lowered in ("true", "t", "1", "yes", "y"):
            return 1.0
        return 0.0 if lowered in ("false", "f", "0", "no", "n") else None
    return parse_number(text)


def is_text(entry: ComplexEntry) -> bool:
    """Whether the entry's values are compared as text."""
    return entry.type in ("STRING", "CSTRING", "RESTRING", "HOST")


def text_matches(entry: ComplexEntry, wanted: str, offered: str) -> bool:
    """Whether an offered text satisfies a wanted one (``|``, ``!`` and globs as in complex(5))."""
    if wanted.startswith("!"):
        return not text_matches(entry, wanted[1:], offered)
    if entry.type in ("CSTRING", "HOST"):
        wanted, offered = wanted.lower(), offered.lower()
    return any(fnmatch.fnmatchcase(offered, word) for word in wanted.split("|"))


def normalised(config: CellConfig, resource: Resource) -> str:
    """``name=value`` as a job category shows it: times as seconds."""
    entry = config.complex_named(resource.name)
    if entry is not None and entry.type == "TIME":
        seconds = parse_time(resource.value)
        if seconds is not None and seconds != float("inf"):
            return f"{resource.name}={int(seconds)}"
    return f"{resource.name}={resource.value}"


def limit_of(resources: tuple[Resource, ...], name: str) -> float | None:
    """Seconds or bytes requested for a limit such as ``h_rt`` or ``h_vmem``; None when not requested."""
    for resource in reversed(resources):
        if resource.name == name:
            value = (
                parse_time(resource.value) if name.endswith(("_rt", "_cpu")) else parse_memory(resource.value)
            )
            return None if value == float("inf") else value
    return None
