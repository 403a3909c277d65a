"""The directory of a cell: nothing in it but the cell's own is overwritten or removed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fake_sge import Cell, CellError, RealCell, place
from fake_sge.cli import main
from fake_sge.options import CellOptions

from .kit import fake_sge_program, wait_for


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    (made / "src").mkdir(parents=True)
    (made / "src" / "main.c").write_text("int main;")
    return made


def test_removing_a_cell_leaves_the_files_of_others(project: Path) -> None:
    for words in (("start", project), ("stop", project, "--remove")):
        assert fake_sge_program(*words).returncode == 0
    assert [path.name for path in project.iterdir()] == ["src"]
    assert (project / "src" / "main.c").read_text() == "int main;"


def test_removing_a_cell_removes_its_directory(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell") as cell:
        pass
    cell.remove()
    assert not (tmp_path / "cell").exists()


@pytest.mark.parametrize("name", place.NAMES[:-2])
@pytest.mark.parametrize("settings", [place.FAKE, place.REAL])
def test_what_has_a_name_of_the_cells_is_not_touched(project: Path, name: str, settings: str) -> None:
    (project / name).write_text("mine")
    with pytest.raises(CellError, match=f"has {name} of others: give the cell a directory of its own"):
        place.claim(project, settings)
    assert (project / name).read_text() == "mine"
    assert sorted(path.name for path in project.iterdir()) == sorted([name, "src"])
    with pytest.raises(CellError, match="no cell in"):
        place.remove(project, whole=False)


def test_a_cell_that_was_begun_and_not_finished_is_one(project: Path) -> None:
    place.claim(project, place.FAKE)
    (project / "bin").mkdir()
    place.claim(project, place.FAKE)
    place.remove(project, whole=False)
    assert [path.name for path in project.iterdir()] == ["src"]


@pytest.mark.parametrize("settings", [place.FAKE, place.REAL])
def test_a_cell_whose_start_was_interrupted_can_be_removed(tmp_path: Path, settings: str) -> None:
    place.claim(tmp_path / "cell", settings)
    assert main(["stop", str(tmp_path / "cell"), "--remove"]) == 0
    assert not list(tmp_path.iterdir())


def test_cells_of_earlier_versions_are_known_by_their_settings(project: Path) -> None:
    (project / place.FAKE).write_text("{}")
    (project / "bin").mkdir()
    place.claim(project, place.FAKE)
    with pytest.raises(CellError, match="has a fake cell"):
        place.claim(project, place.REAL)


def test_an_empty_name_is_not_the_current_directory(capsys: pytest.CaptureFixture[str]) -> None:
    before = set(Path.cwd().iterdir())
    for verb in ("start", "env", "stop", "status"):
        assert main([verb, ""]) == 1
        assert capsys.readouterr().err == "fake-sge: '' is no directory: an empty variable?\n"
    assert set(Path.cwd().iterdir()) == before


def test_without_proc_there_is_no_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: not str(path).startswith("/proc/"))
    with pytest.raises(CellError, match="/proc is not mounted"):
        place.claim(tmp_path / "cell", place.FAKE)
    assert not list(tmp_path.iterdir())


def test_a_file_is_no_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["start", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err == f"fake-sge: {tmp_path}/file: File exists\n"
    assert main(["start", str(tmp_path / "file" / "cell")]) == 1
    assert capsys.readouterr().err == f"fake-sge: {tmp_path}/file/cell: Not a directory\n"


def test_a_cell_that_is_never_started_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Cell()
    with pytest.raises(CellError, match="there is no bin/ARCH/sge_qmaster"):
        RealCell(options=CellOptions(), root=tmp_path / "none")
    with pytest.raises(ValueError, match="negative"):
        Cell(slots=-1)
    assert not list(tmp_path.iterdir())


def test_a_temporary_directory_is_removed_with_all_that_is_in_it() -> None:
    with Cell() as cell:
        (cell.directory / "out").touch()
        assert cell.directory.stat().st_mode & 0o777 == 0o700
    assert not cell.directory.exists()


def test_the_guard_of_a_real_cell_keeps_a_named_directory(project: Path) -> None:
    for words, stays in ((), True), (("remove",), False):
        guard = [sys.executable, "-I", "-S", place.__file__.replace("place.py", "real/guard.py")]
        argv = [*guard, str(os.getpid()), str(project), *words]
        subprocess.run(argv, stdin=subprocess.DEVNULL, check=True)
        assert project.exists() == stays


@pytest.mark.slow
def test_the_guard_of_a_fake_cell_keeps_a_named_directory(project: Path) -> None:
    code = "import fake_sge, os, sys; fake_sge.Cell(sys.argv[1]).start(guarded=True); os._exit(0)"
    subprocess.run([sys.executable, "-c", code, str(project)], check=True)
    wait_for(lambda: Cell(project).qmaster_pid is None)
    assert (project / "src" / "main.c").read_text() == "int main;"
