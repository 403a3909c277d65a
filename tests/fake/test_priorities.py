"""The parts of priorities: the figures of a real 8.1.9 of two slots, weight_waiting_time 0, same commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pure import PureCell

SUBMITTED = ("", "-h", "-p 5", "-p -10", "-l h_rt=100")  # two of them run


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    made = PureCell(tmp_path, slots=2, scheduler={"weight_waiting_time": "0.000000"})
    for options in SUBMITTED:
        made.run(["qsub", *options.split(), "-b", "y", "sleep", "100"], "root")
        made.qmaster.tick()
    return made


def parts(cell: PureCell) -> dict[str, list[str]]:
    """By number: prior, nurg, npprior, ntckts, ppri and state."""
    rows = [line.split() for line in cell.run(["qstat", "-pri"], "root")[1].splitlines()[2:]]
    return {row[0]: [*row[1:6], row[8]] for row in rows}


def test_all_parts(cell: PureCell) -> None:
    found = parts(cell)
    assert list(found) == ["1", "3", "4", "5", "2"]
    assert found["1"][:5] == ["0.50000", "0.50000", "0.50000", "0.50000", "0"]
    assert found["3"][:5] == ["0.50000", "0.50000", "0.50244", "0.50000", "5"]
    assert found["4"] == ["0.50000", "0.50000", "0.49512", "0.50000", "-10", "qw"]
    assert found["2"] == ["0.00000", "0.00000", "0.00000", "0.00000", "0", "hqw"]


@pytest.mark.parametrize("words", ["qhold 4", "qalter -hold_jid 1 4", "qalter -a 203001010000 4"])
def test_who_waits_for_something_else_has_none(cell: PureCell, words: str) -> None:
    cell.run(words.split(), "root")
    cell.qmaster.tick()
    found = parts(cell)
    assert found["4"][:4] == ["0.00000"] * 4
    assert list(found) == ["1", "3", "5", "2", "4"]


def test_who_waits_for_a_place_again_has_one(cell: PureCell) -> None:
    cell.run(["qhold", "4"], "root")
    cell.run(["qrls", "2", "4"], "root")
    cell.run(["qalter", "-p", "10", "5"], "root")
    cell.qmaster.tick()
    found = parts(cell)
    assert [found[number][2] for number in ("2", "4", "5")] == ["0.50000", "0.49512", "0.50488"]


def test_slots_make_urgent(cell: PureCell) -> None:
    cell.run(["qsub", "-pe", "smp", "2", "-b", "y", "sleep", "4"], "root")
    cell.qmaster.tick()
    found = parts(cell)
    assert found["6"][:4] == ["0.75000", "1.00000", "0.50000", "0.50000"]
    assert found["4"][:4] == ["0.25000", "0.00000", "0.49512", "0.50000"]
