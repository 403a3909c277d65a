"""Submitting exactly once: write down the intent, run qsub, write down the answer; when there is none, look.

A submission whose answer was lost (the command hung, was killed, or said nothing that can be read) may have
been accepted. Its token, which travels with the job as its context, is looked for before anything is said.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import (
    DeniedByDrmException,
    DrmaaException,
    DrmCommunicationException,
    InternalException,
    TryLaterException,
    error,
)
from drmaa_cli.gridengine.output_files import OutputFiles
from drmaa_cli.gridengine.qsub import Accepted, Refusal
from drmaa_cli.gridengine.records import JobId, TaskRange
from drmaa_cli.gridengine.replies import GridEngineError
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.store.places import answer_files, remove_answer
from drmaa_cli.store.session_store import Intent, KeyTaken, StoreError
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.files import is_directory
from drmaa_cli.system.host import AccountingLog, LocalHost
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.log import log
from drmaa_cli.system.option_files import OptionFiles
from drmaa_cli.system.processes import Owner
from drmaa_cli.system.runner import AnswerFiles, CommandNotFound, CommandTimeout, HostUnreachable
from drmaa_cli.system.trouble import TROUBLE, drmaa_error
from drmaa_cli.template.attributes import Text
from drmaa_cli.template.build import Repeated
from drmaa_cli.template.submission import BuildContext, Environment, Marks, Submission
from drmaa_cli.template.variables import with_named
from drmaa_cli.typed import TYPE_CHECKING, Callable, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.session.recover import SubmissionRecovery
    from drmaa_cli.template.arrays import ArrayPart

_EXCEPTIONS = {
    Refusal.DENIED: DeniedByDrmException,
    Refusal.SYNTAX: DeniedByDrmException,
    Refusal.VERIFIED_ONLY: DeniedByDrmException,
    Refusal.TRY_LATER: TryLaterException,
    Refusal.INTERNAL: InternalException,
    Refusal.NO_QMASTER: DrmCommunicationException,
    Refusal.NO_ANSWER: DrmCommunicationException,
}


SHOWN_TEXT = (
    "the values of %s in jobEnvironment can be read in the process list of the submit host while qsub runs:"
    " only a command that is started without a shell (-b y -shell n) can be given them in another way"
)
ATTEMPTS = 3  # times that a submission is made while it is certain that it was not accepted


PAUSE = 0.25  # seconds between two looks at a submission under way

submitting: set[str] = set()
"""Tokens of the submissions that threads of this process are making now."""


class LateRecovery:
    """What looks for submissions whose answers were lost, loaded when the first one is: mostly none.

    Args:
        make: makes it.
    """

    def __init__(self, make: Callable[[], SubmissionRecovery]) -> None:
        self._make = make
        self._made: SubmissionRecovery | None = None
        self._lock = Lock()

    def made(self) -> SubmissionRecovery:
        """The one there is."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


class Submitted(NamedTuple):
    """A submission that Grid Engine accepted."""

    number: int
    intent: Intent
    position: int
    never_ran: bool = False  # -now y found no slot: it is gone already


class _Done(NamedTuple):
    number: int
    never_ran: bool = False


class Submitter:
    """Turns templates into jobs."""

    def __init__(
        self,
        cluster: Cluster,
        common: str,
        accounting: AccountingLog,
        recovery: LateRecovery,
        session_jobs: SessionJobs,
    ) -> None:
        self._cluster = cluster
        self._common = common
        self._accounting = accounting
        self._recovery = recovery
        self._session_jobs = session_jobs
        self._repeated = Repeated()

    def submit(
        self, values: Mapping[bytes, Text], tasks: TaskRange | None, key: str | None = None
    ) -> Submitted:
        """Submit what a template describes, as one job or as an array of tasks.

        Raises:
            DrmaaException: of the class that libdrmaa raises for the same cause.
            KeyTaken: there is a submission with this key.
        """
        template = b""

        def submission(marks: Marks) -> Submission:
            nonlocal template
            build_context = self.build_context()
            with reading_options():
                made, template = self._repeated.build(values, build_context, tasks, marks)
            return made

        return self.hand_over(submission, key, lambda: template)

    def divide(self, templates: Sequence[Mapping[bytes, Text]], most_tasks: int) -> list[ArrayPart]:
        """The qsub commands for many templates; see :func:`drmaa_cli.template.arrays.divide`."""
        from drmaa_cli.template.arrays import divide  # noqa: PLC0415  # loaded when it is needed

        build_context = self.build_context()
        with reading_options():
            return divide(templates, build_context, most_tasks)

    def hand_over(
        self, make: Callable[[Marks], Submission], key: str | None, templates: Callable[[], bytes]
    ) -> Submitted:
        """Submit what is made of some templates with the marks by which it is found again.

        Args:
            make: makes it.
            key: the program's own name for it, or None.
            templates: asked after that for them as they are kept.

        Raises:
            DrmaaException, KeyTaken: as :meth:`submit`.
        """
        token = os.urandom(16).hex()
        submission = make(Marks(token, in_account=key is not None or self._session_jobs.must_last))
        submitting.add(token)
        try:
            return self._hand_over(submission, key, templates())
        finally:
            submitting.discard(token)

    def _hand_over(self, submission: Submission, key: str | None, templates: bytes) -> Submitted:
        if submission.shown:
            log.warning(SHOWN_TEXT, ", ".join(submission.shown))
        try:
            self._session_jobs.begin()
            intent = self._intent(submission, key)._replace(template=templates)
            position = self._session_jobs.record_intent(intent)
        except KeyTaken:
            raise
        except StoreError as err:
            raise error(InternalException, f"nothing was submitted: {err}") from err
        files = answer_files(self._session_jobs.path, intent.token) if intent.kept else None
        try:
            number, never_ran = self._run(submission, intent, files)
        except _NotAccepted as refusal:
            self._session_jobs.refused(position)
            _remove(files)
            raise refusal.reason from refusal.__cause__
        except BaseException:  # interrupted, or nobody knows: whoever asks for it next looks for it
            self._session_jobs.disown(position)
            raise
        if self._session_jobs.accepted(position, number):
            _remove(files)
        return Submitted(number, intent, position, never_ran)

    def _intent(self, submission: Submission, key: str | None) -> Intent:
        return Intent(
            token=submission.token,
            key=key,
            name=submission.job_name,
            tasks=submission.tasks,
            submitted=self._cluster.clock.time(),
            start_time=submission.has_start_time,
            mark=self._accounting.mark(),
            owner=Owner.this(),
            kept=self._session_jobs.lasts and self._cluster.traits.keeps_answers,
            in_account=submission.in_account,
            files=self._files(submission),
        )

    def _files(self, submission: Submission) -> tuple[OutputFiles, ...]:
        """Where its output goes. Which paths are directories is seen on this host, where it costs nothing."""
        if not isinstance(self._cluster.host, LocalHost):
            return tuple(submission.files)
        return tuple(each.with_directories(is_directory) for each in submission.files)

    def build_context(self) -> BuildContext:
        """What templates are read with at this moment."""
        try:
            env = self._cluster.environment()
        except CommandNotFound as err:
            raise drmaa_error(err) from err
        host, home = self._cluster.host, self._cluster.home
        directory = host.directory
        options = OptionFiles(host, self._common, home)
        with reading_options():
            default_options = options.default_options(directory)
        environment = Environment(
            home=home,
            cwd=directory,
            env=env,
            now=self._cluster.clock.time(),
            default_options=default_options,
            user=self._cluster.user,
            stdin_is_file=self._cluster.traits.stdin_is_file,
            is_begun_by_shell=self._cluster.traits.is_shell,
        )
        return BuildContext(
            environment,
            lambda name: options.categories().get(name),
            options.included,
            options.included,
            localtime=host.localtime,
            mktime=host.mktime,
        )

    def _run(self, submission: Submission, intent: Intent, files: AnswerFiles | None) -> _Done:
        env = with_named(submission.argv, submission.env, self._cluster.host.lent)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                reply = self._cluster.submit(submission.argv, env, submission.stdin, files)
            except (CommandNotFound, GridEngineError) as err:
                raise _NotAccepted(drmaa_error(err)) from err
            except HostUnreachable as err:
                raise _in_doubt(str(err), "") from err
            except (CommandTimeout, OSError) as err:  # the latter: its answer files cannot be read
                return _Done(self._find_or_raise(intent, str(err)))
            if isinstance(reply, Accepted):
                job = self._number(reply, intent)
                if job == reply.job and not same_tasks(reply.tasks, intent.tasks):
                    self._take_back(job, reply.tasks, intent.tasks)
                return _Done(job, reply.is_unscheduled)
            if reply.certain:
                text = f"{reply.text}\n" if reply.kind is Refusal.SYNTAX else reply.text
                raise _NotAccepted(error(_EXCEPTIONS[reply.kind], text))
            if reply.kind is not Refusal.NO_QMASTER or attempt == ATTEMPTS:
                return _Done(self._find_or_raise(intent, reply.text, _EXCEPTIONS[reply.kind]))
            number = self._find(intent, reply.text)
            if number is not None:
                return _Done(number)
        raise AssertionError("the last attempt ends with a number or an exception")

    def _number(self, reply: Accepted, intent: Intent) -> int:
        """The number of the job: as the answer says, or where it says more than that, as its token does."""
        for warning in reply.warnings:
            log.warning("qsub: %s", warning)
        if reply.is_plain or reply.is_unscheduled:
            return reply.job
        numbers = (reply.job, *reply.others)
        try:
            tokens = self._recovery.made().tokens(numbers)
        except TROUBLE as err:
            log.warning("the answer of qsub could not be checked: %s", err)
            tokens = {}
        for number, token in tokens.items():
            if token == intent.token:
                return number
        if tokens or reply.others or intent.in_account:
            return self._find_or_raise(
                intent, f"qsub named {', '.join(map(str, numbers))}, none of which is it"
            )
        return reply.job  # it has ended, and nothing speaks against it

    def _take_back(self, number: int, tasks: TaskRange | None, asked: TaskRange | None) -> None:
        """Delete a job that has other tasks than were asked for, and say so."""
        became = f"job {number} became {shape(tasks)} instead of {shape(asked)}"
        text = f"{became} (a JSV, or an option in a file that could not be read here)"
        try:
            self._cluster.control(JobControlAction.TERMINATE, [JobId(number)])
        except DrmaaException as err:
            refusal = error(InternalException, f"{text}, and could not be deleted: {err.text}")
            raise _NotAccepted(refusal) from err
        raise _NotAccepted(error(DeniedByDrmException, f"{text}; it was deleted"))

    def _find_or_raise(
        self, intent: Intent, why: str, kind: type[DrmaaException] = DrmCommunicationException
    ) -> int:
        number = self._find(intent, why)
        if number is None:
            raise _NotAccepted(error(kind, f"{why}; the job was not accepted"))
        return number

    def _find(self, intent: Intent, why: str) -> int | None:
        """The number of a job whose answer was lost; None when it was certainly not accepted."""
        try:
            number = self._recovery.made().find(
                intent._replace(kept=False)
            )  # its files were read, if they are there
        except (*TROUBLE, StoreError, OSError) as err:
            raise _in_doubt(why, f" ({err})") from err
        if number is not None:
            log.info("the answer of qsub was lost, but job %d is ours", number)
        return number


def _in_doubt(why: str, more: str) -> DrmaaException:
    return error(
        DrmCommunicationException,
        f"{why}; whether the job was accepted is not known yet and is looked up when this session is taken up"
        f" again{more}",
    )


def _remove(files: AnswerFiles | None) -> None:
    if files is not None:
        remove_answer(files)


@contextmanager
def reading_options() -> Iterator[None]:
    """Files of options that cannot be read become an InternalException."""
    try:
        yield
    except OSError as err:
        raise error(InternalException, f"cannot read a file of options: {err}") from err


def same_tasks(answered: TaskRange | None, asked: TaskRange | None) -> bool:
    """Whether an answer's tasks are those that were asked for.

    6.2u5 and Open Cluster Scheduler answer as for a single job when an array has one task only.
    """
    if answered is None or asked is None:
        return answered is asked or (asked is not None and len(asked.numbers()) == 1)
    return answered.numbers() == asked.numbers()


def shape(tasks: TaskRange | None) -> str:
    """What a job with these tasks is."""
    return "a single job" if tasks is None else f"tasks {tasks.first}-{tasks.last}:{tasks.step}"


class _NotAccepted(Exception):
    """The submission certainly did not make a job; ``reason`` is what the caller is told."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason
