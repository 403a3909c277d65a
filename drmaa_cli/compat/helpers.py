"""What drmaa-python's ``helpers`` and ``errors`` have beyond drmaa_cli's own names, without ctypes.

Names and parameters are drmaa-python 0.7.9's. Where it handles a C function, a Python function stands here;
where it handles a C vector, an iterable of ``str``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from drmaa_cli import errors
from drmaa_cli.constants import ERROR_STRING_BUFFER, V_ARGV, V_EMAIL, V_ENV
from drmaa_cli.errors import DrmaaException, NoResourceUsageException, error
from drmaa_cli.session.current import current
from drmaa_cli.session.process_session import Session
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.template.attributes import Attribute, Holder, VectorAttribute, Version, pairs
from drmaa_cli.template.job_template import ATTRIBUTE_NAMES
from drmaa_cli.typed import Any, Protocol


class ErrorBuffer:
    """The place of an error message: ``value`` is bytes, cut as libdrmaa's buffer cuts them."""

    def __init__(self) -> None:
        self._value = b""

    @property
    def value(self) -> bytes:
        """The message."""
        return self._value

    @value.setter
    def value(self, value: bytes) -> None:
        self._value = value.partition(b"\0")[0][: ERROR_STRING_BUFFER - 1]


error_buffer = ErrorBuffer()


def error_check(code: int) -> None:
    """Raise the exception of a DRMAA error number, with the text in ``error_buffer``; nothing for 0."""
    if code == 0:
        return
    text = error_buffer.value.decode()
    kind = errors.ERRORS_BY_NUMBER[code - 1] if 0 < code <= len(errors.ERRORS_BY_NUMBER) else DrmaaException
    if not issubclass(kind, (DrmaaException, NoResourceUsageException)):
        raise kind(f"code {code}: {text}")
    raise error(kind, text, code)


class SessionStringAttribute:
    """A text of the session, read by calling a function without arguments."""

    def __init__(self, drmaa_function: Callable[[], str]) -> None:
        self._f = drmaa_function

    def __get__(self, *args: object) -> str:
        return self._f()


class SessionVersionAttribute:
    """The version of DRMAA."""

    def __get__(self, *args: object) -> Version:
        return Version(1, 0)


class _Contents(Protocol):
    contents: Iterable[str]


def attributes_iterator(attributes: Iterable[str]) -> Iterator[str]:
    """The values of a vector, one by one."""
    yield from attributes


def adapt_rusage(rusage: Iterable[str] | _Contents) -> dict[str, str]:
    """``NAME=VALUE`` words as a dict; a value may contain ``=``."""
    words: Iterable[str] = getattr(rusage, "contents", rusage)  # type: ignore[arg-type]  # either has it
    return pairs(attributes_iterator(words))


def vector_attribute_iterator(jt: Holder, attr_name: bytes | str) -> Iterator[str]:
    """The values of a template's vector attribute; InvalidAttributeValueException when it is unset."""
    return attributes_iterator(VectorAttribute(attr_name).__get__(jt))


def attribute_names_iterator() -> Iterator[str]:
    """DRMAA's names of the scalar attributes; NoActiveSessionException without a session."""
    current()
    yield from ATTRIBUTE_NAMES


def vector_attribute_names_iterator() -> Iterator[str]:
    """DRMAA's names of the vector attributes; NoActiveSessionException without a session."""
    current()
    yield from (name.decode() for name in (V_ARGV, V_ENV, V_EMAIL))


def run_bulk_job(jt: JobTemplate, start: int, end: int, incr: int = 1) -> Iterator[str]:
    """Submit an array job when first asked for an id; the ids of its tasks."""
    yield from Session.runBulkJobs(jt, start, end, incr)


def c(f: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401  # whatever f returns
    """Call a function; its errors are exceptions already."""
    return f(*args)


def string_vector(v: Iterable[object]) -> list[bytes | None]:
    """The texts of the values as bytes, with a None at the end.

    Raises:
        TypeError: the argument has no length.
    """
    len(v)  # type: ignore[arg-type]  # for its TypeError
    texts = (value if isinstance(value, bytes) else os.fsencode(str(value)) for value in v)
    return [*texts, None]


def attribute_setter(obj: Holder, attribute_name: str) -> Callable[[bytes | str], None]:
    """A function that sets one scalar attribute, known by DRMAA's name, of this template."""

    def f(value: bytes | str) -> None:
        Attribute(attribute_name).__set__(obj, value)

    f.__name__ = "set_" + attribute_name
    return f


def attribute_getter(obj: Holder, attribute_name: str) -> Callable[[], bytes]:
    """A function that reads one scalar attribute, known by DRMAA's name, of this template."""

    def f() -> bytes:
        return os.fsencode(Attribute(attribute_name).__get__(obj))

    f.__name__ = "get_" + attribute_name
    return f
