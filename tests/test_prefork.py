"""Runs of pytest in forks are like those of programs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.prefork import Prefork

PAGE = """
import atexit, os, sys

def test_what_a_program_has():
    assert {name for name in os.environ if not name.startswith("PYTEST_")} == {"PATH", "ONLY"}
    assert os.getcwd() == os.path.dirname(__file__)
    assert os.read(0, 1) == b""
    assert not {name for name in sys.modules if name.startswith(("drmaa_cli", "fake_sge"))}
    atexit.register(print, "at its end")

def test_nothing_of_the_run_before():
    assert "left_behind" not in sys.modules
    sys.modules["left_behind"] = sys
"""
WORDS = ("-q", "-p", "no:cacheprovider", "test_page.py")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "test_page.py").write_text(PAGE)
    return tmp_path


@pytest.fixture
def prefork() -> Iterator[Prefork]:
    with Prefork() as made:
        yield made


def test_each_run_is_a_program_of_its_own(prefork: Prefork, place: Path) -> None:
    env = {"PATH": os.defpath, "ONLY": "this", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    for _ in range(2):
        done = prefork.pytest(WORDS, cwd=place, env=env, seconds=300)
        assert done.stdout.endswith("at its end\n"), done.stdout
        assert done.returncode == 0, done.stdout


def test_a_run_that_is_killed(prefork: Prefork, place: Path) -> None:
    (place / "test_page.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    assert prefork.pytest(WORDS, cwd=place, env=os.environ, seconds=300).returncode == -9
    (place / "test_page.py").write_text("def test_it():\n    assert 0\n")
    assert prefork.pytest(WORDS, cwd=place, env=os.environ, seconds=300).returncode == 1


def test_a_run_that_takes_too_long(prefork: Prefork, place: Path) -> None:
    (place / "test_page.py").write_text("import time\ntime.sleep(600)\n")
    with pytest.raises(TimeoutError, match=r"still runs after 0\.2 s"):
        prefork.pytest(WORDS, cwd=place, env=os.environ, seconds=0.2)
