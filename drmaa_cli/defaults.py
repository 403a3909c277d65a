"""Options that come from files: the defaults of qsub (sge_request(5)) and the files that ``-@`` names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from drmaa_cli.gridengine.native import NativeError, Option, names_and_values, read_options, split_file
from drmaa_cli.qtask import cell_file, user_file

CELL_FILE = "sge_request"
USER_FILE = ".sge_request"


def parse_default_options(texts: Iterable[str]) -> frozenset[str]:
    """The options that default files set.

    Args:
        texts: the files' texts, from the lowest precedence to the highest.

    Returns:
        each option's name, and its last use as one text: ``{"-N", "-N x", "-cwd"}``.
    """
    options: list[Option] = []
    for text in texts:
        try:
            found = read_options(split_file(text), read_option_file)
        except NativeError:
            continue  # qsub reads the file too, and names the fault in it
        options += found.options + found.ignored
    return names_and_values(options)


def read_default_options(env: Mapping[str, str], cwd: str | Path) -> frozenset[str]:
    """What the three sge_request files set (sge_request(5)); see :func:`parse_default_options`.

    Args:
        env: an environment with SGE_ROOT and, unless it is ``default``, SGE_CELL.
        cwd: the directory in which qsub will run.
    """
    files = (cell_file(CELL_FILE, env), user_file(USER_FILE), Path(cwd, USER_FILE))
    return parse_default_options(read_option_file(path) or "" for path in files if path is not None)


def read_option_file(path: str | Path) -> str | None:
    """The text of an option file; None when it cannot be read.

    libdrmaa passes over an ``-@`` file that it cannot read; a default file that cannot be read is qsub's to
    report.
    """
    try:
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError):
        return None
