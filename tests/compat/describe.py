"""Describe the public surface of a package ``drmaa`` as JSON: run by test_surface.py, once for each.

usage: describe.py DIRECTORY [stub]

DIRECTORY is where the package is; "stub" stands in for its wrappers module, so that no libdrmaa is needed.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import types
from typing import Any, Generic

MODULES = ("drmaa", "drmaa.const", "drmaa.errors", "drmaa.helpers", "drmaa.session", "drmaa.version")
DUNDERS = ("__init__", "__enter__", "__exit__")


class CFunction:
    """Whatever a name of drmaa.wrappers would be."""

    contents = ()

    def __call__(self, *args: object) -> object:
        return self


def stub() -> None:
    module = types.ModuleType("drmaa.wrappers")
    module.__getattr__ = lambda name: CFunction()  # type: ignore[method-assign]
    sys.modules["drmaa.wrappers"] = module


def parameters(function: Any) -> list[list[str]]:
    return [
        [name, parameter.kind.name, "" if parameter.default is parameter.empty else repr(parameter.default)]
        for name, parameter in inspect.signature(function).parameters.items()
    ]


def member(value: Any) -> Any:
    if isinstance(value, staticmethod):
        return ["staticmethod", parameters(value.__func__)]
    if isinstance(value, property):
        return ["property"]
    if inspect.isfunction(value):
        return ["method", parameters(value)]
    if hasattr(value, "converter"):
        converter = value.converter
        kind = converter if inspect.isclass(converter) else type(converter)
        words = {} if inspect.isclass(converter) or converter is None else vars(converter)
        return [type(value).__name__, repr(value.name), kind.__name__, repr(sorted(words.items()))]
    if hasattr(type(value), "__set__"):
        return [type(value).__name__, repr(value.name)]
    if hasattr(type(value), "__get__"):
        return ["readable"]
    return ["value", repr(value)]


def own_bases(kind: type) -> list[type]:
    """The class and those of its bases that the package has made itself."""
    return [base for base in kind.__mro__ if base.__module__.partition(".")[0] in ("drmaa", "drmaa_cli")]


def members(kind: type) -> dict[str, Any]:
    if issubclass(kind, tuple):  # a named tuple: how it was made does not matter
        return {"_fields": repr(kind._fields), "__str__": str(kind(*range(1, len(kind._fields) + 1)))}
    return {
        name: member(value)
        for base in reversed(own_bases(kind))
        for name, value in vars(base).items()
        if not name.startswith("_") or (name in DUNDERS and inspect.isfunction(value))
    }


def describe(value: Any) -> Any:
    if inspect.isclass(value):
        return [
            "class",
            [base.__name__ for base in value.__mro__[:-1] if base is not Generic],
            members(value),
        ]
    if inspect.isfunction(value):
        return ["function", parameters(value)]
    if isinstance(value, list) and all(inspect.isclass(item) for item in value):
        return ["classes", [item.__name__ for item in value]]
    return ["value", type(value).__name__, repr(value)]


def foreign(value: Any) -> bool:
    """Tell what a module only uses: modules, ctypes, the C functions, __future__."""
    home = value.__module__ if hasattr(value, "__module__") else ""
    return (
        inspect.ismodule(value)
        or isinstance(value, CFunction)
        or home in ("ctypes", "_ctypes", "collections", "__future__")
    )


def surface(name: str) -> dict[str, Any]:
    module = importlib.import_module(name)
    extra = {"__version__", "__docformat__", "__all__"}
    found = {
        key: describe(value)
        for key, value in vars(module).items()
        if (not key.startswith("__") or key in extra) and not foreign(value)
    }
    if "__all__" in found:
        found["__all__"] = sorted(module.__all__)
    return found


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    if sys.argv[2:] == ["stub"]:
        stub()
    print(json.dumps({"file": importlib.import_module("drmaa").__file__, **{m: surface(m) for m in MODULES}}))
