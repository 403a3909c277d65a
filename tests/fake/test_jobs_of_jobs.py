"""The commands where jobs, and scripts that know nothing but SGE_ROOT, look for them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell

from .kit import ended


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("jobs") / "cell", login_shells=False, slots=16) as made:
        yield made


@pytest.mark.parametrize(
    "find",
    [
        "qsub",
        'PATH=/usr/bin:/bin; . "$SGE_ROOT/$SGE_CELL/common/settings.sh"; qsub',
        '"$SGE_ROOT/bin/$SGE_ARCH/qsub"',
        'PATH=/usr/bin:/bin; "$SGE_BINARY_PATH/qsub"',
    ],
)
def test_a_job_submits_a_job(cell: Cell, tmp_path: Path, find: str) -> None:
    """Debian's commands are in /usr/bin, on every job's PATH; others' are where SGE_ROOT says."""
    script = f"{find} -b y -cwd -N inner -o inner -j y -sync y echo fine\n".encode()
    number = cell.run(
        "qsub", "-terse", "-cwd", "-N", "outer", "-S", "/bin/sh", stdin=script, cwd=str(tmp_path)
    )
    ended(cell, int(number.stdout))
    assert (tmp_path / "inner").read_text() == "fine\n", [path.read_text() for path in tmp_path.iterdir()]


@pytest.mark.skipif(not shutil.which("csh"), reason="there is no csh")
def test_the_settings_for_csh(cell: Cell) -> None:
    program = f"source {cell.layout.common}/settings.csh; qstat -help | head -1; echo $SGE_ROOT $SGE_CELL"
    done = subprocess.run(
        ["csh", "-fc", program], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[1:] == [f"{cell.layout.root} default"]
    assert done.stdout.startswith("SGE ")
