"""Descriptors behind a job template's attributes: names and signatures of drmaa-python's ``helpers``.

An attribute keeps its value in the template as text (``str``), or as a tuple of texts when DRMAA calls it a
vector; ``bytes`` are accepted everywhere and decoded with :func:`os.fsdecode`. Nothing is ever cut (libdrmaa
cuts at 1024 bytes). What an attribute refuses, and with which exception and text, is what libdrmaa 8.1.9 was
observed to do, except where that was a crash of the binding: there it is InvalidArgumentException.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from os import PathLike, fsdecode, fsencode

from drmaa_cli.errors import INVALID_ARGUMENT_TEXT, InvalidArgumentException, error
from drmaa_cli.typed import Any, Generic, NamedTuple, Protocol, TypeVar, Union, overload

ENCODING = "utf-8"

Text = Union[str, tuple[str, ...]]
Given = Union[str, bytes]
Limit = Union[int, float, str, bytes, datetime.timedelta]
Item = Union[str, bytes, int, float, PathLike[str]]
Pairs = Mapping[str, Item]
Value = TypeVar("Value")
Taken = TypeVar("Taken")

_LIMIT = r"(?a)(?:(?:([0-9]{1,10}):)?([0-9]{1,10}):)?([0-9]{1,10})"


class Holder(Protocol):
    """What has DRMAA attributes: a template."""

    def _read(self, name: bytes) -> Text: ...

    def _admit(self, name: bytes, value: object) -> None: ...

    def _write(self, name: bytes, value: Text) -> None: ...

    def _doubt(self, name: bytes, value: object, expected: str, taken: str) -> None: ...


class BoolConverter:
    """Truth as one of two words: of itself, anything true is ``true``."""

    def __init__(self, true: bytes | str = b"y", false: bytes | str = b"n") -> None:
        self.true = true.encode(ENCODING) if isinstance(true, str) else true
        self.false = false.encode(ENCODING) if isinstance(false, str) else false

    def to_drmaa(self, value: object) -> bytes:
        """The word for the truth of any value."""
        return self.true if value else self.false

    def from_drmaa(self, value: bytes) -> bool:
        """Whether the word is the one for true."""
        return value == self.true


class IntConverter:
    """A time limit in whole seconds."""

    @staticmethod
    def to_drmaa(value: object) -> bytes:
        """The seconds as digits.

        Args:
            value: an int, an integral float, a timedelta of whole seconds, or text: digits or ``[[h:]m:]s``.

        Raises:
            TypeError: another type.
            ValueError: negative, not whole, or text of another form.
        """
        if isinstance(value, (bytes, str)):
            return str(_seconds_of(fsdecode(value))).encode(ENCODING)
        if isinstance(value, datetime.timedelta):
            value = value.total_seconds()
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError("whole seconds are expected: an int, 'h:m:s' or a timedelta")
        if not math.isfinite(value) or value != int(value) or value < 0:
            raise ValueError("whole seconds from 0 up are expected")
        return str(int(value)).encode(ENCODING)

    @staticmethod
    def from_drmaa(value: bytes) -> int:
        """The seconds."""
        return int(value)


class Version(NamedTuple):
    """A version number; ``str(Version(1, 0)) == "1.0"``."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class Attribute(Generic[Value, Taken]):
    """A scalar attribute: of type ``Value`` when it is read, set from a ``Taken``.

    Args:
        name: DRMAA's name (``drmaa_wd``).
        type_converter: see :class:`BoolConverter`; None for plain text.
    """

    @overload
    def __init__(self: Attribute[str, Given], name: Given, type_converter: None = None) -> None: ...

    @overload
    def __init__(self: Attribute[bool, bool], name: Given, type_converter: BoolConverter) -> None: ...

    @overload
    def __init__(
        self: Attribute[int, Limit], name: Given, type_converter: type[IntConverter] | IntConverter
    ) -> None: ...

    @overload
    def __init__(self: Attribute[Any, Any], name: Given, type_converter: object) -> None: ...

    def __init__(self, name: Given, type_converter: object = None) -> None:
        self.name = name.encode(ENCODING) if isinstance(name, str) else name
        self.converter: Any = type_converter

    @overload
    def __get__(self, instance: None, owner: object = None) -> Attribute[Value, Taken]: ...

    @overload
    def __get__(self, instance: Holder, owner: object = None) -> Value: ...

    def __get__(self, instance: Holder | None, owner: object = None) -> Any:
        """The value; InvalidAttributeValueException (code 14) when unset. On the class: the descriptor."""
        if instance is None:
            return self
        value = instance._read(self.name)
        return value if self.converter is None else self.converter.from_drmaa(fsencode(str(value)))

    def __set__(self, instance: Holder, value: Taken) -> None:
        """Set the value.

        Raises:
            InvalidArgumentException: None or a value of a type the attribute cannot hold.
            InvalidAttributeValueException: a submission state that is none.
        """
        instance._admit(self.name, value)
        if isinstance(self.converter, BoolConverter) and not _is_flag(value):
            instance._doubt(self.name, value, "True or False is expected", str(bool(value)))
        if self.converter is not None:
            instance._write(self.name, fsdecode(self._converted(value)))
        elif isinstance(value, (bytes, str)):
            instance._write(self.name, fsdecode(value))
        elif value is None:
            raise error(InvalidArgumentException, INVALID_ARGUMENT_TEXT)
        else:
            raise wrong_type(self.name, value, "str or bytes is expected")

    def _converted(self, value: object) -> bytes:
        assert self.converter is not None
        try:
            converted: bytes = self.converter.to_drmaa(value)
        except (TypeError, ValueError) as reason:
            raise wrong_type(self.name, value, str(reason)) from reason
        return converted


class VectorAttribute:
    """An attribute that is a list of texts."""

    def __init__(self, name: Given) -> None:
        self.name = name.encode(ENCODING) if isinstance(name, str) else name

    @overload
    def __get__(self, instance: None, owner: object = None) -> VectorAttribute: ...

    @overload
    def __get__(self, instance: Holder, owner: object = None) -> list[str]: ...

    def __get__(self, instance: Holder | None, owner: object = None) -> VectorAttribute | list[str]:
        """A new list; InvalidAttributeValueException (code 14) when unset. On the class: the descriptor."""
        return self if instance is None else list(instance._read(self.name))

    def __set__(self, instance: Holder, value: Sequence[Item]) -> None:
        """Set the list: each element's text.

        Raises:
            InvalidArgumentException: not a list, tuple or the like: a text, a mapping or set, an iterator; or
                None or a container is an element.
        """
        instance._admit(self.name, value)
        if isinstance(value, (str, bytes, Mapping, Set)) or not hasattr(value, "__len__"):
            instance._doubt(self.name, value, "a list of texts is expected", "its characters")
        len(value)  # for its TypeError, where drmaa-python's is wanted
        for element in value:
            _check_item(instance, self.name, element)
        instance._write(self.name, tuple(map(text, value)))


class DictAttribute:
    """An attribute that is a mapping of names to texts, kept as ``NAME=VALUE``."""

    def __init__(self, name: Given) -> None:
        self.name = name.encode(ENCODING) if isinstance(name, str) else name

    @overload
    def __get__(self, instance: None, owner: object = None) -> DictAttribute: ...

    @overload
    def __get__(self, instance: Holder, owner: object = None) -> dict[str, str]: ...

    def __get__(self, instance: Holder | None, owner: object = None) -> DictAttribute | dict[str, str]:
        """A new dict; InvalidAttributeValueException (code 14) when unset. On the class: the descriptor."""
        return self if instance is None else pairs(instance._read(self.name))

    def __set__(self, instance: Holder, value: Pairs) -> None:
        """Set the mapping: the texts of its names and values. A name ends at its first ``=``.

        Raises:
            InvalidArgumentException: the value is no mapping (it is an AttributeError, as in drmaa-python),
                or one of its names or values is None or a container.
        """
        instance._admit(self.name, value)
        items = getattr(value, "items", None)
        if not callable(items):
            raise wrong_type(self.name, value, "a mapping is expected")
        found = list(items())
        for pair in found:
            for item in pair:
                _check_item(instance, self.name, item)
        instance._write(self.name, tuple(f"{text(key)}={text(item)}" for key, item in found))


def text(value: object) -> str:
    """A str as it is, bytes decoded, the str() of anything else."""
    return fsdecode(value) if isinstance(value, (bytes, str)) else str(value)


def _is_flag(value: object) -> bool:
    return isinstance(value, (bool, int)) and value in (0, 1)


def _check_item(instance: Holder, name: bytes, item: object) -> None:
    if item is None or isinstance(item, (list, tuple, Mapping, Set)):
        instance._doubt(name, item, "a text or a number is expected in it", f"the text {str(item)!r}")


def pairs(vector: Iterable[str]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a dict; the last of equal names wins."""
    return {name: value for name, _, value in (item.partition("=") for item in vector)}


def shown(value: object, longest: int = 80) -> str:
    """The repr of a value for an error message; what is longer ends in ``...``."""
    try:
        whole = repr(value)
    except Exception as broken:  # noqa: BLE001  # a user's __repr__ must not hide the error being reported
        whole = f"<{type(value).__name__}, whose repr() fails: {type(broken).__name__}>"
    return whole if len(whole) <= longest else whole[: longest - 3] + "..."


def wrong_type(name: bytes, value: object, expected: str) -> InvalidArgumentException:
    """Code 4 with the attribute, the value and what would have been right."""
    text = f"{INVALID_ARGUMENT_TEXT} {name.decode()} cannot be {shown(value)}: {expected}"
    return error(InvalidArgumentException, text)


def _seconds_of(value: str) -> int:
    found = re.fullmatch(_LIMIT, value.strip())
    if found is None:
        raise ValueError("seconds or [[h:]m:]s are expected")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
