from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_sge import Cell, CellError
from fake_sge.faults import FaultKind

from .kit import ended, quick, records, state, wait_for

REFUSED = b"error: commlib error: got select error (Connection refused)"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("faults") / "cell", login_shells=False, first_job_number=1001) as made:
        yield made


@pytest.fixture
def cell(shared: Cell) -> Iterator[Cell]:
    """The module's cell without jobs and faults."""
    yield shared
    shared.clear_faults()
    shared.run("qdel", "-u", "*")
    shared.wait_idle()


def test_connection_refused_for_some_calls(cell: Cell) -> None:
    cell.fault("refused", "qstat", times=2)
    for _ in range(2):
        done = cell.run("qstat")
        assert done.returncode == 1
        assert b"unable to send message to qmaster" in done.stderr
    assert cell.run("qstat").returncode == 0


def test_a_refused_submission_reads_as_on_a_dead_port(cell: Cell) -> None:
    cell.fault(FaultKind.REFUSED, "qsub")
    done = cell.run("qsub", "-b", "y", "true")
    assert (done.returncode, done.stdout) == (1, b"")
    assert REFUSED in done.stderr  # capture env.dead_port.qsub
    assert cell.jobs() == []


@pytest.mark.slow
def test_a_stopped_qmaster_reads_the_same(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell") as own:
        own.fault("refused", "qstat")
        by_fault = own.run("qstat")
        own.stop_qmaster()
        by_outage = own.run("qstat")
        assert (by_fault.returncode, by_fault.stdout, by_fault.stderr) == (
            by_outage.returncode,
            by_outage.stdout,
            by_outage.stderr,
        )
        assert own.run("qstat", "-help").stdout.startswith(b"SGE 8.1.9\n")


def test_another_port_is_a_dead_port(cell: Cell) -> None:
    done = cell.run("qstat", env={"SGE_QMASTER_PORT": "1"})
    assert done.returncode == 1
    assert b"using port 1 on host" in done.stderr


def test_a_silent_qmaster_gives_up_after_its_time(cell: Cell) -> None:
    cell.fault("silent", "qstat", seconds=0.4)
    begun = time.monotonic()
    assert cell.run("qstat").returncode == 1
    assert time.monotonic() - begun >= 0.4


def test_a_silent_qmaster_hangs_one_client_only(cell: Cell) -> None:
    cell.fault("silent", "qstat")
    with subprocess.Popen([cell.path / "qstat"], env=cell.env) as hanging:
        wait_for(lambda: not cell.faults())
        assert cell.run("qstat").returncode == 0
        assert hanging.poll() is None
        hanging.kill()


def test_a_slow_answer(cell: Cell) -> None:
    cell.fault("slow", "qhost", seconds=0.3)
    begun = time.monotonic()
    assert cell.run("qhost").returncode == 0
    assert time.monotonic() - begun >= 0.3


def test_chosen_output_and_exit_code(cell: Cell) -> None:
    cell.fault("exit", "qsub", code=25, out=b"o\n", err=b"e\n")
    done = cell.run("qsub", "-b", "y", "true")
    assert (done.returncode, done.stdout, done.stderr) == (25, b"o\n", b"e\n")
    assert cell.jobs() == []


def test_a_submission_whose_answer_is_lost(cell: Cell) -> None:
    cell.fault("lost", "qsub", code=1, err=b"error: got read error\n")
    done = cell.run("qsub", "-h", "-b", "y", "true")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"error: got read error\n")
    assert len(cell.jobs()) == 1


def test_accepted_with_exit_1(cell: Cell) -> None:
    cell.fault("warn-submit")
    done = cell.run("qsub", "-h", "-b", "y", "true")
    number = cell.jobs()[0].job
    assert (done.returncode, done.stdout) == (1, b"")
    # capture cell2.no_queue_plain
    assert b"job is not allowed to run in any queue\nYour job %d (" % number in done.stderr


def test_a_refusing_jsv(cell: Cell) -> None:
    cell.fault("jsv-reject", out=b"no way")
    done = cell.run("qsub", "-b", "y", "true")
    assert (done.returncode, done.stderr) == (1, b"Unable to run job: no way\nExiting.\n")


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("empty", {}, b""),
        ("truncate", {"at": 10}, b"job-ID  pr"),
        ("banner", {"out": b"Welcome!\n"}, b"Welcome!\njob-ID"),
        ("garble", {"at": 3}, b"jo\xff-I\xff"),
    ],
)
def test_spoiled_listings(cell: Cell, kind: str, options: dict[str, Any], expected: bytes) -> None:
    cell.submit_simulated(1000)
    cell.fault(kind, "qstat", **options)
    done = cell.run("qstat")
    assert done.returncode == 0
    assert done.stdout.startswith(expected)
    assert len(done.stdout) >= len(expected)
    if kind in ("empty", "truncate"):
        assert done.stdout == expected
    assert cell.run("qstat").stdout.startswith(b"job-ID  prior")


def test_a_job_missing_from_one_listing(cell: Cell) -> None:
    first, second = cell.submit_simulated(1000, count=2)
    cell.fault("hide-job", "qstat", job=first)
    assert f" {first} ".encode() not in (hidden := cell.run("qstat").stdout)
    assert f" {second} ".encode() in hidden
    assert f" {first} ".encode() in cell.run("qstat").stdout


def test_a_start_that_fails(cell: Cell, tmp_path: Path) -> None:
    cell.fault("error-state", code=28, out=b"[0:0]: error: can't chdir to /gone: No such file or directory")
    number = quick(cell, tmp_path, "true")
    wait_for(lambda: state(cell, number) == "Eqw")
    assert ended(cell, number)[11] == "28"
    cell.run("qmod", "-cj", str(number))
    wait_for(lambda: len(records(cell, number)) == 2)
    assert records(cell, number)[1][11] == "0"


@pytest.mark.parametrize(
    ("code", "letters", "queue"), [(12, "", ""), (13, "", "E"), (8, "qw", "E"), (29, "Eqw", "")]
)
def test_what_a_shepherd_says(cell: Cell, tmp_path: Path, code: int, letters: str, queue: str) -> None:
    """Once, of the job that is meant."""
    other = quick(cell, tmp_path, "-h", "true")
    number = quick(cell, tmp_path, "-h", "true")
    cell.fault("shepherd", job=number, code=code)
    cell.run("qrls", str(number))
    assert ended(cell, number)[11] == str(code)
    wait_for(lambda: state(cell, number) == letters)
    row = cell.run("qstat", "-f").stdout.decode().splitlines()[2].split()
    assert (row[5:] or [""])[0] == queue
    assert cell.faults() == []
    cell.run("qmod", "-cq", "all.q")
    cell.run("qrls", str(other))
    assert ended(cell, other)[11] == "0"


def test_a_pending_job_put_in_error(cell: Cell) -> None:
    number = cell.submit_simulated(0, user_hold=True)[0]
    cell.fail_job(number)
    assert state(cell, number) == "Ehqw"


def one(cell: Cell) -> int:
    number = cell.submit_simulated(0)[0]
    wait_for(lambda: not cell.jobs())
    return number


def test_accounting_absent_duplicate_and_corrupt(cell: Cell) -> None:
    cell.fault("accounting-absent")
    absent = one(cell)
    cell.fault("accounting-duplicate")
    double = one(cell)
    cell.fault("accounting-corrupt", at=30)
    broken = one(cell)
    after = one(cell)
    wait_for(lambda: records(cell, after))
    assert [len(records(cell, number)) for number in (absent, double, after)] == [0, 2, 1]
    assert not records(cell, broken)
    lines = [line for line in cell.accounting.read_text().splitlines() if not line.startswith("#")]
    assert [len(line) for line in lines if line.count(":") < 44] == [30]


def test_accounting_late(cell: Cell) -> None:
    cell.fault("accounting-late", seconds=3600)
    number = one(cell)
    assert records(cell, number) == []
    cell.advance(3601)
    wait_for(lambda: records(cell, number))


def test_accounting_rotated(cell: Cell) -> None:
    first = one(cell)
    wait_for(lambda: records(cell, first))
    old = cell.rotate_accounting()
    assert not cell.accounting.exists()
    second = one(cell)
    wait_for(lambda: records(cell, second))
    assert records(cell, first) == []
    assert f":{first}:" in old.read_text()
    assert cell.accounting.read_text().startswith("# Version: 8.1.9\n")


@pytest.mark.slow
def test_job_numbers_that_wrap(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell", first_job_number=9999999) as own:
        assert own.run("qsub", "-terse", "-h", "-b", "y", "true").stdout == b"9999999\n"
        assert own.run("qsub", "-terse", "-h", "-b", "y", "true").stdout == b"1\n"
        own.next_job_number(9999999)
        assert own.run("qsub", "-terse", "-h", "-b", "y", "true").stdout == b"2\n"


def test_job_limits(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell", global_config={"max_u_jobs": "1"}) as own:
        assert own.run("qsub", "-h", "-b", "y", "true").returncode == 0
        done = own.run("qsub", "-h", "-b", "y", "true")
        assert done.returncode == 25
        assert b"only 1 jobs are allowed per user (current job count: 1)" in done.stderr


def test_faults_are_listed_and_cleared(cell: Cell) -> None:
    first = cell.fault("slow", "qstat", times=None, seconds=1.0)
    second = cell.fault("empty", times=3)
    assert [(item["number"], item["kind"], item["times"]) for item in cell.faults()] == [
        (first, "slow", None),
        (second, "empty", 3),
    ]
    assert cell.clear_faults(first) == 1
    assert cell.clear_faults() == 1
    with pytest.raises(CellError, match="at least once"):
        cell.fault("slow", times=0)
    with pytest.raises(ValueError, match="nosuch"):
        cell.fault("nosuch")
