"""The words of :mod:`typing`, for modules that every program loads.

Who checks types sees those of typing. In a program they mean nothing, and typing takes as long to be loaded
as twenty modules of ours; its NamedTuple and TypedDict, moreover, compile the annotations, which are text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from types import CodeType, FunctionType

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
    try:
        from _collections import _tuplegetter
    except ImportError:  # as in collections: where it is not written in C

        def _tuplegetter(index: int, doc: str) -> property:
            return property(itemgetter(index), doc=doc)

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

    def _code_of(count: int) -> CodeType:
        """The code of a ``__new__`` with so many arguments, whose names are still to be put in."""
        if count not in _codes:
            names = "".join(f"_{number}, " for number in range(count))
            _codes[count] = eval(f"lambda _cls, {names}: _new(_cls, ({names}))").__code__
        return _codes[count]

    _codes: dict[int, CodeType] = {}

    class _New:
        """The ``__new__`` of a named tuple, compiled when one is made: few kinds are in one program."""

        __slots__ = ("_of",)

        def __init__(self, of: type) -> None:
            self._of = of

        def __get__(self, instance: object, owner: type) -> Callable[..., object]:
            of = self._of
            code = _code_of(len(of._fields)).replace(co_name="__new__", co_varnames=("_cls", *of._fields))
            defaults = tuple(of._field_defaults.values())
            made = FunctionType(code, {"_new": tuple.__new__}, "__new__", defaults)
            made.__module__, made.__qualname__ = of.__module__, f"{of.__qualname__}.__new__"
            of.__new__ = staticmethod(made)
            return made

    def _make(cls: type, values: Iterable[object]) -> object:
        """Make one of the items of something."""
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self: tuple[object, ...], /, **changes: object) -> object:
        """The same with other values in some fields."""
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return made

    def _asdict(self: tuple[object, ...]) -> dict[str, object]:
        """The values by the names of their fields."""
        return dict(zip(self._fields, self))

    def _getnewargs(self: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(self)

    def _repr(self: tuple[object, ...]) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self))
        return f"{type(self).__name__}({values})"

    _OF_NAMED_TUPLES = {
        "__slots__": (),
        "_make": classmethod(_make),
        "_replace": _replace,
        "__replace__": _replace,
        "_asdict": _asdict,
        "__getnewargs__": _getnewargs,
        "__repr__": _repr,
    }

    class _Maker(type):
        """Makes what has NamedTuple as its base, like collections.namedtuple, which compiles each."""

        def __new__(mcs, name: str, bases: tuple[type, ...], space: dict[str, object]) -> type:
            if not bases:
                return super().__new__(mcs, name, bases, space)
            fields = tuple(space.get("__annotations__", ()))
            space["_fields"] = space["__match_args__"] = fields
            space["_field_defaults"] = {field: space[field] for field in fields if field in space}
            for index, field in enumerate(fields):
                space[field] = _tuplegetter(index, f"Alias for field number {index}")
            made = type(name, (tuple,), {**_OF_NAMED_TUPLES, **space})
            made.__new__ = _New(made)
            return made

    class NamedTuple(metaclass=_Maker):
        """What has it as its base becomes a tuple whose items have the names of its annotations."""

    class TypedDict(dict):
        """What has it as its base says which keys a dictionary has."""

        def __init_subclass__(cls, *, total: bool = True) -> None:
            """Whether all keys must be there, only who checks types asks."""
