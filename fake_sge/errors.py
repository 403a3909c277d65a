"""What goes wrong with a cell."""

from __future__ import annotations


class CellError(Exception):
    """The cell cannot do what was asked; the text says why."""


class FakeOnlyError(CellError):
    """Only a fake cell can do this: break at a chosen moment, move its clock, run jobs without processes.

    The fixtures for pytest skip a test that asks a real Grid Engine for it.
    """
