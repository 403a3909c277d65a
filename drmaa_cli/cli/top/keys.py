"""The keys of ``top``, and the page that tells of them."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Footer

from drmaa_cli.cli import ends
from drmaa_cli.cli.screen import cells

_BINDINGS = [
    Binding("q", "leave(0)", "quit"),
    Binding("ctrl+c", f"leave({ends.INTERRUPTED})", "quit", show=False),
    Binding("ctrl+q", "leave(0)", "quit", show=False),
    Binding("ctrl+z", "suspend_process", "stop", show=False),
    Binding("question_mark,f1", "keys", "keys", key_display="?"),
    Binding("enter", "open", "open"),
    Binding("right,plus", "fold(True)", "tasks", show=False),
    Binding("left,minus", "fold(False)", "no tasks", show=False),
    Binding("i", "pane('info')", "info"),
    Binding("w", "pane('why')", "why"),
    Binding("l", "pane('output')", "logs"),
    Binding("slash", "filter", "filter", key_display="/"),
    Binding("space", "mark", "mark", show=False),
    Binding("k", "change('kill')", "kill"),
    Binding("h", "change('hold')", "hold"),
    Binding("r", "change('release')", "release"),
    Binding("s", "order", "sort"),
    Binding("S", "backwards", "backwards", show=False),
    Binding("e", "ended", "ended"),
    Binding("z", "change('suspend')", "suspend", show=False),
    Binding("c", "change('resume')", "resume", show=False),
    Binding("f5", "again", "look now", show=False),
    Binding("escape", "close", "close", show=False),
]
# With priority they are done before the next key is looked at; otherwise when the focused widget comes to it.
BINDINGS = [replace(binding, priority=True) for binding in _BINDINGS]
WHILE_TYPING = ("leave", "close", "keep", "suspend_process")  # the actions that the filter's line leaves
GAPS = 3  # columns around a key and its word
CHANGES = ("change", "mark")  # those that there are not where jobs may only be looked at

_FIRST = """\
arrows, page keys, home, end   choose a line
enter       the tasks of an array; what is known of a job
right left  the tasks of an array, and no longer
i           what is known of the job
w           why it waits, or why it ended so
l           its output as it grows; again: its errors
tab         to the lower part, to scroll it, and back
escape      close: lower part, marks, filter

/           filter: words that must all be found in id, name, key,
            session, state or host; !word must not be
s  S        sort by something else; the other way round
e           ended within the hour, all that have, none
f5          look now

"""
_CHANGES = """\
space       mark jobs; what follows is done to them, or else to the
            chosen one, when you have said yes
k           kill
h  r        hold, release
z  c        suspend, resume (continue)

"""
_LAST = """\
?  q        this page; quit (ctrl-c, too): the jobs go on
"""


def page(*, read_only: bool = False) -> str:
    """The page that tells of the keys."""
    return f"{_FIRST}{'' if read_only else _CHANGES}{_LAST}"


class Keys(Footer):
    """The last line: the first keys, as many as there is room for, none cut in two."""

    def compose(self) -> ComposeResult:
        """What Footer has, as far as it fits."""
        room = self.app.size.width
        for key in super().compose():
            room -= cells(str(getattr(key, "key_display", ""))) + cells(str(getattr(key, "description", "")))
            room -= GAPS
            if room < 0:
                return
            yield key

    def on_resize(self) -> None:
        """There is more room, or less."""
        self.refresh(recompose=True)
