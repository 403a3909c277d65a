"""Adding, changing and removing queues, parallel environments, projects, host groups, user sets and users."""

from __future__ import annotations

from ...model import CellConfig, defaults
from ...model.values import listed
from . import files
from .change import Change, Refused
from .kinds import KINDS, keep, remove

_HOST_ROWS = ("hostname", *(name for name in defaults.HOST if name != "processors"))


def add(change: Change, letters: str, file: str) -> None:
    """``-Aq FILE`` and so on."""
    kind = KINDS[letters]
    if letters != "hgrp":
        change.manager()
    name, rows = _read(change, letters, file, 0)
    if letters == "hgrp":
        change.manager()
        if not name.startswith("@"):
            raise Refused(f'host group name "{name}" is not valid')
    if name in getattr(change.config, kind.held):
        raise Refused(f'{kind.noun} "{name}" already exists')
    files.check_references(change.config, letters, rows)
    keep(change.config, kind, name, rows)
    _tell(change, letters, f'{change.who} added "{name}" to {kind.list}')


def modify(change: Change, letters: str, file: str) -> None:
    """``-Mq FILE`` and so on."""
    kind = KINDS[letters]
    change.manager()
    name, rows = _read(change, letters, file, 1)
    if name not in getattr(change.config, kind.held):
        raise Refused(kind.unknown.format(name) or f'denied: {kind.noun} "{name}" does not exist')
    files.check_references(change.config, letters, rows)
    keep(change.config, kind, name, rows)
    _tell(change, letters, f'{change.who} modified "{name}" in {kind.list}')


def _tell(change: Change, letters: str, text: str) -> None:
    """Of users it is told on stdout (real cell)."""
    (change.changed if letters == "user" else change.done)(text)


def _read(change: Change, letters: str, file: str, modifying: int) -> tuple[str, dict[str, str]]:
    kind = KINDS[letters]
    try:
        rows = files.read(change.request, file, kind.names, letters)
    except Refused as refused:
        cannot_open = "error opening file" in refused.lines[0]
        if letters == "prj" and modifying and cannot_open:
            raise Refused("no file argument given") from None
        tail = kind.unread[modifying]
        harmless = letters == "hgrp" and not modifying and cannot_open
        raise Refused(
            *refused.lines, *([tail.format(file)] if tail else []), code=int(not harmless)
        ) from None
    return rows[kind.names[0]], rows


def delete(change: Change, letters: str, words: str) -> None:
    """``-dq NAME`` and so on; lists of projects, users and user sets."""
    kind = KINDS[letters]
    change.manager()
    for name in words.split(",") if letters in ("prj", "user", "u") else [words]:
        if letters == "hgrp" and "@" in name[1:]:
            raise Refused("At ('@') not allowed in objectname")
        if name not in getattr(change.config, kind.held):
            change.failed(f'denied: {kind.noun} "{name}" does not exist')
            continue
        reference = _referenced(change.config, letters, name)
        if reference:
            change.failed(reference)
            continue
        remove(change.config, kind, name)
        change.done(f'{change.who} removed "{name}" from {kind.removed_from or kind.list}')


def _referenced(config: CellConfig, letters: str, name: str) -> str:
    """What is said when a queue still needs it."""
    for queue in reversed(list(config.queues.values())):
        if letters == "p" and name in queue.pe_list:
            text = f'Parallel environment "{name}" is still referenced in queue "{queue.name}".'
            return f"denied: {text}"
    users = [
        queue.name
        for queue in config.queues.values()
        if letters == "hgrp" and name in listed(queue.attributes["hostlist"])
    ]
    return f'denied: these cluster queues still reference "{name}": {" ".join(users)}' if users else ""


def exec_host(change: Change, file: str, adding: bool) -> None:
    """``-Ae FILE`` and ``-Me FILE``."""
    change.manager()
    try:
        rows = files.read(change.request, file, _HOST_ROWS, "e")
    except Refused as refused:
        raise Refused(*refused.lines, "invalid format") from None
    name = change.host(rows.pop("hostname"))
    if adding and name in change.config.hosts:
        raise Refused(f'exechost "{name}" already exists')
    if adding or name not in change.config.hosts:
        raise Refused("fake_sge: a cell gets its execution hosts when it is started")
    files.check_references(change.config, "e", rows)
    change.config.hosts[name].attributes.update(rows)
    change.done(f'{change.who} modified "{name}" in exechost list')


HOST_ROWS = _HOST_ROWS[1:]
