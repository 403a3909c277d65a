"""What there is no room for is left out or shortened, never cut through."""

from __future__ import annotations

from pathlib import Path

import pytest

from drmaa_cli import JobSession
from drmaa_cli.cli.top import keys
from drmaa_cli.cli.top.layout import ending
from fake_sge.cell import Cell
from tests.cli.top.conftest import Watcher, submit, watch

pytestmark = pytest.mark.slow
WORDS = [
    f"{binding.key_display or binding.key} {binding.description}" for binding in keys.BINDINGS if binding.show
]
WORDS = [word.replace("enter", "⏎") for word in WORDS]


@pytest.mark.parametrize(("width", "most"), [(12, 1), (40, 5), (80, 9), (200, 12)])
def test_the_keys_in_the_last_line_are_whole(inside: Cell, width: int, most: int) -> None:
    async def scene(see: Watcher) -> None:
        await see.until(lambda: "no jobs" in see.screen, "that there are none")

        def last() -> list[str]:
            return [word.strip() for word in see.screen.splitlines()[-1].split("  ") if word.strip()]

        await see.until(lambda: last() == WORDS[:most], "the keys")
        await see.pilot.resize_terminal(40, 20)
        await see.until(lambda: last() == WORDS[:5], "those for which there is room now")

    watch(scene, size=(width, 10))


def test_the_end_of_a_path_is_kept(inside: Cell, tmp_path: Path) -> None:
    with JobSession("session=s") as session:
        path = tmp_path / ("long" * 20)
        job = submit(session, "echo genome", "align", outputPath=f":{path}", joinFiles=True)

        async def scene(see: Watcher) -> None:
            await see.until_shown(job, "exit 0")
            await see.press("l")
            await see.until(lambda: "genome" in see.pane, "its output")
            assert f"output of job {job}: …{str(path)[-22:]}\n" in see.screen + "\n"
            await see.press("w")
            await see.until(lambda: "ended well" in see.pane, "why")
            assert f"why: job {job}\n" in see.screen

        watch(scene, size=(40, 20))


def test_without_a_job_it_says_that_none_is_chosen(inside: Cell) -> None:
    async def scene(see: Watcher) -> None:
        await see.until(lambda: "no jobs" in see.screen, "that there are none")
        for key in "iwl":
            await see.press(key)
            assert see.pane == "no job is chosen"
        await see.press("enter", "space", "right", "left", "end", "up")
        await see.press("k")
        await see.until(lambda: "no job that has not ended" in see.screen, "that there is none to be killed")

    watch(scene)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("/a/b/c", 6, "/a/b/c"), ("/a/b/c", 5, "…/b/c"), ("/a/b/c", 1, "…"), ("", 3, "")],
)
def test_an_ending(text: str, width: int, expected: str) -> None:
    assert ending(text, width) == expected
