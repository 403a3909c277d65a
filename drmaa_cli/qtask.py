"""What lies in files beside the command line: job categories, default options, option files.

A DRMAA job category is an entry of a qtask file (qtask(5)): a name, then options. The rules were observed
with libdrmaa 8.1.9: the user's file overrides the cell's, except entries that the cell's marks with ``!``;
the last of equal names wins; ``!`` is no part of the name; a line that begins with ``#`` is a comment, a
later ``#`` is not; there are no continuation lines; a name with ``/`` is never found.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from drmaa_cli.gridengine.native import NativeError, Option, names_and_values, read_options, split, split_file

USER_QTASK = ".qtask"
DEFAULT_OPTIONS = "sge_request"


def parse_qtask(cell: str, user: str) -> dict[str, list[str]]:
    """The categories of the two qtask files.

    Args:
        cell: text of the cell's file, '' when there is none.
        user: text of the user's file, '' when there is none.

    Returns:
        category name -> option words.
    """
    categories: dict[str, list[str]] = {}
    fixed: set[str] = set()
    for is_cells, text in ((True, cell), (False, user)):
        for name, words, marked in _entries(text):
            if is_cells or name not in fixed:
                categories[name] = words
            if is_cells and marked:
                fixed.add(name)
    return categories


def _entries(text: str) -> Iterable[tuple[str, list[str], bool]]:
    for line in text.split("\n"):
        name, _, rest = line.strip().replace("\t", " ").partition(" ")
        marked = name.startswith("!")
        name = name[1:] if marked else name
        if name and not name.startswith("#") and "/" not in name:
            yield name, split(rest), marked


def read_categories(common: Path | None, home: Path | None) -> dict[str, list[str]]:
    """The categories that a user has.

    Args:
        common: ``$SGE_ROOT/$SGE_CELL/common``, None when it is not on this host.
        home: the user's home directory.

    Raises:
        OSError: a file is there and cannot be read.
    """
    return parse_qtask(_text_of(common and common / "qtask"), _text_of(home and home / USER_QTASK))


def parse_default_options(texts: Iterable[str]) -> frozenset[str]:
    """The options that default files set: each one's name, and its last use as ``-N x``.

    Args:
        texts: the files' texts, from the lowest precedence to the highest. What qsub would refuse in them is
            left for qsub to report.
    """
    options: list[Option] = []
    for text in texts:
        try:
            found = read_options(split_file(text), read_option_file)
        except NativeError:
            continue  # qsub reads the file too, and names the fault in it
        options += found.options + found.ignored
    return names_and_values(options)


def read_default_options(common: Path | None, home: Path | None, cwd: Path | None) -> frozenset[str]:
    """What the three sge_request files set (sge_request(5)); see :func:`parse_default_options`.

    Args:
        common: ``$SGE_ROOT/$SGE_CELL/common``.
        home: home directory in the password database (qsub does not ask ``$HOME``: observed).
        cwd: the directory in which qsub will run.

    Raises:
        OSError: a file is there and cannot be read.
    """
    files = (
        common and common / DEFAULT_OPTIONS,
        home and home / f".{DEFAULT_OPTIONS}",
        cwd and cwd / f".{DEFAULT_OPTIONS}",
    )
    return parse_default_options(map(_text_of, files))


def read_option_file(path: str) -> str | None:
    """The text of a file named by ``-@``; None when it cannot be read: libdrmaa says nothing then."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError):
        return None


def _text_of(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return ""
