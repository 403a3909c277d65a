"""Sweeps of hydra's, by its submitit launcher and our executor."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import Published, environment
from tests.compat.client import ROOT

pytestmark = [pytest.mark.clients, pytest.mark.slow]

PROGRAM = Path(__file__).with_name("programs") / "hydra_sweep.py"
LAUNCHER = ROOT / "integrations" / "hydra"
OPTIONS = ("hydra/launcher=submitit_drmaa", "hydra.launcher.timeout_min=5", "hydra.launcher.cpus_per_task=2")


@pytest.fixture(scope="module")
def hydra() -> Path:
    """With drmaa_cli installed: submitit finds the executor by an entry point."""
    return environment("hydra", "hydra-submitit-launcher==1.2.0", str(ROOT))


def sweep(published: Published, hydra: Path, *words: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(PROGRAM, published.directory)
    (published.directory / "results").mkdir()
    argv = ("python", PROGRAM.name, "-m", *OPTIONS, *words)
    variables = {"PYTHONPATH": str(LAUNCHER), "SWEEP_RESULTS": str(published.directory / "results")}
    return published.run(hydra, *argv, **variables)


def test_a_sweep_is_one_array_job(published: Published, hydra: Path) -> None:
    done = sweep(published, hydra, "+x=1,2,3")
    assert done.returncode == 0, done.stderr
    rows = [(published.directory / "results" / n).read_text().split() for n in "123"]
    assert [row[0] for row in rows] == ["1", "4", "9"]
    assert len({row[1] for row in rows}) == 1
    assert {row[2] for row in rows} == {"2"}


def test_a_run_that_fails(published: Published, hydra: Path) -> None:
    done = sweep(published, hydra, "+x=12,13")
    assert done.returncode == 1
    assert "not thirteen" in done.stderr
    assert [path.name for path in (published.directory / "results").iterdir()] == ["12"]
