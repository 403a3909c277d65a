"""NamedTuple and TypedDict as :mod:`typing` has them, for classes that every program loads.

Those look into the annotations, and compile them where they are text, as they all are here: a good part of
the time in which drmaa_cli is loaded. Here they are left alone; :func:`typing.get_type_hints` reads them.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

__all__ = ["NamedTuple", "TypedDict"]

if TYPE_CHECKING:
    from typing import NamedTuple, TypedDict
else:

    class _Maker(type):
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
        """What has it as its base says which keys a dictionary has, to whoever checks types."""

        def __init_subclass__(cls, *, total: bool = True) -> None:
            """Whether all keys must be there, only who checks types asks."""
