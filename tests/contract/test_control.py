"""control(): each state and each action, with the class and text of a refusal, as observed of libdrmaa."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.contract.harness import World
from tests.patience import PATIENCE
from tests.tables import each_row, sampled

ACTIONS = ("suspend", "resume", "hold", "release", "terminate")
SUSPEND = "SuspendInconsistentStateException"
RESUME = "ResumeInconsistentStateException"
PENDING = "Modify operation can not be applied on job-array task {id}.1 in pending/hold state"
NOT_PENDING = {"suspend": (SUSPEND, f"code 20: {PENDING}"), "resume": (RESUME, f"code 19: {PENDING}")}
UNKNOWN = {
    "suspend": ("InvalidJobException", 'code 18: invalid queue or job "{id}"'),
    "resume": ("InvalidJobException", 'code 18: invalid queue or job "{id}"'),
    "hold": ("InvalidJobException", 'code 18: denied: job "{id}" does not exist'),
    "release": ("InvalidJobException", 'code 18: denied: job "{id}" does not exist'),
    "terminate": ("InvalidJobException", "code 18: There are no jobs registered"),
}


class State(NamedTuple):
    """How to bring a job into a state; per action what it then is (or the refusal)."""

    name: str
    make: Callable[[World], str]
    outcome: dict[str, str | tuple[str, str]]


def future(world: World) -> str:
    return world.run(startTime="2035/01/01 00:00")


def dependent(world: World) -> str:
    return world.run(nativeSpecification=f"-hold_jid {world.held()}")


def suspended(world: World) -> str:
    job = world.sleeper()
    world.session.control(job, "suspend")
    world.until(job, "user_suspended")
    return job


def in_error(world: World) -> str:
    """A job made by qsub itself that cannot start: Grid Engine keeps it, in state Eqw."""
    words = ("-terse", "-b", "y", "-shell", "n", "-o", "/dev/null", "-j", "y", "-wd", "/no/such/directory")
    job = world.tool("qsub", *words, "/bin/true", check=True).stdout.strip()
    world.submitted.append(job)
    world.until_letters(job, "Eqw")
    return job


def unschedulable(world: World) -> str:
    return world.run(nativeSpecification="-w n -l arch=pdp11")


STATES = [
    State(
        "queued",
        unschedulable,
        {**NOT_PENDING, "hold": "user_on_hold", "release": "queued_active", "terminate": "failed"},
    ),
    State(
        "user hold",
        World.held,
        {
            **NOT_PENDING,
            "hold": "user_on_hold",
            "release": "queued_active running done",
            "terminate": "failed",
        },
    ),
    State(
        "dependency",
        dependent,
        {**NOT_PENDING, "hold": "user_system_on_hold", "release": "system_on_hold", "terminate": "failed"},
    ),
    State(
        "future start",
        future,
        {**NOT_PENDING, "hold": "user_system_on_hold", "release": "system_on_hold", "terminate": "failed"},
    ),
    State(
        "running",
        World.sleeper,
        {
            "suspend": "user_suspended",
            "resume": (RESUME, "code 19: {user} - job {id} is already unsuspended"),
            "hold": "user_on_hold",
            "release": "running",
            "terminate": "failed",
        },
    ),
    State(
        "suspended",
        suspended,
        {
            "suspend": (SUSPEND, "code 20: {user} - job {id} is already suspended"),
            "resume": "running",
            "hold": "user_on_hold",
            "release": "user_suspended",
            "terminate": "failed",
        },
    ),
]
CASES = [(f"{action} {state.name}", state, action) for state in STATES for action in ACTIONS]


@pytest.mark.parametrize(
    ("state", "action"),
    # of each row another column, so that make quick has each action and each state
    sampled([case[1:] for case in CASES], [case[0] for case in CASES], every=len(ACTIONS) + 1),
)
def test_control(session: World, state: State, action: str) -> None:
    job = state.make(session)
    outcome = state.outcome[action]
    if isinstance(outcome, tuple):
        with session.refuses(outcome[0], outcome[1].format(id=job, user=session.user)):
            session.session.control(job, action)
    else:
        assert session.session.control(job, action) is None
        session.until(job, *outcome.split())


def test_jobs_in_error(session: World) -> None:
    job = in_error(session)
    assert session.status(job) == "failed"
    for action in ("suspend", "resume"):
        session.session.control(job, action)
        assert session.letters(job) == "Eqw"
    session.session.control(job, "hold")
    session.until_letters(job, "Ehqw")
    assert session.status(job) == "failed"
    session.session.control(job, "release")
    session.until_letters(job, "Eqw")
    session.session.control(job, "terminate")
    session.until_letters(job, "")


@each_row("action", ACTIONS)
def test_a_job_that_never_was(session: World, action: str) -> None:
    error, text = UNKNOWN[action]
    with session.refuses(error, text.format(id="999999")):
        session.session.control("999999", action)


def test_an_ended_job(session: World) -> None:
    job = session.run()
    session.session.synchronize([job], PATIENCE, False)
    # An end is heard of, and no list shows the job any more, before the qmaster has removed it.
    session.eventually(lambda: session.tool("qstat", "-j", job).returncode, bool)
    for _ in ("unreaped", "reaped"):
        for action in ACTIONS:
            error, text = UNKNOWN[action]
            with session.refuses(error, text.format(id=job)):
                session.session.control(job, action)
        session.session.synchronize([job], PATIENCE, True)


def test_unknown_action(session: World) -> None:
    for action in ("bogus", "", 3, None):
        with pytest.raises(ValueError, match=r"is not in list"):
            session.session.control("1", action)


def test_actions_have_names(session: World) -> None:
    named = session.api.JobControlAction
    assert (named.SUSPEND, named.RESUME, named.HOLD, named.RELEASE, named.TERMINATE) == ACTIONS
    job = session.held()
    session.session.control(job, named.RELEASE)
    assert session.session.wait(job, PATIENCE).hasExited


@each_row("job", ["abc", "", "*", "name"])
def test_what_is_no_job_id(session: World, job: str) -> None:
    for action in ACTIONS:
        with session.refuses("InvalidArgumentException", f'code 4: Job id, "{job}", is not a valid job id'):
            session.session.control(job, action)


@each_row("job", ["1.", ".1", "1.a"])
def test_what_is_no_bulk_job_id(session: World, job: str) -> None:
    with session.refuses("InvalidArgumentException", f'code 4: Job id, "{job}", is not a valid bulk job id'):
        session.session.control(job, "hold")


@pytest.mark.parametrize("job", [5, ["1"]], ids=repr)
def test_job_id_of_a_wrong_type(session: World, job: Any) -> None:
    with session.refuses_type(job):
        session.session.control(job, "hold")


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa crashes
def test_no_job_id(session: World) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: session.session.control(None, "hold"),
        lambda: session.session.wait(None, 0),
        lambda: session.session.jobStatus(None),
    ]
    for call in calls:
        with session.refuses("InvalidArgumentException"):
            call()


@each_row("job", ["0", "0.1", "0x10", "-0"])
def test_zero(session: World, job: str) -> None:
    for action in ("hold", "release"):
        with session.refuses("InternalException", "code 1: You have to specify a username or job ids"):
            session.session.control(job, action)
    for action in ("suspend", "resume"):
        with session.refuses("InvalidJobException", f'code 18: invalid queue or job "{job}"'):
            session.session.control(job, action)


@pytest.mark.only_on("cli-real", "cli-fake")
def test_terminating_zero(session: World) -> None:
    """Not asked of libdrmaa: it passes the 0 on, and qdel takes it for all jobs of a manager's cell."""
    with session.refuses("InvalidJobException", "code 18: There are no jobs registered"):
        session.session.control("0", "terminate")


# What begins with a number and is no id. libdrmaa reads the number and changes that job, if there is one.
LIKE_IDS = [
    "999991abc",
    "999991.3abc",
    " 999991",
    "999991 ",
    "999991-3",
    "+999991",
    "999991e3",
    "99999999999",
]


@each_row("job", LIKE_IDS)
def test_what_begins_like_a_job_id(session: World, job: str) -> None:
    for action in ACTIONS:
        error, text = UNKNOWN[action]
        with session.refuses(error) as caught:
            session.session.control(job, action)
        number = 'denied: job "' in text and session.is_oracle
        shown = job if not number else str(int(re.match(r"\s*\+?(\d+)", job)[1]) % 2**32)  # type: ignore[index]
        assert str(caught.value) == text.format(id=shown)


def test_any_is_no_job(session: World) -> None:
    any_job = session.anyone
    name = any_job if isinstance(any_job, str) else any_job.decode()
    with session.refuses("InvalidArgumentException", f'code 4: Job id, "{name}", is not a valid job id'):
        session.session.control(any_job, "hold")


@pytest.mark.slow
def test_one_task(session: World) -> None:
    first, second, third = session.bulk(1, 3, 1, jobSubmissionState="drmaa_hold")
    session.session.control(second, "release")
    assert session.session.wait(second, PATIENCE).hasExited
    assert session.status(first) == session.status(third) == "user_on_hold"
    text = f"code 20: Modify operation can not be applied on job-array task {third} in pending/hold state"
    with session.refuses(SUSPEND, text):
        session.session.control(third, "suspend")


def test_a_whole_bulk_job(session: World) -> None:
    jobs = session.bulk(1, 3, 1, jobSubmissionState="drmaa_hold")
    whole = jobs[0].partition(".")[0]
    session.session.control(whole, "release")
    for job in jobs:
        assert session.session.wait(job, PATIENCE).hasExited


def test_a_task_that_is_not_there(session: World) -> None:
    whole = session.bulk(1, 2, 1, jobSubmissionState="drmaa_hold")[0].partition(".")[0]
    for action in ("suspend", "resume", "terminate"):
        with session.refuses("InvalidJobException"):
            session.session.control(f"{whole}.9", action)
    for action in ("hold", "release"):
        session.session.control(f"{whole}.9", action)
    assert session.status(f"{whole}.1") == "user_on_hold"


def test_task_zero(session: World) -> None:
    jobs = session.bulk(1, 2, 1, jobSubmissionState="drmaa_hold")
    whole = jobs[0].partition(".")[0]
    with session.refuses("InvalidJobException", "code 18: There are no jobs registered"):
        session.session.control(f"{whole}.0", "terminate")
    session.session.control(f"{whole}.0", "release")
    for job in jobs:
        session.until(job, "queued_active", "running", "done")


def test_the_first_task_of_a_single_job(session: World) -> None:
    job = unschedulable(session)
    session.session.control(f"{job}.1", "hold")
    assert session.status(job) == "user_on_hold"


@pytest.mark.parametrize("task", ["2", "2147483648"])
def test_a_task_that_a_single_job_has_not(session: World, task: str) -> None:
    job = unschedulable(session)
    for action in ("hold", "release"):  # as of an array's
        session.session.control(f"{job}.{task}", action)
    for action in ("suspend", "resume", "terminate"):
        with session.refuses("InvalidJobException"):
            session.session.control(f"{job}.{task}", action)
    assert session.status(job) == "queued_active"


def test_jobs_of_no_session(session: World) -> None:
    job = session.tool(
        "qsub", "-terse", "-h", "-b", "y", "-o", "/dev/null", "-j", "y", "/bin/true"
    ).stdout.strip()
    session.submitted.append(job)
    assert session.status(job) == "user_on_hold"
    session.session.control(job, "terminate")
    session.until_letters(job, "")


def test_all_jobs_of_the_session(fresh: World) -> None:
    everything = fresh.everything
    assert fresh.session.control(everything, "terminate") is None
    single, tasks = fresh.held(), fresh.bulk(1, 2, 1, jobSubmissionState="drmaa_hold")
    other = fresh.tool("qsub", "-terse", "-h", "-b", "y", "/bin/true").stdout.strip()
    fresh.submitted.append(other)
    with fresh.refuses(SUSPEND):
        fresh.session.control(everything, "suspend")
    fresh.session.control(everything, "release")
    for job in (single, *tasks):
        assert fresh.session.wait(job, PATIENCE).hasExited
    assert fresh.letters(other) == "hqw"


def test_all_trips_over_ended_jobs_except_when_terminating(fresh: World) -> None:
    everything = fresh.everything
    ended, waiting = fresh.run(), unschedulable(fresh)
    fresh.session.synchronize([ended], PATIENCE, False)
    fresh.until_letters(ended, "")
    with fresh.refuses("InvalidJobException", f'code 18: denied: job "{ended}" does not exist'):
        fresh.session.control(everything, "hold")
    assert fresh.status(waiting) == "user_on_hold"
    fresh.session.control(everything, "terminate")
    fresh.until(waiting, "failed")
