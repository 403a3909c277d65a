"""The scheduler: who starts where, and in which order."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import attrgetter

from ..lighter import NamedTuple
from ..model import Hold, Job, State, Status, Task
from ..model.urgency import resource_contribution
from .delivery import begin
from .placement import Capacity
from .state import CellState, enroll


class _Figures(NamedTuple):
    """What the scheduler tells of a job."""

    parts: tuple[float, float, float]  # of the urgency: resources, waiting time, deadline
    urgency: float  # normalised, as all that follow
    level: float
    priority: float
    tickets: float
    share: float


_PENDING = attrgetter("is_pending")
_NOTHING = _Figures((0.0, 0.0, 0.0), 0.0, 0.0, 0.0, 0.0, 0.0)


def is_startable(task: Task, now: float) -> bool:
    """An enrolled task that is pending again and free to go."""
    return (
        task.is_pending
        and not task.hold
        and not task.state & (State.ERROR | State.DELETED)
        and task.not_before <= now
    )


def concurrency_left(state: CellState, job: Job) -> int:
    """How many more tasks of the job may be started for the first time (-tc, max_aj_instances).

    Each that was started before counts until it is over, also in the error state (real cell).
    """
    limit = int(state.config.global_config["max_aj_instances"]) if job.spec.is_array else 0
    if job.spec.max_concurrent:
        limit = min(limit, job.spec.max_concurrent) if limit else job.spec.max_concurrent
    begun = sum(1 for task in job.tasks.values() if task.finish is None)
    return max(0, limit - begun) if limit else len(job.waiting) + begun


def first_starts(state: CellState, job: Job) -> Iterator[int]:
    """The tasks that the scheduler may start for the first time in one run.

    The allowed number ends within a range of the list of free tasks; all ranges after that one may start, too
    (real cell: with ``-tc 3`` and 1-2:1, 5-7:2, 8-9:1 free it starts 1, 2, 5, 8 and 9).
    """
    left = concurrency_left(state, job)
    if not left:
        return
    for piece in job.lists[Hold.NONE].pieces:
        ids = piece.ids()
        yield from ids[:left] if left > 0 else ids
        left -= len(ids)


def schedule(state: CellState, now: float) -> None:
    """One scheduler run: remove what has ended, then dispatch what fits, by priority."""
    state.schedule_at = now + state.timing.schedule_interval
    _see(state)
    state.begun.clear()
    while state.delayed and state.delayed[0][0] <= now:
        job = state.jobs.get(heapq.heappop(state.delayed)[1])
        if job is not None and job.spec.execution_time <= now and not job.predecessors:
            state.mark_ready(job)
    if not state.ready:
        return
    capacity = Capacity(state, now)
    if capacity.nothing_free():
        return
    if float(state.config.scheduler["weight_priority"]) or any(
        spec.deadline or spec.override_tickets for spec in (state.jobs[number].spec for number in state.ready)
    ):
        _dispatch_sorted(state, capacity, now)
    else:
        _dispatch_in_order(state, capacity, now)


def _see(state: CellState) -> None:
    """Learn what has changed since the last run: who waits for something else than a place has no priority.

    The figures of tasks that ran or failed stay as they were (real cell).
    """
    for number in state.unseen:
        job = state.jobs.get(number)
        if job is None or number in state.ready:
            continue
        if all(task.finish is None and task.is_pending for task in job.tasks.values()):
            _show(job, _NOTHING)
    state.unseen.clear()


def _dispatch_sorted(state: CellState, capacity: Capacity, now: float) -> None:
    """Order by the full priority formula."""
    set_priorities(state, now)
    waiting = [state.jobs[number] for number in state.ready]
    for job in sorted(waiting, key=lambda item: (-urgency(item), item.number)):
        if capacity.nothing_free():
            break
        _dispatch(state, capacity, job, now)


def _dispatch_in_order(state: CellState, capacity: Capacity, now: float) -> None:
    """Without -p, deadlines and tickets in the formula the order never changes: a heap will do."""
    kept: list[tuple[float, int]] = []
    seen: set[int] = set()
    while state.order and not capacity.nothing_free():
        entry = heapq.heappop(state.order)
        if entry[1] not in state.ready or entry[1] in seen or entry[0] != state.rank(state.jobs[entry[1]]):
            continue
        seen.add(entry[1])
        _dispatch(state, capacity, state.jobs[entry[1]], now)
        if entry[1] in state.ready:
            kept.append(entry)
    for entry in kept:
        heapq.heappush(state.order, entry)


def urgency(job: Job) -> float:
    """The highest priority of what waits of a job."""
    waiting = [task.priority for task in job.tasks.values() if task.is_pending]
    return max([job.priority, *waiting])


def _dispatch(state: CellState, capacity: Capacity, job: Job, now: float) -> None:
    again = sorted(task.number for task in job.tasks.values() if is_startable(task, now))
    numbers: Iterable[int] = chain(again, first_starts(state, job))
    places = iter(lambda: capacity.place(job.spec), None)
    if job.spec.immediate and not job.tasks:  # all that -tc allows at once, or none (real cell)
        numbers = list(numbers)
        found = list(islice(places, len(numbers)))
        if len(found) < len(numbers):
            return
        places = iter(found)
    for number, placed in zip(numbers, places):
        task = job.tasks.get(number)
        if task is None:
            task = enroll(job, number)
            if not job.priority:
                task.priority, task.normalised_tickets = 0.5, 0.5
        task.granted, task.granted_pe = placed
        _start(state, job, task, now)
    if not job.free and not any(
        is_startable(task, now) or task.not_before > now for task in job.tasks.values() if task.is_pending
    ):
        state.ready.pop(job.number, None)


def _start(state: CellState, job: Job, task: Task, now: float) -> None:
    for piece in task.granted:
        state.instances[piece.instance].used += piece.slots
    task.run += 1
    task.status = Status.TRANSFERRING
    task.state = State.RUNNING
    task.start_time = state.moment(now)
    task.usage = {}
    task.left_out = False
    state.begun[job.number] = None
    state.running[(job.number, task.number)] = None
    begin(state, job, task, now)


def set_priorities(state: CellState, now: float) -> None:
    """Compute urgencies and priorities of running and startable jobs; the others have none.

    ``prior = weight_priority * npprior + weight_urgency * nurg + weight_ticket * ntckts``, sge_priority(5).
    Without a scheduler they stay as they were.
    """
    if state.scheduler_off:
        return
    weights = {
        name: float(state.config.scheduler[f"weight_{name}"])
        for name in ("ticket", "urgency", "priority", "waiting_time", "deadline")
    }
    if now >= state.schedule_at:  # there was another run, which had nothing else to do
        state.begun.clear()
    running: dict[int, list[Task]] = {}
    for job, task in state.running_tasks():
        if not task.state & State.SUSPENDED and not task.left_out:  # or its figures stay (real cell)
            running.setdefault(job.number, []).append(task)
    startable = [
        state.jobs[number]
        for number in state.ready
        if number not in state.unseen and _may_start(state, state.jobs[number], now)
    ]
    urgencies = {job.number: _contributions(state, job, now, weights) for job in startable}
    for number in running:
        if number not in urgencies:
            urgencies[number] = _contributions(state, state.jobs[number], now, weights)
    if not urgencies:
        return
    low, high = min(map(sum, urgencies.values())), max(map(sum, urgencies.values()))
    starting = {job.number for job in startable}
    shares = _Shares(state, urgencies, running, starting)
    for number, parts in urgencies.items():
        job = state.jobs[number]
        normal = (sum(parts) - low) / (high - low) if high > low else 0.5
        level = (1024 + job.spec.priority) / 2048
        tickets = shares.normalised(job)
        value = weights["priority"] * level + weights["urgency"] * normal + weights["ticket"] * tickets
        waiting = job.tasks.values() if number in starting else ()
        _give(running.get(number, ()), value, tickets, job.spec.override_tickets, shares.of_running(job))
        _give(filter(_PENDING, waiting), value, tickets, job.spec.override_tickets, shares.of_waiting(job))
        if number in state.begun:
            continue  # it learns of the figures with the next run (captures state.t, state.Eqw)
        if number in starting or not job.waiting:
            _show(job, _Figures(parts, normal, level, value, tickets, shares.of_waiting(job)))
        else:
            _show(job, _NOTHING)


class _Shares:
    """Override tickets (``-ot``) among those that run or could start; each task has all of its job's.

    The figures of a real cell are in ``tests/fake/test_tickets.py``.
    """

    def __init__(
        self,
        state: CellState,
        active: Collection[int],
        running: Mapping[int, Sequence[Task]],
        starting: Collection[int],
    ) -> None:
        def given(number: int) -> int:
            return state.jobs[number].spec.override_tickets

        self._most = max(map(given, active))
        self._running = sum(given(number) * len(tasks) for number, tasks in running.items())
        self._waiting = sum(map(given, starting))

    def normalised(self, job: Job) -> float:
        """JAT_ntix: 1 for the most tickets, a half for all when nobody has any."""
        return job.spec.override_tickets / self._most if self._most else 0.5

    def of_running(self, job: Job) -> float:
        """JAT_share of each task that runs."""
        return job.spec.override_tickets / self._running if self._running else 0.0

    def of_waiting(self, job: Job) -> float:
        """JAT_share of each task that waits."""
        return job.spec.override_tickets / self._waiting if self._waiting else 0.0


def _give(tasks: Iterable[Task], priority: float, normalised: float, tickets: int, share: float) -> None:
    for task in tasks:
        if task.finish is None and not task.errors:
            task.priority, task.normalised_tickets = priority, normalised
            task.tickets, task.share = tickets, share


def _may_start(state: CellState, job: Job, now: float) -> bool:
    return concurrency_left(state, job) > 0 or any(is_startable(task, now) for task in job.tasks.values())


def _contributions(
    state: CellState, job: Job, now: float, weights: dict[str, float]
) -> tuple[float, float, float]:
    waited = max(0, int(now - job.submission_time))  # in whole seconds; running ones go on to earn it
    remaining = job.spec.deadline - now
    deadline = weights["deadline"] / max(1.0, remaining) if job.spec.deadline else 0.0
    return resource_contribution(job.spec, state.config), weights["waiting_time"] * waited, deadline


def _show(job: Job, figures: _Figures) -> None:
    job.resource_contribution, job.waiting_contribution, job.deadline_contribution = figures.parts
    job.urgency = sum(figures.parts)
    job.normalised_urgency = figures.urgency
    job.normalised_priority = figures.level
    job.priority = figures.priority
    job.normalised_tickets = figures.tickets
    job.tickets = job.spec.override_tickets if figures.priority else 0
    job.share = figures.share
