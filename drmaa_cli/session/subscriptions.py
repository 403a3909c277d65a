"""The ends of those jobs that somebody wants to know of, for one thread that serves all who do.

Other threads only put requests into a queue, and never wait: not for a lock, not for a file, not for a
command. The thread that serves takes them out, looks, and waits for all jobs together. Nothing is reaped
before who wanted it says that it has arrived.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import DrmaaException, InvalidJobException
from drmaa_cli.jobs.job_end import End, JobInfo, Outcome
from drmaa_cli.jobs.job_ids import JobIdLike
from drmaa_cli.jobs.news import News
from drmaa_cli.jobs.tracked_job import TrackedJob
from drmaa_cli.session.called_wait import CalledWait
from drmaa_cli.session.completion import choose, lost
from drmaa_cli.session.entries import Reaped
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.locks import Signal
from drmaa_cli.system.log import log
from drmaa_cli.typed import NamedTuple, Protocol, Union

FOREVER = float("inf")
Pair = tuple[TrackedJob, int]


class Subscriber(Protocol):
    """Somebody who wants to know of the ends of some jobs.

    Attributes:
        chosen: which jobs; set here when their ids have been looked up.
    """

    chosen: Sequence[Pair]


class Told(NamedTuple):
    """Something that a subscriber is to be told.

    Attributes:
        who: the subscriber.
        outcome: the end of a job; an exception where nothing more will come; None when all those were told
            that had ended already.
        pair: which job, as :meth:`Subscriptions.reap` takes it; None where it is not about one.
    """

    who: Subscriber
    outcome: JobInfo | BaseException | None
    pair: Pair | None


class _Subscribe(NamedTuple):
    who: Subscriber
    ids: Sequence[JobIdLike]


class _Unsubscribe(NamedTuple):
    who: Subscriber


class _Reap(NamedTuple):
    pair: Pair


class _Delete(NamedTuple):
    ids: Sequence[str]


Request = Union[_Subscribe, _Unsubscribe, _Reap, _Delete]


class Subscriptions(CalledWait):
    """Who wants to know of which jobs of a session.

    Args:
        session: the session.
    """

    def __init__(self, session: JobSession) -> None:
        super().__init__(session)
        self._requests: deque[Request] = deque()
        self._wanted: dict[Pair, Subscriber | list[Subscriber]] = {}
        self._news: News | None = None
        self._idle = Signal()
        self._to_delete: list[str] = []
        self._taken: list[Reaped] = []

    # --- from any thread -----------------------------------------------------------------------------------

    def want(self, who: Subscriber, ids: Sequence[JobIdLike]) -> None:
        """Tell a subscriber of these jobs: those that have ended, then that these were all, then the rest."""
        self._request(_Subscribe(who, ids))

    def unsubscribe(self, who: Subscriber) -> None:
        """Tell it nothing more."""
        self._request(_Unsubscribe(who))

    def reap(self, pair: Pair) -> None:
        """An end has arrived: reap the job."""
        self._request(_Reap(pair))

    def delete(self, ids: Sequence[str]) -> None:
        """Delete jobs."""
        self._request(_Delete(ids))

    def call(self) -> None:
        """Have take() return, now or the next time."""
        super().call()
        self._idle.wake()

    def _request(self, request: Request) -> None:
        self._requests.append(request)
        self.call()

    # --- from the thread that serves -----------------------------------------------------------------------

    def take(self) -> list[Told]:
        """Wait until there is something to tell, or call() was called.

        Raises:
            DrmaaException: the session has ended, or Grid Engine did not answer for too long.
        """
        if not self._wanted and not self._requests and not self._called:
            self._idle.wait(FOREVER)
        told: list[Told] = []
        try:
            self._until(lambda: self._serve(told))
        finally:
            self._finish()
        return told

    def give_up(self, why: BaseException) -> list[Told]:
        """Nothing more will be known: what everybody is to be told."""
        everybody = [who for _, who in self._all()]
        while self._requests:
            request = self._requests.popleft()
            if isinstance(request, _Subscribe):
                everybody.append(request.who)
        self._wanted.clear()
        return [Told(who, why, None) for who in dict.fromkeys(everybody)]

    def _serve(self, told: list[Told]) -> bool:
        """Do what was asked for, see what has ended; False while there is nothing to tell or to do."""
        arrived: dict[Pair, None] = {}
        while self._requests:
            self._do(self._requests.popleft(), told, arrived)
        if arrived:
            self._session._session_jobs.reap(list(arrived), self._taken)
        for known, task, end in self._news.taken() if self._news is not None else ():
            self._ended((known, task), end, told)
        if not self._wanted:
            self._news = None
        return bool(told or self._to_delete or self._taken or not self._wanted)

    def _do(self, request: Request, told: list[Told], arrived: dict[Pair, None]) -> None:
        if isinstance(request, _Subscribe):
            self._begin(request.who, request.ids, told)
        elif isinstance(request, _Unsubscribe):
            for pair in request.who.chosen:
                self._remove(pair, request.who)
        elif isinstance(request, _Reap):
            arrived[request.pair] = None
        else:
            self._to_delete += request.ids

    def _begin(self, who: Subscriber, ids: Sequence[JobIdLike], told: list[Told]) -> None:
        if self._news is None:
            self._news = self._session._table.follow()
        try:
            who.chosen = self._choose(ids)
        except DrmaaException as err:
            told.append(Told(who, err, None))
            return
        for pair in who.chosen:
            known, task = pair
            if task in known.waiting:
                self._add(pair, who)
            else:
                told.append(self._outcome(who, pair, known.ended.get(task)))
        told.append(Told(who, None, None))

    def _choose(self, ids: Sequence[JobIdLike]) -> list[Pair]:
        try:
            return choose(self._session._table, ids)
        except InvalidJobException:  # another process may have submitted it
            self._session._waiting.catch_up()
            return choose(self._session._table, ids)

    def _ended(self, pair: Pair, end: End | None, told: list[Told]) -> None:
        found = self._wanted.pop(pair, None)
        subscribers = found if isinstance(found, list) else [] if found is None else [found]
        told += [self._outcome(who, pair, end) for who in subscribers]

    def _outcome(self, who: Subscriber, pair: Pair, end: End | None) -> Told:
        known, task = pair
        job = known.id(task)
        if end is None:  # another process has reaped it
            end = self._session._session_jobs.read(lambda store: store.end_of(known.order, task))
        return Told(who, lost(job) if end is None else end.job_info(job), pair)

    def _add(self, pair: Pair, who: Subscriber) -> None:
        others = self._wanted.get(pair)
        if others is None:
            self._wanted[pair] = who
        elif isinstance(others, list):
            others.append(who)
        else:
            self._wanted[pair] = [others, who]

    def _remove(self, pair: Pair, who: Subscriber) -> None:
        others = self._wanted.get(pair)
        if isinstance(others, list):
            others.remove(who)
            if not others:
                del self._wanted[pair]
        elif others is who:
            del self._wanted[pair]

    def _all(self) -> Iterable[tuple[Pair, Subscriber]]:
        for pair, found in self._wanted.items():
            for who in found if isinstance(found, list) else (found,):
                yield pair, who

    def _finish(self) -> None:
        """What needs commands, and is done without the lock."""
        taken, self._taken = self._taken, []
        to_delete, self._to_delete = self._to_delete, []
        if any(reaped.end.outcome is Outcome.ABORTED for reaped in taken):
            self._session._waiting.remove_from_error_state(taken)
        if to_delete:
            try:
                refused = self._session.controlJobs(to_delete, JobControlAction.TERMINATE)
            except DrmaaException as err:
                log.warning("jobs that are not waited for any more could not be deleted: %s", err)
                return
            for job, refusal in refused.items():
                if not isinstance(refusal, InvalidJobException):  # that has ended already
                    log.warning("job %s, which is not waited for any more, was not deleted: %s", job, refusal)
