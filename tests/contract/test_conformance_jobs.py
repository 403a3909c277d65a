"""What every DRMAA implementation is expected to do with jobs, in one thread: from submission to the end."""

from __future__ import annotations

import os
import time

import pytest

from tests.contract.harness import NO_SUCH_JOB, NO_USAGE, World
from tests.patience import PATIENCE
from tests.processes import is_left_stopped, tell


def test_jobs_are_waited_for_one_after_another(session: World) -> None:
    for job in [session.run() for _ in range(3)]:
        info = session.session.wait(job, PATIENCE)
        assert (info.jobId, info.hasExited, info.exitStatus) == (job, True, 0)


def test_a_command_that_does_not_exist_is_aborted(session: World) -> None:
    job = session.run("/no/such/program")
    info = session.session.wait(job, PATIENCE)
    assert (info.wasAborted, info.hasExited) == (True, False)


def test_waiting_for_any_job_gives_each_task_once(fresh: World) -> None:
    jobs = fresh.bulk(1, 5, 1)
    assert sorted(fresh.session.wait(fresh.anyone, PATIENCE).jobId for _ in jobs) == sorted(jobs)


def test_single_jobs_and_tasks_are_waited_for_by_their_ids(fresh: World) -> None:
    jobs = [*fresh.bulk(1, 3, 1), fresh.run(), *fresh.bulk(1, 2, 1), fresh.run()]
    for job in jobs:
        assert fresh.session.wait(job, PATIENCE).jobId == job


def mixture(world: World) -> list[str]:
    return [
        *world.bulk(1, 3, 1, "/bin/sleep", "0.3"),
        world.run("/bin/sleep", "0.3"),
        world.run("/bin/sleep", "0.3"),
    ]


def after(world: World, jobs: list[str], dispose: bool) -> None:
    """What wait() says of jobs that have been synchronized."""
    for job in jobs:
        if dispose:
            with world.refuses("InvalidJobException", NO_SUCH_JOB):
                world.session.wait(job, 0)
        else:
            assert world.session.wait(job, 0).jobId == job


@pytest.mark.parametrize("dispose", [True, False], ids=["dispose", "keep"])
def test_synchronize_with_the_whole_session(fresh: World, dispose: bool) -> None:
    jobs = mixture(fresh)
    fresh.session.synchronize([fresh.everything], PATIENCE, dispose)
    after(fresh, jobs, dispose)


@pytest.mark.parametrize("dispose", [True, False], ids=["dispose", "keep"])
def test_synchronize_with_ids_of_jobs_and_tasks(fresh: World, dispose: bool) -> None:
    jobs = mixture(fresh)
    fresh.session.synchronize(jobs, PATIENCE, dispose)
    after(fresh, jobs, dispose)


def test_synchronize_with_jobs_that_ended_before(fresh: World) -> None:
    first = fresh.run()
    fresh.until(first, "done")
    second = fresh.run()
    fresh.session.synchronize([fresh.everything], PATIENCE, False)
    after(fresh, [first, second], dispose=False)


@pytest.mark.slow
def test_exit_statuses_arrive(fresh: World) -> None:
    """What a byte can hold at its ends, about each name that a shell, sysexits.h or Grid Engine gives one.

    Without 99, which asks Grid Engine to run the job again, and 100, its error state.
    """
    statuses = [0, 1, 2, 63, 64, 78, 79, 97, 98, 101, 125, 126, 127, 128, 129, 130, 137, 139, 143, 254, 255]
    script = 'shift $((SGE_TASK_ID - 1)); exit "$1"'
    jobs = fresh.bulk(1, len(statuses), 1, "/bin/sh", "-c", script, "sh", *map(str, statuses))
    fresh.session.synchronize(jobs, PATIENCE, False)
    infos = [fresh.session.wait(job, PATIENCE) for job in jobs]
    assert [(info.hasExited, info.exitStatus) for info in infos] == [(True, status) for status in statuses]


@pytest.mark.parametrize("attribute", ["inputPath", "outputPath", "errorPath"])
def test_a_file_that_cannot_be_opened_makes_the_job_fail(session: World, attribute: str) -> None:
    job = session.run(joinFiles=False, **{"errorPath": ":/dev/null", attribute: ":/no/such/directory/file"})
    session.session.synchronize([job], PATIENCE, False)
    assert session.status(job) == "failed"
    assert session.session.wait(job, 0).wasAborted


def test_a_held_job_runs_when_it_is_released(session: World) -> None:
    job = session.held()
    assert session.status(job) == "user_on_hold"
    session.session.control(job, "release")
    assert session.session.wait(job, PATIENCE).exitStatus == 0


def test_a_held_job_that_is_deleted_has_failed_without_usage(session: World) -> None:
    job = session.held()
    session.session.control(job, "terminate")
    session.session.synchronize([job], PATIENCE, False)
    assert session.status(job) == "failed"
    with session.refuses("NoResourceUsageException", NO_USAGE):
        session.session.wait(job, 0)


@pytest.mark.parametrize("scope", ["session", "each"])
def test_held_tasks_run_when_they_are_released(fresh: World, scope: str) -> None:
    jobs = fresh.bulk(1, 3, 1, jobSubmissionState="drmaa_hold")
    assert [fresh.status(job) for job in jobs] == ["user_on_hold"] * 3
    for job in jobs if scope == "each" else [fresh.everything]:
        fresh.session.control(job, "release")
    for job in jobs:
        assert fresh.session.wait(job, PATIENCE).hasExited


@pytest.mark.parametrize("scope", ["session", "each"])
def test_held_tasks_that_are_deleted_have_failed(fresh: World, scope: str) -> None:
    jobs = fresh.bulk(1, 3, 1, jobSubmissionState="drmaa_hold")
    for job in jobs if scope == "each" else [fresh.everything]:
        fresh.session.control(job, "terminate")
    fresh.session.synchronize(jobs, PATIENCE, False)
    assert [fresh.status(job) for job in jobs] == ["failed"] * 3


@pytest.mark.parametrize("timeout", [1, 0], ids=["one second", "no wait"])
def test_wait_again_and_again_with_a_short_timeout(fresh: World, timeout: int) -> None:
    waiting = {fresh.run("/bin/sleep", "0.3"), fresh.run()}

    def poll() -> bool:
        try:
            waiting.remove(fresh.session.wait(fresh.anyone, timeout).jobId)
        except fresh.api.ExitTimeoutException:
            time.sleep(0 if timeout else 0.05)
        return not waiting

    fresh.eventually(poll, bool)


@pytest.mark.slow
@pytest.mark.parametrize("timeout", [1, 0], ids=["one second", "no wait"])
def test_synchronize_again_and_again_with_a_short_timeout(fresh: World, timeout: int) -> None:
    jobs = [fresh.run("/bin/sleep", "0.3"), fresh.run()]

    def poll() -> bool:
        try:
            fresh.session.synchronize([fresh.everything], timeout, False)
        except fresh.api.ExitTimeoutException:
            return False
        return True

    fresh.eventually(poll, bool)
    after(fresh, jobs, dispose=False)


def test_synchronize_with_a_job_nobody_knows_returns_at_once(fresh: World) -> None:
    fresh.session.synchronize(["999999"], fresh.session.TIMEOUT_WAIT_FOREVER, False)


RECONNECT = """
session = api.Session
session.initialize(contact)
if held:
    session.control(api.Session.JOB_IDS_SESSION_ALL, "release")
answer = [session.wait(job, 180).exitStatus for job in jobs]
session.exit()
"""


def test_another_process_takes_up_a_session_and_its_held_jobs(fresh: World) -> None:
    tasks, job = fresh.bulk(1, 2, 1, jobSubmissionState="drmaa_hold"), fresh.held(command="/bin/false")
    contact = fresh.session.contact
    fresh.end()
    assert fresh.elsewhere(RECONNECT, contact=contact, held=True, jobs=[*tasks, job]) == [0, 0, 1]


@pytest.mark.slow
@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa loses jobs that end while nobody is connected
def test_another_process_takes_up_a_session_whose_jobs_have_ended(fresh: World) -> None:
    tasks, job = fresh.bulk(1, 2, 1), fresh.run("/bin/false")
    contact = fresh.session.contact
    fresh.end()
    for number in (tasks[0], job):
        fresh.until_letters(number, "")
    assert fresh.elsewhere(RECONNECT, contact=contact, held=False, jobs=[*tasks, job]) == [0, 0, 1]


def test_what_a_job_reads_it_can_write(session: World) -> None:
    text = "\n".join(f"line {number}" for number in range(1000))
    session.file("in").write_text(text)
    assert session.output_of("/bin/cat", inputPath=f":{session.file('in')}") == text


def test_a_job_with_all_attributes_at_once(session: World) -> None:
    here, environment = session.directory, {"WHO": "contract"}
    (here / "in").write_text("")
    script = "pwd; echo $WHO $JOB_NAME $1"
    output = session.output_of(
        "/bin/sh",
        "-c",
        script,
        "sh",
        "argument",
        jobName="checked",
        workingDirectory=str(here),
        jobEnvironment=environment,
        inputPath=f":{here}/in",
        startTime=time.strftime("%Y/%m/%d 00:00:01"),
        nativeSpecification="-p -1",
        blockEmail=True,
        email=["nobody@localhost"],
        errorPath=f":{here}/unused",
    )
    assert output == f"{here}\ncontract checked argument\n"


def test_a_suspended_job_that_is_resumed_ends_well(session: World) -> None:
    go, pid = session.directory / "go", session.directory / "pid"
    os.mkfifo(go)
    # Without a child: a shell that waits for a stopped one to begin is in state D.
    job = session.run("/bin/sh", "-c", f"echo $$ > {pid}.new; mv {pid}.new {pid}; read line < {go}")
    session.eventually(pid.exists, bool)
    session.until(job, "running")
    session.session.control(job, "suspend")
    session.until(job, "user_suspended")
    # A real host that is told both in one moment may leave the job stopped.
    session.eventually(lambda: is_left_stopped(int(pid.read_text())), bool)
    session.session.control(job, "resume")
    session.until(job, "running")
    session.eventually(lambda: tell(go), bool)
    assert session.session.wait(job, PATIENCE).exitStatus == 0


def test_two_jobs_have_each_their_own_usage(session: World) -> None:
    # One job ends early, one late: usage differs, and wait() gives each its own.
    begun = time.time()
    short, long = session.run("/bin/sh", "-c", "exit 3"), session.run("/bin/sh", "-c", "sleep 2; exit 4")
    usage = [session.session.wait(job, PATIENCE).resourceUsage for job in (short, long)]
    assert [found["exit_status"] for found in usage] == ["3.0000", "4.0000"]
    assert float(usage[1]["end_time"]) - float(usage[1]["start_time"]) >= 2
    assert all(float(found["submission_time"]) >= int(begun) for found in usage)


@pytest.mark.slow
@pytest.mark.parametrize("bulk", [False, True], ids=["single", "bulk"])
def test_file_transfer_is_refused_and_the_template_stays_usable(session: World, bulk: bool) -> None:
    # The cell has no delegated_file_staging, as by default: the attribute is refused for either kind of job.
    with session.template() as template:
        with session.refuses("InvalidArgumentException"):
            template.transferFiles = "ieo"
        template.jobSubmissionState = "drmaa_hold"
        jobs = session.session.runBulkJobs(template, 1, 2, 1) if bulk else [session.session.runJob(template)]
    session.submitted.append(jobs[0].partition(".")[0])
    assert [session.status(job) for job in jobs] == ["user_on_hold"] * len(jobs)


def test_the_states_of_a_job_from_hold_to_reaping(session: World) -> None:
    job = session.held()
    assert session.status(job) == "user_on_hold"
    session.session.control(job, "release")
    session.until(job, "queued_active", "running", "done")
    session.until(job, "done")
    session.session.wait(job, 0)
    with session.refuses("InvalidJobException", NO_SUCH_JOB):
        session.status(job)


@pytest.mark.slow
def test_all_control_operations_on_one_job(session: World) -> None:
    job = session.run("/bin/sleep", "300", jobSubmissionState="drmaa_hold")
    for action, state in (
        ("release", "running"),
        ("suspend", "user_suspended"),
        ("resume", "running"),
        ("hold", "user_on_hold"),
        ("release", "running"),
        ("terminate", "failed"),
    ):
        session.session.control(job, action)
        session.until(job, state)
    assert session.session.wait(job, PATIENCE).wasAborted
