"""The execution hosts of a new cell: ``{"big": {"slots": 8, "mem_total": "64G"}, "small": 2}``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .lighter import TYPE_CHECKING
from .model import Host, defaults
from .model.host_loads import ALIASES, with_changes
from .settings import near

HostValues = Mapping[str, object]
if TYPE_CHECKING:
    from typing import Union

    Hosts = Union[Sequence[str], Mapping[str, Union[int, HostValues]]]

OWN = ("slots", "complex_values", "up")
_NAMES = (*OWN, *ALIASES, *defaults.LOAD)
_HOST_NAME = r"[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?"


def host_values(hosts: Hosts) -> dict[str, dict[str, object]]:
    """What is said of each host. Raises ValueError for what a host does not have, TypeError for shapes."""
    given = hosts if isinstance(hosts, Mapping) else {name: {} for name in hosts}
    if len({str(name).lower() for name in hosts}) < len(hosts):
        raise ValueError(f"a host is named twice: {', '.join(map(str, hosts))}")
    found: dict[str, dict[str, object]] = {}
    for name, values in given.items():
        if not re.fullmatch(_HOST_NAME, str(name)) or name == "global":
            raise ValueError(f"{name!r} cannot be the name of a host")
        if isinstance(values, int) and not isinstance(values, bool):
            found[name] = {"slots": values}
        elif isinstance(values, Mapping):
            found[name] = dict(values)
        else:
            raise TypeError(f"host {name!r}: a number of slots, or a mapping of what differs, not {values!r}")
        _check(name, found[name])
    return found


def _check(host: str, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        if name not in _NAMES:
            raise ValueError(f"host {host!r} has no {name!r}{near(name, _NAMES)}")
        if name == "slots" and not re.fullmatch(r"\d+", str(value)):
            raise ValueError(f"slots of host {host!r} is a whole number, not {value!r}")
        if name == "up" and str(value).lower() not in ("true", "false"):
            raise ValueError(f"up of host {host!r} is true or false, not {value!r}")
    try:
        with_changes(defaults.LOAD, {name: value for name, value in values.items() if name not in OWN})
    except ValueError as error:
        raise ValueError(f"host {host!r}: {error}") from None


def make_hosts(hosts: Hosts, complex_values: str) -> dict[str, Host]:
    """The hosts; ``complex_values`` is for those that have none of their own."""
    made = {}
    for name, values in host_values(hosts).items():
        own = str(values.get("complex_values", complex_values))
        loads = with_changes(defaults.LOAD, {key: value for key, value in values.items() if key not in OWN})
        up = str(values.get("up", True)).lower() == "true"
        attributes = {**defaults.HOST, "complex_values": own, "processors": loads["num_proc"] if up else "0"}
        made[name] = Host(name, loads, attributes, up=up, heard=up, unheard=not up)
    return made


def slots_by_host(hosts: Hosts, slots: int) -> str:
    """The attribute ``slots`` of a queue: the cell's, and that of hosts which have another."""
    own = {name: values["slots"] for name, values in host_values(hosts).items() if "slots" in values}
    return ",".join([str(slots), *(f"[{name}={count}]" for name, count in own.items())])


def directory_by_host(hosts: Hosts, directory: str) -> str:
    """The attribute ``tmpdir`` of a queue: each further host has a directory of its own."""
    further = list(host_values(hosts))[1:]
    return ",".join([directory, *(f"[{name}={directory}/{name}]" for name in further)])


def parse_host(text: str) -> tuple[str, dict[str, object]]:
    """``big:slots=8,mem=64G`` of a command line, ``big:8``, ``big``. Raises ValueError."""
    name, _, rest = text.partition(":")
    values: dict[str, object] = {"slots": int(rest)} if rest.isdigit() else {}
    for word in filter(None, rest.split(",") if not values else ()):
        key, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"{word!r} is not NAME=VALUE")
        values[key] = value
    host_values({name: values})
    return name, values


def parse_hosts(settings: Sequence[str], names: str | None) -> dict[str, dict[str, object]] | tuple[str, ...]:
    """The hosts of a command line: each with its settings, or names with commas. Raises ValueError."""
    if settings and names is not None:
        raise ValueError("either --hosts or --host")
    hosts = [parse_host(text) for text in settings]
    if len({name for name, _ in hosts}) < len(hosts):
        raise ValueError(f"a host is named twice: {', '.join(name for name, _ in hosts)}")
    return dict(hosts) or tuple(("localhost" if names is None else names).split(","))
