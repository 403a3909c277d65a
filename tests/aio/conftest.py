"""The fake cell in which event loops submit their jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from tests.sessions.conftest import enter


@pytest.fixture(scope="module")
def module_cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("aio") / "cell", slots=64, login_shells=False) as cell:
        yield cell


@pytest.fixture
def cell(module_cell: Cell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cell:
    enter(monkeypatch, module_cell.variables, module_cell.path, tmp_path / "state")
    return module_cell
