"""Requests of load values, verification, and when no queue is left: as on a real 8.1.9 of one host."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge import Cell

PLACE = 'cannot run in queue "all.q@localhost" because'
END = "\nverification: no suitable queues\nExiting.\n"
FITS = "verification: found suitable queue(s)\n"
FULL = "All queues dropped because of overload or full"


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("loads") / "cell", slots=16, login_shells=False) as made:
        yield made


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Cell]:
    with Cell(tmp_path / "cell", slots=2) as made:
        made.submit_simulated(10_000, count=2)
        made.schedule()
        yield made


def verify(cell: Cell, level: str, *words: str) -> str:
    """What qsub -w says, without its first words and the number of the job."""
    done = cell.run("qsub", "-w", level, *words, "-b", "y", "true")
    text = done.stderr.decode() or done.stdout.decode()
    number = text.partition("Job ")[2].partition(" ")[0]
    return text.replace("Unable to run job: ", "").replace(f"Job {number}", "Job N")


@pytest.mark.parametrize(
    ("request_", "selected"),
    [
        *((f"{name}=1M", False) for name in ("mem_free", "virtual_free", "mem_used", "virtual_used")),
        *((word, False) for word in ("swap_free=0", "cpu=0", "m_topology_inuse=SCC", "np_load_avg=0")),
        *((word, True) for word in ("arch=lx-amd64", "num_proc=2", "mem_total=1M", "swap_total=0", "h_vmem")),
        *((word, True) for word in ("m_core=1", "m_socket=1", "m_thread=1", "m_topology=SCC", "slots=16")),
        *((word, False) for word in ("num_proc=4", "slots=17", "mem_free", "tmpdir=/tmp", "nosuch=1")),
    ],
)
def test_qselect_leaves_the_load_out(cell: Cell, request_: str, selected: bool) -> None:
    done = cell.run("qselect", "-l", request_)
    assert (done.returncode, done.stdout) == ((0, b"all.q@localhost\n") if selected else (1, b""))


@pytest.mark.parametrize(
    ("level", "request_", "text"),
    [
        ("v", "mem_free=1M", f"Job N (-l mem_free=1M) {PLACE} job requests unknown resource (mem_free){END}"),
        ("p", "mem_free=1M", FITS),
        (
            "v",
            "swap_rate=0",
            f"Job N (-l swap_rate=0) {PLACE} job requests unknown resource (swap_rate){END}",
        ),
        (
            "p",
            "swap_rate=0",
            f"Job N (-l swap_rate=0) {PLACE} job requests unknown resource (swap_rate){END}",
        ),
        (
            "v",
            "num_proc=7,m_core=1",
            (
                'Job N (-l m_core=1,num_proc=7) cannot run at host "localhost" because it offers only '
                f"hl:num_proc=2.000000{END}"
            ),
        ),
        ("e", "mem_free=1M", "error: no suitable queues\nExiting.\n"),
    ],
)
def test_requests_are_verified(cell: Cell, level: str, request_: str, text: str) -> None:
    assert verify(cell, level, "-l", request_) == text


def test_memory_is_printed_with_its_unit(cell: Cell) -> None:
    text = verify(cell, "p", "-l", "swap_free=1G")
    assert "because it offers only hl:swap_free=0.000\n" in text


@pytest.mark.slow
def test_what_is_free_now_is_looked_at_by_p_only(full: Cell) -> None:
    only = "it offers only qc:slots=0.000000"
    parallel = 'Job N cannot run in PE "smp" because it only offers 0 slots'
    assert verify(full, "v") == FITS
    assert verify(full, "p") == f"Job N (-l NONE) {PLACE} {only}{END}"
    assert verify(full, "p", "-l", "mem_total=1M") == f"Job N (-l mem_total=1M) {PLACE} {only}{END}"
    assert verify(full, "p", "-pe", "smp", "2") == f"Job N (-l slots=1) {PLACE} {only}\n{parallel}{END}"
    assert verify(full, "v", "-pe", "smp", "2") == FITS
    assert verify(full, "v", "-pe", "smp", "3") == f"{parallel}{END}"
    full.run("qmod", "-d", "all.q")
    assert verify(full, "p") == (
        f'Job N queue instance "all.q@localhost" dropped because it is temporarily not available{END}'
    )


def reasons(cell: Cell, *words: str) -> list[str]:
    """The scheduling information of a job, or of all."""
    text = cell.run("qstat", "-j", *words).stdout.decode()
    return [line.strip() for line in text.partition("scheduling info:")[2].splitlines() if line.strip()]


@pytest.mark.slow
def test_when_no_queue_is_left_jobs_are_not_looked_at(full: Cell) -> None:
    dropped = 'queue instance "all.q@localhost" dropped because it is full'
    full.run("qsub", "-h", "-N", "held", "-b", "y", "true")
    full.run("qsub", "-N", "never", "-l", "num_proc=4", "-b", "y", "true")
    full.run("qsub", "-N", "wide", "-pe", "smp", "2", "-b", "y", "true")
    assert reasons(full, "never") == [dropped, FULL]
    assert reasons(full, "wide") == [dropped, FULL]
    assert reasons(full, "held") == [dropped, FULL, "Job is in hold state"]
    assert reasons(full) == [dropped, FULL, "Jobs dropped because of hold state", "3"]
    assert b"<MES_message_number>28</MES_message_number>" in full.run("qstat", "-j", "never", "-xml").stdout


def test_a_resource_that_no_queue_has(cell: Cell) -> None:
    cell.run("qsub", "-N", "unknown", "-l", "swap_rate=1", "-b", "y", "true")
    assert reasons(cell, "unknown") == [f"(-l swap_rate=1) {PLACE} job requests unknown resource (swap_rate)"]
    summary = b"Jobs can not run because the resource requirements can not be satisfied\n"
    assert cell.run("qstat", "-j").stdout.startswith(summary)
    assert b"<MES_message_number>17</MES_message_number>" in cell.run("qstat", "-j", "unknown", "-xml").stdout
    cell.run("qdel", "unknown")


def test_the_name_of_this_machine_means_the_host_of_the_cell(cell: Cell) -> None:
    """Real cell with both names in host_aliases: the host's own name is stored and shown."""
    here = socket.gethostname()
    words = (
        "-l",
        f"h={here}",
        "-q",
        f"all.q@{here}",
        "-o",
        f"{here}:/tmp/x",
        "-N",
        "here",
        "-b",
        "y",
        "true",
    )
    assert cell.run("qsub", "-h", *words).returncode == 0
    details = cell.run("qstat", "-j", "here").stdout
    assert b"hard resource_list:         hostname=localhost\n" in details
    assert b"hard_queue_list:            all.q@localhost\n" in details
    assert b"stdout_path_list:           localhost:NONE:/tmp/x\n" in details
    assert cell.run("qselect", "-l", f"h={here}").stdout == b"all.q@localhost\n"
    assert cell.run("qselect", "-q", f"all.q@{here}").stdout == b"all.q@localhost\n"
    assert cell.run("qhost", "-h", here).stdout.splitlines()[-1].startswith(b"localhost ")
    assert cell.run("qconf", "-se", here).stdout.startswith(b"hostname              localhost\n")
    cell.run("qdel", "here")
    assert (
        cell.run("qsub", "-sync", "y", "-o", "/dev/null", "-j", "y", *words[:4], "-b", "y", "true").returncode
        == 0
    )
