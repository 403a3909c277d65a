"""What the qmaster tells execution hosts; what a host or job cannot be told yet it is told later."""

from __future__ import annotations

import heapq

from ..model import Job, QueueState, State, Status, Task
from .state import CellState, SignalTask, StartTask


def is_away(state: CellState, task: Task) -> bool:
    """Whether the host of a task's master cannot be reached."""
    return bool(task.granted) and task.granted[0].host in state.away


def begin(state: CellState, job: Job, task: Task, now: float, again: bool = False) -> None:
    """Have a dispatched task started; until then it is ``t``."""
    if is_away(state, task):
        return
    simulation = job.spec.simulation
    if simulation is None:
        state.effects.append(StartTask(job.number, task.number, task.run, again))
        return
    task.status = Status.RUNNING
    heapq.heappush(state.simulated, (now + simulation.run_time, job.number, task.number, task.run))


def signal(state: CellState, job: Job, task: Task, action: str) -> None:
    """``kill``, ``suspend`` or ``resume`` a task's processes; those that are on their way are told later."""
    if not is_away(state, task) and task.status is not Status.TRANSFERRING:
        state.effects.append(SignalTask(job.number, task.number, task.run, action))


def repeat_signals(state: CellState, job: Job, task: Task) -> None:
    """What could not be said before the processes ran, or while their host was away."""
    if task.state & State.DELETED or task.reschedule_requested:
        signal(state, job, task, "kill")
    elif task.state & State.SUSPENDED or is_stopped_by_queue(state, task):
        signal(state, job, task, "suspend")


def run_is_away(state: CellState, number: int, task_number: int) -> bool:
    """The same of a task by its numbers; False for one that is not known."""
    job = state.jobs.get(number)
    task = job.tasks.get(task_number) if job is not None else None
    return task is not None and is_away(state, task)


def is_stopped_by_queue(state: CellState, task: Task) -> bool:
    """Whether a queue in which a task has slots is suspended, be it that of a slave (real cell)."""
    found = (state.instances.get(piece.instance) for piece in task.granted)
    return any(instance and instance.state & QueueState.SUSPENDED for instance in found)
