"""A job of one second, from its submission to its record."""

from __future__ import annotations

import time

from drmaa_cli.constants import JobControlAction
from drmaa_cli.diagnosis.finding import Examined, StepResult, ok, problem
from drmaa_cli.diagnosis.records import skew_of
from drmaa_cli.errors import ExitTimeoutException
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.typed import Any

NAME = "drmaa_cli_check"
STEPS = ("job submitted", "job started", "job ended", "job known to have ended", "clock of the qmaster")


def trial(site: Examined) -> list[tuple[str, StepResult]]:
    """Run a job; each of its steps, with the seconds it took."""
    settings: dict[str, Any] = dict(site.keywords)
    contact = site.contact
    words = [f"{name}={value}" for name, value in contact.variables.items()]
    where = None if contact.address is None else ";".join([str(contact.address), *words])
    with JobSession(where, runner=site.runner, ssh_answer=site.answer, **settings) as session:
        template = session.createJobTemplate(
            remoteCommand="/bin/sleep", args=["1"], jobName=NAME, outputPath=":/dev/null", joinFiles=True
        )
        before, began = time.time(), time.monotonic()
        job = session.runJob(template)
        submitted = (STEPS[0], ok(f"job {job}", time.monotonic() - began))
        after = time.time()
        try:
            info = session.wait(job, site.job_seconds)
        except ExitTimeoutException:
            state = session.jobStatus(job)
            session.control(job, JobControlAction.TERMINATE)
            return [submitted, (STEPS[2], _late(job, state, site.job_seconds))]
        return [submitted, *_steps(info, before, after, time.time())]


def _late(job: str, state: str, seconds: float) -> StepResult:
    return problem(
        f"job {job} is {state} after {seconds:g} s, and was deleted",
        "the cluster may be full: `qstat -j JOB` of a waiting job says what it waits for",
    )


def _steps(info: JobInfo, before: float, after: float, known: float) -> list[tuple[str, StepResult]]:
    """What the record says of each step; its times are the qmaster's."""
    usage = {name: float(value) for name, value in info.resourceUsage.items()}
    times = [usage.get(name, 0.0) for name in ("submission_time", "start_time", "end_time")]
    if not info.succeeded or not all(times):
        why = info.reason or f"exit status {info.exitStatus}"
        return [
            (STEPS[2], problem(f"job {info.jobId} did not end well: {why}", "see what the host says of it"))
        ]
    submitted, started, ended = times
    skew = max(submitted - after, before - submitted - 1.0, 0.0)  # Grid Engine counts whole seconds
    skew = skew if submitted > after else -skew
    waited = max(started - submitted, 0.0)
    told = max(known - (ended - skew), 0.0)
    return [
        (STEPS[1], ok(f"on {info.host or 'a host'}, queue {info.queue or 'unknown'}", waited)),
        (STEPS[2], ok("exit status 0", max(ended - started, 0.0))),
        (STEPS[3], ok("to within a second, as the qmaster counts", told)),
        (STEPS[4], skew_of("the qmaster", skew)),
    ]
