"""Holds: what qhold, qrls and qalter -h do to a job's tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..lighter import field, record
from ..model import CellConfig, Hold, Job
from ..model.operations import Actor, ChangeOutcome, JobChange
from .state import CellState
from .submission import refresh_ready

_OWN = Hold.USER | Hold.OPERATOR | Hold.SYSTEM
_WAITING_LISTS = (Hold.NONE, Hold.USER, Hold.OPERATOR, Hold.SYSTEM)


@record
class HoldPlan:
    """What a request does: the outcomes in the order reported, and the new holds of the tasks that change."""

    outcomes: list[JobChange] = field(default_factory=list)
    new: dict[int, Hold] = field(default_factory=dict)


class HoldRequest:
    """One ``-h``: set or remove some holds.

    Bits that the user may not touch drop out at the first refusal; each named task has bits of its own
    (real cell: ``qalter -h so 5`` is refused with two lines, ``qalter -h so 5.1-3`` with three).
    """

    def __init__(self, removes: bool, bits: Hold, actor: Actor, config: CellConfig) -> None:
        self.removes = removes
        self.bits = bits
        self.manager = config.is_manager(actor.user)
        self.operator = config.is_operator(actor.user)

    def plan(self, job: Job, tasks: Sequence[int] | None) -> HoldPlan:
        """Work out what happens; ``tasks`` None: all tasks, the waiting ones by their hold lists first.

        A named task that is over is answered as if it had no hold (real cell), and stays as it is.
        """
        plan = HoldPlan()
        if tasks is None:
            target = self.bits
            for task in self._all(job):
                target = self._one(job, task, target, plan)
        else:
            for task in tasks:
                if task in job.spec.array.ids():
                    self._one(job, task, self.bits, plan)
        return plan

    @staticmethod
    def _all(job: Job) -> Iterator[int]:
        for kind in _WAITING_LISTS:
            yield from job.lists[kind]
        yield from [number for number, task in job.tasks.items() if task.finish is None]

    def _one(self, job: Job, number: int, target: Hold, plan: HoldPlan) -> Hold:
        """Plan for one task; the bits that are left for the tasks after it."""
        task = job.tasks.get(number)
        old = plan.new.get(number, (task.hold if task else job.hold_of_waiting(number)) & _OWN)
        new = old & ~target if self.removes else old | target
        if new == old:
            return target
        for bit, need, may in (
            (Hold.SYSTEM, "manager", self.manager),
            (Hold.OPERATOR, "operator", self.operator),
        ):
            if target & bit and not may:
                plan.outcomes.append(JobChange(ChangeOutcome.DENIED_HOLD, job.number, need=need))
                return target & ~bit
        if number in job.waiting or (task is not None and task.finish is None):
            plan.new[number] = new
        plan.outcomes.append(JobChange(ChangeOutcome.DONE, job.number, number if job.spec.is_array else None))
        return target


def change_holds(
    state: CellState,
    now: float,
    number: int,
    tasks: Sequence[int] | None,
    removes: bool,
    bits: Hold,
    actor: Actor,
) -> list[JobChange]:
    """Set or remove holds of a job's tasks (None: all)."""
    job = state.jobs.get(number)
    if job is None:
        return [JobChange(ChangeOutcome.NO_SUCH_JOB, number)]
    if actor.user != job.owner and not state.config.is_operator(actor.user):
        return [JobChange(ChangeOutcome.DENIED, number)]
    plan = HoldRequest(removes, bits, actor, state.config).plan(job, tasks)
    for item, hold in plan.new.items():
        if item in job.tasks:
            job.tasks[item].hold = job.tasks[item].hold & ~_OWN | hold
    job.lists = job.lists.moved(
        {
            item: hold | job.hold_of_waiting(item) & Hold.ARRAY_DEPENDENCY
            for item, hold in plan.new.items()
            if item not in job.tasks
        }
    )
    refused = bool(plan.outcomes) and all(item.outcome is ChangeOutcome.DENIED_HOLD for item in plan.outcomes)
    there = tasks is None or any(task in job.spec.array.ids() for task in tasks)
    job.version += there and not refused
    refresh_ready(state, job, now)
    state.ask_schedule(now, state.timing.flush_submit)
    return plan.outcomes or [JobChange(ChangeOutcome.UNCHANGED, number)]
