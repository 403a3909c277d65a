"""One execution host of a running cell: take it down, bring it back, change its load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .reports import HostStatus


class CellHost:
    """A host of a cell. Made by :meth:`fake_sge.Cell.host`.

    Every method raises CellError when no qmaster runs.
    """

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self.name = name
        self._call = call

    def __repr__(self) -> str:
        return f"CellHost({self.name!r})"

    @property
    def status(self) -> HostStatus:
        """What is known of it."""
        return next(HostStatus(**item) for item in self._call("hosts") if item["name"] == self.name)

    def crash(self) -> None:
        """The power fails: its jobs are gone without a word, and the host with them.

        As on a real cell nobody notices before ``max_unheard`` is over on the cell's clock (5 minutes:
        ``advance(300)``); :meth:`down` has it noticed at once.
        """
        self._call("host_down", host=self.name, noticed=False, crashed=True)

    def down(self) -> None:
        """It cannot be reached, and that was noticed (``u``). Its jobs go on; their ends are told later."""
        self._call("host_down", host=self.name, noticed=True, crashed=False)

    def up(self) -> None:
        """It is back: jobs that have ended meanwhile are told of, those that a crash has ended are lost."""
        self._call("host_up", host=self.name)

    def disable(self) -> None:
        """Disable its queues (``d``), as ``qmod -d '*@HOST'``."""
        self._call("host_queues", host=self.name, action="d")

    def enable(self) -> None:
        """Enable its queues again."""
        self._call("host_queues", host=self.name, action="e")

    def load(self, **values: float | str) -> None:
        """Have it report other load values: ``load(load_avg=3.5, mem_free="2G")``.

        What follows from them does: the load for each processor, used memory. Raises CellError for a value
        that a host does not report.
        """
        self._call("host_load", host=self.name, values=values)
