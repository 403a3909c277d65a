"""Hosts and queues that a job can have for itself: entries of the complex with the relation EXCL.

As on a real 8.1.9 (tests/fake/test_exclusive.py): who asks for it starts where nobody is, and keeps all
others out, also in what -w v says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..lighter import NamedTuple
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
            for place in _places(self._config, entry, instance, spec):
                if self._is_closed(spec, entry, place.name):
                    return _in_use(spec, entry, place)
        return None

    def everywhere(self, spec: JobSpec) -> dict[str, SchedulingMessage]:
        """The same of what all hosts share, by its name."""
        single = _Place(EVERYWHERE, ABOUT_ALL, "globally")
        parallel = _Place(EVERYWHERE, ABOUT_QUEUE, 'in queue "global"')
        return {
            entry.name: _in_use(spec, entry, single if spec.pe is None else parallel)
            for entry in self._entries
            if _has(entry, self._config.global_host.attributes) and self._is_closed(spec, entry, EVERYWHERE)
        }

    def _is_closed(self, spec: JobSpec, entry: ComplexEntry, place: str) -> bool:
        there = self._alone.get((place, entry.name), set())
        return bool(there) and (_wants(spec, entry) or True in there)


class _Place(NamedTuple):
    """Where a job may be alone: its name, the number of a message about it, and its words."""

    name: str
    number: int
    words: str


def _in_use(spec: JobSpec, entry: ComplexEntry, place: _Place) -> SchedulingMessage:
    default = "for default request " if _wants(spec, entry) is None and spec.pe is None else ""
    why = f"because {default}exclusive resource ({entry.name}) is already in use"
    words = requests(spec.hard_resources) or "NONE"
    return SchedulingMessage(place.number, f"(-l {words}) cannot run {place.words} {why}")


def _has(entry: ComplexEntry, attributes: Mapping[str, str]) -> bool:
    value = complex_values(attributes.get("complex_values", "")).get(entry.name)
    return value is not None and bool(number_of(value, entry.type))


def _wants(spec: JobSpec, entry: ComplexEntry) -> bool | None:
    """What a job asks for; None: nothing."""
    found = [number_of(item.value, entry.type) for item in spec.hard_resources if item.name == entry.name]
    return bool(found[0]) if found else None


def _places(
    config: CellConfig, entry: ComplexEntry, instance: QueueInstance, spec: JobSpec
) -> Iterator[_Place]:
    """Where there is such a resource, besides everywhere."""
    at_host = f'{"at host" if spec.pe is None else "in queue"} "{instance.host}"'
    if _has(entry, config.hosts[instance.host].attributes):
        yield _Place(f"host:{instance.host}", ABOUT_HOST, at_host)
    if _has(entry, instance.queue.attributes):
        yield _Place(f"queue:{instance.name}", ABOUT_QUEUE, f'in queue "{instance.name}"')
