"""A person who watches jobs of a fake cell: the screen without a terminal, driven by textual's pilot."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest

from drmaa_cli import JobSession
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.top.survey import Survey
from drmaa_cli.cli.top.view import Choice
from fake_sge.cell import Cell
from tests.cli.conftest import SETTINGS
from tests.patience import PATIENCE

pytest.importorskip("textual")

from textual.pilot import Pilot

from drmaa_cli.cli.top.app import Top
from drmaa_cli.cli.top.panes import Pane


class Watcher:
    """Somebody before the screen."""

    def __init__(self, app: Top, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def lines(self) -> list[str]:
        """The lines of the list, without those that are empty."""
        return [line for line in self.app.shown() if line]

    @property
    def screen(self) -> str:
        """All that is on the screen."""
        compositor = self.app.screen._compositor  # noqa: SLF001  # what a terminal is sent
        return "\n".join(
            "".join(part.text for part in strip).rstrip() for strip in compositor.render_strips()
        )

    @property
    def pane(self) -> str:
        """The lower part, its title first."""
        pane = self.app.query_one(Pane)
        return "\n".join([pane.title, *pane.lines])

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something is seen."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what}: not seen\n{self.screen}"
            await self.pilot.pause(0.05)

    async def until_shown(self, *words: str) -> None:
        """Wait until there is a line of the list with these words."""
        await self.until(
            lambda: any(all(word in line for word in words) for line in self.lines), " ".join(words)
        )


@contextlib.asynccontextmanager
async def watching(
    place: SessionPlace | None = None,
    *,
    size: tuple[int, int] = (100, 30),
    words: str = "",
    interval: float = 0.3,
    read_only: bool = False,
) -> AsyncIterator[Watcher]:
    """``drmaa-cli top`` in this process."""
    app = Top(
        Survey(place or SessionPlace.of(None, None)), interval, Choice(words=words), read_only=read_only
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Watcher(app, pilot)


def watch(scene: Callable[[Watcher], Awaitable[None]], **options: object) -> None:
    """Play a scene before the screen."""

    async def play() -> None:
        async with watching(**options) as watcher:  # type: ignore[arg-type]
            await scene(watcher)

    asyncio.run(play())


@contextlib.contextmanager
def being_in(cell: Cell, directory: Path) -> Iterator[Cell]:
    """This process works in a cell, with sessions of its own."""
    patch = pytest.MonkeyPatch()
    variables: Mapping[str, str] = {f"DRMAA_CLI_{name}": value for name, value in SETTINGS.items()}
    for name, value in {**cell.variables, **variables}.items():
        patch.setenv(name, value)
    patch.setenv("PATH", f"{cell.path}{os.pathsep}{os.environ['PATH']}")
    patch.setenv("DRMAA_CLI_STATE_DIR", str(directory / "state"))
    patch.delenv("DRMAA_CLI_CONTACT", raising=False)
    (directory / "work").mkdir()
    patch.chdir(directory / "work")
    with contextlib.ExitStack() as stack:
        stack.callback(patch.undo)
        yield cell


@pytest.fixture
def inside(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """A fake cell of the test's own, in which this process works."""
    made = Cell(tmp_path_factory.mktemp("top") / "cell", slots=4, login_shells=False)
    with made, being_in(made, tmp_path):
        yield made


def submit(
    session: JobSession, line: str, name: str, tasks: int = 0, *, hold: bool = False, **attributes: object
) -> str:
    """Submit a shell command; its number."""
    values = {"outputPath": ":/dev/null", "joinFiles": True, **attributes}
    if hold:
        values["jobSubmissionState"] = "drmaa_hold"
    template = session.createJobTemplate(remoteCommand="/bin/sh", args=["-c", line], jobName=name)
    for attribute, value in values.items():
        setattr(template, attribute, value)
    if tasks:
        return session.runBulkJobs(template, 1, tasks, 1)[0].partition(".")[0]
    return session.runJob(template)


def qsub(cell: Cell, *words: str) -> str:
    """A held job that no session has; what qsub says of its id."""
    return cell.run("qsub", "-terse", "-h", "-b", "y", *words).stdout.decode().strip()
