"""DRMAA's own verbs for one session."""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli.constants import (
    JOB_IDS_SESSION_ALL,
    JOB_IDS_SESSION_ANY,
    TIMEOUT_NO_WAIT,
    TIMEOUT_WAIT_FOREVER,
)
from drmaa_cli.errors import ExitTimeoutException, error, no_usage
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.job_ids import ANY, JobIdLike, parse_job_id, text_of
from drmaa_cli.session.arguments import bulk_range, check_key, deadline_of, values_of
from drmaa_cli.session.ending import waits, while_open
from drmaa_cli.session.life import SessionLife
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.typed import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.session.observer import ProgressLike
    from drmaa_cli.template.job_template import TemplateValues


class DrmaaSession(SessionLife):
    """What DRMAA 1.0 has sessions do."""

    TIMEOUT_WAIT_FOREVER: ClassVar[int] = TIMEOUT_WAIT_FOREVER
    TIMEOUT_NO_WAIT: ClassVar[int] = TIMEOUT_NO_WAIT
    JOB_IDS_SESSION_ANY: ClassVar[bytes] = JOB_IDS_SESSION_ANY
    JOB_IDS_SESSION_ALL: ClassVar[bytes] = JOB_IDS_SESSION_ALL

    # --- templates and submission --------------------------------------------------------------------------

    def createJobTemplate(self, **attributes: Unpack[TemplateValues]) -> JobTemplate:
        """A new template for this session.

        Args:
            **attributes: initial attributes by name.

        Raises:
            NoActiveSessionException: the session has ended.
            InvalidArgumentException: there is no such attribute, or it cannot have this value.
        """
        self.check()
        self._load_submissions()
        return JobTemplate._for(self.check, **attributes)

    @while_open
    def runJob(self, jobTemplate: JobTemplate, *, key: str | None = None) -> str:
        """Submit one job; returns its id.

        Args:
            jobTemplate: what to run.
            key: the program's own name for this submission. A key that the session has already is not
                submitted again: the id of then is returned, whatever became of the job, and it can be waited
                for (again).

        Raises:
            DeniedByDrmException: Grid Engine or the template's contents forbid it.
            TryLaterException: a limit on the number of jobs is reached.
            InvalidArgumentException: not a template, or a path without its colon; a key of another shape.
            InvalidAttributeValueException: a value that Grid Engine cannot carry.
            DrmCommunicationException: no qmaster, or its answer was lost.
        """
        self.check()
        return str(self._submit(jobTemplate, None, key))

    @while_open
    def runBulkJobs(
        self, jobTemplate: JobTemplate, beginIndex: int, endIndex: int, step: int, *, key: str | None = None
    ) -> list[str]:
        """Submit one array job; returns the ids of its tasks, ascending. All else as :meth:`runJob`."""
        self.check()
        tasks = bulk_range(beginIndex, endIndex, step)
        number = self._submit(jobTemplate, tasks, key)
        return [f"{number}.{task}" for task in tasks.numbers()]

    def _submit(self, template: object, tasks: TaskRange | None, key: str | None) -> int:
        values = values_of(template)
        check_key(key)
        self._begin()
        return self._submissions.submit(values, tasks, key)

    # --- control -------------------------------------------------------------------------------------------

    @while_open
    def control(self, jobId: JobIdLike, operation: str) -> None:
        """Suspend, resume, hold, release or terminate a job, a task, or with JOB_IDS_SESSION_ALL all jobs.

        Any job that the user may change, of this session or not.

        Raises:
            InvalidActionException: not a JobControlAction (also a ValueError).
            InvalidJobException: there is no such job.
            InternalException: the command did not work.
            DrmCommunicationException: no qmaster answered; what was asked for may have been done.
            SuspendInconsistentStateException, ResumeInconsistentStateException: not in that state.
            AuthorizationException: somebody else's job.
        """
        from drmaa_cli.session.actions import check_action  # noqa: PLC0415  # not for those who submit

        check_action(operation)
        self.check()
        self._changing.change(jobId, operation)

    # --- waiting -------------------------------------------------------------------------------------------

    @waits
    def wait(self, jobId: JobIdLike, timeout: float = -1) -> JobInfo:
        """Wait for the end of a job, or with JOB_IDS_SESSION_ANY of any job, and reap it.

        Args:
            jobId: a job of this session.
            timeout: seconds; TIMEOUT_WAIT_FOREVER, TIMEOUT_NO_WAIT.

        Raises:
            ExitTimeoutException: the job has not ended in time.
            InvalidJobException: no such job in this session, or it was reaped.
            NoResourceUsageException: the job left no usage information, for it was deleted while pending.
            DrmCommunicationException: no qmaster answered for longer than the outage limit.
        """
        wanted = None if text_of(jobId) == ANY else parse_job_id(jobId)
        deadline = deadline_of(timeout, self.cluster.clock)
        info = self._waiting.for_one(wanted, deadline)
        if info is None:
            raise no_usage()
        return info

    @waits
    def synchronize(
        self,
        jobIds: Sequence[JobIdLike],
        timeout: float = -1,
        dispose: bool = False,
        *,
        progress: ProgressLike = False,
    ) -> None:
        """Wait until all these jobs have ended; unknown and reaped ones count as ended.

        Args:
            jobIds: ids; JOB_IDS_SESSION_ALL among them stands for all jobs of the session at this moment.
            timeout: seconds; TIMEOUT_WAIT_FOREVER, TIMEOUT_NO_WAIT.
            dispose: reap them, so that wait() no longer knows them.
            progress: True draws a bar on standard error or in a notebook, and nothing where there is neither
                a terminal nor a notebook; a function is called with a :class:`drmaa_cli.Progress` whenever
                that has changed.

        Raises:
            ExitTimeoutException: not all have ended in time; with dispose, those named one by one that have
                ended are reaped all the same.
            InvalidArgumentException: not a job id.
            DrmCommunicationException: no qmaster answered for longer than the outage limit.
        """
        from drmaa_cli.session.observer import reporting  # noqa: PLC0415  # loaded when it is needed

        deadline = deadline_of(timeout, self.cluster.clock)
        with reporting(progress) as report:
            done = self._waiting.for_all(jobIds, deadline, dispose=dispose, report=report)
        if not done:
            raise error(ExitTimeoutException, "")

    # --- status --------------------------------------------------------------------------------------------

    @while_open
    def jobStatus(self, jobId: JobIdLike) -> str:
        """The JobState of a job of this session, or of any job that the qmaster knows.

        Raises:
            InvalidJobException: no such job; an array job without task; it was reaped.
            DrmCommunicationException: no qmaster answers.
        """
        self.check()
        job = parse_job_id(jobId)
        with self._lock:
            if job.job not in self._table:
                self._waiting.catch_up()
        found = self._waiting.state(job, strict=self.config.strict_states)
        if found is None:
            from drmaa_cli.session import status  # noqa: PLC0415  # loaded when it is needed

            return status.of_foreign_job(self.cluster, job)
        return found
