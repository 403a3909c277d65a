"""Several hosts with real processes: what jobs see of their host, hosts that fail, the command line."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge import Cell
from fake_sge.execution.processes import start_ticks

from .kit import ended, execd_of, quick, records, state, wait_for

pytestmark = pytest.mark.slow

HOSTS = {"big": {"slots": 4, "mem_total": "64G", "load": 0.1}, "small": 2}
ENVIRONMENTS = {"rr": {"allocation_rule": "$round_robin"}}


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Cell]:
    with Cell(tmp_path / "cell", hosts=HOSTS, parallel_environments=ENVIRONMENTS, login_shells=False) as made:
        yield made


def run_to_end(cell: Cell, place: Path, *words: str) -> int:
    """Submit a binary with its output in ``place``/out and wait for its end."""
    job = quick(cell, place, *words)
    ended(cell, job)
    return job


def runs(cell: Cell, place: Path, *words: str) -> int:
    """A job that runs; its process id is in ``place``/pid."""
    script = "echo $$ > pid.new; mv pid.new pid; exec sleep 600"
    job = quick(cell, place, *words, "sh", "-c", script)
    wait_for(lambda: (place / "pid").exists() and state(cell, job) == "r")
    return job


def job_process(place: Path) -> int:
    return int((place / "pid").read_text())


@pytest.mark.parametrize("host", ["big", "small"])
def test_what_a_job_sees_of_its_host(cell: Cell, tmp_path: Path, host: str) -> None:
    script = 'echo "$HOSTNAME $QUEUE $NHOSTS"; cd "$TMPDIR" && pwd; echo "$SGE_JOB_SPOOL_DIR"'
    job = run_to_end(cell, tmp_path, "-l", f"h={host}", "sh", "-c", script)
    first, place, spool = (tmp_path / "out").read_text().splitlines()
    assert first == f"{host} all.q 1"
    own = "" if host == "big" else "small/"
    assert place == f"{cell.directory}/tmp/{own}{job}.1.all.q"
    assert spool == f"{cell.directory}/spool/execd/{host}/active_jobs/{job}.1"
    assert ended(cell, job)[:2] == ["all.q", host]


def test_a_parallel_job_over_hosts(cell: Cell, tmp_path: Path) -> None:
    script = 'cat "$PE_HOSTFILE"; echo "$NSLOTS $NHOSTS $NQUEUES $PE"'
    job = run_to_end(cell, tmp_path, "-pe", "rr", "5", "sh", "-c", script)
    assert (tmp_path / "out").read_text() == (
        "big 3 all.q@big UNDEFINED\nsmall 2 all.q@small UNDEFINED\n5 2 2 rr\n"
    )
    (record,) = records(cell, job)
    assert (record[1], record[33], record[34]) == ("big", "rr", "5")


def test_jobs_go_to_the_host_with_the_lower_load(cell: Cell) -> None:
    cell.configure(scheduler={"job_load_adjustments": "NONE"})
    cell.host("small").load(load_avg=0.02)
    assert cell.host("small").status.load["np_load_avg"] == "0.010000"
    cell.submit_simulated(1000, count=3)
    cell.schedule()
    assert [group.queue for group in cell.jobs()] == ["all.q@small", "all.q@small", "all.q@big"]


def test_a_crash_is_noticed_late_and_ends_the_jobs_without_a_word(cell: Cell, tmp_path: Path) -> None:
    job = runs(cell, tmp_path, "-l", "h=small")
    process = job_process(tmp_path)
    cell.host("small").crash()
    wait_for(lambda: not start_ticks(process))
    assert not cell.host("small").status.unheard
    assert state(cell, job) == "r"
    cell.advance(299)
    assert cell.host("small").status.queues == {"all.q@small": ""}
    cell.advance(2)
    assert cell.host("small").status.queues == {"all.q@small": "u"}
    assert (state(cell, job), records(cell, job)) == ("r", [])
    cell.host("small").up()
    cell.wait_idle()
    (record,) = records(cell, job)
    assert record[9:13] == ["0", "0", "19", "0"]


def test_a_crash_ends_also_the_job_whose_order_it_meets_on_its_way(cell: Cell, tmp_path: Path) -> None:
    """What becomes of a job does not depend on how fast its shepherd is."""
    wait_for(lambda: execd_of(cell))
    execd = execd_of(cell)
    os.kill(execd, signal.SIGSTOP)
    job = quick(cell, tmp_path, "-l", "h=small", "sh", "-c", "touch ran")
    wait_for((cell.layout.active_job("small", job, 1) / "order").exists)
    cell.host("small").crash()
    os.kill(execd, signal.SIGCONT)
    assert state(cell, job) == "r"
    cell.host("small").up()
    cell.wait_idle()
    assert [record[11] for record in records(cell, job)] == ["19"]
    assert run_to_end(cell, tmp_path, "-l", "h=small", "true") > job
    assert not (tmp_path / "ran").exists()


def test_a_crash_reruns_what_can_be_rerun(cell: Cell, tmp_path: Path) -> None:
    job = runs(cell, tmp_path, "-r", "y")
    place = next(group.queue for group in cell.jobs())
    host = place.partition("@")[2]
    before = job_process(tmp_path)
    cell.host(host).crash()
    (tmp_path / "pid").unlink()
    cell.host(host).up()
    wait_for(lambda: (tmp_path / "pid").exists() and state(cell, job) == "Rr")
    assert job_process(tmp_path) != before
    assert [record[11] for record in records(cell, job)] == ["19"]


def test_of_an_unreachable_host_the_jobs_go_on(cell: Cell, tmp_path: Path) -> None:
    script = "while [ ! -e go ]; do sleep 0.02; done; exit 3"
    job = quick(cell, tmp_path, "-l", "h=small", "sh", "-c", script)
    wait_for(lambda: state(cell, job) == "r")
    cell.host("small").down()
    assert cell.host("small").status.queues == {"all.q@small": "u"}
    (tmp_path / "go").touch()
    wait_for(lambda: any(cell.layout.reports.glob(f"{job}.*.exit")))
    assert (state(cell, job), records(cell, job)) == ("r", [])
    cell.host("small").up()
    cell.wait_idle()
    assert [record[11:13] for record in records(cell, job)] == [["0", "3"]]


def test_a_deletion_is_carried_out_when_the_host_is_back(cell: Cell, tmp_path: Path) -> None:
    job = runs(cell, tmp_path, "-l", "h=small")
    cell.host("small").down()
    cell.run("qdel", str(job))
    assert state(cell, job) == "dr"
    assert start_ticks(job_process(tmp_path))
    cell.host("small").up()
    cell.wait_idle()
    assert not start_ticks(job_process(tmp_path))
    assert [record[11:13] for record in records(cell, job)] == [["100", "137"]]


def test_what_was_forced_out_meanwhile_is_ended_by_the_host(cell: Cell, tmp_path: Path) -> None:
    job = runs(cell, tmp_path, "-l", "h=small")
    cell.host("small").down()
    cell.run("qdel", "-f", str(job))
    assert state(cell, job) == ""
    cell.host("small").up()
    wait_for(lambda: not start_ticks(job_process(tmp_path)))
    assert not cell.layout.active_job("small", job, 1).exists()


def test_a_host_away_survives_a_restart_of_the_qmaster(cell: Cell, tmp_path: Path) -> None:
    job = runs(cell, tmp_path, "-l", "h=small")
    cell.host("small").crash()
    cell.kill_qmaster()
    cell.start_qmaster()
    assert state(cell, job) == "r"
    cell.host("small").up()
    cell.wait_idle()
    assert [record[11] for record in records(cell, job)] == ["19"]


def test_a_job_sent_to_a_dead_host_is_transferring_until_it_is_back(cell: Cell, tmp_path: Path) -> None:
    cell.host("small").crash()
    job = quick(cell, tmp_path, "-l", "h=small", "true")
    wait_for(lambda: state(cell, job) == "t")
    cell.host("small").up()
    cell.wait_idle()
    assert [record[11] for record in records(cell, job)] == ["0"]


def test_queues_of_a_host(cell: Cell) -> None:
    cell.host("big").disable()
    assert cell.run("qselect", "-qs", "d").stdout == b"all.q@big\n"
    cell.host("big").enable()
    assert cell.run("qselect", "-qs", "d").stdout == b""


def test_names_are_checked(cell: Cell) -> None:
    with pytest.raises(ValueError, match="no host 'bigg'; did you mean 'big'"):
        cell.host("bigg")
    with pytest.raises(Exception, match="a host reports no 'load_av'; did you mean 'load_avg'"):
        cell.host("big").load(load_av=1)
