"""The list of jobs on the screen. Only the lines that are seen are made, however many there are."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from drmaa_cli.cli.top.layout import Coloured, Layout, head, layout, line, texts
from drmaa_cli.cli.top.model import StateKind
from drmaa_cli.cli.top.view import BoardRow
from drmaa_cli.typed import ClassVar

COLOURS: Mapping[StateKind, Style] = {
    StateKind.FAILED: Style(color="red", bold=True),
    StateKind.RUNNING: Style(color="green"),
    StateKind.SUSPENDED: Style(color="yellow"),
    StateKind.ENDING: Style(color="cyan"),
    StateKind.QUEUED: Style(),
    StateKind.HELD: Style(color="yellow"),
    StateKind.UNKNOWN: Style(color="magenta"),
    StateKind.DONE: Style(dim=True),
}
MARK = "●"


def coloured(pieces: Iterable[Coloured]) -> Text:
    """A line of pieces in their colours."""
    return Text.assemble(
        *((piece.text, COLOURS[piece.kind] if piece.kind is not None else "") for piece in pieces)
    )


class Board(ScrollView, can_focus=True):
    """The list: a line is chosen by the cursor, any may be marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"board--cursor", "board--marked"}
    DEFAULT_CSS = """
    Board { height: 1fr; overflow-x: hidden; }
    Board > .board--cursor { background: $primary; color: $text; }
    Board > .board--marked { background: $boost; }
    """
    BINDINGS: ClassVar[list[Binding]] = [  # type: ignore[assignment]
        Binding("up", "move(-1)", "up", show=False, priority=True),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("pageup", "page(-1)", "a page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "a page down", show=False, priority=True),
        Binding("home", "top", "to the first", show=False, priority=True),
        Binding("end", "bottom", "to the last", show=False, priority=True),
    ]

    class Moved(Message):
        """Another line is chosen, or the same one has changed."""

    class Opened(Message):
        """The chosen line was clicked on once more."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[BoardRow] = ()
        self.cursor = 0
        self.marked: set[object] = set()
        self._texts: list[list[str]] = []
        self._layout = Layout((), ())

    @property
    def row(self) -> BoardRow | None:
        """The chosen line."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def heading(self) -> str:
        """The headings of the columns."""
        return f"  {head(self._layout)}"

    @property
    def meant(self) -> list[BoardRow]:
        """The lines that are marked, or the chosen one."""
        marked = [row for row in self.rows if row.id in self.marked]
        return marked or ([] if self.row is None else [self.row])

    def show(self, rows: Sequence[BoardRow]) -> None:
        """Show other lines; the cursor stays on its job, where that is still there."""
        before = self.row
        self.rows = rows
        places = {row.id: at for at, row in enumerate(rows)}
        self.marked &= places.keys()
        self.cursor = min(self.cursor, max(len(rows) - 1, 0))
        if before is not None:
            self.cursor = places.get(before.id, places.get((before.job.id, None), self.cursor))
        self._texts = [texts(row, time.time()) for row in rows]
        self._fit()
        self.post_message(self.Moved())

    def _fit(self) -> None:
        width = self.size.width
        self._layout = layout(self._texts, width)
        self.virtual_size = Size(width, len(self.rows))
        self._follow()
        self.refresh()

    def on_resize(self, _: events.Resize) -> None:
        """The terminal has another width."""
        self._fit()
        self.post_message(self.Moved())

    def render_line(self, y: int) -> Strip:
        """A line of the screen."""
        at = y + self.scroll_offset.y
        width = self.size.width
        if at >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        row, now = self.rows[at], time.time()
        pieces = line(row, texts(row, now), self._layout)
        is_marked = row.id in self.marked
        base = self.rich_style
        if is_marked:
            base += self.get_component_rich_style("board--marked")
        if at == self.cursor:
            base += self.get_component_rich_style("board--cursor")
        mark = Coloured(f"{MARK if is_marked else ' '} ")
        segments = [
            Segment(
                piece.text,
                base + COLOURS[piece.kind] if piece.kind is not None and at != self.cursor else base,
            )
            for piece in (mark, *pieces)
        ]
        return Strip(segments).adjust_cell_length(width, base)

    # --- moving --------------------------------------------------------------------------------------------

    def choose(self, at: int) -> None:
        """Put the cursor on a line."""
        self.cursor = max(min(at, len(self.rows) - 1), 0)
        self._follow()
        self.refresh()
        self.post_message(self.Moved())

    def _follow(self) -> None:
        """Scroll so that the cursor is seen."""
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def action_move(self, step: int) -> None:
        """A line up or down."""
        self.choose(self.cursor + step)

    def action_page(self, step: int) -> None:
        """A page up or down."""
        self.choose(self.cursor + step * max(self.size.height - 1, 1))

    def action_top(self) -> None:
        """To the first line."""
        self.choose(0)

    def action_bottom(self) -> None:
        """To the last line."""
        self.choose(len(self.rows) - 1)

    def action_mark(self) -> None:
        """Mark the chosen line, or take its mark away, and go to the next."""
        if self.row is not None:
            self.marked ^= {self.row.id}
            self.choose(self.cursor + 1)

    def action_unmark(self) -> None:
        """Take all marks away."""
        self.marked = set()
        self.refresh()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Choose the line that was clicked on; once more opens it."""
        at = int(event.y + self.scroll_offset.y)
        if at < len(self.rows):
            if at == self.cursor:
                self.post_message(self.Opened())
            self.choose(at)
