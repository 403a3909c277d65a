"""The older Python binding of Grid Engine's tutorial, ``import DRMAA``: its calls and constants on DRMAA 1.0.

Numbers are the C binding's (``drmaa.h``), as in Java, whose names the binding borrowed. The tutorial's text
says that calls return error codes: here, as in every Python binding, errors are exceptions (``drmaa``'s).
"""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli import constants
from drmaa_cli.compat import drop_in
from drmaa_cli.compat.drop_in import JobTemplate
from drmaa_cli.constants import JobControlAction, JobState, control_action_to_string, string_to_control_action
from drmaa_cli.errors import InvalidArgumentException, error
from drmaa_cli.jobs.job_end import JobInfo as Information
from drmaa_cli.template.attributes import Version
from drmaa_cli.typed import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_ids import JobIdLike

_NUMBERS = {state: number for number, state in constants.JOB_STATES.items()}


class JobInfo:
    """How a job ended: what :meth:`Session.wait` returns, with the names of the Java binding."""

    def __init__(self, information: Information) -> None:
        self._information = information

    def getJobId(self) -> str:
        """The id of the job."""
        return str(self._information.jobId)

    def hasExited(self) -> bool:
        """Whether the job ended by itself; only then is getExitStatus() its exit status."""
        return bool(self._information.hasExited)

    def getExitStatus(self) -> int:
        """The exit status, 0 to 255; 0 when the job has not exited by itself."""
        return int(self._information.exitStatus)

    def hasSignaled(self) -> bool:
        """Whether a signal ended the job."""
        return bool(self._information.hasSignal)

    def getTerminatingSignal(self) -> str:
        """The name of that signal (``SIGKILL``); '' without one."""
        return str(self._information.terminatedSignal)

    def hasCoreDump(self) -> bool:
        """Whether a core dump is known of: never, see :meth:`drmaa_cli.jobs.job_end.End.job_info`."""
        return bool(self._information.hasCoreDump)

    def wasAborted(self) -> bool:
        """Whether the job was deleted or could not start."""
        return bool(self._information.wasAborted)

    def getResourceUsage(self) -> dict[str, str]:
        """The usage: texts by name, as in ``drmaa``'s ``resourceUsage``."""
        return dict(self._information.resourceUsage)

    def __repr__(self) -> str:
        return repr(self._information)


class Session:
    """The session of this process, begun by :meth:`init` and ended by :meth:`exit`, again and again.

    All calls raise ``drmaa``'s exceptions: NoActiveSessionException outside of a session, and so on.
    """

    TIMEOUT_WAIT_FOREVER: ClassVar[int] = constants.TIMEOUT_WAIT_FOREVER
    TIMEOUT_NO_WAIT: ClassVar[int] = constants.TIMEOUT_NO_WAIT
    JOB_IDS_SESSION_ANY: ClassVar[str] = constants.JOB_IDS_SESSION_ANY.decode()
    JOB_IDS_SESSION_ALL: ClassVar[str] = constants.JOB_IDS_SESSION_ALL.decode()

    SUSPEND: ClassVar[int] = string_to_control_action(JobControlAction.SUSPEND)
    RESUME: ClassVar[int] = string_to_control_action(JobControlAction.RESUME)
    HOLD: ClassVar[int] = string_to_control_action(JobControlAction.HOLD)
    RELEASE: ClassVar[int] = string_to_control_action(JobControlAction.RELEASE)
    TERMINATE: ClassVar[int] = string_to_control_action(JobControlAction.TERMINATE)

    UNDETERMINED: ClassVar[int] = _NUMBERS[JobState.UNDETERMINED]
    QUEUED_ACTIVE: ClassVar[int] = _NUMBERS[JobState.QUEUED_ACTIVE]
    SYSTEM_ON_HOLD: ClassVar[int] = _NUMBERS[JobState.SYSTEM_ON_HOLD]
    USER_ON_HOLD: ClassVar[int] = _NUMBERS[JobState.USER_ON_HOLD]
    USER_SYSTEM_ON_HOLD: ClassVar[int] = _NUMBERS[JobState.USER_SYSTEM_ON_HOLD]
    RUNNING: ClassVar[int] = _NUMBERS[JobState.RUNNING]
    SYSTEM_SUSPENDED: ClassVar[int] = _NUMBERS[JobState.SYSTEM_SUSPENDED]
    USER_SUSPENDED: ClassVar[int] = _NUMBERS[JobState.USER_SUSPENDED]
    USER_SYSTEM_SUSPENDED: ClassVar[int] = _NUMBERS[JobState.USER_SYSTEM_SUSPENDED]
    DONE: ClassVar[int] = _NUMBERS[JobState.DONE]
    FAILED: ClassVar[int] = _NUMBERS[JobState.FAILED]

    def init(self, contact: str | bytes | None = None) -> None:
        """Begin the session, or take up the one that an earlier getContact() named."""
        drop_in.Session.initialize(contact)

    def exit(self) -> None:
        """End the session; its jobs go on."""
        drop_in.Session.exit()

    def getContact(self) -> str:
        """The contact string of the session; '' outside of one."""
        return str(drop_in.Session.contact)

    def getDRMSInfo(self) -> str:
        """Name and version of the Grid Engine, such as ``SGE 8.1.9``; needs no session."""
        return str(drop_in.Session.drmsInfo)

    def getDRMAAImplementation(self) -> str:
        """The same as getDRMSInfo(), as libdrmaa answers."""
        return str(drop_in.Session.drmaaImplementation)

    def getVersion(self) -> Version:
        """The version of DRMAA; its text is ``1.0``."""
        return Version(1, 0)

    def createJobTemplate(self) -> JobTemplate:
        """A new template, the same as ``drmaa``'s."""
        return drop_in.Session.createJobTemplate()

    def deleteJobTemplate(self, jobTemplate: JobTemplate) -> None:
        """Delete a template; submitted jobs are not affected."""
        drop_in.Session.deleteJobTemplate(jobTemplate)

    def runJob(self, jobTemplate: JobTemplate) -> str:
        """Submit one job; its id."""
        return drop_in.Session.runJob(jobTemplate)

    def runBulkJobs(self, jobTemplate: JobTemplate, beginIndex: int, endIndex: int, step: int) -> list[str]:
        """Submit an array job; the ids of its tasks in ascending order."""
        return drop_in.Session.runBulkJobs(jobTemplate, beginIndex, endIndex, step)

    def wait(self, jobId: JobIdLike, timeout: float = TIMEOUT_WAIT_FOREVER) -> JobInfo:
        """Wait for a job (or JOB_IDS_SESSION_ANY), at most ``timeout`` seconds, and reap it."""
        return JobInfo(drop_in.Session.wait(jobId, timeout))

    def synchronize(
        self, jobIds: Sequence[JobIdLike], timeout: float = TIMEOUT_WAIT_FOREVER, dispose: bool = False
    ) -> None:
        """Wait for all these jobs, at most ``timeout`` seconds; with ``dispose``, reap them."""
        drop_in.Session.synchronize(jobIds, timeout, dispose)

    def control(self, jobId: JobIdLike, operation: int | str) -> None:
        """Change a job's state: SUSPEND, RESUME, HOLD, RELEASE or TERMINATE, or ``drmaa``'s words for them.

        Raises:
            InvalidArgumentException: no such operation.
        """
        drop_in.Session.control(jobId, _word(operation))

    def getJobProgramStatus(self, jobId: JobIdLike) -> int:
        """The state of a job: RUNNING, DONE and so on."""
        return _NUMBERS[drop_in.Session.jobStatus(jobId)]


def _word(operation: object) -> str:
    words = constants.CONTROL_ACTIONS
    if isinstance(operation, int) and not isinstance(operation, bool) and 0 <= operation < len(words):
        return control_action_to_string(operation)
    if isinstance(operation, str) and operation in words:
        return operation
    raise error(InvalidArgumentException, f"no control operation: {operation!r}")
