"""What is to be asked next for everybody who waits, and what the answers change.

However many jobs and waiting threads there are, a process asks one question at a time and spends at most the
configured share of time on them. A round is a listing, then what was written to the accounting file, then
`qstat -j` of the jobs that have left the listing, then qacct where the file cannot be read. Between rounds
one of the waiting threads looks at the accounting file with stat(), which costs the qmaster nothing and is
the first to tell of an end on most cells.

The questions run in threads of their own (:mod:`drmaa_cli.system.background`); nothing here waits. Threads
that wait go by turns: :meth:`Monitor.take` what was answered, :meth:`Monitor.next_step`, do that, again.
"""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli.errors import TIMEOUT_TEXT, ExitTimeoutException, error
from drmaa_cli.gridengine.records import AccountingRecord, Details, Hold, JobRow, Snapshot
from drmaa_cli.jobs.evidence import Changes, Records, apply, rows_by_job
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.lifecycle import earliest_submission
from drmaa_cli.jobs.tracked_job import RowIndex, TrackedJob
from drmaa_cli.session.entries import Listing
from drmaa_cli.session.outage import AccountingOutage, Outage
from drmaa_cli.session.poll_schedule import NEVER, PollSchedule
from drmaa_cli.session.turns import AskedAt, Question, Step, Waiter
from drmaa_cli.session.waiters import Waiters
from drmaa_cli.system.background import BackgroundCall
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.host import AccountingLog
from drmaa_cli.system.locks import Claim, Role
from drmaa_cli.system.log import log
from drmaa_cli.system.trouble import TROUBLE, Trouble
from drmaa_cli.typed import Any, Callable

TICK = 0.02  # seconds between two looks at the accounting file
LOOK_UP = 1.0  # seconds after which whoever waits looks whether somebody still leads
SYSTEM_HOLDS = (Hold.SYSTEM, Hold.OPERATOR, Hold.DEPENDENCY, Hold.START_TIME, Hold.ARRAY_DEPENDENCY)


class Monitor:
    """What the qmaster and the accounting file say of a session's jobs.

    Every method but :meth:`leave` is called with the session's lock held, and none waits.
    """

    def __init__(
        self, cluster: Cluster, table: JobTable, accounting: AccountingLog, waiters: Waiters
    ) -> None:
        self._waiters = waiters
        self._cluster, self._table, self._accounting = cluster, table, accounting
        self._clock, self._config = cluster.clock, cluster.config
        self._schedule = PollSchedule(self._config, self._clock.monotonic())
        self._schedule.happened(waiters.event, active=True)
        self._heard = waiters.additions
        self._outage = Outage()
        self._accounting_outage = AccountingOutage(table.rules.grace)
        self._file_watch = Role()
        self._question: Question | None = None
        self._given: Listing | None = None
        self._round: tuple[Callable[[Waiter], Question | None], ...] = ()  # what is still to be done of it
        self._next_qacct = NEVER
        self._qacct_asked = NEVER
        self._foreign: dict[int, tuple[JobRow, ...]] | None = None  # once they are asked for
        self._holds: dict[Hold, dict[int, RowIndex]] = {}
        self._holds_wanted: dict[Hold, None] = {}

    # --- what happens in the session -----------------------------------------------------------------------

    def close(self) -> None:
        """The session is over: end the question that is being asked."""
        if self._question is not None:
            self._cluster.abort(self._question.work.thread)

    def check_open(self) -> None:
        """Raise ExitTimeoutException when the session is over."""
        if self._waiters.closed:
            raise error(ExitTimeoutException, TIMEOUT_TEXT)

    def controlled(self) -> None:
        """A job was changed by us: who waits must not go by what was heard before."""
        self._schedule.soon()
        self._schedule.happened(self._clock.monotonic(), active=True)
        self._waiters.wake_all()

    def given(self, listing: Listing) -> None:
        """Somebody else has asked for a listing: it is taken for the next one, if none newer is known."""
        self._given = listing

    def _listen(self) -> None:
        """Jobs may have become known meanwhile."""
        if self._waiters.additions != self._heard:
            self._heard = self._waiters.additions
            self._schedule.happened(self._waiters.event, active=True)

    # --- questions about what is known ---------------------------------------------------------------------

    @property
    def fresh_enough(self) -> float:
        """What was heard since then is good enough for a question about a state."""
        return self._clock.monotonic() - self._schedule.staleness

    @property
    def last_event(self) -> float:
        """When anything has last changed."""
        self._listen()
        return self._schedule.event

    @property
    def accounting_fails(self) -> bool:
        """Whether accounting cannot be asked at present."""
        return self._accounting_outage.since is not None

    def has_listing_since(self, not_before: float) -> bool:
        """Whether a listing that began at that time or later was taken in, with all that it gave to ask."""
        return self._schedule.began >= not_before and not self._round and not self._waiters.new_jobs

    def foreign_rows(self, number: int) -> tuple[JobRow, ...] | None:
        """The last listing's rows of one of the user's jobs that the session does not know.

        None where such rows were not kept: they are from now on.
        """
        if self._foreign is None:
            self._foreign = {}
            return None
        return self._foreign.get(number, ())

    def has_hold(self, kind: Hold, number: int, task: int) -> bool | None:
        """Whether a task of a listed job has a kind of hold; None: that is not known and will be asked."""
        rows = self._holds.get(kind)
        if rows is None:
            self._holds_wanted[kind] = None
            return None
        return number in rows and rows[number].find(task) is not None

    # --- waiting -------------------------------------------------------------------------------------------

    def enter(self, waiter: Waiter, claim: Claim) -> None:
        """A thread begins to wait, in the frame that has the claim."""
        self.check_open()
        waiter.claim = claim
        self._waiters.signals[waiter.signal] = None
        self._schedule.demand(waiter.not_before)
        if self.accounting_fails:
            self._next_qacct = min(self._next_qacct, waiter.entered)  # not told what failed long ago

    def leave(self, waiter: Waiter) -> None:
        """A thread waits no longer; another one looks out."""
        waiter.claim.give_back()
        self._waiters.signals.pop(waiter.signal, None)
        self._waiters.wake_all()

    def take(self) -> Changes | None:
        """Take in the answer to a question, if there is one.

        Raises:
            ExitTimeoutException: the session ended.
        """
        self.check_open()
        self._listen()
        question = self._question
        if question is None or not (question.work.is_over or question.work.is_lost()):
            return None
        changes = Changes()
        if question.work.is_over:  # not by trying: an interrupt of this thread is no failure of the question
            failure = question.work.error
            if failure is None:
                answer, finished = question.work.result()
                changes = question.answered(answer, AskedAt(question.began, finished))
            elif isinstance(failure, TROUBLE):
                question.failed(failure, self._clock.monotonic())
            else:
                self._question = None
                raise failure
        for ended in changes.ends:
            tell = log.debug if ended.end.succeeded else log.info
            tell("job %s ended: %s", ended.name, ended.end.describe())
        self._question = None  # last: when this is interrupted, somebody else takes it in again
        if changes.moved:
            self._schedule.happened(self._clock.monotonic())
        return changes

    def next_step(self, waiter: Waiter) -> Step | None:
        """What a waiting thread is to do now; None: its time is over.

        Raises:
            DrmCommunicationException: Grid Engine, or accounting, could not be asked for too long.
        """
        self._listen()
        now = self._clock.monotonic()
        if self._is_over(waiter, now):
            return None
        patience = max(waiter.deadline, waiter.entered + self._config.retry_for) - now
        if self._question is not None:
            return Step(min(patience, LOOK_UP), asking=True)
        question = self._next_question(waiter, now)
        if question is not None:
            self._question = question
            return Step(min(patience, LOOK_UP), question.work, asking=True)
        due = self._schedule.due(now, impatient=waiter.impatient)
        if not self._file_watch.claim(waiter.claim):
            return Step(max(min(waiter.deadline - now, LOOK_UP), TICK))
        return Step(max(min(due, waiter.deadline, now + TICK) - now, 0.001), look=True)

    def noticed(self) -> None:
        """The accounting file has changed."""
        if not self._round:
            self._round = (self._ask_for_records,)

    def _is_over(self, waiter: Waiter, now: float) -> bool:
        schedule = self._schedule
        self._check(waiter, now)
        if now < waiter.deadline:
            return False
        if now >= waiter.entered + self._config.retry_for and self._question is not None:
            return True  # it answers too slowly
        if self._question is not None:
            return False
        tried = schedule.attempted >= waiter.entered or now < schedule.due(now)
        return self.has_listing_since(waiter.not_before) or (schedule.failures > 0 and tried)

    def _check(self, waiter: Waiter, now: float) -> None:
        if not waiter.impatient:
            self._outage.check(now, waiter.limit, waiter.entered)
            self._accounting_outage.check(now, waiter.limit, waiter.entered)
        elif now >= waiter.entered + waiter.limit:
            self._outage.check(now, 0.0, waiter.entered)

    # --- what is asked -------------------------------------------------------------------------------------

    def _next_question(self, waiter: Waiter, now: float) -> Question | None:
        if self._waiters.new_jobs:
            return self._look_back(waiter)
        while self._round:
            question = self._round[0](waiter)
            if question is not None:
                return question
            self._finish_stage()
        holds = self._holds_wanted and not self._schedule.failures
        if holds and self.has_listing_since(waiter.not_before):  # a newer listing would make them old
            return self._ask_for_holds(waiter, next(iter(self._holds_wanted)))
        if self._given is not None and self._given.began > self._schedule.began:
            return self._take_given(waiter, self._given)
        if now >= self._schedule.due(now, impatient=waiter.impatient):
            return self._ask_for_listing(waiter)
        return None

    def _ask(
        self,
        waiter: Waiter,
        ask: Callable[[], Any],
        answered: Callable[[Any, AskedAt], Changes],
        failed: Callable[[Trouble, float], None] | None = None,
    ) -> Question:
        clock = self._clock
        work = BackgroundCall(lambda: (ask(), clock.monotonic()), self._waiters.wake_all, waiter.claim)
        return Question(work, clock.monotonic(), answered, failed or self._failed)

    def _ask_for_listing(self, waiter: Waiter) -> Question:
        """One listing for everybody."""
        cluster = self._cluster
        wanted = {known.number for known in self._table.waiting()} if self._foreign is None else None
        self._schedule.asked(self._clock.monotonic())
        return self._ask(waiter, lambda: cluster.listing(cluster.user, wanted), self._listed)

    def _take_given(self, waiter: Waiter, listing: Listing) -> Question:
        """As if it had been asked for here, at the time when it was."""
        answer = (Snapshot(listing.rows), listing.finished)
        work = BackgroundCall(lambda: answer, self._waiters.wake_all, waiter.claim)
        return Question(work, listing.began, self._listed, self._failed)

    def _listed(self, listing: Snapshot, asked: AskedAt) -> Changes:
        changes = apply(self._table, listing, asked.began)
        if self._foreign is not None:
            self._foreign = rows_by_job(listing)
        self._holds = {}
        self._schedule.listed(asked.began, asked.finished, active=changes.active)
        self._round = (self._ask_for_records, self._ask_for_details, self._ask_qacct)
        return changes

    def _ask_for_records(self, waiter: Waiter) -> Question:
        table, accounting, cluster = self._table, self._accounting, self._cluster

        def ask() -> list[AccountingRecord]:
            records = accounting.read_new(table.__contains__)
            cluster.check_exits(records, accounting)
            return records

        return self._ask(waiter, ask, self._read)

    def _read(self, records: Sequence[AccountingRecord], asked: AskedAt) -> Changes:
        changes = Changes()
        if self._accounting.readable or records:
            changes = apply(self._table, Records(records, appended=True), asked.began)
        if records and self._table.has_records():  # a record is not all: ask
            self._schedule.demand(self._schedule.finished + self._schedule.staleness)
        self._finish_stage()
        return changes

    def _look_back(self, waiter: Waiter) -> Question:
        """Read again what was read before some jobs became known."""
        waiters, new, accounting = self._waiters, self._waiters.new_jobs, self._accounting

        def ask() -> list[AccountingRecord]:
            found: list[AccountingRecord] = []
            for job, mark in new:
                found += accounting.look_back(mark, job.submitted, job.number.__eq__)
            return found

        def answered(records: Sequence[AccountingRecord], _: AskedAt) -> Changes:
            changes = apply(self._table, Records(records, appended=True), NEVER)
            waiters.looked_back(new)
            return changes

        return self._ask(waiter, ask, answered)

    def _ask_for_details(self, waiter: Waiter) -> Question | None:
        """Ask what became of the jobs that left the listing."""
        cluster = self._cluster
        numbers = [known.number for known in self._table.lost()]
        return self._ask(waiter, lambda: cluster.details(numbers), self._detailed) if numbers else None

    def _detailed(self, details: Details, asked: AskedAt) -> Changes:
        self._schedule.followed(asked.began, asked.finished)
        changes = apply(self._table, details, asked.began)
        self._finish_stage()
        return changes

    def _ask_qacct(self, waiter: Waiter) -> Question | None:
        """Where the accounting file cannot be read, ask qacct, less and less often."""
        now = self._clock.monotonic()
        jobs = self._table.unrecorded()
        if self._accounting.readable or not jobs:
            self._accounting_outage.over()
            return None
        if now < self._next_qacct:
            return None
        began = min(
            since for known in jobs for notes in (known.missing, known.faulty) for _, since in notes.spans()
        )
        self._next_qacct = now + max(self._schedule.staleness, (now - began) / 2)
        gone = [known for known in jobs if known.missing]
        stuck = [known for known in jobs if known.faulty]
        return self._ask(waiter, lambda: self._qacct(gone, stuck), self._accounted, self._no_accounting)

    def _qacct(self, gone: Sequence[TrackedJob], stuck: Sequence[TrackedJob]) -> list[AccountingRecord]:
        found: list[AccountingRecord] = []
        if gone:
            since = min(map(earliest_submission, gone))
            found += self._cluster.records([known.number for known in gone], since)
        for known in stuck:  # they may never have started: `qacct -b` omits those
            found += self._cluster.records([known.number], earliest_submission(known))
        return found

    def _accounted(self, records: Sequence[AccountingRecord], asked: AskedAt) -> Changes:
        """Take in what qacct said: a record that two answers in a row lack is not there.

        Nothing ends an answer about a job (observed): one that was cut after a record reads like another.
        """
        self._accounting_outage.over()
        self._schedule.followed(asked.began, asked.finished)
        complete_until, self._qacct_asked = self._qacct_asked, asked.began
        changes = apply(self._table, Records(records), complete_until)
        self._finish_stage()
        return changes

    def _no_accounting(self, err: Trouble, now: float) -> None:
        self._accounting_outage.failed(err, now)
        self._finish_stage()

    def _ask_for_holds(self, waiter: Waiter, kind: Hold) -> Question:
        cluster = self._cluster

        def answered(listing: Snapshot, _: AskedAt) -> Changes:
            rows = rows_by_job(listing)
            self._holds[kind] = {job: RowIndex(some) for job, some in rows.items()}
            self._holds_wanted.pop(kind, None)
            return Changes()

        return self._ask(waiter, lambda: cluster.listing(cluster.user, None, kind), answered)

    def _finish_stage(self) -> None:
        full = len(self._round) > 0 and self._round[-1] == self._ask_qacct
        self._round = self._round[1:]
        if full and not self._round:
            if self._outage.since is not None:
                self._table.answering(self._schedule.began)
            self._outage.over()
            self._schedule.answered()

    def _failed(self, err: Trouble, now: float) -> None:
        anew = self._schedule.failed(now)
        self._outage.failed(err, now, anew=anew)
        self._table.silent(now if self._outage.since is None else self._outage.since)
        self._round = ()
