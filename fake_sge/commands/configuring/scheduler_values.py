"""What the values of the scheduler's configuration may be, besides how they are written (real cell)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ...model import CellConfig
from ...model.values import TEXT_TYPES, c_double, quantity

_TIMES = ("schedule_interval", "load_adjustment_decay_time", "reprioritize_interval", "default_duration")
_ENDLESS = ("default_duration",)
_ALGORITHMS = ("default", "simple_sched")
_FORMULA = "load_formula"


def fault(values: Mapping[str, str]) -> str:
    """What is wrong first; "" when nothing is."""
    algorithm = values["algorithm"]
    if algorithm not in _ALGORITHMS and not algorithm.startswith("ext_"):
        return f'attribute "{algorithm}" is not a valid algorithm name.'
    for name in _TIMES:
        seconds = quantity(values[name])
        if seconds is None:
            return f'attribute "{name}" is not a time value'
        if not math.isfinite(seconds) and name not in _ENDLESS:
            return f'attribute "{name}" is not a value that can be set to infinity'
    word, _, jobs = values["schedd_job_info"].partition(" ")
    if word == "job_list" and not re.fullmatch(r"[0-9, :-]+", jobs):
        return 'attribute "schedd_job_info" is not a valid job_list'
    if word not in ("true", "false", "job_list"):
        return 'attribute "schedd_job_info " is not a valid parameter'
    return ""


def formula_fault(config: CellConfig, text: str) -> str:
    """What the qmaster says of a load formula; "" when it takes it."""
    if text.lower() == "none":
        return f'The keyword "none" is not allowed in "{_FORMULA}"'
    for term in re.split(r"(?<!\*)[+-]", text):
        name, times, weight = term.partition("*")
        number, rest = c_double(weight)
        if times and (number is None or rest):
            return f'"{_FORMULA}" uses "{weight}" as weighting factor (only numbers are allowed)'
        if not name or c_double(name)[0] is not None:
            continue
        entry = config.complex_named(name.lstrip("$"))
        if entry is None:
            return f'"{_FORMULA}" references not existing complex attribute "{name}"'
        if entry.type in TEXT_TYPES:
            kinds = "String, CString, ReString or Host attributes"
            return f'{kinds} are not allowed in "{_FORMULA}": "{name}"'
    return ""
