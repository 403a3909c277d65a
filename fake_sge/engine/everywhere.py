"""What all hosts of a cell share: the ``complex_values`` of the pseudo host global.

Observed on a real 8.1.9 (tests/fake/data/global_host.jsonl): it is looked at before any host is, and of what
it lacks is told once.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..lighter import NamedTuple
from ..model import JobSpec, SchedulingMessage
from ..model.values import number_of
from .exclusive import EVERYWHERE, is_exclusive
from .matching import everywhere_denied, meets, offer_of, too_little_everywhere
from .placement import Capacity, consumables, left_of
from .quotas import NO_LIMIT

_UNLIMITED = 2147483647  # slots, as messages have it (real cell)


class Shared(NamedTuple):
    """What the pseudo host global has for a job.

    Attributes:
        slots: with how many slots it could start.
        offered: how many are said to be there when these are too few: those of an empty cell (real cell).
        lack: what a single slot lacks.
    """

    slots: int = NO_LIMIT
    offered: int = NO_LIMIT
    lack: SchedulingMessage | None = None


def shared_by_all(capacity: Capacity, spec: JobSpec) -> Shared:
    """What the owner, the project and default requests must not have, then slots and what is asked for."""
    denied = everywhere_denied(capacity.config, spec)
    if denied is not None:
        return Shared(0, 0, denied)
    if capacity.config.global_host.attributes["complex_values"] == "NONE":
        return Shared()
    in_use = capacity.exclusive.everywhere(spec)
    asked = {item.name for item in spec.hard_resources}
    for message in (found for name, found in in_use.items() if name not in asked):
        return Shared(0, 0, message)
    return _asked_for(capacity, spec, in_use)


def _asked_for(capacity: Capacity, spec: JobSpec, in_use: Mapping[str, SchedulingMessage]) -> Shared:
    """Slots first, then what the job asks for, by name; of several that lack the first one tells."""
    config = capacity.config
    values = config.global_host.attributes["complex_values"]
    wanted = {item.name: item.value for item in spec.hard_resources}
    taken = {entry.name: amount for entry, amount in consumables(config, spec)}
    slots = offered = NO_LIMIT
    closed: SchedulingMessage | None = None
    for name in sorted({*wanted, *taken}, key=lambda name: (name != "slots", name)):
        entry = config.complex_named(name)
        offer = offer_of(values, "g", entry) if entry is not None else None
        if entry is None or offer is None:
            continue
        left = left_of(capacity.used, EVERYWHERE, values, entry)
        amount = taken.get(entry.name, 0.0)
        if entry.consumable == "JOB" and left is not None and left < amount and spec.pe is not None:
            return Shared(0, offered if offered < NO_LIMIT else 0)  # of what, is not said (real cell)
        if entry.consumable == "NO":
            if not meets(entry, wanted[name], offer):
                return Shared(0, 0, closed or too_little_everywhere(spec, entry, offer))
        elif left is not None and left < amount:
            too_little = too_little_everywhere(spec, entry, offer._replace(text=f"{left:.15g}"))
            return Shared(0, 0, closed or too_little)
        elif entry.name in in_use:
            closed = closed or in_use[entry.name]
        elif left is not None and amount > 0 and entry.consumable != "JOB" and not is_exclusive(entry):
            slots = min(slots, int(left / amount + 1e-9))
            offered = min(offered, int((number_of(offer.text, entry.type) or 0.0) / amount + 1e-9))
    if closed is not None:
        return Shared(0, offered if offered < NO_LIMIT else _UNLIMITED, closed)
    return Shared(slots, offered)
