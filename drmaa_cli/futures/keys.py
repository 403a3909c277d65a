"""Keys that a program's next run makes again: what a call is, told by its content.

A pickle is not the same in two runs of a program: sets are in another order, cloudpickle numbers classes at
random, and equal texts are written twice or once as it happens. Here a function is its module, its name and,
where cloudpickle would send it by value, its code and that of the program's functions and classes that it
uses; sets are sorted by their members' own digests; texts are always written out.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
import types
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from io import BytesIO

from drmaa_cli.futures.own_code import MAIN, Cached, own_code
from drmaa_cli.typed import Any, Callable, ClassVar

DIGEST_BYTES = 16
CODES = 4096  # of which the digest is kept: each call has that of its function made anew


class KeyMaker:
    """Numbers equal calls by their order: the third call of ``f(1)`` is the third in the next run, too."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def key(self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """The key of the next call of this content.

        Raises:
            Exception: whatever pickling an argument raises.
        """
        content = digest((function, tuple(args), sorted(kwargs.items())))
        self._seen[content] += 1
        return f"{content}.{self._seen[content]}"


def digest(value: object) -> str:
    """What a value is, as a short text that is the same in every run of a program.

    Raises:
        Exception: whatever pickling a part of it raises.
    """
    return _hash(value).hexdigest()


def _hash(value: object) -> hashlib.blake2b:
    text = BytesIO()
    _Canonical(text).dump(value)
    return hashlib.blake2b(text.getvalue(), digest_size=DIGEST_BYTES)


_Pickler: Any = pickle._Pickler  # the one in Python: that in C does not ask about sets and texts


class _Canonical(_Pickler):  # type: ignore[misc]  # nothing is known of it
    """Writes what equal values have in common."""

    dispatch: ClassVar[dict[Any, Any]] = dict(_Pickler.dispatch)

    def __init__(self, file: BytesIO) -> None:
        super().__init__(file, protocol=4)
        self._places: dict[int, tuple[int, object]] = {}  # what was written by name, for a function in itself

    def memoize(self, obj: object) -> None:
        """Refer back to containers (they may hold themselves), never to texts and numbers."""
        if not isinstance(obj, (str, bytes, int, float)):
            super().memoize(obj)

    def _save_set(self, obj: AbstractSet[object]) -> None:
        members = sorted(_hash(member).digest() for member in obj)
        self.save((type(obj).__name__, members))

    dispatch[set] = _save_set
    dispatch[frozenset] = _save_set
    _makers: ClassVar[Mapping[type, Callable[[Any], tuple[object, ...]]]]

    def save(self, obj: object, save_persistent_id: bool = True) -> None:
        """Functions, classes and modules by what they are called, and by their code where that is all."""
        make = _class if isinstance(obj, type) else self._makers.get(type(obj))
        if make is None:
            super().save(obj, save_persistent_id)
        elif id(obj) in self._places:
            super().save(("again", self._places[id(obj)][0]))
        else:
            self._places[id(obj)] = (len(self._places), obj)  # kept, so that its id stays its own
            super().save(make(obj))


def _class(kind: Any) -> tuple[object, ...]:  # noqa: ANN401  # a class
    return ("class", kind.__module__, kind.__qualname__, *_own_code(kind))


def _cached(function: Any) -> tuple[object, ...]:  # noqa: ANN401  # what functools.lru_cache() makes
    return ("cached", function.__wrapped__)


def _own_code(value: object) -> list[tuple[str, bytes]]:
    return sorted((name, _digest_of(code)) for name, code in own_code(value))


@functools.lru_cache(CODES)
def _digest_of(code: types.CodeType) -> bytes:
    return _hash(code).digest()


def _module(module: types.ModuleType) -> tuple[object, ...]:
    return ("module", module.__name__)


def _function(function: types.FunctionType) -> tuple[object, ...]:
    name = ("function", function.__module__, function.__qualname__)
    if function.__module__ != MAIN and "<" not in function.__qualname__:
        return name
    return (
        *name,
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        function.__closure__,
        _own_code(function),
    )


def _code(code: types.CodeType) -> tuple[object, ...]:
    """The code without where it stands: a comment above it makes it no other function."""
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    names = (code.co_names, code.co_varnames, code.co_freevars)
    return ("code", code.co_name, code.co_code, code.co_consts, counts, names)


def _cell(cell: types.CellType) -> tuple[object, ...]:
    try:
        return ("cell", cell.cell_contents)
    except ValueError:
        return ("cell",)  # it is empty still: a function that will know itself


_Canonical._makers = {
    types.FunctionType: _function,
    Cached: _cached,
    types.ModuleType: _module,
    types.CodeType: _code,
    types.CellType: _cell,
}
