"""Keys that come faster than the screen can follow, as over ssh, mean what they mean one after the other."""

from __future__ import annotations

import threading

import pytest
from textual import events

from drmaa_cli import JobSession
from drmaa_cli.cli.top import keys
from drmaa_cli.cli.top.app import Top
from drmaa_cli.cli.top.board import Board
from drmaa_cli.cli.top.dialogs import Confirmation, Help
from drmaa_cli.cli.top.filter import Filter
from fake_sge.cell import Cell
from tests.cli.top.conftest import Watcher, submit, watch
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow
NAMES = {
    "/": "slash",
    "?": "question_mark",
    "\r": "enter",
    "\x1b": "escape",
    "\x7f": "backspace",
    " ": "space",
}
NAMES.update({"↓": "down", "↑": "up"})


def burst(see: Watcher, text: str) -> None:
    """Have all keys there before the first is looked at."""
    for letter in text:
        name = NAMES.get(letter, letter)
        see.app.post_message(events.Key(name, letter if letter.isprintable() and name != "down" else None))


def three(session: JobSession) -> list[str]:
    return [submit(session, "exit 0", name, hold=True) for name in ("sky", "align", "merge")]


def test_what_is_typed_after_the_slash_is_a_filter_and_no_command(inside: Cell) -> None:
    with JobSession("session=s") as session:
        sky, align, merge = three(session)

        async def scene(see: Watcher) -> None:
            await see.until_shown(merge, "held")
            burst(see, "/sky\rl")
            await see.until(
                lambda: see.app.choice.words == "sky" and see.pane.startswith("output"), "the filter"
            )
            assert [line.split()[0] for line in see.lines] == [sky]
            assert not see.app.query_one(Filter).display
            burst(see, "l\x1b\x1b/alix\x7fgn\rw")
            await see.until(lambda: see.pane.startswith(f"why: job {align}"), "another filter")
            assert see.app.choice.words == "align"
            burst(see, "w/zzz\x1b?")
            await see.until(lambda: isinstance(see.app.screen, Help), "the page of keys")
            assert see.app.choice.words == ""
            assert not see.app.query_one(Filter).display
            burst(see, "q/q")
            await see.until(lambda: see.app.choice.words == "q", "the letter q in the filter")

        watch(scene)
        assert {job.state for job in session.jobs()} == {"user_on_hold"}
        session.controlJobs([sky, align, merge], "terminate")


def test_a_question_is_about_the_line_that_was_chosen_before(inside: Cell) -> None:
    with JobSession("session=s") as session:
        sky, align, merge = three(session)

        async def scene(see: Watcher) -> None:
            await see.until_shown(sky, "held")
            burst(see, "↓k")
            await see.until(
                lambda: isinstance(see.app.screen, Confirmation) and "align" in see.screen, "the question"
            )
            burst(see, "n↓kn↑")
            await see.until(
                lambda: not isinstance(see.app.screen, Confirmation) and see.app.query_one(Board).cursor == 1,
                "no question",
            )
            burst(see, "ky↓")
            await see.until(
                lambda: not any(align in line and "held" in line for line in see.lines), "its end"
            )
            assert see.app.query_one(Board).row is not None

        watch(scene)
        left = [job.id for job in session.jobs() if job.state == "user_on_hold"]
        assert sorted(left) == sorted([sky, merge])
        session.controlJobs(left, "terminate")


def test_it_does_not_end_before_what_was_asked_for_is_done(inside: Cell) -> None:
    with JobSession("session=s") as session:
        job = submit(session, "exit 0", "merge", hold=True)
        go = threading.Event()

        async def scene(see: Watcher) -> None:
            await see.until_shown(job, "held")
            change = see.app.survey.change
            see.app.survey.change = lambda *words: (go.wait(PATIENCE), change(*words))[1]  # type: ignore[method-assign]
            burst(see, "kyq")
            await see.until(lambda: "ends when that is done" in see.screen, "that it waits")
            assert see.app.return_code is None
            go.set()
            await see.until(lambda: see.app.return_value == 0, "its end")

        watch(scene)
        assert session.job(job).state != "user_on_hold"


def test_asked_twice_it_ends_at_once(inside: Cell) -> None:
    with JobSession("session=s") as session:
        job = submit(session, "exit 0", "merge", hold=True)
        go = threading.Event()

        async def scene(see: Watcher) -> None:
            await see.until_shown(job, "held")

            def change(*_: object) -> dict[str, str]:
                go.wait(PATIENCE)
                return {}

            see.app.survey.change = change  # type: ignore[method-assign]
            burst(see, "kyqq")
            await see.until(lambda: see.app.return_value == 0, "its end")
            go.set()

        watch(scene)
        session.control(job, "terminate")


def test_read_only_there_is_no_key_that_changes_jobs(inside: Cell) -> None:
    with JobSession("session=s") as session:
        job = submit(session, "exit 0", "merge", hold=True)

        async def scene(see: Watcher) -> None:
            await see.until_shown(job, "held")
            assert "read-only" in see.screen
            assert "kill" not in see.screen
            burst(see, "k h r z c ")
            await see.press("question_mark")
            await see.until(lambda: isinstance(see.app.screen, Help), "the page of keys")
            assert "kill" not in see.screen
            assert not see.app.query_one(Board).marked

        watch(scene, read_only=True)
        assert session.job(job).state == "user_on_hold"
        session.control(job, "terminate")


def test_each_key_does_something_and_is_on_the_page() -> None:
    page = {word for line in keys.page().splitlines() for word in line[:12].split()}
    for binding in keys.BINDINGS:
        action = binding.action.partition("(")[0]
        assert callable(getattr(Top, f"action_{action}", None)), binding
        assert binding.priority, binding
        if binding.show:
            assert (binding.key_display or binding.key) in page, binding
