"""Where a job can start now: free slots, consumables, quotas, parallel environments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..model import (
    CellConfig,
    ComplexEntry,
    Granted,
    JobSpec,
    ParallelEnvironment,
    QueueInstance,
    SchedulingMessage,
)
from ..model.resources import complex_values
from ..model.values import number_of
from .access import environments
from .allocation import FreeSlots, Share, allocate, most_slots
from .exclusive import EVERYWHERE, Exclusive, is_exclusive
from .host_order import HostOrder
from .matching import Offer, instance_matches, mismatch, offers, queue_unavailable, too_little, violations
from .quotas import Cap, Quotas
from .state import CellState, exceeded


def wanted_slots(spec: JobSpec, most: int) -> Iterator[int]:
    """Slot counts to try, largest first, none above ``most``."""
    if spec.pe is None:
        yield 1
        return
    seen: set[int] = set()
    for piece in sorted(spec.pe_ranges, key=lambda item: -item.last):
        top = min(piece.last, most)
        top -= (top - piece.first) % max(1, piece.step)
        for count in range(top, piece.first - 1, -max(1, piece.step)):
            if count not in seen:
                seen.add(count)
                yield count


def least_slots(spec: JobSpec) -> int:
    """The smallest number of slots with which the job can start."""
    return min((piece.first for piece in spec.pe_ranges), default=1) if spec.pe else 1


def consumables(config: CellConfig, spec: JobSpec) -> list[tuple[ComplexEntry, float]]:
    """What a job takes of which consumables for each slot; of slots themselves one."""
    slots = config.complex_named("slots")
    found = [(slots, 1.0)] if slots is not None else []
    for resource in spec.hard_resources:
        entry = config.complex_named(resource.name)
        if entry is not None and entry.consumable != "NO" and entry.name != "slots":
            found.append((entry, number_of(resource.value, entry.type) or 0.0))
    return sorted(found, key=lambda item: item[0].name)


def consumed(
    config: CellConfig, spec: JobSpec, granted: tuple[Granted, ...]
) -> Iterator[tuple[tuple[str, str], float]]:
    """What a job takes where: ``host:NAME`` or ``queue:INSTANCE`` and the consumable, and how much."""
    for entry, amount in consumables(config, spec):
        seen: set[str] = set()
        for index, piece in enumerate(granted):
            if entry.consumable == "JOB" and index:
                continue
            places = {f"queue:{piece.instance}", f"host:{piece.host}", EVERYWHERE}
            if is_exclusive(entry):
                places -= seen
            seen |= places
            for place in places:
                yield (place, entry.name), amount * (1 if _is_once(entry) else piece.slots)


def _is_once(entry: ComplexEntry) -> bool:
    """Whether a job takes as much of it with one slot as with many."""
    return entry.consumable == "JOB" or is_exclusive(entry)


def left_of(
    used: Mapping[tuple[str, str], float], place: str, values: str, entry: ComplexEntry
) -> float | None:
    """What is left of a consumable where ``complex_values`` are ``values``; None when it has none."""
    value = complex_values(values).get(entry.name)
    total = number_of(value, entry.type) if value is not None else None
    return total - used.get((place, entry.name), 0.0) if total is not None else None


def quotas_of(state: CellState, running: bool = True) -> Quotas:
    """The resource quotas with what is used of them now; without ``running`` as if nothing ran."""

    def value_of(instance: QueueInstance, entry: ComplexEntry) -> str | None:
        found = offers(state.config, instance, entry, loads=True)
        return found[-1].text if found else None

    quotas = Quotas(state.config, value_of)
    for job, task in state.running_tasks() if running and quotas else ():
        quotas.debit(job.spec, task.granted, task.granted_pe)
    return quotas


def consumption(state: CellState) -> dict[tuple[str, str], float]:
    """What running jobs use of consumables, by ``host:NAME`` or ``queue:INSTANCE`` and the resource."""
    used: dict[tuple[str, str], float] = {}
    for job, task in state.running_tasks():
        for key, amount in consumed(state.config, job.spec, task.granted):
            used[key] = used.get(key, 0.0) + amount
    return used


class Capacity:
    """Free slots and consumables while one scheduler run hands them out.

    ``running`` False: as if nothing ran, and as if all queues were open.
    """

    def __init__(self, state: CellState, now: float, running: bool = True) -> None:
        self.state = state
        self.config = state.config
        self.free = {
            name: max(0, instance.slots - (instance.used if running else 0))
            for name, instance in state.instances.items()
            if not running or queue_unavailable(instance) is None
        }
        self.order = HostOrder(state, now)
        self.quotas = quotas_of(state, running)
        self.used = consumption(state) if running else {}
        self.exclusive = Exclusive(state)
        self.pe_used: dict[str, int] = {}
        for _, task in state.running_tasks() if running else ():
            if task.granted_pe:
                self.pe_used[task.granted_pe] = self.pe_used.get(task.granted_pe, 0) + task.slots

    def nothing_free(self) -> bool:
        """Whether no slot is left anywhere."""
        return not any(self.free.values())

    def _limits(
        self, spec: JobSpec, instance: QueueInstance
    ) -> Iterator[tuple[ComplexEntry, float, float, Offer]]:
        """The consumables that a job takes of an instance or its host: how much of each, and what is left."""
        host = self.config.hosts[instance.host].attributes.get("complex_values", "")
        queue = instance.queue.attributes.get("complex_values", "")
        for entry, amount in consumables(self.config, spec):
            for place, text, source in (
                (f"queue:{instance.name}", queue, "qc"),
                (f"host:{instance.host}", host, "hc"),
                (EVERYWHERE, self.config.global_host.attributes["complex_values"], "gc"),
            ):
                left = left_of(self.used, place, text, entry)
                if left is not None and amount > 0:
                    yield entry, amount, left, Offer(f"{left:.15g}", source)

    def room_of(self, spec: JobSpec, instance: QueueInstance) -> int:
        """How many of the job's slots fit into an instance now."""
        room = self.free.get(instance.name, 0)
        for entry, amount, left, _ in self._limits(spec, instance):
            if _is_once(entry):
                room = room if left >= amount else 0
            else:
                room = min(room, int(left / amount + 1e-9))
        return max(0, room)

    def shares(self, spec: JobSpec, instance: QueueInstance) -> list[Share]:
        """What the queues of a host, and all of them, share: how many slots each lets the job have."""
        return [
            Share(instance.host if offer.source == "hc" else "", entry.name, int(left / amount + 1e-9))
            for entry, amount, left, offer in self._limits(spec, instance)
            if offer.source != "qc" and not _is_once(entry)
        ]

    def free_slots(self, spec: JobSpec, pe: str | None, found: list[tuple[QueueInstance, int]]) -> FreeSlots:
        """Instances with the slots that are free in each, and what they share."""
        shared: list[list[Cap | Share]] = [
            [*self.quotas.caps(spec, pe, instance), *self.shares(spec, instance)] for instance, _ in found
        ]
        return FreeSlots(found, shared)

    def shortage(self, spec: JobSpec, instance: QueueInstance) -> SchedulingMessage | None:
        """The first consumable, by its name, of which too little is left for a slot; None without one."""
        for entry, amount, left, offer in self._limits(spec, instance):
            if left < amount:
                return too_little(instance, spec, entry, offer)
        return None

    def candidates(self, spec: JobSpec, pe: str | None) -> FreeSlots:
        """The instances in which the job would run now, in the order in which they are tried."""
        found: list[tuple[QueueInstance, int]] = []
        if self.exclusive.everywhere(spec):
            return self.free_slots(spec, pe, found)
        open_ones = [self.state.instances[name] for name, slots in self.free.items() if slots]
        for instance in self.order.sorted(open_ones):
            if (
                mismatch(self.config, instance, spec) is None
                and (pe is None or pe in instance.queue.pe_list)
                and not self._overloaded(instance)
                and self.exclusive.obstacle(spec, instance) is None
            ):
                room = self.room_of(spec, instance)
                if room > 0:
                    found.append((instance, room))
        if spec.soft_queues or spec.soft_resources:
            found.sort(key=lambda item: violations(self.config, item[0], spec))
        return self.free_slots(spec, pe, found)

    def _overloaded(self, instance: QueueInstance) -> bool:
        """Whether the jobs started of late have taken an instance beyond its load thresholds."""
        thresholds = instance.queue.attributes.get("load_thresholds", "NONE")
        if thresholds == "NONE":
            return False
        loads = {name: f"{load.value:f}" for name, load in self.order.loads(instance.host).items()}
        return any(True for _ in exceeded(self.config, loads, thresholds))

    def place(self, spec: JobSpec) -> tuple[tuple[Granted, ...], str | None] | None:
        """Slots for one task, taken from what is free; None when it does not fit now."""
        if spec.pe is None:
            room = self.candidates(spec, None)
            first = next((instance for instance in room.instances if room.left(instance)), None)
            return self._take(spec, [(first, 1)], None) if first is not None else None
        for name in sorted(environments(self.config, spec)):
            chosen = self._place_parallel(spec, self.config.parallel_environments[name])
            if chosen is not None:
                return self._take(spec, chosen, name)
        return None

    def _place_parallel(
        self, spec: JobSpec, environment: ParallelEnvironment
    ) -> list[tuple[QueueInstance, int]] | None:
        rule = environment.attributes["allocation_rule"]
        room = self.candidates(spec, environment.name)
        master = master_of(self.config, spec, room)
        if spec.master_queues and master is None:
            return None
        if master is not None and rule != "$fill_up":
            room.put_first(master)
        for count in wanted_slots(spec, self.most_slots(environment, room)):
            chosen = allocate(rule, room, count, master)
            if chosen is not None:
                return sorted(chosen, key=lambda item: item[0] is not master) if master else chosen
        return None

    def left_of_environment(self, name: str) -> int:
        """The slots of a parallel environment that are not used."""
        return self.config.parallel_environments[name].slots - self.pe_used.get(name, 0)

    def most_slots(self, environment: ParallelEnvironment, room: FreeSlots) -> int:
        """No more slots than these can be had of a parallel environment now."""
        left = self.left_of_environment(environment.name)
        return min(left, most_slots(environment.attributes["allocation_rule"], room))

    def _take(
        self, spec: JobSpec, chosen: list[tuple[QueueInstance, int]], pe: str | None
    ) -> tuple[tuple[Granted, ...], str | None]:
        granted = tuple(Granted(instance.queue.name, instance.host, count) for instance, count in chosen)
        for piece in granted:
            self.free[piece.instance] -= piece.slots
            self.order.add(piece.host, piece.slots)
        if pe is not None:
            self.pe_used[pe] = self.pe_used.get(pe, 0) + sum(piece.slots for piece in granted)
        for key, amount in consumed(self.config, spec, granted):
            self.used[key] = self.used.get(key, 0.0) + amount
        self.quotas.debit(spec, granted, pe)
        self.exclusive.add(spec, granted)
        return granted, pe


def master_of(config: CellConfig, spec: JobSpec, room: FreeSlots) -> QueueInstance | None:
    """The first instance with a free slot that -masterq allows; None without one, or without -masterq."""
    for instance in room.instances if spec.master_queues else ():
        if room.left(instance) and any(
            instance_matches(config, pattern, instance.queue.name, instance.host)
            for pattern in spec.master_queues
        ):
            return instance
    return None


def used_of(state: CellState, place: str) -> dict[str, float]:
    """What running jobs use of the consumables of ``host:NAME`` or ``queue:INSTANCE``, slots among them."""
    used = {name: amount for (where, name), amount in consumption(state).items() if where == place}
    kind, _, name = place.partition(":")
    used["slots"] = sum(
        instance.used
        for instance in state.instances.values()
        if place == EVERYWHERE or name == (instance.host if kind == "host" else instance.name)
    )
    return used
