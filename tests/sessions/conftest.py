from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from drmaa_cli.session import current
from fake_sge.cell import Cell


@pytest.fixture(scope="module")
def shared_cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """A fake cell for the tests of a module, which do not change it."""
    with Cell(tmp_path_factory.mktemp("shared") / "cell", slots=32, login_shells=False) as cell:
        yield cell


@pytest.fixture
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """A fake cell of the test's own, to be broken."""
    with Cell(tmp_path_factory.mktemp("own") / "cell", slots=32, login_shells=False) as cell:
        yield cell


def enter(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], tools: Path, state: Path) -> None:
    """Point this process at a cell, with settings that make tests short."""
    settings = {"POLL_MIN": "0.1", "DUTY_CYCLE": "0.5", "ACCOUNTING_MARGIN": "1", "STATE_DIR": str(state)}
    for name, value in settings.items():
        monkeypatch.setenv(f"DRMAA_CLI_{name}", value)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setattr(current.process, "active", None)  # other tests may have left a session


@pytest.fixture
def inside(shared_cell: Cell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cell:
    """The shared cell, with this process's environment pointing at it."""
    enter(monkeypatch, shared_cell.variables, shared_cell.path, tmp_path / "state")
    return shared_cell


@pytest.fixture
def own(cell: Cell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cell:
    """A cell of the test's own, with this process's environment pointing at it."""
    enter(monkeypatch, cell.variables, cell.path, tmp_path / "state")
    return cell
