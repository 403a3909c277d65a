"""Job categories: entries of the qtask files (qtask(5)), each a name and options.

The rules were observed with libdrmaa 8.1.9: the user's file overrides the cell's, except entries that the
cell's marks with ``!``; the last of equal names wins; ``!`` is no part of the name; a line that begins with
``#`` is a comment, a later ``#`` is not; there are no continuation lines; a name with ``/`` is never found.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Mapping
from pathlib import Path

from drmaa_cli.errors import InternalException, error
from drmaa_cli.gridengine.native import split

CELL_FILE = "qtask"
USER_FILE = ".qtask"


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
    for name, words, marked in _entries(cell):
        categories[name] = words
        if marked:
            fixed.add(name)
    categories.update((name, words) for name, words, _ in _entries(user) if name not in fixed)
    return categories


def _entries(text: str) -> Iterator[tuple[str, list[str], bool]]:
    for line in text.split("\n"):
        name, _, rest = line.strip().replace("\t", " ").partition(" ")
        marked = name.startswith("!")
        name = name[1:] if marked else name
        if name and not name.startswith("#") and "/" not in name:
            yield name, split(rest), marked


def read_category(name: str, env: Mapping[str, str]) -> list[str] | None:
    """The option words of a category; None when there is no such category.

    Args:
        name: the category.
        env: an environment with SGE_ROOT and, unless it is ``default``, SGE_CELL.

    Raises:
        InternalException: code 1, a qtask file is there and cannot be read.
    """
    cell, user = cell_file(CELL_FILE, env), user_file(USER_FILE)
    return parse_qtask(_text_of(cell), _text_of(user)).get(name)


def cell_file(name: str, env: Mapping[str, str]) -> Path | None:
    """A file in the cell's common directory; None when the environment does not say where that is."""
    root = env.get("SGE_ROOT")
    return Path(root, env.get("SGE_CELL") or "default", "common", name) if root else None


def user_file(name: str) -> Path | None:
    """A file in the home directory of the password database (Grid Engine does not ask ``$HOME``: observed)."""
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir, name)
    except KeyError:
        return None  # a user id without a name, as in containers, has no home directory either


def _text_of(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as reason:
        raise error(InternalException, f"the job categories cannot be read: {reason}") from reason
