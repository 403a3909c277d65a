"""Private real cells: they survive clashes and outages, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import fake_sge
from fake_sge.real import daemons
from fake_sge.real.guard import processes
from tests import real_cell
from tests.conftest import require_real_cell

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [pytest.mark.real_cell, pytest.mark.slow]

QSUB = ("qsub", "-terse", "-b", "y", "-o", "/dev/null", "-j", "y")  # of a job that writes nothing
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


def names(directory: Path) -> list[str]:
    """The names of the processes of the cell in a directory."""
    found = []
    for pid in processes(directory / "root"):
        try:
            found.append(Path(f"/proc/{pid}/comm").read_text().strip())
        except OSError:
            continue  # ended meanwhile
    return sorted(found)


def test_nothing_is_left_when_the_owner_is_killed(directory: Path) -> None:
    command = [sys.executable, "-c", KILLED_OWNER, str(directory)]
    owner = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert owner.returncode == -signal.SIGKILL, owner.stderr
    real_cell.wait_until(lambda: not names(directory), "end of the cell")
    assert (directory / "root").exists()  # a directory that the user has named stays


WITHOUT_SLOTS = """
import sys
from fake_sge import RealCell
RealCell(sys.argv[1], slots=0).start()  # its first job waits, and so does the qsub -sync y of that job
"""


def commands_of(directory: Path) -> list[str]:
    """The names of all processes with the SGE_ROOT of the cell in a directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            if f"SGE_ROOT={directory}/root".encode() in environment:
                found.append((entry / "comm").read_text().strip())
        except OSError:
            continue  # ended meanwhile, or another user's
    return found


def test_no_command_is_left_when_the_owner_is_killed_while_the_cell_starts(directory: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WITHOUT_SLOTS, str(directory)], cwd=ROOT) as owner:
        try:
            real_cell.wait_until(lambda: "qsub" in commands_of(directory), "the first job")
        finally:
            owner.kill()
    real_cell.wait_until(lambda: not commands_of(directory), "end of the cell")


def test_a_taken_port_is_left_to_its_owner(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free_ports, patience = daemons.free_ports, daemons.QMASTER_SECONDS
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        attempts = iter([(taken.getsockname()[1], free_ports()[1])])

        def ports() -> tuple[int, int]:
            first = next(attempts, None)
            monkeypatch.setattr(daemons, "QMASTER_SECONDS", 2.0 if first else patience)
            return first or free_ports()

        monkeypatch.setattr(daemons, "free_ports", ports)
        with real_cell.RealCell(directory) as cell:
            assert cell.ports[0] != taken.getsockname()[1]
            assert names(directory) == ["sge_execd", "sge_qmaster"]
    assert not names(directory)


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


def test_a_program_that_only_looks_at_the_cell_lives_on(directory: Path) -> None:
    with fake_sge.RealCell(directory) as cell:
        reader, writer = os.pipe()
        looker = subprocess.Popen(["cat"], stdin=reader, env=cell.env)
        os.close(reader)
        cell.stop()
        assert looker.poll() is None
        os.close(writer)
        assert looker.wait() == 0


def test_the_interface_of_the_fake_on_real_daemons(directory: Path) -> None:
    queues = {"all.q": {}, "short.q": {"h_rt": "60"}}
    options = {"parallel_environments": {"mpi": {"slots": "7"}}, "complexes": ("gpu gpu INT <= YES YES 0 0",)}
    with fake_sge.RealCell(directory, slots=2, queues=queues, complex_values="gpu=2", **options) as cell:
        asked = cell.run(*QSUB, "-h", "-t", "2-6:2", "-l", "gpu=1", "sleep", "9", cwd="/")
        assert asked.returncode == 0, asked.stderr
        (group,) = cell.jobs()
        assert (group.tasks, group.state, group.array, group.name) == ((2, 4, 6), "hqw", True, "sleep")
        assert f"{group.job}.2-6:2\n".encode() == asked.stdout
        assert group.submission_time > 0
        cell.run("qrls", str(group.job))
        cell.configure(queues={"new.q": {"slots": "1"}, "all.q": {"slots": "5"}}, max_u_jobs=1)
        told = cell.run(*QSUB, "true", cwd="/").stderr
        assert b"job rejected" in told, told
        slots = {
            line.split()[0]: line.split()[2]
            for line in cell.run("qstat", "-f").stdout.decode().splitlines()
            if "@" in line
        }
        assert {name: text.split("/")[2] for name, text in slots.items()} == {
            "all.q@localhost": "5",
            "new.q@localhost": "1",
            "short.q@localhost": "2",
        }
        assert b"slots              7" in cell.run("qconf", "-sp", "mpi").stdout
        cell.delete_jobs()
        assert cell.jobs() == []
        old = cell.rotate_accounting()
        assert not cell.accounting.exists()
        assert b"cellcheck" in old.read_bytes()
        pid = cell.qmaster_pid
        cell.kill_qmaster()
        assert cell.qmaster_pid is None
        assert cell.run("qstat").returncode == 1
        cell.start_qmaster()
        assert cell.qmaster_pid not in {None, pid}


def test_what_only_a_fake_can_do(directory: Path) -> None:
    cell = fake_sge.RealCell(directory)
    asked = [
        lambda: cell.fault("refused", "qstat", times=2),
        cell.clear_faults,
        lambda: cell.fail_job(1),
        lambda: cell.advance(3600),
        lambda: cell.submit_simulated(60, count=3),
        lambda: cell.next_job_number(5),
        lambda: cell.configure(max_job_number=5),
        lambda: fake_sge.RealCell(directory, flavour="ocs-9.1"),
        lambda: fake_sge.RealCell(directory, hosts=("a", "b")),
    ]
    for ask in asked:
        with pytest.raises(fake_sge.FakeOnlyError, match=r"^(only a fake cell can|a real cell has) "):
            ask()


@pytest.mark.parametrize("below", ["", "bin/lx-amd64/sge_qmaster"])
def test_what_is_missing_is_named(tmp_path: Path, below: str) -> None:
    if below:
        (tmp_path / below).parent.mkdir(parents=True)
        (tmp_path / below).write_text("")
    with pytest.raises(fake_sge.NotInstalledError) as caught:
        fake_sge.RealCell(tmp_path / "cell", root=tmp_path)
    assert (
        str(tmp_path / "bin") in str(caught.value)
        if below
        else "no bin/ARCH/sge_qmaster" in str(caught.value)
    )


def test_any_sge_root_with_daemons(directory: Path, tmp_path: Path) -> None:
    for kind in ("bin", "utilbin", "lib"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "lx-amd64").symlink_to(real_cell.BINARIES)
    (tmp_path / "util").symlink_to("/usr/share/gridengine/util")
    with fake_sge.RealCell(directory, root=tmp_path) as cell:
        assert cell.run(*QSUB, "true", cwd="/").stdout == b"2\n"


def test_profiles_have_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown profile 'quick': one of fast, stock"):
        fake_sge.RealCell(tmp_path, profile="quick")
