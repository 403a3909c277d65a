"""Submitting into a session: each key once, each lost answer resolved, each job known at once."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from drmaa_cli.errors import (
    DrmaaException,
    InternalException,
    InvalidArgumentException,
    UnknownSubmissionException,
    error,
)
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.session.submit import PAUSE, LateRecovery, Submitted, Submitter, shape
from drmaa_cli.session.waiters import Waiters
from drmaa_cli.store.session_store import KeyTaken, StoredJob, StoreError
from drmaa_cli.system.clock import Clock
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.log import log
from drmaa_cli.system.trouble import TROUBLE, drmaa_error
from drmaa_cli.template.attributes import Text
from drmaa_cli.template.kept import to_bytes
from drmaa_cli.typed import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from drmaa_cli.session.recover import Finding


class Submissions:
    """The submissions of one session."""

    def __init__(
        self,
        session_jobs: SessionJobs,
        submitter: Submitter,
        recovery: LateRecovery,
        waiters: Waiters,
        lock: Lock,
        clock: Clock,
    ) -> None:
        self._session_jobs, self._submitter, self._recovery = session_jobs, submitter, recovery
        self._waiters, self._lock, self._clock = waiters, lock, clock

    def submit(self, values: Mapping[bytes, Text], tasks: TaskRange | None, key: str | None) -> int:
        """Submit what a template describes, or find what was submitted under the key before: its number.

        Raises:
            DrmaaException: as :meth:`drmaa_cli.session.job_session.JobSession.runJob`.
        """
        return self._once(lambda: self._submitter.submit(values, tasks, key), tasks, key)

    def submit_many(
        self, templates: Sequence[Mapping[bytes, Text]], most_tasks: int, key: str | None
    ) -> list[str]:
        """Submit many different jobs with as few commands as possible; their ids in the same order.

        Raises:
            DrmaaException: as :meth:`drmaa_cli.session.job_session.JobSession.runJobs`.
        """
        ids = [""] * len(templates)
        numbers: list[int] = []
        parts = self._submitter.divide(templates, most_tasks)
        for count, part in enumerate(parts):
            own_key = key if key is None or count == 0 else f"{key}#{count + 1}"
            try:
                number = self._once(
                    functools.partial(
                        self._submitter.hand_over,
                        part.build,
                        own_key,
                        functools.partial(to_bytes, [templates[position] for position in part.positions]),
                    ),
                    part.tasks,
                    own_key,
                )
            except DrmaaException as refusal:
                raise _with_numbers(refusal, numbers, len(parts)) from refusal
            numbers.append(number)
            for task, position in enumerate(part.positions, 1):
                ids[position] = str(number) if part.tasks is None else f"{number}.{task}"
        return ids

    def _once(self, submit: Callable[[], Submitted], tasks: TaskRange | None, key: str | None) -> int:
        while True:
            if key is not None:
                number = self._submitted_before(key, tasks)
                if number is not None:
                    return number
            try:
                done = submit()
            except KeyTaken:
                continue  # another thread or process was a moment faster
            with self._lock:
                new = self._session_jobs.submitted(
                    done.number, done.intent, done.position, never_ran=done.never_ran
                )
                self._waiters.added(new)
            return done.number

    def resolve_all(self) -> None:
        """Find out what became of every submission whose answer was lost, save those still under way.

        Raises:
            DrmCommunicationException: Grid Engine could not be asked.
            StoreError: the session's file cannot be used.
        """
        in_doubt = self._session_jobs.in_doubt()
        for job in in_doubt:
            while job.intent.owner.is_gone and self._recovery.made().is_under_way(job.intent):
                self._clock.sleep(PAUSE)  # its qsub, left alone, is about to end
        silent = [job for job in in_doubt if not self._recovery.made().is_under_way(job.intent)]
        found = self._look_for(silent)
        for job in silent:
            self._note(job, found[job.intent.token])

    def _submitted_before(self, key: str, tasks: TaskRange | None) -> int | None:
        """What has the key; waits for a submission under way, finds one whose answer was lost."""
        while True:
            try:
                job = self._session_jobs.by_key(key)
                if job is None:
                    return None
                if job.intent.tasks != tasks:
                    raise error(
                        InvalidArgumentException,
                        f"the key {key!r} belongs to {shape(job.intent.tasks)}, and this is {shape(tasks)}",
                    )
                if job.number is not None:
                    with self._lock:
                        self._waiters.added(self._session_jobs.reopen(job))
                    return job.number
                if not self._resolve(job):
                    self._clock.sleep(PAUSE)
            except StoreError as err:
                raise error(InternalException, str(err)) from err

    def _resolve(self, job: StoredJob) -> bool:
        """Find out what became of a submission whose answer was lost; False while it is under way."""
        if self._recovery.made().is_under_way(job.intent):
            return False
        finding = self._look_for([job])[job.intent.token]
        if isinstance(finding, UnknownSubmissionException):
            raise finding
        self._note(job, finding)
        return True

    def _look_for(self, jobs: Sequence[StoredJob]) -> Mapping[str, Finding]:
        try:
            return self._recovery.made().find_all([job.intent for job in jobs])
        except TROUBLE as err:
            raise drmaa_error(err) from err
        except OSError as err:
            raise error(InternalException, f"cannot read the answer of qsub: {err}") from err

    def _note(self, job: StoredJob, finding: Finding) -> None:
        """Write down what became of a submission, if that is known."""
        if isinstance(finding, UnknownSubmissionException):
            log.warning("%s", finding.text)
            return
        with self._lock:
            self._waiters.added(self._session_jobs.resolve(job, finding))


def _with_numbers(refusal: DrmaaException, numbers: Sequence[int], parts: int) -> DrmaaException:
    """The refusal of one of several submissions, with those that were accepted before it."""
    if not numbers:
        return refusal
    text = refusal.text.rstrip()
    accepted = ", ".join(map(str, numbers))
    return error(type(refusal), f"{text} (of {parts} submissions, these were accepted before: {accepted})")
