"""The state of a cell and the effects that operations ask for."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from ..lighter import TYPE_CHECKING, NamedTuple, field, record
from ..model import CellConfig, Exit, Job, QueueInstance, QueueState, Task, TaskSet
from ..model.operations import Finished
from ..model.resources import beyond, complex_values, known_loads
from ..model.urgency import resource_contribution
from ..model.values import listed


class StartTask(NamedTuple):
    """Start a task's processes on its host; ``again``: it may have been told before."""

    job: int
    task: int
    run: int
    again: bool = False


class SignalTask(NamedTuple):
    """Tell a task's shepherd to ``kill``, ``suspend`` or ``resume`` it."""

    job: int
    task: int
    run: int
    action: str


class TaskEnded(NamedTuple):
    """A task will not run again."""

    job: int
    finished: Finished


class JobGone(NamedTuple):
    """A job left the qmaster; its spooled script can go."""

    job: int


Reason = tuple[int, str]  # why nothing of a job is looked at: number and text of the message
NO_REASON = 0, ""
WAITS_FOR_JOBS = "job dropped because of job dependencies"
if TYPE_CHECKING:
    from typing import Union

    Effect = Union[StartTask, SignalTask, TaskEnded, JobGone]


@record
class Timing:
    """When things happen. Times are seconds.

    ``schedule_interval``: between scheduler runs; ``flush_submit`` and ``flush_finish``: a run that
    long after a submission or an end, None for none; ``accounting_flush``: how long accounting
    lines are held back; ``cleanup``: how long a rescheduled task stays Rq before it may start again;
    ``finished_window``: an ended job stays at least that long in ``qstat -j``.
    """

    schedule_interval: float = 1.0
    flush_submit: float | None = 0.0
    flush_finish: float | None = 0.0
    accounting_flush: float = 0.0
    cleanup: float = 0.0
    finished_window: float = 0.0


STOCK_TIMING = Timing(15.0, None, None, 15.0, 45.0, 0.0)


@record
class AccountingLine:
    """One line for the accounting file, not written yet; ``due`` is when it may be written."""

    text: str
    due: float


@record
class PeTasks:
    """What a run of a parallel job has started: how many were asked for; the hosts of those that run."""

    asked: int = 0
    running: dict[int, str] = field(default_factory=dict)


@record
class CellState:
    """Everything the qmaster must not forget. ``ready`` are jobs the scheduler has to look at.

    ``unseen`` has what the scheduler said of a job before it was changed, None when it looked for a place.
    """

    config: CellConfig
    timing: Timing
    jobs: dict[int, Job] = field(default_factory=dict)
    zombies: list[Job] = field(default_factory=list)
    category_ids: dict[str, int] = field(default_factory=dict)  # of an Open Cluster Scheduler
    instances: dict[str, QueueInstance] = field(default_factory=dict)
    next_number: int = 1
    ready: dict[int, None] = field(default_factory=dict)
    order: list[tuple[float, int]] = field(default_factory=list)  # heap over ready, may hold stale entries
    running: dict[tuple[int, int], None] = field(default_factory=dict)
    ended: list[tuple[int, int]] = field(default_factory=list)
    away: dict[str, None] = field(default_factory=dict)  # hosts that cannot be reached
    simulated: list[tuple[float, int, int, int]] = field(default_factory=list)  # heap: end, job, task, run
    delayed: list[tuple[float, int]] = field(default_factory=list)  # heap: -a time, job
    active_of: dict[str, int] = field(default_factory=dict)  # jobs per user
    accounting: list[AccountingLine] = field(default_factory=list)
    schedule_at: float = 0.0  # next scheduler run
    clock_offset: float = 0.0
    effects: list[Effect] = field(default_factory=list)
    told: dict[int, None] = field(default_factory=dict)  # jobs in the order of what was last said of them
    begun: dict[int, None] = field(default_factory=dict)  # jobs that the scheduler's last run has started
    unseen: dict[int, Reason | None] = field(default_factory=dict)  # changed since the scheduler's last run
    scheduler_off: bool = False  # until its thread is started again
    pe_tasks: dict[tuple[int, int, int], PeTasks] = field(default_factory=dict)  # by job, task, run

    def __getstate__(self) -> dict[str, object]:
        """Effects are not part of the state."""
        return {**self.__dict__, "effects": []}

    def moment(self, now: float) -> float:
        """A time as it is kept: whole seconds, unless the flavour shows fractions."""
        return now if self.config.flavour.times.digits else float(int(now))

    def running_tasks(self) -> list[tuple[Job, Task]]:
        """Dispatched tasks with their jobs."""
        return [(self.jobs[number], self.jobs[number].tasks[task]) for number, task in self.running]

    def take_effects(self) -> list[Effect]:
        """What must be done outside since the last call."""
        effects, self.effects = self.effects, []
        return effects

    def mark_ready(self, job: Job) -> None:
        """Put a job on the scheduler's list."""
        if job.number not in self.ready:
            self.ready[job.number] = None
            heapq.heappush(self.order, (self.rank(job), job.number))

    def rank(self, job: Job) -> float:
        """Its place among waiting jobs, the first lowest. Waiting time counts the same for all: it stays."""
        scheduler = self.config.scheduler
        waited = float(scheduler["weight_waiting_time"]) * -job.submission_time
        urgency = resource_contribution(job.spec, self.config) + waited
        return -float(scheduler["weight_urgency"]) * urgency

    def rank_again(self) -> None:
        """After a change of what ranks are made of."""
        self.order = sorted((self.rank(self.jobs[number]), number) for number in self.ready)

    def ask_schedule(self, now: float, delay: float | None) -> None:
        """Have the scheduler run ``delay`` seconds from now or earlier; None: at its next regular turn."""
        if delay is not None:
            self.schedule_at = min(self.schedule_at, now + delay)
        elif self.schedule_at <= now:
            interval = self.timing.schedule_interval
            self.schedule_at = (now // interval + 1) * interval


def make_instances(config: CellConfig) -> dict[str, QueueInstance]:
    """Queue instances of a configuration, in qstat -f order."""
    found: dict[str, QueueInstance] = {}
    ordered = sorted(config.queues.values(), key=lambda queue: (queue.seq_no, queue.name))
    for queue in ordered:
        for host in hosts_of(config, queue.attributes["hostlist"]):
            own = config.queue_on(queue.name, host)
            assert own is not None
            instance = QueueInstance(own, host)
            found[instance.name] = instance
            refresh_load_state(config, instance)
    return found


def refresh_load_state(config: CellConfig, instance: QueueInstance) -> None:
    """``u`` of an instance whose host is unheard, ``a`` of one beyond its load thresholds.

    A threshold whose value is not known counts as exceeded (real cell: ``au``).
    """
    host = config.hosts[instance.host]
    loads = known_loads(host)
    instance.state &= ~(QueueState.UNKNOWN | QueueState.ALARM)
    if host.unheard:
        instance.state |= QueueState.UNKNOWN
    if any(True for _ in exceeded(config, loads, instance.queue.attributes.get("load_thresholds", "NONE"))):
        instance.state |= QueueState.ALARM


def exceeded(config: CellConfig, loads: Mapping[str, str], thresholds: str) -> Iterator[str]:
    """The names of the thresholds that a host's load is beyond, or whose values it does not report."""
    for name, limit in complex_values(thresholds).items():
        entry = config.complex_named(name)
        offered = loads.get(entry.name) if entry is not None else None
        if entry is not None and (offered is None or beyond(entry, limit, offered)):
            yield entry.name


def hosts_of(config: CellConfig, hostlist: str) -> list[str]:
    """Host names that a host list means (``@group`` references resolved), without repeats."""
    names: list[str] = []
    for word in listed(hostlist):
        for name in config.hosts_in(word) if word.startswith("@") else (word,):
            if name in config.hosts and name not in names:
                names.append(name)
    return names


def enroll(job: Job, number: int) -> Task:
    """Make a waiting task a task of its own."""
    task = Task(
        number,
        hold=job.hold_of_waiting(number),
        priority=job.priority,
        normalised_tickets=job.normalised_tickets,
        tickets=job.tickets,
        share=job.share,
    )
    job.tasks[number] = task
    drop_waiting(job, job.waiting.of((number,)))
    return task


def drop_waiting(job: Job, members: TaskSet) -> None:
    """Take tasks out of the waiting ones, and out of their holds."""
    job.lists = job.lists.without(members)


def never_ran(failed: int, error: str, usage: dict[str, float]) -> Exit:
    """The end of an attempt that did not get to run."""
    return Exit(failed, 0, 0, 0.0, 0.0, usage, error)
