"""The scenarios recorded on a real Grid Engine 8.1.9 cell, on the fake (see record.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fake.pure import PureCell
from tests.fake.record import detail, mask, parse, scenarios, write_files
from tests.fake.twin import Side

# Steps whose job is not compared, only the answer.
NOT_EQUAL: dict[str, str] = {
    "qsub -h -l h_rt=1.5 -b y true": "the model keeps a value as printed (2), not the number behind it (1.5)",
    "qsub -h -l h_rt=2.5 -b y true": "the model keeps a value as printed (2), not the number behind it (2.5)",
    "qsub -h -w w -l arch=x -b y true": "CE_tagged is left by the search for queues",
}
RECORDED = scenarios()


def _replay(cell: PureCell, side: Side, step: dict[str, Any]) -> dict[str, Any]:
    user, words, stdin = parse(step["line"])
    before = len(side.numbers)
    code, out, err = cell.run(side.fill(words), user, stdin=stdin)
    shown = ""
    if words[0] == "qsub":
        side.learn((code, out, err))
        cell.qmaster.engine.state.unseen.clear()  # when it was recorded the scheduler had run
        if len(side.numbers) > before:
            shown = detail(cell.run(["qstat", "-j", str(side.numbers[-1]), "-xml"], "root")[1])
    texts = [mask(side.mask(text), cell.home) for text in (out, err, shown)]
    return {"exit_code": code, "stdout": texts[0], "stderr": texts[1], "job": texts[2]}


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_the_same_answers_as_the_real_cell(name: str, tmp_path: Path) -> None:
    cell = PureCell(tmp_path, slots=100, first_job_number=700001)
    write_files(cell.home)
    side = Side()
    differences = []
    for step in RECORDED[name]:
        got = _replay(cell, side, step)
        if step["line"] in NOT_EQUAL:
            del got["job"]
        expected = {key: step[key] for key in got}
        if got != expected:
            pairs = [(key, got[key], expected[key]) for key in got if got[key] != expected[key]]
            differences.append((step["line"], pairs))
    assert not differences


def test_the_exceptions_are_recorded_steps() -> None:
    lines = {step["line"] for steps in RECORDED.values() for step in steps}
    assert set(NOT_EQUAL) <= lines
    assert len(lines) > 700
