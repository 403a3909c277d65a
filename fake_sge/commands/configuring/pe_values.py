"""What the values of a parallel environment may be, besides how they are written (real cell)."""

from __future__ import annotations

from collections.abc import Mapping

from ...model.names import refuse_object_name
from ...model.values import c_long

_RULES = ("$pe_slots", "$fill_up", "$round_robin")
_URGENT = ("min", "max", "avg")
_SHOWN = 100  # letters of a name
MOST_SLOTS = 9999999


def too_many_slots(value: str) -> list[str]:
    """What is said of more slots than there can be."""
    if int(value or 0) <= MOST_SLOTS:
        return []
    only = f"it must be a value between 0 and {MOST_SLOTS}"
    return [f'{value} is an invalid value for the "slots" attribute - {only}']


def faults(name: str, values: Mapping[str, str]) -> list[str]:
    """What is wrong with the name, or first with some of the values."""
    refusal = refuse_object_name(name)
    if refusal:
        return [refusal, f'Invalid character in pe name of pe "{name[:_SHOWN]}"']
    wrong = too_many_slots(values.get("slots", "0"))
    rule = values.get("allocation_rule", "")
    if rule.startswith("$") and rule.split()[0] not in _RULES:
        wrong.append(f'parameter allocation_rule of pe "{name}": unknown variable "{rule[1:]}"')
    urgency = values.get("urgency_slots", "min")
    number, _ = c_long(urgency)
    if urgency.lower() not in _URGENT and (number is None or number < 0):
        wrong.append(f'rejecting invalid urgency_slots setting "{urgency}"')
    return wrong[:1]


def path_fault(values: Mapping[str, str]) -> str:
    """What is said of a procedure that begins with no path, nor with who runs it and a path; else ""."""
    for key in ("start_proc_args", "stop_proc_args"):
        command = values.get(key, "NONE")
        if command.upper() != "NONE" and not command.split("@", 1)[-1].startswith("/"):
            return f'denied: path given for "{key}" must start with a "/"'
    return ""
