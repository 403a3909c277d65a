"""What the qmaster looks at in an object's values: names of what there is, resources, ranges."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from ...model import CellConfig, ComplexEntry
from ...model.host_values import joined_value, split_value
from ...model.values import c_double, listed
from . import pe_values
from .refusal import ChangeRefused

_START_MODES = ("posix_compliant", "unix_behavior", "script_from_stdin")
_ALWAYS_KNOWN = "make"  # a parallel environment that a queue may have before there is one (real cell)
_USERSETS = ("user_lists", "xuser_lists", "acl", "xacl")
_PROJECTS = ("projects", "xprojects")


def check_values(values: Mapping[str, str]) -> None:
    """Raises ChangeRefused for values of a queue that only the qmaster looks at."""
    for name, text in values.items():
        common, places = split_value(text)
        if not common:
            raise ChangeRefused(f'"{name}" has no default value')
        for value in (common, *(value for _, value in places)):
            wrong = pe_values.too_many_slots(value) if name == "slots" else []
            if wrong:
                raise ChangeRefused(*wrong)
            if name == "shell" and not value.startswith("/"):
                raise ChangeRefused(f'Invalid value "{value}" for shell ')
            if name == "shell_start_mode" and value.lower() not in _START_MODES:
                raise ChangeRefused(f'Invalid value "{value}" as shell start mode')
            if name == "initial_state" and value.lower() not in ("default", "enabled", "disabled"):
                raise ChangeRefused(f'Invalid value "{value}" as initial state')
            if name == "priority":
                number, _ = c_double(value)
                if number is None or not math.isfinite(number):
                    raise ChangeRefused("Invalid character")
                if not -20 <= number <= 20:
                    raise ChangeRefused("Priority not in range -20 to +20")


def check_references(config: CellConfig, kind: str, rows: Mapping[str, str], name: str = "") -> None:
    """Raises ChangeRefused for a value that names what there is not; ``name`` is the object's."""
    if kind == "q":
        _check_places(config, rows)
    values = everywhere(rows) if kind == "q" else dict(rows)
    _check_hosts(config, _elements(kind, "hostlist", values.get("hostlist", "NONE")))
    for attribute, known, text in (
        (
            "pe_list",
            (_ALWAYS_KNOWN, *config.parallel_environments),
            'Parallel environment "{}" does not exist',
        ),
        ("ckpt_list", (), 'Ckpt "{}" does not exist'),
        *((attribute, config.usersets, 'Userset "{}" does not exist') for attribute in _USERSETS),
        ("calendar", (), 'Calendar "{}" does not exist'),
        ("default_project", config.projects, 'denied: project "{}" does not exist'),
        *((attribute, config.projects, _no_project(kind, attribute, name)) for attribute in _PROJECTS),
    ):
        for word in _elements(kind, attribute, values.get(attribute, "NONE")):
            if word not in known:
                raise ChangeRefused(text.format(word))


def _no_project(kind: str, attribute: str, name: str) -> str:
    if kind != "e":
        return 'Project "{}" does not exist'
    return f'denied: project "{{}}" referenced in {attribute} of exechost "{name}" does not exist'


def _elements(kind: str, attribute: str, text: str) -> list[str]:
    """Elements of a list: with blanks between them, but for queues with commas, too."""
    if attribute == "default_project":
        return [] if text.upper() == "NONE" else [text]
    return listed(text) if kind == "q" else [word for word in text.split() if text != "NONE"]


def _check_hosts(config: CellConfig, words: list[str]) -> None:
    """Groups first; of hosts the last one is named that there is not (real cell)."""
    groups = [word for word in words if word.startswith("@")]
    for word in (*groups, *(word for word in reversed(words) if word not in groups)):
        if word in groups:
            if word not in config.host_groups:
                raise ChangeRefused(f'denied: host group "{word}" does not exist')
        elif config.host_named(word) not in (*config.hosts, *config.other_hosts):
            raise ChangeRefused(f'unable to resolve host "{word}"')


def _check_subordinates(config: CellConfig, name: str, words: list[str]) -> None:
    """The last one is looked at first (real cell)."""
    for word in (word.partition("=")[0] for word in reversed(words) if "(" not in word):
        if word == name:
            raise ChangeRefused(f'Cluster queue "{name}" can\'t get subordinated by itself')
        if word not in config.queues:
            raise ChangeRefused(f'Subordinated cluster queue "{word}" referenced in "{name}" does not exist')


def check_place(config: CellConfig, name: str, place: str) -> None:
    """Raises ChangeRefused for a host group that there is not, of which a queue's attribute has a value."""
    if place.startswith("@") and place not in config.host_groups:
        raise ChangeRefused(f'Did not modify "{name}" for host group "{place}" which does not exist.')


def _check_places(config: CellConfig, rows: Mapping[str, str]) -> None:
    for name, text in rows.items():
        for place, _ in split_value(text)[1] if name != "hostlist" else ():
            check_place(config, name, place)


def checked(config: CellConfig, kind: str, name: str, rows: Mapping[str, str]) -> dict[str, str]:
    """The values of an object's attributes as the qmaster keeps them. Raises ChangeRefused."""
    if kind == "e":
        check_host(config, name, rows)
    else:
        check_references(config, kind, rows, name)
    kept = dict(rows)
    if "complex_values" in rows and kind in ("q", "e"):
        common, places = split_value(rows["complex_values"])
        kept["complex_values"] = joined_value(
            resources(config, kind, common), {place: resources(config, kind, text) for place, text in places}
        )
    if kind == "q":
        _check_subordinates(config, name, listed(everywhere(rows).get("subordinate_list", "NONE")))
    wrong = (pe_values.faults(name, rows) or [pe_values.path_fault(rows)]) if kind == "p" else []
    if any(wrong):
        raise ChangeRefused(*wrong)
    if kind == "q":
        check_values(kept)
    return kept


def resources(config: CellConfig, kind: str, text: str) -> str:
    """``complex_values`` as they are kept. Raises ChangeRefused for what no complex entry describes."""
    return ",".join(f"{name}={value}" for name, value in _resources(config, kind, text)) or "NONE"


def under_names(config: CellConfig, text: str) -> str:
    """Values of a host under the names of their complex entries. Raises ChangeRefused for what has none."""
    pairs = [_pair(word) for word in text.split(",") if text.upper() != "NONE"]
    for name, _ in pairs:
        if config.complex_named(name) is None:
            raise ChangeRefused(f'denied: attribute "{name or "<noname>"}" is not a complex attribute')
    entries = [(config.complex_named(name), value) for name, value in pairs]
    return ",".join(f"{entry.name}={value}" for entry, value in entries if entry) or "NONE"


def _resources(config: CellConfig, kind: str, text: str) -> Iterator[tuple[str, str]]:
    unknown = 'denied: attribute "{}" is not a complex attribute'
    for word in text.split(",") if text.upper() != "NONE" else ():
        name, value = _pair(word)
        entry = config.complex_named(name)
        if entry is None:
            text = unknown if kind == "e" else 'Complex attribute "{}" does not exist'
            raise ChangeRefused(text.format(name or "<noname>"))
        if not value:
            raise ChangeRefused(f'denied: missing value for resource "{entry.name}"')
        yield entry.name, _value_of(config, entry, value)


def _pair(word: str) -> tuple[str, str]:
    """A name and its value; ``==`` is a part of the name (real cell)."""
    name, *value = re.split(r"(?<!=)=(?!=)", word, maxsplit=1)
    return name, "".join(value)


def _value_of(config: CellConfig, entry: ComplexEntry, value: str) -> str:
    if entry.type == "HOST" and config.host_named(value) not in (*config.hosts, *config.other_hosts):
        raise ChangeRefused(f'can\'t resolve hostname "{value}"')
    try:
        return entry.offered(value)
    except ValueError as error:
        raise ChangeRefused(str(error)) from None


def check_host(config: CellConfig, name: str, rows: Mapping[str, str]) -> None:
    """Raises ChangeRefused for what an execution host's values name that there is not."""
    check_references(config, "e", rows, name)
    scaling = rows.get("load_scaling", "NONE")
    for word in scaling.split(",") if scaling.upper() != "NONE" else ():
        key, _ = _pair(word)
        if config.complex_named(key) is None:
            key = key or "(null)"
            raise ChangeRefused(f'denied: scaling attribute "{key}" is not configured for host "{name}"')
    check_variables(config, rows.get("report_variables", "NONE"))


def check_variables(config: CellConfig, text: str) -> None:
    """Raises ChangeRefused for a report variable that there is not."""
    for word in text.split(",") if text.upper() != "NONE" else ():
        if config.complex_named(word) is None:
            raise ChangeRefused(f'unknown resource "{word}"')


def refuse_cycle(config: CellConfig, group: str, hostlist: str) -> None:
    """Raises ChangeRefused for a host group that would be in itself, by way of others, too."""
    for member in listed(hostlist):
        words, seen = [member], {""}
        while words:
            word = words.pop()
            if word == group:
                text = f'Hostgroup "{member}" in specification of "{group}" would create a cycle'
                raise ChangeRefused(text)
            if word not in seen:
                seen.add(word)
                words += config.host_groups.get(word, ())


def everywhere(rows: Mapping[str, str]) -> dict[str, str]:
    """The values of all hosts together."""
    found = {}
    for name, text in rows.items():
        common, places = (text, []) if name == "hostlist" else split_value(text)
        parts = (common, *(value for _, value in places))
        found[name] = ",".join(part for part in parts if part and part.upper() != "NONE") or "NONE"
    return found
