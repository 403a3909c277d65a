"""The complex and the scheduler's configuration: -Mc, -mc, -Msconf, -msconf."""

from __future__ import annotations

import re

from ...model import ComplexEntry, defaults
from ...render.objects import complex_table
from . import files, scheduler_values, shown
from .attribute_values import SCHEDULER
from .change import ConfigChange
from .complex_rules import BUILT_IN, faults
from .configurations import usable
from .kinds import refuse_consumables
from .refusal import ChangeRefused

_TYPES = (
    *("INT", "STRING", "TIME", "MEMORY", "BOOL", "CSTRING", "HOST", "DOUBLE", "RESTRING"),
    *("HOSTNAME",),
)
_WORDS = 8  # of an entry


def complexes(change: ConfigChange, file: str) -> None:
    """``-Mc FILE``: the whole of it, as ``-sc`` shows it."""
    wrong = f'Complex attribute file "{file}" is not correct'
    try:
        text = files.text_of(change.request, file)
        if not files.lines(text):
            raise ChangeRefused(*([] if text else [f'error: error reading file: "{file}"']))
        wanted = _entries(files.lines(text))
    except ChangeRefused as refused:
        raise ChangeRefused(*refused.lines, wrong) from None
    _take_complexes(change, wanted)


def edit_complexes(change: ConfigChange) -> None:
    """``-mc``."""
    change.manager()
    left = change.edit(complex_table(change.config.complexes))
    lines = files.lines(left.text)
    if any(len(line.split()) < _WORDS for line in lines):
        raise ChangeRefused("Complex urgency definition is missing")
    _take_complexes(change, _entries(lines))


def _entries(lines: list[str]) -> list[ComplexEntry]:
    entries = []
    for line in lines:
        words = line.split()
        if len(words) < 3 or words[2] not in _TYPES:
            kind = words[2] if len(words) > 2 else ""
            raise ChangeRefused(f'error: unknown complex attribute type "{kind}"')
        if len(words) != _WORDS:
            raise ChangeRefused("fake_sge: a complex entry has eight words")
        entries.append(ComplexEntry(*words))
    return entries


def _take_complexes(change: ConfigChange, entries: list[ComplexEntry]) -> None:
    have = {entry.name: entry for entry in change.config.complexes}
    wanted = {entry.name: entry for entry in entries}
    wrong = faults(entries)
    if wanted == have and not wrong:
        change.failed("Complex attribute configuration has not been changed", code=0)
        return
    change.manager()
    if wrong:
        raise ChangeRefused(*wrong)
    for name, entry in wanted.items():
        if name not in have:
            change.done(f'{change.who} added "{name}" to complex entry list')
        elif entry != have[name]:
            change.done(f'{change.who} modified "{name}" in complex entry list')
    for name, entry in have.items():
        if name in wanted:
            continue
        if name in BUILT_IN:
            change.failed(f'The built-in complex "{name}" cannot be deleted')
            wanted[name] = entry
        else:
            change.done(f'{change.who} removed "{name}" from complex list')
    change.config.complexes = sorted(wanted.values(), key=lambda entry: entry.name)


def scheduler(change: ConfigChange, file: str) -> None:
    """``-Msconf FILE``."""
    change.manager()
    tail = "error reading in file"
    try:
        text = files.text_of(change.request, file)
    except ChangeRefused as refused:
        raise ChangeRefused(*refused.lines, tail, stops=True) from None
    _take_scheduler(change, text, file, tail)


def edit_scheduler(change: ConfigChange) -> None:
    """``-msconf``."""
    change.manager()
    left = change.edit(shown.scheduler(change.config))
    if not left.changed:
        raise ChangeRefused("file unchanged")
    _take_scheduler(change, left.text, left.file, "can't read configuration: can't parse config")


def _take_scheduler(change: ConfigChange, text: str, file: str, tail: str) -> None:
    try:
        rows = files.parse(text, file, tuple(defaults.SCHEDULER), SCHEDULER)
        wrong = scheduler_values.fault(rows)
        if wrong:
            raise ChangeRefused(f"error: {wrong}")
    except ChangeRefused as refused:
        raise ChangeRefused(*refused.lines, tail) from None
    rows["load_formula"] = rows["load_formula"].replace(" ", "")
    wrong = scheduler_values.formula_fault(change.config, rows["load_formula"])
    if wrong:
        raise ChangeRefused(wrong)
    try:
        usable("scheduler", rows, change.config.scheduler)
        refuse_consumables(change.config, "load_formula", re.findall(r"[A-Za-z_]\w*", rows["load_formula"]))
    except ChangeRefused as refused:
        raise ChangeRefused(*refused.lines, tail) from None
    change.config.scheduler.update(rows)
    change.done("changed scheduler configuration")
