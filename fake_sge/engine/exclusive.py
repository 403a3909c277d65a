"""Hosts and queues that a job can have for itself: entries of the complex with the relation EXCL.

As on a real 8.1.9 (tests/fake/test_exclusive.py): who asks for it starts where nobody is, and keeps all
others out, also in what -w v says.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import CellConfig, ComplexEntry, Granted, JobSpec, QueueInstance, SchedulingMessage
from ..model.resources import complex_values
from ..model.values import number_of
from .shortages import ABOUT_ALL, ABOUT_HOST, ABOUT_QUEUE, requests
from .state import CellState

EVERYWHERE = "host:global"  # where what all hosts share is counted


def is_exclusive(entry: ComplexEntry) -> bool:
    """Whether a job takes all of it."""
    return entry.relop == "EXCL" and entry.consumable != "NO"


class Exclusive:
    """Who is where now, whether alone or not."""

    def __init__(self, state: CellState) -> None:
        self._config = state.config
        self._entries = [entry for entry in state.config.complexes if is_exclusive(entry)]
        self._alone: dict[tuple[str, str], set[bool]] = {}
        if self._entries:
            for job, task in state.running_tasks():
                self.add(job.spec, task.granted)

    def add(self, spec: JobSpec, granted: tuple[Granted, ...]) -> None:
        """A job has got slots."""
        for entry in self._entries:
            for piece in granted:
                for place in (f"queue:{piece.instance}", f"host:{piece.host}", EVERYWHERE):
                    self._alone.setdefault((place, entry.name), set()).add(_wants(spec, entry) or False)

    def obstacle(self, spec: JobSpec, instance: QueueInstance) -> SchedulingMessage | None:
        """That somebody is there already, alone or because the job would be."""
        for entry in self._entries:
            wants = _wants(spec, entry)
            for place, number, where in _places(self._config, entry, instance, spec):
                there = self._alone.get((place, entry.name), set())
                if there and (wants or True in there):
                    default = "for default request " if wants is None and spec.pe is None else ""
                    why = f"because {default}exclusive resource ({entry.name}) is already in use"
                    words = requests(spec.hard_resources) or "NONE"
                    return SchedulingMessage(number, f"(-l {words}) cannot run {where} {why}")
        return None


def _wants(spec: JobSpec, entry: ComplexEntry) -> bool | None:
    """What a job asks for; None: nothing."""
    found = [number_of(item.value, entry.type) for item in spec.hard_resources if item.name == entry.name]
    return bool(found[0]) if found else None


def _places(
    config: CellConfig, entry: ComplexEntry, instance: QueueInstance, spec: JobSpec
) -> Iterator[tuple[str, int, str]]:
    """Where there is such a resource: the place, the number of a message about it, and its words."""
    host = config.hosts[instance.host]
    at_host = f'{"at host" if spec.pe is None else "in queue"} "{instance.host}"'
    everywhere = "globally" if spec.pe is None else 'in queue "global"'
    for place, attributes, number, where in (
        (EVERYWHERE, config.global_host.attributes, ABOUT_ALL, everywhere),
        (f"host:{instance.host}", host.attributes, ABOUT_HOST, at_host),
        (f"queue:{instance.name}", instance.queue.attributes, ABOUT_QUEUE, f'in queue "{instance.name}"'),
    ):
        value = complex_values(attributes.get("complex_values", "")).get(entry.name)
        if value is not None and number_of(value, entry.type):
            yield place, number, where
