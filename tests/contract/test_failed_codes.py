"""Every ``failed`` code of accounting(5), given by the job's own shepherd, on all back ends.

On a real cell a ``shepherd_cmd`` runs the real shepherd to its end and puts the code of the test in the place
of what it said. What becomes of the job is Grid Engine's own doing; what is told of it, libdrmaa's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.gridengine.failed import CODES
from tests.contract.conftest import FakeCell
from tests.contract.harness import Cell, World
from tests.patience import PATIENCE
from tests.real_cell import RealCell

pytestmark = [pytest.mark.slow, pytest.mark.only_on("cli-real", "cli-fake", "oracle")]

UNKNOWN = (39, 40, 101, 137)  # no release documents them
AGAIN = (24, 25)
JOB_ERROR = (26, 27, 28, 29, 30, 32, 33, 35, 38)
QUEUE_ERROR = (*range(1, 12), 15, 34, 36)
OVER = (12, 13, 14, *range(16, 24), 31, 37, *UNKNOWN, 100)
OF_EACH_GROUP = (12, 15, 24, 26, 36, 37, 38, 39, 100, 137)
"""Codes of a run in which the job had begun."""
WRAPPER = """\
#!/bin/sh
: >{folder}/active
while IFS== read -r name id && [ "$name" != job_id ]; do :; done <config
if [ -e {folder}/$id ]; then
    read -r code <{folder}/$id
    rm {folder}/$id
    /usr/lib/gridengine/sge_shepherd "$@"
    echo "$code" >exit_status
    exit "$code"
fi
exec /usr/lib/gridengine/sge_shepherd "$@"  # which takes the execution daemon's signals
"""
Says = Callable[[str, int], None]


@pytest.fixture(scope="module")
def shepherd_says(cell: Cell) -> Says:
    """Has the shepherd of a job's next run end with a code."""
    if isinstance(cell, FakeCell):
        return cell.shepherd_says
    assert isinstance(cell, RealCell)
    folder = cell.directory / "shepherd"
    if not folder.exists():  # another back end has the same cell
        install_wrapper(cell, folder)

    def says(job: str, code: int) -> None:
        Path(folder, job).write_text(f"{code}\n")

    return says


def install_wrapper(cell: RealCell, folder: Path) -> None:
    """For as long as the cell lives: without a code for a job it changes nothing."""
    folder.mkdir()
    wrapper = folder / "wrapper"
    wrapper.write_text(WRAPPER.format(folder=folder))
    wrapper.chmod(0o755)
    before = cell.run("qconf", "-sconf").stdout.splitlines()
    lines = [line for line in before if not line.startswith(("#", "shepherd_cmd"))]
    path = folder / "global"  # qconf takes the name for the host's
    path.write_text("\n".join([*lines, f"shepherd_cmd {wrapper}", ""]))
    cell.run("qconf", "-Mconf", str(path))
    deadline = time.monotonic() + PATIENCE
    while not (folder / "active").exists():  # then the execution daemon has read the new configuration
        assert time.monotonic() < deadline
        cell.run("qsub", "-b", "y", "-o", "/dev/null", "-j", "y", "true")
        time.sleep(0.5)


def run_all(world: World, says: Says, codes: tuple[int, ...], script: str) -> dict[int, str]:
    """A job for each code; all start together, before one of them can have put the queue in error."""
    jobs = {code: world.held(command="/bin/sh", args=["-c", script]) for code in codes}
    world.tool("qmod", "-d", "*", check=True)
    try:
        for code, job in jobs.items():
            says(job, code)
            world.session.control(job, "release")
    finally:
        world.tool("qmod", "-e", "*", check=True)
    return jobs


def recorded(world: World, job: str) -> list[int]:
    """The ``failed`` codes of a job's records so far."""
    path = Path(world.cell.env["SGE_ROOT"], world.cell.env.get("SGE_CELL", "default"), "common", "accounting")
    text = path.read_text() if path.exists() else ""  # no job of the cell has ended yet
    lines = [line.split(":") for line in text.splitlines()]
    return [int(line[11]) for line in lines if len(line) > 11 and line[5] == job]


def told(world: World, jobs: dict[int, str]) -> dict[int, Any]:
    infos = {code: world.session.wait(job, PATIENCE) for code, job in jobs.items()}
    if not world.is_oracle:
        for info in infos.values():
            assert info.succeeded is (info.failed == 0 and info.exitStatus == 0)
    return {code: info[1:7] for code, info in infos.items()}


def test_every_code_is_in_a_group() -> None:
    assert sorted((*AGAIN, *JOB_ERROR, *QUEUE_ERROR, *OVER, 0)) == sorted((*CODES, *UNKNOWN))


def test_codes_with_which_the_job_is_over(fresh: World, shepherd_says: Says) -> None:
    jobs = run_all(fresh, shepherd_says, OVER, "exit 3")
    assert told(fresh, jobs) == dict.fromkeys(OVER, (True, False, "", False, False, 3))
    fresh.eventually(
        lambda: fresh.tool("qmod", "-cq", "*").stdout, lambda said: "(no error)" in said
    )  # code 13, failed in the stop procedure of a parallel environment, puts the queue in error all the same


def test_a_job_that_a_signal_ended_has_its_own_code(fresh: World, shepherd_says: Says) -> None:
    jobs = run_all(fresh, shepherd_says, OF_EACH_GROUP, "kill -9 $$")
    assert told(fresh, jobs) == dict.fromkeys(OF_EACH_GROUP, (False, True, "SIGKILL", False, False, 0))
    assert {tuple(recorded(fresh, job)) for job in jobs.values()} == {(100,)}


def test_codes_with_which_the_job_is_run_again(fresh: World, shepherd_says: Says) -> None:
    jobs = run_all(fresh, shepherd_says, AGAIN, "exit 3")
    assert told(fresh, jobs) == dict.fromkeys(AGAIN, (True, False, "", False, False, 3))
    assert {code: recorded(fresh, job) for code, job in jobs.items()} == {code: [code, 0] for code in AGAIN}


def test_codes_with_which_the_job_is_in_error(fresh: World, shepherd_says: Says) -> None:
    jobs = run_all(fresh, shepherd_says, JOB_ERROR, "exit 3")
    for job in jobs.values():
        fresh.until(job, "failed")
    assert told(fresh, jobs) == dict.fromkeys(JOB_ERROR, (False, False, "", False, True, 0))


@pytest.mark.parametrize(("script", "codes"), [("exit 3", QUEUE_ERROR), ("exit 0", QUEUE_ERROR[::8])])
def test_codes_with_which_the_queue_is_in_error(
    fresh: World, shepherd_says: Says, script: str, codes: tuple[int, ...]
) -> None:
    """The job waits for another queue; its record is not its end."""
    jobs = run_all(fresh, shepherd_says, codes, script)
    once = [[code] for code in codes]
    fresh.eventually(lambda: [recorded(fresh, job) for job in jobs.values()], lambda seen: seen == once)
    assert {fresh.status(job) for job in jobs.values()} == {"queued_active"}

    def cleared() -> list[list[int]]:
        fresh.tool("qmod", "-cq", "*", check=True)  # again and again: the last report may come after a record
        return [recorded(fresh, job) for job in jobs.values()]

    fresh.eventually(cleared, lambda seen: seen == [[code, 0] for code in codes])
    status = int(script[-1])
    assert told(fresh, jobs) == dict.fromkeys(codes, (True, False, "", False, False, status))
