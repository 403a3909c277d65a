"""Single attributes: -aattr, -mattr, -dattr and -rattr; which objects have one: -sobjl."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.globs import glob_match
from ...model.resources import complex_values
from ...model.values import listed
from . import files
from .change import Change, Refused
from .kinds import KINDS, keep
from .objects import HOST_ROWS

ADD, MODIFY, DELETE, REPLACE = "-aattr", "-mattr", "-dattr", "-rattr"
_UNREAD = 'error reading file: "/tmp/pid-1-XXXXXX"'  # the real one passes the value on in a file of its own
_LETTERS = {"queue": "q", "exechost": "e", "pe": "p", "hostgroup": "hgrp"}
_PAIRS = ("complex_values", "load_thresholds", "suspend_thresholds", "load_scaling", "usage_scaling")
_WORDS = (
    *("pe_list", "ckpt_list", "user_lists", "xuser_lists", "owner_list", "projects", "xprojects"),
    *("hostlist", "subordinate_list", "report_variables"),
)
_LISTS = {
    "q": "cluster queue list",
    "e": "exechost list",
    "p": "parallel environment list",
    "hgrp": "host group list",
}


def change_attribute(change: Change, how: str, words: Sequence[str]) -> None:
    """``-mattr queue slots 3 all.q ...``."""
    change.manager()
    what, name, value, *objects = words
    letters = _LETTERS.get(what)
    if letters is None:
        raise Refused(f'Modification of object "{what}" not supported')
    known = HOST_ROWS if letters == "e" else KINDS[letters].names
    if name not in known:
        raise Refused(f'The attribute name ("{name}") and/or value ("{value}") is invalid', _UNREAD)
    if letters == "q" and name == "qname":
        raise Refused("qconf: cannot change qname")
    wrong = files.refuse_value(letters, name, value)
    if not wrong and letters == "q" and how == DELETE and name in _PAIRS and "=" not in value:
        wrong = [f'error parsing value "{value}"', f'Error during parsing of attribute value "{value}"']
    if wrong:
        raise Refused(*wrong, _UNREAD)
    for item in objects:
        try:
            _one(change, how, letters, what, name, value, item)
        except Refused as refused:
            change.failed(*refused.lines)


def _one(change: Change, how: str, letters: str, what: str, name: str, value: str, item: str) -> None:
    rows = _rows(change, letters, item)
    if name in _PAIRS or name in _WORDS:
        value = _joined(change, how, name, rows[name], value, item if letters == "q" else what)
    files.check_references(change.config, letters, {name: value})
    rows[name] = value.upper() if value.lower() in ("true", "false") else value
    if letters == "e":
        change.config.hosts[change.host(item)].attributes.update(rows)
    else:
        keep(change.config, KINDS[letters], item, rows)
    change.changed(f'{change.who} modified "{item}" in {_LISTS[letters]}')


def _rows(change: Change, letters: str, item: str) -> dict[str, str]:
    """The attributes of an object. Raises Refused when there is none."""
    config = change.config
    if letters == "e":
        return dict(config.hosts[change.host(item)].attributes)
    kind = KINDS[letters]
    if item not in getattr(config, kind.held):
        raise Refused(f'denied: {kind.noun} "{item}" does not exist')
    if letters == "hgrp":
        return {"group_name": item, "hostlist": " ".join(config.host_groups[item]) or "NONE"}
    held = config.queues[item] if letters == "q" else config.parallel_environments[item]
    return dict(held.attributes)


def _joined(change: Change, how: str, name: str, old: str, value: str, where: str) -> str:
    """A list with elements added, changed or taken away."""
    pairs = name in _PAIRS
    if how == REPLACE:
        return value
    have, given = (
        complex_values(text) if pairs else dict.fromkeys(listed(text), "") for text in (old, value)
    )
    if not have and how == MODIFY:
        change.noted(f'"{name}" of "{where}" is empty - Adding new element(s).')
    if how == DELETE and pairs and not given:
        given = dict.fromkeys(listed(value), "")  # of a host without their values
    known = [key for key in given if key in have]
    if how == ADD and known:  # then the others are not added either
        change.noted(f'No modification because "{known[0]}" already exists in "{name}" of "{where}"')
        return old
    for key, text in given.items():
        if how == DELETE and key not in have:
            change.noted(f'"{key}" does not exist in "{name}" of "{where}"')
        have.pop(key, None)
        if how != DELETE:
            have[key] = text
    separator = " " if name in ("hostlist", "pe_list", "ckpt_list") else ","
    return separator.join(f"{key}={text}" if pairs else key for key, text in have.items()) or "NONE"


def objects_with(change: Change, words: Sequence[str]) -> None:
    """``-sobjl queue slots 4``: queues and execution hosts only."""
    what, name, value = words
    config = change.config
    if what == "queue":
        rows = {item.name: item.attributes for item in config.queues.values()}
    elif what == "exechost":
        plain = dict.fromkeys(HOST_ROWS, "NONE")
        rows = {"global": {**plain, "hostname": "global"}}
        rows.update({host.name: {**host.attributes, "hostname": host.name} for host in config.hosts.values()})
        rows["template"] = {**plain, "hostname": "template"}
    else:
        rows = {}
    for item, attributes in rows.items():
        if name in attributes and glob_match(value, attributes[name]):
            change.noted(item)
