"""What control() makes of ids and of the answers of qdel, qhold, qrls and qmod."""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import (
    INVALID_JOB_TEXT,
    AuthorizationException,
    DrmaaException,
    DrmCommunicationException,
    HoldInconsistentStateException,
    InternalException,
    InvalidJobException,
    ReleaseInconsistentStateException,
    ResumeInconsistentStateException,
    SuspendInconsistentStateException,
    error,
)
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.gridengine.replies import Answer, Outcome
from drmaa_cli.jobs.lifecycle import NO_TASK, TrackedJob
from drmaa_cli.session.session_jobs import SessionJobs

DELETED = (
    " has deleted "  # qdel's word for jobs that had not started; "has registered ..." for those that had
)
NOTHING_REGISTERED = (
    "There are no jobs registered"  # libdrmaa's text for terminating an unknown job (observed)
)

_WRONG_STATE = {
    JobControlAction.SUSPEND: SuspendInconsistentStateException,
    JobControlAction.RESUME: ResumeInconsistentStateException,
    JobControlAction.HOLD: HoldInconsistentStateException,
    JobControlAction.RELEASE: ReleaseInconsistentStateException,
    JobControlAction.TERMINATE: InvalidJobException,
}
_FINE = (Outcome.DONE, Outcome.NOTHING_TO_DO)


def target(job: JobId, operation: str) -> JobId:
    """The job or task a command is to be given for an id: task 0 means the whole job, save for terminate.

    Raises:
        InvalidJobException: terminate of a task 0.
    """
    if job.task != 0:
        return job
    if operation == JobControlAction.TERMINATE:
        raise error(InvalidJobException, INVALID_JOB_TEXT)
    return JobId(job.job)


def record_deletion_request(
    session_jobs: SessionJobs, ids: Sequence[JobId]
) -> list[tuple[TrackedJob, list[int]]]:
    """Write down which of the session's tasks are about to be deleted at our wish."""
    wishes = []
    for job in ids:
        known = session_jobs.table.get(job.job)
        if known is not None:
            whole = job.task is None or known.tasks is None
            chosen = (
                known.waiting
                if whole
                else known.waiting.intersection(() if job.task is None else (job.task,))
            )
            tasks = sorted(chosen - known.deleted)
            session_jobs.deleted(known, tasks, pending=False)
            wishes.append((known, tasks))
    return wishes


def withdraw_deletion_request(
    session_jobs: SessionJobs, wishes: Sequence[tuple[TrackedJob, list[int]]]
) -> None:
    """The wishes did not reach the qmaster."""
    for known, tasks in wishes:
        session_jobs.deletion_refused(known, tasks)


def record_deletions(session_jobs: SessionJobs, answers: Sequence[Answer]) -> None:
    """Remember which of the session's tasks the qmaster deletes for us: accounting does not tell."""
    for answer in answers:
        if answer.target is None:
            continue
        known = session_jobs.table.get(answer.target.job)
        if known is None:
            continue
        tasks = sorted(known.waiting.intersection(_tasks(known, answer)))
        if answer.outcome is Outcome.DONE:
            session_jobs.deleted(known, tasks, pending=DELETED in answer.text)
        elif answer.outcome not in _FINE:
            session_jobs.deletion_refused(known, tasks)


def _tasks(known: TrackedJob, answer: Answer) -> list[int]:
    if known.tasks is None:
        return [NO_TASK]
    if answer.tasks is not None:
        return list(answer.tasks.numbers())
    assert answer.target is not None
    return list(known.waiting) if answer.target.task is None else [answer.target.task]


def raise_refusal(answers: Sequence[Answer], operation: str) -> None:
    """Raise for the first job or task that refused; the others were changed all the same, as by libdrmaa."""
    for answer in answers:
        if answer.outcome not in _FINE:
            kind, text = _refusal(answer, operation)
            raise error(kind, text)


def _refusal(answer: Answer, operation: str) -> tuple[type[DrmaaException], str]:
    if answer.outcome is Outcome.UNKNOWN_JOB:
        return (
            InvalidJobException,
            NOTHING_REGISTERED if operation == JobControlAction.TERMINATE else answer.text,
        )
    if answer.outcome is Outcome.DENIED:
        return AuthorizationException, answer.text
    if answer.outcome is Outcome.WRONG_STATE:
        return _WRONG_STATE[operation], answer.text
    if answer.outcome is Outcome.NO_QMASTER:
        return DrmCommunicationException, answer.text
    return InternalException, answer.text
