"""The one thread of an executor: it bundles and submits, deletes, waits, and delivers.

It lives while there is anything to do, and the program does not end before it: what is pending is submitted,
what is submitted is waited for. Other threads only put things into its queues.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Sequence

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import DrmaaException, DrmCommunicationException, TryLaterException
from drmaa_cli.futures.calls import BundledCall, Call, divide
from drmaa_cli.futures.delivery import Delivery
from drmaa_cli.futures.errors import ExecutorBrokenError, NotSubmittedError
from drmaa_cli.futures.future import CallJob, JobFuture
from drmaa_cli.futures.spool import Spool
from drmaa_cli.futures.submission import BundleSubmitter, PendingBundle
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.session.arrivals import Arrivals
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.background import BackgroundCall
from drmaa_cli.system.locks import Lock, Signal, join
from drmaa_cli.system.log import Log
from drmaa_cli.typed import Any, NamedTuple

log = Log("drmaa_cli.futures")

GATHERINGS = 10  # a burst that does not end is submitted after so many times the time of gathering
SLICE = 0.25  # seconds between two looks at a result that is not there yet, or for the end of the program
RETRY = 5.0  # seconds until Grid Engine is asked again
FAREWELL = 15.0  # seconds for which deleted jobs are waited for


class Returning(NamedTuple):
    """A call that an earlier program has submitted and this one asks for."""

    future: JobFuture[Any]
    call: Call
    bundle: str
    number: int


class BundleWatcher:
    """What an executor has under way.

    Args:
        session: where its jobs are; it is ended with the watcher.
        spool: the same.
        python: the interpreter on the hosts.
        gather: seconds without a further call after which a burst is submitted.
    """

    def __init__(self, session: JobSession, spool: Spool, python: str, gather: float) -> None:
        self._session, self._spool, self._gather_seconds = session, spool, gather
        self._submitter = BundleSubmitter(session, spool, python)
        self._delivery = Delivery(spool)
        self._arrivals = Arrivals(session)
        self._inbox: deque[Call] = deque()
        self._returning: deque[Returning] = deque()
        self._cancelled: deque[JobFuture[Any]] = deque()
        self._in_hand: list[Call] = []  # while their bundles are written
        self._unsubmitted: list[PendingBundle] = []
        self._tasks: dict[str, BundledCall] = {}
        self._deleted: dict[str, float] = {}  # deleted jobs, and until when their ends are waited for
        self._signal = Signal()
        self._lock = Lock()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._hurry = self._over = self._closed = self._detached = False

    # --- from other threads --------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be submitted."""
        return self._over

    def check_process(self) -> None:
        """Raise RuntimeError in a child of the process that made the executor."""
        if os.getpid() != self._pid:
            raise RuntimeError(f"this executor belongs to process {self._pid}; make one in this process")

    def add(self, calls: Sequence[Call]) -> None:
        """Have calls submitted."""
        self._inbox.extend(calls)
        self._attend()

    def take_up(self, returning: Returning) -> None:
        """Have a call waited for that an earlier program has submitted."""
        self._returning.append(returning)
        self._attend()

    def cancelled(self, future: JobFuture[Any]) -> None:
        """Have the job of a cancelled future deleted."""
        if os.getpid() == self._pid and not self._detached:
            self._cancelled.append(future)
            self._attend()
            self._call()

    def unfinished(self) -> list[JobFuture[Any]]:
        """The futures that have not come to anything yet."""
        waiting = [call.future for call in list(self._inbox)]
        waiting += [call.future for call in list(self._in_hand)]
        waiting += [returning.future for returning in list(self._returning)]
        waiting += [call.future for submission in list(self._unsubmitted) for call in submission.calls]
        waiting += [task.future for task in list(self._tasks.values())]
        return waiting + self._delivery.waiting()

    def state(self, job: str) -> str:
        """The JobState of a job.

        Raises:
            DrmaaException: it is not known.
        """
        return self._session.jobStatus(job)

    def close_doors(self) -> None:
        """Let nothing more be submitted; what is pending goes on."""
        self._over = True

    def detach(self) -> None:
        """End at once, and leave the jobs alone."""
        self._over = self._hurry = self._detached = True
        for future in self.unfinished():
            future.cancel()
        self._call()
        self.join()
        self.end()

    def end(self) -> None:
        """No more will come: submit what is pending at once, end when all is delivered."""
        if os.getpid() != self._pid:
            return
        self._over = self._hurry = True
        self._call()
        if self._inbox or self._returning or self._cancelled:
            self._attend()
        with self._lock:
            if self._thread is None:
                self._close()

    def join(self) -> None:
        """Wait until there is nothing left to do."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            join(thread)

    def _attend(self) -> None:
        """See that the thread is there.

        It is started in a thread of its own: an exception of a signal handler in the middle of a start would
        leave it open whether there is one.
        """
        with self._lock:
            missing = self._thread is None
        if missing:
            work = BackgroundCall(self._start)
            work.start()
            work.wait()
            work.result()
        self._arrivals.call()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="drmaa_cli.futures", daemon=False)
                try:
                    self._thread.start()
                except BaseException:  # at the end of the interpreter
                    self._thread = None
                    raise

    def _call(self) -> None:
        self._signal.wake()
        self._arrivals.call()

    # --- the thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._goes_on():
                self._turn()
        except BaseException as err:  # noqa: BLE001  # whoever waits must be told
            self._break(err)

    def _goes_on(self) -> bool:
        with self._lock:
            if self._detached:
                self._forget_all()
            now = time.monotonic()
            deleted = any(deadline > now for deadline in self._deleted.values())
            if (
                self._inbox
                or self._returning
                or self._unsubmitted
                or self._tasks
                or self._cancelled
                or deleted
            ):
                return True
            if self._delivery.is_waiting:
                return True
            if self._over:
                self._close()
            self._thread = None
            return False

    def _forget_all(self) -> None:
        for queue in (self._inbox, self._returning, self._cancelled, self._unsubmitted, self._tasks):
            queue.clear()

    def _turn(self) -> None:
        if self._returning:
            self._take_up_all()
        if self._inbox:
            self._gather()
            self._write_all()
        if self._unsubmitted:
            self._submit_all()
        if self._cancelled:
            self._delete_cancelled()
        if self._delivery.is_waiting:
            self._delivery.look_again()
        self._wait()

    def _gather(self) -> None:
        """Let a burst come together."""
        deadline = time.monotonic() + GATHERINGS * self._gather_seconds
        count = 0
        while len(self._inbox) != count and time.monotonic() < deadline:
            count = len(self._inbox)
            quiet = time.monotonic() + self._gather_seconds
            while time.monotonic() < quiet:
                if self._hurry or not threading.main_thread().is_alive():
                    return
                self._signal.wait(min(quiet - time.monotonic(), SLICE))

    def _write_all(self) -> None:
        while self._inbox:
            if not self._inbox[0].future.is_cancelled:
                self._in_hand.append(self._inbox[0])
            self._inbox.popleft()
        for bundle in divide(self._in_hand, self._session.most_tasks):
            submission = self._submitter.write(bundle)
            if submission is not None:
                self._unsubmitted.append(submission)
        self._in_hand = []

    def _submit_all(self) -> None:
        for submission in list(self._unsubmitted):
            if submission.not_before > time.monotonic():
                continue
            if not submission.not_before and all(call.future.is_cancelled for call in submission.calls):
                self._spool.remove(submission.bundle)
                self._unsubmitted.remove(submission)
                continue
            try:
                ids = self._submitter.submit(submission)
            except TryLaterException as err:
                self._put_off(submission, err)
                continue
            except DrmCommunicationException as err:
                if time.monotonic() < submission.began + self._session.config.outage_limit:
                    self._put_off(submission, err)
                    continue
                self._refused(submission, err)
            except DrmaaException as err:
                self._refused(submission, err)
            else:
                self._submitted(submission, ids)
            self._unsubmitted.remove(submission)

    def _put_off(self, submission: PendingBundle, err: DrmaaException) -> None:
        if submission.not_before == 0:
            log.warning("%d calls are submitted later: %s", len(submission.calls), err)
        submission.not_before = time.monotonic() + RETRY

    def _refused(self, submission: PendingBundle, err: DrmaaException) -> None:
        self._spool.remove(submission.bundle)
        for call in submission.calls:
            refusal = NotSubmittedError(f"the job was not submitted: {err}")
            refusal.__cause__ = err
            call.future.settle(None, refusal)

    def _submitted(self, submission: PendingBundle, ids: Sequence[str]) -> None:
        self._delivery.expect(submission.bundle, len(ids))
        for number, (call, job) in enumerate(zip(submission.calls, ids), 1):
            self._enter(job, BundledCall(call.future, submission.bundle, number))

    def _enter(self, job: str, task: BundledCall) -> None:
        self._tasks[job] = task
        task.future.job = CallJob(job, self._spool.log_path(task.bundle, task.number))
        if task.future.is_cancelled:  # while it was submitted
            self._cancelled.append(task.future)

    def _take_up_all(self) -> None:
        while self._returning:
            future, call, bundle, number = self._returning.popleft()
            try:
                ids = self._submitter.known(bundle)
            except DrmaaException as err:
                refusal = NotSubmittedError(f"the job of the call cannot be taken up: {err}")
                refusal.__cause__ = err
                future.settle(None, refusal)
                continue
            if ids:
                self._delivery.expect(bundle, len(ids))
                self._enter(ids[number - 1], BundledCall(future, bundle, number))
            else:  # the program before died between writing and submitting it
                self._inbox.append(call)

    def _delete_cancelled(self) -> None:
        if self._detached:  # meanwhile: whose job was being submitted then was cancelled here alone
            self._cancelled.clear()
            return
        ids = []
        while self._cancelled:
            future = self._cancelled.popleft()
            task = None if future.job is None else self._tasks.pop(future.job.id, None)
            if task is not None and future.job is not None:
                ids.append(future.job.id)
                self._delivery.dropped(task)
        if not ids:
            return
        deadline = time.monotonic() + FAREWELL
        self._deleted.update(dict.fromkeys(ids, deadline))
        try:
            refused = self._session.controlJobs(self._shortest(ids), JobControlAction.TERMINATE)
        except DrmaaException as err:
            log.warning("jobs of cancelled calls could not be deleted: %s", err)
        else:
            log.debug("of %d jobs of cancelled calls, %d had ended", len(ids), len(refused))

    def _shortest(self, ids: Sequence[str]) -> list[str]:
        """The same jobs, by the number of the array where none of its tasks is wanted any more."""
        wanted = {job.partition(".")[0] for job in self._tasks}
        numbers = {job: job.partition(".")[0] for job in ids}
        return list(dict.fromkeys(job if number in wanted else number for job, number in numbers.items()))

    def _wait(self) -> None:
        if self._inbox or self._returning or self._cancelled:
            return
        if self._delivery.is_waiting:
            self._signal.wait(SLICE)
            return
        seconds = -1.0
        if self._unsubmitted:
            seconds = RETRY
        elif not self._tasks:
            now = time.monotonic()
            self._deleted = {job: until for job, until in self._deleted.items() if until > now}
            if not self._deleted:
                return
            seconds = max(self._deleted.values()) - now
        if not self._tasks and not self._deleted:
            self._signal.wait(RETRY)
            return
        try:
            arrivals = self._arrivals.take(seconds)
        except DrmaaException as err:
            log.warning("the ends of jobs are not known for the time being: %s", err)
            self._signal.wait(RETRY)
        else:
            self._arrived(arrivals)

    def _arrived(self, arrivals: Sequence[JobInfo]) -> None:
        for info in arrivals:
            job = info.jobId
            self._deleted.pop(job, None)
            task = self._tasks.get(job)
            if task is None:
                continue
            if task.future.is_cancelled:
                self._delivery.dropped(task)
            else:
                self._delivery.ended(task, info)
            del self._tasks[job]  # last: whatever goes wrong, its future is told

    def _break(self, err: BaseException) -> None:
        log.critical("the executor's thread has ended", exc_info=err)
        self._over = True
        for future in self.unfinished():
            broken = ExecutorBrokenError(f"the executor has failed: {type(err).__name__}: {err}")
            broken.__cause__ = err
            future.settle(None, broken)
        with self._lock:
            self._thread = None

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if not self._session.closed:
            self._session.exit()
        self._spool.close(self._delivery.pointed_to)
