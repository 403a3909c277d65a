"""A terminal that may go away: its window is closed, the connection to it is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import IO, cast

from textual.drivers.linux_driver import LinuxDriver

from drmaa_cli.cli import ends
from drmaa_cli.typed import Any


class Canvas:
    """What is drawn on; when it has gone, what is drawn is lost, and no error.

    An error would end the thread that writes: whoever draws would wait for it for ever.

    Args:
        file: of the terminal.
        gone: is called when something could not be written.
    """

    def __init__(self, file: IO[str], gone: Callable[[], None]) -> None:
        self._file, self._gone = file, gone

    def write(self, text: str) -> int:
        """Draw a piece."""
        return self._try(lambda: self._file.write(text)) or len(text)

    def flush(self) -> None:
        """Have it seen."""
        self._try(self._file.flush)

    def fileno(self) -> int:
        """The file's descriptor."""
        return self._file.fileno()

    def _try(self, step: Callable[[], int | None]) -> int | None:
        try:
            return step()
        except OSError:
            self._gone()
            return None


class Terminal(LinuxDriver):
    """Ends the program when its terminal has gone, whether it is told so by a signal or not."""

    def __init__(self, *words: Any, **options: Any) -> None:  # noqa: ANN401  # as textual has them
        super().__init__(*words, **options)
        canvas: Any = Canvas(cast("IO[str]", self._file), self._gone)
        self._file = canvas

    def _gone(self) -> None:
        self._app.call_later(self._app.exit, ends.OF_SIGNAL + signal.SIGHUP)
