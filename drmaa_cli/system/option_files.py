"""The files that hold options beside the command line: qtask, sge_request, and what ``-@`` names."""

from __future__ import annotations

from pathlib import Path

from drmaa_cli.gridengine.qtask import parse_default_options, parse_qtask

USER_QTASK = ".qtask"
DEFAULT_OPTIONS = "sge_request"


def read_categories(common: Path | None, home: Path | None) -> dict[str, list[str]]:
    """The categories that a user has.

    Args:
        common: ``$SGE_ROOT/$SGE_CELL/common``, None when it is not on this host.
        home: the user's home directory.

    Raises:
        OSError: a file is there and cannot be read.
    """
    return parse_qtask(_text_of(common and common / "qtask"), _text_of(home and home / USER_QTASK))


def read_default_options(common: Path | None, home: Path | None, cwd: Path | None) -> frozenset[str]:
    """What the three sge_request files set (sge_request(5)).

    See :func:`drmaa_cli.gridengine.qtask.parse_default_options`.

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
    return parse_default_options(map(_text_of, files), read_option_file)


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
