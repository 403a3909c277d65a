"""A cell ends with the process it was started for, however that ends; what its processes are called."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fake_sge
from fake_sge import Cell
from fake_sge.cli import main
from fake_sge.launch import running_cells
from tests import forked
from tests.patience import PATIENCE

from .kit import OF_FAKE_SGE, state, submit, wait_for

OWNER = """
import os, sys, time
from fake_sge import Cell, place
with Cell(sys.argv[1] or None, login_shells=False) as cell:
    cell.run("qsub", "-b", "y", "-o", "/dev/null", "-j", "y", "sleep", "600")
    while [group.state for group in cell.jobs()] != ["r"]:
        time.sleep(0.01)
    print(cell.directory, flush=True)
    if sys.argv[2] == "leave":
        os._exit(3)
    if sys.argv[2] == "leave-at-last":
        place.remove = lambda *_: os._exit(3)
        sys.exit()
    time.sleep(600)
"""


def of_cell(directory: Path) -> list[str]:
    """The names of a cell's processes: its directory is in their command line or in SGE_ROOT."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes().split(b"\0")
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue  # it has just ended
        mine = os.fsencode(str(directory))
        if mine in command or b"SGE_ROOT=" + mine + b"/root" in environment:
            found.append(name)
    return sorted(found)


@pytest.mark.parametrize(
    ("how", "temporary"),
    [("kill", False), ("kill", True), ("terminate", True), ("leave", False), ("leave-at-last", True)],
)
def test_a_cell_ends_with_its_owner(tmp_path: Path, how: str, temporary: bool) -> None:
    place = "" if temporary else str(tmp_path / "cell")
    argv = ["-c", OWNER, place, how]
    with forked.Forked(argv, forked.usual(os.environ), tmp_path, loaded=OF_FAKE_SGE) as owner:
        directory = Path(owner.stdout.readline().strip())
        if not how.startswith("leave"):
            try:
                expected = {"fake-qmaster", "fake-execd", "fake-shep-1", "sleep"}
                wait_for(lambda: expected <= set(of_cell(directory)))
            finally:
                owner.send_signal(signal.SIGKILL if how == "kill" else signal.SIGTERM)
        owner.wait()
    wait_for(lambda: not of_cell(directory))
    if temporary:
        wait_for(lambda: not directory.exists())


WAITING_CHILD = """
import os, sys, time
import fake_sge
from fake_sge.real import guard
import subprocess
how, place = sys.argv[1:]
if how == "fake":
    fake_sge.Cell(place, login_shells=False).start(guarded=True)
else:
    words = [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), place, "remove"]
    subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True)
child = os.fork()
if child == 0:
    time.sleep(600)
print(child, flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("how", ["fake", "real"])
def test_a_child_that_the_owner_has_forked_does_not_keep_the_cell(tmp_path: Path, how: str) -> None:
    """A worker of a pool, for example, waits for ever when its parent was killed."""
    place = tmp_path / "cell"
    (tmp_path / "out").touch()
    if how == "real":
        place.mkdir()
    with (tmp_path / "out").open("w") as out:
        subprocess.run([sys.executable, "-c", WAITING_CHILD, how, str(place)], stdout=out, check=True)
    child = int((tmp_path / "out").read_text())
    try:
        if how == "fake":
            wait_for(lambda: not of_cell_daemons(place))
        else:
            wait_for(lambda: not place.exists())
        os.kill(child, 0)  # it waits still
    finally:
        os.kill(child, signal.SIGKILL)


def of_cell_daemons(directory: Path) -> list[str]:
    return [name for name in of_cell(directory) if name.startswith("fake-")]


@pytest.mark.slow
def test_the_guard_goes_with_the_cell(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell") as cell:
        cell.stop()
        cell.start()
        assert b"fake-guard" in b" ".join(
            path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _mine(path, cell)
        )
    assert of_cell(cell.directory) == []


def _mine(path: Path, cell: Cell) -> bool:
    try:
        return os.fsencode(str(cell.directory)) in path.read_bytes()
    except OSError:
        return False  # it has just ended


def test_a_cell_that_is_only_started_stays(tmp_path: Path) -> None:
    code = "import sys; from fake_sge import Cell; Cell(sys.argv[1]).start()"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "cell")], check=True, timeout=PATIENCE)
    cell = Cell(tmp_path / "cell")
    assert cell.status().jobs == 0
    cell.stop()
    assert of_cell(cell.directory) == []


@pytest.mark.slow
def test_running_cells_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Cell(tmp_path / "cell", login_shells=False) as cell:
        number = submit(cell, tmp_path, "-b", "y", "-o", "/dev/null", "-j", "y", "sleep", "600")
        wait_for(lambda: state(cell, number) == "r")
        assert (cell.directory, cell.qmaster_pid) in list(running_cells())
        assert main(["list"]) == 0
        assert f"{cell.directory}\t{cell.qmaster_pid}\t1\n" in capsys.readouterr().out
    assert cell.directory not in [directory for directory, _ in running_cells()]


@pytest.mark.slow
def test_packages_named_as_standard_modules_do_no_harm(tmp_path: Path) -> None:
    """A site with back-ports beside fake_sge: enum34, typing, dataclasses ..."""
    site = tmp_path / "site"
    package = Path(fake_sge.__file__).parent
    shutil.copytree(package, site / "fake_sge", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("enum", "typing", "dataclasses", "json", "socket", "queue"):
        (site / f"{name}.py").write_text("raise RuntimeError('the wrong module')\n")
    code = f"""
import sys
sys.path.append({str(site)!r})
from fake_sge import Cell
assert sys.modules["fake_sge"].__file__.startswith({str(site)!r})
with Cell({str(tmp_path / "cell")!r}, login_shells=False) as cell:
    assert cell.run("qsub", "-sync", "y", "-b", "y", "-o", "/dev/null", "-j", "y", "true").returncode == 0
    cell.stop_qmaster()
    print(cell.run("qstat").stderr.decode())
    cell.start_qmaster()
    assert cell.run("qstat").returncode == 0
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "unable to send message to qmaster" in done.stdout
