"""Cells of each kind for tests, and the comparison of what one test saw on two of them."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from .cell import Cell
from .comparison import CommandAnswer, Masker, differences
from .errors import CellError
from .options import CellOptions
from .real.cell import RealCell
from .real.pool import RealCellPool
from .real.site import SiteCell


class Cells:
    """Starts cells of the kind that is wanted and ends them all.

    Args:
        directory: makes a new directory for a fake cell.
        root: of real cells, see :class:`~fake_sge.real.cell.RealCell`.
        request: of the site's cell, see :class:`~fake_sge.real.site.SiteCell`.
    """

    def __init__(self, directory: Callable[[], Path], root: str | None, request: Sequence[str]) -> None:
        self._directory = directory
        self._pool = RealCellPool(root)
        self._request = request

    def take(self, kind: str, options: Mapping[str, Any]) -> Cell | RealCell | SiteCell:
        """A running cell.

        Args:
            kind: ``fake``, ``real`` or ``site``.
            options: of :class:`~fake_sge.options.CellOptions`.

        Raises:
            FakeOnlyError: only a fake cell can have these options.
            CellError: it cannot be started.
        """
        if kind == "real":
            return self._pool.take(CellOptions(**options))
        if kind == "site":
            return SiteCell(self._request, CellOptions(**options))
        return Cell(self._directory(), **options).start(guarded=True)

    def give_back(self, cell: Cell | RealCell | SiteCell) -> None:
        """End a cell, or keep it for the next one who wants the same."""
        if isinstance(cell, RealCell):
            self._pool.give_back(cell)
        else:
            cell.stop()

    def __enter__(self) -> Cells:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()


class Recorder:
    """A cell that remembers what its commands answered; all else is the cell's own."""

    def __init__(self, cell: Any) -> None:  # noqa: ANN401 a cell of any kind
        self._cell = cell
        self._masker = Masker({str(cell.directory): "CELL", getpass.getuser(): "USER"})
        self.answers: list[CommandAnswer] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._cell, name)

    def run(self, *argv: str, **options: Any) -> subprocess.CompletedProcess[bytes]:  # noqa: ANN401
        """Run a command and remember its answer."""
        done: subprocess.CompletedProcess[bytes] = self._cell.run(*argv, **options)
        answer = CommandAnswer(
            shlex.join(argv), done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr)
        )
        self.answers.append(self._masker.masked(answer))
        return done


def describe(cell: Any, patience: float = 10.0) -> str:  # noqa: ANN401 a cell of any kind
    """What a cell does, for the report of a failed test; a command has ``patience`` seconds to answer."""
    texts = []
    for argv in (("qstat", "-f", "-u", "*"), ("qstat", "-s", "z", "-u", "*")):
        try:
            done = cell.run(*argv, timeout=patience)
            answer = os.fsdecode(done.stdout + done.stderr)
        except subprocess.TimeoutExpired:
            answer = f"no answer within {patience:g} s\n"
        texts.append(f"$ {shlex.join(argv)}\n{answer}")
    try:
        records = cell.accounting.read_text(errors="replace").splitlines()
        texts.append("\n".join(["the last accounting records:", *records[-3:]]))
    except (OSError, CellError) as error:
        texts.append(f"no accounting: {error}")
    return "\n".join(texts)


def compare_with_other_run(directory: Path, name: str, kind: str, recorders: Sequence[Recorder]) -> str:
    """Leave a test's answers for its run on the other kind of cell; whoever comes second compares.

    Args:
        directory: where the answers lie; processes that share it may run the two.
        name: of the test.
        kind: ``fake`` or ``real``.
        recorders: the test's cells.

    Returns:
        The differences; '' when there are none, or the other run has not ended.
    """
    key = hashlib.sha256(name.encode()).hexdigest()[:24]
    own = [answer for recorder in recorders for answer in recorder.answers]
    path = directory / f"{key}.{kind}"
    part = path.with_suffix(f".{kind}.part")
    part.write_text(json.dumps(own))
    part.replace(path)
    other = directory / f"{key}.{'real' if kind == 'fake' else 'fake'}"
    if not other.exists():
        return ""
    try:
        (directory / f"{key}.compared").touch(exist_ok=False)
    except FileExistsError:  # both ended at the same time
        return ""
    others = [CommandAnswer(*item) for item in json.loads(other.read_text())]
    return differences(own, others) if kind == "fake" else differences(others, own)
