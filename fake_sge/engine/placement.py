"""Where a job can run: queues, requested resources, consumables, parallel environments."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from ..model import (
    CellConfig,
    ComplexEntry,
    Granted,
    JobSpec,
    JobType,
    ParallelEnvironment,
    QueueInstance,
    QueueState,
    SchedulingMessage,
)
from ..model.globs import glob_match
from ..model.resources import STEADY_LOADS, complex_values, known_loads, satisfies
from ..model.values import number_of, printed
from .allocation import Room, allocate, most_slots
from .host_order import HostOrder
from .quotas import Quotas
from .shortages import ABOUT_HOST, ABOUT_QUEUE, Used, of_cluster_queue, requests
from .state import CellState, exceeded

# Jobs that run in queues of type INTERACTIVE: those started at once or not at all (real cell: -now y).
_INTERACTIVE = (
    JobType.IMMEDIATE | JobType.QLOGIN | JobType.QRSH | JobType.QSH | JobType.QRLOGIN | JobType.QRSHX
)

# Message numbers and texts as on a real 8.1.9 (captures w3.j_inthr, w4.j, w5.j), in the order reported.
UNAVAILABLE = (
    (
        QueueState.SUSPENDED
        | QueueState.CALENDAR_SUSPENDED
        | QueueState.SUBORDINATE
        | QueueState.ERROR
        | QueueState.UNKNOWN
        | QueueState.ORPHANED
        | QueueState.AMBIGUOUS,
        40,
        "is temporarily not available",
    ),
    (QueueState.ALARM | QueueState.SUSPEND_ALARM, 27, "is overloaded"),
    (QueueState.DISABLED | QueueState.CALENDAR_DISABLED, 39, "is disabled"),
)


def instance_matches(config: CellConfig, pattern: str, queue: str, host: str) -> bool:
    """Whether ``all.q``, ``all.q@host``, ``*@@group`` or a glob means a queue instance."""
    name, at, place = config.queue_named(pattern).partition("@")
    if name and not glob_match(name, queue):
        return False
    if not at:
        return True
    if place.startswith("@"):
        return any(
            host in members for group, members in config.host_groups.items() if glob_match(place, group)
        )
    return glob_match(place.lower(), host.lower())


def queue_unavailable(instance: QueueInstance) -> SchedulingMessage | None:
    """Why nothing can be dispatched to a queue instance because of its state; None when it is open."""
    for states, number, text in UNAVAILABLE:
        if instance.state & states:
            return SchedulingMessage(number, f'queue instance "{instance.name}" dropped because it {text}')
    return None


class Offer(NamedTuple):
    """What an instance offers for a complex entry: the text and where it comes from (``hl:`` ``qf:`` ...)."""

    text: str
    source: str
    by_host: bool


def offers(config: CellConfig, instance: QueueInstance, entry: ComplexEntry, loads: bool) -> Offer | None:
    """The instance's value of a complex entry; queue values count before those of the host.

    ``loads``: also those load values that change.
    """
    attributes, name = instance.queue.attributes, entry.name
    fixed = {"qname": instance.queue.name, "hostname": instance.host}
    if name in fixed:
        return Offer(fixed[name], "qf", False)
    text = complex_values(attributes.get("complex_values", "")).get(name)
    if text is not None:
        return Offer(text, "qc" if entry.consumable != "NO" else "qf", False)
    if name in attributes and name != "slots":
        return Offer(
            attributes[name].lower() if attributes[name] == "INFINITY" else attributes[name], "qf", False
        )
    host = config.hosts[instance.host]
    text = complex_values(host.attributes.get("complex_values", "")).get(name)
    if text is not None:
        return Offer(text, "hc" if entry.consumable != "NO" else "hf", True)
    reported = known_loads(host)
    if name in reported and (loads or name in STEADY_LOADS):
        return Offer(reported[name], "hl", True)
    return None


def meets(entry: ComplexEntry, wanted: str, offer: Offer | None) -> bool:
    """Whether an offer meets a request for ever: of a consumable any amount does."""
    if offer is None:
        return False
    if entry.consumable != "NO":
        return number_of(wanted, entry.type) is not None and number_of(offer.text, entry.type) is not None
    return satisfies(entry, wanted, offer.text)


def mismatch(
    config: CellConfig, instance: QueueInstance, spec: JobSpec, loads: bool = True, verifying: bool = False
) -> SchedulingMessage | None:
    """Why an instance can never run the job (whatever else runs), worded as in qstat -j; None when it can.

    ``loads``: as for :func:`offers`. ``verifying``: worded as by -w.
    """
    if spec.hard_queues and not any(
        instance_matches(config, pattern, instance.queue.name, instance.host) for pattern in spec.hard_queues
    ):
        name = instance.queue.name
        if any(glob_match(config.queue_named(word).partition("@")[0], name) for word in spec.hard_queues):
            name = instance.name if verifying else instance.host  # on other hosts it is (real cell)
        text = f'cannot run in queue "{name}" because it is not contained in its hard queue list (-q)'
        return SchedulingMessage(6, text)
    if spec.pe is None and not spec.job_type & _INTERACTIVE and "B" not in instance.queue.qtype:
        text = f'cannot run in queue instance "{instance.name}" because it is not of type batch'
        return SchedulingMessage(12, text)
    limit = of_cluster_queue(config, instance, spec)
    if limit is not None:
        return limit
    for resource in spec.hard_resources:
        entry = config.complex_named(resource.name)
        if entry is None or entry.name == "slots":
            continue
        offer = offers(config, instance, entry, loads)
        if not meets(entry, resource.value, offer):
            by_host = offer is not None and offer.by_host
            place = f'in queue "{instance.name}"'
            if by_host:
                place = f'{"at host" if spec.pe is None else "in queue"} "{instance.host}"'
            only = (
                f"it offers only {offer.source}:{entry.name}={printed(offer.text, entry.type)}"
                if offer
                else f"job requests unknown resource ({entry.name})"
            )
            text = f"(-l {requests(spec.hard_resources)}) cannot run {place} because {only}"
            return SchedulingMessage(ABOUT_HOST if by_host else ABOUT_QUEUE, text)
    if spec.pe is not None and not any(glob_match(spec.pe, name) for name in instance.queue.pe_list):
        return SchedulingMessage(
            8, f'cannot run in queue "{instance.queue.name}" because PE "{spec.pe}" is not in PE list'
        )
    return None


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
    """What a job takes of which consumables, besides its slots."""
    found = []
    for resource in spec.hard_resources:
        entry = config.complex_named(resource.name)
        if entry is not None and entry.consumable != "NO" and entry.name != "slots":
            found.append((entry, number_of(resource.value, entry.type) or 0.0))
    return found


def consumed(
    config: CellConfig, spec: JobSpec, granted: tuple[Granted, ...]
) -> Iterator[tuple[tuple[str, str], float]]:
    """What a job takes where: ``host:NAME`` or ``queue:INSTANCE`` and the consumable, and how much."""
    for entry, amount in consumables(config, spec):
        for index, piece in enumerate(granted):
            if entry.consumable == "JOB" and index:
                continue
            factor = 1 if entry.consumable == "JOB" else piece.slots
            for place in (f"queue:{piece.instance}", f"host:{piece.host}"):
                yield (place, entry.name), amount * factor


def quotas_of(state: CellState, running: bool = True) -> Quotas:
    """The resource quotas with what is used of them now; without ``running`` as if nothing ran."""

    def value_of(instance: QueueInstance, entry: ComplexEntry) -> str | None:
        offer = offers(state.config, instance, entry, loads=True)
        return offer.text if offer is not None else None

    quotas = Quotas(state.config, value_of)
    for number, task_number in state.running if running and quotas else ():
        job = state.jobs[number]
        task = job.tasks[task_number]
        quotas.debit(job.spec, task.granted, task.granted_pe)
    return quotas


class Capacity:
    """Free slots and consumables while one scheduler run hands them out."""

    def __init__(self, state: CellState, now: float) -> None:
        self.state = state
        self.config = state.config
        self.free = {
            name: max(0, instance.slots - instance.used)
            for name, instance in state.instances.items()
            if queue_unavailable(instance) is None
        }
        self.order = HostOrder(state, now)
        self.quotas = quotas_of(state)
        self.used: dict[tuple[str, str], float] = {}
        self.pe_used: dict[str, int] = {}
        for number, task_number in state.running:
            job = state.jobs[number]
            task = job.tasks[task_number]
            if task.granted_pe:
                self.pe_used[task.granted_pe] = self.pe_used.get(task.granted_pe, 0) + task.slots
            self._consume(job.spec, task.granted)

    def nothing_free(self) -> bool:
        """Whether no slot is left anywhere."""
        return not any(self.free.values())

    def _consume(self, spec: JobSpec, granted: tuple[Granted, ...]) -> None:
        for key, amount in consumed(self.config, spec, granted):
            self.used[key] = self.used.get(key, 0.0) + amount

    def _room(self, spec: JobSpec, instance: QueueInstance) -> int:
        """How many of the job's slots fit into an instance now."""
        room = self.free.get(instance.name, 0)
        for entry, amount in consumables(self.config, spec):
            host = self.config.hosts[instance.host]
            for place, text in (
                (f"queue:{instance.name}", instance.queue.attributes.get("complex_values", "")),
                (f"host:{instance.host}", host.attributes.get("complex_values", "")),
            ):
                value = complex_values(text).get(entry.name)
                total = number_of(value, entry.type) if value is not None else None
                if total is None or amount <= 0:
                    continue
                left = total - self.used.get((place, entry.name), 0.0)
                room = min(
                    room,
                    (room if left >= amount else 0)
                    if entry.consumable == "JOB"
                    else int(left / amount + 1e-9),
                )
        return room

    def candidates(self, spec: JobSpec, pe: str | None) -> Room:
        """The instances in which the job would run now, in the order in which they are tried."""
        found: list[tuple[QueueInstance, int]] = []
        open_ones = [self.state.instances[name] for name, slots in self.free.items() if slots]
        for instance in self.order.sorted(open_ones):
            if (
                mismatch(self.config, instance, spec) is None
                and (pe is None or pe in instance.queue.pe_list)
                and not self._overloaded(instance)
            ):
                room = self._room(spec, instance)
                if room > 0:
                    found.append((instance, room))
        preferred = [
            item
            for item in found
            if any(
                instance_matches(self.config, pattern, item[0].queue.name, item[0].host)
                for pattern in spec.soft_queues
            )
        ]
        if preferred:
            found = preferred + [item for item in found if item not in preferred]
        return Room(found, [self.quotas.caps(spec, pe, instance) for instance, _ in found])

    def _overloaded(self, instance: QueueInstance) -> bool:
        """Whether the jobs started of late have taken an instance beyond its load thresholds."""
        thresholds = instance.queue.attributes.get("load_thresholds", "NONE")
        if thresholds == "NONE":
            return False
        loads = {name: f"{value:f}" for name, value in self.order.adjusted(instance.host).items()}
        return any(True for _ in exceeded(self.config, loads, thresholds))

    def place(self, spec: JobSpec) -> tuple[tuple[Granted, ...], str | None] | None:
        """Slots for one task, taken from what is free; None when it does not fit now."""
        if spec.pe is None:
            room = self.candidates(spec, None)
            first = next((instance for instance in room.instances if room.left(instance)), None)
            return self._take(spec, [(first, 1)], None) if first is not None else None
        for name, environment in sorted(self.config.parallel_environments.items()):
            if glob_match(spec.pe, name):
                chosen = self._place_parallel(spec, environment)
                if chosen is not None:
                    return self._take(spec, chosen, name)
        return None

    def _place_parallel(
        self, spec: JobSpec, environment: ParallelEnvironment
    ) -> list[tuple[QueueInstance, int]] | None:
        rule = environment.attributes["allocation_rule"]
        room = self.candidates(spec, environment.name)
        for count in wanted_slots(spec, self.most_slots(environment, room)):
            chosen = allocate(rule, room, count)
            if chosen is not None:
                return chosen
        return None

    def most_slots(self, environment: ParallelEnvironment, room: Room) -> int:
        """No more slots than these can be had of a parallel environment now."""
        left = environment.slots - self.pe_used.get(environment.name, 0)
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
        self._consume(spec, granted)
        self.quotas.debit(spec, granted, pe)
        return granted, pe


def used_of(state: CellState, place: str) -> dict[str, float]:
    """What running jobs use of the consumables of ``host:NAME`` or ``queue:INSTANCE``, slots among them."""
    used: dict[str, float] = {}
    for number, task_number in state.running:
        job = state.jobs[number]
        for (where, name), amount in consumed(state.config, job.spec, job.tasks[task_number].granted):
            if where == place:
                used[name] = used.get(name, 0.0) + amount
    kind, _, name = place.partition(":")
    used["slots"] = sum(
        instance.used
        for instance in state.instances.values()
        if name == (instance.host if kind == "host" else instance.name)
    )
    return used


def use_of(state: CellState) -> Used:
    """What running jobs use of each place, counted once for a place."""
    return functools.lru_cache(maxsize=None)(lambda place: used_of(state, place))
