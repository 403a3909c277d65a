"""Objects in files: ``name value`` lines, as qconf shows them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ...model.requests import Request
from ..interface.caller import read_as_caller
from . import flat_file
from .attribute_values import normal, queue_value, refuse_value, shapes
from .refusal import ChangeRefused


def read(request: Request, file: str, names: tuple[str, ...], kind: str) -> dict[str, str]:
    """The rows of a file. Raises ChangeRefused: it cannot be read, lacks a row, or has a wrong one."""
    return parse(text_of(request, file), file, names, kind)


def parse(text: str, file: str, names: tuple[str, ...], kind: str, whole: bool = True) -> dict[str, str]:
    """The rows of a text that ``file`` has; all of them, or some. Raises ChangeRefused as :func:`read`."""
    unread = f'error: error reading file: "{file}"'
    rows: dict[str, str] = {}
    try:
        for name, value in flat_file.entries(text, shapes(kind, names), kind != "u"):
            if kind == "q":
                kept, wrong = queue_value(name, value)
            else:
                kept, wrong = value, refuse_value(kind, name, value)
            if wrong:
                raise ChangeRefused(*(f"error: {line}" for line in wrong), unread)
            rows[name] = kept if kind == "q" else normal(kind, name, kept)
    except flat_file.FlatFileError as error:
        raise ChangeRefused(*(f"error: {line}" for line in error.lines), unread) from None
    if not rows:
        raise ChangeRefused(unread)
    for name in names if whole else ():
        if name not in rows:
            raise ChangeRefused(f'error: required attribute "{name}" is missing')
    return {name: rows[name] for name in names if name in rows}


def text_of(request: Request, file: str) -> str:
    """What is in a file. Raises ChangeRefused; only what is no plain file "cannot be opened" with success."""
    try:
        content = read_as_caller(request, file) if is_plain(request, file) else None
    except OSError as error:
        raise ChangeRefused(_unopened(file, error.strerror or "")) from None
    if content is None:
        raise ChangeRefused(_unopened(file, "Success"))
    return os.fsdecode(content)


def is_plain(request: Request, file: str) -> bool:
    """Whether it is a file. Raises OSError when there is none."""
    return stat.S_ISREG(Path(request.resolve(file)).stat().st_mode)


def is_executable(request: Request, file: str) -> bool:
    """Whether it is a file that can be run."""
    path = Path(request.resolve(file))
    return path.is_file() and os.access(path, os.X_OK)


def _unopened(file: str, why: str) -> str:
    return f'error: error opening file "{file}" for reading: {why}'


def lines(text: str) -> list[str]:
    """The lines of a text without comments."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
