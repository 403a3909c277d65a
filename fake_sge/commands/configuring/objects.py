"""Adding, changing and removing queues, parallel environments, projects, host groups, user sets and users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable

from ...model import CellConfig, defaults
from ...model.globs import glob_match
from ...model.host_values import split_value
from ...model.names import refuse_object_name
from ...model.values import listed
from . import files, names, pe_values, references, shown
from .change import ConfigChange
from .editor import Edited
from .kinds import KINDS, keep, remove
from .refusal import ChangeRefused
from .words import words_of

_ASKED_FIRST = ("q", "hgrp")  # of the others the file is read before anybody is asked who calls (real cell)


def add(change: ConfigChange, letters: str, file: str) -> None:
    """``-Aq FILE`` and so on."""
    if letters in _ASKED_FIRST:
        _permit(change, letters)
    _, rows = _read(change, letters, file, 0)
    _permit(change, letters)
    _added(change, letters, rows)


def modify(change: ConfigChange, letters: str, file: str) -> None:
    """``-Mq FILE`` and so on."""
    kind = KINDS[letters]
    if letters in _ASKED_FIRST:
        _permit(change, letters)
    name, rows = _read(change, letters, file, 1)
    if kind.unknown and name not in getattr(change.config, kind.held):
        raise ChangeRefused(kind.unknown.format(name))
    _permit(change, letters)
    _modified(change, letters, rows)


def _permit(change: ConfigChange, letters: str) -> None:
    """Raises ChangeRefused: managers may do everything, operators change user sets."""
    if letters == "u":
        change.operator()
    else:
        change.manager()


def _added(change: ConfigChange, letters: str, rows: dict[str, str]) -> None:
    kind = KINDS[letters]
    name = rows[kind.names[0]]
    _refuse_name(letters, name)
    if name in getattr(change.config, kind.held):
        raise ChangeRefused(f'{kind.noun} "{name}" already exists')
    for own, other in (("user", "project"), ("project", "user")):
        if kind.noun == own and name in getattr(change.config, f"{other}s"):
            text = f"shared namespace between project and user: there is already a {other} which is named"
            raise ChangeRefused(f'denied: {text} "{name}"')
    keep(change.config, kind, name, references.checked(change.config, letters, name, rows))
    _tell(change, letters, f'{change.who} added "{name}" to {kind.list}')


def _refuse_name(letters: str, name: str) -> None:
    """Raises ChangeRefused for a name that no new object can have."""
    if not name:
        raise ChangeRefused("Object name missing in request")
    refusal = refuse_object_name(name[1:] if letters == "hgrp" and name.startswith("@") else name)
    if letters == "q" and refusal:
        raise ChangeRefused(f'cluster queue name "{name}" is not valid')
    if letters == "hgrp" and not name.startswith("@") and name.lower() != "template":
        raise ChangeRefused(f'host group name "{name}" is not valid')
    if refusal:
        raise ChangeRefused(refusal)


def _modified(change: ConfigChange, letters: str, rows: dict[str, str]) -> None:
    kind = KINDS[letters]
    name = rows[kind.names[0]]
    if name not in getattr(change.config, kind.held):
        raise ChangeRefused(f'denied: {kind.noun} "{name}" does not exist')
    kept = references.checked(change.config, letters, name, rows)
    if letters == "hgrp":
        references.refuse_cycle(change.config, name, rows["hostlist"])
    keep(change.config, kind, name, kept)
    _tell(change, letters, f'{change.who} modified "{name}" in {kind.list}')


# What is shown to an editor, and what is said then (real cell).
_EDITED: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "q": shown.queue,
    "p": shown.environment,
    "hgrp": shown.group,
    "prj": shown.plain,
    "u": shown.userset,
    "user": shown.plain,
}
_UNREAD_OTHERS = "error reading in file"
_UNREAD = {"prj": "cant read project", "user": "cant read user", "u": "error reading userset from file {}"}
_NONE_SUCH = {
    "q": 'Cluster queue entry "{}" does not exist',
    "p": "{} is not a parallel environment",
    "hgrp": 'Host group "{}" does not exist',
    "user": "{} is not known as a user",
    "prj": '{} is not known as a project\nerror: invalid option argument "{}"\nUsage: qconf -help',
}
_NEW_USERSET = {**defaults.USERSETS["arusers"], "type": "ACL DEPT"}
_UNCHANGED = "file unchanged"
_NO_NAME = {  # what is said of an empty name (real cell)
    "q": 'missing cull field "CQ_name" in cqueue_del()',
    "p": "NULL ptr passed to sge_del_pe()",
    "hgrp": 'host group name "" is not valid',
}
_STOPPING = ("p", "prj", "u", "user")  # when their file cannot be read, no further option is looked at


def edit_new(change: ConfigChange, letters: str, name: str = "template") -> None:
    """``-aq [NAME]`` and so on: the editor has a template."""
    change.manager()
    kind = KINDS[letters]
    rows = _template(change.config, letters)
    rows[kind.names[0]] = name
    if letters == "hgrp":
        _refuse_name(letters, name)
    left = change.edit(_EDITED[letters](rows))
    if not left.changed and letters in ("p", "prj", "user"):
        raise ChangeRefused(_UNCHANGED, stops=True)
    _added(change, letters, _given(letters, left))


def edit(change: ConfigChange, letters: str, name: str) -> None:
    """``-mq NAME`` and so on; -mu adds a user set that there is not."""
    change.manager()
    kind = KINDS[letters]
    there = name in getattr(change.config, kind.held)
    if not there and letters != "u":
        raise ChangeRefused(_NONE_SUCH[letters].format(name, name), code=int(letters != "user"))
    rows = kind.rows(change.config, name) if there else {"name": name, **_NEW_USERSET}
    left = change.edit(_EDITED[letters](rows))
    try:
        given = _given(letters, left)
    except ChangeRefused as refused:
        raise ChangeRefused(*refused.lines, code=int(letters != "u")) from None
    if letters == "hgrp" and given == rows:
        raise ChangeRefused("Object has not been changed")
    if letters == "u" and not left.changed:
        change.noted(_UNCHANGED)
        return
    if not left.changed and letters != "q":
        raise ChangeRefused(_UNCHANGED)
    if letters == "user" and given["name"] != name:
        raise ChangeRefused(f"{name}: cannot change {given['name']}")
    if given[kind.names[0]] not in getattr(change.config, kind.held) and there:
        raise ChangeRefused(
            f'denied: {kind.noun} "{given[kind.names[0]]}" does not exist', code=int(letters != "u")
        )
    (_modified if there else _added)(change, letters, given)


def _template(config: CellConfig, letters: str) -> dict[str, str]:
    """What an editor is given for a new object."""
    if letters == "q":
        return shown.template(config)
    if letters == "p":
        return {"pe_name": "", **defaults.PE, "slots": "0", "control_slaves": "FALSE"}
    if letters == "hgrp":
        return {"group_name": "", "hostlist": "NONE"}
    return KINDS[letters].rows(config, "template")


def _given(letters: str, left: Edited) -> dict[str, str]:
    """The attributes that an editor has left. Raises ChangeRefused."""
    try:
        return _rows(left.text, left.file, letters)
    except ChangeRefused as refused:
        tail = _UNREAD.get(letters, _UNREAD_OTHERS).format(left.file)
        raise ChangeRefused(*refused.lines, tail) from None


def _rows(text: str, file: str, letters: str) -> dict[str, str]:
    """The attributes in a text. Raises ChangeRefused."""
    rows = files.parse(text, file, KINDS[letters].names, letters)
    wrong = pe_values.faults(rows["pe_name"], rows) if letters == "p" else []
    if wrong:
        raise ChangeRefused(*(f"error: {line}" for line in wrong))
    return rows


def _tell(change: ConfigChange, letters: str, text: str) -> None:
    """Of users it is told on stdout (real cell)."""
    (change.changed if letters == "user" else change.done)(text)


def _read(change: ConfigChange, letters: str, file: str, modifying: int) -> tuple[str, dict[str, str]]:
    kind = KINDS[letters]
    try:
        rows = _rows(files.text_of(change.request, file), file, letters)
    except ChangeRefused as refused:
        cannot_open = "error opening file" in refused.lines[0]
        if letters == "prj" and modifying and cannot_open:
            raise ChangeRefused("no file argument given", stops=True) from None
        tail = kind.unread[modifying]
        harmless = letters == "hgrp" and not modifying
        lines = (*refused.lines, *([tail.format(file)] if tail else []))
        raise ChangeRefused(*lines, code=int(not harmless), stops=letters in _STOPPING) from None
    return rows[kind.names[0]], rows


def delete(change: ConfigChange, letters: str, words: str) -> None:
    """``-dq NAME`` and so on; lists of projects, users and user sets."""
    kind = KINDS[letters]
    try:
        _permit(change, letters)
    except ChangeRefused as refused:  # then these look at no further option
        raise ChangeRefused(*refused.lines, stops=letters in ("q", "hgrp")) from None
    in_list = letters in ("prj", "user", "u")
    if not words or (in_list and not words_of(words)):
        raise ChangeRefused(_NO_NAME.get(letters, names.NO_NAME))
    for name in words_of(words) if in_list else [words]:
        if letters == "hgrp":
            _refuse_name(letters, name)
        if name not in getattr(change.config, kind.held):
            change.failed(f'denied: {kind.noun} "{name}" does not exist')
            continue
        reference = _needed_by_job(change, name) if letters == "p" else ""
        reference = reference or _referenced(change.config, letters, name)
        if reference:
            change.failed(reference)
            continue
        remove(change.config, kind, name)
        change.done(f'{change.who} removed "{name}" from {kind.removed_from or kind.list}')


def delete_none(what: str, change: ConfigChange, name: str) -> None:
    """``-dcal NAME`` and ``-dckpt NAME``: there is none."""
    change.manager()
    raise ChangeRefused(f'denied: {what} "{name}" does not exist')


def edit_none(what: str, change: ConfigChange, name: str) -> None:
    """``-mcal NAME`` and ``-mckpt NAME``."""
    change.manager()
    raise ChangeRefused(f"{name} is not a {what}", stops=True)


def _needed_by_job(change: ConfigChange, environment: str) -> str:
    """What is said when a job asks for it, or has got it; the first is named (real cell)."""
    for job in change.qmaster.jobs():
        if job.spec.pe is not None and glob_match(job.spec.pe, environment):
            text = f'Parallel environment "{environment}" is still referenced in job {job.number}.'
            return f"denied: {text}"
    return ""


def _referenced(config: CellConfig, letters: str, name: str) -> str:
    """What is said when something still needs it."""
    if letters in _LISTS:
        return _let_in(config, letters, name)
    for queue in (config.queues[item] for item in config.queues_as_changed):
        if letters == "p" and name in queue.pe_list:
            text = f'Parallel environment "{name}" is still referenced in queue "{queue.name}".'
            return f"denied: {text}"
    users = [
        queue
        for queue in config.queues_as_changed
        if letters == "hgrp" and name in _places(config.queues[queue].attributes)
    ]
    if users:
        return f'denied: these cluster queues still reference "{name}": {" ".join(users)}'
    groups = [group for group, hosts in config.host_groups.items() if letters == "hgrp" and name in hosts]
    return f'denied: these hostgroups still reference "{name}": {" ".join(groups)}' if groups else ""


def _places(attributes: Mapping[str, str]) -> list[str]:
    """Hosts and groups of a queue, and those that a value of it is for."""
    values = (text for key, text in attributes.items() if key != "hostlist")
    return [*listed(attributes["hostlist"]), *(place for text in values for place, _ in split_value(text)[1])]


_LISTS = {  # attributes that name user sets and projects, and what they are called
    "u": ("userset", {"user_lists": "user list", "xuser_lists": "xuser list"}),
    "prj": ("project", {"projects": "projects", "xprojects": "xprojects"}),
}


def _let_in(config: CellConfig, letters: str, name: str) -> str:
    """What is said of a user set or project that something lets in or keeps out."""
    noun, lists = _LISTS[letters]
    for what, objects in (
        ("queue", config.queues.values()),
        ("exechost", (*config.hosts.values(), config.global_host)),
        ("parallel environment", config.parallel_environments.values()),
    ):
        for item in objects:
            for key, words in lists.items():
                if name in listed(references.everywhere({key: item.attributes.get(key, "NONE")})[key]):
                    return f'denied: {noun} "{name}" is still referenced in {words} of {what} "{item.name}"'
    return ""
