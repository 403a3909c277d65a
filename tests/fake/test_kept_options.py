"""A cell that a directory holds keeps its options, and says so to who asks for other ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_sge import Cell, CellError
from fake_sge.cli import main
from fake_sge.real.cell import RealCell
from tests.conftest import require_real_cell

from .test_cli import program

MADE = ["--slots", "3", "--pe", "mpi", "--no-login-shells", "--host", "big:load=0.5", "--set", "max_u_jobs=7"]
OTHER = [
    (["--slots", "4"], "slots is 3, not 4"),
    (["--slots", "8"], "slots is 3, not 8"),  # what a new cell would have
    (["--queue", "b.q", "--slots", "3"], "queues is {'all.q': {}}, not {'b.q': {}}"),
    (["--hosts", "big"], "hosts is {'big': {'load': '0.5'}}, not ('big',)"),
    (["--profile", "stock"], "profile is 'fast', not 'stock'"),
    (["--flavour", "ocs-9.1"], "flavour is 'sge-8.1.9', not 'ocs-9.1'"),
]


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    place = tmp_path / "cell"
    program("start", place, *MADE)
    program("stop", place)
    return place


@pytest.mark.slow
def test_a_stopped_cell_starts_with_its_own_options(
    stopped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, why in OTHER:
        assert main(["start", str(stopped), *words]) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"fake-sge: the cell in {stopped} was made with other options: ")
        assert why in said
        assert Cell(stopped).qmaster_pid is None
    for words in ([], MADE, ["--slots", "3"]):
        program("start", stopped, *words)
        assert b"3" in Cell(stopped).run("qconf", "-sq", "all.q", check=True).stdout
        assert main(["start", str(stopped), "--slots", "4"]) == 1  # it runs on
        assert Cell(stopped).qmaster_pid is not None
        program("stop", stopped)


def test_python_is_told_so_too(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell", flavour="ocs-9.1", slots=2) as made:
        name = made.accounting.name
    assert name == "accounting.jsonl"
    assert Cell(tmp_path / "cell").accounting.name == name
    with pytest.raises(CellError, match="slots is 2, not 3"), Cell(tmp_path / "cell", slots=3):
        pass
    with Cell(tmp_path / "cell") as again:
        assert again.options.slots == 2


def test_damaged_settings_are_named(tmp_path: Path) -> None:
    place = tmp_path / "cell"
    Cell(place).create()
    (place / "cell.json").write_text('{"slots": ')
    with pytest.raises(CellError, match=r"cell\.json is damaged: "):
        Cell(place).start()


@pytest.mark.real_cell
@pytest.mark.slow
def test_so_is_a_real_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    require_real_cell()
    with RealCell(tmp_path / "cell", slots=2, login_shells=False) as cell:
        for again in (["start", "--real"], ["start"]):
            assert main([*again, str(cell.directory), "--slots", "5"]) == 1
            assert "slots is 2, not 5" in capsys.readouterr().err
            assert main([*again, str(cell.directory), "--slots", "2"]) == 0
