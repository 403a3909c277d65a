"""The line in which the words of the filter are typed."""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding
from textual.widgets import Input

from drmaa_cli.typed import ClassVar


class Filter(Input, inherit_bindings=False):
    """A line to be typed in; its keys work at once, in the order in which they are pressed, as all do."""

    DEFAULT_CSS = """
    Filter { display: none; height: 1; border: none; padding: 0; }
    Filter:focus { border: none; }
    """
    BINDINGS: ClassVar[list[Binding]] = [  # type: ignore[assignment]
        Binding("enter", "app.keep", "keep it", priority=True),
        Binding("escape", "app.close", "no filter", priority=True, key_display="esc"),
        *(
            replace(binding, priority=True)
            for binding in Input.BINDINGS
            if isinstance(binding, Binding) and binding.key != "enter"
        ),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="words that must be found; !word must not", select_on_focus=False)

    def begin(self, words: str) -> None:
        """Show it, with these words."""
        self.display = True
        self.value = words
        self.cursor_position = len(words)

    def end(self) -> None:
        """Show it no longer."""
        self.display = False
