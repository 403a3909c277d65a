"""The words of :mod:`typing`, for modules that every program loads.

Who checks types sees those of typing. In a program they mean nothing, and typing takes as long to be loaded
as twenty modules of ours; its NamedTuple and TypedDict, moreover, compile the annotations, which are text.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable

__all__ = [
    "IO",
    "TYPE_CHECKING",
    "Any",
    "Callable",
    "ClassVar",
    "Generic",
    "Literal",
    "NamedTuple",
    "Optional",
    "Protocol",
    "TypeVar",
    "TypedDict",
    "Union",
    "cast",
    "overload",
]

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import (
        IO,
        Any,
        ClassVar,
        Generic,
        Literal,
        NamedTuple,
        Optional,
        Protocol,
        TypedDict,
        TypeVar,
        Union,
        cast,
        overload,
    )
else:

    class _Word:
        """A word that may stand in an annotation, or among the bases of a class, where it is left out."""

        def __getitem__(self, item: object) -> _Word:
            return self

        def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
            return ()

    Any = ClassVar = Generic = IO = Literal = Optional = Protocol = Union = _Word()

    def TypeVar(name: str, bound: object = None, *, covariant: bool = False) -> object:  # noqa: ARG001  # typing's
        """A word that may stand in an annotation."""
        return name

    def cast(kind: object, value: object) -> object:  # noqa: ARG001
        """The value."""
        return value

    def overload(function: object) -> object:
        """The function."""
        return function

    class _Maker(type):
        """Makes what has NamedTuple as its base."""

        def __new__(mcs, name: str, bases: tuple[type, ...], space: dict[str, object]) -> type:
            if not bases:
                return super().__new__(mcs, name, bases, space)
            fields = space.get("__annotations__", {})
            defaults = [space.pop(field) for field in fields if field in space]
            made = namedtuple(name, fields, defaults=defaults, module=space["__module__"])
            for attribute, value in space.items():
                setattr(made, attribute, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """What has it as its base becomes a tuple whose items have the names of its annotations."""

    class TypedDict(dict):
        """What has it as its base says which keys a dictionary has."""

        def __init_subclass__(cls, *, total: bool = True) -> None:
            """Whether all keys must be there, only who checks types asks."""
