"""The process-wide session of the drmaa-python API: static methods, as programs know them.

What talks to Grid Engine is loaded by the first call that needs it: programs import this in every job.
"""

from __future__ import annotations

import contextlib

from drmaa_cli.constants import (
    JOB_IDS_SESSION_ALL,
    JOB_IDS_SESSION_ANY,
    TIMEOUT_NO_WAIT,
    TIMEOUT_WAIT_FOREVER,
)
from drmaa_cli.errors import AlreadyActiveSessionException, NoActiveSessionException, error
from drmaa_cli.session.contact import parse_contact
from drmaa_cli.session.current import current, process
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.template.attributes import Version
from drmaa_cli.typed import TYPE_CHECKING, Callable, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from typing_extensions import Unpack

    from drmaa_cli.config import Settings
    from drmaa_cli.errors import DrmaaException
    from drmaa_cli.gridengine.dialect import Flavour
    from drmaa_cli.jobs.job_end import JobInfo
    from drmaa_cli.jobs.job_ids import JobIdLike
    from drmaa_cli.jobs.why.explanation import Explanation
    from drmaa_cli.session.completion import Completions
    from drmaa_cli.session.entries import Listing, SessionJob
    from drmaa_cli.session.history import PastJob
    from drmaa_cli.session.job import Job
    from drmaa_cli.session.live import LiveJob
    from drmaa_cli.session.observer import ProgressLike
    from drmaa_cli.session.transfers import Name, Watch
    from drmaa_cli.system.runner import Runner
    from drmaa_cli.template.job_template import TemplateValues

ALREADY_ACTIVE = "Initialization failed due to existing DRMAA session."


class _ClassProperty:
    """A value readable on the class and on its instances, as drmaa-python's session attributes are."""

    def __init__(self, get: Callable[[], object]) -> None:
        self._get = get
        self.__doc__ = get.__doc__

    def __get__(self, instance: object, owner: type | None = None) -> object:
        return self._get()


def _contact() -> str:
    """The contact string of the active session; '' when there is none."""
    connection = process.active
    return "" if connection is None else connection.contact


def _product() -> str:
    """Name and version of the Grid Engine, such as ``SGE 8.1.9``; needs no session."""
    from drmaa_cli.config import Config  # noqa: PLC0415  # loaded when it is needed
    from drmaa_cli.system.cell import Cluster  # noqa: PLC0415  # loaded when it is needed

    connection = process.active
    cluster = Cluster(Config.load()) if connection is None else connection.cluster
    return cluster.retrying(cluster.product)


def _flavour() -> Flavour:
    """Which Grid Engine this is and what it can do (beyond DRMAA); needs a session."""
    return current().flavour


def _version() -> Version:
    """The DRMAA version: 1.0."""
    return Version(1, 0)


class Session:
    """The DRMAA session of this process.

    All work is done by static methods, with or without an instance; an instance is a context manager that
    begins the session of its contact string and ends it.
    """

    TIMEOUT_WAIT_FOREVER: ClassVar[int] = TIMEOUT_WAIT_FOREVER
    TIMEOUT_NO_WAIT: ClassVar[int] = TIMEOUT_NO_WAIT
    JOB_IDS_SESSION_ANY: ClassVar[bytes] = JOB_IDS_SESSION_ANY
    JOB_IDS_SESSION_ALL: ClassVar[bytes] = JOB_IDS_SESSION_ALL

    contact = _ClassProperty(_contact)
    drmsInfo = _ClassProperty(_product)
    drmaaImplementation = _ClassProperty(_product)
    version = _ClassProperty(_version)
    flavour = _ClassProperty(_flavour)

    def __init__(
        self,
        contactString: str | bytes | None = None,
        *,
        runner: Runner | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        self.contactString = contactString
        self._runner = runner
        self._settings = settings

    @staticmethod
    def initialize(
        contactString: str | bytes | None = None,
        *,
        runner: Runner | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        """Begin the session, or take up the one that a contact string names.

        Args:
            contactString: ``session=NAME``; None begins a new session.
            runner: how commands are run; on this host by default (beyond DRMAA).
            **settings: see :class:`drmaa_cli.Config` (beyond DRMAA).

        Raises:
            AlreadyActiveSessionException: there is one already.
            InvalidArgumentException: the contact string or a setting is malformed.
            DrmCommunicationException: no qmaster answers.
            DrmsInitException: no Grid Engine here, or the session's file cannot be used.
        """
        parse_contact(contactString)
        with process.lock:
            if process.active is not None:
                raise error(AlreadyActiveSessionException, ALREADY_ACTIVE)
            from drmaa_cli.session.job_session import JobSession  # noqa: PLC0415  # loaded when it is needed

            process.active = JobSession(contactString, runner=runner, **settings)

    @staticmethod
    def exit() -> None:
        """End the session; jobs go on, and can be waited for again after initialize() with its contact.

        Raises:
            NoActiveSessionException: there is none.
        """
        with process.lock:
            connection, process.active = process.active, None
        if connection is None:
            raise error(NoActiveSessionException, "")
        connection.exit()

    @staticmethod
    def createJobTemplate(**attributes: Unpack[TemplateValues]) -> JobTemplate:
        """A new template.

        Args:
            **attributes: initial attributes by name (beyond DRMAA).

        Raises:
            NoActiveSessionException: there is no session.
            InvalidArgumentException: there is no such attribute, or it cannot have this value.
        """
        current()._load_submissions()
        return JobTemplate(**attributes)

    @staticmethod
    def deleteJobTemplate(jobTemplate: JobTemplate) -> None:
        """Delete a template; submitted jobs are not affected."""
        jobTemplate.delete()

    @staticmethod
    def runJob(jobTemplate: JobTemplate, *, key: str | None = None) -> str:
        """Submit one job. See :meth:`drmaa_cli.session.job_session.JobSession.runJob`."""
        return current().runJob(jobTemplate, key=key)

    @staticmethod
    def runBulkJobs(
        jobTemplate: JobTemplate, beginIndex: int, endIndex: int, step: int, *, key: str | None = None
    ) -> list[str]:
        """Submit an array job. See :meth:`drmaa_cli.session.job_session.JobSession.runBulkJobs`."""
        return current().runBulkJobs(jobTemplate, beginIndex, endIndex, step, key=key)

    @staticmethod
    def runJobs(templates: Iterable[JobTemplate], *, key: str | None = None) -> list[str]:
        """Submit many different jobs at once.

        See :meth:`drmaa_cli.session.job_session.JobSession.runJobs`.
        """
        return current().runJobs(templates, key=key)

    @staticmethod
    def job(jobId: JobIdLike) -> Job:
        """A job as an object. See :meth:`drmaa_cli.session.job_session.JobSession.job`."""
        return current().job(jobId)

    @staticmethod
    def requeue(jobId: JobIdLike) -> None:
        """Run a job again. See :meth:`drmaa_cli.session.job_session.JobSession.requeue`."""
        current().requeue(jobId)

    @staticmethod
    def resubmit(jobId: JobIdLike, *, key: str | None = None, **changes: Unpack[TemplateValues]) -> str:
        """Submit a job once more. See :meth:`drmaa_cli.session.job_session.JobSession.resubmit`."""
        return current().resubmit(jobId, key=key, **changes)

    @staticmethod
    def jobs() -> list[SessionJob]:
        """Every job the session holds (beyond DRMAA).

        See :meth:`drmaa_cli.session.job_session.JobSession.jobs`.
        """
        return current().jobs()

    @staticmethod
    def ends(jobIds: Iterable[JobIdLike] | None = None) -> dict[str, JobInfo]:
        """How jobs ended, without reaping them (beyond DRMAA).

        See :meth:`drmaa_cli.session.job_session.JobSession.ends`.
        """
        return current().ends(jobIds)

    @staticmethod
    def unfinished(jobIds: Iterable[JobIdLike] | None = None) -> Mapping[str, int]:
        """How many jobs have not ended, by state (beyond DRMAA).

        See :meth:`drmaa_cli.session.job_session.JobSession.unfinished`.
        """
        return current().unfinished(jobIds)

    @staticmethod
    def live(jobIds: Iterable[JobIdLike]) -> dict[str, LiveJob]:
        """Where jobs run, since when, and what they use so far (beyond DRMAA).

        See :meth:`drmaa_cli.session.job_session.JobSession.live`.
        """
        return current().live(jobIds)

    @staticmethod
    def history(since: float) -> list[PastJob]:
        """The user's jobs by accounting (beyond DRMAA).

        See :meth:`drmaa_cli.session.job_session.JobSession.history`.
        """
        return current().history(since)

    @staticmethod
    def why(*jobIds: JobIdLike) -> list[Explanation]:
        """Why jobs wait, or why they ended (beyond DRMAA).

        See :meth:`drmaa_cli.session.job_session.JobSession.why`.
        """
        return current().why(*jobIds)

    @staticmethod
    def listing() -> Listing:
        """All jobs that the user has in the qmaster (beyond DRMAA).

        See :meth:`drmaa_cli.session.job_session.JobSession.listing`.
        """
        return current().listing()

    @staticmethod
    def go_by(listing: Listing) -> None:
        """Find out what has ended by a listing that another session has asked for (beyond DRMAA).

        See :meth:`drmaa_cli.session.job_session.JobSession.go_by`.
        """
        current().go_by(listing)

    @staticmethod
    def control(jobId: JobIdLike, operation: str) -> None:
        """Change a job's state. See :meth:`drmaa_cli.session.job_session.JobSession.control`."""
        from drmaa_cli.session.actions import check_action  # noqa: PLC0415  # not for those who submit

        check_action(operation)
        current().control(jobId, operation)

    @staticmethod
    def controlJobs(jobIds: Iterable[JobIdLike], operation: str) -> dict[str, DrmaaException]:
        """Change many jobs' states (beyond DRMAA).

        See :meth:`drmaa_cli.session.job_session.JobSession.controlJobs`.
        """
        from drmaa_cli.session.actions import check_action  # noqa: PLC0415  # not for those who submit

        check_action(operation)
        return current().controlJobs(jobIds, operation)

    @staticmethod
    def synchronize(
        jobIds: Sequence[JobIdLike],
        timeout: float = TIMEOUT_WAIT_FOREVER,
        dispose: bool = False,
        *,
        progress: ProgressLike = False,
    ) -> None:
        """Wait for several jobs. See :meth:`drmaa_cli.session.job_session.JobSession.synchronize`."""
        current().synchronize(jobIds, timeout, dispose, progress=progress)

    @staticmethod
    def as_completed(
        jobIds: Iterable[JobIdLike] = (JOB_IDS_SESSION_ALL,),
        timeout: float = TIMEOUT_WAIT_FOREVER,
        *,
        progress: ProgressLike = False,
    ) -> Completions:
        """Some jobs as they end. See :meth:`drmaa_cli.session.job_session.JobSession.as_completed`."""
        return current().as_completed(jobIds, timeout, progress=progress)

    @staticmethod
    def wait(jobId: JobIdLike, timeout: float = TIMEOUT_WAIT_FOREVER) -> JobInfo:
        """Wait for a job and reap it. See :meth:`drmaa_cli.session.job_session.JobSession.wait`."""
        return current().wait(jobId, timeout)

    @staticmethod
    def jobStatus(jobId: JobIdLike) -> str:
        """A job's state. See :meth:`drmaa_cli.session.job_session.JobSession.jobStatus`."""
        return current().jobStatus(jobId)

    @staticmethod
    def put(local: Name, remote: Name, *, progress: Watch = None) -> None:
        """Copy to the submit host. See :meth:`drmaa_cli.session.job_session.JobSession.put`."""
        current().put(local, remote, progress=progress)

    @staticmethod
    def get(remote: Name, local: Name, *, progress: Watch = None) -> None:
        """Copy from the submit host. See :meth:`drmaa_cli.session.job_session.JobSession.get`."""
        current().get(remote, local, progress=progress)

    def __enter__(self) -> Session:
        if self._runner is None and not self._settings:
            self.initialize(self.contactString)  # as a subclass may have it, without more
        else:
            self.initialize(self.contactString, runner=self._runner, **self._settings)
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        with contextlib.suppress(NoActiveSessionException):  # the body may have ended the session itself
            self.exit()
        return False
