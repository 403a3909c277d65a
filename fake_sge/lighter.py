"""Named tuples and dataclasses that are made in a third of the time: a cell's daemon has sixty of them.

:class:`typing.NamedTuple` compiles every annotation, which is text here, and ``dataclasses`` compiles three
methods for each class. Who checks types sees those two.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple", "record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
    from typing import NamedTuple
else:
    from collections import namedtuple
    from dataclasses import dataclass

    class _Maker(type):
        """Makes what has NamedTuple as its base."""

        def __new__(mcs, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(mcs, name, bases, space)
            fields = tuple(space.get("__annotations__", ()))
            defaults = [space.pop(field) for field in fields if field in space]
            made = namedtuple(name, fields, defaults=defaults, module=space["__module__"])
            for key, value in space.items():
                if key not in ("__module__", "__dict__", "__weakref__"):
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """What has it as its base becomes a tuple whose items have the names of its annotations."""

    def _eq(self: object, other: object) -> bool:
        """Whether all fields are equal, of the same class."""
        if other.__class__ is not self.__class__:
            return NotImplemented
        get = _getter(self.__class__)
        return get(self) == get(other)

    def _repr(self: object) -> str:
        """The class with its fields."""
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
        return f"{type(self).__qualname__}({fields})"

    def _getter(cls: type) -> attrgetter:
        found = _getters.get(cls)
        if found is None:
            fields = cls.__dataclass_fields__.values()
            found = _getters[cls] = attrgetter(*(field.name for field in fields if field.compare))
        return found

    _getters: dict[type, attrgetter] = {}

    def record(cls: type | None = None, **options: bool) -> Any:  # noqa: ANN401  # as dataclass()
        """What :func:`dataclasses.dataclass` makes of a class; its ``==`` and ``repr()`` are not compiled."""
        if cls is None:
            return lambda cls: record(cls, **options)
        for name, method in (("__eq__", _eq), ("__repr__", _repr)):
            if name not in vars(cls):
                setattr(cls, name, method)
        if "__hash__" not in vars(cls):
            cls.__hash__ = None
        return dataclass(repr=False, eq=False, **options)(cls)
