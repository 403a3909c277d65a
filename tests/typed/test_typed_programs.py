"""A user's program is checked by mypy --strict and by pyright as an installed drmaa_cli has it checked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fake_sge import Cell

HERE = Path(__file__).resolve().parent
PROGRAM, WRONG = HERE / "program.py", HERE / "wrong_program.py"
MARK = "# wrong:"
SECONDS = 200


def run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this interpreter in an empty directory, away from this project's settings."""
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "MYPYPATH": ""}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def mypy(directory: Path) -> dict[str, set[int]]:
    """The lines that mypy --strict complains of, by the program's name."""
    found: dict[str, set[int]] = {PROGRAM.name: set(), WRONG.name: set()}
    done = run(directory, "mypy", "--strict", "--config-file=", PROGRAM.name, WRONG.name)
    assert done.stderr == ""
    for name, line in re.findall(r"^(\w+\.py):(\d+): error: ", done.stdout, re.MULTILINE):
        found[name].add(int(line))
    assert done.returncode == 1, done.stdout  # for there are wrong lines
    return found


def pyright(directory: Path) -> dict[str, set[int]]:
    """The lines that pyright complains of, by the program's name; its node.js came with it."""
    found: dict[str, set[int]] = {PROGRAM.name: set(), WRONG.name: set()}
    (directory / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    done = run(directory, "pyright", "--outputjson", "--pythonpath", sys.executable)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == 2, done.stderr
    for complaint in report["generalDiagnostics"]:
        found[Path(complaint["file"]).name].add(complaint["range"]["start"]["line"] + 1)
    return found


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("check", [mypy, pyright])
def test_what_is_right_passes_and_each_mistake_is_found(tmp_path: Path, check: object) -> None:
    assert callable(check)
    for program in (PROGRAM, WRONG):
        (tmp_path / program.name).write_bytes(program.read_bytes())
    found = check(tmp_path)
    lines = WRONG.read_text(encoding="utf-8").splitlines()
    assert found[PROGRAM.name] == set()
    assert found[WRONG.name] == {number for number, line in enumerate(lines, 1) if MARK in line}


def test_the_program_runs(tmp_path: Path) -> None:
    with Cell(slots=4) as cell:
        done = subprocess.run(
            [sys.executable, str(PROGRAM), str(tmp_path)],
            env={**os.environ, **cell.env},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
