"""Resource quota sets from the text of a file, and what is wrong with it (sge_resource_quota(5)).

The complaints are those of a real cell (tests/fake/data/quotas.jsonl, stories "syntax" and "file").
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from ..lighter import record
from .cluster import CellConfig, ComplexEntry
from .names import refuse_object_name
from .quotas import KINDS, QuotaFilter, QuotaRule, QuotaSet, is_formula
from .values import TEXT_TYPES, number_of

_VALUES = ("name", "description", "enabled")
_FILTER = r"((?:\{[^{}]*\}|\S)+)\s*"
_LEAST_WORD = r"([^\s{]+|\S+)\s*"
_NO_VALUE = '" " is the only character allowed between the attribute name and the value in line {}'
_NO_RULES = "resource quota set has no rules"


class QuotaError(ValueError):
    """The lines that are said about a file or a set; of a file that is added only the first is printed."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


@record
class _Lines:
    """The lines of a file without comments; a line that ends with a backslash goes on in the next."""

    rows: list[tuple[int, str]]
    end: int

    @classmethod
    def of(cls, text: str) -> _Lines:
        rows: list[tuple[int, str]] = []
        kept = ""
        number = 0
        for number, line in enumerate(text.splitlines(), start=1):
            if line.lstrip().startswith("#"):
                continue
            if line.endswith("\\"):
                kept += line[:-1] + " "
                continue
            if (kept + line).strip():
                rows.append((number, (kept + line).strip()))
            kept = ""
        return cls(rows, number + 1)


def parse_quota_sets(text: str) -> list[QuotaSet]:
    """The sets of a file. Raises QuotaError."""
    lines = _Lines.of(text)
    found = []
    rows = iter(lines.rows)
    for number, line in rows:
        if not line.startswith("{"):
            raise QuotaError(
                f'each value in the attribute value list in line {number} should begin with "{{"'
            )
        first = [(number, words) for words in line[1:].split(maxsplit=1)[1:]]  # a word is skipped (real one)
        found.append(_set(itertools.chain(first, rows), lines.end))
    return found


def _set(rows: Iterator[tuple[int, str]], end: int) -> QuotaSet:
    values: dict[str, str] = {}
    rules: list[QuotaRule] = []
    for number, line in rows:
        found = re.match(r"[^\s}]*", line)
        name = found[0] if found else ""
        before, brace, after = (line, "", "") if name and name not in _VALUES else line.partition("}")
        if after:
            raise QuotaError(
                f'each value in the attribute value list in line {number + 1} should begin with "{{"'
            )
        value = before[len(name) :].lstrip()
        if name == "limit":
            rules.append(_rule(value.strip(), number, end))
        elif name:
            _refuse_name(name, values, rules, number)
            if before == name or not (value or brace):
                raise QuotaError(_NO_VALUE.format(number if brace else number + 1))
            values[name] = value
        if brace:
            break
    else:
        raise QuotaError(f'each value in the attribute value list in line {end} should end with "}}"')
    enabled = values.get("enabled", "FALSE").upper()
    if enabled not in ("TRUE", "FALSE", "1", "0"):
        raise QuotaError(f'error parsing value "{values["enabled"]}"')
    description = values.get("description", "NONE")
    return QuotaSet(
        values.get("name", "").strip(), description.strip(), enabled in ("TRUE", "1"), tuple(rules)
    )


def _refuse_name(name: str, values: Mapping[str, str], rules: Sequence[QuotaRule], number: int) -> None:
    """Raises QuotaError for an attribute that there is not, or not here."""
    if not name[0].isalnum():
        raise QuotaError(f"line {number} should begin with an attribute name")
    if name not in _VALUES or rules:
        raise QuotaError(f'unknown attribute name "{name}"')
    if name in values:
        raise QuotaError(f'attribute "{name}" appears more than once')


def _rule(text: str, number: int, end: int) -> QuotaRule:
    """What follows ``limit``."""
    if not text:
        raise QuotaError(_NO_VALUE.format(number + 1))
    name = ""
    filters: dict[str, QuotaFilter] = {}
    limits: tuple[tuple[str, str], ...] = ()
    rest = text
    while rest:
        word, rest = _first(_LEAST_WORD, rest)
        if word == "to":
            limits = _limits(rest, number, end)
            break
        if word not in (*KINDS, "name"):
            if not word[0].isalnum():
                raise QuotaError(
                    f"line {number} should begin with an attribute name",
                    *([_unrecognized(number, rest.split()[0])] if rest else []),
                )
            unread = _unrecognized(number, re.split("[ =]", rest)[0]) if rest and "=" not in word else ""
            raise QuotaError(
                f'unknown attribute name "{word.split("=")[0]}"',
                unread or f"line {number} should begin with an attribute name",
            )
        value, rest = _first(_FILTER, rest)
        if word in filters or (word == "name" and name):
            raise QuotaError(
                f'attribute "{word}" appears more than once',
                _unrecognized(number, value.strip("{}")),
            )
        if word == "name":
            name = value
        elif value != "{}":
            filters[word] = _filter(value, number, next(iter(rest.split()), ""))
    ordered = tuple((kind, filters[kind]) for kind in KINDS if kind in filters)
    return QuotaRule(name, ordered, limits)


def _first(pattern: str, text: str) -> tuple[str, str]:
    found = re.match(pattern, text)
    return (found[1], text[found.end() :]) if found else ("", text)


def _unrecognized(number: int, word: str) -> str:
    return f'unrecognized characters after the attribute values in line {number}: "{word}"'


def _filter(text: str, number: int, following: str) -> QuotaFilter:
    each = text.startswith("{")
    words = [word.strip(" {}") for word in text.split(",") if word.strip(" {}")]  # @a,{*} is @a,* (real cell)
    broken = [word for word in words if " " in word]
    if each and (broken or not text.endswith("}") or re.search(r"\{\s|\s[,}]", text)):
        complaint = "no valid expanded list"
        after = broken[0].split()[1] if broken else words[0]
        after = after if text.endswith("}") else following
        raise QuotaError(f"error: {complaint}\n{complaint}", _unrecognized(number, after))
    return QuotaFilter(
        tuple(word for word in words if not word.startswith("!")),
        tuple(word[1:] for word in words if word.startswith("!")),
        each,
    )


def _limits(text: str, number: int, end: int) -> tuple[tuple[str, str], ...]:
    """What follows ``to`` in a line; ``end`` is the line after the text."""
    before, comment, _ = text.partition(" #")
    text = before.strip()
    if text.startswith(","):
        raise QuotaError(_unrecognized(number, text.strip(", ").partition("=")[0]))
    if comment:  # it takes the line's end with it
        raise QuotaError(f"line {number + 1} should begin with an attribute name")
    if text.endswith(","):
        raise QuotaError(f'each value in the attribute value list in line {end} should end with "}}"')
    for pair in text.split(","):
        words = pair.split()
        if len(words) > 1 and ("=" not in words[0] or not words[1][0].isalnum()):
            raise QuotaError(f"line {number} should begin with an attribute name")
        if len(words) > 1:
            raise QuotaError(f'unknown attribute name "{words[1].partition("=")[0]}"')
    return read_limits(text)


def read_limits(text: str) -> tuple[tuple[str, str], ...]:
    """``slots=2,mem=4G``; NONE is none. Raises QuotaError for a name without a value."""
    if text.upper() in ("", "NONE"):
        return ()
    pairs = [word.strip().partition("=")[::2] for word in text.split(",") if word.strip()]
    if not all(value for _, value in pairs):
        raise QuotaError(_NO_RULES)
    return tuple((name, value) for name, value in pairs)


def checked(item: QuotaSet, config: CellConfig) -> QuotaSet:
    """A set as the qmaster keeps it. Raises QuotaError for what it refuses."""
    if not item.name:
        raise QuotaError("resource quota set has no name")
    refusal = refuse_object_name(item.name)
    if refusal:
        raise QuotaError(refusal)
    if not item.rules:
        raise QuotaError(_NO_RULES)
    rules = []
    for rule in item.rules:
        limits = tuple(_limit(name, value, rule, config) for name, value in rule.limits)
        rules.append(QuotaRule(rule.name, rule.filters, limits))
    return QuotaSet(item.name, item.description, item.enabled, tuple(rules))


def _limit(name: str, value: str, rule: QuotaRule, config: CellConfig) -> tuple[str, str]:
    entry = config.complex_named(name)
    if entry is None:
        missing = name or "(null)"
        raise QuotaError(f'"resource_quota" references not existing complex attribute "{missing}"')
    return entry.name, _value(entry, value, rule, config)


def _value(entry: ComplexEntry, value: str, rule: QuotaRule, config: CellConfig) -> str:
    if is_formula(value):
        _check_formula(value, rule, config)
        return value
    try:
        return entry.offered(value)
    except ValueError as error:
        raise QuotaError(str(error)) from None


def _check_formula(text: str, rule: QuotaRule, config: CellConfig) -> None:
    hosts = rule.filter_of("hosts")
    if hosts is None or not hosts.each:
        raise QuotaError("dynamic limits are only supported for per host rules")
    for term in re.split(r"[+-]", text):
        name, times, weight = term.partition("*")
        if times and number_of(weight, "DOUBLE") is None:
            raise QuotaError(
                f'"dynamical_limit" uses "{weight}" as weighting factor (only numbers are allowed)'
            )
        if name.startswith("$") and config.complex_named(name[1:]) is None:
            raise QuotaError(f'"dynamical_limit" references not existing complex attribute "{name[1:]}"')
        entry = config.complex_named(name.lstrip("$"))
        if entry is not None and entry.type in TEXT_TYPES:
            kinds = "String, CString, ReString or Host attributes"
            raise QuotaError(f'{kinds} are not allowed in "dynamical_limit": "{entry.name}"')
