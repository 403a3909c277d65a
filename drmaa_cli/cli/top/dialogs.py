"""Questions before jobs are changed, and the page of keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from drmaa_cli.cli.screen import visible
from drmaa_cli.cli.top.layout import plain, summary
from drmaa_cli.cli.top.view import BoardRow
from drmaa_cli.cli.words import number
from drmaa_cli.typed import ClassVar

MOST = 12  # so many jobs are named


def named(rows: Sequence[BoardRow]) -> list[str]:
    """Jobs by their ids, names and states, a line each; of very many the first."""
    found = []
    for row in rows[:MOST]:
        task = row.single
        state = plain(summary(row.job.counts)) if task is None else task.state
        found.append(f"{row.name} {visible(row.job.name)}: {state}")
    if len(rows) > MOST:
        found.append(f"and {number(len(rows) - MOST)} more")
    return found


def counted(rows: Sequence[BoardRow]) -> str:
    """How many jobs and tasks these are: ``2 jobs, with 902 tasks``."""
    tasks = sum(row.job.open if row.task is None else 1 for row in rows)
    if all(row.task is not None for row in rows):
        return f"{number(tasks)} task{'s' * (tasks != 1)}"
    jobs = f"{number(len(rows))} job{'s' * (len(rows) != 1)}"
    return jobs if tasks == len(rows) else f"{jobs}, with {number(tasks)} tasks that have not ended"


class Confirmation(ModalScreen[bool]):
    """Whether something is to be done; only a yes is one.

    Args:
        question: what is asked.
        lines: what it is about.
    """

    DEFAULT_CSS = """
    Confirmation { align: center middle; }
    Confirmation > Vertical { width: 72; max-width: 95%; height: auto; max-height: 90%; padding: 0 1;
        border: round $warning; background: $surface; }
    Confirmation Static { width: 100%; height: auto; }
    """
    BINDINGS: ClassVar[list[Binding]] = [  # type: ignore[assignment]
        Binding("y", "answer(True)", "yes", priority=True),
        Binding("n,escape,enter,q", "answer(False)", "no", priority=True),
    ]

    def __init__(self, question: str, lines: Iterable[str]) -> None:
        super().__init__()
        self.question = question
        self._lines = list(lines)

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical():
            yield Static(f"{self.question}\n", markup=False)
            yield Static("\n".join(f"  {line}" for line in self._lines), markup=False)
            yield Static("\ny: yes    n: no", markup=False)

    def action_answer(self, answer: bool) -> None:
        """The answer is given."""
        self.dismiss(answer)


class Help(ModalScreen[None]):
    """A page of text.

    Args:
        text: it.
    """

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > VerticalScroll { width: 76; max-width: 95%; height: auto; max-height: 95%; padding: 0 1;
        border: round $primary; background: $surface; }
    Help Static { width: 100%; height: auto; }
    """
    BINDINGS: ClassVar[list[Binding]] = [  # type: ignore[assignment]
        Binding("escape,q,enter,question_mark,f1", "leave", "back", priority=True)
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The page."""
        with VerticalScroll():
            yield Static(self._text, markup=False)

    def action_leave(self) -> None:
        """Back to the list."""
        self.dismiss(None)
