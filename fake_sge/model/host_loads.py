"""Load values of a host that follow from a few of them: free memory, load for each processor ..."""

from __future__ import annotations

from collections.abc import Mapping

from .values import quantity

ALIASES = {"load": "load_avg", "mem": "mem_total", "swap": "swap_total", "processors": "num_proc"}
_MEBIBYTE = 1024.0**2


def with_changes(loads: Mapping[str, str], changes: Mapping[str, object]) -> dict[str, str]:
    """A load report after changes by name, with what follows from them; names of ALIASES are understood.

    Raises ValueError for a value that is no number where one belongs.
    """
    if not changes:
        return dict(loads)
    told = {ALIASES.get(name, name): str(value) for name, value in changes.items()}
    numbers = {name: _number(name, value) for name, value in {**loads, **told}.items()}
    found = {**loads, **{name: _text(name, value, numbers[name]) for name, value in told.items()}}
    follows = {**_of_processors(told, numbers), **_of_memory(told, numbers), **_of_load(told, numbers)}
    found.update({name: text for name, text in follows.items() if name not in told and name in loads})
    return found


def _number(name: str, text: str) -> float | None:
    if name in ("arch", "m_topology", "m_topology_inuse"):
        return None
    number = quantity(text)
    if number is None:
        raise ValueError(f"the load value {name} is a number, not {text!r}")
    return number


def _text(name: str, text: str, number: float | None) -> str:
    if number is None:
        return text
    if name.startswith(("mem_", "swap_", "virtual_")):
        return _memory(number)
    return f"{number:.6f}" if name.startswith(("load_", "np_load_", "cpu")) else text


def _memory(number: float) -> str:
    return f"{number / _MEBIBYTE:.6f}M"


def _of_processors(told: Mapping[str, str], numbers: Mapping[str, float | None]) -> dict[str, str]:
    if "num_proc" not in told:
        return {}
    count = int(numbers["num_proc"] or 0)
    topology = "S" + "C" * count
    values = {"m_socket": "1", "m_core": str(count), "m_thread": str(count)}
    return {**values, "m_topology": topology, "m_topology_inuse": topology}


def _of_memory(told: Mapping[str, str], numbers: Mapping[str, float | None]) -> dict[str, str]:
    if not any(name.startswith(("mem_", "swap_")) for name in told):
        return {}
    found: dict[str, float] = {}
    for kind in ("mem", "swap"):
        total = numbers.get(f"{kind}_total") or 0.0
        if f"{kind}_free" in told:
            found[f"{kind}_free"] = numbers[f"{kind}_free"] or 0.0
            found[f"{kind}_used"] = max(0.0, total - found[f"{kind}_free"])
        else:
            found[f"{kind}_used"] = min(total, numbers.get(f"{kind}_used") or 0.0)
            found[f"{kind}_free"] = total - found[f"{kind}_used"]
        found[f"{kind}_total"] = total
    for name in ("free", "total", "used"):
        found[f"virtual_{name}"] = found[f"mem_{name}"] + found[f"swap_{name}"]
    return {name: _memory(number) for name, number in found.items()}


def _of_load(told: Mapping[str, str], numbers: Mapping[str, float | None]) -> dict[str, str]:
    if not {"load_avg", "load_short", "load_medium", "load_long", "num_proc"} & told.keys():
        return {}
    found: dict[str, str] = {}
    for name in ("avg", "short", "medium", "long"):
        load = numbers.get(f"load_{name}") if f"load_{name}" in told else None
        if load is None:
            load = numbers.get("load_avg") if "load_avg" in told else numbers.get(f"load_{name}")
        found[f"load_{name}"] = f"{load or 0.0:.6f}"
        found[f"np_load_{name}"] = f"{(load or 0.0) / max(1.0, numbers.get('num_proc') or 0.0):.6f}"
    return found
