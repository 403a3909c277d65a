"""What commands can ask of a qmaster, and the rules for those who write commands.

A command is a plain function ``main(request: Request, qmaster: QmasterInterface) -> Reply`` in
``fake_sge.commands.TOOL`` (one module per tool, named as the tool). Rules:

* It runs in the daemon, in a thread of its own, **holding the cell's lock**: what it reads is one consistent
  picture, and its changes are seen at once. Do not keep references to model objects in globals, and do not
  modify model objects: every change goes through a method.
* Anything that may block (a JSV process, reading stdin, waiting for a job) must let go of the lock:
  ``request.read_stdin`` and :meth:`QmasterInterface.wait_until` do so themselves, for other things use
  ``with qmaster.unlocked(): ...``.
* Output that must appear before the command ends (``-sync y``) goes through ``request.emit``;
  the Reply's bytes follow it.
* Time is :attr:`QmasterInterface.now`, never ``time.time()``; the environment is ``request.env``, never
  ``os.environ``; relative paths are relative to ``request.cwd``: use ``request.resolve``. Local times
  are printed in the client's zone: ``local_time.localtime(seconds, request.env.get("TZ"))``.
* ``environment.environment_error(request)`` says whether SGE_ROOT and SGE_CELL are good.
* When there is no qmaster the same function runs inside the client process with an object whose
  every member raises :class:`QmasterUnreachable`; the command turns that into its tool's texts.
  So ``-help``, usage errors and everything qacct does must not ask the qmaster before they need to.
* Signals: when the client gets SIGINT/SIGTERM, or vanishes, :meth:`QmasterInterface.wait_until` raises
  :class:`ClientSignal`; a command that blocks decides what that means (``qsub -sync y`` deletes its
  job on SIGINT and SIGTERM). Other commands need not care.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ...model import CellConfig, Job, JobSpec, QueueInstance, SchedulingMessage
from ...model.operations import Actor, Finished, JobChange, JobOperation, PeTask, QueueAction, SubmissionReply
from ...model.quotas import QuotaUse


class QmasterInterface(Protocol):
    """The cell as commands see it; without a qmaster all members raise QmasterUnreachable."""

    # ---- reading -------------------------------------------------------------------------------
    @property
    def now(self) -> float:
        """The cell's time, epoch seconds (tests can advance it)."""

    @property
    def config(self) -> CellConfig:
        """Configuration: global, scheduler, queues, hosts, PEs, complexes, managers."""

    def jobs(self) -> Sequence[Job]:
        """All jobs, ascending by number. Ended ones stay (FINISHED) until the next scheduler run."""

    def job(self, number: int) -> Job | None:
        """One job, None when unknown."""

    def zombies(self) -> Sequence[Job]:
        """Ended jobs kept for -s z (``finished_jobs``), oldest first; ``Job.zombies``: their ended tasks."""

    def find_jobs(self, word: str) -> list[int]:
        """Numbers of the jobs that a word means: an id, a job name or a glob. Ascending, may be empty."""

    def queue_instances(self) -> Sequence[QueueInstance]:
        """All queue instances in qstat -f order (by name), with live counts and states."""

    def match_queues(self, pattern: str) -> list[QueueInstance]:
        """Queue instances that ``all.q``, ``all.q@host``, ``*@@group`` or a glob names; empty: none."""

    def messages(self, job: int | None = None) -> list[SchedulingMessage]:
        """Messages of the last scheduler run: global ones first, then those of the job (None: of all)."""

    def load_values(self, host: str) -> dict[str, str]:
        """Load values of a host as text in report order (qhost, qstat -F, qconf -se)."""

    def used_of(self, place: str) -> Mapping[str, float]:
        """What running jobs use of the consumables of ``host:NAME`` or ``queue:INSTANCE``, by their names."""

    def event_clients(self) -> list[tuple[int, str, str]]:
        """Registered event clients: id, name (``scheduler``, ``qsub`` ...), host (qconf -secl)."""

    def quota_uses(self) -> list[QuotaUse]:
        """The limits of the resource quota sets in force, with what running jobs have used of them."""

    @property
    def next_number(self) -> int:
        """The number that the next job gets."""

    # ---- changing ------------------------------------------------------------------------------
    def submit(self, spec: JobSpec) -> SubmissionReply:
        """Store a job. ``spec.verify_suitable`` decides on -w; some refusals use up a number, as really."""

    def start_immediately(self, number: int) -> None:
        """Wait until nothing holds a job (``-now y``) back, then start it, or delete it if that cannot be."""

    def suitability(self, spec: JobSpec) -> tuple[bool, list[SchedulingMessage]]:
        """Whether any queue of the cell, were it empty, would run a job; why not (-w)."""

    def operate(self, operation: JobOperation, number: int, *args: object) -> list[JobChange]:
        """Do something to a job, or to some of its tasks; one JobChange for each task or group of tasks.

        ``args`` are those of the operation in :mod:`fake_sge.engine`: the tasks, who asks, and what it takes.
        """

    def change_queue(self, instance: str, action: QueueAction, actor: Actor) -> JobChange:
        """Run qmod on one queue instance (``all.q@host``): DONE, ALREADY_DONE, DENIED."""

    def take_number(self) -> None:
        """Use up the number of a job that is refused."""

    def configure(self, config: CellConfig) -> None:
        """Put another configuration into force."""

    def change_quotas(self, operation: str, *args: object) -> list[tuple[bool, str]]:
        """An operation of :mod:`fake_sge.engine.quota_sets`; its answers."""

    def begin_pe_task(
        self, number: int, task: int, host: str, change: Callable[[JobSpec], JobSpec]
    ) -> PeTask | None:
        """A task that a running parallel job starts on a host; None: the host does not take it.

        ``change`` makes the command's JobSpec of the job's.
        """

    def end_pe_task(
        self, number: int, task: int, begun: PeTask, status: int, usage: Mapping[str, float]
    ) -> None:
        """It has ended: ``status`` is its exit status, 128 and the signal when it was signalled."""

    def stop_host(self, host: str) -> None:
        """End a host's execution daemon; its jobs go on (qconf -ke)."""

    def stop(self) -> None:
        """End the qmaster, after this answer (qconf -km)."""

    def switch_scheduler(self, on: bool) -> None:
        """Start the scheduler's thread, or end it (qconf -at, -kt, -ks, -kec)."""

    def trigger_scheduler(self) -> None:
        """Run qconf -tsm."""

    # ---- blocking ------------------------------------------------------------------------------
    def unlocked(self) -> AbstractContextManager[None]:
        """Let go of the cell's lock for the ``with`` block. Model objects read before may be stale after."""

    def wait_until(self, condition: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait, unlocked, until the condition (evaluated locked, after each change) holds.

        ``timeout`` in seconds of the cell's clock; the result says whether the condition held.
        Raises ClientSignal.
        """

    def forget_signal(self) -> None:
        """The client's signal changes nothing: :meth:`wait_until` waits on."""

    def finished_tasks(self, number: int, after: int = 0) -> list[Finished]:
        """Ends of a watched job's tasks in the order they ended, from index ``after`` on.

        Recorded for jobs registered with :meth:`watch`; includes tasks deleted while pending.
        """

    def watch(self, number: int, client: str) -> int:
        """Start recording the ends of a job's tasks, and register an event client; returns its id.

        Call it right after submit, before anything can end. ``client`` is the event client's name
        (``qsub``, ``qrsh``). Ask :meth:`can_watch` before submitting.
        """

    def can_watch(self) -> str:
        """Why not, when MAX_DYN_EC event clients are registered; "" otherwise."""

    def unwatch(self, client_id: int) -> None:
        """Unregister an event client."""
