"""control(): have jobs changed, and remember what the session must know of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import DrmaaException, InvalidJobException
from drmaa_cli.gridengine.control import answers_about
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.gridengine.replies import Answer, CommandFailed
from drmaa_cli.jobs.job_ids import ALL, JobIdLike, parse_job_id, text_of
from drmaa_cli.session import control
from drmaa_cli.session.monitor import Monitor
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.session.wait import Waiting
from drmaa_cli.system.cell import IDS_PER_COMMAND, Cluster, Controlled
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.runner import CommandNotFound


class Changing:
    """Holds, releases, suspends, resumes and terminates the jobs of one session."""

    def __init__(
        self, cluster: Cluster, session_jobs: SessionJobs, monitor: Monitor, waiting: Waiting, lock: Lock
    ) -> None:
        self._cluster, self._session_jobs, self._monitor = cluster, session_jobs, monitor
        self._waiting, self._lock, self._table = waiting, lock, session_jobs.table

    def change(self, jobId: JobIdLike, operation: str) -> None:  # as the verb has it
        """Give the command, note what it did; see :meth:`drmaa_cli.session.job_session.JobSession.control`.

        Raises:
            DrmaaException: as the verb.
        """
        terminating = operation == JobControlAction.TERMINATE
        everything = text_of(jobId) == ALL
        if everything:
            with self._lock:
                self._waiting.catch_up()
                ids = [JobId(known.number) for known in self._table]
        else:
            ids = [self._target(jobId, operation)]
        for some in self._change_all(ids, operation):
            control.raise_refusal(some, operation, self._table, but_refusals=everything and terminating)

    def change_many(self, job_ids: Iterable[JobIdLike], operation: str) -> dict[str, DrmaaException]:
        """The same for many jobs, with as few commands as possible: those that refused, and how.

        Raises:
            DrmaaException: no id, or a command that did not work: some may have been changed.
        """
        ids = {str(job): job for job in (self._target(job_id, operation) for job_id in job_ids)}
        refused: dict[str, DrmaaException] = {}
        for some in self._change_all([*ids.values()], operation):
            for answer, refusal in control.refusals(some, operation, self._table):
                if answer.target is None:
                    raise refusal
                for name in _meant(answer, answer.target, ids, some.answers):
                    refused.setdefault(name, refusal)
        return refused

    def requeue(self, job_id: JobIdLike) -> None:
        """Have a running job stopped and started again.

        Raises:
            DrmaaException: see :meth:`drmaa_cli.session.job_session.JobSession.requeue`.
        """
        (done,) = self._change_all([self._target(job_id, control.REQUEUE)], control.REQUEUE)
        control.raise_refusal(done, control.REQUEUE, self._table)

    def _change_all(self, ids: Sequence[JobId], operation: str) -> list[Controlled]:
        try:
            return [
                self._change(operation, ids[start : start + IDS_PER_COMMAND])
                for start in range(0, len(ids), IDS_PER_COMMAND)
            ]
        finally:
            with self._lock:
                now = self._cluster.clock.monotonic()
                for number in {job.job for job in ids}:
                    known = self._table.get(number)
                    if known is not None:
                        known.since = now
                self._monitor.controlled()

    def _target(self, jobId: JobIdLike, operation: str) -> JobId:
        try:
            job = control.target(parse_job_id(jobId), operation)
        except InvalidJobException:
            raise control.no_such_job(text_of(jobId), operation) from None
        with self._lock:
            if job.job not in self._table:  # another process may have submitted it
                self._waiting.catch_up()
        return job

    def _change(self, operation: str, ids: Sequence[JobId]) -> Controlled:
        if operation == JobControlAction.TERMINATE:
            return self._terminate(ids)
        done = self._cluster.control(operation, ids)
        silent = [answer.target for answer in done.answers if answer.target is not None and not answer.text]
        if silent and operation == control.REQUEUE:
            control.check_requeued(self._cluster, silent[0])
        elif silent:
            own = all(job.job in self._table for job in silent)
            ended = control.check_silence(self._cluster, operation, silent, own=own)
            return done._replace(answers=control.said_of_ended(done.answers, ended))
        return done

    def _terminate(self, ids: Sequence[JobId]) -> Controlled:
        with self._lock:
            requests = control.request_deletion(self._session_jobs, ids)
        arrays = {known.number: known.tasks for known, _ in requests if known.tasks is not None}
        try:
            done = self._cluster.control(JobControlAction.TERMINATE, ids, arrays)
        except DrmaaException as err:
            if isinstance(err.__cause__, (CommandNotFound, CommandFailed)):  # then nothing was uttered
                with self._lock:
                    control.withdraw_deletion(self._session_jobs, requests)
            raise
        with self._lock:
            control.record_deletions(self._session_jobs, done, requests)
        return done


def _meant(
    answer: Answer, target: JobId, ids: Mapping[str, JobId], answers: Sequence[Answer]
) -> Sequence[str]:
    """The ids that a refusal is about; one about a job is about its tasks without an answer of their own."""
    for name in (str(target), str(target.job)):
        if name in ids:
            return [name]
    tasks = [name for name, job in ids.items() if job.job == target.job]
    return [name for name in tasks if answer in answers_about(ids[name], answers)] or [str(target.job)]
