"""Override tickets (qalter -ot): figures of a real 8.1.9 of two slots, weight_waiting_time 0."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .pure import PureCell

TICKETS = ("tckts", "ovrts", "otckt")


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    """Two jobs run and one waits."""
    scheduler = {"weight_waiting_time": "0.000000", "weight_ticket": "0.500000", "weight_urgency": "0.500000"}
    made = PureCell(tmp_path, slots=2, scheduler=scheduler)
    for _ in range(3):
        does(made, "qsub -b y sleep 100")
    return made


def does(cell: PureCell, line: str) -> str:
    """A command line of root's, and a run of the scheduler after it."""
    _, out, err = cell.run(line.split(), "root")
    cell.qmaster.tick()
    return out + err


def figures(cell: PureCell) -> dict[str, list[str]]:
    """By job and state: prior, ntckts, the tickets and the share."""
    found = {}
    for line in cell.run(["qstat", "-ext"], "root")[1].splitlines()[2:]:
        row = line.split()
        shown = re.search(r" +(\d+) +(\d+) +(\d+) +0 +0 (\d\.\d\d)  ", line)
        assert shown is not None, line
        state = next(word for word in row if word in ("r", "s", "qw", "hqw"))
        found[f"{row[0]} {state}"] = [row[1], row[2], *shown.groups()]
    return found


def test_who_has_the_most_comes_first(cell: PureCell) -> None:
    assert does(cell, "qalter -ot 5 1") == "root@localhost sets override tickets of job 1 to 5\n"
    assert figures(cell) == {
        "1 r": ["0.75000", "1.00000", "5", "5", "5", "1.00"],
        "2 r": ["0.25000", "0.00000", "0", "0", "0", "0.00"],
        "3 qw": ["0.25000", "0.00000", "0", "0", "0", "0.00"],
    }
    does(cell, "qalter -ot 10 3")
    does(cell, "qalter -ot 100 2")
    assert figures(cell) == {
        "2 r": ["0.75000", "1.00000", "100", "100", "100", "0.95"],
        "1 r": ["0.27500", "0.05000", "5", "5", "5", "0.05"],
        "3 qw": ["0.30000", "0.10000", "10", "10", "10", "1.00"],
    }


def test_each_task_has_all_tickets_of_its_job(cell: PureCell) -> None:
    for line in (
        "qsub -t 1-4 -b y sleep 100",
        "qalter -ot 10 3",
        "qalter -ot 1000 4",
        "qdel -f 1",
        "qdel -f 2",
    ):
        does(cell, line)
    rows = [line for line in cell.run(["qstat", "-ext"], "root")[1].splitlines() if " r " in line]
    assert [re.findall(r" 1000 +1000 +1000 +0 +0 (0.50) .* (\d)$", line.rstrip()) for line in rows] == [
        [("0.50", "1")],
        [("0.50", "2")],
    ]
    found = figures(cell)
    assert found["4 qw"] == ["0.75000", "1.00000", "1000", "1000", "1000", "0.99"]
    assert found["3 qw"] == ["0.25500", "0.01000", "10", "10", "10", "0.01"]


def test_tickets_of_a_held_job_do_not_count(cell: PureCell) -> None:
    does(cell, "qalter -ot 9 3")
    does(cell, "qhold 3")
    found = figures(cell)
    assert found["3 hqw"] == ["0.00000", "0.00000", "0", "9", "0", "0.00"]
    assert found["1 r"] == ["0.50000", "0.50000", "0", "0", "0", "0.00"]


def test_a_suspended_task_keeps_what_it_had(cell: PureCell) -> None:
    does(cell, "qalter -ot 5 1")
    does(cell, "qmod -sj 1")
    does(cell, "qalter -ot 50 1")
    assert figures(cell)["1 s"] == ["0.75000", "1.00000", "5", "50", "5", "1.00"]


def test_a_parallel_job_that_runs_shows_none(tmp_path: Path) -> None:
    scheduler = {"weight_waiting_time": "0.000000", "weight_ticket": "0.500000", "weight_urgency": "0.500000"}
    made = PureCell(tmp_path, slots=2, scheduler=scheduler)
    for line in ("qsub -pe smp 2 -b y sleep 100", "qsub -b y sleep 100", "qalter -ot 7 1"):
        does(made, line)
    assert figures(made) == {
        "1 r": ["1.00000", "1.00000", "0", "7", "0", "1.00"],
        "2 qw": ["0.00000", "0.00000", "0", "0", "0", "0.00"],
    }


def test_details(cell: PureCell) -> None:
    does(cell, "qalter -ot 5 3")
    text = does(cell, "qstat -j 3")
    assert "version:                    1\noticket:                    5\n" in text
    assert "<JB_override_tickets>5</JB_override_tickets>" in does(cell, "qstat -j 3 -xml")
    assert "<JB_jobshare>1</JB_jobshare>" in does(cell, "qstat -ext -xml")
    does(cell, "qalter -ot 0 3")
    assert "version:                    2\nbinding" in does(cell, "qstat -j 3")


@pytest.mark.parametrize(
    ("word", "tickets"),
    [("1.5", 1), ("1e2", 100), ("7.9", 7), ("4294967295", 2147483648), ("99999999999", 2147483648)],
)
def test_numbers(cell: PureCell, word: str, tickets: int) -> None:
    text = f"root@localhost sets override tickets of job 3 to {tickets}\n"
    assert does(cell, f"qalter -ot {word} 3") == text
