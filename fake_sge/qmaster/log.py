"""What the daemon of a cell says in ``messages``: when, how bad, what.

:mod:`logging` takes as long to be loaded as ten modules of the cell, and a cell is started by many a test.
"""

from __future__ import annotations

import os
import time

STANDARD_ERROR = 2


class Log:
    """Writes lines to a file, each at once; to standard error as long as there is none."""

    def __init__(self) -> None:
        self._file = -1

    def open(self, path: str | os.PathLike[str]) -> None:
        """Append to this file from now on. Raises OSError."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)

    def info(self, text: str, *values: object) -> None:
        """Something that happens in the life of a cell; ``text`` is formatted with the values by ``%``."""
        if self._file >= 0:
            self._write("INFO", text, values)

    def warning(self, text: str, *values: object) -> None:
        """Something that is not as it should be."""
        self._write("WARNING", text, values)

    def error(self, text: str, *values: object, exc_info: bool = False) -> None:
        """Something that failed; ``exc_info``: with the traceback of the exception that is handled."""
        self._write("ERROR", text, values, exc_info=exc_info)

    def exception(self, text: str, *values: object) -> None:
        """Something that should never have happened: the exception that is handled."""
        self._write("ERROR", text, values, exc_info=True)

    def _write(self, level: str, text: str, values: tuple[object, ...], *, exc_info: bool = False) -> None:
        now = time.time()
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
        lines = f"{moment},{int(now * 1000) % 1000:03} {level} {text % values if values else text}\n"
        if exc_info:
            import traceback  # noqa: PLC0415  # hopefully never

            lines += traceback.format_exc()
        data = lines.encode("utf-8", "backslashreplace")
        try:
            os.write(self._file if self._file >= 0 else STANDARD_ERROR, data)
        except OSError:
            return  # a full disk, no standard error: no reason to end a cell


log = Log()
