"""The objects of a configuration that are added, changed and removed by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Callable

from ...lighter import field, record
from ...model import CellConfig, ClusterQueue, ParallelEnvironment, defaults
from ...model.values import listed
from ...settings import ACTED_ON, check_effect
from .refusal import ChangeRefused

Rows = dict[str, str]
_USERSET = tuple(defaults.USERSETS["arusers"])


@record(frozen=True)
class ObjectKind:
    """One kind of object.

    Attributes:
        noun: as answers name one.
        list: as answers name all of them.
        names: the attributes in their order; the first is the name.
        held: where the configuration has them.
        make: the object that is kept.
        rows: the attributes of one that there is.
        fixed: values that another cannot take the place of, as nothing would come of it.
        setting: what it is called where the fake does not act on something; see :mod:`fake_sge.settings`.
        unread: what is said after the errors of a file, when one is added and when it is changed; ``{}`` is
            the file.
        unknown: what is said of a name that there is not; "" for the usual denial.
        removed_from: as the answer to a removal names the list, where that differs.
    """

    noun: str
    list: str
    names: tuple[str, ...]
    held: str
    make: Callable[[str, Rows], Any]
    setting: str
    rows: Callable[[CellConfig, str], Rows]
    fixed: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, str] = ("error reading in file", "error reading in file")
    unknown: str = ""
    removed_from: str = ""


def _hosts(_name: str, rows: Rows) -> tuple[str, ...]:
    return tuple(listed(rows["hostlist"]))


def _named(name: str, _rows: Rows) -> str:
    return name


def _without_name(_name: str, rows: Rows) -> Rows:
    return {key: value for key, value in rows.items() if key != "name"}


def _queue_rows(config: CellConfig, name: str) -> Rows:
    return dict(config.queues[name].attributes)


def _environment_rows(config: CellConfig, name: str) -> Rows:
    return dict(config.parallel_environments[name].attributes)


def _group_rows(config: CellConfig, name: str) -> Rows:
    return {"group_name": name, "hostlist": " ".join(config.host_groups[name]) or "NONE"}


def _userset_rows(config: CellConfig, name: str) -> Rows:
    return {"name": name, **config.usersets[name]}


def _project_rows(_config: CellConfig, name: str) -> Rows:
    return {"name": name, **defaults.PROJECT}


def _user_rows(config: CellConfig, name: str) -> Rows:
    return {"name": name, **defaults.USER, "delete_time": str(config.user_deletions.get(name, 0))}


KINDS: Mapping[str, ObjectKind] = {
    "q": ObjectKind(
        "cluster queue",
        "cluster queue list",
        tuple(defaults.QUEUE),
        "queues",
        ClusterQueue,
        "queue",
        _queue_rows,
        unread=("", 'Cluster queue file "{}" is not correct'),
    ),
    "p": ObjectKind(
        "parallel environment",
        "parallel environment list",
        ("pe_name", *defaults.PE),
        "parallel_environments",
        ParallelEnvironment,
        "parallel environment",
        _environment_rows,
    ),
    "prj": ObjectKind(
        "project",
        "project list",
        ("name", *defaults.PROJECT),
        "projects",
        _named,
        "project",
        _project_rows,
        defaults.PROJECT,
        unknown="{} is not known as a project",
    ),
    "hgrp": ObjectKind(
        "host group",
        "host group list",
        ("group_name", "hostlist"),
        "host_groups",
        _hosts,
        "host group",
        _group_rows,
        unread=("", 'Host group file "{}" is not correct'),
        removed_from="host group entry list",
    ),
    "u": ObjectKind(
        "userset",
        "userset list",
        ("name", *_USERSET),
        "usersets",
        _without_name,
        "user set",
        _userset_rows,
        unknown="{} is not known as a project",  # so 8.1.9 says
    ),
    "user": ObjectKind(
        "user",
        "user list",
        ("name", *defaults.USER),
        "users",
        _named,
        "user",
        _user_rows,
        {name: value for name, value in defaults.USER.items() if name != "delete_time"},
        unknown="{} is not known as a user",
    ),
}


def refuse_department_tickets(rows: Rows) -> None:
    """Raises ChangeRefused for the rows of a user set that would give override tickets to its members."""
    if "DEPT" in rows["type"].split() and listed(rows["entries"]) and rows["oticket"] != "0":
        raise ChangeRefused("fake_sge: the fake does not act on oticket of a department")


def keep(config: CellConfig, kind: ObjectKind, name: str, rows: Rows) -> None:
    """Add or replace an object. Raises ChangeRefused for values that the fake would not act on."""
    for key, value in kind.fixed.items():
        if rows[key].upper() != value:
            raise ChangeRefused(f"fake_sge: the fake does not act on {key} of a {kind.setting}")
    if kind.held == "usersets":
        refuse_department_tickets(rows)
    if kind.setting in ACTED_ON:
        try:
            check_effect(kind.setting, {key: value for key, value in rows.items() if key != "pe_name"})
        except ValueError as error:
            raise ChangeRefused(f"fake_sge: {error}") from None
    held = getattr(config, kind.held)
    if held is config.queues:
        words = re.findall(r"(\w+)=", rows["load_thresholds"])
        refuse_consumables(config, "load_thresholds", words)
    if held is config.queues:  # what was changed last is the last one (real cell)
        held.pop(name, None)
        held[name] = kind.make(name, rows)
        config.note_change(name)
    elif isinstance(held, MutableMapping):
        held[name] = kind.make(name, rows)
        ordered = dict(sorted(held.items()))
        held.clear()
        held.update(ordered)
        if held is config.host_groups:
            _change_queues_of(config, name)
    elif name not in held:
        held.append(name)
    if held is config.users:
        _keep_deletion(config, name, int(rows["delete_time"]))


def refuse_consumables(config: CellConfig, attribute: str, names: Iterable[str]) -> None:
    """Raises ChangeRefused for what a real cell counts down with each job: the fake looks at loads there."""
    for name in names:
        entry = config.complex_named(name)
        if entry is not None and entry.consumable != "NO":
            raise ChangeRefused(
                f"fake_sge: the fake does not act on {entry.name}, a consumable, in {attribute}"
            )


def _keep_deletion(config: CellConfig, user: str, moment: int) -> None:
    """When a user is to go; 0: never."""
    config.user_deletions.pop(user, None)
    if moment:
        config.user_deletions[user] = moment


def _change_queues_of(config: CellConfig, group: str) -> None:
    """With a host group the queues that name it are changed; the scheduler's order stays (real cell)."""
    for name in config.queues_as_changed:
        hosts = listed(config.queues[name].attributes["hostlist"])
        if any(group in config.groups_in(word) for word in hosts):
            config.note_change(name)


def remove(config: CellConfig, kind: ObjectKind, name: str) -> None:
    """Take an object away that is there."""
    held = getattr(config, kind.held)
    if isinstance(held, MutableMapping):
        del held[name]
    else:
        held.remove(name)
    if held is config.users:
        config.user_deletions.pop(name, None)
