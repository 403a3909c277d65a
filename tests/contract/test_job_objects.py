"""Jobs as objects, submitting again and running again, on every back end."""

from __future__ import annotations

import time
from typing import Any

import pytest

from drmaa_cli import ReasonKind
from tests.contract.harness import World
from tests.patience import PATIENCE

pytestmark = pytest.mark.only_on("cli-real", "cli-fake")


def test_the_life_of_a_job(session: World) -> None:
    go, out = session.file("go"), session.file("out.$JOB_ID.$HOSTNAME")
    script = f"seq 1 30; echo no end; until [ -e {go} ]; do sleep 0.05; done; echo -n over; exit 3"
    number = session.held(
        remoteCommand="/bin/sh", args=["-c", script], outputPath=f":{out}", nativeSpecification="-l h_rt=600"
    )
    job = session.session.job(number)
    assert job.id == number
    assert job.command == script
    assert job.state == "user_on_hold"
    assert job.info is None
    with pytest.raises(FileNotFoundError):
        job.tail()
    waits = job.live
    assert waits is not None
    assert (waits.letters, waits.host, waits.started, waits.wallclock, waits.cpu) == (
        "hqw",
        "",
        0.0,
        None,
        None,
    )
    job.release()
    session.until_letters(number, "r")  # it was running when it was still on its way
    assert job.state == "running"
    live = job.live
    assert live is not None
    assert (live.letters, live.slots, live.requests, live.requested.time) == ("r", 1, "-l h_rt=600", 600)
    assert live.host
    assert live.queue
    assert live.submitted == waits.submitted
    assert abs(time.time() - live.started) < PATIENCE
    assert live.wallclock is not None
    session.eventually(lambda: job.tail(1), lambda text: text == "no end\n")
    assert job.tail(3) == "29\n30\nno end\n"
    assert job.tail(0) == ""
    assert job.tail(1000).startswith("1\n2\n")
    assert f"out.{number}." in job.stdout
    assert "$" not in job.stdout
    assert job.stderr == job.stdout
    with session.refuses("ExitTimeoutException"):
        job.wait(0)
    go.touch()
    info = job.wait(PATIENCE)
    assert (info.jobId, info.exitStatus) == (number, 3)
    assert job.wait(0) == job.info == info, "it can be asked again"
    assert job.live is None
    assert job.state == "done"
    assert job.stdout == info.output_path
    assert job.tail(1, stderr=True) == "over"


@pytest.mark.here
def test_output_that_goes_into_a_directory(session: World) -> None:
    place = session.file("logs")
    place.mkdir()
    paths = {"outputPath": f":{place}", "errorPath": f":{place}"}
    values: dict[str, Any] = {**paths, "jobName": "nm", "joinFiles": None}
    words = ("/bin/sh", "-c", "echo out; echo err >&2")
    ids = [*session.bulk(1, 2, 1, *words, **values), session.run(*words, **values)]
    with session.template(*words, **values) as template:
        ids += session.session.runJobs([template, template])
    session.session.synchronize(ids, PATIENCE)
    for number in ids:
        job = session.session.job(number)
        assert (job.stdout, job.stderr) == (f"{place}/nm.o{number}", f"{place}/nm.e{number}")
        assert (job.tail(), job.tail(stderr=True)) == ("out\n", "err\n")


def test_control(session: World) -> None:
    job = session.session.job(session.sleeper())
    job.suspend()
    session.eventually(lambda: job.state, lambda state: state == "user_suspended")
    job.resume()
    session.until(job.id, "running")
    job.cancel()
    info = job.wait(PATIENCE)
    assert info.reason.kind is ReasonKind.DELETED_BY_SESSION
    assert job.state == "failed"
    with session.refuses("InvalidJobException"):
        job.cancel()


def test_a_job_deleted_while_it_was_pending(session: World) -> None:
    job = session.session.job(session.held())
    job.cancel()
    info = job.wait(PATIENCE)
    assert (info.wasAborted, info.resourceUsage) == (True, {})
    assert job.info == info


def test_tasks_and_what_is_no_job(session: World) -> None:
    tasks = session.bulk(
        1, 3, 2, "/bin/sh", "-c", "echo $SGE_TASK_ID", outputPath=f":{session.file('o.$TASK_ID')}"
    )
    jobs = [session.session.job(task) for task in tasks]
    for job, number in zip(jobs, (1, 3)):
        job.wait(PATIENCE)
        assert session.eventually(job.tail, bool) == f"{number}\n"
    assert jobs[0] == session.session.job(tasks[0]) != jobs[1]
    assert len({*jobs, session.session.job(tasks[0])}) == 2
    array = session.session.job(tasks[0].partition(".")[0])
    for ask in (lambda: array.info, lambda: array.stdout, array.wait, array.resubmit):
        with session.refuses("InvalidJobException"):
            ask()
    unknown = session.session.job("4000000000")
    for ask in (lambda: unknown.info, lambda: unknown.stdout, unknown.wait, unknown.resubmit, unknown.cancel):
        with session.refuses("InvalidJobException"):
            ask()
    with session.refuses("InvalidArgumentException"):
        session.session.job("no id")


def test_submitting_once_more(session: World) -> None:
    out = session.file("out")
    script = 'echo "$A $1"; exit $2'
    environment = {"A": "a b", "B": "ü"}
    first = session.run(
        "/bin/sh", "-c", script, "sh", "x", "1", outputPath=f":{out}", jobEnvironment=environment
    )
    assert session.session.wait(first, PATIENCE).exitStatus == 1
    assert out.read_text() == "a b x\n"
    second = session.session.resubmit(first, args=["-c", script, "sh", "y", "2"], jobName="again")
    session.submitted.append(second)
    info = session.session.job(second).wait(PATIENCE)
    assert info.exitStatus == 2
    assert out.read_text() == "a b x\na b y\n"
    third = session.session.job(second).resubmit(
        outputPath=None, joinFiles=None, errorPath=":/dev/null", workingDirectory=str(session.directory)
    )
    session.submitted.append(third.id)
    assert third.wait(PATIENCE).exitStatus == 2
    assert session.eventually(session.file(f"again.o{third.id}").exists, bool)


def test_submitting_a_task_once_more(session: World) -> None:
    script = "test -e $0.$SGE_TASK_ID || { touch $0.$SGE_TASK_ID; exit 9; }; exit $SGE_TASK_ID"
    tasks = session.bulk(2, 4, 1, "/bin/sh", "-c", script, str(session.file("ran")))
    session.session.synchronize(tasks, PATIENCE)
    again = session.session.resubmit(tasks[1])
    session.submitted.append(again.partition(".")[0])
    assert again.endswith(".3")
    assert session.session.wait(again, PATIENCE).exitStatus == 3


def test_submitting_one_of_many_once_more(session: World) -> None:
    templates = []
    for code in (4, 5, 6):
        with session.template("/bin/sh", "-c", f"exit {code}") as template:
            templates.append(template)
            template.delete = lambda: None
    ids = session.session.runJobs(templates)
    again = session.session.resubmit(ids[1])
    session.submitted += [ids[0].partition(".")[0], again]
    assert session.session.wait(again, PATIENCE).exitStatus == 5


def test_what_cannot_be_submitted_once_more(session: World) -> None:
    job = session.run()
    with session.refuses("InvalidArgumentException"):
        session.session.resubmit(job, colour="red")
    with session.refuses("InvalidArgumentException"):
        session.session.resubmit(job, colour=None)


def test_running_again(session: World) -> None:
    script = "[ -e $0 ] && exit 5; touch $0; exec sleep 300"
    number = session.run("/bin/sh", "-c", script, str(session.file("ran")), nativeSpecification="-r y")
    job = session.session.job(number)
    session.eventually(session.file("ran").exists, bool)
    session.until(number, "running")
    job.requeue()
    assert job.wait(PATIENCE).exitStatus == 5
    with session.refuses("InvalidJobException", f'code 18: invalid queue or job "{number}"'):
        job.requeue()


def test_what_cannot_run_again(session: World) -> None:
    held, running = session.session.job(session.held()), session.session.job(session.sleeper())
    with session.refuses("IllegalStateException") as caught:
        held.requeue()
    assert "in pending/hold state" in str(caught.value)
    with session.refuses("IllegalStateException") as caught:
        running.requeue()
    assert str(caught.value).endswith("(a job that was submitted with -r y can be)")
    with session.refuses("InvalidJobException", 'code 18: invalid queue or job "4000000000"'):
        session.session.requeue("4000000000")
    assert running.state == "running"
