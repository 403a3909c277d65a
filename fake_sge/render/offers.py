"""What hosts and queues offer, as ``qstat -F`` and ``qhost -F`` list it (real cell).

Loads, then the host's complex_values, then the queue's, then the queue's own attributes; of a consumable what
is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..model import CellConfig, QueueInstance
from ..model.flavours import SGE, Flavour
from ..model.resources import QUEUE_RESOURCES, complex_values
from ..model.values import number_of


@dataclass(frozen=True)
class Resource:
    """One line of ``-F``: ``hl:arch=lx-amd64``."""

    dominance: str
    name: str
    value: str


def _left(config: CellConfig, letter: str, text: str, used: Mapping[str, float]) -> list[Resource]:
    """The entries of a complex_values: ``letter`` is h or q."""
    found = []
    for name, value in complex_values(text).items():
        entry = config.complex_named(name)
        if entry is None or entry.consumable == "NO":
            found.append(Resource(f"{letter}f", name, value))
        else:
            left = (number_of(value, entry.type) or 0.0) - used.get(entry.name, 0.0)
            found.append(Resource(f"{letter}c", name, f"{left:g}"))
    return found


def of_host(
    config: CellConfig, host: str, loads: Mapping[str, str], used: Mapping[str, float]
) -> list[Resource]:
    """What a host offers; ``used`` of its consumables by running jobs."""
    attributes = config.hosts[host].attributes if host in config.hosts else {}
    rows = {name: Resource("hl", name, text) for name, text in loads.items()}
    rows.update((item.name, item) for item in _left(config, "h", attributes.get("complex_values", ""), used))
    return list(rows.values())


def of_queue(
    config: CellConfig,
    instance: QueueInstance,
    loads: Mapping[str, str],
    used: Mapping[str, float],
    used_in_queue: Mapping[str, float],
    flavour: Flavour = SGE,
) -> list[Resource]:
    """What a queue instance offers, with its host: of both the less."""
    attributes = instance.queue.attributes
    rows = {item.name: item for item in of_host(config, instance.host, loads, used)}
    slots = Resource("qc", "slots", str(instance.slots - instance.used))
    own = {
        item.name: item
        for item in _left(config, "q", attributes.get("complex_values", ""), used_in_queue)
        if item.name != "slots"
    }
    for name in ("slots", *own):
        item = slots if name == "slots" else own[name]
        if name in rows:
            rows[name] = _less(config, rows[name], item)
        elif name not in QUEUE_RESOURCES:
            rows[name] = item
    further = ("mem_limit",) if "mem_limit" in attributes else ()
    ordered = (*QUEUE_RESOURCES[:-1], *further, QUEUE_RESOURCES[-1])
    for name in ("slots", *ordered) if flavour.is_ocs else ordered:
        text = instance.host if name == "hostname" else attributes.get(name, "NONE")
        rows.setdefault(name, slots if name == "slots" else own.get(name, Resource("qf", name, text)))
    return list(rows.values())


def _less(config: CellConfig, host: Resource, queue: Resource) -> Resource:
    entry = config.complex_named(host.name)
    kind = entry.type if entry is not None else "STRING"
    of_host_, of_queue_ = number_of(host.value, kind), number_of(queue.value, kind)
    if host.dominance == "hc" and of_host_ is not None and of_queue_ is not None and of_queue_ <= of_host_:
        return queue
    return host
