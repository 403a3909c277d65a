"""The directory of a cell: which one can be one, and how it is removed without anything of others."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from .errors import CellError

FAKE, REAL = "cell.json", "real.json"  # the settings, by which a directory is known as a cell's
MARK = ".sge-cell"  # made first: also what was begun and not finished is the cell's
NAMES = (
    *("root", "spool", "bin", "lib", "tmp", "configuration", "object", "global"),
    *("sge_qmaster.out", "sge_execd.out", FAKE, REAL),
)


def chosen(directory: str | os.PathLike[str]) -> Path:
    """The absolute path of a directory that was named. Raises CellError for one that cannot be a cell's."""
    name = os.fspath(directory)
    if not name:
        raise CellError("'' is no directory: an empty variable?")
    path = Path(name).absolute()
    if set(str(path)) & {":", "\n"}:
        raise CellError(f"{str(path)!r}: commands cannot be found in a directory with a colon or newline")
    return path


def temporary(prefix: str) -> Path:
    """A path for a directory that is made, by :func:`claim`, when the cell is started."""
    return Path(tempfile.gettempdir()).absolute() / f"{prefix}{os.urandom(5).hex()}"


def claim(path: Path, settings: str, mode: int = 0o777) -> None:
    """Make the directory of a cell, or see that the one that is there can be.

    Args:
        path: the directory.
        settings: FAKE or REAL.
        mode: of a new directory.

    Raises:
        CellError: it has files of others under a cell's names, or a cell of the other kind or another user.
    """
    if not os.path.exists("/proc/self/stat"):  # noqa: PTH110
        raise CellError("/proc is not mounted: a cell cannot find its processes without it")
    refuse_others(path)
    try:
        path.mkdir(mode, parents=True, exist_ok=True)
        other = REAL if settings == FAKE else FAKE
        if (path / other).exists():
            raise CellError(f"{path} has a {'real' if other == REAL else 'fake'} cell")
        if not (path / MARK).exists():
            found = ", ".join(name for name in NAMES if os.path.lexists(path / name))
            if found and not (path / settings).exists():
                raise CellError(f"{path} has {found} of others: give the cell a directory of its own")
            (path / MARK).touch(0o600)
    except OSError as error:
        raise CellError(f"{error.filename}: {error.strerror}") from error


def refuse_others(path: Path) -> None:
    """Raises CellError where there is a cell that only another user may control."""
    for item in (path / name for name in (MARK, FAKE, REAL)):
        if os.path.lexists(item) and not os.access(item, os.R_OK | os.W_OK):
            raise CellError(f"the cell in {path} is another user's")


def is_begun(path: Path) -> bool:
    """Whether a cell was begun there, though its start may have been interrupted."""
    return (path / MARK).exists()


def remove(path: Path, whole: bool) -> None:
    """Remove a cell's files, and its directory unless something else is in it.

    Args:
        path: the directory.
        whole: with all that is in it: it was a temporary one.

    Raises:
        CellError: there is no cell.
    """
    if whole:
        if path.exists():
            shutil.rmtree(path)
        return
    if not any((path / name).exists() for name in (MARK, FAKE, REAL)):
        raise CellError(f"no cell in {path}")
    for name in (*NAMES, MARK):
        item = path / name
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink(missing_ok=True)
    if not any(path.iterdir()):
        path.rmdir()
