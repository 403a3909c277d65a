"""Submissions whose answer was lost: did Grid Engine accept them, and under which number?

What qsub itself left in its answer files decides, if it came to its end and was told. Else the token decides:
it stands in the job's context while the qmaster has the job, and in its accounting record (the account
string) if the session has a name or the submission a key. Neither names nor clocks are asked. "Never
accepted" is concluded only when qsub was never begun, or once an ended job's record would have been written:
whoever concludes it submits again.

Where a job may have ended and its record cannot carry the token, records of the same name are candidates and
no more: :class:`drmaa_cli.errors.UnknownSubmissionException` names them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from drmaa_cli.errors import UnknownSubmissionException, unknown_submission
from drmaa_cli.gridengine.qsub import Accepted
from drmaa_cli.gridengine.records import AccountingRecord
from drmaa_cli.gridengine.replies import CommandFailed, QmasterUnreachable, UnreadableReply
from drmaa_cli.jobs.tracked_job import CLOCK_SKEW
from drmaa_cli.session.submit import PAUSE, submitting
from drmaa_cli.store.session_store import Intent
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.clock import Clock
from drmaa_cli.system.host import AccountingLog
from drmaa_cli.system.processes import NOBODY, Owner
from drmaa_cli.system.runner import AnswerFiles, CommandTimeout
from drmaa_cli.template.submission import ACCOUNT_PREFIX, CONTEXT
from drmaa_cli.typed import TypeVar, Union

T = TypeVar("T")

EXEC_SECONDS = 1.0  # by then a qsub that was begun shows its own command line
FEW = 5  # as many job numbers are named in a message
ATTEMPTS = 3  # times that one command is given before all begins anew
ROUNDS = 4  # listings in a row in which jobs may end before they can be asked for
LOOKS, LONGEST_INTERVAL = 10, 4.0  # how often the qmaster is asked while a record may still be written
LONGEST_COMMAND = 600.0  # by then an orphaned qsub has given up (184 s observed at a silent qmaster)

Finding = Union[int, UnknownSubmissionException, None]
"""A submission's number; None if it was certainly not accepted; the exception if nobody can tell."""


class SubmissionRecovery:
    """Looks for submissions in the qmaster and in accounting.

    Args:
        cluster: where to look.
        accounting: the accounting file; qacct is asked where it cannot be read.
        grace: seconds after a job's end by which its record is written.
        claimed: the job numbers of this session's other submissions, and when each was submitted.
        answers: the files in which the answer to a submission was kept, by its token.
    """

    def __init__(
        self,
        cluster: Cluster,
        accounting: AccountingLog,
        grace: float,
        claimed: Callable[[], Mapping[int, float]],
        answers: Callable[[str], AnswerFiles],
    ) -> None:
        self._cluster = cluster
        self._clock: Clock = cluster.clock
        self._accounting = accounting
        self._grace = grace
        self._claimed = claimed
        self._answers = answers
        self._interval = min(max(grace / LOOKS, PAUSE), LONGEST_INTERVAL)
        self._absent: dict[str, tuple[float, float]] = {}  # token -> see _absent_for(), and the last look

    def find(self, intent: Intent) -> int | None:
        """The job number of a submission whose answer was lost; None when it was certainly not accepted.

        Args:
            intent: the submission; its program and its qsub are at work no more.

        Raises:
            GridEngineError, CommandTimeout, CommandNotFound: Grid Engine could not be asked.
            UnknownSubmissionException: the job may have ended, and these jobs could be it.
            OSError: qsub's answer cannot be read.
        """
        found = self.find_all([intent])[intent.token]
        if isinstance(found, UnknownSubmissionException):
            raise found
        return found

    def find_all(self, intents: Sequence[Intent]) -> dict[str, Finding]:
        """What became of several submissions, by their tokens, in the time that one of them takes.

        Raises:
            GridEngineError, CommandTimeout, CommandNotFound, OSError: as :meth:`find`.
        """
        found: dict[str, Finding] = {}
        for intent in intents:
            certain, number = self._answered(intent) if intent.kept else (False, None)
            if certain:
                found[intent.token] = number
        left = {intent.token: intent for intent in intents if intent.token not in found}
        looked_at: dict[int, str] = {}
        while left:
            for token, job in self._riding_out(lambda: self._in_qmaster(left, looked_at)).items():
                found[token] = job
                del left[token]
            for token in [token for token in left if self._absent_for(token) >= self._grace]:
                found[token] = self._in_accounting(left.pop(token))
            if left:
                self._pause()
        for token in found:
            self._absent.pop(token, None)
        return found

    def _absent_for(self, token: str) -> float:
        """For how many seconds the qmaster has had no job with a token, as it said again just now.

        The time of an outage does not count, and does not take back what has been counted.
        """
        now = self._clock.monotonic()
        seconds, looked = self._absent.get(token, (0.0, now))
        seconds += min(now - looked, 2 * self._interval)
        self._absent[token] = seconds, now
        return seconds

    def tokens(self, numbers: Sequence[int]) -> dict[int, str]:
        """The tokens of those of these jobs that the qmaster has; '' of a job that has none.

        Raises:
            GridEngineError, CommandTimeout, CommandNotFound: Grid Engine could not be asked.
        """
        details = self._riding_out(lambda: self._cluster.details(numbers))
        return {job.job: job.context.get(CONTEXT, "") for job in details.jobs}

    def is_under_way(self, intent: Intent) -> bool:
        """Whether the program or the qsub of this submission may still be at work."""
        if intent.owner == NOBODY:
            return False
        if not intent.owner.is_here:
            busy = self._cluster.config.command_timeout + self._cluster.config.retry_for
            return self._clock.time() < intent.submitted + busy and not self._has_answer(intent)
        if intent.owner == Owner.this():  # it could not be written down that this process gave up on it
            return intent.token in submitting
        if not intent.owner.is_gone:
            return True
        if intent.kept and (self._has_answer(intent) or not self._answers(intent.token).out.exists()):
            return False
        return self._clock.time() < intent.submitted + EXEC_SECONDS or self._cluster.host.is_running(
            intent.token
        )

    def _has_answer(self, intent: Intent) -> bool:
        """Whether qsub has named the job; it does so as its last act."""
        try:
            answer = self._cluster.kept_answer(self._answers(intent.token)) if intent.kept else None
        except CommandFailed:
            return False
        return isinstance(answer, Accepted) and answer.is_plain

    def _answered(self, intent: Intent) -> tuple[bool, int | None]:
        """Whether the files tell what became of a submission, and its number if it was accepted."""
        try:
            answer = self._cluster.kept_answer(self._answers(intent.token))
        except CommandFailed:
            return True, None
        if answer is None:
            age = self._clock.time() - intent.submitted
            return age < self._cluster.host.kept_for, None
        if isinstance(answer, Accepted):
            return answer.is_plain, answer.job
        return answer.certain, None

    def _riding_out(self, ask: Callable[[], T]) -> T:
        """Ask again while no qmaster answers, for as long as the configuration says.

        A qmaster that comes and goes is asked for as long as it answers now and then: what was seen in one
        answer stays true.
        """
        until = self._clock.monotonic() + self._cluster.config.retry_for
        while True:
            try:
                return ask()
            except (QmasterUnreachable, UnreadableReply, CommandTimeout):
                if self._clock.monotonic() + PAUSE > until:
                    raise
            self._clock.sleep(PAUSE)

    def _at_once(self, ask: Callable[[], T]) -> T:
        """Ask again right away, a few times: where every second answer fails, two in a row never come."""
        for _ in range(ATTEMPTS - 1):
            try:
                return ask()
            except QmasterUnreachable:
                self._clock.sleep(PAUSE)
        return ask()

    def _pause(self) -> None:
        """Wait for the next look, or until there is something new in accounting."""
        until = self._clock.monotonic() + self._interval
        self._clock.sleep(PAUSE)
        while self._clock.monotonic() < until and not self._accounting.changed():
            self._clock.sleep(PAUSE)

    def _in_qmaster(self, wanted: Mapping[str, Intent], looked_at: dict[int, str]) -> dict[str, int]:
        """The numbers of those submissions that the qmaster has as jobs.

        Args:
            wanted: by their tokens.
            looked_at: the tokens of the jobs that were looked at before ('' for none), which do not change.
        """
        found: dict[str, int] = {}
        before: set[int] = set()
        for _ in range(ROUNDS):
            listed = {
                row.job for row in self._at_once(lambda: self._cluster.listing(self._cluster.user)).rows
            }
            found, left_out = self._among(listed, wanted, looked_at)
            if found or not left_out:
                break
            if left_out & before:  # not one that ended meanwhile: it could be the one that is sought
                numbers = ", ".join(map(str, sorted(left_out & before)[:FEW]))
                raise UnreadableReply(f"qstat lists jobs of which qstat -j does not tell: {numbers}")
            before = left_out
        return found

    def _among(
        self, listed: set[int], wanted: Mapping[str, Intent], looked_at: dict[int, str]
    ) -> tuple[dict[str, int], set[int]]:
        """The submissions that are among the listed jobs, and jobs of which nothing was told."""
        for number in looked_at.keys() - listed:  # a qmaster that was killed gives numbers out again
            del looked_at[number]
        found: dict[str, int] = {}
        claimed = self._claimed().keys()  # for the same reason, one of these may be the one that is sought
        for likely in (listed - claimed, listed):
            new = sorted(likely - looked_at.keys(), reverse=True)
            unreadable = self._look_at(new, looked_at)
            found = {token: number for number, token in looked_at.items() if token in wanted}
            if len(found) == len(wanted):
                break
            if unreadable is not None:
                raise unreadable  # it could be the one that is sought
        return found, listed - looked_at.keys()

    def _look_at(self, numbers: Sequence[int], looked_at: dict[int, str]) -> UnreadableReply | None:
        """Note the tokens of jobs; what is wrong with a job of which nothing could be read, if there is one.

        One such job (a control character in its name will do) spoils the answer about all that are asked for
        with it.
        """
        if not numbers:
            return None
        try:
            for job in self._at_once(lambda: self._cluster.details(numbers)).jobs:
                looked_at[job.job] = job.context.get(CONTEXT, "")
        except UnreadableReply as err:
            if len(numbers) == 1:
                return err
            middle = len(numbers) // 2
            parts = (numbers[:middle], numbers[middle:])
            return next(filter(None, [self._look_at(part, looked_at) for part in parts]), None)
        return None

    def _in_accounting(self, intent: Intent) -> Finding:
        """The number of a submission that the qmaster does not have (any more)."""
        records = [record for record in self._records(intent) if record.owner == self._cluster.user]
        marked = {record.job for record in records if carries(record, intent.token)}
        if marked:
            return max(marked)
        if intent.in_account:
            return None
        claimed = self._claimed()
        candidates = {
            record.job
            for record in records
            if record.job_name == intent.name
            and not record.account.startswith(ACCOUNT_PREFIX)  # another submission's
            and (record.task in intent.tasks if intent.tasks else record.task == 0)
            and abs(record.submission_time - intent.submitted) <= LONGEST_COMMAND + CLOCK_SKEW
            and abs(record.submission_time - claimed.get(record.job, float("-inf"))) > CLOCK_SKEW
        }
        return unknown_submission(intent.name, sorted(candidates)) if candidates else None

    def _records(self, intent: Intent) -> list[AccountingRecord]:
        if self._accounting.readable:
            return self._accounting.look_back(intent.mark, intent.submitted, lambda _: True, unread=True)
        if intent.in_account:
            return self._cluster.records_of_account(ACCOUNT_PREFIX + intent.token)
        return self._cluster.records_since(intent.submitted - CLOCK_SKEW)


def carries(record: AccountingRecord, token: str) -> bool:
    """Whether an accounting record is that of the submission with this token.

    Its account string tells, or its command line where the flavour records one (Univa 8.6, Open Cluster
    Scheduler 9).
    """
    return record.account == ACCOUNT_PREFIX + token or f"{CONTEXT}={token}" in record.submit_command
