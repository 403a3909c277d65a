"""Jobs that are deleted: arrays of which some tasks run, notified jobs, other people's qdel.

The expectations are libdrmaa's, observed on a real 8.1.9 cell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.harness import NO_USAGE, World, told
from tests.patience import PATIENCE

ABORTED = (False, False, True, 0, "")
KILLED = (False, True, False, 0, "SIGKILL")
SLEEP = ("/bin/sleep", "300")


def brief(info: Any) -> tuple[bool, bool, bool, int, str]:
    return (info.hasExited, info.hasSignal, info.wasAborted, info.exitStatus, info.terminatedSignal)


def end_of(world: World, job: str) -> Any:
    """What wait() says of a job: brief, or the text of the exception."""
    return told(lambda: brief(world.session.wait(job, PATIENCE)))[1]


def partly_running(world: World, tasks: int = 4, **attributes: Any) -> list[str]:
    """An array of which two tasks run (-tc 2) and the others wait."""
    jobs = world.bulk(1, tasks, 1, *SLEEP, nativeSpecification="-tc 2", **attributes)
    for job in jobs[:2]:
        world.until(job, "running")
    return jobs


def whole(world: World, jobs: list[str]) -> None:
    world.session.control(jobs[0].partition(".")[0], "terminate")


def everything(world: World, jobs: list[str]) -> None:
    world.session.control(world.everything, "terminate")


def one_by_one(world: World, jobs: list[str]) -> None:
    for job in reversed(jobs):
        world.session.control(job, "terminate")


WAYS = [whole, everything, one_by_one]


@pytest.mark.parametrize("terminate", WAYS)
def test_an_array_that_partly_runs(fresh: World, terminate: Callable[[World, list[str]], None]) -> None:
    jobs = partly_running(fresh)
    terminate(fresh, jobs)
    assert [end_of(fresh, job) for job in jobs] == [ABORTED, ABORTED, NO_USAGE, NO_USAGE]


@pytest.mark.slow
def test_all_of_several_jobs_in_different_states(fresh: World) -> None:
    jobs = partly_running(fresh)
    held, single = fresh.held(), fresh.bulk(1, 2, 1, jobSubmissionState="drmaa_hold")
    other = partly_running(fresh, 3)
    fresh.session.control(fresh.everything, "terminate")
    assert [end_of(fresh, job) for job in jobs] == [ABORTED, ABORTED, NO_USAGE, NO_USAGE]
    assert [end_of(fresh, job) for job in (held, *single)] == [NO_USAGE] * 3
    assert [end_of(fresh, job) for job in other] == [ABORTED, ABORTED, NO_USAGE]


def test_tasks_that_were_deleted_before_the_rest(fresh: World) -> None:
    """qdel says of them that job N is already in deletion, without the task."""
    jobs = partly_running(fresh, 5)
    for job in jobs[2:]:
        fresh.session.control(job, "hold")
    fresh.session.control(jobs[1], "terminate")
    fresh.session.control(jobs[3], "terminate")
    whole(fresh, jobs)
    expected = [ABORTED, ABORTED, NO_USAGE, NO_USAGE, NO_USAGE]
    assert [end_of(fresh, job) for job in jobs] == expected


@pytest.mark.parametrize("terminate", [whole, everything])
def test_tasks_that_ended_before_the_rest_was_deleted(
    fresh: World, terminate: Callable[[World, list[str]], None]
) -> None:
    """Nobody has asked about them yet; they are done, not deleted."""
    script = "test $SGE_TASK_ID -gt 2 || exit $SGE_TASK_ID; exec sleep 300"
    jobs = fresh.bulk(1, 6, 1, "/bin/sh", "-c", script, nativeSpecification="-tc 2")
    number = jobs[0].partition(".")[0]

    def running() -> list[str]:
        lines = [line.split() for line in fresh.tool("qstat", "-u", "*").stdout.splitlines()[2:]]
        return sorted(words[-1] for words in lines if words[0] == number and words[4] == "r")

    fresh.eventually(running, lambda tasks: tasks == ["3", "4"])
    terminate(fresh, jobs)
    exited = [(True, False, False, status, "") for status in (1, 2)]
    expected = [*exited, ABORTED, ABORTED, NO_USAGE, NO_USAGE]
    assert [end_of(fresh, job) for job in jobs] == expected


@pytest.mark.slow
def test_tasks_with_a_hold_and_suspended_ones(fresh: World) -> None:
    jobs = partly_running(fresh, 5)
    fresh.session.control(jobs[0], "suspend")
    fresh.until(jobs[0], "user_suspended")
    fresh.session.control(jobs[4], "hold")
    fresh.until(jobs[4], "user_on_hold")
    whole(fresh, jobs)
    expected = [ABORTED, ABORTED, NO_USAGE, NO_USAGE, NO_USAGE]
    assert [end_of(fresh, job) for job in jobs] == expected


@pytest.mark.slow
def test_a_rescheduled_job(session: World) -> None:
    job = session.sleeper(nativeSpecification="-r y")
    session.tool("qhold", job, check=True)
    session.tool("qmod", "-rj", job, check=True)
    session.until_letters(job, "hRq")
    session.session.control(job, "terminate")
    assert end_of(session, job) == NO_USAGE


NOTIFIED = {
    "exit 5": "trap 'exit 5' USR2; sleep 300 & wait",
    "exit 0": "trap 'exit 0' USR2; sleep 300 & wait",
    "ignored, then exit 3": "trap '' USR2; while test ! -e GO; do sleep 0.1; done; exit 3",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTIFIED)
def test_a_job_that_traps_its_notification(session: World, name: str) -> None:
    ready, go = session.file("ready"), session.file("go")
    trap, _, rest = NOTIFIED[name].replace("GO", str(go)).partition(";")
    job = session.run("/bin/sh", "-c", f"{trap}; touch {ready}; {rest}", nativeSpecification="-notify")
    session.eventually(ready.exists, bool)
    session.until(job, "running")
    session.session.control(job, "terminate")
    go.touch()
    assert brief(session.session.wait(job, PATIENCE)) == ABORTED


@pytest.mark.slow
def test_somebody_elses_deletion_that_was_seen(session: World) -> None:
    """With -notify the letter d stands in the listing for a while: no kill."""
    ready, go = session.file("ready"), session.file("go")
    script = f"trap '' USR2; touch {ready}; while test ! -e {go}; do sleep 0.1; done; exit 3"
    job = session.run("/bin/sh", "-c", script, nativeSpecification="-notify")
    session.eventually(ready.exists, bool)
    session.until(job, "running")
    session.tool("qdel", job, check=True)
    session.until_letters(job, "dr")
    session.until(session.held(), "user_on_hold")  # whoever knows of this one has asked since
    with session.refuses("ExitTimeoutException"):
        session.session.wait(job, 0)
    go.touch()
    assert brief(session.session.wait(job, PATIENCE)) == ABORTED


def test_a_kill_is_no_deletion(session: World) -> None:
    pid = session.file("pid")
    job = session.run("/bin/sh", "-c", f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 300")
    session.eventually(pid.exists, bool)
    session.tool("/bin/kill", "-9", pid.read_text().strip(), check=True)
    assert brief(session.session.wait(job, PATIENCE)) == KILLED


@pytest.mark.slow
def test_a_deletion_by_force(session: World) -> None:
    """Its record looks like a success; libdrmaa has no usage of it."""
    job = session.sleeper()
    session.eventually(lambda: session.letters(job), lambda letters: letters == "r")
    assert "forced the deletion" in session.tool("qdel", "-f", job).stdout
    assert end_of(session, job) == NO_USAGE
