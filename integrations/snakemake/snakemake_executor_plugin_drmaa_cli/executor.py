"""Snakemake's executor for Grid Engine."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface

import drmaa_cli
from snakemake_executor_plugin_drmaa_cli.report import Ran, table
from snakemake_executor_plugin_drmaa_cli.requests import Defaults, job_name, specification

SECONDS_BETWEEN_LOOKS = 0.2  # while no job is under way; else ends wake the thread that waits for them
RETRY_SECONDS = 5.0  # until a submission is tried again for which Grid Engine was out of reach, or full
TAIL_LINES = 15
NOT_PASSED_ON = ("SGE_", "BASH_FUNC_")
OF_THE_JOB = {
    *("ARC", "ENVIRONMENT", "HOME", "HOSTNAME", "JOB_ID", "JOB_NAME", "JOB_SCRIPT", "LOGNAME", "NHOSTS"),
    *("NQUEUES", "NSLOTS", "PE", "PE_HOSTFILE", "PWD", "QUEUE", "REQNAME", "REQUEST", "RESTARTED", "SHELL"),
    *("TMP", "TMPDIR", "USER"),
}


class Executor(RemoteExecutor):
    """Submits what is ready at a time with as few qsub as possible, and reports each end as it comes."""

    def __post_init__(self) -> None:
        settings = self.workflow.executor_settings
        self._settings = settings
        self._defaults = Defaults(
            settings.native or "", settings.pe, settings.memory_resource, settings.gpu_resource
        )
        self._logs = Path(settings.logdir).absolute()
        self._ends: dict[str, drmaa_cli.JobInfo] = {}  # that came and are not reported yet
        self._under_way: dict[str, JobExecutorInterface] = {}
        self._ran: list[tuple[Ran, float]] = []
        try:
            self._session = drmaa_cli.open_session()
        except drmaa_cli.DrmaaException as err:
            raise WorkflowError(f"Grid Engine cannot be used: {err}") from err
        self._others = {job.id for job in self._session.jobs()}  # of an earlier program, in a named session
        self._arrivals = drmaa_cli.Arrivals(self._session)

    # --- submission ----------------------------------------------------------------------------------------

    def run_jobs(self, jobs: list[JobExecutorInterface]) -> None:
        """Submit jobs; those of a rule that ask for the same become tasks of one array job.

        What Grid Engine refuses is a failure of these jobs, with which Snakemake deals as it was told.
        """
        alike: dict[tuple[str, str], list[JobExecutorInterface]] = {}
        for job in jobs:
            self.run_job_pre(job)
            alike.setdefault((job.name, self._specification(job)), []).append(job)
        for (rule, words), same in alike.items():
            logs = [self._log(job) for job in same]
            try:
                ids = self._taken([self._template(job, log) for job, log in zip(same, logs)])
            except drmaa_cli.DrmaaException as err:
                asked = f"rule {rule} asks for {words or 'nothing'}"
                for job in same:
                    text = f"Grid Engine does not take the job: {err} ({asked}). "
                    self.report_job_error(SubmittedJobInfo(job), msg=text)
                continue
            for job, number, log in zip(same, ids, logs):
                self._under_way[number] = job
                self.report_job_submission(SubmittedJobInfo(job, external_jobid=number, aux={"log": log}))

    def _taken(self, templates: list[drmaa_cli.JobTemplate]) -> list[str]:
        """The ids of jobs, submitted once; an outage of Grid Engine is ridden out for a while."""
        key, until = uuid.uuid4().hex, time.monotonic() + self._session.config.outage_limit
        while True:
            try:
                return self._session.runJobs(templates, key=key)
            except (drmaa_cli.TryLaterException, drmaa_cli.DrmCommunicationException) as err:
                if time.monotonic() + RETRY_SECONDS > until:
                    raise
                self.logger.warning(f"Jobs are submitted later: {err}")
                time.sleep(RETRY_SECONDS)

    def run_job(self, job: JobExecutorInterface) -> None:
        """Submit one job."""
        self.run_jobs([job])

    def _template(self, job: JobExecutorInterface, log: Path) -> drmaa_cli.JobTemplate:
        command, arguments = self._command(job)
        return self._session.createJobTemplate(
            remoteCommand=command,
            args=arguments,
            jobName=job_name(job.name),
            workingDirectory=str(Path.cwd()),
            outputPath=f":{log}",
            joinFiles=True,
            jobEnvironment=_passed_on(dict(os.environ)),
            nativeSpecification=self._specification(job),
        )

    def _specification(self, job: JobExecutorInterface) -> str:
        return specification(job.threads, job.resources, self._defaults)

    def _command(self, job: JobExecutorInterface) -> tuple[str, list[str]]:
        if self.is_default_jobscript:
            return "/bin/sh", ["-c", self.format_job_exec(job)]
        script = self.get_jobscript(job)
        self.write_jobscript(job, script)
        return script, []

    def _log(self, job: JobExecutorInterface) -> Path:
        directory = self._logs / job_name(job.name)
        directory.mkdir(parents=True, exist_ok=True)
        log = directory / f"{job.jobid}.{job.attempt}.log"
        log.unlink(missing_ok=True)  # of an earlier run of Snakemake
        return log

    @property
    def next_seconds_between_status_checks(self) -> float:
        """Seconds until the next look; the thread that looks begins before :meth:`__post_init__`."""
        return SECONDS_BETWEEN_LOOKS

    # --- ends ----------------------------------------------------------------------------------------------

    async def check_active_jobs(
        self, active_jobs: list[SubmittedJobInfo]
    ) -> AsyncGenerator[SubmittedJobInfo, None]:
        """Wait for ends, in the thread that is there for it, and report those of these jobs."""
        if active_jobs and not any(job.external_jobid in self._ends for job in active_jobs):
            self._wait()
        for job in active_jobs:
            info = self._ends.pop(str(job.external_jobid), None)
            if info is None:
                yield job
            else:
                self._report(job, info)

    def _wait(self) -> None:
        try:
            self._ends.update((info.jobId, info) for info in self._arrivals.take())
        except drmaa_cli.NoActiveSessionException:
            return  # it is over
        except drmaa_cli.DrmaaException as err:
            self.logger.warning(f"Grid Engine does not tell of jobs for the time being: {err}")

    def _report(self, job: SubmittedJobInfo, info: drmaa_cli.JobInfo) -> None:
        self._under_way.pop(info.jobId, None)
        log: Path = (job.aux or {})["log"]
        memory = job.job.resources.get("mem_mb")
        self._ran.append((Ran(job.job.name, job.job.jobid, info), memory if isinstance(memory, int) else 0))
        if info.succeeded:
            if not self._settings.keep_logs:
                log.unlink(missing_ok=True)
            self.report_job_success(job)
            return
        self.report_job_error(job, msg=_explained(info, log), aux_logs=[str(log)])

    # --- the end -------------------------------------------------------------------------------------------

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:  # noqa: ARG002  # some are being looked at
        """Delete all jobs that have not ended, also those whose submission was cut short."""
        over = (drmaa_cli.JobState.DONE, drmaa_cli.JobState.FAILED)
        try:
            ours = [job for job in self._session.jobs() if job.id not in self._others]
            left = [job.id for job in ours if job.state not in over]
            self._session.controlJobs(left, drmaa_cli.JobControlAction.TERMINATE)
        except drmaa_cli.DrmaaException as err:
            self.logger.warning(f"Jobs were not deleted: {err}")

    def shutdown(self) -> None:
        """End the waiting, and the session; write the report."""
        with self.lock:
            self.wait = False
        self._arrivals.call()
        super().shutdown()
        if self._settings.efficiency_report:
            jobs, memory = [ran for ran, _ in self._ran], [asked for _, asked in self._ran]
            Path(self._settings.efficiency_report).write_text(table(jobs, memory), encoding="utf-8")
        if not self._session.closed:
            self._session.exit()


def _explained(info: drmaa_cli.JobInfo, log: Path) -> str:
    """Why a job failed, and the last lines that it printed."""
    where = f" on {info.host}" if info.host else ""
    how = f"ended with exit status {info.exitStatus}" if info.hasExited else "failed"
    reason = f": {info.reason}" if info.reason else ""
    try:
        tail = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    except OSError:
        tail = []
    lines = "".join(f"\n    | {line}" for line in tail)
    said = f" The end of its log:{lines}\n" if lines else " "
    return f"Grid Engine job {info.jobId}{where} {how}{reason}.{said}"


def _passed_on(environment: dict[str, str]) -> dict[str, Any]:
    """The program's environment, less what is the job's own."""
    return {
        name: value
        for name, value in environment.items()
        if name not in OF_THE_JOB and not name.startswith(NOT_PASSED_ON)
    }
