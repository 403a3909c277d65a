"""What the values of objects' attributes may be, and how they are kept (real cell)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...model import defaults
from ...model.host_values import joined_value, read_value
from ...model.values import c_double, quantity
from .flat_file import NO_FIGURE, Shape

_TRUTH = {"TRUE": ("true", "t", "yes", "y", "1"), "FALSE": ("false", "f", "no", "n", "0")}
_NO_NUMBER = 'error parsing unsigned long value from string "{}"'
_NO_U_LONG = '"{}" is not an u_long32 value'
_LARGEST = 0xFFFFFFFF
_NO_VALUE = 'error parsing value "{}"'
ATTRIBUTE = 'Error during parsing of attribute value "{}"'
_QUEUE_TYPES = ("BATCH", "INTERACTIVE")
_USERSET_TYPES = ("ACL", "DEPT")
SCHEDULER = "sched"  # its configuration among the kinds of objects
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "q": defaults.QUEUE,
    "p": defaults.PE,
    "u": defaults.USERSETS["arusers"],
    "prj": defaults.PROJECT,
    "user": defaults.USER,
    SCHEDULER: defaults.SCHEDULER,
}
PAIRS = ("complex_values", "load_thresholds", "suspend_thresholds", "load_scaling", "usage_scaling")
LISTS = (
    *("pe_list", "ckpt_list", "user_lists", "xuser_lists", "owner_list", "projects", "xprojects"),
    *("hostlist", "subordinate_list", "report_variables", "entries", "acl", "xacl"),
)
_SHAPES: Mapping[str, Mapping[str, Shape]] = {
    "p": dict.fromkeys(("user_lists", "xuser_lists"), Shape.NAMES),
    "prj": dict.fromkeys(("acl", "xacl"), Shape.NAMES),
    "hgrp": {"hostlist": Shape.NAMES},
    "u": {"entries": Shape.USERS},
    "e": {
        **dict.fromkeys(("user_lists", "xuser_lists", "projects", "xprojects"), Shape.NAMES),
        **dict.fromkeys(("load_scaling", "usage_scaling"), Shape.FIGURES),
        "complex_values": Shape.PAIRS,
        "report_variables": Shape.WORDS,
    },
    SCHEDULER: {"job_load_adjustments": Shape.LOADS, "usage_weight_list": Shape.FIGURES},
}


def shapes(kind: str, names: tuple[str, ...]) -> dict[str, Shape]:
    """How the values of a kind's attributes are read from a text; ``kind`` as in the options of qconf."""
    usual = Shape.LINE if kind == "q" else Shape.TEXT
    return {name: _SHAPES.get(kind, {}).get(name, usual) for name in names}


def separator(kind: str, name: str) -> str:
    """What stands between the elements of a list."""
    known = _SHAPES.get(kind, {}).get(name)
    return "," if name in PAIRS or known in (Shape.WORDS, Shape.USERS) else " "


def refuse_value(kind: str, name: str, value: str) -> list[str]:
    """What is wrong with the value of an object's attribute; of a queue's for one host."""
    default = _DEFAULTS.get(kind, {}).get(name, "")
    tail = [ATTRIBUTE.format(value)] if kind == "q" else []
    is_open = kind == "q" and value.endswith(" ")  # a blank before the bracket
    if _is_number(kind, name, default) and (_u_long(value) is None or is_open):
        number, rest = c_double(value)
        if kind != "q" and number is not None and number < 0:
            return [f'parameter "{name}" must be a positive number']
        wrong = _NO_NUMBER if number is None or is_open or rest.strip(" \t") else _NO_U_LONG
        return [wrong.format(value), *tail]
    if kind == "q" and name == "qtype" and _queue_types(value) is None:
        return [f'error parsing queue type from string "{value}"', *tail]
    if kind == "q" and name in PAIRS:
        return (
            []
            if _queue_pairs(value) is not None
            else [_NO_VALUE.format(_cut(value)), ATTRIBUTE.format(_cut(value))]
        )
    if kind == "u" and name == "type":
        return _refuse_userset_type(value)
    if re.fullmatch(r"-?\d+\.\d+", default) and c_double(value)[0] is None:
        return [NO_FIGURE.format(value)]
    if kind != SCHEDULER and _is_time(default) and quantity(value) is None:
        return [_NO_VALUE.format(value), *tail]
    if default in _TRUTH and truth(value) is None:
        return [_NO_VALUE.format(value), *tail]
    return []


def normal(kind: str, name: str, value: str) -> str:
    """A value as it is kept: numbers, truths, lists and queue types are read and written anew."""
    if not value:
        return value
    default = _DEFAULTS.get(kind, {}).get(name, "")
    number = _u_long(value) if _is_number(kind, name, default) else None
    if number is not None:
        return str(number)
    if kind == "q" and (name in PAIRS or name in LISTS):
        return _queue_list(name, value)
    if kind == "q" and name == "qtype":
        return _queue_types(value) or value
    if kind == "u" and name == "type":
        return " ".join(word for word in _USERSET_TYPES if word in _userset_types(value))
    if re.fullmatch(r"-?\d+\.\d+", default):
        return f"{c_double(value)[0] or 0.0:f}"
    return (truth(value) or value) if default in _TRUTH else value


def queue_value(name: str, text: str) -> tuple[str, list[str]]:
    """The value of a queue's attribute with those of single hosts, as it is kept; or what is wrong."""
    if name in ("qname", "hostlist"):
        return (_queue_list(name, text) if name == "hostlist" else text), []
    try:
        common, places = read_value(text)
    except ValueError as error:
        return "", [str(error)]
    kept = {}
    for place, value in {"": common or "", **places}.items():
        if place == "" and common is None:
            continue
        given = "0" if place and not value and _is_number("q", name, defaults.QUEUE[name]) else value
        wrong = refuse_value("q", name, given)
        if wrong:
            return "", wrong
        kept[place] = normal("q", name, given)
    return joined_value(kept.pop("", ""), kept), []


def _is_number(kind: str, name: str, default: str) -> bool:
    """``priority`` is a text that the qmaster looks at."""
    return re.fullmatch(r"\d+", default) is not None and (kind, name) != ("q", "priority")


def _is_time(default: str) -> bool:
    return default == "INFINITY" or re.fullmatch(r"\d+:\d+:\d+", default) is not None


def _u_long(text: str) -> int | None:
    """Also ``1e3``, ``0x10`` and ``2.0``."""
    number, rest = c_double(text)
    if number is None or rest.strip(" \t") or not 0 <= number <= _LARGEST or number != int(number):
        return None
    return int(number)


def truth(text: str) -> str | None:
    """TRUE or FALSE; None for what is neither."""
    return next((name for name, words in _TRUTH.items() if text.lower() in words), None)


def _queue_types(text: str) -> str | None:
    """BATCH and INTERACTIVE in this order, each once; NONE alone; None for anything else."""
    words = text.upper().replace(",", " ").split()
    if words == ["NONE"]:
        return "NONE"
    known = [word for word in _QUEUE_TYPES if word in words]
    return " ".join(known) if words and len(known) == len(words) else None


def _userset_types(text: str) -> list[str]:
    return text.upper().replace(",", " ").split()


def _refuse_userset_type(text: str) -> list[str]:
    given = text.replace(",", " ").split()
    if not given:
        return ['reading conf file: empty specifier for "userset type"']
    for index, word in enumerate(given):
        if word.upper() not in _USERSET_TYPES:
            return [f'reading conf file: unknown specifier "{word}" for userset type']
        if word.upper() in _userset_types(" ".join(given[:index])):
            return [f'reading config file: specifier "{word}" given twice for "userset type"']
    return []


def _queue_list(name: str, text: str) -> str:
    """Elements once each, however they are separated; NONE in front is all."""
    if name in PAIRS:
        pairs = _queue_pairs(text) or []
        return ",".join(f"{key}={value}" for key, value in pairs) or "NONE"
    words = re.findall(r"[^, \t]+", text)
    if not words or words[0].upper() == "NONE":
        return "NONE"
    return " ".join(dict.fromkeys(words))


def _queue_pairs(text: str) -> list[tuple[str, str]] | None:
    """Blanks, commas and ``=`` all separate; None when a value is missing."""
    words = re.findall(r"[^,= \t]+", text)
    if not words or words[0].upper() == "NONE":
        return []
    values = ["" if word.upper() == "NONE" else word for word in words[1::2]]
    return list(zip(words[::2], values)) if len(words) % 2 == 0 else None


def _cut(text: str) -> str:
    """A text up to the end of its first word, as it is named."""
    found = re.match(r"[,= \t]*[^,= \t]+", text)
    return found[0] if found else text
