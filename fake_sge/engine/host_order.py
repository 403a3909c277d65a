"""In which order the scheduler looks at hosts: by their load, to which each job it has started adds.

Observed on a real cell of three hosts whose loads were set (tests/fake/data/hosts.jsonl): a host that has
got a job goes before the others of the same load.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..lighter import NamedTuple
from ..model import QueueInstance
from ..model.resources import complex_values, known_loads
from ..model.values import number_of, quantity
from .state import CellState

_TERM = r"([+-]?)\s*([A-Za-z_]\w*)?\s*(?:\*?\s*([\d.]+))?"
_ABSENT = 99.0  # of a load value that is not reported


class Load(NamedTuple):
    """A load value: what is reported, and what each of the slots started of late adds."""

    reported: float
    each: float
    slots: float
    processors: int

    @property
    def value(self) -> float:
        """With what is added."""
        return self.reported + self.each * self.slots / self.processors


class HostOrder:
    """The hosts by load during one run of the scheduler."""

    def __init__(self, state: CellState, now: float) -> None:
        config = state.config
        self._scheduler = config.scheduler
        self._by_queue = self._scheduler.get("queue_sort_method", "load") == "seqno"
        self._loads = {name: _numbers(known_loads(host)) for name, host in config.hosts.items()}
        self._adjustments = {
            name: quantity(text) or 0.0
            for name, text in complex_values(self._scheduler.get("job_load_adjustments", "NONE")).items()
        }
        self._added = dict.fromkeys(config.hosts, 0.0)  # slots started of late
        decay = quantity(self._scheduler.get("load_adjustment_decay_time", "0:0:0")) or 0.0
        for _, task in state.running_tasks():
            age = now - task.start_time
            if age < decay:
                for piece in task.granted:
                    if piece.host in self._added:
                        self._added[piece.host] += piece.slots * (1.0 - max(0.0, age) / decay)
        # whole percents (state.T.j: 0.990000, which no whole seconds of 450 give)
        self._added = {name: int(slots * 100 + 1e-9) / 100 for name, slots in self._added.items()}
        self._terms = [
            ((-1.0 if sign == "-" else 1.0) * float(number or 1.0), name)
            for sign, name, number in re.findall(_TERM, self._scheduler.get("load_formula", "np_load_avg"))
            if name or number
        ]
        self._load = {name: self._loaded(name) for name in config.hosts}
        self._order = sorted(config.hosts, key=self._load.__getitem__)
        self._places: dict[str, tuple[int, int]] = {}
        self._made = {name: index for index, name in enumerate(config.queues)}

    def loads(self, host: str) -> dict[str, Load]:
        """The load values of a host with what is added for the jobs it has got.

        Those for each processor grow by a part only.
        """
        reported = self._loads[host]
        processors = int(max(1.0, reported.get("num_proc", 1.0)))
        return {
            name: Load(
                value,
                self._adjustments.get(name, 0.0),
                self._added[host] if name in self._adjustments else 0.0,
                processors if name.startswith("np_") else 1,
            )
            for name, value in reported.items()
        }

    def _loaded(self, host: str) -> float:
        """The value by which hosts are sorted: ``load_formula``."""
        loads = self.loads(host)
        absent = Load(_ABSENT, 1.0, self._added[host], 1)
        return sum(weight * (loads.get(name, absent).value if name else 1.0) for weight, name in self._terms)

    def add(self, host: str, slots: int) -> None:
        """A job has got slots there."""
        if host not in self._added:
            return
        self._added[host] += slots
        if not self._adjustments:
            return
        self._order.remove(host)
        load = self._load[host] = self._loaded(host)
        place = next((index for index, name in enumerate(self._order) if self._load[name] >= load), None)
        self._order.insert(len(self._order) if place is None else place, host)
        self._places = {}

    def sorted(self, instances: list[QueueInstance]) -> list[QueueInstance]:
        """Instances in the order in which they are tried; on one host as their queues were made (w5.j)."""
        if not self._places:
            rank, last = 0, None
            for index, host in enumerate(self._order):
                load = self._load[host]
                rank += last is not None and load != last
                self._places[host], last = (rank, index), load

        def key(instance: QueueInstance) -> tuple[int, int, int, int]:
            place, index = self._places[instance.host]
            number, made = instance.queue.seq_no, self._made[instance.queue.name]
            return (number, place, index, made) if self._by_queue else (place, number, index, made)

        return sorted(instances, key=key)


def _numbers(loads: Mapping[str, str]) -> dict[str, float]:
    found = {name: number_of(text, "DOUBLE") for name, text in loads.items()}
    return {name: number for name, number in found.items() if number is not None}
