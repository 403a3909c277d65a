"""A job as an object: what a session's verbs do, with the id said once."""

from __future__ import annotations

from drmaa_cli.constants import TIMEOUT_NO_WAIT, TIMEOUT_WAIT_FOREVER, JobControlAction
from drmaa_cli.errors import ExitTimeoutException, InvalidArgumentException, InvalidJobException, error
from drmaa_cli.jobs.job_ids import JobIdLike, parse_job_id
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.jobs.why.explanation import Explanation
    from drmaa_cli.session.job_session import JobSession
    from drmaa_cli.session.live import LiveJob
    from drmaa_cli.template.job_template import TemplateValues

FIRST_BYTES = 8192
MORE = 16  # times as many are read where those hold too few lines


class Job:
    """One job, or one task of an array, of a session.

    It holds nothing but the session and the id, so that any number of them may stand for the same job. What a
    property asks Grid Engine for, it asks each time.

    Args:
        session: its session.
        jobId: its id.

    Attributes:
        session: its session.
        id: its id, as ``runJob()`` returned it.
    """

    __slots__ = ("id", "session")

    def __init__(self, session: JobSession, jobId: JobIdLike) -> None:
        self.session = session
        self.id = str(parse_job_id(jobId))

    def __repr__(self) -> str:
        return f"<Job {self.id} of {self.session.contact}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and (self.session, self.id) == (other.session, other.id)

    def __hash__(self) -> int:
        return hash((id(self.session), self.id))

    @property
    def state(self) -> str:
        """Its JobState, also when it has been reaped.

        Raises:
            InvalidJobException: there is no such job.
            DrmCommunicationException: no qmaster answers.
        """
        try:
            return self.session.jobStatus(self.id)
        except InvalidJobException:
            end = self.session._overview.end(parse_job_id(self.id))
            if end is None:
                raise
            return end.state(self.session.config.strict_states)

    @property
    def info(self) -> JobInfo | None:
        """How it ended, reaped or not; None while it has not. It is looked for once, not waited for.

        Raises:
            InvalidJobException: it is no job of this session.
            DrmCommunicationException: no qmaster answered for longer than the outage limit.
        """
        found = self._known()
        if found is None:
            try:
                self.session.synchronize([self.id], TIMEOUT_NO_WAIT)
            except ExitTimeoutException:
                return None
            found = self._known()
        return found

    @property
    def live(self) -> LiveJob | None:
        """Where it runs, since when, and what it uses so far; None when it is not in the qmaster (any more).

        Raises:
            DrmCommunicationException: no qmaster answers.
        """
        return self.session.live([self.id]).get(self.id)

    def wait(self, timeout: float = TIMEOUT_WAIT_FOREVER) -> JobInfo:
        """Wait for its end, and reap it. It can be waited for again, and tells the same then.

        A job that was deleted while it was pending ``wasAborted``.

        Args:
            timeout: seconds; TIMEOUT_WAIT_FOREVER, TIMEOUT_NO_WAIT.

        Raises:
            ExitTimeoutException: it has not ended in time.
            InvalidJobException: it is no job of this session.
            DrmCommunicationException: no qmaster answered for longer than the outage limit.
        """
        reaped = self._known()
        if reaped is not None and not self.session._overview.is_held(parse_job_id(self.id)):
            return reaped
        return next(self.session.as_completed([self.id], timeout))

    def why(self) -> Explanation:
        """Why it waits, or why it ended; see ``session.why()``, which tells of all groups of an array."""
        return self.session.why(self.id)[0]

    def _known(self) -> JobInfo | None:
        self.session.check()
        job = parse_job_id(self.id)
        end = self.session._overview.end(job)
        return None if end is None else end.job_info(job)

    # --- control -------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Delete it. Raises as ``session.control()``: InvalidJobException when it has ended."""
        self.session.control(self.id, JobControlAction.TERMINATE)

    def hold(self) -> None:
        """Keep it from being started; raises as ``session.control()``."""
        self.session.control(self.id, JobControlAction.HOLD)

    def release(self) -> None:
        """Let it be started; raises as ``session.control()``."""
        self.session.control(self.id, JobControlAction.RELEASE)

    def suspend(self) -> None:
        """Stop it; raises as ``session.control()``."""
        self.session.control(self.id, JobControlAction.SUSPEND)

    def resume(self) -> None:
        """Let it go on; raises as ``session.control()``."""
        self.session.control(self.id, JobControlAction.RESUME)

    def requeue(self) -> None:
        """Stop it and let it be started again; see ``session.requeue()``."""
        self.session.requeue(self.id)

    def resubmit(self, *, key: str | None = None, **changes: Unpack[TemplateValues]) -> Job:
        """Submit once more what it was submitted with; see ``session.resubmit()``."""
        return Job(self.session, self.session.resubmit(self.id, key=key, **changes))

    @property
    def command(self) -> str:
        """What it was submitted to run, as a line for a shell.

        Raises:
            InvalidJobException: it is no job of this session, or that is not on record.
        """
        from drmaa_cli.template.kept import command_line  # noqa: PLC0415  # loaded when it is needed

        return command_line(self.session._overview.templates(parse_job_id(self.id))[0])

    # --- its output ----------------------------------------------------------------------------------------

    @property
    def stdout(self) -> str:
        """The file of its standard output, Grid Engine's variables and placeholders filled in.

        A path on the host where it runs; '' when it is not known. ``$HOSTNAME`` stays in it until the host is
        known.

        Raises:
            InvalidJobException: it is no job of this session.
        """
        return self.session._overview.files(parse_job_id(self.id))[0]

    @property
    def stderr(self) -> str:
        """The same of its standard error; that of its output where both go there."""
        return self.session._overview.files(parse_job_id(self.id))[1]

    def tail(self, lines: int = 10, *, stderr: bool = False) -> str:
        """The last lines of its output so far, as the submit host sees them (which may be an ssh login away).

        Args:
            lines: how many.
            stderr: of its standard error instead.

        Raises:
            InvalidArgumentException: not a number of lines.
            InvalidJobException: it is no job of this session.
            OSError: there is no such file there (yet), or it may not be read.
        """
        if lines < 0:
            raise error(InvalidArgumentException, f"lines must be a number of lines, not {lines!r}")
        path = self.stderr if stderr else self.stdout
        if not path:
            raise FileNotFoundError(f"it is not known where the output of job {self.id} goes")
        size = FIRST_BYTES
        while True:
            data = self.session.host.read_end(path, size)
            if len(data) < size or data.count(b"\n") > lines:
                kept = data.splitlines(keepends=True)[-lines:] if lines else []
                return b"".join(kept).decode("utf-8", "replace")
            size *= MORE
