"""A progress bar for a terminal or a notebook; nothing where there is neither."""

from __future__ import annotations

import importlib
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from drmaa_cli.jobs.progress import Progress as Counts
from drmaa_cli.typed import Any, Protocol


class Handle(Protocol):
    """What a notebook gives for something that it shows, to change it by."""

    def update(self, shown: object) -> None:
        """Show something else in its place."""


class ProgressDisplay:
    """A line that tells how far some jobs have come, drawn by whoever updates it, in no thread of its own.

    Args:
        console: where it is drawn; standard error by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.completed} of {task.total} jobs"),
            BarColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
            console=console,
            auto_refresh=False,
            transient=False,
            disable=not (console.is_terminal and not console.is_jupyter),
        )
        self._task = self._bar.add_task("", total=None, counts="", visible=False)  # until there is a total
        self._notebook = console.is_jupyter
        self._handle: Handle | None = None

    def __call__(self, counts: Counts) -> None:
        """Show these counts."""
        self._bar.update(
            self._task,
            total=counts.total,
            completed=counts.ended,
            counts=counts.counts,
            visible=True,
            refresh=True,
        )
        if self._notebook:
            self._show(self._bar.make_tasks_table(self._bar.tasks))

    def _show(self, shown: object) -> None:
        if self._handle is None:
            display: Any = importlib.import_module("IPython.display").display
            self._handle = display(shown, display_id=True)
        else:
            self._handle.update(shown)

    def __enter__(self) -> ProgressDisplay:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
