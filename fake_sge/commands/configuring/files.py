"""Objects in files: ``name value`` lines, as qconf shows them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from ...model import CellConfig, defaults
from ...model.host_values import split_value
from ...model.requests import Request
from ...model.resources import complex_values
from ...model.values import c_double, listed, quantity
from ..interface.caller import read_as_caller
from .refusal import Refused

_TRUTH = {"TRUE": ("true", "t", "yes", "y", "1"), "FALSE": ("false", "f", "no", "n", "0")}
_NO_NUMBER = 'error parsing unsigned long value from string "{}"'
_NO_U_LONG = '"{}" is not an u_long32 value'
_LARGEST = 0xFFFFFFFF
_MOST_SLOTS = 9999999
_START_MODES = ("posix_compliant", "unix_behavior", "script_from_stdin")
_NO_VALUE = 'error parsing value "{}"'
ATTRIBUTE = 'Error during parsing of attribute value "{}"'
_QUEUE_TYPES = ("BATCH", "INTERACTIVE")
_USERSET_TYPES = {"ACL", "DEPT"}
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "q": defaults.QUEUE,
    "p": defaults.PE,
    "u": defaults.USERSETS["arusers"],
    "prj": defaults.PROJECT,
    "user": defaults.USER,
}
_ALWAYS_KNOWN = "make"  # a parallel environment that a queue may have before there is one (real cell)


def read(request: Request, file: str, names: tuple[str, ...], kind: str) -> dict[str, str]:
    """The rows of a file. Raises Refused: it cannot be read, lacks a row, or has an unknown or wrong one."""
    return parse(text_of(request, file), file, names, kind)


def parse(text: str, file: str, names: tuple[str, ...], kind: str) -> dict[str, str]:
    """The rows of a text that ``file`` has. Raises Refused as :func:`read`."""
    rows: dict[str, str] = {}
    for line in text.replace("\\\n", "").splitlines():
        name, _, value = line.partition(" ")
        if not name or name.startswith("#"):
            continue
        if name not in names:
            raise Refused(f'error: unknown attribute name "{name}"', f'error: error reading file: "{file}"')
        wrong = refuse_value(kind, name, value.strip())
        if wrong:
            raise Refused(*(f"error: {text}" for text in wrong), f'error: error reading file: "{file}"')
        rows[name] = normal(kind, name, value.strip())
    if not rows:
        raise Refused(f'error: error reading file: "{file}"')
    for name in names:
        if name not in rows:
            raise Refused(f'error: required attribute "{name}" is missing')
    return {name: rows[name] for name in names}


def text_of(request: Request, file: str) -> str:
    """What is in a file. Raises Refused."""
    try:
        return os.fsdecode(read_as_caller(request, file))
    except OSError as error:
        text = f'error: error opening file "{file}" for reading: {error.strerror}'
        raise Refused(text) from None


def lines(text: str) -> list[str]:
    """The lines of a text without comments."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def refuse_value(kind: str, name: str, value: str) -> list[str]:
    """What is wrong with the value of an object's attribute; ``kind`` as in the options of qconf."""
    known = _DEFAULTS.get(kind, {})
    default = known.get(name, "")
    tail = [ATTRIBUTE] if kind == "q" else []
    shared = split_value(value)[0] if kind == "q" else value
    if _is_number(kind, name, default) and _u_long(shared) is None:
        number, rest = c_double(shared)
        if kind != "q" and number is not None and number < 0:
            return [f'parameter "{name}" must be a positive number']
        wrong = _NO_NUMBER if number is None or rest.strip() else _NO_U_LONG
        return [text.format(shared) for text in (wrong, *tail)]
    if kind == "q" and name == "qtype" and _queue_types(shared) is None:
        return [f'error parsing queue type from string "{shared}"', ATTRIBUTE.format(shared)]
    if kind == "u" and name == "type" and not set(shared.upper().split()) <= _USERSET_TYPES:
        return [f'The attribute name ("{name}") and/or value ("{shared}") is invalid']
    timed = default == "INFINITY" or re.fullmatch(r"\d+:\d+:\d+", default)
    if (timed and quantity(shared) is None) or (default in _TRUTH and _truth(shared) is None):
        return [text.format(shared) for text in (_NO_VALUE, *tail)]
    return []


def normal(kind: str, name: str, value: str) -> str:
    """A value as it is kept: numbers, truths and queue types are read and written anew (real cell)."""
    if "[" in value or not value:
        return value
    default = _DEFAULTS.get(kind, {}).get(name, "")
    number = _u_long(value) if _is_number(kind, name, default) else None
    if number is not None:
        return str(number)
    if kind == "q" and name == "qtype":
        return _queue_types(value) or value
    return (_truth(value) or value) if default in _TRUTH else value


def _is_number(kind: str, name: str, default: str) -> bool:
    """``priority`` is a text that the qmaster looks at."""
    return re.fullmatch(r"\d+", default) is not None and (kind, name) != ("q", "priority")


def _u_long(text: str) -> int | None:
    """Also ``1e3``, ``0x10`` and ``2.0``."""
    number, rest = c_double(text)
    if number is None or rest.strip() or not 0 <= number <= _LARGEST or number != int(number):
        return None
    return int(number)


def _truth(text: str) -> str | None:
    return next((name for name, words in _TRUTH.items() if text.lower() in words), None)


def _queue_types(text: str) -> str | None:
    """BATCH and INTERACTIVE in this order, each once; NONE alone; None for anything else."""
    words = text.upper().replace(",", " ").split()
    if words == ["NONE"]:
        return "NONE"
    known = [word for word in _QUEUE_TYPES if word in words]
    return " ".join(known) if words and len(known) == len(words) else None


def check_values(values: Mapping[str, str]) -> None:
    """Raises Refused for values of a queue that only the qmaster looks at."""
    for name, text in values.items():
        common, places = split_value(text)
        for value in (common, *(value for _, value in places)):
            if name == "slots" and int(value or 0) > _MOST_SLOTS:
                only = f"it must be a value between 0 and {_MOST_SLOTS}"
                raise Refused(f'{value} is an invalid value for the "slots" attribute - {only}')
            if name == "shell" and not value.startswith("/"):
                raise Refused(f'Invalid value "{value}" for shell ')
            if name == "shell_start_mode" and value.lower() not in _START_MODES:
                raise Refused(f'Invalid value "{value}" as shell start mode')
            if name == "initial_state" and value.lower() not in ("default", "enabled", "disabled"):
                raise Refused(f'Invalid value "{value}" as initial state')
            if name == "priority":
                number, _ = c_double(value)
                if number is None:
                    raise Refused("Invalid character")
                if not -20 <= number <= 20:
                    raise Refused("Priority not in range -20 to +20")


def check_references(config: CellConfig, kind: str, rows: Mapping[str, str]) -> None:
    """Raises Refused for a value that names what there is not."""
    values = _everywhere(rows)
    for host in listed(values.get("hostlist", "NONE")):
        if host.startswith("@"):
            if host not in config.host_groups:
                raise Refused(f'denied: host group "{host}" does not exist')
        elif config.host_named(host) not in (*config.hosts, *config.other_hosts):
            raise Refused(f'unable to resolve host "{host}"')
    for name in listed(values.get("pe_list", "NONE")):
        if name != _ALWAYS_KNOWN and name not in config.parallel_environments:
            raise Refused(f'Parallel environment "{name}" does not exist')
    for name in (*listed(values.get("user_lists", "NONE")), *listed(values.get("xuser_lists", "NONE"))):
        if name not in config.usersets:
            raise Refused(f'Userset "{name}" does not exist')
    for name in complex_values(values.get("complex_values", "NONE")):
        if config.complex_named(name) is None:
            text = 'denied: attribute "{}" is not a complex attribute'
            raise Refused((text if kind == "e" else 'Complex attribute "{}" does not exist').format(name))


def refuse_cycle(config: CellConfig, group: str, hostlist: str) -> None:
    """Raises Refused for a host group that would be in itself, by way of others, too."""
    for member in listed(hostlist):
        words, seen = [member], {""}
        while words:
            word = words.pop()
            if word == group:
                text = f'Hostgroup "{member}" in specification of "{group}" would create a cycle'
                raise Refused(text)
            if word not in seen:
                seen.add(word)
                words += config.host_groups.get(word, ())


def _everywhere(rows: Mapping[str, str]) -> dict[str, str]:
    """The values of all hosts together."""
    found = {}
    for name, text in rows.items():
        common, places = split_value(text)
        parts = (common, *(value for _, value in places))
        found[name] = ",".join(part for part in parts if part and part.upper() != "NONE")
    return found
