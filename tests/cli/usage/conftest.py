"""A fake cell in which many jobs have run, without a process: on its own clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from tests.cli.conftest import Desk

MEBIBYTE, GIBIBYTE = 2**20, 2**30


def run_them(cell: Cell) -> None:
    """What the tests expect: see there."""
    for at in range(1, 61):
        memory = 4 * GIBIBYTE if at == 17 else GIBIBYTE + at * MEBIBYTE
        cell.submit_simulated(
            600 + at,
            name=f"align-{at}",
            resources={"h_vmem": "8G", "h_rt": "14400"},
            usage={"cpu": 600.0, "maxvmem": memory},
            exit_status=3 if at == 42 else 0,
        )
    for at in range(1, 31):
        killed = at in (7, 8)
        cell.submit_simulated(
            100,
            name=f"call_chr{at}",
            resources={"h_vmem": "1G"},
            signal=9 if killed else 0,
            failed=100 if killed else 0,
            usage={"cpu": 50.0, "maxvmem": 1000 * MEBIBYTE if killed else 500 * MEBIBYTE},
        )
    cell.submit_simulated(3, name="tiny", array=(1, 200, 1), usage={"cpu": 2.0, "maxvmem": 5 * MEBIBYTE})
    for _ in range(20):
        cell.advance(120)
    cell.wait_idle()


@pytest.fixture(scope="module")
def past_cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("usage") / "cell", slots=400, login_shells=False) as cell:
        run_them(cell)
        yield cell


@pytest.fixture
def past(past_cell: Cell, tmp_path: Path) -> Desk:
    """A directory in the cell whose jobs have ended."""
    directory = tmp_path / "work"
    directory.mkdir()
    return Desk(directory, dict(past_cell.variables), past_cell.path, tmp_path / "state")
