"""What control() makes of ids and of the answers of qdel, qhold, qrls and qmod."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import (
    AuthorizationException,
    DrmaaException,
    DrmCommunicationException,
    HoldInconsistentStateException,
    IllegalStateException,
    InternalException,
    InvalidJobException,
    ReleaseInconsistentStateException,
    ResumeInconsistentStateException,
    SuspendInconsistentStateException,
    error,
)
from drmaa_cli.gridengine.control import COMMANDS, REFUSALS
from drmaa_cli.gridengine.records import Hold, JobId, JobRow, TaskRange, TaskSet
from drmaa_cli.gridengine.replies import Answer, Outcome
from drmaa_cli.gridengine.states import Letter, flags, is_pending
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import TrackedJob
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.system.cell import Cluster, Controlled
from drmaa_cli.typed import NamedTuple

DELETED = (
    " has deleted "  # qdel's word for jobs that had not started; "has registered ..." for those that had
)
REQUEUE = "requeue"  # no action of DRMAA's
NOT_RERUNNABLE = ("not rerunable", "not restartable")
NOTHING_REGISTERED = (
    "There are no jobs registered"  # libdrmaa's text for terminating an unknown job (observed)
)

_WRONG_STATE = {
    JobControlAction.SUSPEND: SuspendInconsistentStateException,
    JobControlAction.RESUME: ResumeInconsistentStateException,
    JobControlAction.HOLD: HoldInconsistentStateException,
    JobControlAction.RELEASE: ReleaseInconsistentStateException,
    JobControlAction.TERMINATE: InvalidJobException,
    REQUEUE: IllegalStateException,
}
_LET_END = (JobControlAction.TERMINATE, JobControlAction.RELEASE, JobControlAction.RESUME)
_FINE = (Outcome.DONE, Outcome.NOTHING_TO_DO)
NO_JOBS_GIVEN = "You have to specify a username or job ids"  # qhold's and qrls' for the number 0 (observed)
_NUMBER_ZERO = re.compile(r"\s*[-+]?0+(?![0-9])")


def target(job: JobId, operation: str) -> JobId:
    """The job or task a command is to be given for an id: task 0 means the whole job, save for terminate.

    Raises:
        InvalidJobException: terminate of a task 0.
    """
    if job.task != 0:
        return job
    if operation == JobControlAction.TERMINATE:
        raise error(InvalidJobException, NOTHING_REGISTERED)
    return JobId(job.job)


DeletionRequests = Sequence[tuple[TrackedJob, TaskNumbers]]
"""Jobs, and those of their tasks whose deletion is asked for and was not before."""


def request_deletion(session_jobs: SessionJobs, ids: Sequence[JobId]) -> DeletionRequests:
    """Write down which of the session's tasks are about to be deleted at our request.

    The request is on record before it is made and stays there until the qmaster answers it or the end shows
    what happened: no accounting record tells of it, and the answer may be lost.
    """
    requests = []
    for job in ids:
        known = session_jobs.table.get(job.job)
        if known is not None:
            whole = job.task is None or known.tasks is None
            chosen = known.waiting if whole else known.waiting.among(TaskRange(job.task or 0, job.task or 0))
            tasks = chosen.without(known.deleted).without(known.asked)
            session_jobs.deletion_asked(known, tasks)
            requests.append((known, tasks))
    return requests


def withdraw_deletion(session_jobs: SessionJobs, requests: DeletionRequests) -> None:
    """The requests certainly did not reach the qmaster."""
    for known, tasks in requests:
        session_jobs.deletion_refused(known, tasks)


def record_deletions(session_jobs: SessionJobs, done: Controlled, requests: DeletionRequests) -> None:
    """Remember which of the session's tasks the qmaster deletes for us: accounting does not tell.

    A refusal takes back the requests it was given for. An earlier one stays, whose answer was lost or is
    still to come to another thread: that a job does not exist may be its work.
    """
    answers: dict[int, list[Answer]] = {}
    for answer in done.answers:
        if answer.target is not None:
            answers.setdefault(answer.target.job, []).append(answer)
    for number, some in answers.items():
        known = session_jobs.table.get(number)
        if known is not None:
            found = deletions(known, some)
            session_jobs.deleted(known, found.pending, pending=True)
            session_jobs.deleted(known, found.running, pending=False)
            if not done.repeated:  # for the same reason
                for tasks in [tasks for job, tasks in requests if job is known]:
                    session_jobs.deletion_refused(known, found.refused.among(tasks))


class Deletions(NamedTuple):
    """What qdel said of the tasks of one job; each is in one of the sets or in none.

    Attributes:
        pending: they had not started and are gone.
        running: they are being deleted; an accounting record follows for those that had started.
        refused: they are not deleted.
    """

    pending: TaskNumbers
    running: TaskNumbers
    refused: TaskNumbers


def deletions(known: TrackedJob, answers: Sequence[Answer]) -> Deletions:
    """Sort the tasks of a job by qdel's lines about it.

    Of an array only a line that names tasks decides: ``job 7 is already in deletion`` does not say which
    task, and ``has deleted job 7`` may come after lines about running tasks. What no line names stays in
    doubt: it may have ended by itself just before.
    """
    pending, running, refused = (TaskNumbers.none(known.all_tasks) for _ in Deletions._fields)
    for answer in answers:
        tasks = _named_tasks(known, answer)
        if answer.outcome is Outcome.DONE:
            (pending if DELETED in answer.text else running).add_all(tasks)
        elif answer.outcome is Outcome.NOTHING_TO_DO:
            running.add_all(tasks)
        elif answer.outcome in REFUSALS:
            refused.add_all(tasks)
    return Deletions(pending, running, refused)


def _named_tasks(known: TrackedJob, answer: Answer) -> TaskNumbers:
    """The tasks that a line is about; a refusal of an array as a whole is about all of them."""
    if known.tasks is None:
        return known.waiting
    if answer.tasks is not None:
        return known.waiting.within(answer.tasks)
    if answer.target is not None and answer.target.task is not None:
        return known.waiting.among(TaskRange(answer.target.task, answer.target.task))
    return known.waiting if answer.outcome in REFUSALS else TaskNumbers.none(known.all_tasks)


def check_silence(cluster: Cluster, operation: str, targets: Sequence[JobId], *, own: bool) -> list[JobId]:
    """Tell whether a command that said nothing about some jobs had nothing to do, or did not work.

    qhold and qrls say nothing about jobs that are as they should be, or not there; qmod says nothing about
    those in the error state, those that wait to be run again, and those that have ended and are about to be
    removed when they are to be suspended (captures ``op.*``); and an answer may be lost on its way from a
    command that did its work. So one listing decides.

    Args:
        cluster: the cell.
        operation: what was asked for.
        targets: the ids without an answer.
        own: whether all of them are jobs of this user.

    Returns:
        Those that were to be suspended and have just ended.

    Raises:
        InternalException: a job is not as was asked for, or gone without a word of qmod's.
        DrmCommunicationException: no listing could be had.
    """
    user = cluster.user if own else None
    numbers = {job.job for job in targets}
    rows = cluster.retrying(lambda: cluster.listing(user, numbers)).rows
    gone = [job for job in targets if not _of(rows, job)]
    if gone and operation == JobControlAction.RESUME:  # qmod has a word for each
        command = " ".join(COMMANDS[operation])
        raise error(InternalException, f"{command} said nothing about job {gone[0]}, nor did qstat")
    undone = [job for job in targets if any(_is_undone(operation, row.state) for row in _of(rows, job))]
    if undone and operation == JobControlAction.RELEASE:  # held, but perhaps by others
        held = cluster.retrying(lambda: cluster.listing(user, numbers, Hold.USER)).rows
        undone = [job for job in undone if _of(held, job)]
    if undone:
        command = " ".join(COMMANDS[operation])
        raise error(InternalException, f"{command} said nothing about job {undone[0]} and did not change it")
    return gone if operation == JobControlAction.SUSPEND else []


def said_of_ended(answers: Sequence[Answer], ended: Sequence[JobId]) -> list[Answer]:
    """The answers, with what qmod says a moment later of the jobs that have just ended."""
    return [
        answer._replace(outcome=Outcome.UNKNOWN_JOB, text=f'invalid queue or job "{answer.target}"')
        if answer.target in ended and not answer.text
        else answer
        for answer in answers
    ]


def check_requeued(cluster: Cluster, job: JobId) -> None:
    """Tell what it means that qmod said nothing about a job that was to be run again.

    It says nothing of jobs that wait to be run again already, are in their error state, or have just ended
    (captures ``op.qmod_rj.*``). One listing decides.

    Raises:
        InvalidJobException: it is not there any more.
        IllegalStateException: it is in its error state.
        InternalException: it runs on.
        DrmCommunicationException: no listing could be had.
    """
    rows = _of(cluster.retrying(lambda: cluster.listing(None, {job.job})).rows, job)
    if not rows:
        raise no_such_job(str(job), REQUEUE)
    for letters in (row.state for row in rows):
        if flags(letters) & Letter.ERROR:
            raise error(IllegalStateException, f"job {job} is in its error state")
        if not (is_pending(letters) and flags(letters) & Letter.RESTARTED):
            raise error(InternalException, f"qmod -rj said nothing about job {job} in state {letters}")


def _of(rows: Sequence[JobRow], job: JobId) -> list[JobRow]:
    return [row for row in rows if row.job == job.job and (job.task is None or _has(row.tasks, job.task))]


def _has(tasks: TaskSet | None, task: int) -> bool:
    return task == 1 if tasks is None else tasks.has(task)  # a job that is no array is its own first task


def _is_undone(operation: str, letters: str) -> bool:
    seen = flags(letters)
    if operation in (JobControlAction.SUSPEND, JobControlAction.RESUME):
        if seen & Letter.ERROR or (is_pending(letters) and seen & Letter.RESTARTED):
            return False
        return bool(seen & Letter.SUSPENDED) is not (operation == JobControlAction.SUSPEND)
    return bool(seen & Letter.HELD) is not (operation == JobControlAction.HOLD)


def no_such_job(text: str, operation: str) -> DrmaaException:
    """The exception for an id that is a number at its beginning and no job's; libdrmaa's texts (observed).

    libdrmaa goes by the number at the beginning, and so changes job 12 when it is given ``12abc``.
    """
    if operation == JobControlAction.TERMINATE:
        return error(InvalidJobException, NOTHING_REGISTERED)
    if operation in (JobControlAction.SUSPEND, JobControlAction.RESUME, REQUEUE):
        return error(InvalidJobException, f'invalid queue or job "{text}"')
    if _NUMBER_ZERO.match(text):
        return error(InternalException, NO_JOBS_GIVEN)
    return error(InvalidJobException, f'denied: job "{text}" does not exist')


def raise_refusal(
    done: Controlled, operation: str, ours: Container[int], *, but_refusals: bool = False
) -> None:
    """Raise for the first job or task that refused; the others were changed all the same, as by libdrmaa.

    Args:
        done: the answers.
        operation: what was asked for.
        ours: the job numbers of the session.
        but_refusals: pass over what the qmaster refused, not over a command that did not work: so it is with
            the termination of all jobs, some of which may have ended.
    """
    for answer, refusal in refusals(done, operation, ours):
        if not (but_refusals and answer.outcome in REFUSALS):
            raise refusal


def refusals(
    done: Controlled, operation: str, ours: Container[int]
) -> Iterator[tuple[Answer, DrmaaException]]:
    """The answers that are refusals, with the exceptions for them; see :func:`raise_refusal`."""
    for answer in done.answers:
        if answer.outcome in _FINE:
            continue
        of_ours = answer.target is not None and answer.target.job in ours
        if done.repeated and of_ours and _done_before(answer, operation):
            continue
        kind, text = _refusal(answer, operation)
        yield answer, error(kind, text)


def _done_before(answer: Answer, operation: str) -> bool:
    """Whether an answer is what a second command says when the first one made the change.

    A job that was released or resumed may have ended meanwhile; one on hold or suspended does not by itself.
    """
    if operation in _LET_END and answer.outcome is Outcome.UNKNOWN_JOB:
        return True
    done = "in pending/hold state" if operation == REQUEUE else " is already "
    return answer.outcome is Outcome.WRONG_STATE and done in answer.text


def _refusal(answer: Answer, operation: str) -> tuple[type[DrmaaException], str]:
    if answer.outcome is Outcome.UNKNOWN_JOB:
        return (
            InvalidJobException,
            NOTHING_REGISTERED if operation == JobControlAction.TERMINATE else answer.text,
        )
    if answer.outcome is Outcome.DENIED:
        return AuthorizationException, answer.text
    if answer.outcome is Outcome.WRONG_STATE:
        hint = " (a job that was submitted with -r y can be)"
        never = any(word in answer.text for word in NOT_RERUNNABLE)
        return _WRONG_STATE[operation], f"{answer.text}{hint if never else ''}"
    if answer.outcome is Outcome.NO_QMASTER:
        return DrmCommunicationException, answer.text
    return InternalException, answer.text
