"""What somebody sees and does: on a fake cell, by textual's pilot."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from drmaa_cli import JobSession
from drmaa_cli.cli.top.board import Board
from drmaa_cli.cli.top.dialogs import Confirmation, Help
from drmaa_cli.cli.top.view import Order, ShownEnds
from fake_sge.cell import Cell
from tests.cli.top.conftest import Watcher, qsub, submit, watch

pytestmark = pytest.mark.slow
FAILS = 'echo "line $SGE_TASK_ID"; test "$SGE_TASK_ID" != 2 || { echo no genome >&2; exit 3; }'


def test_jobs_appear_and_end_and_what_has_failed_is_explained(inside: Cell, tmp_path: Path) -> None:
    with JobSession("session=nightly") as session:
        held = submit(session, "exit 0", "merge", hold=True)

        async def scene(see: Watcher) -> None:
            await see.until_shown(f"{held}", "merge", "held", "nightly")
            number = submit(
                session, FAILS, "align", 3, outputPath=f":{tmp_path}/align.$TASK_ID", joinFiles=True
            )
            await see.until_shown(f"▸{number}", "align", "1 failed, 2 done")
            await see.press("home", "enter")
            await see.until_shown(f"▾{number}")
            assert [line.split()[0] for line in see.lines] == [
                f"▾{number}",
                *(f"{number}.{task}" for task in (2, 1, 3)),
                held,
            ]
            await see.press("down", "i")
            assert see.pane.startswith(f"job {number}.2 (align)\nstate:      exit 3")
            assert "run time:" in see.pane
            await see.press("w")
            await see.until(
                lambda: f"{number}.2: ended by itself with exit status 3" in see.pane, "why it failed"
            )
            assert see.pane.startswith(f"why: job {number}.2\n")
            await see.press("l")
            await see.until(lambda: "line 2\nno genome" in see.pane, "its output")
            assert f"output of job {number}.2: {tmp_path}/align.2" in see.pane
            await see.press("down")
            await see.until(lambda: "line 1" in see.pane and "genome" not in see.pane, "the next one's")
            await see.press("l")
            await see.until(lambda: see.pane.startswith(f"errors of job {number}.1"), "its errors")
            await see.press("l")
            assert not see.app.query_one("Pane").display
            await see.press("left")
            await see.until(lambda: len(see.lines) == 2, "the array alone")
            assert see.app.query_one(Board).row is not None
            assert see.app.query_one(Board).row.name == number  # type: ignore[union-attr]

        watch(scene)


def test_output_is_shown_as_it_grows(inside: Cell, tmp_path: Path) -> None:
    go_on = tmp_path / "go_on"
    with JobSession("session=s") as session:
        line = f"printf 'a\\033[31mb\\r50%%'; while test ! -e {go_on}; do sleep 0.05; done; echo; echo last"
        number = submit(session, line, "talks", outputPath=f":{tmp_path}/out")

        async def scene(see: Watcher) -> None:
            await see.until_shown(number, "running")
            await see.press("l")
            await see.until(lambda: see.pane.endswith("ab\n50%"), "a line that has no end yet")
            go_on.touch()
            await see.until(lambda: "50%\nlast" in see.pane, "the rest")

        watch(scene)


def test_hold_release_suspend_resume_and_kill_ask_first(inside: Cell) -> None:
    with JobSession("session=s") as session:
        number = submit(session, "sleep 600", "long", hold=True)
    stranger = qsub(inside, "-N", "theirs", "true")

    async def scene(see: Watcher) -> None:
        await see.until_shown(stranger, "theirs")
        see.app.query_one(Board).choose([row.name for row in see.app.query_one(Board).rows].index(number))
        await see.press("r")
        assert isinstance(see.app.screen, Confirmation)
        assert see.app.screen.question == "release 1 job?"
        assert f"{number} long: held" in see.screen
        await see.press("n")
        await see.press("k", "enter")
        await see.press("k", "escape")
        assert not isinstance(see.app.screen, Confirmation)
        await see.press("r", "y")
        await see.until_shown(number, "running")
        await see.press("z", "y")
        await see.until_shown(number, "suspended")
        await see.press("c", "y")
        await see.until_shown(number, "running")
        await see.press("escape", "home", "space", "space", "k")
        assert see.app.screen.question == "kill 2 jobs?"  # type: ignore[attr-defined]
        assert f"{stranger} theirs: held" in see.screen
        await see.press("y")
        await see.until_shown(number, "aborted")
        await see.until(lambda: len(see.lines) == 1, "the stranger is gone")
        await see.press("h")
        assert not isinstance(see.app.screen, Confirmation)  # nothing is left to be held
        await see.until(lambda: "no job that has not ended" in see.screen, "that is said")

    watch(scene)


def test_why_jobs_wait_is_asked_and_asked_again_when_that_changes(inside: Cell) -> None:
    with JobSession("session=s") as session:
        number = submit(session, "sleep 600", "held", hold=True)
    stranger = qsub(inside, "-N", "theirs", "true")

    async def scene(see: Watcher) -> None:
        await see.until_shown(number, "held")
        see.app.query_one(Board).choose([row.name for row in see.app.query_one(Board).rows].index(number))
        await see.press("w")
        await see.until(lambda: f"{number}: held by" in see.pane, "that it is held")
        assert f"qrls {number}" in see.pane
        await see.press("r", "y")
        await see.until(
            lambda: f"{number}: it runs" in see.pane or f"{number}: running" in see.pane, "it runs"
        )
        see.app.query_one(Board).choose([row.name for row in see.app.query_one(Board).rows].index(stranger))
        await see.until(lambda: f"{stranger}: held by" in see.pane, "why the stranger waits")

    watch(scene)


def test_what_is_refused_is_said(inside: Cell) -> None:
    with JobSession("session=s") as session:
        number = submit(session, "exit 0", "held", hold=True)

    async def scene(see: Watcher) -> None:
        await see.until_shown(number, "held")
        await see.press("z", "y")
        await see.until(lambda: f"job {number}:" in see.screen, "why it cannot be suspended")
        await see.until_shown(number, "held")

    watch(scene)


def test_filter_order_and_those_that_have_ended(inside: Cell) -> None:
    with JobSession("session=s") as session:
        first = submit(session, "exit 0", "zebra", hold=True)
        second = submit(session, "exit 0", "ape", hold=True)
        over = submit(session, "exit 1", "over")
        session.synchronize([over])

        async def scene(see: Watcher) -> None:
            def ids() -> list[str]:
                return [line.replace("●", " ").split()[0] for line in see.lines]

            await see.until(lambda: ids() == [over, second, first], "the latest first")
            await see.press("slash", *"ze")
            assert ids() == [first]
            assert "filter: ze" in see.screen
            await see.press("backspace", "backspace", *"!over")
            assert ids() == [second, first]
            await see.press("enter", "e", "e")
            assert see.app.choice.ended is ShownEnds.NONE
            await see.press("escape")
            assert (see.app.choice.words, ids()) == ("", [second, first])
            await see.press("e")
            assert ids() == [over, second, first]
            while see.app.choice.order is not Order.NAME:
                await see.press("s")
            assert ids() == [second, over, first]
            await see.press("S")
            assert ids() == [first, over, second]
            assert "by name (backwards)" in see.screen
            await see.press("slash", *"q?", "escape")  # letters are letters there
            assert see.app.choice.words == ""

        watch(scene, words="")


def test_the_filter_of_the_command_line(inside: Cell) -> None:
    with JobSession("session=s") as session:
        submit(session, "exit 0", "zebra", hold=True)
        ape = submit(session, "exit 0", "ape", hold=True)

    async def scene(see: Watcher) -> None:
        await see.until_shown(ape, "ape")
        assert len(see.lines) == 1

    watch(scene, words="ape")


def test_an_outage_is_said_and_what_was_seen_stays(inside: Cell) -> None:
    with JobSession("session=s") as session:
        number = submit(session, "exit 0", "held", hold=True)

    async def scene(see: Watcher) -> None:
        await see.until_shown(number, "held")
        inside.stop_qmaster()
        await see.until(lambda: "no answer since" in see.screen, "the outage")
        assert any(number in line for line in see.lines)
        await see.press("down", "i", "i")  # the screen is alive
        inside.start_qmaster()
        await see.until(lambda: "no answer since" not in see.screen, "its end")
        await see.until_shown(number, "held")

    watch(scene)


def test_a_slow_qmaster_does_not_stop_the_screen(inside: Cell) -> None:
    with JobSession("session=s") as session:
        number = submit(session, "exit 0", "held", hold=True)

    async def scene(see: Watcher) -> None:
        await see.until_shown(number, "held")
        inside.fault("silent", "qstat", seconds=600)
        asked = see.app.survey.base.commands["qstat"]
        await see.until(lambda: see.app.survey.base.commands["qstat"] > asked, "a query that is not answered")
        await see.press("question_mark")
        assert isinstance(see.app.screen, Help)
        await see.press("q")
        assert not isinstance(see.app.screen, Help)
        await see.press("i")
        assert see.pane.startswith(f"job {number} (held)")
        leaving.append(time.monotonic())

    leaving: list[float] = []
    watch(scene)
    assert (
        time.monotonic() - leaving[0] < 50
    )  # the command that hangs is ended with the screen, not waited for


def test_five_thousand_jobs_and_an_array_of_twenty_thousand(inside: Cell) -> None:
    with JobSession("session=s") as session:
        template = session.createJobTemplate(remoteCommand="true", jobSubmissionState="drmaa_hold")
        session.runBulkJobs(template, 1, 20_000, 1)

        async def scene(see: Watcher) -> None:
            await see.until_shown("20,000 held")
            await see.press("right")
            await see.until(lambda: len(see.app.query_one(Board).rows) == 20_001, "the tasks")
            await see.press("end")
            assert ".20000" in see.lines[-1]
            before = time.process_time()
            await see.press(*["up"] * 20)
            assert time.process_time() - before < 5  # a key costs what the screen shows, not what there is
            assert see.app.query_one(Board).cursor == 19_980
            await see.press("slash", *".1999")
            assert len(see.lines) == 11 + 1

        watch(scene, interval=600.0)


@pytest.mark.parametrize("width", [40, 200])
def test_every_width(inside: Cell, width: int) -> None:
    with JobSession("session=s") as session:
        number = submit(session, "exit 0", "a_name_that_is_far_too_long_for_a_narrow_terminal", hold=True)

    async def scene(see: Watcher) -> None:
        await see.until_shown(number, "held")
        assert ("narrow_terminal" in see.lines[0]) is (width > 40)
        await see.press("i")
        assert max(map(len, see.screen.splitlines())) <= width
        await see.press("question_mark")
        assert isinstance(see.app.screen, Help)
        assert "page keys" in see.screen
        await see.press("escape", "k")
        assert "a_name_that_is" in see.screen
        await see.press("n")
        await see.pilot.resize_terminal(width + 20, 20)
        await see.until_shown(number, "held")

    watch(scene, size=(width, 24))


def test_the_mouse_chooses_and_opens(inside: Cell) -> None:
    with JobSession("session=s") as session:
        array = submit(session, "exit 0", "array", 2, hold=True)
        submit(session, "exit 0", "other", hold=True)

    async def scene(see: Watcher) -> None:
        await see.until_shown(array, "2 held")
        await see.pilot.click(Board, offset=(5, 1))
        assert see.app.query_one(Board).cursor == 1
        await see.pilot.click(Board, offset=(5, 1))
        await see.until_shown(f"{array}.2", "held")

    watch(scene)


def test_the_clock_may_tick_while_the_screen_is_cleared(
    inside: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Piece by piece: the list may still be there when the title below it is not."""
    left = []

    async def lingers(board: Board) -> None:
        for _ in range(20):
            await asyncio.sleep(0.01)
        left.append(len(board.app.query("#pane-title")))

    monkeypatch.setattr(Board, "on_unmount", lingers, raising=False)
    monkeypatch.setattr("drmaa_cli.cli.top.app.TICK", 0.01)

    async def scene(see: Watcher) -> None:
        await see.until(lambda: see.app.view is not None, "a first look")

    watch(scene)
    assert left == [0]
