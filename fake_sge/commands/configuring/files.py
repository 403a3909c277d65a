"""Objects in files: ``name value`` lines, as qconf shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ...model import CellConfig, defaults
from ...model.host_values import split_value
from ...model.requests import Request
from ...model.resources import complex_values
from ...model.values import listed, quantity
from .change import Refused

_TRUTH = ("true", "false", "0", "1")
_NO_NUMBER = 'error parsing unsigned long value from string "{}"'
_NO_VALUE = 'error parsing value "{}"'
_ATTRIBUTE = 'Error during parsing of attribute value "{}"'


def read(request: Request, file: str, names: tuple[str, ...], kind: str) -> dict[str, str]:
    """The rows of a file. Raises Refused: it cannot be read, lacks a row, or has an unknown or wrong one."""
    rows: dict[str, str] = {}
    for line in _text(request, file).replace("\\\n", "").splitlines():
        name, _, value = line.partition(" ")
        if not name or name.startswith("#"):
            continue
        if name not in names:
            raise Refused(f'error: unknown attribute name "{name}"', f'error: error reading file: "{file}"')
        wrong = refuse_value(kind, name, value.strip())
        if wrong:
            raise Refused(*(f"error: {text}" for text in wrong), f'error: error reading file: "{file}"')
        rows[name] = value.strip()
    for name in names:
        if name not in rows:
            raise Refused(f'error: required attribute "{name}" is missing')
    return {name: rows[name] for name in names}


def _text(request: Request, file: str) -> str:
    try:
        return Path(request.resolve(file)).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        text = f'error: error opening file "{file}" for reading: {error.strerror}'
        raise Refused(text) from None


def lines(request: Request, file: str) -> list[str]:
    """The lines of a file without comments. Raises Refused."""
    return [line for line in _text(request, file).splitlines() if line.strip() and not line.startswith("#")]


def refuse_value(kind: str, name: str, value: str) -> list[str]:
    """What is wrong with the value of a queue's (q) or parallel environment's (p) attribute."""
    known: Mapping[str, str] = {"q": defaults.QUEUE, "p": defaults.PE}.get(kind, {})
    default = known.get(name, "")
    tail = [_ATTRIBUTE] if kind == "q" else []
    shared = split_value(value)[0] if kind == "q" else value
    if re.fullmatch(r"\d+", default) and not re.fullmatch(r"\d+", shared):
        return [text.format(shared) for text in (_NO_NUMBER, *tail)]
    timed = default == "INFINITY" or re.fullmatch(r"\d+:\d+:\d+", default)
    if (timed and quantity(shared) is None) or (
        default in ("TRUE", "FALSE") and shared.lower() not in _TRUTH
    ):
        return [text.format(shared) for text in (_NO_VALUE, *tail)]
    return []


def check_references(config: CellConfig, kind: str, rows: Mapping[str, str]) -> None:
    """Raises Refused for a value that names what there is not."""
    for host in listed(rows.get("hostlist", "NONE")):
        if host.startswith("@"):
            if host not in config.host_groups:
                raise Refused(f'denied: host group "{host}" does not exist')
        elif config.host_named(host) not in (*config.hosts, *config.other_hosts):
            raise Refused(f'unable to resolve host "{host}"')
    for name in listed(rows.get("pe_list", "NONE")):
        if name not in config.parallel_environments:
            raise Refused(f'Parallel environment "{name}" does not exist')
    for name in (*listed(rows.get("user_lists", "NONE")), *listed(rows.get("xuser_lists", "NONE"))):
        if name not in config.usersets:
            raise Refused(f'Userset "{name}" does not exist')
    for name in complex_values(rows.get("complex_values", "NONE")):
        if config.complex_named(name) is None:
            text = 'denied: attribute "{}" is not a complex attribute'
            raise Refused((text if kind == "e" else 'Complex attribute "{}" does not exist').format(name))
