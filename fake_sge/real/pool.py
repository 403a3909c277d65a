"""Real cells that several tests use one after the other: starting one takes seconds."""

from __future__ import annotations

from ..errors import CellError
from ..options import CellOptions
from .cell import RealCell

ASKED = (  # of qconf, besides the parallel environments: what makes up a configuration
    *(("-sconf",), ("-ssconf",), ("-sc",), ("-sq", "*")),
    *(("-sprjl",), ("-sul",), ("-shgrpl",), ("-sel",), ("-ss",), ("-sh",), ("-sm",), ("-so",)),
)


class RealCellPool:
    """Cells by their options. One that comes back as it was made is used again, without jobs and records.

    Args:
        root: the SGE_ROOT whose programs are used, see :class:`~fake_sge.real.cell.RealCell`.
    """

    def __init__(self, root: str | None = None) -> None:
        self._root = root
        self._idle: dict[str, RealCell] = {}
        self._made_as: dict[RealCell, object] = {}

    def take(self, options: CellOptions) -> RealCell:
        """A running cell with these options, without jobs and records."""
        cell = self._idle.pop(repr(options), None)
        if cell is None:
            cell = RealCell(None, options, root=self._root)
            try:
                cell.start()
                self._made_as[cell] = _state(cell)
            except BaseException:
                self._end(cell)
                raise
        cell.accounting.unlink(missing_ok=True)
        return cell

    def give_back(self, cell: RealCell) -> None:
        """Take a cell back; one that was changed, or whose qmaster does not run, ends here."""
        try:
            cell.delete_jobs()
            unchanged = _state(cell) == self._made_as[cell]
        except (CellError, OSError):
            unchanged = False
        if unchanged and repr(cell.options) not in self._idle:
            self._idle[repr(cell.options)] = cell
        else:
            self._end(cell)

    def close(self) -> None:
        """End all cells."""
        for cell in list(self._made_as):
            self._end(cell)
        self._idle.clear()

    def _end(self, cell: RealCell) -> None:
        self._made_as.pop(cell, None)
        cell.stop()
        cell.remove()


def _state(cell: RealCell) -> object:
    """What tells whether somebody changed a cell: its configuration, and the files beside it."""

    def ask(*argv: str) -> str:
        text: str = cell.run("qconf", *argv, text=True).stdout
        return text

    environments = ask("-spl")
    answers = [environments, *(ask(*argv) for argv in ASKED)]
    answers += [ask("-sp", name) for name in environments.split()]
    if cell.qmaster_pid is None:
        raise CellError("its qmaster does not run")
    files = {
        path.name: path.read_bytes()
        for path in sorted(cell.common.iterdir())
        if path.is_file() and not path.name.startswith("accounting")
    }
    return answers, files
