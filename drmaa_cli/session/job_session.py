"""The DRMAA verbs for one session. A process may open any number of connections and share them by threads."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from drmaa_cli.config import Config
from drmaa_cli.constants import (
    JOB_IDS_SESSION_ALL,
    JOB_IDS_SESSION_ANY,
    TIMEOUT_NO_WAIT,
    TIMEOUT_WAIT_FOREVER,
)
from drmaa_cli.errors import (
    NO_SESSION_TEXT,
    DrmaaException,
    DrmsInitException,
    ExitTimeoutException,
    InternalException,
    InvalidArgumentException,
    NoActiveSessionException,
    error,
    no_usage,
)
from drmaa_cli.gridengine import probe
from drmaa_cli.gridengine.dialect import JSON_FILE, PLAIN_FILE, Flavour
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.job_end import JobInfo, Outcome
from drmaa_cli.jobs.job_ids import ANY, JobIdLike, parse_job_id, text_of
from drmaa_cli.session import opening, status, transfers
from drmaa_cli.session.actions import check_action
from drmaa_cli.session.change import Changing
from drmaa_cli.session.contact import chosen_contact, new_name
from drmaa_cli.session.ending import waits, while_open
from drmaa_cli.session.entries import SessionJob
from drmaa_cli.session.monitor import Monitor
from drmaa_cli.session.overview import Overview
from drmaa_cli.session.reach import AskPerson, open_host, session_directory, told
from drmaa_cli.session.recover import SubmissionRecovery
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.session.submissions import Submissions, check_key, values_of
from drmaa_cli.session.submit import Submitter, bulk_range
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.session.wait import Waiting
from drmaa_cli.store.places import StoreError, answer_files, path_of
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.clock import Clock
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.runner import Runner

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.config import Settings
    from drmaa_cli.template.job_template import TemplateValues

log = logging.getLogger("drmaa_cli")
log.addHandler(logging.NullHandler())  # quiet, unless the program asks for it


class JobSession:
    """A DRMAA session.

    Args:
        contact: ``session=NAME`` to take up (or begin) the session of that name; None begins a new one.
        runner: how commands are run; this host by default.
        clock: the time.
        ssh_answer: answers the questions of a login by ssh (password, passphrase, one-time code): given the
            question, returns the answer.
        **settings: see :class:`drmaa_cli.config.Config`.

    Raises:
        InvalidArgumentException: the contact string or a setting is malformed.
        DrmCommunicationException: no qmaster answers.
        DrmsInitException: Grid Engine's commands are not here, SGE_ROOT or SGE_CELL is wrong, the session's
            file cannot be used.
    """

    TIMEOUT_WAIT_FOREVER: ClassVar[int] = TIMEOUT_WAIT_FOREVER
    TIMEOUT_NO_WAIT: ClassVar[int] = TIMEOUT_NO_WAIT
    JOB_IDS_SESSION_ANY: ClassVar[bytes] = JOB_IDS_SESSION_ANY
    JOB_IDS_SESSION_ALL: ClassVar[bytes] = JOB_IDS_SESSION_ALL

    def __init__(
        self,
        contact: str | bytes | None = None,
        *,
        runner: Runner | None = None,
        clock: Clock | None = None,
        ssh_answer: AskPerson | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        self.config = Config.load(settings)
        self._contact = chosen_contact(contact, os.environ)
        self._pid = os.getpid()
        self._named = self._contact.name is not None
        self.name = self._contact.name or new_name()
        with told():
            self.host = open_host(self._contact, self.config, runner, ssh_answer)
            try:
                self._set_up(clock)
            except BaseException:
                self.host.close()
                raise

    def _set_up(self, clock: Clock | None) -> None:
        """Find Grid Engine on the host, and go on with what the session has."""
        self.cluster = Cluster(self.config, self.host, clock)
        configuration = opening.reach(self.cluster)
        opening.check_listings(self.cluster)
        env = self.cluster.environment()
        common = f"{env.get('SGE_ROOT', '')}/{env.get('SGE_CELL') or 'default'}/common"
        rules = opening.rules_of(self.cluster, configuration)
        self._most_tasks = probe.max_aj_tasks(configuration)
        path = path_of(session_directory(self.config, self._contact), self.name)
        self._session_jobs = SessionJobs(
            path, self.contact, self._named, self.cluster.clock, os.uname().nodename, rules
        )
        self._table = self._session_jobs.table
        self._accounting = self.host.accounting(f"{common}/{PLAIN_FILE}", f"{common}/{JSON_FILE}")
        self._monitor = Monitor(self.cluster, self._table, self._accounting)
        self._lock = Lock()
        recovery = SubmissionRecovery(
            self.cluster,
            self._accounting,
            rules.grace,
            self._session_jobs.claimed,
            lambda token: answer_files(path, token),
        )
        submitter = Submitter(self.cluster, common, self._accounting, recovery, self._session_jobs)
        self._submissions = Submissions(
            self._session_jobs, submitter, recovery, self._monitor, self._lock, self.cluster.clock
        )
        self._waiting = Waiting(self.cluster, self._session_jobs, self._monitor, self._accounting, self._lock)
        self._overview = Overview(self.cluster, self._session_jobs, self._monitor, self._waiting, self._lock)
        self._changing = Changing(self.cluster, self._session_jobs, self._monitor, self._waiting, self._lock)
        try:
            self._take_up()
            opening.warn_of_accounting(self.cluster, self._accounting, rules)
        except BaseException:
            self._session_jobs.let_go()
            self._accounting.close()
            raise

    # --- the session ---------------------------------------------------------------------------------------

    @property
    def contact(self) -> str:
        """The contact string that takes this session up again."""
        return self._contact.text(self.name)

    @property
    def flavour(self) -> Flavour:
        """Which Grid Engine this is and what it can do; asked once, when it is first wanted.

        Raises:
            DrmCommunicationException: no qmaster answers.
            InternalException: the commands cannot work here.
        """
        return self.cluster.retrying(lambda: self.cluster.flavour(self._accounting.sample()))

    @property
    def most_tasks(self) -> int:
        """The greatest number of tasks that the cell takes in an array job; 0 for no limit."""
        return self._most_tasks

    def exit(self) -> None:
        """End the session here; its jobs go on. Threads that wait get ExitTimeoutException."""
        self.check()
        with self._lock:
            self.check()  # not ended by another thread just now
            self._monitor.close()
            self._session_jobs.close()
        self._accounting.close()
        self.host.close()

    def __enter__(self) -> JobSession:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.closed and self._pid == os.getpid():
            self.exit()

    @property
    def closed(self) -> bool:
        """Whether exit() has ended it."""
        return self._monitor.closed

    def check(self) -> None:
        """Raise NoActiveSessionException after exit(), and in a child process after fork()."""
        if self.closed or self._pid != os.getpid():
            raise error(NoActiveSessionException, NO_SESSION_TEXT)

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

    @while_open
    def runJobs(self, templates: Iterable[JobTemplate], *, key: str | None = None) -> list[str]:
        """Submit many different jobs with as few qsub commands as possible (beyond DRMAA).

        Templates that agree in their options become the tasks of one array job, split as the cell's limit
        (``max_aj_tasks``) asks. How a task differs from a job of its own is described in docs/run_jobs.md.

        Args:
            templates: what to run.
            key: the program's own name for all of them; arrays after the first have ``KEY#2`` and so on.

        Returns:
            The ids in the order of the templates: ``JOB.TASK``, or ``JOB`` of a template that agrees with no
            other.

        Raises:
            DrmaaException: as :meth:`runJob`, with the position of the template in question: nothing was
                submitted then. When Grid Engine refuses one of several arrays, the message says which numbers
                were accepted before it; these jobs stay in the session.
        """
        self.check()
        check_key(key)
        values = [values_of(template) for template in templates]
        self._begin()
        ids = self._submissions.submit_many(values, self._most_tasks, key) if values else []
        return [str(job) for job in ids]

    @while_open
    def jobs(self) -> list[SessionJob]:
        """Every job and task that the session holds, in the order of submission.

        Also those that were submitted just before the program died and whose ids it was never told.

        Raises:
            DrmCommunicationException: no qmaster answers.
        """
        self.check()
        self._submissions.resolve_rest()
        return self._overview.jobs()

    @while_open
    def ends(self, jobIds: Iterable[JobIdLike] | None = None) -> dict[str, JobInfo]:
        """How jobs of the session ended, by their ids: those that have, reaped or not (beyond DRMAA).

        Nothing is waited for, reaped or asked: it is what the session has seen so far, on record also where
        another process has reaped it. A job that was deleted while it was pending ``wasAborted`` here.

        Args:
            jobIds: which jobs; all when None. Those that have not ended, or are not the session's, are left
                out.

        Raises:
            InvalidArgumentException: not a job id.
        """
        self.check()
        return self._overview.ends(jobIds)

    @while_open
    def unfinished(self, jobIds: Iterable[JobIdLike] | None = None) -> Mapping[str, int]:
        """How many jobs and tasks have not ended, by JobState, at the cost of one listing (beyond DRMAA).

        Args:
            jobIds: which jobs, arrays by their numbers as a whole; all of the session when None.

        Raises:
            InvalidArgumentException: not a job id.
            DrmCommunicationException: no qmaster answers.
        """
        self.check()
        return self._overview.unfinished(jobIds)

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
        check_action(operation)
        self.check()
        self._changing.change(jobId, operation)

    @while_open
    def controlJobs(self, jobIds: Iterable[JobIdLike], operation: str) -> dict[str, DrmaaException]:
        """Change many jobs and tasks with as few commands as possible (beyond DRMAA).

        Returns:
            Those that refused, by their ids, with the exception that :meth:`control` raises for such a job.

        Raises:
            DrmaaException: as :meth:`control` where no single job is to blame; some may have been changed.
        """
        check_action(operation)
        self.check()
        return self._changing.change_many(jobIds, operation)

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
        deadline = self._deadline(timeout)
        known, task, end = self._waiting.for_one(wanted, deadline)
        if end.outcome is Outcome.NO_USAGE:
            raise no_usage()
        return end.job_info(known.id(task))

    @waits
    def synchronize(self, jobIds: Sequence[JobIdLike], timeout: float = -1, dispose: bool = False) -> None:
        """Wait until all these jobs have ended; unknown and reaped ones count as ended.

        Args:
            jobIds: ids; JOB_IDS_SESSION_ALL among them stands for all jobs of the session at this moment.
            timeout: seconds; TIMEOUT_WAIT_FOREVER, TIMEOUT_NO_WAIT.
            dispose: reap them, so that wait() no longer knows them.

        Raises:
            ExitTimeoutException: not all have ended in time; with dispose, those named one by one that have
                ended are reaped all the same.
            InvalidArgumentException: not a job id.
            DrmCommunicationException: no qmaster answered for longer than the outage limit.
        """
        deadline = self._deadline(timeout)
        if not self._waiting.for_all(jobIds, deadline, dispose=dispose):
            raise error(ExitTimeoutException, "")

    def _deadline(self, timeout: object) -> float:
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or math.isnan(timeout):
            raise error(InvalidArgumentException, f"timeout must be a number of seconds, not {timeout!r}")
        if timeout == -1:
            return float("inf")
        if timeout < 0:
            raise error(
                InvalidArgumentException,
                f"timeout must be TIMEOUT_WAIT_FOREVER (-1) or at least 0, not {timeout!r}",
            )
        return self.cluster.clock.monotonic() + timeout

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
        return status.of_foreign_job(self.cluster, job) if found is None else found

    # --- files of the submit host --------------------------------------------------------------------------

    @while_open
    def put(self, local: transfers.Name, remote: transfers.Name, *, progress: transfers.Watch = None) -> None:
        """Copy a file or directory of this host to the submit host (beyond DRMAA).

        Args:
            local: what is copied.
            remote: what it is to be there, relative to the directory in which commands run (by ssh: the home
                directory); with ``/`` at its end, the directory into which it goes under its own name. A file
                takes the place of one that is there; a directory's place must be free.
            progress: a function that is given a :class:`~drmaa_cli.Transferred` now and then; True shows a
                bar, if standard error is a terminal.

        Raises:
            OSError: it cannot be read here or not be written there (FileNotFoundError, PermissionError ...;
                ``errno`` says which); what was at its place is as it was.
            InvalidArgumentException: not a path.
            DrmCommunicationException: the connection was lost again and again.
        """
        self.check()
        transfers.put(self.host, local, remote, progress)

    @while_open
    def get(self, remote: transfers.Name, local: transfers.Name, *, progress: transfers.Watch = None) -> None:
        """Copy a file or directory of the submit host to this one; all else as :meth:`put`."""
        self.check()
        transfers.get(self.host, remote, local, progress)

    # --- what is said of the Grid Engine -------------------------------------------------------------------

    @property
    def commands(self) -> Mapping[str, int]:
        """How many commands of each name this connection has run."""
        return dict(self.cluster.commands)

    # --- the store -----------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Have the session's file before the first submission."""
        try:
            made = self._session_jobs.begin()
        except StoreError as err:
            raise error(InternalException, f"nothing was submitted: {err}") from err
        if made:
            opening.expire_old_sessions(self.cluster, self._session_jobs.path.parent)

    def _take_up(self) -> None:
        """Go on where the session was left, if it was begun before; resolve what was left in doubt."""
        if not self._named:
            self._accounting.open()
            return
        try:
            with self._lock:
                self._monitor.added(self._session_jobs.take_up(self._accounting))
            self._submissions.resolve_all()
        except StoreError as err:
            raise error(DrmsInitException, str(err)) from err
