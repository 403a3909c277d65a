"""Waiting for ends: for one job, for any, for all; and taking them out of the session."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import (
    INVALID_JOB_TEXT,
    TIMEOUT_TEXT,
    DrmaaException,
    ExitTimeoutException,
    InvalidJobException,
    error,
)
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.gridengine.states import is_error
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.jobs.job_ids import ALL, JobIdLike, parse_job_id
from drmaa_cli.jobs.lifecycle import TrackedJob, covers
from drmaa_cli.session.monitor import Monitor
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.system.cell import TROUBLE, Cluster

log = logging.getLogger("drmaa_cli")


class Waiting:
    """wait() and synchronize() of one session."""

    def __init__(self, cluster: Cluster, session_jobs: SessionJobs, monitor: Monitor) -> None:
        self._cluster, self._session_jobs, self._monitor = cluster, session_jobs, monitor
        self._lock = monitor.lock

    def for_one(self, wanted: JobId | None, deadline: float) -> tuple[TrackedJob, int, End]:
        """Wait for a job, or for any (None), and reap it.

        Raises:
            ExitTimeoutException, InvalidJobException, DrmCommunicationException: as
                :meth:`drmaa_cli.session.job_session.JobSession.wait`.
        """
        known, task, end = self._reap_one(wanted, deadline)
        self._remove_from_error_state({(known, task): end})
        return known, task, end

    def for_all(self, job_ids: Sequence[JobIdLike], deadline: float, *, dispose: bool) -> bool:
        """Wait until all these have ended; False when the deadline comes first. See synchronize()."""
        with self._lock:
            self._monitor.added(self._session_jobs.catch_up())
            everything, chosen = self._chosen(job_ids)
            unfinished = list(reversed(chosen))
            done = self._monitor.wait(lambda: _all_ended(unfinished), deadline)
            ends: Mapping[tuple[TrackedJob, int], End] = {}
            if dispose and not (everything and done is None):
                reaped = [pair for pair in chosen if pair[1] in pair[0].ended]
                if everything:
                    reaped = [
                        (job, task) for job, task in reaped if job.ended[task].outcome is not Outcome.NO_USAGE
                    ]
                ends = self._session_jobs.reap(reaped)
        self._remove_from_error_state(ends)
        return done is not None

    def _reap_one(self, wanted: JobId | None, deadline: float) -> tuple[TrackedJob, int, End]:
        with self._lock:
            while True:
                found = self._monitor.wait(lambda: self._ended(wanted), deadline)
                if found is None:
                    raise error(ExitTimeoutException, TIMEOUT_TEXT)
                end = self._session_jobs.reap([found]).get(found)
                if end is not None:  # else another process was faster
                    return (*found, end)

    def _ended(self, wanted: JobId | None) -> tuple[TrackedJob, int] | None:
        if wanted is None:
            first = self._session_jobs.table.first_ended()
            if first is None and not len(self._session_jobs.table):
                self._monitor.added(self._session_jobs.catch_up())
                if not len(self._session_jobs.table):
                    raise error(InvalidJobException, INVALID_JOB_TEXT)
            return first
        pair = self._session_jobs.table.find(wanted)
        if pair is None:
            self._monitor.added(self._session_jobs.catch_up())
            pair = self._session_jobs.table.find(wanted)
        if pair is None:
            raise error(InvalidJobException, INVALID_JOB_TEXT)
        return pair if pair[1] in pair[0].ended else None

    def _chosen(self, job_ids: Sequence[JobIdLike]) -> tuple[bool, list[tuple[TrackedJob, int]]]:
        chosen: list[tuple[TrackedJob, int]] = []
        for job_id in job_ids:
            text = os.fsdecode(job_id) if isinstance(job_id, bytes) else str(job_id)
            if text == ALL:
                return True, [
                    (known, task)
                    for known in self._session_jobs.table
                    for task in sorted({*known.waiting, *known.ended})
                ]
            try:
                pair = self._session_jobs.table.find(parse_job_id(text))
            except InvalidJobException:
                continue  # it looks like an id, and no job can have it
            if pair is not None:
                chosen.append(pair)
        return False, chosen

    def _remove_from_error_state(self, ends: Mapping[tuple[TrackedJob, int], End]) -> None:
        """Libdrmaa's jobs leave the qmaster when they cannot start; ours must be told to."""
        aborted = [pair for pair, end in ends.items() if end.outcome is Outcome.ABORTED]
        try:
            unseen = {known.number for known, _ in aborted if not known.rows}  # ended before we knew of them
            rows = self._cluster.listing(self._cluster.user, unseen).rows if unseen else ()
            stuck = [
                known.id(task)
                for known, task in aborted
                if any(
                    covers(row, task) and is_error(row.state)
                    for row in (*known.rows, *rows)
                    if row.job == known.number
                )
            ]
            if stuck:
                self._cluster.control(JobControlAction.TERMINATE, stuck)
        except (DrmaaException, *TROUBLE) as err:  # the end is known and must reach the caller
            log.warning("jobs in the error state could not be removed: %s", err)


def _all_ended(unfinished: list[tuple[TrackedJob, int]]) -> bool | None:
    """Drop the ended ones from the end of the list; True when none is left."""
    while unfinished and unfinished[-1][1] not in unfinished[-1][0].waiting:
        unfinished.pop()
    return None if unfinished else True
