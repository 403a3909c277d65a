"""Tests of count_words.sh: on a fake Grid Engine, or with ``pytest --sge=real`` on a real one."""

import subprocess
from pathlib import Path

import pytest

from fake_sge import Cell

PIPELINE = str(Path(__file__).with_name("count_words.sh"))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "a").write_text("one two\n")
    (tmp_path / "b").write_text("three\n")
    return tmp_path


def count(cell: Cell, work: Path, *files: str) -> tuple[int, str]:
    argv = [PIPELINE, *files]
    done = subprocess.run(
        argv, env=cell.env, cwd=work, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout


def test_words_are_added_up(fake_sge_module: Cell, work: Path) -> None:
    assert count(fake_sge_module, work, "a", "b") == (0, "3\n")


def test_a_missing_file_is_named(fake_sge_module: Cell, work: Path) -> None:
    assert count(fake_sge_module, work, "a", "missing") == (1, "")
    (log,) = (log for log in (work / "counted").glob("count.sh.o*.2"))
    assert log.read_text() == "missing cannot be read\n"


def test_without_a_qmaster_nothing_is_counted(fake_sge: Cell, work: Path) -> None:
    fake_sge.fault("refused", "qsub")  # skipped on a real cell, which has no faults on demand
    assert count(fake_sge, work, "a", "b") == (1, "")
