"""Objects in files: ``name value`` lines, as qconf shows them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from ...model import CellConfig, defaults
from ...model.host_values import split_value
from ...model.requests import Request
from ...model.resources import complex_values
from ...model.values import listed, quantity
from ..interface.caller import read_as_caller
from .refusal import Refused

_TRUTH = ("true", "false", "0", "1")
_NO_NUMBER = 'error parsing unsigned long value from string "{}"'
_NO_VALUE = 'error parsing value "{}"'
ATTRIBUTE = 'Error during parsing of attribute value "{}"'
_QUEUE_TYPES = {"BATCH", "INTERACTIVE", "NONE"}
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
        rows[name] = value.strip()
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
    if re.fullmatch(r"\d+", default) and not re.fullmatch(r"\d+", shared):
        return [text.format(shared) for text in (_NO_NUMBER, *tail)]
    if kind == "q" and name == "qtype" and not set(shared.upper().split()) <= _QUEUE_TYPES:
        return [f'error parsing queue type from string "{shared}"', ATTRIBUTE.format(shared)]
    if kind == "u" and name == "type" and not set(shared.upper().split()) <= _USERSET_TYPES:
        return [f'The attribute name ("{name}") and/or value ("{shared}") is invalid']
    timed = default == "INFINITY" or re.fullmatch(r"\d+:\d+:\d+", default)
    if (timed and quantity(shared) is None) or (
        default in ("TRUE", "FALSE") and shared.lower() not in _TRUTH
    ):
        return [text.format(shared) for text in (_NO_VALUE, *tail)]
    return []


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
