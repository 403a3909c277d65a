"""Lists of names: managers, operators, administrative and submit hosts, the members of user sets."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import defaults
from ...model.names import refuse_object_name
from ...model.values import listed
from .change import ConfigChange
from .kinds import refuse_department_tickets
from .refusal import ChangeRefused
from .words import parts_of, words_of

NO_NAME = "operation not implemented for target"  # what is said of an empty name (real cell)
NO_HOST_NAME = "NULL ptr passed to sge_del_host()"
_EMPTY = {**defaults.USERSETS["arusers"]}


def add_person(change: ConfigChange, role: str, words: str) -> None:
    """``-am`` and ``-ao``."""
    change.manager()
    people = getattr(change.config, f"{role}s")
    for name in words_of(words):
        if name in people:
            change.failed(f'{role} "{name}" already exists')
        else:
            people.append(name)
            change.done(f'{change.who} added "{name}" to {role} list')


def remove_person(change: ConfigChange, role: str, words: str) -> None:
    """``-dm`` and ``-do``; root stays."""
    change.manager()
    people = getattr(change.config, f"{role}s")
    if not words_of(words):
        raise ChangeRefused(NO_NAME)
    for name in words_of(words):
        if name == "root":
            change.failed(f'may not remove user "{name}" from {role} list')
        elif name not in people:
            change.failed(f'denied: {role} "{name}" does not exist')
        else:
            people.remove(name)
            change.done(f'{change.who} removed "{name}" from {role} list')


def _resolved(change: ConfigChange, words: str) -> Iterator[str]:
    """The names of hosts; those that cannot be resolved are told."""
    for word in parts_of(words):
        try:
            yield change.host(word)
        except ChangeRefused as refused:
            change.failed(*refused.lines)


def add_host(change: ConfigChange, role: str, words: str) -> None:
    """``-as`` and ``-ah``."""
    hosts = getattr(change.config, f"{role}_hosts")
    if not parts_of(words):
        raise ChangeRefused("Object name missing in request", code=0)
    for name in _resolved(change, words):
        change.manager(code=0)
        if name in hosts:
            change.failed(f'{role}host "{name}" already exists', code=0)
        else:
            hosts.append(name)
            called = "administrative" if role == "admin" else role
            change.done(f"{name} added to {called} host list")


def remove_host(change: ConfigChange, role: str, words: str) -> None:
    """``-ds`` and ``-dh``; the qmaster's host stays an administrative one."""
    change.manager()
    hosts = getattr(change.config, f"{role}_hosts")
    if not parts_of(words):
        raise ChangeRefused(NO_HOST_NAME)
    for name in _resolved(change, words):
        if role == "admin" and name == next(iter(change.config.hosts)):
            change.failed(f'denied: can\'t delete master host "{name}" from admin host list')
        elif name not in hosts:
            change.failed(f'denied: {role} host "{name}" does not exist')
        else:
            hosts.remove(name)
            change.done(f'{change.who} removed "{name}" from {role} host list')


def add_members(change: ConfigChange, users: str, lists: str) -> None:
    """``-au USERS LISTS``: makes the lists that there are not."""
    for _ in words_of(users)[:-1]:  # who may not is told so for each user
        try:
            change.operator()
        except ChangeRefused as refused:
            change.failed(*refused.lines)
    change.operator()
    for name in words_of(lists) if words_of(users) else ():
        refusal = refuse_object_name(name)
        if refusal:
            change.failed(refusal)
            continue
        rows = change.config.usersets.setdefault(name, dict(_EMPTY))
        for user in words_of(users):
            members = listed(rows["entries"])
            if user in members:
                change.failed(f'"{user}" is already in access list "{name}"')
            else:
                entries = ",".join([*members, user])
                refuse_department_tickets({**rows, "entries": entries})
                rows["entries"] = entries
                change.done(f'added "{user}" to access list "{name}"')


def remove_members(change: ConfigChange, users: str, lists: str) -> None:
    """``-du USERS LISTS``; of lists that there are not it is told to anybody (real cell)."""
    for name in words_of(lists) if words_of(users) else ():
        rows = change.config.usersets.get(name)
        if rows is None:
            change.failed(f'access list "{name}" doesn\'t exist')
            continue
        try:
            change.operator()
        except ChangeRefused as refused:
            change.failed(*refused.lines)
            continue
        for user in words_of(users):
            members = listed(rows["entries"])
            if user not in members:
                change.failed(f'user "{user}" is not in access list "{name}"')
            else:
                rows["entries"] = ",".join(word for word in members if word != user) or "NONE"
                change.done(f'deleted user "{user}" from access list "{name}"')
