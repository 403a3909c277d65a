"""What no instance of a cluster queue can give a job.

Worded as by a real 8.1.9 (``tests/fake/data/verifications.jsonl``): what every instance of a queue lacks is
said once of the cluster queue, with that request alone, and before anything else.
"""

from __future__ import annotations

from ..model import CellConfig, ComplexEntry, JobSpec, QueueInstance, Resource, SchedulingMessage
from ..model.resources import complex_values, satisfies
from ..model.values import number_of

ABOUT_HOST, ABOUT_QUEUE, ABOUT_ALL = 0, 17, 20  # numbers of messages (tests/data/why)


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
