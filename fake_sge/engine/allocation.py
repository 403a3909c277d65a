"""How the slots of a parallel job are spread over hosts: the allocation rule of its environment (sge_pe(5)).

Observed on a real cell of three hosts (tests/fake/data/hosts.jsonl): a host's slots may come from several of
its queues; those of the first host go to the front of the list while it is looked at for the first time, so
that its last queue is the master's.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from ..lighter import NamedTuple
from ..model import QueueInstance
from .quotas import Cap


class Share(NamedTuple):
    """A consumable of a host, or of all of them (``scope`` is ""), and for how many slots it does."""

    scope: str
    resource: str
    slots: int


class FreeSlots:
    """The slots that are free in each queue instance, within limits that instances share."""

    def __init__(
        self, free: Sequence[tuple[QueueInstance, int]], caps: Sequence[Sequence[Cap | Share]]
    ) -> None:
        """``caps``: those of each instance of ``free``."""
        self.instances = [instance for instance, _ in free]
        self._free = {instance.name: slots for instance, slots in free}
        self._caps = {instance.name: caps for (instance, _), caps in zip(free, caps)}
        self._left: dict[tuple[Hashable, str], int] = {
            (cap.scope, cap.resource): cap.slots for found in caps for cap in found
        }

    def hosts(self) -> list[list[QueueInstance]]:
        """The instances by host, hosts in the order in which they come first."""
        found: dict[str, list[QueueInstance]] = {}
        for instance in self.instances:
            found.setdefault(instance.host, []).append(instance)
        return list(found.values())

    def put_first(self, master: QueueInstance) -> None:
        """Have the host of an instance tried first, and there the instance."""
        self.instances.sort(key=lambda item: (item.host != master.host, item is not master))

    def left(self, instance: QueueInstance) -> int:
        """How many slots can still be taken of an instance."""
        shared = (self._left[cap.scope, cap.resource] for cap in self._caps[instance.name])
        return max(0, min([self._free[instance.name], *shared]))

    def take(self, instance: QueueInstance, most: int) -> int:
        """Take slots, at most so many; how many there were."""
        count = min(most, self.left(instance))
        self._free[instance.name] -= count
        for cap in self._caps[instance.name]:
            self._left[cap.scope, cap.resource] -= count
        return count

    def give_back(self, instance: QueueInstance, count: int) -> None:
        """Undo :meth:`take`."""
        self.take(instance, -count)


class _Granting:
    """The list of granted queues while it grows."""

    def __init__(self, room: FreeSlots) -> None:
        self.room = room
        self.granted: dict[str, tuple[QueueInstance, int]] = {}
        self._front: list[str] = []

    def take(self, instances: Sequence[QueueInstance], most: int, at_front: bool) -> int:
        """Take slots of a host's instances in their order; how many."""
        missing = most
        for instance in instances:
            count = self.room.take(instance, missing)
            if count:
                if at_front and instance.name not in self.granted:
                    self._front.insert(0, instance.name)
                self.granted[instance.name] = (
                    instance,
                    self.granted.get(instance.name, (instance, 0))[1] + count,
                )
                missing -= count
        return most - missing

    def undo(self, instances: Sequence[QueueInstance]) -> None:
        """Leave a host out again."""
        for instance in instances:
            _, count = self.granted.pop(instance.name, (instance, 0))
            self.room.give_back(instance, count)
            if instance.name in self._front:
                self._front.remove(instance.name)

    def ordered(self) -> list[tuple[QueueInstance, int]]:
        """The master queue first."""
        rest = [name for name in self.granted if name not in self._front]
        return [self.granted[name] for name in (*self._front, *rest)]


def allocate(
    rule: str, room: FreeSlots, count: int, master: QueueInstance | None = None
) -> list[tuple[QueueInstance, int]] | None:
    """Slots of instances, the master queue first; None, and nothing taken, when they do not fit.

    ``$fill_up`` takes a slot of the ``master`` that was asked for, and the others as without one (real cell).
    """
    granting = _Granting(room)
    hosts = room.hosts()
    share = count if rule == "$pe_slots" else int(rule) if rule.isdigit() else 0
    missing = count
    if share:
        missing = 0 if count % share == 0 and _in_shares(granting, hosts, share, count) else count
    elif rule == "$round_robin":
        missing = _in_rounds(granting, hosts, count)
    else:
        missing -= granting.take([master], 1, at_front=True) if master is not None else 0
        for index, instances in enumerate(hosts):
            missing -= granting.take(instances, missing, at_front=index == 0 and master is None)
    if missing:
        for instances in hosts:
            granting.undo(instances)
        return None
    return granting.ordered()


def _in_shares(granting: _Granting, hosts: list[list[QueueInstance]], share: int, count: int) -> bool:
    """The same number on each host."""
    given = 0
    for instances in hosts:
        if given == count:
            break
        if granting.take(instances, share, at_front=given == 0) == share:
            given += share
        else:
            granting.undo(instances)
    return given == count


def _in_rounds(granting: _Granting, hosts: list[list[QueueInstance]], count: int) -> int:
    """One on each host, then another; how many are missing."""
    missing = count
    first = True
    while missing:
        before = missing
        for index, instances in enumerate(hosts):
            if missing:
                missing -= granting.take(instances, 1, at_front=first and index == 0)
        first = False
        if missing == before:
            break
    return missing


def most_slots(rule: str, room: FreeSlots) -> int:
    """The most slots that a rule could spread over what is free."""
    hosts = [sum(room.left(instance) for instance in instances) for instances in room.hosts()]
    if rule == "$pe_slots":
        return max(hosts, default=0)
    if rule.isdigit() and int(rule):
        return int(rule) * sum(slots >= int(rule) for slots in hosts)
    return sum(hosts)
