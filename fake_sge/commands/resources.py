"""``-l`` requests of the query commands: which queue instances and hosts satisfy them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ..model import CellConfig, ComplexEntry, QueueInstance
from ..render.accounting import atof
from .values.globs import glob_match

_MULTIPLIERS = {
    "k": 1000.0,
    "K": 1024.0,
    "m": 1000.0**2,
    "M": 1024.0**2,
    "g": 1000.0**3,
    "G": 1024.0**3,
    "t": 1000.0**4,
    "T": 1024.0**4,
}
_TEXT_TYPES = ("STRING", "CSTRING", "RESTRING", "HOST")


class UnknownResource(ValueError):
    """A request that names no complex entry, or has no value (``syntax``)."""

    def __init__(self, text: str, syntax: bool = False) -> None:
        super().__init__(text)
        self.syntax = syntax


class ResourceRequest(NamedTuple):
    """One ``name=value`` with its complex entry."""

    entry: ComplexEntry
    value: str


def number_of(text: str, kind: str) -> float:
    """The value of a number, memory size, time or truth value as Grid Engine reads it."""
    word = text.strip()
    if word.upper() in ("INFINITY", "INFINITE", "UNDEFINED"):
        return math.inf
    if word.upper() == "TRUE":  # a bare -l name
        return 1.0
    if kind == "BOOL" and word.upper() in ("TRUE", "T", "FALSE", "F"):
        return 1.0 if word.upper().startswith("T") else 0.0
    if kind == "TIME" and ":" in word:
        total = 0.0
        for part in word.split(":"):
            total = total * 60 + atof(part)
        return total
    return atof(word) * _MULTIPLIERS.get(word[-1:], 1.0)


def parse_requests(text: str, config: CellConfig) -> list[ResourceRequest]:
    """``a=1,b`` as requests. Raises UnknownResource."""
    requests = []
    for word in text.split(","):
        name, equals, value = word.partition("=")
        entry = config.complex_named(name)
        if entry is not None and entry.type == "BOOL" and not equals:
            value = "TRUE"
        elif not equals:
            raise UnknownResource(f'denied: missing value for resource "{name}"', syntax=True)
        if entry is None:
            raise UnknownResource(f'unknown resource "{name}"')
        requests.append(ResourceRequest(entry, value))
    return requests


def _text_matches(entry: ComplexEntry, wanted: str, offered: str) -> bool:
    if entry.type in ("CSTRING", "HOST"):
        wanted, offered = wanted.lower(), offered.lower()
    if entry.type == "STRING":
        return wanted == offered
    hit = any(glob_match(piece, offered) for piece in wanted.split("|"))
    return not hit if entry.relop == "!=" else hit


def satisfies(request: ResourceRequest, offered: str) -> bool:
    """Whether what is offered meets the request by the relation of its complex entry."""
    entry = request.entry
    if entry.type in _TEXT_TYPES:
        return _text_matches(entry, request.value, offered)
    want, have = number_of(request.value, entry.type), number_of(offered, entry.type)
    relations = {
        "==": want == have,
        ">=": want >= have,
        "<=": want <= have,
        ">": want > have,
        "<": want < have,
        "!=": want != have,
    }
    return relations.get(entry.relop, want == have)


def queue_value(instance: QueueInstance, name: str) -> str | None:
    """What a queue instance itself offers for a resource; None when it has no such attribute."""
    if name == "hostname":
        return instance.host
    if name == "slots":
        return str(instance.slots)  # also those in use (w3.l)
    value = instance.queue.attributes.get(name)
    return value if name in _QUEUE_RESOURCES else None


_QUEUE_RESOURCES = frozenset(
    (
        "qname",
        "tmpdir",
        "seq_no",
        "rerun",
        "calendar",
        "s_rt",
        "h_rt",
        "s_cpu",
        "h_cpu",
        "s_fsize",
        "h_fsize",
        "s_data",
        "h_data",
        "s_stack",
        "h_stack",
        "s_core",
        "h_core",
        "s_rss",
        "h_rss",
        "s_vmem",
        "h_vmem",
        "min_cpu_interval",
    )
)


def complex_values(text: str) -> dict[str, str]:
    """``complex_values`` of a queue or host: ``a=1,b=2``, NONE."""
    if text in ("NONE", ""):
        return {}
    pairs = (word.partition("=") for word in text.replace(" ", "").split(","))
    return {name: value for name, _, value in pairs}


def matches_host_and_queue(
    requests: list[ResourceRequest], instance: QueueInstance, loads: Mapping[str, str], config: CellConfig
) -> bool:
    """Whether a queue instance with the load values of its host meets all requests."""
    own = complex_values(instance.queue.attributes.get("complex_values", "NONE"))
    host = config.hosts.get(instance.host)
    shared = complex_values(host.attributes.get("complex_values", "NONE") if host else "NONE")
    for request in requests:
        name = request.entry.name
        offers = [queue_value(instance, name), own.get(name), shared.get(name), loads.get(name)]
        known = [offer for offer in offers if offer is not None]
        if not known or not all(satisfies(request, offer) for offer in known):
            return False
    return True


def matches_host(
    requests: list[ResourceRequest], name: str, loads: Mapping[str, str], config: CellConfig
) -> bool:
    """Whether a host meets all requests (``qhost -l``)."""
    host = config.hosts.get(name)
    shared = complex_values(host.attributes.get("complex_values", "NONE") if host else "NONE")
    for request in requests:
        key = request.entry.name
        offered = name if key == "hostname" else shared.get(key, loads.get(key))
        if offered is None or not satisfies(request, offered):
            return False
    return True
