"""Situations in which the fake once differed from a real 8.1.9; what is expected is what that one did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from fake_sge.execution.shepherd import claim

from .kit import ended, state, submit, wait_for

HELD = ("-h", "-b", "y", "sleep", "100")
DENIED = 'denied: "nobody" must be {0} to set {0} hold'


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Cell]:
    with Cell(tmp_path / "cell", login_shells=False, slots=1) as made:
        yield made


def table(cell: Cell, *words: str) -> list[list[str]]:
    return [line.split() for line in cell.run("qstat", *words).stdout.decode().splitlines()[2:]]


def test_a_batch_job_does_not_run_in_an_interactive_queue(cell: Cell, tmp_path: Path) -> None:
    cell.configure(queues={"all.q": {"qtype": "INTERACTIVE"}})
    number = submit(cell, tmp_path, "-b", "y", "-shell", "n", "true")
    cell.schedule()
    assert state(cell, number) == "qw"
    reason = 'cannot run in queue instance "all.q@localhost" because it is not of type batch'
    assert cell.run("qstat", "-j", str(number)).stdout.decode().splitlines()[-1].endswith(f" {reason}")
    refused = cell.run("qsub", "-w", "v", "-b", "y", "true").stderr.decode()
    assert refused.splitlines()[0] == f"Unable to run job: Job {number + 1} {reason}"
    at_once = cell.run("qsub", "-w", "v", "-now", "y", "-b", "y", "true")
    assert b"found suitable queue" in at_once.stdout + at_once.stderr


@pytest.mark.slow
def test_only_a_job_deleted_while_it_waited_keeps_its_priority(cell: Cell) -> None:
    runs, waits = cell.submit_simulated(1000, count=2)
    cell.schedule()
    assert {row[0]: row[4] for row in table(cell)} == {str(runs): "r", str(waits): "qw"}
    cell.run("qdel", str(waits))
    cell.run("qdel", str(runs))
    cell.advance(60)
    priorities = {row[0]: float(row[1]) for row in table(cell, "-s", "z")}
    assert priorities[str(runs)] == 0
    assert priorities[str(waits)] > 0


@pytest.mark.slow
def test_each_named_task_is_refused_a_hold_on_its_own(cell: Cell, tmp_path: Path) -> None:
    nobody = {"FAKE_SGE_USER": "nobody"}
    number = submit(cell, tmp_path, "-t", "1-4", *HELD, env=nobody)
    cell.run("qdel", f"{number}.2")
    manager, operator = DENIED.format("manager"), DENIED.format("operator")
    for words, expected in (
        (["-h", "uos", f"{number}.1-3"], [manager] * 3),
        (["-h", "o", f"{number}.3-6"], [operator] * 2),
        (["-h", "so", str(number)], [manager, operator]),
    ):
        done = cell.run("qalter", *words, env=nobody)
        assert done.stdout.decode().splitlines() == expected


@pytest.mark.slow
def test_a_script_has_its_shell_whatever_shell_says(cell: Cell, tmp_path: Path) -> None:
    path = tmp_path / "script.sh"
    path.write_text("echo ran $1\nexit 3\n")  # neither a first line nor the right to be executed
    words = ("-b", "n", "-shell", "n", "-j", "y", "-o", f"{tmp_path}/$JOB_ID.$TASK_ID", str(path), "here")
    number = submit(cell, tmp_path, *words)
    assert ended(cell, number)[11:13] == ["0", "3"]
    assert (tmp_path / f"{number}.0").read_text() == "ran here\n"


def test_a_run_has_one_shepherd(tmp_path: Path) -> None:
    # the order may be sent twice when the qmaster is killed right after the first time
    assert claim(tmp_path)
    assert not claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["pid"]


@pytest.mark.parametrize("name", ["array", "arr*"])
def test_a_name_with_tasks_means_those_of_each_job_of_that_name(
    cell: Cell, tmp_path: Path, name: str
) -> None:
    """As a real 8.1.9 answers; so does it where the job is no array."""
    first, second, single = (
        submit(cell, tmp_path, "-h", "-N", called, *tasks, "-b", "y", "true")
        for called, tasks in (("array", ("-t", "1-3")), ("array", ("-t", "5-7")), ("one", ()))
    )
    refused = "Modify operation can not be applied on job-array task {} in pending/hold state\n"
    for task, expected in (
        ("2", refused.format(f"{first}.2") + f'invalid queue or job "{second}"\n'),
        ("7", f'invalid queue or job "{first}"\n' + refused.format(f"{second}.7")),
        ("9", f'invalid queue or job "{first}"\ninvalid queue or job "{second}"\n'),
    ):
        done = cell.run("qmod", "-sj", name, "-t", task)
        assert (done.returncode, done.stdout.decode()) == (1, expected)
    done = cell.run("qmod", "-usj", "one", "-t", "2")
    assert (done.returncode, done.stdout.decode()) == (1, f'invalid queue or job "{single}"\n')
    cell.run("qdel", str(first), str(second), str(single))


@pytest.mark.slow
def test_a_new_run_has_a_shepherd_of_its_own(cell: Cell, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, "-r", "y", "-b", "y", "-shell", "n", "-cwd", "sleep", "100")
    wait_for(lambda: state(cell, number) == "r")
    cell.run("qmod", "-rj", str(number))
    wait_for(lambda: state(cell, number) == "Rr")
