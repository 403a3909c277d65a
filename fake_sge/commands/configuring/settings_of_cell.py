"""The complex, the scheduler's configuration and that of the cell: -Mc, -Msconf, -Mconf."""

from __future__ import annotations

import os

from ...model import ComplexEntry, defaults
from ...settings import check, check_effect
from . import files
from .change import Change, Refused

_TYPES = (
    *("INT", "STRING", "TIME", "MEMORY", "BOOL", "CSTRING", "HOST", "DOUBLE", "RESTRING"),
    *("HOSTNAME",),
)
_BUILT_IN = frozenset(words[0] for words in defaults.COMPLEXES)


def complexes(change: Change, file: str) -> None:
    """``-Mc FILE``: the whole of it, as ``-sc`` shows it."""
    wrong = f'Complex attribute file "{file}" is not correct'
    try:
        lines = files.lines(change.request, file)
    except Refused as refused:
        raise Refused(*refused.lines, wrong) from None
    wanted: dict[str, ComplexEntry] = {}
    for line in lines:
        words = line.split()
        if len(words) < 3 or words[2] not in _TYPES:
            kind = words[2] if len(words) > 2 else ""
            raise Refused(f'error: unknown complex attribute type "{kind}"', wrong)
        if len(words) != 8:
            raise Refused("fake_sge: a complex entry has eight words", wrong)
        wanted[words[0]] = ComplexEntry(*words)
    have = {entry.name: entry for entry in change.config.complexes}
    if wanted == have:
        change.failed("Complex attribute configuration has not been changed", code=0)
        return
    change.manager()
    for name, entry in wanted.items():
        if name not in have:
            change.done(f'{change.who} added "{name}" to complex entry list')
        elif entry != have[name]:
            change.done(f'{change.who} modified "{name}" in complex entry list')
    for name, entry in have.items():
        if name in wanted:
            continue
        if name in _BUILT_IN:
            change.failed(f'The built-in complex "{name}" cannot be deleted')
            wanted[name] = entry
        else:
            change.done(f'{change.who} removed "{name}" from complex list')
    change.config.complexes = sorted(wanted.values(), key=lambda entry: entry.name)


def scheduler(change: Change, file: str) -> None:
    """``-Msconf FILE``."""
    change.manager()
    try:
        rows = files.read(change.request, file, tuple(defaults.SCHEDULER), "")
        _usable("scheduler", rows, change.config.scheduler)
    except Refused as refused:
        raise Refused(*refused.lines, "error reading in file") from None
    change.config.scheduler.update(rows)
    change.done("changed scheduler configuration")


def cell(change: Change, file: str) -> None:
    """``-Mconf FILE``: only that of the whole cell, ``global``; what it does not have keeps its default."""
    change.manager()
    name = os.path.basename(file)  # noqa: PTH119 a name, no file
    if name != "global":
        raise Refused(
            f"can't resolve hostname \"{name}\": can't resolve host name",
            f"configuration {name} does not exist",
        )
    old = change.config.global_config
    rows = {
        key: value.strip()
        for key, _, value in (line.partition(" ") for line in files.lines(change.request, file))
    }
    _usable("global configuration", rows, old)
    change.config.global_config.update({**{key: old[key] for key in old if key not in rows}, **rows})
    change.done(f'{change.who} modified "{name}" in configuration list')


def _usable(kind: str, rows: dict[str, str], old: dict[str, str]) -> None:
    """Raises Refused for a change that the fake would not act on."""
    changed = {key: value for key, value in rows.items() if old.get(key) != value}
    try:
        check(kind, changed)
        check_effect(kind, changed)
    except ValueError as error:
        raise Refused(f"fake_sge: {error}") from None
