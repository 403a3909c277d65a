"""Histories of array jobs: what a real cell showed of their lists of tasks, the fake shows, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_sge.model import Exit
from tests.fake.pure import PureCell
from tests.fake.stories import Step, stories, told
from tests.fake.task_histories import SLOTS, history
from tests.fake.twin import Answer
from tests.tables import each_row

pytestmark = pytest.mark.slow

RECORDED = stories("task_histories")


def fail_without(cell: PureCell, made: set[int]) -> bool:
    """End the running tasks that have no place for their output; whether there are any."""
    state = cell.qmaster.engine.state
    failing = [(number, task) for number, task in state.running if task not in made]
    for number, task in failing:
        end = Exit(26, 0, 0, 0.0, 0.0, {}, "can't open output file")
        cell.qmaster.apply("exited", number, task, state.jobs[number].tasks[task].run, end)
    return bool(failing)


def tell(cell: PureCell, steps: list[Step]) -> list[Step]:
    """The answers of the fake."""

    made: set[int] | None = None  # the tasks with a place for their output; None: all

    def run(words: list[str], _user: str, stdin: bytes) -> Answer | None:
        nonlocal made
        if words[0] == "settle":
            cell.settle(2.0)
            while made is not None and fail_without(cell, made):
                cell.settle(2.0)
            return None
        if words[0] == "make":
            made = set(map(int, words[1:]))
            return None
        answer = cell.run(words, "root", stdin=stdin)
        cell.qmaster.tick()
        return answer

    return list(told(steps, run))


@each_row("name", sorted(RECORDED))
def test_as_on_the_real_cell(name: str, tmp_path: Path) -> None:
    cell = PureCell(tmp_path, slots=SLOTS, first_job_number=500001, login_shells=False)
    for got, expected in zip(tell(cell, RECORDED[name]), RECORDED[name]):
        assert got == expected


def test_the_histories_are_those_that_were_recorded() -> None:
    """They were drawn at random, and not changed since."""
    assert len(RECORDED) >= 60
    for name, steps in RECORDED.items():
        assert [step["line"] for step in steps] == history(name)
