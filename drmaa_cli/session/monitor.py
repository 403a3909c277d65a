"""One watcher for everybody who waits, without a thread of its own.

Of the threads that wait, one leads: it asks Grid Engine, takes in what it hears and wakes the others; when it
has what it came for, another leads on. However many jobs and waiters there are, a process runs one status
query at a time and spends at most the configured share of time on them. No lock is held while a command runs.

The accounting file is looked at with stat() between queries, which costs the qmaster nothing and is the
first to tell of an end on most cells.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Callable, TypeVar

from drmaa_cli.config import Config
from drmaa_cli.errors import TIMEOUT_TEXT, ExitTimeoutException, error
from drmaa_cli.gridengine.records import AccountingRecord, Details, Hold, JobRow
from drmaa_cli.gridengine.states import is_pending
from drmaa_cli.jobs.lifecycle import (
    CLOCK_SKEW,
    NO_TASK,
    Ended,
    RowIndex,
    Rules,
    TrackedJob,
    back_again,
    endings,
    fits,
    sight,
)
from drmaa_cli.session.poll_schedule import Pace
from drmaa_cli.session.session_jobs import NewJob, SessionJobs
from drmaa_cli.system.accounting_log import AccountingFile
from drmaa_cli.system.cell import TROUBLE, Cluster, Trouble, drmaa_error
from drmaa_cli.system.clock import Clock
from drmaa_cli.system.condition import Condition

T = TypeVar("T")
Rows = dict[int, tuple[JobRow, ...]]

log = logging.getLogger("drmaa_cli")

TICK = 0.02  # seconds between two looks at the accounting file
LONGEST_BACKOFF = 15.0
MOST_DOUBLINGS = 8
SYSTEM_HOLDS = (Hold.SYSTEM, Hold.OPERATOR, Hold.DEPENDENCY, Hold.START_TIME, Hold.ARRAY_DEPENDENCY)


class Monitor:
    """What the qmaster and the accounting file say of the session's jobs.

    Every public method is called with ``lock`` held, and gives it up while a command runs.
    """

    def __init__(
        self,
        cluster: Cluster,
        session_jobs: SessionJobs,
        accounting: AccountingFile,
        rules: Rules,
    ) -> None:
        self.lock = Condition()
        self.rules = rules
        self.closed = False
        self._session_jobs = session_jobs
        self._cluster, self._table, self._accounting = cluster, session_jobs.table, accounting
        self._config: Config = cluster.config
        self.clock: Clock = cluster.clock
        self._leading = False
        self._began = self._attempted = self._finished = float("-inf")
        self._demand = float("-inf")
        self._event = self.clock.monotonic()
        config = cluster.config
        self._pace = Pace(config.poll_min, config.poll_max, config.duty_cycle, self._event)
        self._lively = True
        self._failures = 0
        self._trouble: tuple[float, Trouble] | None = None
        self._next_qacct = float("-inf")
        self._qacct_failed = False
        self._looked = float("-inf")  # up to when the records are known that were written
        self._records: dict[int, dict[int, AccountingRecord]] = {}
        self._foreign: Rows | None = None  # rows of all the user's jobs, once they are asked for
        self._holds: dict[Hold, dict[int, RowIndex]] = {}

    def close(self) -> None:
        """Wake everybody who waits: the session is over."""
        self.closed = True
        self.lock.notify_all()

    def controlled(self) -> None:
        """A job was changed by us: who waits must not go by what was heard before."""
        self._demand = max(self._demand, self._finished + self._config.poll_min)
        self.happened()

    def happened(self) -> None:
        """Something was changed: ask more often for a while."""
        self._event, self._lively = self.clock.monotonic(), True
        self.lock.notify_all()

    def added(self, new: Iterable[NewJob]) -> None:
        """Jobs became known. Their records may have been passed over while their numbers were unknown."""
        for job, mark in new:
            self.happened()
            self._records.pop(job.number, None)  # those of an earlier job of the same number
            number = job.number
            for record in self._accounting.look_back(mark, job.submitted, number.__eq__):
                self._note(record)

    def wait(self, ready: Callable[[], T | None], deadline: float) -> T | None:
        """Wait until something is ready; None when the deadline comes first.

        What is known must not be staler than the duty cycle allows when the answer is "not ready".

        Raises:
            ExitTimeoutException: the session ended meanwhile.
            DrmCommunicationException: Grid Engine could not be asked for longer than the outage limit.
        """
        entered = self.clock.monotonic()
        not_before = self._fresh_enough()
        self._demand = max(self._demand, not_before)
        leading = False
        try:
            while True:
                self._check_closed()
                found = ready()
                if found is not None:
                    return found
                now = self.clock.monotonic()
                if now >= deadline and (self._failures or self._attempted >= not_before):
                    return None
                if self._attempted >= entered:  # nobody may have asked since an outage of long ago
                    self._check_outage(now)
                leading = leading or not self._leading
                self._leading = True
                if leading:
                    self._step(now, deadline)
                else:
                    self.clock.wait(self.lock, max(deadline - now, TICK))
        except BaseException:
            self.lock.ensure_held()
            raise
        finally:
            if leading:
                self._leading = False
                self.lock.notify_all()

    def refresh(self, known: TrackedJob) -> None:
        """Make sure that a job's rows are recent, and not older than our own last change of it.

        Raises:
            DrmCommunicationException: Grid Engine could not be asked.
        """
        not_before = max(known.since, self._fresh_enough())
        self._refresh(lambda: self._began >= not_before or not known.waiting, not_before)

    def foreign_rows(self, number: int) -> tuple[JobRow, ...]:
        """The recent rows of one of the user's jobs that the session does not know; none: it is not listed.

        From the first such question on, the listings' rows of all the user's jobs are kept.

        Raises:
            DrmCommunicationException: Grid Engine could not be asked.
        """
        not_before = max(self._fresh_enough(), self._event)
        if self._foreign is None:
            self._foreign, not_before = {}, self.clock.monotonic()
        self._refresh(lambda: self._began >= not_before, not_before)
        return self._foreign.get(number, ())

    def holds(self, number: int, task: int) -> Hold:
        """Which kinds of hold a task of a listed job has.

        Only as many listings are asked for as the answer needs, each once per listing for all jobs.

        Raises:
            DrmCommunicationException: Grid Engine could not be asked.
        """
        found = Hold.NONE
        if self._has_hold(Hold.USER, number, task):
            found |= Hold.USER
        for kind in SYSTEM_HOLDS:
            if self._has_hold(kind, number, task):
                return found | kind
        return found

    def _has_hold(self, kind: Hold, number: int, task: int) -> bool:
        rows = self._holds.get(kind)
        if rows is None:
            holds = self._holds  # a new listing replaces the table; the answer then belongs to the old one
            with self._unlocked():
                snapshot = self._cluster.retrying(
                    lambda: self._cluster.listing(self._cluster.user, None, kind)
                )
            by_job = _by_job(snapshot.rows)
            rows = holds[kind] = {job: RowIndex(some) for job, some in by_job.items()}
        return number in rows and rows[number].find(task) is not None

    def _refresh(self, done: Callable[[], bool], not_before: float) -> None:
        until = self.clock.monotonic() + self._config.retry_for
        pause = TICK
        self._demand = max(self._demand, not_before)
        while not done():
            self._check_closed()
            now = self.clock.monotonic()
            if self._attempted >= not_before and now >= until:
                self._raise_trouble()
            if self._leading:
                self.clock.wait(self.lock, TICK)
                continue
            try:
                self._leading = True
                self._poll()
                if self._trouble is not None:
                    pause *= 2
                    self.clock.wait(self.lock, pause)
            except BaseException:
                self.lock.ensure_held()
                raise
            finally:
                self._leading = False
                self.lock.notify_all()

    def _step(self, now: float, deadline: float) -> None:
        due = self._due()
        if now >= due:
            self._poll()
            return
        with self._unlocked():
            changed = self._accounting.changed()
        if changed:
            self._read_accounting()
            return
        self.clock.wait(self.lock, max(min(due, deadline, now + TICK) - now, 0.001))

    def _due(self) -> float:
        if self._failures:
            pause = max(self._config.poll_min, TICK) * 2.0 ** min(self._failures, MOST_DOUBLINGS)
            return self._finished + min(pause, LONGEST_BACKOFF)
        if self._demand > self._began:
            return self._demand
        now = self.clock.monotonic()
        return self._finished + self._pace.pause(now - self._event, self._lively, now)

    def _fresh_enough(self) -> float:
        return self.clock.monotonic() - self._pace.staleness

    def _poll(self) -> None:
        """One listing for everybody, and whatever it gives occasion to ask."""
        waiting = self._table.waiting()
        wanted = {known.number for known in waiting} if self._foreign is None else None
        began = self._attempted = self.clock.monotonic()
        try:
            with self._unlocked():
                snapshot = self._cluster.listing(self._cluster.user, wanted)
                self._finished = self.clock.monotonic()
        except TROUBLE as err:
            self._failed(err)
            return
        rows = _by_job(snapshot.rows)
        self._lively = False
        for known in waiting:
            seen = rows.get(known.number, ())
            self._lively = self._lively or not all(is_pending(row.state) for row in seen)
            if seen != known.rows:
                self._event = began
            if known.since <= began:
                self._table.sighted(sight(known, seen), began)
        if self._foreign is not None:
            self._foreign = rows
        self._holds = {}
        self._began = began
        self.added(self._session_jobs.look_around())  # another process may know why a job is gone
        self._read_accounting()
        if self._look_up():
            self._finished = self.clock.monotonic()
            self._recovered()
        self._pace.spent(self._finished - began, self._finished)
        self.lock.notify_all()

    def _failed(self, err: Trouble) -> None:
        idle = self._attempted - self._finished > 2 * LONGEST_BACKOFF  # nobody asked: not one long outage
        self._finished = self.clock.monotonic()
        self._failures += 1
        if self._trouble is None:
            log.warning("Grid Engine does not answer: %s", err)
        since = self._finished if self._trouble is None or idle else self._trouble[0]
        self._trouble = (since, err)
        self.lock.notify_all()

    def _recovered(self) -> None:
        if self._trouble is not None:
            log.info("Grid Engine answers again")
            self._table.be_patient(self._began - self._trouble[0], self._began)
        self._failures, self._trouble = 0, None

    def _look_up(self) -> bool:
        """Ask what became of the jobs that left the listing; whether all was answered."""
        lost = [known for known in self._table.waiting() if known.missing.keys() - known.confirmed]
        if lost:
            numbers = [known.number for known in lost]
            try:
                with self._unlocked():
                    details = self._cluster.details(numbers)
            except TROUBLE as err:
                self._failed(err)
                return False
            self._confirm(lost, details)
        return self._ask_qacct()

    def _confirm(self, lost: Sequence[TrackedJob], details: Details) -> None:
        self._event = self.clock.monotonic()
        for known in lost:
            self._table.returned(known.number, back_again(known, details))
            self._table.confirmed_missing(known.number)
        self._settle(details)

    def _ask_qacct(self) -> bool:
        """Where the accounting file cannot be read, ask qacct, less and less often."""
        now = self.clock.monotonic()
        lost = [known for known in self._table.waiting() if known.missing or known.faulty]
        if self._accounting.readable or not lost:
            self._qacct_failed = False
            return True
        if now < self._next_qacct:
            return not self._qacct_failed
        self._qacct_failed = True
        began = min(min((*known.missing.values(), *known.faulty.values())) for known in lost)
        self._next_qacct = now + max(self._pace.staleness, (now - began) / 2)
        gone = [known for known in lost if known.missing]
        stuck = [known for known in lost if known.faulty]  # may never have started: `qacct -b` omits those
        records = []
        try:
            with self._unlocked():
                if gone:
                    since = min(known.submitted for known in gone) - CLOCK_SKEW
                    records += self._cluster.records([known.number for known in gone], since)
                for known in stuck:
                    records += self._cluster.records([known.number], known.submitted)
        except TROUBLE as err:
            self._failed(err)
            return False
        self._qacct_failed = False
        self._looked = now
        for record in records:
            self._note(record)
        self._settle()
        return True

    def _read_accounting(self) -> None:
        now = self.clock.monotonic()
        with self._unlocked():
            records = self._accounting.read_new(self._table.__contains__)
            self._cluster.check_exits(records, self._accounting)
        if self._accounting.readable:
            self._looked = now
        for record in records:
            self._note(record)
        if self._settle():
            self.lock.notify_all()
        if records and self._records:  # a record is not all: ask
            self._demand = max(self._demand, self._finished + self._pace.staleness)

    def _note(self, record: AccountingRecord) -> None:
        known = self._table.get(record.job)
        if known is not None and fits(record, known):
            task = NO_TASK if known.tasks is None else record.task
            self._records.setdefault(record.job, {})[task] = record

    def _settle(self, details: Details | None = None) -> bool:
        if self.closed:
            return False
        # A task without a record is given up only if it could have been seen: not while nobody answers.
        now = self._looked if self._trouble is None else min(self._looked, self._trouble[0])
        facts: list[Ended] = []
        for known in self._table.waiting():
            if known.missing or known.faulty or known.number in self._records:
                new = list(endings(known, self._records, now, self.rules, details))
                facts += [fact for fact in new if self._table.ended(fact)]
        for number in [number for number in self._records if self._is_settled(number)]:
            del self._records[number]
        if facts:
            self._event = self.clock.monotonic()
            self._session_jobs.ended(facts)
        return bool(facts)

    def _is_settled(self, number: int) -> bool:
        known = self._table.get(number)
        return known is None or not known.waiting.intersection(self._records[number])

    def _check_closed(self) -> None:
        if self.closed:
            raise error(ExitTimeoutException, TIMEOUT_TEXT)

    def _check_outage(self, now: float) -> None:
        if self._trouble is not None and now - self._trouble[0] > self._config.outage_limit:
            self._raise_trouble()

    def _raise_trouble(self) -> None:
        if self._trouble is not None:
            raise drmaa_error(self._trouble[1]) from self._trouble[1]

    def _unlocked(self) -> _Unlocked:
        return _Unlocked(self.lock)


class _Unlocked:
    """Gives a lock up for a while. No generator: left half way by a signal, it would take the lock later."""

    def __init__(self, lock: Condition) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        self._lock.release()

    def __exit__(self, *exc_info: object) -> None:
        self._lock.acquire()


def _by_job(rows: Sequence[JobRow]) -> Rows:
    found: dict[int, list[JobRow]] = {}
    for row in rows:
        found.setdefault(row.job, []).append(row)
    return {number: tuple(group) for number, group in found.items()}
