"""What the qmaster tells execution hosts; one that is away is told when it is back."""

from __future__ import annotations

import heapq

from ..model import Job, Status, Task
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
    """``kill``, ``suspend`` or ``resume`` a task's processes."""
    if not is_away(state, task):
        state.effects.append(SignalTask(job.number, task.number, task.run, action))


def run_is_away(state: CellState, number: int, task_number: int) -> bool:
    """The same of a task by its numbers; False for one that is not known."""
    job = state.jobs.get(number)
    task = job.tasks.get(task_number) if job is not None else None
    return task is not None and is_away(state, task)
