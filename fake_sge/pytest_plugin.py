"""Fixtures for projects that test Grid Engine code (pytest loads them by the ``pytest11`` entry point).

``fake_sge``
    a running :class:`~fake_sge.cell.Cell` for one test;
``fake_sge_module``
    one for all tests of a module;
``fake_sge_factory``
    makes cells with chosen options, ends them with the test;
``fake_sge_path``
    ``fake_sge``, and this process's environment (PATH, SGE_*) points at it.

Options of a test's cell: ``@pytest.mark.fake_sge(slots=2, profile="stock")``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .cell import Cell


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "fake_sge(**options): options of this test's fake Grid Engine cell")


@pytest.fixture
def fake_sge_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Cell]]:
    """A function that starts a cell: ``fake_sge_factory(slots=1)``. The cells end with the test."""
    from .cell import Cell  # noqa: PLC0415 only tests that use a cell pay for the import

    cells: list[Cell] = []

    def make(**options: Any) -> Cell:  # noqa: ANN401 the options of a cell
        cell = Cell(_directory(tmp_path_factory), **options)
        cells.append(cell)
        return cell.start(guarded=True)

    yield make
    for cell in cells:
        cell.stop()


@pytest.fixture
def fake_sge(request: pytest.FixtureRequest, fake_sge_factory: Callable[..., Cell]) -> Cell:
    """A running cell of its own for the test."""
    marker = request.node.get_closest_marker("fake_sge")
    if marker is not None and marker.args:
        raise pytest.UsageError("options of a cell have names: @pytest.mark.fake_sge(slots=2)")
    return fake_sge_factory(**(marker.kwargs if marker else {}))


@pytest.fixture(scope="module")
def fake_sge_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """A running cell shared by the tests of a module."""
    from .cell import Cell  # noqa: PLC0415 only tests that use a cell pay for the import

    with Cell(_directory(tmp_path_factory)) as cell:
        yield cell


@pytest.fixture
def fake_sge_path(fake_sge: Cell, monkeypatch: pytest.MonkeyPatch) -> Cell:
    """The test's cell, with this process's environment pointing at it."""
    for name, value in fake_sge.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", fake_sge.env["PATH"])
    return fake_sge


def _directory(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("cell", numbered=True)
