"""The working directory and the paths of a template, with DRMAA's placeholders, as qsub takes them.

Placeholders count where libdrmaa 8.1.9 was observed to replace them: home and working directory at the
beginning, the increment anywhere. A relative working directory is relative to the home directory, as DRMAA
has it; with libdrmaa such a job fails.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from drmaa_cli import constants as c
from drmaa_cli.errors import (
    ATTRIBUTE_VALUE_TEXT,
    DeniedByDrmException,
    DrmaaException,
    InvalidArgumentException,
    InvalidAttributeValueException,
    error,
)
from drmaa_cli.template.attributes import shown

HOME = c.PLACEHOLDER_HD.decode()
WORKING = c.PLACEHOLDER_WD.decode()
INCREMENT = c.PLACEHOLDER_INCR.decode()
TASK = "$TASK_ID"
OPTIONS = {c.OUTPUT_PATH: "-o", c.ERROR_PATH: "-e", c.INPUT_PATH: "-i"}  # in libdrmaa's order of checks

WD_IN_WD_TEXT = f'working directory placeholder "{WORKING}" is not allowed in the working directory path\n'
INCREMENT_TEXT = f'increment placeholder "{INCREMENT}" is only allowed in pathes for bulk jobs\n'
COLON_TEXT = "The \"{}\" attribute must begin with a colon, ':'"
EMPTY_PATH_TEXT = "paths may not be empty strings"
LINE_END = "Grid Engine cuts it at the end of a line"


def working_directory(value: str, home: str, is_bulk: bool) -> str:
    """The directory as an absolute path, '' for none; a task's number in it is ``$TASK_ID``.

    Args:
        value: the attribute, '' when unset.
        home: the home directory.
        is_bulk: whether the increment placeholder is allowed.

    Raises:
        DeniedByDrmException: code 17, a placeholder that is not allowed.
    """
    if not value:
        return ""
    if value.startswith(WORKING):
        raise error(DeniedByDrmException, WD_IN_WD_TEXT)
    _check_increment(value, is_bulk)
    path = value.replace(INCREMENT, TASK)
    for prefix in (HOME, "$HOME/", "~/"):
        if path.startswith(prefix):
            return posixpath.join(home, path[len(prefix) :].lstrip("/"))
    if path in ("~", "$HOME"):
        return home
    # ~USER is the execution daemon's to resolve; everything else is relative to the home directory.
    return path if path.startswith("~") else posixpath.join(home, path)


def check_paths(values: Mapping[bytes, str | None], is_bulk: bool) -> None:
    """The checks of the three paths that come before those of other attributes.

    Raises:
        DeniedByDrmException: code 17, the increment placeholder in a single job.
        InvalidArgumentException: code 4, no colon.
    """
    for name in OPTIONS:
        value = values.get(name)
        if value is not None:
            _check_increment(value, is_bulk)
            if value and ":" not in value:
                raise error(InvalidArgumentException, COLON_TEXT.format(name.decode()))


def resolved_paths(
    values: Mapping[bytes, str | None], directory: str, already: frozenset[str]
) -> dict[bytes, str]:
    """The files of a job as Grid Engine has them, by attribute; the host before the colon means nothing.

    Args:
        values: the three attributes.
        directory: see :func:`working_directory`.
        already: options that are given elsewhere.

    Raises:
        DeniedByDrmException: code 17, an empty path.
    """
    paths = {}
    for name, option in OPTIONS.items():
        value = values.get(name)
        if value is not None:
            paths[name] = _resolved(_path(value), directory)
        elif TASK in directory and option != "-i" and option not in already:
            paths[name] = directory
    return paths


def is_carriable(path: str) -> bool:
    """Whether qsub's command line can carry a path."""
    return "," not in path and "\n" not in path


def path_options(paths: Mapping[bytes, str]) -> list[str]:
    """``-o``, ``-e`` and ``-i``.

    Raises:
        InvalidAttributeValueException: code 14, a comma or a line end.
    """
    words: list[str] = []
    for name, option in OPTIONS.items():
        path = paths.get(name)
        if path is not None:
            if "," in path:
                raise refused(name, f":{path}", "Grid Engine's commands take a comma for the end of a path")
            if "\n" in path:
                raise refused(name, f":{path}", LINE_END)
            words += [option, f":{path}"]
    return words


def _path(value: str) -> str:
    path = value.partition(":")[2]
    if not path:
        raise error(DeniedByDrmException, EMPTY_PATH_TEXT)
    if "$" not in path:
        return path
    for placeholder, meaning in ((HOME, "$HOME/"), (WORKING, "./")):
        if path.startswith(placeholder):
            path = meaning + path[len(placeholder) :].lstrip("/")
    return path.replace(INCREMENT, TASK)


def _resolved(path: str, directory: str) -> str:
    # Grid Engine expands $TASK_ID in the directory and in a path, but not in the directory a path is relative
    # to (observed: the job goes to Eqw).
    if TASK in directory and not path.startswith(("/", "$", "~")):
        return posixpath.join(directory, path.removeprefix("./"))
    return path


def _check_increment(path: str, is_bulk: bool) -> None:
    if not is_bulk and INCREMENT in path:
        raise error(DeniedByDrmException, INCREMENT_TEXT)


def refused(name: bytes, value: object, reason: str) -> DrmaaException:
    """Code 14 with the attribute, the value and why it cannot be."""
    text = f"{ATTRIBUTE_VALUE_TEXT} {name.decode()} cannot be {shown(value)}: {reason}"
    return error(InvalidAttributeValueException, text)
