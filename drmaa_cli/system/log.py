"""What drmaa_cli says to whoever listens to the logger ``drmaa_cli``.

A program that has not loaded :mod:`logging` listens to nothing, and it is not loaded for drmaa_cli's sake: it
takes longer than the submission of a job.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

DEBUG, INFO, WARNING, CRITICAL = 10, 20, 30, 50  # logging's


class Log:
    """The logger of this name, as :class:`logging.Logger` has its methods; quiet, unless it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, text: str, *values: object) -> None:
        """What is done."""
        self._say(DEBUG, text, values)

    def info(self, text: str, *values: object) -> None:
        """What is good to know afterwards."""
        self._say(INFO, text, values)

    def warning(self, text: str, *values: object) -> None:
        """What somebody should look at."""
        self._say(WARNING, text, values)

    def critical(self, text: str, *values: object, exc_info: BaseException) -> None:
        """What must not happen, and the exception that came of it."""
        self._say(CRITICAL, text, values, exc_info)

    def _say(
        self, level: int, text: str, values: tuple[object, ...], trouble: BaseException | None = None
    ) -> None:
        if "logging" not in sys.modules:
            return
        import logging  # noqa: PLC0415  # it is there, or another thread is loading it

        logger = logging.getLogger(self._name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
        logger.log(level, text, *values, exc_info=trouble, stacklevel=3)


class CommandLine:
    """The words of a command, written as a shell reads them once somebody wants to see them."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words

    def __str__(self) -> str:
        import shlex  # noqa: PLC0415  # loaded when it is needed

        return shlex.join(self._words)


log = Log("drmaa_cli")
