"""synchronize(), as observed of libdrmaa."""

from __future__ import annotations

import pytest

from tests.contract.harness import NO_SUCH_JOB, NO_USAGE, SYNCHRONIZE_TIMEOUT, World
from tests.patience import PATIENCE
from tests.tables import each_row

MALFORMED = 'code 4: Job id, "{}", is not a valid job id'


def test_done(session: World) -> None:
    jobs = [session.run(), session.run("/bin/false"), session.run("/no/such/program")]
    assert session.session.synchronize(jobs, PATIENCE, False) is None
    for job in jobs:
        assert session.session.wait(job, 0).jobId == job


def test_time_out(session: World) -> None:
    job = session.held()
    for timeout in (0, 1):
        with session.refuses("ExitTimeoutException", SYNCHRONIZE_TIMEOUT):
            session.session.synchronize([job], timeout, False)
    with session.refuses("ExitTimeoutException", SYNCHRONIZE_TIMEOUT):
        session.session.synchronize([session.run(), job], 0, False)


def test_ids_of_no_job_count_as_done(session: World) -> None:
    reaped = session.run()
    session.session.wait(reaped, PATIENCE)
    foreign = session.tool("qsub", "-terse", "-h", "-b", "y", "/bin/true").stdout.strip()
    session.submitted.append(foreign)
    for dispose in (False, True):
        session.session.synchronize(["999999", reaped, foreign], -1, dispose)


@each_row("job", ["abc", "", "DRMAA_JOB_IDS_SESSION_ANY"])
def test_malformed_element(session: World, job: str) -> None:
    with session.refuses("InvalidArgumentException", MALFORMED.format(job)):
        session.session.synchronize(["999999", job], 0, False)


def test_what_follows_all_is_not_read(fresh: World) -> None:
    fresh.session.synchronize([fresh.everything, "abc"], 0, False)
    with fresh.refuses("InvalidArgumentException", MALFORMED.format("abc")):
        fresh.session.synchronize(["abc", fresh.everything], 0, False)


def test_nothing_to_wait_for(fresh: World) -> None:
    fresh.session.synchronize([], -1, True)
    for dispose in (False, True):
        fresh.session.synchronize([fresh.everything], -1, dispose)


def test_a_str_is_its_characters(session: World) -> None:
    with session.refuses("InvalidArgumentException", MALFORMED.format("a")):
        session.session.synchronize("abc", 0, False)


def test_elements_are_made_text(session: World) -> None:
    job = session.run()
    session.session.synchronize([int(job)], PATIENCE, False)
    assert session.session.wait(job, 0).hasExited


def test_no_list(session: World) -> None:
    with pytest.raises(TypeError):
        session.session.synchronize(None, 0, False)


@pytest.mark.parametrize("timeout", ["1", None], ids=repr)
def test_time_out_of_a_wrong_type(session: World, timeout: object) -> None:
    with session.refuses_type(timeout):
        session.session.synchronize([session.held()], timeout, False)


@pytest.mark.only_on("cli-real", "cli-fake")  # drmaa-python documents floats and refuses them
def test_time_out_as_a_float(session: World) -> None:
    with session.refuses("ExitTimeoutException", SYNCHRONIZE_TIMEOUT):
        session.session.synchronize([session.held()], 0.3, False)


def test_dispose(session: World) -> None:
    job = session.run()
    session.session.synchronize([job], PATIENCE, True)
    for call in (lambda: session.session.wait(job, 0), lambda: session.status(job)):
        with session.refuses("InvalidJobException", NO_SUCH_JOB):
            call()


def test_dispose_of_those_that_ended_in_time(session: World) -> None:
    ended, waiting = session.run(), session.held()
    session.session.synchronize([ended], PATIENCE, False)
    with session.refuses("ExitTimeoutException", SYNCHRONIZE_TIMEOUT):
        session.session.synchronize([ended, waiting], 0, True)
    with session.refuses("InvalidJobException", NO_SUCH_JOB):
        session.session.wait(ended, 0)


def test_a_time_out_for_all_reaps_nothing(fresh: World) -> None:
    ended, waiting = fresh.run(), fresh.held()
    fresh.session.synchronize([ended], PATIENCE, False)
    with fresh.refuses("ExitTimeoutException", SYNCHRONIZE_TIMEOUT):
        fresh.session.synchronize([fresh.everything], 0, True)
    assert fresh.session.wait(ended, 0).hasExited
    assert fresh.status(waiting) == "user_on_hold"


def test_dispose_of_all(fresh: World) -> None:
    # libdrmaa reaps only jobs whose end arrives during the call, and keeps those that had ended before.
    jobs = [fresh.run("/bin/sleep", "0.3"), fresh.run("/bin/false")]
    fresh.session.synchronize([fresh.everything], PATIENCE, True)
    for job in jobs:
        with fresh.refuses("InvalidJobException", NO_SUCH_JOB):
            fresh.session.wait(job, 0)


# libdrmaa keeps it or not, depending on whether it has heard of the deletion before the call.
@pytest.mark.only_on("cli-real", "cli-fake")
def test_dispose_of_all_keeps_a_job_without_usage(fresh: World) -> None:
    deleted = fresh.held()
    fresh.session.control(deleted, "terminate")
    fresh.session.synchronize([fresh.everything], PATIENCE, True)
    with fresh.refuses("NoResourceUsageException", NO_USAGE):
        fresh.session.wait(deleted, 0)


def test_a_bulk_job_as_a_whole_is_its_first_task(session: World) -> None:
    first, second = session.bulk(1, 2, 1, jobSubmissionState="drmaa_hold")
    session.session.control(first, "release")
    session.session.synchronize([first.partition(".")[0]], PATIENCE, False)
    assert session.status(second) == "user_on_hold"
    assert session.session.wait(first, 0).jobId == first


def test_all_is_what_was_there_at_the_call(fresh: World) -> None:
    jobs = [fresh.run(), *fresh.bulk(1, 3, 1)]
    fresh.session.synchronize([fresh.everything], PATIENCE, False)
    assert sorted(fresh.session.wait(job, 0).jobId for job in jobs) == sorted(jobs)
