"""How many slots a pending job asks for, and what its requests add to its urgency."""

from __future__ import annotations

import math

from ..model import INFINITE_SLOTS, CellConfig, Job
from ..model.globs import glob_match
from ..model.values import TEXT_TYPES, atof, number_of


def slot_request(job: Job, config: CellConfig) -> int:
    """The slots column of a pending job: 1, or what ``urgency_slots`` makes of -pe."""
    spec = job.spec
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
    return int(rule) if rule.isdigit() else lowest


def urgency_contribution(job: Job, name: str, value: str, config: CellConfig) -> float:
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
    return urgency * number * slot_request(job, config)  # 0 times -1 is -0 (real cell: -l h_rt=-1)
