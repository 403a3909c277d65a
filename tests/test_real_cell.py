"""The helper that boots real cells: it survives clashes and outages, and leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import real_cell
from tests.conftest import require_real_cell

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [pytest.mark.real_cell, pytest.mark.slow]

KILLED_OWNER = """
import os, signal, sys
from pathlib import Path
from tests.real_cell import RealCell
cell = RealCell(Path(sys.argv[1])).up()
cell.run("qsub", "-b", "y", "-shell", "n", "-o", "/dev/null", "-j", "y", "-wd", "/", "sleep", "300")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    require_real_cell()
    with tempfile.TemporaryDirectory(prefix="cell") as parent:
        Path(parent).chmod(0o755)
        yield Path(parent, "c")


def processes(directory: Path) -> list[str]:
    """The names of the processes of the cell in a directory."""
    marker = f"SGE_ROOT={directory}/root".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "comm").read_text().strip())
        except OSError:
            continue  # ended meanwhile, or another user's
    return found


def test_nothing_is_left_when_the_owner_is_killed(directory: Path) -> None:
    command = [sys.executable, "-c", KILLED_OWNER, str(directory)]
    owner = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert owner.returncode == -signal.SIGKILL, owner.stderr
    real_cell.wait_until(lambda: not processes(directory) and not directory.exists(), "end of the cell")


def test_a_taken_port_is_left_to_its_owner(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free_ports, patience = real_cell.free_ports, real_cell.QMASTER_SECONDS
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        attempts = iter([(taken.getsockname()[1], free_ports()[1])])

        def ports() -> tuple[int, int]:
            first = next(attempts, None)
            monkeypatch.setattr(real_cell, "QMASTER_SECONDS", 2.0 if first else patience)
            return first or free_ports()

        monkeypatch.setattr(real_cell, "free_ports", ports)
        with real_cell.RealCell(directory) as cell:
            assert cell.ports[0] != taken.getsockname()[1]
            assert sorted(processes(directory)) == ["sge_execd", "sge_qmaster"]
    assert not processes(directory)


def test_an_outage_in_a_stock_cell(directory: Path) -> None:
    words = ("-h", "-terse", "-b", "y", "true")
    with real_cell.RealCell(directory, slots=3, profile="stock") as cell:
        first = cell.run("qsub", *words).stdout.strip()
        cell.stop_qmaster()
        assert cell.run("qstat", check=False).returncode != 0
        cell.start_qmaster()
        assert first in cell.run("qstat").stdout
        assert int(cell.run("qsub", *words).stdout) > int(first)
        assert "0/0/3" in cell.run("qstat", "-f").stdout
        cell.add_queue("one.q", slots="1")
        assert "one.q@localhost" in cell.run("qstat", "-f").stdout


def test_profiles_have_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="profile must be 'fast' or 'stock', not 'quick'"):
        real_cell.RealCell(tmp_path, profile="quick")
