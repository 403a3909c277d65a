"""submitit's jobs: their states, how they ended, and how they are cancelled."""

from __future__ import annotations

import time

from submitit.core import core, logger, utils

from drmaa_cli.constants import JobControlAction, JobState
from drmaa_cli.errors import DrmaaException, InvalidJobException
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.jobs.reason import ReasonKind
from drmaa_cli.submitit_plugin.parameters import drmaa_id
from drmaa_cli.submitit_plugin.sessions import name_of, session
from drmaa_cli.typed import Any, TypeVar

R = TypeVar("R", covariant=True)  # noqa: PLC0105  # as submitit has it
ENDED = (JobState.DONE, JobState.FAILED)
RUNNING = (JobState.RUNNING, JobState.SYSTEM_SUSPENDED, JobState.USER_SUSPENDED)
STATES = {
    ReasonKind.TIME_LIMIT: "TIMEOUT",
    ReasonKind.SOFT_TIME_LIMIT: "TIMEOUT",
    ReasonKind.CPU_LIMIT: "TIMEOUT",
    ReasonKind.OUT_OF_MEMORY: "OUT_OF_MEMORY",
    ReasonKind.DELETED: "CANCELLED",
    ReasonKind.DELETED_BY_SESSION: "CANCELLED",
    ReasonKind.LOST: "NODE_FAIL",
}
"""Ends in the words that submitit's users know from Slurm."""
LOOK_SECONDS = 1  # between two looks at the states; the session itself decides when the qmaster is asked
PATIENCE = {"COMPLETED": 15}  # seconds for which a result is waited for that must be there


class DrmaaInfoWatcher(core.InfoWatcher):
    """Knows the states of all jobs of this process."""

    def __init__(self, delay_s: int = LOOK_SECONDS) -> None:
        super().__init__(delay_s=delay_s)
        self._sessions: dict[str, str] = {}

    def register(self, job_id: str, session_name: str) -> None:
        """Watch a job of a session."""
        self._sessions[job_id] = session_name
        self.register_job(job_id)

    def get_state(self, job_id: str, mode: str = "standard") -> str:
        """The state of a job in Slurm's words; UNKNOWN as long as nobody knows."""
        state: str = self.get_info(job_id, mode=mode).get("State", "UNKNOWN")
        return state

    def update(self) -> None:
        """Ask the sessions. Where one cannot tell, what was known before stands."""
        self._num_calls += 1
        waiting: dict[str, list[str]] = {}
        for job_id in sorted(self._registered - self._finished):
            waiting.setdefault(self._sessions[job_id], []).append(job_id)
        for name, ids in waiting.items():
            try:
                self._info_dict.update(_look(name, ids))
            except DrmaaException as err:
                logger.get_logger().warning(f"The states of jobs are not known for the time being: {err}")
        self._last_status_check = time.time()
        for job_id in self._registered - self._finished:
            if self.is_done(job_id, mode="cache"):
                self._finished.add(job_id)


def _look(name: str, ids: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    ended: dict[str, str] = {}
    here = session(name)
    for job_id in ids:
        try:
            state = here.jobStatus(drmaa_id(job_id))
        except InvalidJobException:
            ended[drmaa_id(job_id)] = job_id  # another process has reaped it, or the session is another one
        else:
            if state in ENDED:
                ended[drmaa_id(job_id)] = job_id
            else:
                found[job_id] = {"JobID": job_id, "State": "RUNNING" if state in RUNNING else "PENDING"}
    ends = here.ends(ended)
    for job, job_id in ended.items():
        found[job_id] = _description(job_id, ends.get(job))
    return found


def _description(job_id: str, info: JobInfo | None) -> dict[str, str]:
    if info is None:
        return {"JobID": job_id, "State": "NOT_FOUND", "Reason": "the session has no such job"}
    state = "COMPLETED" if info.succeeded else STATES.get(info.reason.kind, "FAILED")
    reason = str(info.reason) or f"exit status {info.exitStatus}"
    exit_code = f"{info.exitStatus}:{info.terminatedSignal}"
    return {"JobID": job_id, "State": state, "NodeList": info.host, "Reason": reason, "ExitCode": exit_code}


class DrmaaJob(core.Job[R]):
    """A function that runs as a Grid Engine job."""

    watcher = DrmaaInfoWatcher()

    def _register_in_watcher(self) -> None:
        self.watcher.register(self.job_id, name_of(self._paths._folder))

    def cancel(self, check: bool = True) -> None:
        """Delete the job.

        Args:
            check: raise what goes wrong, instead of a warning.

        Raises:
            DrmaaException: the job could not be deleted: it has ended, or Grid Engine could not be reached.
        """
        try:
            session(name_of(self._paths._folder)).control(drmaa_id(self.job_id), JobControlAction.TERMINATE)
        except DrmaaException as err:
            if check:
                raise
            logger.get_logger().warning(f"Job {self.job_id} was not deleted: {err}")

    def _get_outcome_and_result(self) -> tuple[str, Any]:
        self._results_timeout_s = PATIENCE.get(self.state, 1)
        try:
            outcome: tuple[str, Any] = super()._get_outcome_and_result()
        except utils.UncompletedJobError as err:
            info = self.watcher.get_info(self.job_id, mode="cache")
            where = f" on {info['NodeList']}" if info.get("NodeList") else ""
            text = f"{err}\nGrid Engine says: {info.get('Reason', 'nothing')}{where}"
            raise utils.UncompletedJobError(text) from None
        return outcome
