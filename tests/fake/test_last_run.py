"""What the scheduler's last run knew: the same commands on a real 8.1.9 cell gave these answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pure import PureCell


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    return PureCell(tmp_path, queues={"z.q": {"slots": "1"}, "b.q": {"slots": "1"}, "m.q": {"slots": "1"}})


def rows(cell: PureCell, *options: str) -> dict[str, list[str]]:
    """The words of a listing by job number."""
    lines = cell.run(["qstat", "-u", "*", *options], "root")[1].splitlines()[2:]
    return {line.split()[0]: line.split()[1:] for line in lines}


def messages(cell: PureCell, number: int) -> list[str]:
    text = cell.run(["qstat", "-j", str(number)], "root")[1]
    return [line.strip() for line in text.partition("scheduling info:")[2].splitlines()]


def test_queues_that_were_made_first_are_tried_first(cell: PureCell) -> None:
    cell.submit(1, "-b", "y", "sleep", "60")
    cell.submit(2, "-b", "y", "sleep", "60")
    found = rows(cell)
    assert [found[number][6] for number in ("1", "2")] == ["z.q@localhost", "b.q@localhost"]


def test_an_array_with_more_tasks_than_may_run_is_told_so(cell: PureCell) -> None:
    cell.submit(1, "-t", "1-6", "-tc", "2", "-l", "arch=none", "-b", "y", "sleep", "60")
    assert messages(cell, 1)[-2:] == [
        '(-l arch=none) cannot run at host "localhost" because it offers only hl:arch=lx-amd64',
        "not all array tasks may be started due to 'max_aj_instances'",
    ]


def test_ended_tasks_of_an_array_that_goes_on_are_listed(cell: PureCell) -> None:
    cell.submit(1, "-h", "-t", "1-4", "-b", "y", "sleep", "1")
    cell.run(["qdel", "1.2"])
    assert rows(cell, "-s", "z")["1"][-2:] == ["1", "2"]
    cell.run(["qdel", "1.3-4"])
    assert rows(cell)["1"][-2:] == ["1", "1"]
    assert rows(cell, "-s", "z")["1"][-2:] == ["1", "2-4:1"]


def test_a_released_job_shows_what_the_last_run_knew(cell: PureCell) -> None:
    cell.submit(1, "-h", "-b", "y", "sleep", "1")
    cell.run(["qrls", "1"])
    assert rows(cell)["1"][3] == "qw"
    assert rows(cell)["1"][0] == "0.00000"
    assert messages(cell, 1) == ["Job is in hold state"]


def test_a_suspended_job_keeps_its_figures_and_counts_no_more(cell: PureCell) -> None:
    cell.submit(1, "-b", "y", "sleep", "60")
    cell.settle(12.0)
    cell.submit(2, "-b", "y", "sleep", "60")
    cell.settle(3.0)
    assert [rows(cell, "-urg")[number][1] for number in ("1", "2")] == ["1.00000", "0.00000"]
    cell.run(["qmod", "-sj", "1"])
    cell.settle(3.0)
    cell.qmaster.fresh_priorities()
    assert [rows(cell, "-urg")[number][1] for number in ("1", "2")] == ["1.00000", "0.50000"]
