"""What lies in files beside the command line: job categories, default options, option files.

A DRMAA job category is an entry of a qtask file (qtask(5)): a name, then options. The rules were observed
with libdrmaa 8.1.9: the user's file overrides the cell's, except entries that the cell's marks with ``!``;
the last of equal names wins; ``!`` is no part of the name; a line that begins with ``#`` is a comment, a
later ``#`` is not; there are no continuation lines; a name with ``/`` is never found.
"""

from __future__ import annotations

from collections.abc import Iterable

from drmaa_cli.gridengine.native import (
    Include,
    NativeError,
    Option,
    names_and_values,
    read_options,
    split,
    split_file,
)

__all__ = [
    "parse_default_options",
    "parse_qtask",
]


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


def parse_default_options(texts: Iterable[str], include: Include) -> frozenset[str]:
    """The options that default files set: each one's name, and its last use as ``-N x``.

    Args:
        texts: the files' texts, from the lowest precedence to the highest. What qsub would refuse in them is
            left for qsub to report.
        include: the text of a file that ``-@`` names; see :func:`drmaa_cli.gridengine.native.analyse`.
    """
    options: list[Option] = []
    for text in texts:
        try:
            found = read_options(split_file(text), include)
        except NativeError:
            continue  # qsub reads the file too, and names the fault in it
        options += found.options + found.ignored
    return names_and_values(options)
