from __future__ import annotations

from collections.abc import Iterator

import pytest

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
