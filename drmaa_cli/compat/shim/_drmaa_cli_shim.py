"""Finds drmaa_cli for an interpreter that does not have it installed, as under ``drmaa-cli exec``."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path

NEEDED = "lxml"  # what drmaa_cli needs; it imports it only when it reads something


def load() -> None:
    """Import the drmaa_cli that this file belongs to, and nothing that lies beside it.

    Raises:
        ImportError: it needs something that the interpreter does not have.
    """
    if importlib.util.find_spec(NEEDED) is None:
        raise ImportError(
            f"drmaa here is drmaa_cli, which needs {NEEDED}; {sys.executable} does not have it: {_way()}",
            name=NEEDED,
        )
    package = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location(
        "drmaa_cli", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{package} is not the package drmaa_cli", name="drmaa_cli")
    module = importlib.util.module_from_spec(spec)
    sys.modules["drmaa_cli"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        for name in [name for name in sys.modules if name.partition(".")[0] == "drmaa_cli"]:
            del sys.modules[name]
        raise


def _way() -> str:
    """How lxml comes into this interpreter; pip may not change one that the system manages (PEP 668)."""
    managed = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").exists()
    if managed and sys.prefix == sys.base_prefix:
        return (
            f"install it with the system's packages (apt-get install python3-{NEEDED}, or"
            f" dnf install python3-{NEEDED}), or run the program in a virtual environment that has it"
        )
    return f"{sys.executable} -m pip install {NEEDED}"
