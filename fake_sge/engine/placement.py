"""Where a job can run: queues, requested resources, consumables, parallel environments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..model import (
    CellConfig,
    ComplexEntry,
    Granted,
    JobSpec,
    JobType,
    ParallelEnvironment,
    QueueInstance,
    QueueState,
    Resource,
    SchedulingMessage,
)
from ..model.globs import glob_match
from ..model.resources import STEADY_LOADS, complex_values, satisfies
from ..model.values import number_of, printed
from .state import CellState

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


@dataclass(frozen=True)
class Offer:
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
    if name in host.load_values and (loads or name in STEADY_LOADS):
        return Offer(host.load_values[name], "hl", True)
    return None


def meets(entry: ComplexEntry, wanted: str, offer: Offer | None) -> bool:
    """Whether an offer meets a request for ever: of a consumable any amount does."""
    if offer is None:
        return False
    if entry.consumable != "NO":
        return number_of(wanted, entry.type) is not None and number_of(offer.text, entry.type) is not None
    return satisfies(entry, wanted, offer.text)


def mismatch(
    config: CellConfig, instance: QueueInstance, spec: JobSpec, loads: bool = True
) -> SchedulingMessage | None:
    """Why an instance can never run the job (whatever else runs), worded as in qstat -j; None when it can.

    ``loads``: as for :func:`offers`.
    """
    if spec.hard_queues and not any(
        instance_matches(config, pattern, instance.queue.name, instance.host) for pattern in spec.hard_queues
    ):
        return SchedulingMessage(
            6,
            f'cannot run in queue "{instance.queue.name}" because it is not contained '
            f"in its hard queue list (-q)",
        )
    if spec.pe is None and not spec.job_type & _INTERACTIVE and "B" not in instance.queue.qtype:
        text = f'cannot run in queue instance "{instance.name}" because it is not of type batch'
        return SchedulingMessage(12, text)
    for resource in spec.hard_resources:
        entry = config.complex_named(resource.name)
        if entry is None or entry.name == "slots":
            continue
        offer = offers(config, instance, entry, loads)
        if offer is None and entry.consumable != "NO":
            offer = Offer(entry.default, "gc", True)
        if not meets(entry, resource.value, offer):
            place = (
                f'at host "{instance.host}"'
                if offer is not None and offer.by_host
                else f'in queue "{instance.name}"'
            )
            only = (
                f"it offers only {offer.source}:{entry.name}={printed(offer.text, entry.type)}"
                if offer
                else f"job requests unknown resource ({entry.name})"
            )
            text = f"(-l {_requests(spec.hard_resources)}) cannot run {place} because {only}"
            return SchedulingMessage(0 if offer else 17, text)
    if spec.pe is not None and not any(glob_match(spec.pe, name) for name in instance.queue.pe_list):
        return SchedulingMessage(
            8, f'cannot run in queue "{instance.queue.name}" because PE "{spec.pe}" is not in PE list'
        )
    return None


def _requests(resources: tuple[Resource, ...]) -> str:
    return ",".join(sorted(f"{item.name}={item.value}" for item in resources))


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


class Capacity:
    """Free slots and consumables while one scheduler run hands them out."""

    def __init__(self, state: CellState) -> None:
        self.state = state
        self.config = state.config
        self.free = {
            name: max(0, instance.slots - instance.used)
            for name, instance in state.instances.items()
            if queue_unavailable(instance) is None
        }
        self.order = sorted(
            self.free, key=lambda name: (state.instances[name].queue.seq_no, -self.free[name], name)
        )
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

    def _consumables(self, spec: JobSpec) -> list[tuple[ComplexEntry, float]]:
        found = []
        for resource in spec.hard_resources:
            entry = self.config.complex_named(resource.name)
            if entry is not None and entry.consumable != "NO" and entry.name != "slots":
                found.append((entry, number_of(resource.value, entry.type) or 0.0))
        return found

    def _consume(self, spec: JobSpec, granted: tuple[Granted, ...]) -> None:
        for entry, amount in self._consumables(spec):
            for index, piece in enumerate(granted):
                if entry.consumable == "JOB" and index:
                    continue
                factor = 1 if entry.consumable == "JOB" else piece.slots
                for place in (f"queue:{piece.instance}", f"host:{piece.host}"):
                    key = (place, entry.name)
                    self.used[key] = self.used.get(key, 0.0) + amount * factor

    def _room(self, spec: JobSpec, instance: QueueInstance) -> int:
        """How many of the job's slots fit into an instance now."""
        room = self.free.get(instance.name, 0)
        for entry, amount in self._consumables(spec):
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

    def _candidates(self, spec: JobSpec, pe: str | None) -> list[tuple[QueueInstance, int]]:
        found = []
        for name in self.order:
            instance = self.state.instances[name]
            if (
                self.free[name]
                and mismatch(self.config, instance, spec) is None
                and (pe is None or pe in instance.queue.pe_list)
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
        return preferred + [item for item in found if item not in preferred] if preferred else found

    def place(self, spec: JobSpec) -> tuple[tuple[Granted, ...], str | None] | None:
        """Slots for one task, taken from what is free; None when it does not fit now."""
        if spec.pe is None:
            found = self._candidates(spec, None)
            return self._take(spec, [(found[0][0], 1)], None) if found else None
        for name, environment in sorted(self.config.parallel_environments.items()):
            if glob_match(spec.pe, name):
                chosen = self._place_parallel(spec, environment)
                if chosen is not None:
                    return self._take(spec, chosen, name)
        return None

    def _place_parallel(
        self, spec: JobSpec, environment: ParallelEnvironment
    ) -> list[tuple[QueueInstance, int]] | None:
        found = self._candidates(spec, environment.name)
        left = environment.slots - self.pe_used.get(environment.name, 0)
        for count in wanted_slots(spec, min(left, sum(room for _, room in found))):
            chosen = allocate(environment.attributes["allocation_rule"], found, count)
            if chosen is not None:
                return chosen
        return None

    def _take(
        self, spec: JobSpec, chosen: list[tuple[QueueInstance, int]], pe: str | None
    ) -> tuple[tuple[Granted, ...], str | None]:
        granted = tuple(Granted(instance.queue.name, instance.host, count) for instance, count in chosen)
        for piece in granted:
            self.free[piece.instance] -= piece.slots
        if pe is not None:
            self.pe_used[pe] = self.pe_used.get(pe, 0) + sum(piece.slots for piece in granted)
        self._consume(spec, granted)
        return granted, pe


def allocate(
    rule: str, found: list[tuple[QueueInstance, int]], count: int
) -> list[tuple[QueueInstance, int]] | None:
    """Distribute slots over instances by a PE's allocation rule (sge_pe(5)); None when they do not fit."""
    if rule == "$pe_slots":
        fitting = [instance for instance, room in found if room >= count]
        return [(fitting[0], count)] if fitting else None
    fixed = int(rule) if rule.isdigit() else 0
    if fixed:
        hosts = [instance for instance, room in found if room >= fixed]
        needed = count // fixed
        return (
            [(instance, fixed) for instance in hosts[:needed]]
            if count % fixed == 0 and len(hosts) >= needed
            else None
        )
    if sum(room for _, room in found) < count:
        return None
    given = [0] * len(found)
    while count:
        for index, (_, room) in enumerate(found):
            step = (
                min(room - given[index], count) if rule == "$fill_up" else min(1, room - given[index], count)
            )
            given[index] += step
            count -= step
    return [(instance, slots) for (instance, _), slots in zip(found, given) if slots]


def used_of(state: CellState, place: str) -> dict[str, float]:
    """What running jobs use of the consumables of ``host:NAME`` or ``queue:INSTANCE``, slots among them."""
    used = {name: amount for (where, name), amount in Capacity(state).used.items() if where == place}
    kind, _, name = place.partition(":")
    used["slots"] = sum(
        instance.used
        for instance in state.instances.values()
        if name == (instance.host if kind == "host" else instance.name)
    )
    return used
