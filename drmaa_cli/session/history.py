"""What accounting has of the user's jobs, whoever submitted them and whether any session knows of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from drmaa_cli.gridengine.accounting import is_final
from drmaa_cli.gridengine.records import AccountingRecord
from drmaa_cli.jobs.job_end import end_of_record
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.host import AccountingLog, LocalHost
from drmaa_cli.system.runner import CommandNotFound
from drmaa_cli.system.trouble import drmaa_error
from drmaa_cli.typed import NamedTuple


class PastJob(NamedTuple):
    """A job or task of the user's that has ended, by accounting.

    Attributes:
        id: its DRMAA id. Numbers come again when Grid Engine has used them all: two may have the same.
        name: its name.
        info: how it ended. Whether it was deleted is not on record with most Grid Engines: such a job was
            killed by SIGKILL.
    """

    id: str
    name: str
    info: JobInfo


def history(cluster: Cluster, accounting: Callable[[], AccountingLog], since: float) -> list[PastJob]:
    """The user's jobs that began to run at or after a moment and have ended, in the order of their ends.

    Args:
        cluster: is asked with qacct.
        accounting: opens the accounting file, which is read where there is no qacct, and on this host where
            qacct does not tell what jobs had asked for (Open Cluster Scheduler's: captures ``qacct.*``).
        since: epoch seconds.

    Raises:
        DrmaaException: neither can be read.
    """
    try:
        cluster.tool("qacct")
    except CommandNotFound as err:
        found = _of_file(accounting, cluster.user, since, lambda _: True)
        if found is None:
            raise drmaa_error(err) from err
        return _jobs(found)
    told = cluster.retrying(lambda: cluster.records_since(since))
    if isinstance(cluster.host, LocalHost) and any(not record.category for record in told):
        numbers = {record.job for record in told}
        whole = _of_file(accounting, cluster.user, since, numbers.__contains__) or []
        known = {record.job for record in whole}
        told = [*whole, *(record for record in told if record.job not in known)]
    return _jobs(told)


def _of_file(
    accounting: Callable[[], AccountingLog], user: str, since: float, wanted: Callable[[int], bool]
) -> list[AccountingRecord] | None:
    """What the accounting file has of the user's jobs; None where it cannot be read."""
    log = accounting()
    try:
        if not log.open():
            return None
        found = log.look_back(None, since, wanted, unread=True)
    finally:
        log.close()
    return [record for record in found if record.owner == user and record.start_time >= int(since)]


def _jobs(records: Iterable[AccountingRecord]) -> list[PastJob]:
    """One for each job: its last run, if that was not to be repeated."""
    last: dict[tuple[int, int, float], AccountingRecord] = {}
    for record in records:
        if is_final(record):
            last[record.job, record.task, record.submission_time] = record
    ordered = sorted(last.values(), key=lambda record: (record.end_time, record.job, record.task))
    return [
        PastJob(str(record.id), record.job_name, end_of_record(record).job_info(record.id))
        for record in ordered
    ]
