"""Which code of the program itself a function or a class is made of, and makes use of."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterator

from drmaa_cli.typed import Any, cast

MAIN = "__main__"
Cached = functools._lru_cache_wrapper


def own_code(value: object) -> list[tuple[str, types.CodeType]]:
    """The functions of the program itself that a function or a class of it can come to call.

    Those that it names, those that these name, and so on; of a class the methods. What modules hold is not
    the program's own, and values are not code: of neither is anything told.

    Returns:
        The qualified name and the code of each, also of the function itself.
    """
    found = []
    seen: dict[int, object] = {}
    unread = [value]
    while unread:
        one = unread.pop()
        if id(one) in seen:
            continue
        seen[id(one)] = one
        if isinstance(one, types.FunctionType):
            found.append((one.__qualname__, one.__code__))
        unread.extend(each for each in _used(one) if _is_own(each))
    return found


def own_classes() -> list[str]:
    """The names of the classes that the program itself has by these names."""
    members = list(vars(sys.modules[MAIN]).items())
    return [
        name
        for name, value in members
        if isinstance(value, type) and (value.__module__, value.__qualname__) == (MAIN, name)
    ]


def _is_own(value: Any) -> bool:  # noqa: ANN401  # whatever a program has
    return isinstance(value, (types.FunctionType, type, Cached)) and value.__module__ == MAIN


def _used(value: object) -> Iterator[object]:
    if isinstance(value, types.FunctionType):
        yield from (value.__globals__.get(name) for name in _names(value.__code__))
        yield from _contents(value.__closure__ or ())
        yield value.__dict__.get("__wrapped__")
    elif isinstance(value, Cached):
        yield value.__wrapped__
    elif isinstance(value, type) and value.__module__ == MAIN:
        yield from value.__mro__[1:]
        for member in list(vars(value).values()):
            yield from _functions(member)


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _contents(cells: tuple[types.CellType, ...]) -> Iterator[object]:
    for cell in cells:
        try:
            yield cell.cell_contents
        except ValueError:
            continue  # it is empty still


def _functions(member: object) -> Iterator[object]:
    """What a member of a class consists of."""
    if isinstance(member, property):
        yield from (member.fget, member.fset, member.fdel)
    elif isinstance(member, (staticmethod, classmethod)):
        yield cast("Any", member).__func__
    elif isinstance(member, functools.cached_property):
        yield member.func
    else:
        yield member
