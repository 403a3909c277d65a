"""Single attributes: -aattr, -mattr, -dattr and -rattr, -purge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...lighter import NamedTuple
from ...model import CellConfig, Host
from ...model.host_values import joined_value, read_value, split_value
from ...model.resources import complex_values
from ...model.values import listed
from . import attribute_values, files, flat_file, list_changes, quota_attributes, references
from .attribute_values import LISTS, PAIRS
from .change import ConfigChange
from .exec_hosts import HOST_ROWS
from .kinds import KINDS, keep
from .list_changes import ADD, DELETE, MODIFY, REPLACE, UNREAD, invalid
from .refusal import ChangeRefused

Parts = dict[str, str]  # values by the host or host group they are for; "" is for all
_LETTERS = dict(
    zip(
        ("queue", "exechost", "pe", "hostgroup", "userset", "project", "user"),
        ("q", "e", "p", "hgrp", "u", "prj", "user"),
    )
)
_UNKNOWN = {  # kinds of which the fake has none
    "calendar": 'denied: calendar "{}" does not exist',
    "ckpt": 'denied: checkpoint interface "{}" does not exist',
}
_TOLD = {"e": "exechost list", **{letters: kind.list for letters, kind in KINDS.items()}}
_CAN_BE_NONE = (("q", "hostlist"), ("u", "entries"))  # also for -mattr
_SCALINGS = ("load_scaling", "usage_scaling")
_FOR_ALL_HOSTS = ("qname", "hostlist")


def change_attribute(change: ConfigChange, how: str, words: Sequence[str]) -> None:
    """``-mattr queue slots 3 all.q ...``; of an instance or a group as ``all.q@host``, ``[host=3]``."""
    what, name, value, *objects = words
    if what == "resource_quota":
        quota_attributes.change_quotas(change, how, name, value, objects)
        return
    letters = _kind(what, objects)
    parts = _checked(how, letters, name, value)
    if not objects:
        raise ChangeRefused("qconf: missing object list")
    _permit(change, what)
    for item in objects:
        _try(change, how, what, {name: parts}, item)


def change_attributes(change: ConfigChange, how: str, words: Sequence[str]) -> None:
    """``-Mattr queue FILE all.q ...``: the attributes of a file, in the same way."""
    what, file, *objects = words
    letters = _kind(what, objects)
    if not objects:
        raise ChangeRefused("qconf: missing filename as option argument", stops=True)
    own, *others = ("hostname", *HOST_ROWS) if letters == "e" else KINDS[letters].names
    try:
        rows = files.parse(files.text_of(change.request, file), file, (own, *others), letters, whole=False)
    except ChangeRefused as refused:
        usage = f'error: invalid option argument "{file}"', "Usage: qconf -help"
        raise ChangeRefused(*refused.lines, *usage, stops=True) from None
    if own in rows:
        raise ChangeRefused(f"qconf: cannot change {own}")
    _permit(change, what)
    values = {}
    for name, text in rows.items():
        common, places = split_value(text) if letters == "q" and name != "hostlist" else (text, [])
        values[name] = {**({"": common} if common or not places else {}), **dict(places)}
    for item in objects:
        _try(change, how, what, values, item)


def _permit(change: ConfigChange, what: str) -> None:
    """Raises ChangeRefused for who may not; what is wrong with the words is told before (real cell)."""
    if what == "queue":
        change.manager_of_queues()
    change.manager()


def _kind(what: str, objects: Sequence[str]) -> str:
    """The letters of a kind. Raises ChangeRefused for one that there is not."""
    if what in _UNKNOWN:
        raise ChangeRefused(_UNKNOWN[what].format(objects[0] if objects else ""))
    if what == "resource_quota":
        raise ChangeRefused(
            "fake_sge: attributes of resource quota sets from files are not simulated; use qconf -Mrqs"
        )
    if what not in _LETTERS:
        raise ChangeRefused(f'Modification of object "{what}" not supported')
    return _LETTERS[what]


def _try(change: ConfigChange, how: str, what: str, values: Mapping[str, Parts], item: str) -> None:
    try:
        _one(change, how, what, values, item)
    except ChangeRefused as refused:
        change.failed(*refused.lines)


def _checked(how: str, letters: str, name: str, value: str) -> Parts:
    """The value by host. Raises ChangeRefused: there is no such attribute, or it cannot have the value."""
    own = "hostname" if letters == "e" else KINDS[letters].names[0]
    if name == own:
        raise ChangeRefused(f"qconf: cannot change {name}")
    if not value or name not in (HOST_ROWS if letters == "e" else KINDS[letters].names):
        raise ChangeRefused(invalid(name, value), UNREAD)
    parts = {"": value} if name == "hostlist" else _parts(letters, value)
    if how == MODIFY and _is_none(letters, name, parts.values()):
        raise ChangeRefused(
            '"NONE" is not a valid list attribute value for -mattr.  Try using -rattr instead.'
        )
    kept = {place: _normal(letters, name, place, text, value) for place, text in parts.items()}
    if name in _SCALINGS and how != REPLACE and any(word.startswith("=") for word in kept[""].split(",")):
        raise ChangeRefused(f"fake_sge: {how} of a value without a name is not simulated: {value}")
    return kept


def _parts(letters: str, value: str) -> Parts:
    """A value for all hosts and those for some. Raises ChangeRefused: it is not written as it must be."""
    if letters != "q":
        return {"": value}
    try:
        common, places = read_value(value)
    except ValueError as error:
        raise ChangeRefused(str(error), UNREAD) from None
    if "" in places:
        raise ChangeRefused('invalid hostname ""')
    return {**({} if common is None else {"": common}), **places}


def _normal(letters: str, name: str, place: str, text: str, whole: str) -> str:
    """One value as it is kept. Raises ChangeRefused."""
    if place and not text and name in ("slots", "seq_no", "nsuspend"):  # an empty number is 0 (real cell)
        return "0"
    if letters != "q":
        text = _read(letters, name, text)
    wrong = attribute_values.refuse_value(letters, name, text)
    if wrong and name in ("qtype", "type"):
        wrong = [invalid(name, whole), *(wrong if letters == "q" else ())]
    if not text and not wrong and place:
        wrong = [f'error parsing value "{text}"', attribute_values.ATTRIBUTE.format(text)]
    if wrong:
        raise ChangeRefused(*wrong, UNREAD)
    return attribute_values.normal(letters, name, text)


def _read(letters: str, name: str, text: str) -> str:
    """A value as a file has it: the real one writes one, too. Raises ChangeRefused."""
    shapes = attribute_values.shapes(letters, (name,))
    if letters == "u" and name == "entries":
        shapes = {name: flat_file.Shape.NAMES}
    try:
        ((_, read),) = flat_file.entries(f"{name} {text}", shapes)
    except flat_file.FlatFileError as error:
        line = error.lines[0]
        is_figure = line.startswith(flat_file.NO_FIGURE.partition("{")[0])
        raise ChangeRefused(line if is_figure else invalid(name, text), UNREAD) from None
    return text if (letters, name) == ("u", "entries") and read != "NONE" else read


def _is_none(letters: str, name: str, values: Iterable[str]) -> bool:
    """What -mattr takes for NONE: access lists of other things than queues always (real cell)."""
    if name in ("user_lists", "xuser_lists", "acl", "xacl") and letters != "q":
        return True
    if name not in PAIRS and (name not in LISTS or (letters, name) in _CAN_BE_NONE):
        return False
    words = [text.replace(",", " ").split() for text in values]
    if name == "pe_list":
        return any([word.upper() for word in found] == ["NONE"] for found in words)
    return any(found and found[0].upper() == "NONE" for found in words)


class _Target(NamedTuple):
    """What is changed: how, the letters of its kind, its name, and as what notes name it."""

    how: str
    letters: str
    item: str
    called: str


def _one(change: ConfigChange, how: str, what: str, values: Mapping[str, Parts], item: str) -> None:
    letters = _LETTERS[what]
    place = ""
    if letters == "q":
        item, place = _of_domain(change, values, item)
    target = _Target(how, letters, item, item if letters == "q" else what)
    rows = _rows(change, letters, item)
    notes: list[str] = []
    old = dict(rows)
    for name, given in values.items():
        parts = {place: given[""]} if place and name not in _FOR_ALL_HOSTS else given
        rows[name] = _changed(change.config, target, name, parts, rows[name], notes)
    if letters == "hgrp":
        references.refuse_cycle(change.config, item, rows["hostlist"])
    for note in notes:
        change.noted(note)
    if how == ADD and letters == "e" and list(values) == ["complex_values"] and rows == old:
        return
    if letters == "e":
        _host(change, item).attributes.update(rows)
    else:
        keep(change.config, KINDS[letters], item, rows)
    change.changed(f'{change.who} modified "{item}" in {_TOLD[letters]}')


def _changed(
    config: CellConfig, target: _Target, name: str, parts: Parts, text: str, notes: list[str]
) -> str:
    """An attribute's value, changed. Raises ChangeRefused for what names something that there is not."""
    common, overrides = split_value(text) if target.letters == "q" else (text, [])
    places = {"": common, **dict(overrides)}
    for place, value in parts.items():
        given = value
        references.check_place(config, name, place)
        if target.how == DELETE and place and place not in places:
            continue
        if name in PAIRS or name in LISTS:
            if target.letters == "e" and name == "complex_values":
                given = references.under_names(config, value)
            if name == "report_variables":
                references.check_variables(config, _asked_for(target.how, text, value))
                places[""] = _joined(notes, target, name, text, given)
                continue
            given = _joined(notes, target, name, places.get(place, "NONE"), given)
        meant = place if place in ("", *config.host_groups) else config.host_named(place.lower())
        given = given.upper() if given.lower() in ("true", "false") else given
        places[meant] = references.checked(config, target.letters, target.item, {name: given})[name]
    return joined_value(places.pop(""), places)


def _asked_for(how: str, text: str, value: str) -> str:
    """The report variables that must exist: not those added to others, nor those taken away (real cell)."""
    there = text.split(",")
    if how == DELETE:
        return ",".join(word for word in value.split(",") if word not in there) or "NONE"
    return value if how == REPLACE or text == "NONE" else "NONE"


def _of_domain(change: ConfigChange, values: Mapping[str, Parts], item: str) -> tuple[str, str]:
    """The cluster queue that ``all.q@host`` names, and the host or host group; "" without one."""
    queue, at, place = item.partition("@")
    if not at and item:
        return item, ""
    if not queue:
        raise ChangeRefused("Object name missing in request")
    if not place:
        raise ChangeRefused(f'No cluster queue or queue instance matches the phrase "{item}"')
    if queue not in change.config.queues:
        raise ChangeRefused(f'denied: cluster queue "{queue}" does not exist')
    if any(set(parts) != {""} for parts in values.values()):
        raise ChangeRefused("Queue domain/instance values are only allowed for cluster queues.")
    return queue, place


def _rows(change: ConfigChange, letters: str, item: str) -> dict[str, str]:
    """The attributes of an object. Raises ChangeRefused when there is none."""
    config = change.config
    if letters == "e":
        return dict(_host(change, item).attributes)
    kind = KINDS[letters]
    if item not in getattr(config, kind.held):
        raise ChangeRefused(f'denied: {kind.noun} "{item}" does not exist')
    return kind.rows(config, item)


def _host(change: ConfigChange, name: str) -> Host:
    """An execution host or global. Raises ChangeRefused when there is none."""
    host = None if "*" in name else change.exec_host(name)
    if host is None:
        raise ChangeRefused(f'denied: exechost "{name}" does not exist')
    return host


def purge(change: ConfigChange, what: str, names: str, item: str) -> None:
    """``-purge queue slots all.q@host``: what a host or group has of its own; ``*``: all attributes."""
    if what != "queue":
        raise ChangeRefused(f'error: Modification of object "{what}" not supported')
    name, at, place = item.partition("@")
    if not at:
        raise ChangeRefused(f'error: Given object_instance "{item}" is incomplete')
    queue = change.config.queues.get(name)
    if queue is None:
        raise ChangeRefused(f'error: Cluster queue entry "{name}" does not exist')
    rows = dict(queue.attributes)
    for attribute, text in queue.attributes.items():
        if names != "*" and attribute not in names.split(","):
            continue
        common, overrides = split_value(text)
        kept = {where: value for where, value in overrides if where != place}
        if len(kept) < len(overrides):
            rows[attribute] = joined_value(common, kept)
    hosts = listed(rows["hostlist"])
    if names == "*" and place in hosts:
        rows["hostlist"] = " ".join(host for host in hosts if host != place) or "NONE"
    if rows == queue.attributes:
        text = f'Attribute name ("{names}") and/or value ("{place}") not found'
        change.failed(text, code=0)
        return
    change.manager(code=0)
    keep(change.config, KINDS["q"], name, rows)
    change.changed(f'{change.who} modified "{name}" in {_TOLD["q"]}')


def _joined(notes: list[str], target: _Target, name: str, old: str, value: str) -> str:
    """A list with elements added, changed or taken away."""
    how, where = target.how, target.called
    pairs = name in PAIRS
    if how == REPLACE:
        return value
    if name == "entries":
        return _member(notes, how, old, value)
    between = attribute_values.separator(target.letters, name)
    have, given = (_elements(text, pairs, between) for text in (old, value))
    there = [key for key, _ in have]
    said = list_changes.notes(how, f'"{name}" of "{where}"', there, dict(given))
    notes += said
    if how == ADD and said:  # then the others are not added either
        return old
    for key, text in dict(given).items():
        if key in there:  # the first of them
            del have[there.index(key)]
            there.remove(key)
        if how != DELETE:
            have.append((key, text))
            there.append(key)
    return between.join(f"{key}={text}" if pairs else key for key, text in have) or "NONE"


def _elements(text: str, pairs: bool, between: str) -> list[tuple[str, str]]:
    if pairs:
        return list(complex_values(text).items())
    words = text.split(",") if between == "," else listed(text)
    return [(word, "") for word in words] if words != ["NONE"] else []


def _member(notes: list[str], how: str, old: str, value: str) -> str:
    """The same of a user set: what is given is one user, whatever commas are in it (real cell)."""
    have, given = listed(old), value.split(",")
    where = '"user_lists" of "userset"'
    at = next((index for index in range(len(have)) if have[index : index + len(given)] == given), None)
    notes += list_changes.notes(how, where, have if at is None else [value], [value])
    if at is not None and how == ADD:
        return old
    if at is not None and how == DELETE:
        del have[at : at + len(given)]
    elif at is None and how != DELETE:
        have += given
    return ",".join(have) or "NONE"
