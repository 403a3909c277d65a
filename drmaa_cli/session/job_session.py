"""A session with all it can do. A process may open any number of them and share them by threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, TIMEOUT_WAIT_FOREVER
from drmaa_cli.errors import DrmaaException
from drmaa_cli.jobs.job_ids import JobIdLike, parse_job_id
from drmaa_cli.session.arguments import check_key, check_moment, deadline_of, values_of
from drmaa_cli.session.drmaa_session import DrmaaSession
from drmaa_cli.session.ending import while_open
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.template.job_template import set_again
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.jobs.why.explanation import Explanation
    from drmaa_cli.session import transfers
    from drmaa_cli.session.completion import Completions
    from drmaa_cli.session.entries import Listing, SessionJob
    from drmaa_cli.session.history import PastJob
    from drmaa_cli.session.job import Job
    from drmaa_cli.session.live import LiveJob
    from drmaa_cli.session.observer import ProgressLike
    from drmaa_cli.template.job_template import TemplateValues


class JobSession(DrmaaSession):
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

    # --- many jobs -----------------------------------------------------------------------------------------

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
        return self._submissions.submit_many(values, self._most_tasks, key) if values else []

    @while_open
    def as_completed(
        self,
        jobIds: Iterable[JobIdLike] = (JOB_IDS_SESSION_ALL,),
        timeout: float = TIMEOUT_WAIT_FOREVER,
        *,
        progress: ProgressLike = False,
    ) -> Completions:
        """Some jobs as they end: an iterator of their JobInfos, each reaped when it is handed out.

        Args:
            jobIds: jobs of this session, all that it has now by default. Each comes once, however often it is
                named; the number of an array stands for all its tasks.
            timeout: seconds from now for all of them; TIMEOUT_WAIT_FOREVER, TIMEOUT_NO_WAIT. What has ended
                is handed out even when the time is over.
            progress: as of :meth:`synchronize`.

        Returns:
            An iterator that raises ExitTimeoutException when jobs are left and the time is over. A job that
            was deleted while it was pending comes with ``wasAborted`` and an empty ``resourceUsage``, where
            wait() raises NoResourceUsageException.

        Raises:
            InvalidJobException: no such job in this session, or it was reaped: its text names them.
            InvalidArgumentException: not a list of job ids, or a timeout that is none.
        """
        self.check()
        from drmaa_cli.session.completion import Completions, choose_sets, listed  # noqa: PLC0415

        deadline, wanted = deadline_of(timeout, self.cluster.clock), listed(jobIds)
        with self._lock:
            self._waiting.catch_up()
            chosen = choose_sets(self._table, wanted)
            found = Completions(self, self._waiting, self._session_jobs, chosen, deadline)
        found.show(progress)
        return found

    @while_open
    def jobs(self) -> list[SessionJob]:
        """Every job and task that the session holds, in the order of submission.

        Also those that were submitted just before the program died and whose ids it was never told.

        Raises:
            DrmCommunicationException: no qmaster answers.
        """
        self.check()
        self._resolve_rest()
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

    @while_open
    def listing(self) -> Listing:
        """All jobs that the user has in the qmaster, whoever submitted them, by one query (beyond DRMAA).

        Raises:
            DrmCommunicationException: no qmaster answers.
        """
        self.check()
        return self._overview.listing()

    @while_open
    def live(self, jobIds: Iterable[JobIdLike]) -> dict[str, LiveJob]:
        """Where jobs of the user run, since when, and what they use so far (beyond DRMAA).

        One listing and one `qstat -j` serve all of them. Grid Engine measures what jobs use now and then.

        Args:
            jobIds: jobs, and tasks of arrays one by one.

        Returns:
            Those that are in the qmaster, by their ids.

        Raises:
            InvalidArgumentException: not a job id.
            DrmCommunicationException: no qmaster answers.
        """
        self.check()
        wanted = [parse_job_id(job) for job in jobIds]
        from drmaa_cli.session.live import live_jobs  # noqa: PLC0415  # loaded when it is needed

        return live_jobs(self.cluster, self._overview, wanted)

    @while_open
    def go_by(self, listing: Listing) -> None:
        """Find out which jobs have ended by a listing that another session has asked for (beyond DRMAA).

        So one query serves any number of sessions of one program with the same submit host. What a listing
        gives to ask is asked: accounting, and `qstat -j` of jobs that have left it. An older one than the
        session has had changes nothing.

        Raises:
            DrmCommunicationException: no qmaster answers.
        """
        self.check()
        self._overview.go_by(listing)

    @while_open
    def controlJobs(self, jobIds: Iterable[JobIdLike], operation: str) -> dict[str, DrmaaException]:
        """Change many jobs and tasks with as few commands as possible (beyond DRMAA).

        Returns:
            Those that refused, by their ids, with the exception that :meth:`control` raises for such a job.

        Raises:
            DrmaaException: as :meth:`control` where no single job is to blame; some may have been changed.
        """
        from drmaa_cli.session.actions import check_action  # noqa: PLC0415  # not for those who submit

        check_action(operation)
        self.check()
        return self._changing.change_many(jobIds, operation)

    @while_open
    def history(self, since: float) -> list[PastJob]:
        """The user's jobs that began to run since a moment and have ended, by accounting (beyond DRMAA).

        Also those of other sessions, and those that were submitted by hand; not those that never began to
        run. It is read with qacct, or from the accounting file where there is no qacct.

        Args:
            since: epoch seconds.

        Returns:
            The jobs in the order of their ends. Nothing is reaped.

        Raises:
            InvalidArgumentException: not a moment.
            DrmCommunicationException, InternalException: accounting cannot be read.
        """
        self.check()
        from drmaa_cli.session.history import history  # noqa: PLC0415  # loaded when it is needed

        moment = check_moment(since)
        return history(self.cluster, self._open_accounting, moment)

    @while_open
    def why(self, *jobIds: JobIdLike) -> list[Explanation]:
        """Why jobs wait, or why they ended, in a sentence with its evidence and what to do (beyond DRMAA).

        Anybody's jobs may be asked about. All of them cost one listing and one `qstat -j`; whether the
        scheduler could start them (`qalter -w p`, `-w v`) is asked once for jobs that ask for the same, and
        for eight such groups at most. Nothing is waited for, reaped or changed.

        Args:
            jobIds: which jobs; the number of an array stands for all its tasks.

        Returns:
            An answer for each job, of an array one for all tasks to which the same applies.

        Raises:
            InvalidArgumentException: not a job id.
            InvalidJobException: an array of this session has no such task.
            DrmCommunicationException: no qmaster answers.
        """
        self.check()
        wanted = [parse_job_id(job) for job in jobIds]
        from drmaa_cli.session.explaining import Explaining  # noqa: PLC0415  # loaded when it is needed

        return Explaining(self).explain(wanted)

    # --- one job -------------------------------------------------------------------------------------------

    def job(self, jobId: JobIdLike) -> Job:
        """A job as an object, with all that can be asked of it and done to it (beyond DRMAA).

        Raises:
            InvalidArgumentException: not a job id.
            InvalidJobException: no job can have it.
        """
        self.check()
        from drmaa_cli.session.job import Job  # noqa: PLC0415  # loaded when it is needed

        return Job(self, jobId)

    @while_open
    def requeue(self, jobId: JobIdLike) -> None:
        """Stop a running job and let it be started again, under the same id (`qmod -rj`, beyond DRMAA).

        It must have been submitted with ``-r y``, or run in a queue whose jobs are rerunnable. To one that
        waits to be started again already nothing is done.

        Raises:
            IllegalStateException: it does not run yet, is in its error state, or cannot be run again.
            InvalidJobException: there is no such job, or it has ended.
            AuthorizationException: somebody else's job.
            DrmCommunicationException: no qmaster answered; it may have been done.
        """
        self.check()
        self._changing.requeue(jobId)

    @while_open
    def resubmit(self, jobId: JobIdLike, *, key: str | None = None, **changes: Unpack[TemplateValues]) -> str:
        """Submit once more what a job of this session was submitted with; returns the new id (beyond DRMAA).

        A task of runBulkJobs() becomes an array of that one task, so that it finds the same number; a job of
        runJobs() becomes a job of its own.

        Args:
            jobId: the job or task, whatever became of it.
            key: as of :meth:`runJob`.
            **changes: attributes that are to be different; None leaves one out.

        Raises:
            InvalidJobException: no such job in this session, or what it was submitted with is not on record.
            InvalidArgumentException: there is no such attribute, or it cannot have this value.
            DrmaaException: as :meth:`runJob`.
        """
        self.check()
        values, tasks = self._overview.templates(parse_job_id(jobId))
        with self.createJobTemplate() as template:
            set_again(template, values, changes)
            if tasks is None:
                return self.runJob(template, key=key)
            return self.runBulkJobs(template, tasks.first, tasks.last, 1, key=key)[0]

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
        from drmaa_cli.session import transfers  # noqa: PLC0415  # loaded when it is needed

        transfers.put(self.host, local, remote, progress)

    @while_open
    def get(self, remote: transfers.Name, local: transfers.Name, *, progress: transfers.Watch = None) -> None:
        """Copy a file or directory of the submit host to this one; all else as :meth:`put`."""
        self.check()
        from drmaa_cli.session import transfers  # noqa: PLC0415  # loaded when it is needed

        transfers.get(self.host, remote, local, progress)
