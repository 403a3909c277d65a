"""Job categories and default options. The rules: the same files given to libdrmaa 8.1.9 on a real cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drmaa_cli.gridengine import qtask
from drmaa_cli.system.files import LocalFiles
from drmaa_cli.system.option_files import OptionFiles
from tests.tables import each_row

CELL = """\
cat1 -N fromcat -l h_rt=33
# comment
  lead -N lead

!excl -N excl
tabs\t-N\ttabs
quo "-N" 'a b'
dup -N one
dup -N two
empty
hash -N a # b
weird/x -N slash
! spaced -N sp
cont -N \\
"""
USER = "cat1 -N ucat\nexcl -N uexcl\n!uban -N uban\nonlyuser -N onlyuser\ndup -N uone\n"


@each_row(
    "name, words",
    [
        ("cat1", ["-N", "fromcat", "-l", "h_rt=33"]),
        ("lead", ["-N", "lead"]),
        ("excl", ["-N", "excl"]),
        ("tabs", ["-N", "tabs"]),
        ("quo", ["-N", "a b"]),
        ("dup", ["-N", "two"]),
        ("empty", []),
        ("hash", ["-N", "a", "#", "b"]),
        ("cont", ["-N", "\\"]),
    ],
)
def test_the_cells_categories(name: str, words: list[str]) -> None:
    assert qtask.parse_qtask(CELL, "")[name] == words


@each_row("name", ["!excl", "#", "!", "spaced", "weird/x", "CAT1", "", "nosuch", "cat1 "])
def test_what_is_no_category(name: str) -> None:
    assert name not in qtask.parse_qtask(CELL, USER)


@each_row(
    "name, given",
    [("cat1", "ucat"), ("excl", "excl"), ("uban", "uban"), ("onlyuser", "onlyuser"), ("dup", "uone")],
)
def test_the_users_categories_override_but_the_marked(name: str, given: str) -> None:
    assert qtask.parse_qtask(CELL, USER)[name] == ["-N", given]


def options_at(common: Path, home: Path) -> OptionFiles:
    return OptionFiles(LocalFiles(), str(common), str(home))


def included(path: str) -> str | None:
    return options_at(Path("/"), Path("/")).included(path)


def test_reading_the_files(tmp_path: Path) -> None:
    common, home = tmp_path / "common", tmp_path / "home"
    options = options_at(common, home)
    assert options.categories() == {}
    common.mkdir()
    home.mkdir()
    (common / "qtask").write_bytes(b"a -N \xff\n")
    (home / ".qtask").write_text("b -N b\n")
    assert options.categories() == {"a": ["-N", "\udcff"], "b": ["-N", "b"]}


def test_a_file_that_cannot_be_read_is_not_taken_for_empty(tmp_path: Path) -> None:
    (tmp_path / "qtask").mkdir()
    with pytest.raises(IsADirectoryError):
        options_at(tmp_path, tmp_path / "home").categories()


def test_default_options_are_the_last_of_each() -> None:
    texts = ["# all\n-w n -N a\n", "-b n -sync y\n", "-N b\n"]
    expected = {"-w", "-w n", "-N", "-N b", "-b", "-b n", "-sync", "-sync y"}
    assert qtask.parse_default_options(texts, included) == expected


def test_a_faulty_default_file_is_qsubs_to_report() -> None:
    assert qtask.parse_default_options(["-zzz", "-w v"], included) == {"-w", "-w v"}


def test_reading_default_options(tmp_path: Path) -> None:
    common, home, cwd = (tmp_path / name for name in ("common", "home", "cwd"))
    for directory, name, text in (
        (common, "sge_request", "-w n"),
        (home, ".sge_request", "-j y"),
        (cwd, ".sge_request", "-w w"),
    ):
        directory.mkdir()
        (directory / name).write_text(text)
    assert options_at(common, home).default_options(str(cwd)) == {"-w", "-w w", "-j", "-j y"}
    assert options_at(tmp_path / "none", tmp_path / "none").default_options(str(tmp_path)) == frozenset()


def test_option_files(tmp_path: Path) -> None:
    path = tmp_path / "options"
    path.write_bytes(b"-N \xff")
    assert included(str(path)) == "-N \udcff"
    for unreadable in (tmp_path, tmp_path / "none", "", "a\0b"):
        assert included(str(unreadable)) is None


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_text_has_categories(cell: str, user: str) -> None:
    for name, words in qtask.parse_qtask(cell, user).items():
        assert name
        assert "/" not in name
        assert isinstance(words, list)
