r"""A whole fake Grid Engine cell in pure Python, for laptops and CI.

>>> import fake_sge
>>> with fake_sge.Cell(slots=2) as cell:            # doctest: +SKIP
...     cell.run("qsub", "-terse", "-b", "y", "true").stdout
b'1\n'
"""

from __future__ import annotations

from _thread import RLock

TYPE_CHECKING = False  # typing's, without loading it

if TYPE_CHECKING:
    from typing import Any

    from .cell import Cell
    from .errors import CellError, CommandError, FakeOnlyError
    from .faults import FaultKind
    from .host import CellHost
    from .options import CellOptions
    from .real.cell import RealCell
    from .real.installation import NotInstalledError
    from .reports import CellStatus, HostStatus, TaskGroup

__all__ = [
    "Cell",
    "CellError",
    "CellHost",
    "CellOptions",
    "CellStatus",
    "CommandError",
    "FakeOnlyError",
    "FaultKind",
    "HostStatus",
    "NotInstalledError",
    "RealCell",
    "TaskGroup",
]

_HOMES = {
    "Cell": "cell",
    "CellError": "errors",
    "CellHost": "host",
    "CellOptions": "options",
    "CellStatus": "reports",
    "CommandError": "errors",
    "FakeOnlyError": "errors",
    "FaultKind": "faults",
    "HostStatus": "reports",
    "NotInstalledError": "real.installation",
    "RealCell": "real.cell",
    "TaskGroup": "reports",
}


_LOADING = RLock()


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import on demand: the daemon and the commands do not need the API.

    In one thread at a time: two that import at the same time can see half of a module.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    with _LOADING:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
