"""The lower part of the screen: what is known of one job, why it waits or ended, its output."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Log, Static

from drmaa_cli.cli import ends
from drmaa_cli.cli.screen import cells, shorten, visible
from drmaa_cli.cli.top.details import details, explained, name_of, subject
from drmaa_cli.cli.top.follower import Follower
from drmaa_cli.cli.top.layout import DOTS, ending
from drmaa_cli.cli.top.survey import Survey
from drmaa_cli.cli.top.view import BoardRow
from drmaa_cli.errors import DrmaaException
from drmaa_cli.typed import Any

SETTLED = 0.15  # seconds that the cursor has to rest before a file is read or something is asked
MOST_LINES = 5000
NEXT = {("output", "output"): "errors", ("output", "errors"): ""}  # what a key shows, and what it shows then


class Pane(Vertical):
    """A title and lines below it, that may be scrolled and grow.

    Args:
        survey: has the sessions.

    Attributes:
        mode: what is shown: ``info``, ``why``, ``output``, ``errors``; '' for nothing.
        title: what stands above.
    """

    DEFAULT_CSS = """
    Pane { height: 45%; min-height: 5; display: none; border-top: solid $primary; }
    Pane Static { height: 1; width: 100%; text-style: bold; }
    Pane Log { height: 1fr; overflow-x: auto; }
    """

    def __init__(self, survey: Survey) -> None:
        super().__init__()
        self.mode = self.title = ""
        self._survey = survey
        self._asked: object = None  # what is followed, or was asked for
        self._settling: Any = None
        self._follower: Follower | None = None

    def compose(self) -> ComposeResult:
        """The two parts."""
        yield Static(id="pane-title", markup=False)
        yield Log(max_lines=MOST_LINES, id="pane-lines")

    @property
    def lines(self) -> Sequence[str]:
        """What is shown."""
        return list(self.query_one(Log).lines)

    def turn(self, mode: str) -> None:
        """Show something else; the same once more closes it, of output its errors come first."""
        self.mode = NEXT.get((mode, self.mode), "" if mode == self.mode else mode)
        self.display = bool(self.mode)
        self.again()

    def again(self) -> None:
        """Whatever was read or asked for is to be so once more."""
        self._asked = None
        if self._settling is not None:
            self._settling.stop()
        if self._follower is not None:
            self._follower.stop()
            self._follower = None

    def about(self, row: BoardRow | None) -> None:
        """Show that of this line."""
        if not self.mode or row is None:
            self.again()
            self._entitle("no job is chosen" if self.mode else "")
            self._show([])
        elif self.mode == "info":
            self._entitle(f"job {row.name} ({visible(row.job.name)})")
            self._show(details(row, time.time()))
        elif self.mode == "why":
            self._want((self.mode, row.id, row.job.counts), f"why: job {row.name}", lambda: self._ask(row))
        else:
            name = name_of(row.job, subject(row))
            asked = (self.mode, row.job.id, name)
            self._want(asked, f"{self.mode} of job {name} ...", lambda: self._follow(row.job.session, name))

    def _want(self, asked: object, title: str, begin: Any) -> None:  # noqa: ANN401  # a function
        """Begin to read or to ask, unless that was begun; when the cursor has come to rest."""
        if self._asked != asked:
            self.again()
            self._asked = asked
            self._entitle(title)
            self.query_one(Log).clear()
            self._settling = self.set_timer(SETTLED, begin)

    def _entitle(self, title: str, path: str = "") -> None:
        """Say what is shown; of a path that is too long its end."""
        self.title = f"{title}{path}"
        room = self.app.size.width
        shown = f"{title}{ending(path, max(room - cells(title), 1))}" if path else title
        self.query_one("#pane-title", Static).update(shorten(shown, room, DOTS))

    def _show(self, lines: Sequence[str]) -> None:
        """Show lines, from the first on; where they are there already, nothing moves."""
        log = self.query_one(Log)
        if list(log.lines) != list(lines):
            place = log.scroll_y
            log.clear()
            log.write_lines(lines, scroll_end=False)
            log.scroll_to(y=place, animate=False)

    # --- why -----------------------------------------------------------------------------------------------

    def _ask(self, row: BoardRow) -> None:
        """Ask Grid Engine, in a thread of its own."""
        asked = self._asked

        def work() -> None:
            try:
                lines = explained(self._survey.session(row.job.session).why(row.name))
            except DrmaaException as trouble:
                lines = [ends.one_line(trouble.text)]
            if not self._survey.closed:
                self.call_later(self._answered, asked, lines)

        self._show(["asking ..."])
        threading.Thread(target=work, daemon=True).start()

    def _answered(self, asked: object, lines: Sequence[str]) -> None:
        if asked is self._asked and self.app.is_running:
            self._show(lines)

    # --- output --------------------------------------------------------------------------------------------

    def _follow(self, session: str, name: str) -> None:
        def tell(follower: Follower, path: str, text: str) -> None:
            self.call_later(self._heard, follower, name, path, text)

        errors = self.mode == "errors"
        self._follower = Follower(self._survey, session, name, errors=errors, tell=tell)

    def _heard(self, follower: Follower, name: str, path: str, text: str) -> None:
        if follower is self._follower and not follower.stopped and self.app.is_running:
            self._entitle(f"{self.mode} of job {name}: ", visible(path) or "nothing yet")
            self.query_one(Log).write(text)
