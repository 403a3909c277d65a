"""Named tuples and records that are made in a tenth of the time: a cell's daemon has sixty of them.

:class:`typing.NamedTuple` compiles every annotation, which is text here; ``dataclasses`` compiles four
methods for each class, and loads what reads the source of programs. Who checks types sees those two.
Typing itself takes as long to be loaded as ten modules of the daemon: its words that are in annotations only
are here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from types import FunctionType

__all__ = [
    "TYPE_CHECKING",
    "Any",
    "BinaryIO",
    "NamedTuple",
    "NoReturn",
    "field",
    "names_of",
    "record",
    "replace",
]

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dataclasses import dataclass as record
    from dataclasses import field, replace
    from typing import Any, BinaryIO, NamedTuple, NoReturn
else:
    from collections import namedtuple

    Any = BinaryIO = NoReturn = object  # in annotations, which are text

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

    class _Field:
        """One field of a record, as :func:`dataclasses.field` has it."""

        __slots__ = ("annotation", "compare", "default", "default_factory", "name")

        def __init__(
            self, default: object, default_factory: Callable[[], object] | None, compare: bool
        ) -> None:
            self.name = self.annotation = ""
            self.default = default
            self.default_factory = default_factory
            self.compare = compare

        @property
        def is_needed(self) -> bool:
            """Whether who makes one has to give it."""
            return self.default is ... and self.default_factory is None

    def field(*, default_factory: Callable[[], object] | None = None, compare: bool = True) -> _Field:
        """A field that gets a new value for each record, or that ``==`` does not look at."""
        return _Field(..., default_factory, compare)

    def replace(item: object, /, **changes: object) -> object:
        """The same record with other values in some fields."""
        for name in item.__match_args__:
            if name not in changes:
                changes[name] = getattr(item, name)
        return item.__class__(**changes)

    class _Init:
        """The constructor of a record, compiled when the first one is made: most cells need few kinds."""

        def __init__(self, of: type) -> None:
            self._of = of

        def __get__(self, item: object, owner: type | None = None) -> Callable[..., None]:
            self._of.__init__ = made = _constructor(self._of)
            return made.__get__(item, owner)

    def _constructor(cls: type) -> FunctionType:
        words, lines = ["self"], []
        space: dict[str, object] = {"_MADE": _MADE, "_set": object.__setattr__}
        for number, item in enumerate(cls.__fields__):
            value = name = item.name
            if item.default_factory is not None:
                space[f"_make{number}"] = item.default_factory
                value = f"_make{number}() if {name} is _MADE else {name}"
                words.append(f"{name}=_MADE")
            elif item.is_needed:
                words.append(name)
            else:
                space[f"_default{number}"] = item.default
                words.append(f"{name}=_default{number}")
            lines.append(f"_set(self, {name!r}, {value})" if cls.__frozen__ else f"self.{name} = {value}")
        if hasattr(cls, "__post_init__"):
            lines.append("self.__post_init__()")
        exec(f"def __init__({', '.join(words)}):\n " + "\n ".join(lines or ["pass"]), space)
        made = space["__init__"]
        made.__module__, made.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
        made.__annotations__ = {**{item.name: item.annotation for item in cls.__fields__}, "return": None}
        return made

    class _Given:
        """The word for a value that the record makes."""

        def __repr__(self) -> str:
            return "<factory>"

    _MADE = _Given()

    class _OfDataclass:
        """What the functions of ``dataclasses`` ask a class for, made when the first of them does."""

        def __init__(self, of: type, name: str) -> None:
            self._of, self._name = of, name

        def __get__(self, item: object, owner: type | None = None) -> object:
            import dataclasses  # noqa: PLC0415 no daemon needs it

            fields = []
            for of in self._of.__fields__:
                default = {} if of.default is ... else {"default": of.default}
                if of.default_factory is not None:
                    default = {"default_factory": of.default_factory}
                made = dataclasses.field(**default, compare=of.compare)
                fields.append((of.name, of.annotation, made))
            made = dataclasses.make_dataclass(self._of.__name__, fields, frozen=self._of.__frozen__)
            found = getattr(made, self._name)
            setattr(self._of, self._name, found)
            return found

    def _eq(self: object, other: object) -> bool:
        """Whether all fields are equal, of the same class."""
        if other.__class__ is not self.__class__:
            return NotImplemented
        get = _getter(self.__class__)
        return get(self) == get(other)

    def _hash(self: object) -> int:
        """That of the fields."""
        return hash(_getter(self.__class__)(self))

    def _repr(self: object) -> str:
        """The class with its fields."""
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__qualname__}({fields})"

    def _refuse(_: object, name: str, *value: object) -> None:
        """Raises FrozenInstanceError."""
        from dataclasses import FrozenInstanceError  # noqa: PLC0415 no daemon needs it

        raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")

    def _getter(cls: type) -> attrgetter:
        found = _getters.get(cls)
        if found is None:
            found = _getters[cls] = attrgetter(*(item.name for item in cls.__fields__ if item.compare))
        return found

    _getters: dict[type, attrgetter] = {}

    def _fields(cls: type) -> Iterable[_Field]:
        """What the annotations of a class say, and the values that stand beside them."""
        for name, annotation in vars(cls).get("__annotations__", {}).items():
            default = vars(cls).get(name, ...)
            item = default if isinstance(default, _Field) else _Field(default, None, compare=True)
            if item is default:
                delattr(cls, name)
            item.name, item.annotation = name, annotation
            yield item

    def record(cls: type | None = None, *, frozen: bool = False) -> Any:  # as dataclass()
        """What :func:`dataclasses.dataclass` makes of a class that has no other record among its bases."""
        if cls is None:
            return lambda cls: record(cls, frozen=frozen)
        cls.__fields__, cls.__frozen__ = tuple(_fields(cls)), frozen
        cls.__match_args__ = tuple(item.name for item in cls.__fields__)
        cls.__init__, cls.__replace__ = _Init(cls), replace
        for name in ("__dataclass_fields__", "__dataclass_params__"):
            setattr(cls, name, _OfDataclass(cls, name))
        own = vars(cls)
        if own.get("__hash__") is None:
            cls.__hash__ = _hash if frozen else None
        for name, method in (("__eq__", _eq), ("__repr__", _repr)):
            if name not in own:
                setattr(cls, name, method)
        if frozen:
            cls.__setattr__ = cls.__delattr__ = _refuse
        return cls


def names_of(kind: type) -> tuple[str, ...]:
    """The names of a record's fields."""
    names: tuple[str, ...] = kind.__match_args__  # type: ignore[attr-defined]
    return names
