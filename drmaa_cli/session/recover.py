"""Submissions whose answer was lost: did Grid Engine accept them, and under which number?

What qsub itself left in its answer files decides, if it came to its end. Else the token in the job's context
decides while the qmaster has the job. Accounting does not keep the context: a job that has ended already is
recognised by owner, name, submission time and by being nobody else's, and when several could be it, that is
said and not guessed. "Never accepted" is concluded only when qsub says so or was never begun, or after an
ended job's accounting record would have been written: whoever concludes it submits again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from drmaa_cli.errors import DrmCommunicationException, error
from drmaa_cli.gridengine.qacct import NoAccounting
from drmaa_cli.gridengine.qsub import Accepted
from drmaa_cli.gridengine.records import AccountingRecord
from drmaa_cli.gridengine.replies import CommandFailed
from drmaa_cli.jobs.lifecycle import CLOCK_SKEW
from drmaa_cli.store.session_store import Intent
from drmaa_cli.system.accounting_log import AccountingFile
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.clock import Clock
from drmaa_cli.system.processes import NOBODY, running_with
from drmaa_cli.system.runner import AnswerFiles

CONTEXT = "drmaa_cli"  # the name under which the token stands in the job's context (-ac)
EXEC_SECONDS = 1.0  # by then a qsub that was begun shows its own command line
PAUSE = 0.25
# `qstat -j` may print dates in the qmaster's time zone (capture time.qstat_j_xml_tz_America_New_York of 9.2).
ZONES_APART = 14 * 3600.0
CLOCKS_APART = 10.0  # seconds between our clock and the qmaster's, and accounting keeps whole seconds
LONGEST_COMMAND = 600.0  # by then an orphaned qsub has given up (184 s observed at a silent qmaster)


class SubmissionRecovery:
    """Looks for submissions in the qmaster and in accounting.

    Args:
        cluster: where to look.
        accounting: the accounting file; qacct is asked where it cannot be read.
        grace: seconds after a job's end by which its record is written.
        claimed: the job numbers that are known to belong to submissions, and when each was submitted.
        answers: the files in which the answer to a submission was kept, by its token.
    """

    def __init__(
        self,
        cluster: Cluster,
        accounting: AccountingFile,
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

    def deadline(self) -> float:
        """When the record of a job that has ended by now will have been written, by the monotonic clock."""
        return self._clock.monotonic() + self._grace

    def find(self, intent: Intent, until: float | None = None) -> int | None:
        """The job number of a submission whose answer was lost; None when it was certainly not accepted.

        Args:
            intent: the submission; its program and its qsub are at work no more.
            until: a :meth:`deadline` after they ended; now, if not given.

        Raises:
            GridEngineError, CommandTimeout, CommandNotFound: Grid Engine could not be asked.
            DrmCommunicationException: several jobs could be it.
            OSError: qsub's answer cannot be read.
        """
        if intent.kept:
            certain, number = self._answered(intent)
            if certain:
                return number
        until = self.deadline() if until is None else until
        while True:
            number = self._in_qmaster(intent)
            if number is not None:
                return number
            if self._clock.monotonic() >= until:  # by now every other program knows which jobs are its own
                return self._in_accounting(intent)
            self._clock.sleep(PAUSE)
            while self._clock.monotonic() < until and not self._accounting.changed():
                self._clock.sleep(PAUSE)

    def is_under_way(self, intent: Intent) -> bool:
        """Whether the program or the qsub of this submission may still be at work."""
        if intent.owner == NOBODY:
            return False
        if not intent.owner.is_here:
            busy = self._cluster.config.command_timeout + self._cluster.config.retry_for
            return self._clock.time() < intent.submitted + busy and not self._has_answer(intent)
        if not intent.owner.is_gone:
            return True
        if intent.kept and (self._has_answer(intent) or not self._answers(intent.token)[0].exists()):
            return False
        return self._clock.time() < intent.submitted + EXEC_SECONDS or running_with(intent.token)

    def _has_answer(self, intent: Intent) -> bool:
        """Whether qsub has named the job; it does so as its last act."""
        try:
            return intent.kept and isinstance(
                self._cluster.kept_answer(self._answers(intent.token)), Accepted
            )
        except CommandFailed:
            return False

    def _answered(self, intent: Intent) -> tuple[bool, int | None]:
        """Whether the files tell what became of a submission, and its number if it was accepted."""
        try:
            answer = self._cluster.kept_answer(self._answers(intent.token))
        except CommandFailed:
            return True, None
        if answer is None:
            return True, None
        if isinstance(answer, Accepted):
            return True, answer.job
        return answer.certain, None

    def _in_qmaster(self, intent: Intent) -> int | None:
        claimed = self._claimed().keys()
        rows = self._cluster.listing(self._cluster.user).rows
        named = {row.job for row in rows if row.name == intent.name}
        for numbers in (named - claimed, named & claimed):  # numbers wrap: a claim may be an old one
            for job in self._cluster.details(sorted(numbers)).jobs if numbers else ():
                since = intent.submitted - CLOCK_SKEW - ZONES_APART
                if job.submission_time >= since and job.context.get(CONTEXT) == intent.token:
                    return job.job
        return None

    def _in_accounting(self, intent: Intent) -> int | None:
        claimed = self._claimed()
        last = min(self._clock.time(), intent.submitted + LONGEST_COMMAND) + CLOCKS_APART
        found = {
            record.job
            for record in self._records(intent)
            if record.owner == self._cluster.user
            and record.job_name == intent.name
            and (record.task in intent.tasks if intent.tasks else record.task == 0)
            and intent.submitted - CLOCKS_APART <= record.submission_time <= last
            and abs(record.submission_time - claimed.get(record.job, float("-inf"))) > CLOCK_SKEW
        }
        if len(found) > 1:
            ids = ", ".join(str(number) for number in sorted(found))
            raise error(
                DrmCommunicationException,
                f"the answer to a submission of {intent.name!r} was lost, and each of the jobs {ids} could be"
                " it: look at them with qacct -j, and begin a new session when it is clear",
            )
        return found.pop() if found else None

    def _records(self, intent: Intent) -> list[AccountingRecord]:
        if self._accounting.readable:
            return self._accounting.look_back(intent.mark, intent.submitted, lambda _: True, unread=True)
        try:
            return self._cluster.records_since(intent.submitted - CLOCKS_APART)
        except NoAccounting:
            if self._is_qmaster_here():
                return []  # the qmaster would write it here: no job of this cell has ended yet
            raise

    def _is_qmaster_here(self) -> bool:
        here = os.uname().nodename.partition(".")[0]
        try:
            name = (self._accounting.path.parent / "act_qmaster").read_text()
        except OSError:
            return False
        return name.strip().partition(".")[0] in ("localhost", here)
