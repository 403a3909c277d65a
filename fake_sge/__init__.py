r"""A whole fake Grid Engine cell in pure Python, for laptops and CI.

>>> import fake_sge
>>> with fake_sge.Cell(slots=2) as cell:            # doctest: +SKIP
...     cell.run("qsub", "-terse", "-b", "y", "true").stdout
b'1\n'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cell import Cell, CellError
    from .faults import FaultKind
    from .options import CellOptions
    from .reports import CellStatus, TaskGroup

__all__ = ["Cell", "CellError", "CellOptions", "CellStatus", "FaultKind", "TaskGroup"]

_HOMES = {
    "Cell": "cell",
    "CellError": "cell",
    "CellOptions": "options",
    "CellStatus": "reports",
    "FaultKind": "faults",
    "TaskGroup": "reports",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import on demand: the daemon and the commands do not need the API."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
