from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_sge import Cell, CellError
from fake_sge.launch import running_cells

from .kit import ended, records, wait_for
from .kit import quick as submit


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Cell]:
    with Cell(tmp_path / "cell") as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """A cell that goes on, for tests that leave it as it was."""
    with Cell(tmp_path_factory.mktemp("life") / "cell") as made:
        yield made


@pytest.mark.slow
def test_everything_lies_in_the_directory(shared: Cell, tmp_path: Path) -> None:
    cell = shared
    ended(cell, submit(cell, tmp_path, "sh", "-c", "echo $TMPDIR"))
    tmpdir = (tmp_path / "out").read_text().strip()
    assert tmpdir.startswith(f"{cell.directory}/")
    assert not Path(tmpdir).exists()
    assert cell.layout.common.joinpath("act_qmaster").read_text() == "localhost\n"


@pytest.mark.slow
def test_two_cells_side_by_side(shared: Cell, tmp_path: Path) -> None:
    with Cell(tmp_path / "other") as other:
        [first] = shared.submit_simulated(3600)
        assert other.submit_simulated(3600) == [1]
        assert shared.submit_simulated(3600) == [first + 1]
        assert other.submit_simulated(3600) == [2]
        assert len(shared.jobs()) == len(other.jobs()) == 2
    shared.advance(3601)


def test_a_temporary_cell_leaves_nothing() -> None:
    with Cell() as made:
        directory = made.directory
        pid = made.qmaster_pid
        assert pid is not None
    assert not directory.exists()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.slow
def test_a_very_long_directory(tmp_path: Path) -> None:
    with Cell(tmp_path / ("x" * 120) / ("y" * 120)) as made:
        assert made.run("qstat").returncode == 0
        assert made.submit_simulated(0) == [1]


@pytest.mark.slow
def test_state_survives_a_stop_and_damage_is_reported(cell: Cell) -> None:
    cell.submit_simulated(1000, count=3, user_hold=True)
    cell.stop_qmaster()
    assert cell.qmaster_pid is None
    with pytest.raises(CellError, match="no qmaster"):
        cell.status()
    snapshot = cell.layout.qmaster / "snapshot"
    good = snapshot.read_bytes()
    snapshot.write_bytes(good[:-10])
    with pytest.raises(CellError, match=r"snapshot is damaged: nothing was changed; restore"):
        cell.start_qmaster()
    assert snapshot.read_bytes() == good[:-10]
    snapshot.write_bytes(good)
    cell.start_qmaster()
    assert [item.job for item in cell.jobs()] == [1, 2, 3]
    assert cell.submit_simulated(1) == [4]


def test_state_and_jobs_survive_a_crash(cell: Cell, tmp_path: Path) -> None:
    # one job ends while no qmaster runs, one goes on; nothing is lost
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    ends = submit(cell, tmp_path, "sh", "-c", f"read line < {fifo}; exit 7")
    goes_on = submit(cell, tmp_path, "sleep", "60")
    held = submit(cell, tmp_path, "-h", "true")
    wait_for(lambda: [item.state for item in cell.jobs() if item.queue] == ["r", "r"])
    cell.kill_qmaster()
    fifo.write_text("go\n")
    report = cell.layout.reports / f"{ends}.1.1.exit"
    wait_for(report.exists)
    cell.start_qmaster()
    wait_for(lambda: records(cell, ends))
    assert ended(cell, ends)[11:13] == ["0", "7"]
    states = {item.job: item.state for item in cell.jobs()}
    assert states == {goes_on: "r", held: "hqw"}
    cell.run("qdel", str(goes_on))
    wait_for(lambda: records(cell, goes_on))
    assert ended(cell, goes_on)[11:13] == ["100", "137"]


@pytest.mark.slow
def test_a_record_is_written_once_whatever_crashes(shared: Cell) -> None:
    numbers = shared.submit_simulated(0, count=20)
    shared.wait_idle()
    for _ in range(3):
        shared.kill_qmaster()
        shared.start_qmaster()
    assert [len(records(shared, number)) for number in numbers] == [1] * 20


@pytest.mark.slow
def test_a_shepherd_that_dies_is_noticed_at_the_next_start(cell: Cell, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, "sleep", "60")
    wait_for(lambda: [item.state for item in cell.jobs()] == ["r"])
    cell.stop_qmaster()
    spool = cell.layout.active_job("localhost", number, 1)
    pid = int((spool / "pid").read_text().split()[0])
    children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    os.kill(pid, signal.SIGKILL)
    for child in children:
        os.kill(child, signal.SIGKILL)
    cell.start_qmaster()
    wait_for(lambda: records(cell, number))
    assert ended(cell, number)[11] == "19"


@pytest.mark.slow
def test_only_one_daemon_for_a_directory(shared: Cell) -> None:
    with pytest.raises(CellError, match=f"a qmaster .pid {shared.qmaster_pid}. already serves"):
        Cell(shared.directory).start()
    assert shared.status().jobs == 0


@pytest.mark.slow
def test_who_finds_a_qmaster_in_its_directory_leaves_it_alone(shared: Cell) -> None:
    before = shared.qmaster_pid
    with pytest.raises(CellError, match="already serves"), Cell(shared.directory):
        pass
    assert shared.qmaster_pid == before
    assert shared.run("qselect").returncode == 0


def test_no_qmaster_stays_where_the_commands_cannot_be_made(tmp_path: Path) -> None:
    made = Cell(tmp_path / "cell")
    made.create()
    (made.path / "qsub").unlink()
    (made.path / "qsub").mkdir()
    with pytest.raises(OSError, match="qsub"):
        made.start()
    assert made.qmaster_pid is None
    assert str(tmp_path) not in [str(directory.parent) for directory, _ in running_cells()]


@pytest.mark.slow
def test_a_stale_socket_is_no_obstacle(tmp_path: Path) -> None:
    made = Cell(tmp_path / "cell")
    made.create()
    with socket.socket(socket.AF_UNIX) as stale:
        here = Path.cwd()
        os.chdir(made.layout.socket.parent)
        try:
            stale.bind("qmaster.sock")
        finally:
            os.chdir(here)
    assert made.run("qstat").returncode == 1
    with made:
        assert made.run("qstat").returncode == 0


@pytest.mark.slow
def test_a_cell_can_be_started_again_with_its_own_options(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell", slots=3) as made:
        made.submit_simulated(1000, count=5)
    with Cell(tmp_path / "cell") as again:
        assert again.status().running == 3


def test_stop_kills_what_runs(tmp_path: Path) -> None:
    made = Cell(tmp_path / "cell").start()
    submit(made, tmp_path, "sh", "-c", "echo $$; exec sleep 300")
    wait_for(lambda: (tmp_path / "out").exists() and (tmp_path / "out").read_text())
    pid = int((tmp_path / "out").read_text())
    made.stop()
    wait_for(lambda: not Path(f"/proc/{pid}").exists())


@pytest.mark.slow
def test_the_clock_can_be_advanced(shared: Cell) -> None:
    before = shared.now
    first, second = shared.submit_simulated(7200, count=2)
    later = shared.submit_simulated(3600, hold_jid=[str(first)])[0]
    assert shared.advance(3600) >= before + 3600
    assert [item.state for item in shared.jobs()] == ["r", "r", "hqw"]
    shared.advance(3601)
    assert [(item.job, item.state) for item in shared.jobs()] == [(later, "r")]
    shared.advance(3601)
    assert shared.jobs() == []
    assert ended(shared, second)[13] == "7200"
    with pytest.raises(CellError, match="only goes forward"):
        shared.advance(-1)


@pytest.mark.slow
def test_the_advanced_clock_survives_a_restart(shared: Cell) -> None:
    goal = shared.advance(86400)
    shared.kill_qmaster()
    shared.start_qmaster()
    assert shared.now >= goal


@pytest.mark.slow
def test_configuration_of_a_running_cell(cell: Cell) -> None:
    cell.configure(max_u_jobs=1, queues={"all.q": {"slots": "1"}})
    cell.submit_simulated(100)
    with pytest.raises(CellError, match="jobs are allowed per user"):
        cell.submit_simulated(100)
    cell.configure(max_u_jobs=0)
    cell.submit_simulated(100)
    assert cell.status().running == 1


def test_who_only_looks_at_a_cell_need_not_close_anything(shared: Cell) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert Cell(shared.directory).status().jobs == 0
        gc.collect()
    assert told == []


def test_bad_calls_are_refused(shared: Cell) -> None:
    with pytest.raises(CellError, match="nosuch"):
        shared.call("nosuch")
    with pytest.raises(CellError, match="between 1 and 9999999"):
        shared.next_job_number(0)
    with pytest.raises(CellError, match="has no pending task"):
        shared.fail_job(99)
    assert shared.status().jobs == 0


def test_options_are_checked() -> None:
    few = "at least one host and no negative slots"
    bad: tuple[tuple[dict[str, Any], str], ...] = (
        ({"profile": "x"}, "unknown profile 'x'"),
        ({"slots": -1}, few),
        ({"hosts": ()}, few),
        ({"first_job_number": 0}, "first_job_number must lie between 1 and max_job_number"),
    )
    for options, text in bad:
        with pytest.raises(ValueError, match=text):
            Cell("unused", **options)
    for wrong in ({"parallel_environments": ("mpi",)}, {"queues": "all.q"}, {"hosts": "localhost"}):
        with pytest.raises(TypeError, match=next(iter(wrong))):
            Cell("unused", **wrong)


@pytest.mark.slow
def test_a_killed_client_does_no_harm(shared: Cell) -> None:
    shared.fault("slow", "qstat", seconds=30)
    process = subprocess.Popen([shared.path / "qstat"], env=shared.env)
    wait_for(lambda: shared.faults() == [])
    process.kill()
    process.wait()
    assert shared.run("qstat").returncode == 0


@pytest.mark.slow
def test_a_full_disk_is_reported_and_loses_no_job(cell: Cell, tmp_path: Path) -> None:
    # the kernel's limit on file sizes stands in for the disk's end
    number = submit(cell, tmp_path, "sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; exit 5")
    wait_for(lambda: [item.state for item in cell.jobs()] == ["r"])
    pid = cell.qmaster_pid
    assert pid is not None
    journal = next(cell.layout.qmaster.glob("journal.*"))
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (journal.stat().st_size + 10, limits[1]))
    refused = cell.run("qsub", "-h", "-b", "y", "true")
    assert refused.returncode == 1
    assert b"cannot write" in refused.stderr
    assert b"File too large" in refused.stderr
    (tmp_path / "go").touch()
    report = cell.layout.reports / f"{number}.1.1.exit"
    wait_for(report.exists)
    assert len(cell.jobs()) == 1
    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    wait_for(lambda: records(cell, number))
    assert ended(cell, number)[11:13] == ["0", "5"]
    held = submit(cell, tmp_path, "-h", "true")
    cell.kill_qmaster()
    cell.start_qmaster()
    assert [item.job for item in cell.jobs()] == [held]


@pytest.mark.slow
def test_the_pace_follows_the_configuration(tmp_path: Path) -> None:
    slow = {"schedule_interval": "0:10:0", "flush_submit_sec": "0", "flush_finish_sec": "0"}
    with Cell(
        tmp_path / "cell", scheduler=slow, global_config={"reporting_params": "flush_time=0:5:0"}
    ) as made:
        made.submit_simulated(1)
        assert made.jobs()[0].state == "qw"
        made.schedule()
        assert made.jobs()[0].state == "r"
        made.advance(2)
        assert not made.accounting.exists()
        made.advance(300)
        assert records(made, 1)
        made.advance(600)
        made.configure(scheduler={"flush_submit_sec": "1"})
        made.submit_simulated(100)
        made.advance(1)
        assert made.jobs()[0].state == "r"
        with pytest.raises(CellError, match="is a time or a size, not 'soon'"):
            made.configure(scheduler={"schedule_interval": "soon"})


@pytest.mark.slow
def test_ended_jobs_can_be_made_to_stay(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell", finished_window=50.0) as made:
        made.submit_simulated(1, exit_status=3)
        made.advance(2)
        assert made.jobs()[0].exit_status == 3
        assert made.run("qstat", "-j", "1").returncode == 0
        made.advance(60)
        assert made.jobs() == []
