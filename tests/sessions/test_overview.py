"""jobs(), ends(), unfinished() and controlJobs(): many jobs at once, with few questions and no reaping."""

from __future__ import annotations

import sqlite3

import pytest

from drmaa_cli.constants import JobControlAction, JobState
from drmaa_cli.errors import (
    ExitTimeoutException,
    InvalidActionException,
    InvalidArgumentException,
    InvalidJobException,
    NoActiveSessionException,
)
from drmaa_cli.session.job_session import JobSession
from fake_sge.cell import Cell
from tests.sessions.kit import PATIENCE, job

pytestmark = pytest.mark.usefixtures("inside")


def test_ends_are_told_before_and_after_reaping_and_to_other_processes() -> None:
    with JobSession("session=ends") as session:
        good, bad = session.runJob(job(session, "exit 0")), session.runJob(job(session, "exit 3"))
        session.synchronize([good, bad])
        before = session.ends()
        assert {number: info.exitStatus for number, info in before.items()} == {good: 0, bad: 3}
        assert session.wait(bad) == before[bad]
        assert session.ends([bad]) == {bad: before[bad]}
        with JobSession("session=ends") as other:
            assert other.ends() == before
            assert other.ends(["1.77", "9999999"]) == {}
            assert other.wait(good) == before[good]


def test_ends_of_what_has_not_ended_or_never_ran() -> None:
    with JobSession() as session:
        held = session.runJob(job(session, "exit 0", jobSubmissionState="drmaa_hold"))
        assert session.ends() == {}
        session.control(held, JobControlAction.TERMINATE)
        session.synchronize([held])
        info = session.ends()[held]
        assert (info.wasAborted, info.hasExited, info.succeeded) == (True, False, False)
        assert "before it ran" in info.reason


def test_ends_that_cannot_be_written_down_are_told_all_the_same(
    connections: list[sqlite3.Connection],
) -> None:
    """As on a full disk: sqlite says so where a file may not grow."""
    with JobSession("session=full") as session:
        held = job(session, "exit $SGE_TASK_ID", jobSubmissionState="drmaa_hold")
        tasks = session.runBulkJobs(held, 1, 12, 1)
        database = connections[-1]
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
        session.control(tasks[0].partition(".")[0], JobControlAction.RELEASE)
        session.synchronize(tasks)
        found = session.ends(tasks)
        assert [info.exitStatus for info in found.values()] == list(range(1, 13))
        assert {one.state for one in session.jobs()} == {JobState.DONE}
        database.execute("PRAGMA max_page_count = 1000000")
    with JobSession("session=full") as session:
        assert session.ends() == found


def test_how_many_are_in_which_state() -> None:
    with JobSession(duty_cycle=0.02) as session:
        assert session.unfinished() == {}
        held = session.runBulkJobs(job(session, "exit 0", jobSubmissionState="drmaa_hold"), 1, 5000, 1)
        running = session.runJob(job(session, "sleep 600"))
        while session.jobStatus(running) != JobState.RUNNING:
            pass
        array = held[0].partition(".")[0]
        assert session.unfinished() == {JobState.USER_ON_HOLD: 5000, JobState.RUNNING: 1}
        assert session.unfinished([array]) == {JobState.USER_ON_HOLD: 5000}
        assert session.unfinished([running]) == {JobState.RUNNING: 1}
        assert session.unfinished([]) == {}
        before = dict(session.commands)
        assert len(session.jobs()) == 5001
        assert session.commands.get("qstat", 0) - before.get("qstat", 0) <= 8  # the kinds of hold
        session.control(JobSession.JOB_IDS_SESSION_ALL, JobControlAction.TERMINATE)
        session.synchronize([JobSession.JOB_IDS_SESSION_ALL])
        assert session.unfinished() == {}


def test_one_listing_serves_many_sessions_and_shows_jobs_that_no_session_has(inside: Cell) -> None:
    with JobSession() as base, JobSession("session=one") as one, JobSession("session=two") as two:
        stranger = inside.run("qsub", "-terse", "-h", "-b", "y", "true").stdout.decode().strip()
        over = one.runJob(job(one, "exit 3"))
        held = two.runJob(job(two, "exit 0", jobSubmissionState="drmaa_hold"))
        before = [session.commands.get("qstat", 0) for session in (base, one, two)]
        looks = 0
        while not one.ends():
            listing = base.listing()
            looks += 1
            numbers = {str(row.job) for row in listing.rows}
            assert {stranger, held} <= numbers
            one.go_by(listing)
            two.go_by(listing)
        assert one.ends()[over].exitStatus == 3
        assert two.ends() == {}
        asked = [session.commands.get("qstat", 0) for session in (base, one, two)]
        assert asked[0] - before[0] == looks
        assert asked[1] - before[1] <= looks  # `qstat -j` of the job that has left the listing
        assert asked[2] == before[2]
        two.control(held, JobControlAction.TERMINATE)
        base.control(stranger, JobControlAction.TERMINATE)


def test_an_older_listing_does_not_undo_what_is_known() -> None:
    with JobSession() as base, JobSession() as session:
        old = base.listing()
        held = session.runJob(job(session, "exit 0", jobSubmissionState="drmaa_hold"))
        session.go_by(old)
        assert session.jobStatus(held) == JobState.USER_ON_HOLD
        session.go_by(old)
        session.go_by(base.listing())
        assert session.unfinished() == {JobState.USER_ON_HOLD: 1}
        session.control(held, JobControlAction.TERMINATE)
        session.synchronize([held])


def test_many_are_changed_with_one_command_and_refusals_are_told_one_by_one(inside: Cell) -> None:
    with JobSession() as session:
        jobs = [session.runJob(job(session, "exit 0", jobSubmissionState="drmaa_hold")) for _ in range(4)]
        before = session.commands.get("qrls", 0)
        assert session.controlJobs(jobs[:2], JobControlAction.RELEASE) == {}
        assert session.commands["qrls"] - before == 1
        session.synchronize(jobs[:2])
        while {str(group.job) for group in inside.jobs()} & set(jobs[:2]):
            pass  # their records are there, and the qmaster is about to forget them
        refused = session.controlJobs([*jobs, "9999998"], JobControlAction.TERMINATE)
        assert set(refused) == {*jobs[:2], "9999998"}
        assert all(isinstance(refusal, InvalidJobException) for refusal in refused.values())
        session.synchronize(jobs, PATIENCE)
        assert session.controlJobs([], JobControlAction.TERMINATE) == {}


def test_the_tasks_of_an_array_are_named_by_their_ids() -> None:
    with JobSession() as session:
        tasks = session.runBulkJobs(job(session, "sleep 600"), 1, 4, 1)
        assert session.controlJobs(tasks[:2], JobControlAction.TERMINATE) == {}
        session.synchronize(tasks[:2], PATIENCE)
        with pytest.raises(ExitTimeoutException):
            session.synchronize(tasks[2:], 0)
        refused = session.controlJobs(tasks, JobControlAction.TERMINATE)
        assert set(refused) <= set(tasks[:2])
        session.synchronize(tasks, PATIENCE)


def test_what_makes_no_sense(inside: Cell) -> None:
    with JobSession() as session:
        for ask in (session.ends, session.unfinished):
            with pytest.raises(InvalidArgumentException):
                ask(["x"])
        with pytest.raises(InvalidActionException):
            session.controlJobs(["1"], "dance")
        with pytest.raises(InvalidArgumentException):
            session.controlJobs(["x"], JobControlAction.HOLD)
    with pytest.raises(NoActiveSessionException):
        session.ends()
    with pytest.raises(NoActiveSessionException):
        session.unfinished()
    with pytest.raises(NoActiveSessionException):
        session.listing()
    with pytest.raises(NoActiveSessionException):
        session.live([])


# --- live --------------------------------------------------------------------------------------------------


def test_what_runs_and_what_waits_for_one_listing_and_one_question_more() -> None:
    with JobSession(duty_cycle=0.02) as session:
        template = job(session, "sleep 600", nativeSpecification="-l h_rt=0:20:00")
        tasks = session.runBulkJobs(template, 1, 3, 1)
        template.jobSubmissionState = "drmaa_hold"
        held = session.runJob(template)
        gone = session.runJob(job(session, "exit 0"))
        session.synchronize([gone])
        while {task.letters for task in session.live(tasks).values()} != {"r"}:
            pass  # "t", on their way, is running, too
        before = dict(session.commands)
        found = session.live([*tasks, held, gone, "9999999", tasks[0].partition(".")[0]])
        asked = {name: count - before.get(name, 0) for name, count in session.commands.items()}
        assert sum(asked.values()) == 2
        assert list(found) == [*tasks, held]
        first = found[tasks[0]]
        assert (first.letters, first.queue, first.slots, first.requests) == (
            "r",
            "all.q",
            1,
            "-l h_rt=1200",
        )
        assert first.host
        assert first.requested.time == 1200
        assert first.submitted <= first.started
        assert first.wallclock is not None
        assert first.efficiency.time == first.wallclock / 1200
        waits = found[held]
        assert (waits.letters, waits.host, waits.started, waits.wallclock) == ("hqw", "", 0.0, None)
        assert session.job(held).live == waits._replace(submitted=waits.submitted)
        assert session.job(gone).live is None
        assert session.live([]) == {}
        with pytest.raises(InvalidArgumentException):
            session.live(["x"])
        session.controlJobs([*tasks, held], JobControlAction.TERMINATE)


# --- history -----------------------------------------------------------------------------------------------


def test_history_is_one_run_of_each_job_and_nobody_elses() -> None:
    with JobSession(accounting_margin=1) as session:
        good, bad = session.runJob(job(session, "exit 0")), session.runJob(job(session, "exit 3"))
        session.synchronize([good, bad])
        found = {past.id: past for past in session.history(0)}
        assert (found[good].info.exitStatus, found[bad].info.exitStatus) == (0, 3)
        assert [past.id for past in session.history(0)].count(good) == 1
