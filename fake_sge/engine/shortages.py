"""What a queue or a host has too little of for a job: limits of a whole cluster queue, consumables in use.

Worded as by a real 8.1.9 (``tests/fake/data/verifications.jsonl``): what every instance of a queue lacks is
said once of the cluster queue, with that request alone, and before anything else. Of consumables the first is
named, in the order of their names. A parallel job's hosts stand there as if they were queues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..model import CellConfig, ComplexEntry, JobSpec, QueueInstance, Resource, SchedulingMessage
from ..model.resources import complex_values, satisfies
from ..model.values import number_of, printed

ABOUT_HOST, ABOUT_QUEUE = 0, 17  # numbers of messages (tests/data/why)
Used = Callable[[str], Mapping[str, float]]
"""What running jobs use of the consumables of ``host:NAME`` or ``queue:INSTANCE``."""


def requests(resources: tuple[Resource, ...]) -> str:
    """Requests as messages have them."""
    return ",".join(sorted(f"{item.name}={item.value}" for item in resources))


def of_cluster_queue(config: CellConfig, instance: QueueInstance, spec: JobSpec) -> SchedulingMessage | None:
    """What no instance of a queue can ever give, because of a value that all of them have."""
    queue = config.queues[instance.queue.name]
    for resource in sorted(spec.hard_resources, key=lambda item: item.name):
        entry = config.complex_named(resource.name)
        if entry is None or entry.name in ("slots", "qname", "hostname"):
            continue
        values = complex_values(queue.attributes.get("complex_values", ""))
        text = values.get(entry.name, queue.attributes.get(entry.name))
        if text is None or "[" in queue.attributes.get("complex_values", "") + text:
            continue
        value = text.lower() if text == "INFINITY" else text
        if not _suffices(entry, resource.value, value):
            where = f'cannot run in queue "{queue.name}" because of cluster queue'
            return SchedulingMessage(ABOUT_QUEUE, f"(-l {resource.name}={resource.value}) {where}")
    return None


def _suffices(entry: ComplexEntry, wanted: str, text: str) -> bool:
    if entry.consumable == "NO":
        return satisfies(entry, wanted, text)
    asked, there = number_of(wanted, entry.type), number_of(text, entry.type)
    return asked is None or there is None or asked <= there


def shortage(
    config: CellConfig, instance: QueueInstance, spec: JobSpec, used: Used | None
) -> list[SchedulingMessage]:
    """The first consumable of which an instance has too little for one slot; none when it has enough.

    ``used``: what running jobs use; None: as if nothing ran.
    """
    for resource in sorted(spec.hard_resources, key=lambda item: item.name):
        entry = config.complex_named(resource.name)
        if entry is None or entry.consumable == "NO" or entry.name == "slots":
            continue
        asked = number_of(resource.value, entry.type) or 0.0
        for values, name, by_host in _places(config, instance):
            left = _left(entry, values, name, used)
            if left is not None and left < asked:
                source = "hc" if by_host else "qc"
                only = f"it offers only {source}:{entry.name}={printed(f'{left:f}', entry.type)}"
                where = f'at host "{name}"' if by_host and spec.pe is None else f'in queue "{name}"'
                text = f"(-l {requests(spec.hard_resources)}) cannot run {where} because {only}"
                return [SchedulingMessage(ABOUT_HOST if by_host else ABOUT_QUEUE, text)]
    return []


def _places(config: CellConfig, instance: QueueInstance) -> tuple[tuple[str, str, bool], ...]:
    host = config.hosts[instance.host]
    return (
        (instance.queue.attributes.get("complex_values", ""), instance.name, False),
        (host.attributes.get("complex_values", ""), instance.host, True),
    )


def _left(entry: ComplexEntry, values: str, name: str, used: Used | None) -> float | None:
    """How much is left of a consumable in a place; None where it has none."""
    text = complex_values(values).get(entry.name)
    total = None if text is None else number_of(text, entry.type)
    if total is None or used is None:
        return total
    place = f"queue:{name}" if "@" in name else f"host:{name}"
    return total - used(place).get(entry.name, 0.0)


def room(config: CellConfig, instance: QueueInstance, spec: JobSpec, used: Used | None, slots: int) -> int:
    """How many slots of a job fit, of so many that are free."""
    for resource in spec.hard_resources:
        entry = config.complex_named(resource.name)
        asked = 0.0 if entry is None else number_of(resource.value, entry.type) or 0.0
        if entry is None or entry.consumable == "NO" or entry.name == "slots" or asked <= 0:
            continue
        for values, name, _ in _places(config, instance):
            left = _left(entry, values, name, used)
            if left is not None:
                each = slots if entry.consumable == "JOB" and left >= asked else int(left / asked + 1e-9)
                slots = min(slots, each)
    return slots
