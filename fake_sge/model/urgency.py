"""How many slots a pending job asks for, and what its requests add to its urgency (sge_priority(5))."""

from __future__ import annotations

import math

from .cluster import CellConfig
from .globs import glob_match
from .jobs import INFINITE_SLOTS, JobSpec
from .values import TEXT_TYPES, atof, number_of


def slot_request(spec: JobSpec, config: CellConfig) -> int:
    """The slots column of a pending job: 1, or what ``urgency_slots`` makes of -pe with several numbers."""
    if spec.pe is None or not spec.pe_ranges:
        return 1
    name = next((name for name in config.parallel_environments if glob_match(spec.pe, name)), None)
    rule = config.parallel_environments[name].attributes.get("urgency_slots", "min") if name else "min"
    lowest = spec.pe_ranges[0].first
    highest = spec.pe_ranges[-1].last
    if rule == "max":
        return highest if highest != INFINITE_SLOTS else lowest
    if rule == "avg":
        ids = [slot for piece in spec.pe_ranges if piece.last != INFINITE_SLOTS for slot in piece.ids()]
        return sum(ids) // len(ids) if ids else lowest
    return int(rule) if rule.isdigit() and highest > lowest else lowest


def request_urgency(spec: JobSpec, name: str, value: str, config: CellConfig) -> float:
    """The urgency of one request: that of the complex entry, for numbers times value and slots."""
    entry = config.complex_named(name)
    if entry is None:
        return 0.0
    urgency = atof(entry.urgency)
    if entry.type in TEXT_TYPES:
        return urgency
    number = number_of(value, entry.type) or 0.0
    if not urgency and math.isinf(number):
        return 0.0
    return urgency * number * slot_request(spec, config)  # 0 times -1 is -0 (real cell: -l h_rt=-1)


def resource_contribution(spec: JobSpec, config: CellConfig) -> float:
    """``rrcontr``: the urgency of all hard requests, of which slots are one."""
    requests = [("slots", "1"), *((item.name, item.value) for item in spec.hard_resources)]
    return sum(request_urgency(spec, name, value, config) for name, value in requests)
