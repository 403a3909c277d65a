"""What a cell's guard does: wait until the cell's owner is gone, then end the cell."""

from __future__ import annotations

from .real.guard import await_end

TYPE_CHECKING = False  # typing's, without loading it

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """``DIRECTORY OWNER [remove]``; the owner, a process, holds the other end of standard input, too."""
    directory, owner, *options = arguments
    await_end(int(owner))
    from .cell import Cell  # noqa: PLC0415 the guard is not in the way of the cell's start
    from .ending import end_late_qmaster  # noqa: PLC0415 the same
    from .place import remove  # noqa: PLC0415 the same

    cell = Cell(directory)
    cell.stop()
    while end_late_qmaster(cell.layout):
        cell.stop()
    if options:
        remove(cell.directory, whole=True)
    return 0
