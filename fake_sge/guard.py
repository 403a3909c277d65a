"""What a cell's guard does: wait until the cell's owner is gone, then end the cell."""

from __future__ import annotations

import os
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """``DIRECTORY [remove]``; the owner holds the other end of standard input."""
    while os.read(0, 4096):
        continue
    from .cell import Cell  # noqa: PLC0415 the guard is not in the way of the cell's start
    from .place import remove  # noqa: PLC0415 the same

    cell = Cell(arguments[0])
    cell.stop()
    if arguments[1:]:
        remove(cell.directory, whole=True)
    return 0
