"""Jobs that run and that the qmaster has forgotten, or had not come to tell what was asked of them.

The records of deletions by force were observed on a real 8.1.9 cell: of jobs that run, are suspended, run in
parallel, as tasks of an array, and of one whose execution daemon was dead.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge import Cell
from fake_sge.model.operations import Actor
from fake_sge.qmaster.journal import Store
from tests.processes import is_running

from .kit import ended, execd_of, quick, records, state, submit, wait_for

pytestmark = pytest.mark.slow

OPERATOR = Actor("root", 0, "root", 0, "localhost")
LOOP = ("sh", "-c", "trap '' USR1 USR2; echo $$ > pid; while :; do sleep 0.05; done")


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    place = tmp_path_factory.mktemp("forgotten")
    with Cell(place / "cell", login_shells=False, home=str(place), managers=("anna",)) as made:
        yield made


def runs(cell: Cell, cwd: Path, *words: str) -> tuple[int, int]:
    """A job that runs and cannot be asked to end: its number and its process."""
    number = quick(cell, cwd, *words, *LOOP)
    pid = cwd / "pid"
    wait_for(lambda: pid.exists() and pid.read_text().strip() and state(cell, number) == "r")
    return number, int(pid.read_text())


def is_clean(cell: Cell, number: int) -> bool:
    spooled = [*cell.layout.execd.glob(f"*/active_jobs/{number}.*"), *cell.layout.reports.iterdir()]
    return not spooled and not list(cell.layout.tmp.glob(f"{number}.*"))


@pytest.mark.parametrize("words", [(), ("-notify",), ("-pe", "smp", "2")], ids=["plain", "notified", "pe"])
@pytest.mark.parametrize("before", ["", "qmod -sj", "qdel"])
def test_a_deletion_by_force(cell: Cell, tmp_path: Path, words: tuple[str, ...], before: str) -> None:
    if before == "qdel":
        words = ("-notify", *words)  # or it ends at once
    number, pid = runs(cell, tmp_path, *words)
    if before:
        cell.run(*before.split(), str(number))
    done = cell.run("qdel", "-f", str(number))
    assert done.stdout.endswith(b"forced the deletion of job %d\n" % number)
    assert state(cell, number) == ""
    record = ended(cell, number)
    assert record[11:14] == ["0", "0", "0"]
    assert record[33:35] == ["NONE" if "smp" not in words else "smp", "2" if "smp" in words else "1"]
    assert int(record[8]) <= int(record[9]) <= int(record[10]) <= int(cell.now)
    assert not any(float(figure) for figure in (*record[14:31], *record[36:39], record[40], record[42]))
    wait_for(lambda: not is_running(pid))
    wait_for(lambda: is_clean(cell, number))
    assert len(records(cell, number)) == 1


def test_a_task_on_its_way_is_ended_too(cell: Cell, tmp_path: Path) -> None:
    wait_for(lambda: execd_of(cell))
    execd = execd_of(cell)
    os.kill(execd, signal.SIGSTOP)
    try:
        number = submit(cell, tmp_path, "-cwd", "-j", "y", "-o", "out", stdin=b"touch begun; sleep 600")
        wait_for(lambda: state(cell, number) == "t")
        cell.run("qdel", "-f", str(number))
    finally:
        os.kill(execd, signal.SIGCONT)
    wait_for(lambda: is_clean(cell, number))
    assert ended(cell, number)[11:14] == ["0", "0", "0"]


def test_who_waits_for_a_job_deleted_by_force_is_told(cell: Cell, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, "-h", "-cwd", "-j", "y", "-o", "out", stdin=b"sleep 600")
    waiting = cell.run(
        "qsub", "-sync", "y", "-cwd", "-j", "y", "-o", "out", stdin=_delete_itself(cell), cwd=tmp_path
    )
    assert (waiting.returncode, waiting.stderr) == (0, b"Unable to run job %d\n" % (number + 1))
    cell.run("qdel", str(number))


def _delete_itself(cell: Cell) -> bytes:
    return b"'%s/qdel' -f $JOB_ID; sleep 600\n" % os.fsencode(cell.path)


def _on_record(cell: Cell, name: str, *args: object) -> None:
    """An operation that a qmaster has on record and was killed before it had told anybody."""
    cell.kill_qmaster()
    store = Store(cell.layout.qmaster)
    store.load()
    for _ in store.replay():
        pass
    store.open()
    store.append(name, time.time(), args)
    store.close()
    cell.start_qmaster()


def _stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_a_deletion_on_record_is_carried_out(cell: Cell, tmp_path: Path) -> None:
    number, pid = runs(cell, tmp_path)
    _on_record(cell, "delete", number, None, OPERATOR, False)
    assert ended(cell, number)[11:13] == ["100", "137"]
    wait_for(lambda: not is_running(pid))


def test_a_deletion_by_force_on_record_is_carried_out(cell: Cell, tmp_path: Path) -> None:
    number, pid = runs(cell, tmp_path)
    _on_record(cell, "delete", number, None, OPERATOR, True)
    assert ended(cell, number)[11:13] == ["0", "0"]
    wait_for(lambda: not is_running(pid))
    wait_for(lambda: is_clean(cell, number))


def test_a_rerun_on_record_is_carried_out(cell: Cell, tmp_path: Path) -> None:
    number, pid = runs(cell, tmp_path, "-r", "y")
    _on_record(cell, "reschedule", number, None, OPERATOR)
    assert ended(cell, number)[11] == "25"
    wait_for(lambda: not is_running(pid))
    cell.run("qdel", str(number))


def test_suspensions_on_record_are_carried_out(cell: Cell, tmp_path: Path) -> None:
    number, pid = runs(cell, tmp_path)
    _on_record(cell, "suspend", number, None, OPERATOR)
    wait_for(lambda: _stopped(pid))
    _on_record(cell, "unsuspend", number, None, OPERATOR)
    wait_for(lambda: not _stopped(pid))
    assert state(cell, number) == "r"
    cell.run("qdel", str(number))


def test_a_new_qmaster_gives_no_second_warning(cell: Cell, tmp_path: Path) -> None:
    script = b"trap 'echo warned' USR2; echo > begun; while [ ! -e go ]; do sleep 0.05; done; exit 5"
    number = submit(cell, tmp_path, "-notify", "-cwd", "-j", "y", "-o", "out", stdin=script)
    wait_for(lambda: (tmp_path / "begun").exists() and state(cell, number) == "r")
    cell.run("qdel", str(number))
    wait_for(lambda: "warned" in (tmp_path / "out").read_text())
    cell.kill_qmaster()
    cell.start_qmaster()
    (tmp_path / "go").touch()
    assert ended(cell, number)[12] == "5"
    assert (tmp_path / "out").read_text().count("warned") == 1


def test_numbers_that_begin_again_find_no_scripts_of_others(cell: Cell, tmp_path: Path) -> None:
    old = cell.layout.job_script("localhost", 5000)  # the qmaster was killed when the job had just left it
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_text("echo old")
    cell.kill_qmaster()
    cell.start_qmaster()
    cell.next_job_number(5000)
    number = submit(cell, tmp_path, "-cwd", "-j", "y", "-o", "out", stdin=b"echo new")
    assert number == 5000
    ended(cell, number)
    assert (tmp_path / "out").read_text() == "new\n"
