"""jobStatus(): one test for each way into a state, as observed of libdrmaa."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contract.harness import NO_SUCH_JOB, World
from tests.contract.test_control import dependent, future, in_error, suspended, unschedulable
from tests.patience import PATIENCE
from tests.tables import each_row, sampled

QUEUE = "all.q@localhost"


def with_hold(kind: str) -> Callable[[World], str]:
    """A job held as qhold -h does: user, system, operator or several."""

    def make(world: World) -> str:
        job = unschedulable(world)
        world.tool("qhold", "-h", kind, job, check=True)
        return job

    return make


def held_dependent(world: World) -> str:
    job = dependent(world)
    world.session.control(job, "hold")
    return job


def held_future(world: World) -> str:
    job = future(world)
    world.session.control(job, "hold")
    return job


def held_running(world: World) -> str:
    job = world.sleeper()
    world.session.control(job, "hold")
    return job


def held_suspended(world: World) -> str:
    job = suspended(world)
    world.session.control(job, "hold")
    return job


def not_rerun(world: World) -> str:
    job = world.sleeper(nativeSpecification="-r n")
    world.tool("qmod", "-rj", job)
    return job


def beyond_concurrency(world: World) -> str:
    first, second = world.bulk(1, 2, 1, "/bin/sleep", "300", nativeSpecification="-tc 1")
    world.until(first, "running")
    return second


ROWS: list[tuple[str, Callable[[World], str], str, str]] = [
    ("unschedulable", unschedulable, "qw", "queued_active"),
    ("user hold", World.held, "hqw", "user_on_hold"),
    ("user hold by qhold", with_hold("u"), "hqw", "user_on_hold"),
    ("system hold", with_hold("s"), "hqw", "system_on_hold"),
    ("operator hold", with_hold("o"), "hqw", "system_on_hold"),
    ("user and system hold", with_hold("us"), "hqw", "user_system_on_hold"),
    ("user and operator hold", with_hold("uo"), "hqw", "user_system_on_hold"),
    ("dependency", dependent, "hqw", "system_on_hold"),
    ("dependency and user hold", held_dependent, "hqw", "user_system_on_hold"),
    ("future start", future, "qw", "system_on_hold"),
    ("future start and user hold", held_future, "hqw", "user_system_on_hold"),
    ("task beyond -tc", beyond_concurrency, "", "queued_active"),
    ("error", in_error, "Eqw", "failed"),
    ("running", World.sleeper, "r", "running"),
    ("running and hold", held_running, "hr", "user_on_hold"),
    ("suspended", suspended, "s", "user_suspended"),
    ("suspended and hold", held_suspended, "hs", "user_on_hold"),
    ("running, not rerunnable, after qmod -rj", not_rerun, "r", "running"),
]


@contextmanager
def suspended_queue(world: World) -> Iterator[None]:
    """Suspend the whole queue, and free it again."""
    world.tool("qmod", "-sq", QUEUE, check=True)
    try:
        yield
    finally:
        world.tool("qmod", "-usq", QUEUE, check=True)


@pytest.mark.parametrize(
    ("make", "letters", "status"), sampled([row[1:] for row in ROWS], [row[0] for row in ROWS], every=4)
)
def test_status(session: World, make: Callable[[World], str], letters: str, status: str) -> None:
    job = make(session)
    session.until(job, status)
    if letters:
        session.until_letters(job, letters)
        assert session.status(job) == status


@pytest.mark.slow
def test_suspended_queue(session: World) -> None:
    job, waiting = session.sleeper(), unschedulable(session)
    with suspended_queue(session):
        session.until(job, "system_suspended")
        session.until_letters(job, "S")
        assert session.status(waiting) == "queued_active"
        session.session.control(job, "suspend")
        session.until(job, "user_system_suspended")
    if (
        session.is_ocs
    ):  # there the job keeps its state until it is resumed (special.queue_usq of the transcripts)
        assert session.status(job) == "user_system_suspended"
    else:
        session.until(job, "user_suspended")
    session.session.control(job, "resume")
    session.until(job, "running")


def test_disabled_queue(session: World) -> None:
    job = session.sleeper()
    session.tool("qmod", "-d", QUEUE, check=True)
    try:
        assert session.status(job) == "running"
    finally:
        session.tool("qmod", "-e", QUEUE, check=True)


@pytest.mark.slow
def test_rescheduled(session: World) -> None:
    """A job that exits with 99 runs again; the hold it got meanwhile keeps it pending to be looked at."""
    again, end_first, end_second = (session.file(name) for name in ("again", "end_first", "end_second"))
    script = (
        'await() { until test -e "$1"; do sleep 0.1; done; }; '
        f"test $RESTARTED = 1 || {{ await {end_first}; exit 99; }}; touch {again}; await {end_second}; exit 4"
    )
    job = session.run("/bin/sh", "-c", script, nativeSpecification="-r y")
    session.until(job, "running")
    session.session.control(job, "hold")
    end_first.touch()
    session.until_letters(job, "hRq")
    assert session.status(job) == "user_on_hold"
    session.session.control(job, "release")
    session.eventually(again.exists, bool)
    session.until_letters(job, "Rr")
    assert session.status(job) == "running"
    end_second.touch()
    info = session.session.wait(job, PATIENCE)
    assert (info.hasExited, info.exitStatus) == (True, 4)


@pytest.mark.slow
def test_status_of_ended_jobs(session: World) -> None:
    rows = {
        "exit 0": (["/bin/true"], "done"),
        "exit 1": (["/bin/false"], "done"),
        "signal": (["/bin/sh", "-c", "kill -9 $$"], "done"),
        "exit 100": (["/bin/sh", "-c", "exit 100"], "failed"),
        "no program": (["/no/such/program"], "failed"),
    }
    expected = {name: status for name, (_, status) in rows.items()}
    jobs = {name: session.run(*command) for name, (command, _) in rows.items()}

    def seen() -> dict[str, str]:
        return {name: session.status(job) for name, job in jobs.items()}

    session.eventually(seen, lambda states: states == expected)
    assert seen() == expected
    for job in jobs.values():
        session.session.wait(job, PATIENCE)
        with session.refuses("InvalidJobException", NO_SUCH_JOB):
            session.status(job)


@pytest.mark.slow
def test_a_deleted_job_has_failed(session: World) -> None:
    running, waiting = session.sleeper(), session.held()
    session.session.control(running, "terminate")
    session.session.control(waiting, "terminate")
    session.until(running, "failed")
    session.until(waiting, "failed")


def test_jobs_that_are_not_there(session: World) -> None:
    tasks = session.bulk(1, 2, 1, jobSubmissionState="drmaa_hold")
    whole, single = tasks[0].partition(".")[0], session.held()
    for job in ("999999", "999999.1", whole, f"{whole}.9", f"{single}.1"):
        with session.refuses("InvalidJobException", NO_SUCH_JOB):
            session.status(job)


@each_row("job", ["abc", "", "*"])
def test_what_is_no_job_id(session: World, job: str) -> None:
    with session.refuses("InvalidArgumentException", f'code 4: Job id, "{job}", is not a valid job id'):
        session.status(job)


def test_status_of_a_wrong_type(session: World) -> None:
    with session.refuses_type(5):
        session.session.jobStatus(5)


def test_an_ended_job_of_no_session(session: World) -> None:
    job = session.tool("qsub", "-terse", "-b", "y", "-o", "/dev/null", "-j", "y", "/bin/true").stdout.strip()
    session.until_letters(job, "")
    with session.refuses("InvalidJobException", NO_SUCH_JOB):
        session.status(job)


@pytest.mark.here
@pytest.mark.parametrize("options", ["-g c", "-l arch=nosuch", "-q nosuch.q", "-g c -l h_rt=1\n-q nosuch.q"])
@pytest.mark.only_on("cli-real", "cli-fake")
def test_default_options_of_qstat(world: World, options: str) -> None:
    """Of the whole cell: each of them alone gives a listing without the job."""
    path = Path(world.cell.env["SGE_ROOT"], world.cell.env.get("SGE_CELL", "default"), "common", "sge_qstat")
    path.write_text(f"{options}\n")
    try:
        world.begin()
        job = world.sleeper()
        assert world.tool("qstat", "-xml", "-u", world.user).stdout.count(f"<JB_job_number>{job}<") == 0
        held = world.held()
        assert world.status(held) == "user_on_hold"
        world.session.control(job, "terminate")
        assert world.session.wait(job, PATIENCE).wasAborted
    finally:
        path.unlink()
        world.end()
