"""Finds drmaa_cli for an interpreter that does not have it installed, as under ``drmaa-cli exec``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def ensure() -> None:
    """Import drmaa_cli: the interpreter's own, else the one this file belongs to (and nothing beside it).

    Raises:
        ImportError: it needs something that the interpreter does not have.
    """
    try:
        import drmaa_cli  # noqa: F401, PLC0415  # for its presence, and only now
    except ModuleNotFoundError as missing:
        if missing.name != "drmaa_cli":
            raise _unfit(missing) from missing
        _load(Path(__file__).resolve().parents[2])


def _load(package: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "drmaa_cli", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{package} is not the package drmaa_cli", name="drmaa_cli")
    module = importlib.util.module_from_spec(spec)
    sys.modules["drmaa_cli"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        for name in [name for name in sys.modules if name.partition(".")[0] == "drmaa_cli"]:
            del sys.modules[name]
        if isinstance(error, ModuleNotFoundError):
            raise _unfit(error) from error
        raise


def _unfit(missing: ModuleNotFoundError) -> ImportError:
    return ImportError(
        f"drmaa here is drmaa_cli, which needs {missing.name}; {sys.executable} does not have it: "
        f"install drmaa-cli for that interpreter ({sys.executable} -m pip install drmaa-cli)",
        name=missing.name,
    )
