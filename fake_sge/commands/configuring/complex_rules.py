"""What the entries of a complex may be; what is wrong with some, in the words of a real cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model import ComplexEntry, defaults
from ...model.values import TEXT_TYPES, number_of, quantity

BUILT_IN = {words[0]: words[2] for words in defaults.COMPLEXES}  # the type of each
_OF_TEXTS = ("==", "!=")
_EXCLUSIVE = "EXCL"
_NOUNS = {
    "INT": "integer value",
    "TIME": "time value",
    "MEMORY": "memory value",
    "BOOL": "boolean value",
    "DOUBLE": "double value",
}
_TEXTS_ALIKE = frozenset(("STRING", "CSTRING", "RESTRING"))  # a built-in one may change among these


def faults(entries: Sequence[ComplexEntry]) -> list[str]:
    """What is wrong with the lines of a whole complex; nothing of it is taken then."""
    found = []
    for number, entry in enumerate(entries):
        named = {entry.name, entry.shortcut}
        before = sum(bool(named & {earlier.name, earlier.shortcut}) for earlier in entries[:number])
        found += [
            *[f"complex with name {entry.name} or shortcut {entry.shortcut} already exists"] * before,
            *_of_operator(entry),
            *(_of_consumable(entry) if entry.consumable != "NO" else ()),
            *(_of_default(entry) if entry.consumable == "NO" or entry.requestable == "FORCED" else ()),
            *_of_built_in(entry),
        ]
    return found


def _of_operator(entry: ComplexEntry) -> Iterator[str]:
    if entry.type in TEXT_TYPES and entry.relop not in _OF_TEXTS:
        yield f'Complex "{entry.name}" has an invalid relational operator'
    elif entry.relop == _EXCLUSIVE and entry.type != "BOOL":
        yield f'Complex "{entry.name}" must be BOOL to use EXCL as relational operator'
    elif entry.type == "BOOL" and entry.relop not in (*_OF_TEXTS, _EXCLUSIVE):
        yield f'Complex "{entry.name}" has an invalid relational operator'


def _of_consumable(entry: ComplexEntry) -> Iterator[str]:
    if entry.type in TEXT_TYPES:
        yield f'Complex "{entry.name}" of type "{entry.type}" cannot be a consumable'
    if entry.relop == _EXCLUSIVE:
        return
    if entry.type == "BOOL":
        yield f'Exclusive complex "{entry.name}" must have EXCL as relational operator'
    if entry.relop != "<=":
        yield f'Consumable "{entry.name}" can have only <= as an relational operator'


def _of_default(entry: ComplexEntry) -> Iterator[str]:
    is_consumable = entry.consumable != "NO"
    if entry.type in TEXT_TYPES and not is_consumable:
        is_none = entry.default.upper() == "NONE"
    else:
        value = None if entry.type in TEXT_TYPES else number_of(entry.default, entry.type)
        if value is None and entry.type not in TEXT_TYPES:
            value = quantity(entry.default)  # of a truth value, too
        if value is None:
            yield f'Complex "{entry.name}"\'s default value should be of type "{_NOUNS.get(entry.type, "")}"'
            return
        is_none = value == 0
    if not is_none and is_consumable:
        text = "cannot have a (non-zero) default value because it is forced."
        yield f'Consumable "{entry.name}" {text}'
    elif not is_none:
        yield f'Complex "{entry.name}" cannot have a (non-zero) default value'


def _of_built_in(entry: ComplexEntry) -> Iterator[str]:
    kind = BUILT_IN.get(entry.name, entry.type)
    if entry.type != kind and not {entry.type, kind} <= _TEXTS_ALIKE:
        yield f'The type of the complex "{entry.name}" cannot be changed due to its built in status'
