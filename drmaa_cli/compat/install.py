"""The ways in: the shim directory for PYTHONPATH, and the two packages put into this process."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

NAMES = ("drmaa", "DRMAA")


def shim_path() -> Path:
    """The directory that holds the packages ``drmaa`` and ``DRMAA`` and nothing a program could mistake."""
    return Path(__file__).resolve().parent / "shim"


def python_path(env: Mapping[str, str]) -> str:
    """PYTHONPATH for a program that shall find them, before whatever else the variable names."""
    shim = str(shim_path())
    others = [part for part in env.get("PYTHONPATH", "").split(os.pathsep) if part and part != shim]
    return os.pathsep.join([shim, *others])


def install_as_drmaa() -> None:
    """Make ``import drmaa`` and ``import DRMAA`` mean drmaa_cli, in this process only.

    To be called before the first such import; a second call changes nothing. An installed drmaa-python is not
    touched, and not mixed in: its submodules are out of reach as well.

    Raises:
        ImportError: another ``drmaa`` or ``DRMAA`` was imported before, and objects of it may be in use.
    """
    for name in NAMES:
        there = sys.modules.get(name)
        if there is not None and not _is_ours(there):
            raise ImportError(
                f"install_as_drmaa() came too late: {name!r} was already imported from "
                f"{getattr(there, '__file__', None) or 'an unknown place'}; call it before the first import",
                name=name,
            )
    leftovers = [name for name in sys.modules if name.startswith("drmaa.") and "drmaa" not in sys.modules]
    for name in leftovers:  # left over from a failed import of the real package, which has no library to load
        del sys.modules[name]
    for name in NAMES:
        if name not in sys.modules:
            _load(name)


def _is_ours(module: ModuleType) -> bool:
    return shim_path() in Path(getattr(module, "__file__", None) or "").resolve().parents


def _load(name: str) -> None:
    directory = shim_path() / name
    spec = importlib.util.spec_from_file_location(
        name, directory / "__init__.py", submodule_search_locations=[str(directory)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{directory} cannot be loaded", name=name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
