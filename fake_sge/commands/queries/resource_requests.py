"""``-l`` requests of the query commands: which queue instances and hosts satisfy them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Callable, NamedTuple

from ...model import CellConfig, ComplexEntry, QueueInstance
from ...model.resources import QUEUE_RESOURCES, STEADY_LOADS, complex_values, satisfies
from ...model.values import number_of


class UnknownResource(ValueError):
    """A request that names no complex entry, or has a wrong value or none."""


class ResourceRequest(NamedTuple):
    """One ``name=value`` with its complex entry."""

    entry: ComplexEntry
    value: str


Pair = tuple[str, str]


def parse_requests(text: str, config: CellConfig) -> list[ResourceRequest]:
    """``a=1,b`` as requests; a name alone is TRUE, whatever its type. Raises UnknownResource."""
    return [request_of(pair, config) for pair in split_requests(text, config)]


def split_requests(text: str, config: CellConfig, bare: bool = True) -> list[Pair]:
    """Names and values; without ``bare`` only a BOOL may have none. Raises UnknownResource."""
    pairs = []
    for word in re.findall("[^, ]+", text):
        name, equals, value = word.partition("=")
        entry = config.complex_named(name)
        if not name and not bare:
            raise UnknownResource('unknown resource ""')
        if not equals and (bare or (entry is not None and entry.type == "BOOL")):
            value = "TRUE"
        elif not value and not bare:
            raise UnknownResource(f'denied: missing value for resource "{name}"')
        pairs.append((name, value))
    return pairs


def request_of(pair: Pair, config: CellConfig) -> ResourceRequest:
    """One request with its complex entry. Raises UnknownResource."""
    name, value = pair
    entry = config.complex_named(name)
    if entry is None:
        raise UnknownResource(f'unknown resource "{name}"')
    try:
        entry.number(value)
    except ValueError as error:
        raise UnknownResource(str(error)) from None
    return ResourceRequest(entry, config.host_named(value) if entry.type == "HOST" else value)


def queue_value(instance: QueueInstance, name: str) -> str | None:
    """What a queue instance itself offers for a resource; None when it has no such attribute."""
    if name == "hostname":
        return instance.host
    if name == "slots":
        return str(instance.slots)  # also those in use (w3.l)
    value = instance.queue.attributes.get(name)
    return value if name in QUEUE_RESOURCES else None


UsedOf = Callable[[str], Mapping[str, float]]  # of ``host:NAME`` or ``queue:INSTANCE``


def _leaves_alone(request: ResourceRequest, places: Mapping[str, str | None], used_of: UsedOf) -> bool:
    """Whether each place that has a resource with the relation EXCL takes the job now (real cell).

    Who asks for it: where nobody is. Who asks for FALSE: where nobody is who has asked for it.
    """
    name, wants_all = request.entry.name, number_of(request.value, request.entry.type)
    known = {place: number_of(text, request.entry.type) for place, text in places.items() if text is not None}
    used = {place: used_of(place) for place in known}
    if wants_all:
        return bool(known) and all(there and not used[place]["slots"] for place, there in known.items())
    return bool(known) and not any(used[place].get(name) for place in known)


def _is_exclusive(entry: ComplexEntry) -> bool:
    return entry.relop == "EXCL" and entry.consumable != "NO"


def matches_host_and_queue(
    requests: list[ResourceRequest],
    instance: QueueInstance,
    loads: Mapping[str, str],
    config: CellConfig,
    used_of: UsedOf,
) -> bool:
    """Whether a queue instance with the load values of its host meets all requests."""
    own = complex_values(instance.queue.attributes.get("complex_values", "NONE"))
    host = config.hosts.get(instance.host)
    shared = complex_values(host.attributes.get("complex_values", "NONE") if host else "NONE")
    of_all = complex_values(config.global_host.attributes["complex_values"])
    for request in requests:
        name = request.entry.name
        if _is_exclusive(request.entry):
            places = {
                f"queue:{instance.name}": own.get(name),
                f"host:{instance.host}": shared.get(name),
                "host:global": of_all.get(name),
            }
            if not _leaves_alone(request, places, used_of):
                return False
            continue
        load = loads.get(name) if name in STEADY_LOADS else None
        offers = [queue_value(instance, name), own.get(name), shared.get(name), of_all.get(name), load]
        known = [offer for offer in offers if offer is not None]
        if not known or not all(satisfies(*request, offer) for offer in known):
            return False
    return True


def matches_host(
    requests: list[ResourceRequest],
    name: str,
    offered: Mapping[str, str],
    config: CellConfig,
    used_of: UsedOf,
) -> bool:
    """Whether a host meets all requests (``qhost -l``); ``offered``: what it has now (real cell)."""
    hosts = {f"host:{name}": config.host_with_values(name), "host:global": config.global_host}
    for request in requests:
        key = request.entry.name
        if _is_exclusive(request.entry):
            values = {
                place: complex_values(host.attributes.get("complex_values", "NONE")).get(key)
                if host
                else None
                for place, host in hosts.items()
            }
            if not _leaves_alone(request, values, used_of):
                return False
            continue
        value = name if key == "hostname" else offered.get(key)
        if value is None or not satisfies(*request, value):
            return False
    return True
