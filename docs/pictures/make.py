"""Make the pictures of README.md and docs/cli.md: real commands on a fake cell, as SVG (make pictures)."""

from __future__ import annotations

import asyncio
import io
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pexpect
from rich.console import Console
from rich.text import Text

from drmaa_cli import JobSession
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.top.app import Top
from drmaa_cli.cli.top.board import Board
from drmaa_cli.cli.top.model import StateKind
from drmaa_cli.cli.top.panes import Pane
from drmaa_cli.cli.top.survey import Survey
from drmaa_cli.cli.top.view import Choice
from fake_sge.cell import Cell

HERE = Path(__file__).resolve().parent
COLUMNS = 96
LINES = 24
PATIENCE = 300  # seconds
HOME = "/home/anna/try"  # what stands in the pictures for the directory in which they are made
FONTS = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
ANALYSE = 'test -e genome.fa || test $(($1 % 300)) -ne 0 || { echo "genome.fa is missing"; exit 3; }\n'
HUNGRY = "import time; x = b'x' * {} * 2**20; time.sleep({})"


class Studio:
    """A directory and a cell in which commands are run and drawn."""

    def __init__(self, directory: Path, env: Mapping[str, str]) -> None:
        self.directory, self.env = directory, env

    def run(self, *words: str) -> str:
        """What drmaa-cli shows in a terminal, colours and all; of a line written anew each version."""
        child = pexpect.spawn(
            sys.executable,
            ["-m", "drmaa_cli.cli", *words],
            env=dict(self.env),  # type: ignore[arg-type]  # os._Environ in the stubs
            cwd=str(self.directory),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(LINES, COLUMNS),
        )
        child.expect(pexpect.EOF)
        child.close()
        return str(child.before).replace("\r\n", "\n").replace(str(self.directory), HOME)

    def draw(self, name: str, *lines: str) -> None:
        """Draw command lines with what they show at their end."""
        console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
        for line in lines:
            console.print(Text(f"$ drmaa-cli {line}", style="bold"))
            shown = self.run(*words_of(line))
            console.print(Text.from_ansi(re.sub(r"(?m)^.*\r\x1b\[K", "", shown).rstrip("\n")))
        save(name, console.export_svg(title=""))


def words_of(line: str) -> list[str]:
    """The words of a command line, of which some are in single quotes."""
    return [quoted or plain for quoted, plain in re.findall(r"'([^']*)'|(\S+)", line)]


def save(name: str, drawing: str) -> None:
    """Write a picture that needs nothing from anywhere: the fonts are those of whoever looks."""
    drawing = re.sub(r"<!--.*?-->\s*", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"@font-face \{.*?\}\s*", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"font-family: *[^;]*;", f"font-family: {FONTS};", drawing)
    drawing = re.sub(r"[ \t]+$", "", drawing, flags=re.MULTILINE)
    (HERE / f"{name}.svg").write_text(drawing.rstrip("\n") + "\n", encoding="utf-8")
    print(f"{name}.svg: {len(drawing)} bytes")


def a_thousand_commands(studio: Studio) -> None:
    """The way of the README."""
    (studio.directory / "analyse.sh").write_text(ANALYSE)
    lines = "".join(f"sh analyse.sh {number}\n" for number in range(1, 1001))
    (studio.directory / "commands.txt").write_text(lines)
    studio.draw("map", "map commands.txt")
    studio.draw("why", "why 1.300")
    (studio.directory / "genome.fa").touch()
    studio.draw("resume", "map --resume commands.txt")
    studio.draw("ps", "ps --ended")
    studio.draw("info", "info 1.300")


def one_command(studio: Studio) -> None:
    """A job as if it ran here."""
    studio.draw("run", "run -N align -- sh -c 'echo reading; sleep 2; echo 42 of 42 aligned'")


def what_was_used(studio: Studio) -> None:
    """Jobs that use a tenth of what they ask for."""
    lines = [
        f'{sys.executable} -c "{HUNGRY.format(60 + 3 * (number % 7), 6 + number % 3)}"\n'
        for number in range(24)
    ]
    (studio.directory / "hungry.txt").write_text("".join(lines))
    studio.run("map", "-q", "-s", "hungry", "-R", "2", "-T", "60", "hungry.txt")
    studio.draw("usage", "usage -s hungry")


def live(studio: Studio, cell: Cell) -> None:
    """The live view of some sessions."""
    line = 'test "$SGE_TASK_ID" != 7 || { echo "genome.fa is missing"; exit 3; }; sleep $((SGE_TASK_ID / 12))'
    with JobSession("session=nightly") as nightly:
        values = {"remoteCommand": "/bin/sh", "args": ["-c", line], "joinFiles": True}
        template = nightly.createJobTemplate(
            jobName="align", outputPath=f":{studio.directory}/align.$TASK_ID"
        )
        for name, value in values.items():
            setattr(template, name, value)
        array = nightly.runBulkJobs(template, 1, 400, 1, key="align-2026")[0].partition(".")[0]
        template.jobName, template.nativeSpecification = "merge", f"-hold_jid {array}"
        nightly.runJob(template, key="merge-2026")
    with JobSession("session=thesis") as thesis:
        held = thesis.createJobTemplate(
            remoteCommand="/bin/sleep", args=["60"], jobName="train", outputPath=":/dev/null", joinFiles=True
        )
        held.jobSubmissionState = "drmaa_hold"
        thesis.runJob(held)
    cell.run("qsub", "-h", "-b", "y", "-N", "notebook", "sleep", "60")
    asyncio.run(_live(array, studio))


async def _live(array: str, studio: Studio) -> None:
    app = Top(Survey(SessionPlace.of(None, None)), 0.5, Choice())
    async with app.run_test(size=(COLUMNS, LINES)) as pilot:

        async def until(condition: Callable[[], object]) -> None:
            deadline = time.monotonic() + PATIENCE
            while not condition():
                if time.monotonic() > deadline:
                    raise TimeoutError("\n".join(app.shown()))
                await pilot.pause(0.05)

        board, pane = app.query_one(Board), app.query_one(Pane)
        await until(
            lambda: any(row.name == array and row.job.counts[StateKind.DONE] > 40 for row in board.rows)
        )
        place = next(at for at, row in enumerate(board.rows) if row.name == array)
        board.choose(place)
        await pilot.press("enter")
        await until(lambda: len(board.rows) > 400)
        await pilot.press("down", "w")
        await until(lambda: any("to do" in line for line in pane.lines))
        save("top", app.export_screenshot(title="drmaa-cli top").replace(str(studio.directory), HOME))


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "try"
        directory.mkdir()
        with Cell(Path(name) / "cell", slots=16, login_shells=False) as cell:
            env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
            env.update(cell.variables, PATH=f"{cell.path}{os.pathsep}{os.environ['PATH']}")
            env.update(DRMAA_CLI_STATE_DIR=f"{name}/state", TERM="xterm-256color", LC_ALL="C.UTF-8")
            env.update(PYTHONPATH=str(HERE.parent.parent))
            os.environ.clear()
            os.environ.update(env)
            os.chdir(directory)
            studio = Studio(directory, env)
            a_thousand_commands(studio)
            one_command(studio)
            what_was_used(studio)
            live(studio, cell)


if __name__ == "__main__":
    main()
