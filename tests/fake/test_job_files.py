"""A job's TMPDIR: whatever the job makes of it, its end is told, and nothing outside of it is touched.

A real 8.1.9 cell was seen to tell the exit status of jobs that remove their TMPDIR, put a file in its place
or close its directories, and what it does when it cannot make one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge import Cell
from fake_sge.execution.job_files import make_directory, remove_tree

from .kit import ended, state, submit, wait_for

SHELL = ("-cwd", "-j", "y", "-o", "out")


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    place = tmp_path_factory.mktemp("files")
    with Cell(place / "cell", login_shells=False, home=str(place)) as made:
        yield made


@pytest.mark.parametrize(
    "script",
    [
        b"rm -rf $TMPDIR; exit 3",
        b"rm -rf $TMPDIR; touch $TMPDIR; exit 3",
        b"mkdir -p $TMPDIR/a/b; touch $TMPDIR/a/b/c; chmod 0 $TMPDIR/a/b $TMPDIR/a $TMPDIR; exit 3",
        b"rm -rf $TMPDIR; ln -s $PWD/mine $TMPDIR; exit 3",
        b"ln -s $PWD/mine $TMPDIR/link; exit 3",
    ],
    ids=["removed", "a file", "closed", "a link", "a link in it"],
)
def test_the_end_is_told_whatever_became_of_the_directory(cell: Cell, tmp_path: Path, script: bytes) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data").touch()
    number = submit(cell, tmp_path, *SHELL, stdin=script)
    assert ended(cell, number)[11:13] == ["0", "3"]
    assert not list(cell.layout.tmp.glob(f"{number}.*"))
    assert (tmp_path / "mine" / "data").exists()


def test_where_it_cannot_be_made_the_queue_is_to_blame(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell", login_shells=False, home=str(tmp_path)) as cell:
        cell.configure(queues={"all.q": {"tmpdir": "/proc/none"}})
        number = submit(cell, tmp_path, *SHELL, stdin=b"exit 3")
        assert ended(cell, number)[11:13] == ["1", "0"]
        assert state(cell, number) == "qw"
        assert cell.run("qselect", "-qs", "E").stdout == b"all.q@localhost\n"
        told = cell.run("qstat", "-j", str(number)).stdout.splitlines()
        assert b"error reason          1:      can't make tmpdir" in told  # real cell
        cell.configure(queues={"all.q": {"tmpdir": f"{tmp_path}/new/one"}})
        cell.run("qmod", "-cq", "all.q")
        wait_for(lambda: (tmp_path / "out").exists() and state(cell, number) == "")


def test_a_directory_is_made_with_those_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    assert make_directory(str(path), path.parent.parent.stat().st_uid, 0) == ""
    assert make_directory(str(path), path.stat().st_uid, 0) == ""  # of an earlier run
    assert path.is_dir()


def test_a_link_in_its_place_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "1.1.all.q").symlink_to(tmp_path / "mine")
    assert make_directory(str(tmp_path / "1.1.all.q"), tmp_path.stat().st_uid, 0) == ""
    assert (tmp_path / "1.1.all.q").is_dir()
    assert not (tmp_path / "1.1.all.q").is_symlink()


def test_what_cannot_be_removed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    remove_tree("/proc/self/task")
    assert capsys.readouterr().err.startswith("/proc/self/task stays: ")
