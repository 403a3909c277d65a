"""The screen of ``top``: who asks when, and what the keys do."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Sequence

from textual import events
from textual.app import App, ComposeResult
from textual.driver import Driver
from textual.message import Message
from textual.widgets import Static

from drmaa_cli.cli import ends
from drmaa_cli.cli.control import VERBS
from drmaa_cli.cli.screen import shorten, visible
from drmaa_cli.cli.top import keys
from drmaa_cli.cli.top.board import Board, coloured
from drmaa_cli.cli.top.changes import Changed
from drmaa_cli.cli.top.dialogs import Confirmation, Help, counted, named
from drmaa_cli.cli.top.filter import Filter
from drmaa_cli.cli.top.layout import DOTS, Coloured, cut, summary
from drmaa_cli.cli.top.panes import Pane
from drmaa_cli.cli.top.survey import Survey, View, pause_after
from drmaa_cli.cli.top.view import Choice, Order, ShownEnds, chosen, ids, rows, totals
from drmaa_cli.errors import DrmaaException
from drmaa_cli.typed import Any, ClassVar

ENDED_BY = (signal.SIGTERM, signal.SIGHUP)
TICK = 1.0  # seconds after which times are shown anew


class Looked(Message):
    """There is something new to be seen."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view = view


class Unanswered(Message):
    """There was no answer."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Top(App[int]):
    """The live view.

    Args:
        survey: where it looks.
        interval: seconds between two looks, at least.
        choice: what is shown at first.
        read_only: whether jobs may only be looked at.
        driver_class: what draws, where that is no terminal.
    """

    CSS = """
    Screen { overflow: hidden; }
    #totals, #status, #head { height: 1; width: 100%; }
    #totals { text-style: bold; }
    #status { color: $text-muted; }
    #head { text-style: underline; }
    #banner { display: none; width: 100%; height: auto; background: $error; color: $text; }
    """
    BINDINGS: ClassVar[list[Any]] = keys.BINDINGS
    ENABLE_COMMAND_PALETTE = False
    TITLE = "drmaa-cli top"

    def __init__(
        self,
        survey: Survey,
        interval: float,
        choice: Choice,
        *,
        read_only: bool = False,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.survey, self.interval = survey, interval
        self.choice, self.read_only = choice, read_only
        self.view: View | None = None
        self._wake = threading.Event()
        self._outage = 0.0  # epoch seconds since which nobody answers
        self._changing = 0  # changes that were asked for and are not done yet
        self._leaving: int | None = None  # the exit code, when it is to end as soon as they are

    def compose(self) -> ComposeResult:
        """What the screen is made of, from top to bottom."""
        yield Static(id="totals", markup=False)
        yield Static(id="banner", markup=False)
        yield Static(id="status", markup=False)
        yield Static(id="head", markup=False)
        yield Board()
        yield Pane(self.survey)
        yield Filter()
        yield keys.Keys()

    def on_mount(self) -> None:
        """Begin to look."""
        with contextlib.suppress(NotImplementedError, RuntimeError):  # not the main thread: a test's
            wanted = [
                one for one in ENDED_BY if signal.getsignal(one) is not signal.SIG_IGN
            ]  # as nohup has it
            for number_ in wanted:
                asyncio.get_running_loop().add_signal_handler(number_, self.exit, ends.OF_SIGNAL + number_)
        self.set_focus(self.query_one(Board))
        self._tell()
        self.set_interval(TICK, self._tick)
        threading.Thread(target=self._look, daemon=True).start()

    def on_unmount(self) -> None:
        """Look no more."""
        self.survey.close()
        self._wake.set()

    # --- keys ----------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Take what is typed in the order in which it was typed.

        Keys may come faster than the screen can follow, over ssh or where somebody types ahead. Each is done
        here before the next one is looked at: bindings have priority, and this is for letters of the filter.
        Left to the widgets, letters meant for the filter would be taken for commands.
        """
        if isinstance(event, events.Key) and isinstance(self.focused, Filter) and event.is_printable:
            self.focused.insert_text_at_cursor(event.character or "")
        else:
            await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key does anything now."""
        if self.screen.is_modal:
            return (action, parameters) == ("leave", (ends.INTERRUPTED,))
        if self.read_only and action in keys.CHANGES:
            return False
        if isinstance(self.focused, Filter) and action not in keys.WHILE_TYPING:
            return False
        return super().check_action(action, parameters)

    # --- looking -------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Look again and again, in a thread of its own."""
        settings = self.survey.pause
        failures = 0
        while not self.survey.closed:
            self._wake.clear()
            began = time.monotonic()
            try:
                self.post_message(Looked(self.survey.look()))
                failures = 0
            except DrmaaException as trouble:
                failures += 1
                self._lost(ends.one_line(trouble.text))
            except OSError as trouble:
                failures += 1
                self._lost(ends.of_system(trouble))
            cost = time.monotonic() - began
            pause = pause_after(cost, self.interval, settings)
            self._wake.wait(min(pause * 2.0 ** min(failures, 8), max(settings[1], pause)))

    def _lost(self, text: str) -> None:
        if not self.survey.closed:
            self.post_message(Unanswered(text))

    @property
    def _is_over(self) -> bool:
        """Whether the screen is being cleared, piece by piece; what is told then comes too late."""
        return not self.is_running

    def on_looked(self, message: Looked) -> None:
        """Show what was seen."""
        if self._is_over:
            return
        self.view, self._outage = message.view, 0.0
        self._banner("\n".join(message.view.problems))
        self._show()

    def on_unanswered(self, message: Unanswered) -> None:
        """Say that there was no answer; what was seen before stays."""
        if self._is_over:
            return
        self._outage = self._outage or time.time()
        since = time.strftime("%H:%M:%S", time.localtime(self._outage))
        self._banner(f"no answer since {since}, trying again: {message.text}")

    def _banner(self, text: str) -> None:
        banner = self.query_one("#banner", Static)
        banner.update(visible(text) if "\n" not in text else text)
        banner.display = bool(text)

    # --- showing -------------------------------------------------------------------------------------------

    def _show(self) -> None:
        if self.view is not None:
            self.query_one(Board).show(rows(self.view.jobs, self.choice, time.time()))
        self._tell()

    def _tick(self) -> None:
        if self._is_over:
            return
        self.query_one(Board).refresh()
        self._pane()

    def _tell(self) -> None:
        """The lines above the list."""
        room = max(self.size.width, 1)
        words = [Coloured("looking ...")]
        if self.view is not None:
            counts = totals(chosen(self.view.jobs, self.choice, time.time()))
            words = cut(summary(counts), room) or [Coloured("no jobs")]
        self.query_one("#totals", Static).update(coloured(words))
        status = [
            self.choice.ended.value,
            f"by {self.choice.order.value}{' (backwards)' if self.choice.backwards else ''}",
        ]
        if self.choice.words:
            status.insert(0, f"filter: {visible(self.choice.words)}")
        if self.read_only:
            status.insert(0, "read-only")
        if self.view is not None:
            asked = time.strftime("%H:%M:%S", time.localtime(self.view.asked))
            status.append(f"at {asked}")
        self.query_one("#status", Static).update(shorten(" · ".join(status), room, DOTS))
        board = self.query_one(Board)
        self.query_one("#head", Static).update(shorten(board.heading, room, DOTS))

    def on_board_moved(self) -> None:
        """Another line is chosen, or the list has changed."""
        if not self._is_over:
            self._tell()
            self._pane()

    def on_board_opened(self) -> None:
        """A line was clicked on once more."""
        self.action_open()

    def choose(self, **changes: Any) -> None:  # noqa: ANN401  # fields of a Choice
        """Show other jobs, or in another order."""
        self.choice = self.choice._replace(**changes)
        self._show()

    # --- the lower part ------------------------------------------------------------------------------------

    def _pane(self) -> None:
        self.query_one(Pane).about(self.query_one(Board).row)

    def action_pane(self, mode: str) -> None:
        """Show something else below."""
        self.query_one(Pane).turn(mode)
        self._pane()

    def action_open(self) -> None:
        """Unfold an array; show what is known of a job."""
        row = self.query_one(Board).row
        if row is not None and row.job.is_array and row.task is None:
            self.choose(unfolded=self.choice.unfolded ^ {row.job.id})
        else:
            self.action_pane("info")

    def action_fold(self, is_open: bool) -> None:
        """Show the tasks of an array, or no longer."""
        row = self.query_one(Board).row
        if row is not None and row.job.is_array:
            left = self.choice.unfolded - {row.job.id}
            self.choose(unfolded=left | {row.job.id} if is_open else left)

    def action_close(self) -> None:
        """Close what was opened last: the lower part, the marks, the filter."""
        board, field = self.query_one(Board), self.query_one(Filter)
        self.set_focus(board)
        if field.display:
            field.end()
            self.choose(words="")
        elif self.query_one(Pane).mode:
            self.action_pane("")
        elif board.marked:
            board.action_unmark()
        elif self.choice.words:
            self.choose(words="")

    # --- which jobs ----------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type the words of the filter."""
        field = self.query_one(Filter)
        field.begin(self.choice.words)
        self.set_focus(field)

    def on_input_changed(self, event: Filter.Changed) -> None:
        """Each letter counts at once."""
        if event.input.display:
            self.choose(words=event.input.value)

    def action_keep(self) -> None:
        """The filter stays."""
        field = self.query_one(Filter)
        field.end()
        self.choose(words=field.value)
        self.set_focus(self.query_one(Board))

    def action_order(self) -> None:
        """Sort by something else."""
        orders = list(Order)
        self.choose(order=orders[(orders.index(self.choice.order) + 1) % len(orders)])

    def action_backwards(self) -> None:
        """Turn the order round."""
        self.choose(backwards=not self.choice.backwards)

    def action_ended(self) -> None:
        """Show more or fewer of the jobs that have ended."""
        kinds = list(ShownEnds)
        self.choose(ended=kinds[(kinds.index(self.choice.ended) + 1) % len(kinds)])

    def action_again(self) -> None:
        """Look at once, and ask again why."""
        self._wake.set()
        self.query_one(Pane).again()
        self._pane()

    # --- changing jobs -------------------------------------------------------------------------------------

    def action_change(self, verb: str) -> None:
        """Ask, and change the jobs that are marked, or the chosen one."""
        meant = self.query_one(Board).meant
        wanted = ids(meant)
        left = [row for row in meant if row.name in wanted.get(row.job.session, ())]
        if not left:
            self.notify("no job that has not ended", severity="warning")
            return

        def answered(answer: bool | None) -> None:
            if answer:
                self._changing += 1
                threading.Thread(target=self._change, args=(verb, wanted), daemon=True).start()

        self.push_screen(Confirmation(f"{verb} {counted(left)}?", named(left)), answered)

    def _change(self, verb: str, wanted: dict[str, list[str]]) -> None:
        """Change them, in a thread of its own."""
        try:
            done = Changed(verb, wanted, self.survey.change(VERBS[verb].action, wanted))
        except DrmaaException as trouble:
            done = Changed(verb, wanted, {}, ends.one_line(trouble.text))
        self.post_message(done)

    def on_changed(self, message: Changed) -> None:
        """Say what has become of it; look again."""
        self._changing -= 1
        if self._is_over:
            return
        self._wake.set()
        for text, is_good in message.texts():
            self.notify(text, severity="information" if is_good else "error", markup=False)
        if not message.is_good:
            self._leaving = None  # it is to be read first
        elif self._leaving is not None and not self._changing:
            self.exit(self._leaving)

    # --- the rest ------------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark the chosen line."""
        self.query_one(Board).action_mark()

    def action_keys(self) -> None:
        """The page of keys."""
        self.push_screen(Help(keys.page(read_only=self.read_only)))

    def action_leave(self, code: int) -> None:
        """End; not before what was asked for is done, unless it is said again."""
        if self._changing and self._leaving is None:
            self._leaving = code
            self.notify("it ends when that is done; once more ends it now", markup=False)
        else:
            self.exit(code)

    def shown(self) -> Sequence[str]:
        """The lines of the list that are on the screen, as plain text."""
        board = self.query_one(Board)
        return [board.render_line(y).text.rstrip() for y in range(board.size.height)]
