"""The project in examples/ci is tested as its workflow says, on a fake and on a real cell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation import ROOT

EXAMPLES = ROOT / "examples" / "ci"
STEP = re.compile(r"^ +(?:- )?run: (.*)$", re.MULTILINE)
INSTALLING = ("pip install ", "sudo apt-get ")
PATIENCE = 300

ON_REAL = [pytest.mark.real_cell, pytest.mark.slow]


def steps(sge: str) -> list[str]:
    """What the workflow runs, but for what it installs, with the words between braces carried out."""
    text = (EXAMPLES / "github.yml").read_text(encoding="utf-8")
    text = text.replace("${{ matrix.sge }}", sge)
    text = text.replace("${{ matrix.sge == 'real' && '--real' || '' }}", "--real" if sge == "real" else "")
    assert "${{" not in text
    return [command for command in STEP.findall(text) if not command.startswith(INSTALLING)]


def run(command: str, directory: Path) -> str:
    """Run a command with ours on PATH; what it prints."""
    tools = directory / "tools"
    tools.mkdir(exist_ok=True)
    for name, module in (("fake-sge", "fake_sge.cli"), ("pytest", "pytest")):
        program = tools / name
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m {module} "$@"\n')
        program.chmod(0o755)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SGE_", "PYTEST_"))},
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # those here take longer than the tests
        "PYTEST_ADDOPTS": "-p fake_sge.pytest_plugin -p no:cacheprovider",
    }
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=directory,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the steps of a workflow see of a project."""
    shutil.copytree(EXAMPLES, tmp_path / "examples" / "ci")
    (tmp_path / "README.md").write_text("five words are in here\n")
    return tmp_path


@pytest.mark.parametrize("sge", ["fake", pytest.param("real", marks=ON_REAL)])
@pytest.mark.slow
def test_the_workflow_is_green(sge: str, checkout: Path) -> None:
    tests, pipeline = steps(sge)
    assert (
        "2 passed, 1 skipped" in run(tests, checkout) if sge == "real" else "3 passed" in run(tests, checkout)
    )
    assert run(pipeline, checkout) == "5\n"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bats"), reason="bats is not installed")
@pytest.mark.parametrize("option", ["", pytest.param("--real", marks=ON_REAL)])
def test_bats_runs_in_a_cell(option: str, checkout: Path) -> None:
    command = f"fake-sge run {option} --no-login-shells -- bats examples/ci/count_words.bats"
    assert run(command, checkout).splitlines() == [
        "1..2",
        "ok 1 the words of two files are added up",
        "ok 2 a file that is missing makes it fail, and the log says which",
    ]
