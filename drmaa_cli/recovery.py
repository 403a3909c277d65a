"""Take a session up again from its file: what it submitted, what has ended, what was asked to be deleted."""

from __future__ import annotations

import logging

from drmaa_cli.accounting_file import AccountingFile, Mark
from drmaa_cli.cluster import TROUBLE, drmaa_error
from drmaa_cli.ledger import Ledger
from drmaa_cli.store import DELETED_PENDING, DELETED_RUNNING, Store, StoredJob
from drmaa_cli.submitter import Submitter
from drmaa_cli.tracker import Known

log = logging.getLogger("drmaa_cli")


def restore(
    store: Store,
    ledger: Ledger,
    accounting: AccountingFile,
    submitter: Submitter,
    now: float,
    unsettled_after: float,
) -> None:
    """Fill an empty ledger from the store, and place the accounting reader where the oldest open job began.

    A submission whose answer was lost is looked for in Grid Engine; one that is younger than unsettled_after
    (epoch seconds) may be under way in another process and is left alone.

    Raises:
        StoreError: the file cannot be read.
        DrmCommunicationException: a lost submission could not be looked for.
    """
    jobs = store.jobs()
    marks = [job.intent.mark for job in jobs if job.intent.mark is not None and not _all_reaped(job)]
    accounting.open(_oldest(marks))
    for job in jobs:
        number = job.number
        if number is None and job.intent.submitted < unsettled_after:
            number = _settle(job, store, submitter)
        if number is not None:
            _add(ledger, job, number, now)


def _settle(job: StoredJob, store: Store, submitter: Submitter) -> int | None:
    try:
        number = submitter.find(job.intent)
    except TROUBLE as err:
        raise drmaa_error(err) from err
    if number is None:
        store.refused(job.position)
        log.info("the submission of %s did not reach Grid Engine", job.intent.name)
    else:
        store.accepted(job.position, number)
        log.info("job %d was submitted by this session, though the answer was lost", number)
    return number


def _add(ledger: Ledger, job: StoredJob, number: int, now: float) -> None:
    intent = job.intent
    known = Known(number, job.position, intent.tasks, intent.submitted, now, intent.start_time)
    ledger.add(known)
    for task in job.tasks:
        if task.reaped:
            ledger.drop(number, task.task)
            continue
        if task.deleted in (DELETED_RUNNING, DELETED_PENDING):
            ledger.deleted(number, [task.task], pending=task.deleted == DELETED_PENDING)
        if task.end is not None:
            ledger.restored(known, task.task, task.end)


def _all_reaped(job: StoredJob) -> bool:
    total = 1 if job.intent.tasks is None else len(job.intent.tasks.numbers())
    return sum(task.reaped or task.end is not None for task in job.tasks) == total


def _oldest(marks: list[Mark]) -> Mark | None:
    # The store keeps the order of submission, so the first mark is the oldest also across rotations.
    return marks[0] if marks else None
