"""What hosts and queues offer, as ``qstat -F`` and ``qhost -F`` list it (real cell).

Loads, then the host's complex_values, then the queue's, then the queue's own attributes; of a consumable what
is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..lighter import record
from ..model import CellConfig, QueueInstance
from ..model.flavours import SGE, Flavour
from ..model.resources import QUEUE_RESOURCES, complex_values
from ..model.values import TEXT_TYPES, number_of


@record(frozen=True)
class Offered:
    """One line of ``-F``: ``hl:arch=lx-amd64``."""

    dominance: str
    name: str
    value: str


def _left(config: CellConfig, letter: str, text: str, used: Mapping[str, float]) -> list[Offered]:
    """The entries of a complex_values: ``letter`` is g, h or q."""
    found = []
    for name, value in complex_values(text).items():
        entry = config.complex_named(name)
        if entry is None or entry.consumable == "NO":
            found.append(Offered(f"{letter}f", name, value))
        else:
            left = (number_of(value, entry.type) or 0.0) - used.get(entry.name, 0.0)
            found.append(Offered(f"{letter}c", name, f"{left:.15g}"))
    return found


def of_host(
    config: CellConfig,
    host: str,
    loads: Mapping[str, str],
    used: Mapping[str, float],
    used_of_all: Mapping[str, float],
) -> list[Offered]:
    """What a host offers, and all of them: the less; ``used`` of its consumables by running jobs."""
    rows: dict[str, Offered] = {}
    _add(config, rows, _left(config, "g", config.global_host.attributes["complex_values"], used_of_all))
    own = {name: Offered("hl", name, text) for name, text in loads.items()}
    attributes = config.hosts[host].attributes if host in config.hosts else {}
    for item in _left(config, "h", attributes.get("complex_values", ""), used):
        own[item.name] = _tighter(config, item, own[item.name]) if item.name in own else item
    _add(config, rows, own.values())
    return list(rows.values())


def _add(config: CellConfig, rows: dict[str, Offered], inner: Iterable[Offered]) -> None:
    for item in inner:
        rows[item.name] = _tighter(config, rows[item.name], item) if item.name in rows else item


def of_queue(
    config: CellConfig,
    instance: QueueInstance,
    loads: Mapping[str, str],
    used: Mapping[str, float],
    used_in_queue: Mapping[str, float],
    used_of_all: Mapping[str, float],
    flavour: Flavour = SGE,
) -> list[Offered]:
    """What a queue instance offers, with its host and all of them: the less."""
    attributes = instance.queue.attributes
    rows = {item.name: item for item in of_host(config, instance.host, loads, used, used_of_all)}
    slots = Offered("qc", "slots", str(instance.slots - instance.used))
    own = {
        item.name: item
        for item in _left(config, "q", attributes.get("complex_values", ""), used_in_queue)
        if item.name != "slots"
    }
    for name in ("slots", *own):
        item = slots if name == "slots" else own[name]
        if name in rows:
            rows[name] = _tighter(config, rows[name], item)
        elif name not in QUEUE_RESOURCES:
            rows[name] = item
    further = ("mem_limit",) if "mem_limit" in attributes else ()
    ordered = (*QUEUE_RESOURCES[:-1], *further, QUEUE_RESOURCES[-1])
    for name in ("slots", *ordered) if flavour.is_ocs else ordered:
        text = instance.host if name == "hostname" else attributes.get(name, "NONE")
        item = slots if name == "slots" else own.get(name, Offered("qf", name, text))
        keeps = name in rows and name != "hostname"
        rows[name] = _tighter(config, rows[name], item) if keeps else item
    return list(rows.values())


def shown_load(
    config: CellConfig, instance: QueueInstance, loads: Mapping[str, str], name: str
) -> str | None:
    """A load value in the columns of ``qstat -f``: complex_values count there, too (real cell)."""
    values = (config.global_host, config.hosts.get(instance.host), instance.queue)
    if not any(item and name in item.attributes.get("complex_values", "") for item in values):
        return loads.get(name)
    rows = of_queue(config, instance, loads, {}, {}, {})
    return next((item.value for item in rows if item.name == name), None)


def values_of_host(config: CellConfig, name: str, loads: Mapping[str, str]) -> dict[str, str]:
    """What the columns of ``qhost`` show of a host: its load, and its own complex_values."""
    host = config.host_with_values(name)
    rows = {key: Offered("hl", key, text) for key, text in loads.items()}
    for item in _left(config, "h", host.attributes.get("complex_values", "") if host else "", {}):
        rows[item.name] = _tighter(config, item, rows[item.name]) if item.name in rows else item
    return {item.name: item.value for item in rows.values()}


def _tighter(config: CellConfig, outer: Offered, inner: Offered) -> Offered:
    """What counts of two values; that of all hosts comes before one host's, and that before the queue's.

    The inner one only when it is less, or more where more is worse: ``<=`` and ``>=`` of the complex entry.
    """
    entry = config.complex_named(outer.name)
    if entry is None:
        return outer
    there, here = number_of(outer.value, entry.type), number_of(inner.value, entry.type)
    if there is None or here is None or entry.type in TEXT_TYPES:
        return outer
    inner_counts = {"<=": here < there, "<": here < there, ">=": here > there, ">": here > there}
    return inner if inner_counts.get(entry.relop, False) else outer
