"""The scheduler: who starts where, in which order, and why the others do not."""

from __future__ import annotations

import heapq

from ..model import Job, JobSpec, QueueInstance, SchedulingMessage, State, Status, Task
from ..model.globs import glob_match
from .allocation import Room, most_slots
from .delivery import begin
from .placement import Capacity, least_slots, mismatch, queue_unavailable, quotas_of
from .quotas import Quotas
from .state import CellState, enroll

VERIFY_NOW = 4  # -w p
EXCEEDS = 50  # the number of a message about a resource quota
_AWAY = "it is temporarily not available"
ALL_DROPPED = SchedulingMessage(28, "All queues dropped because of overload or full")


def suitability(state: CellState, spec: JobSpec) -> tuple[bool, list[SchedulingMessage]]:
    """Whether the job could run in the cell when it were empty (-w v, e, w), or now (-w p), and why not."""
    now = spec.verify_suitable == VERIFY_NOW
    messages: list[SchedulingMessage] = []
    quotas = quotas_of(state, running=now)
    free: list[tuple[QueueInstance, int]] = []
    for instance in state.instances.values():
        reason = mismatch(state.config, instance, spec, loads=now)
        if now and queue_unavailable(instance):
            reason = SchedulingMessage(40, f'queue instance "{instance.name}" dropped because {_AWAY}')
        elif reason is None and now and instance.used >= instance.slots:
            reason = _without_slots(instance, spec)
        exceeding = [] if reason is not None else exceeded_quotas(quotas, spec, instance)
        if reason is not None or exceeding:
            messages += exceeding if reason is None else [reason]
        else:
            free.append((instance, instance.slots - (instance.used if now else 0)))
    if _offered(state, spec, free, quotas) >= least_slots(spec):
        return True, []
    if spec.pe is not None and all(message.number in (0, EXCEEDS) for message in messages):
        messages.append(SchedulingMessage(24, f'cannot run in PE "{spec.pe}" because it only offers 0 slots'))
    return False, list(dict.fromkeys(messages))


def exceeded_quotas(quotas: Quotas, spec: JobSpec, instance: QueueInstance) -> list[SchedulingMessage]:
    """The limits of which nothing is left to a job in an instance."""
    caps = quotas.caps(spec, spec.pe, instance)
    return [SchedulingMessage(EXCEEDS, cap.reason) for cap in caps if not cap.slots]


def _offered(state: CellState, spec: JobSpec, free: list[tuple[QueueInstance, int]], quotas: Quotas) -> int:
    """The most slots that free instances give a job, of the parallel environment that gives most."""
    if spec.pe is None:
        return max((slots for _, slots in free), default=0)
    most = 0
    for name, environment in state.config.parallel_environments.items():
        if glob_match(spec.pe, name):
            fitting = [(instance, slots) for instance, slots in free if name in instance.queue.pe_list]
            room = Room(fitting, [quotas.caps(spec, name, instance) for instance, _ in fitting])
            rule = environment.attributes["allocation_rule"]
            most = max(most, min(environment.slots, most_slots(rule, room)))
    return most


def _without_slots(instance: QueueInstance, spec: JobSpec) -> SchedulingMessage:
    requests = ",".join(f"{item.name}={item.value}" for item in spec.hard_resources)
    wanted = requests or ("slots=1" if spec.pe is not None else "NONE")
    only = f'cannot run in queue "{instance.name}" because it offers only qc:slots=0.000000'
    return SchedulingMessage(0, f"(-l {wanted}) {only}")


def is_startable(task: Task, now: float) -> bool:
    """An enrolled task that is pending again and free to go."""
    return (
        task.is_pending
        and not task.hold
        and not task.state & (State.ERROR | State.DELETED)
        and task.not_before <= now
    )


def concurrency_left(state: CellState, job: Job) -> int:
    """How many more tasks of the job may run at once (-tc, max_aj_instances)."""
    limit = int(state.config.global_config["max_aj_instances"]) if job.spec.is_array else 0
    if job.spec.max_concurrent:
        limit = min(limit, job.spec.max_concurrent) if limit else job.spec.max_concurrent
    if not limit:
        return len(job.waiting) + len(job.tasks)
    running = sum(1 for task in job.tasks.values() if task.status in (Status.RUNNING, Status.TRANSFERRING))
    return max(0, limit - running)


def schedule(state: CellState, now: float) -> None:
    """One scheduler run: remove what has ended, then dispatch what fits, by priority."""
    state.schedule_at = now + state.timing.schedule_interval
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
        state.jobs[number].spec.deadline for number in state.ready
    ):
        _dispatch_sorted(state, capacity, now)
    else:
        _dispatch_in_order(state, capacity, now)


def _dispatch_sorted(state: CellState, capacity: Capacity, now: float) -> None:
    """Order by the full priority formula."""
    set_priorities(state, now)
    waiting = [state.jobs[number] for number in state.ready]
    for job in sorted(waiting, key=lambda item: (-_urgency(item), item.number)):
        if capacity.nothing_free():
            break
        _dispatch(state, capacity, job, now)


def _dispatch_in_order(state: CellState, capacity: Capacity, now: float) -> None:
    """Without -p and deadlines in the formula the order never changes: a heap will do."""
    kept: list[tuple[float, int]] = []
    seen: set[int] = set()
    while state.order and not capacity.nothing_free():
        entry = heapq.heappop(state.order)
        if entry[1] not in state.ready or entry[1] in seen:
            continue
        seen.add(entry[1])
        _dispatch(state, capacity, state.jobs[entry[1]], now)
        if entry[1] in state.ready:
            kept.append(entry)
    for entry in kept:
        heapq.heappush(state.order, entry)


def _urgency(job: Job) -> float:
    waiting = [task.priority for task in job.tasks.values() if task.is_pending]
    return max([job.priority, *waiting])


def _dispatch(state: CellState, capacity: Capacity, job: Job, now: float) -> None:
    left = concurrency_left(state, job)
    again = sorted(task.number for task in job.tasks.values() if is_startable(task, now))
    free = job.free
    while left > 0 and (again or free):
        placed = capacity.place(job.spec)
        if placed is None:
            return
        if again:
            task = job.tasks[again.pop(0)]
        else:
            number = free.lowest()
            free = free.discard(number)
            task = enroll(job, number)
            task.priority, task.normalised_tickets = job.priority or 0.5, 0.5
        task.granted, task.granted_pe = placed
        _start(state, job, task, now)
        left -= 1
    if not free and not any(
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
    state.running[(job.number, task.number)] = None
    begin(state, job, task, now)


def set_priorities(state: CellState, now: float) -> None:
    """Compute urgencies and priorities of running and startable jobs; the others have none.

    ``prior = weight_priority * npprior + weight_urgency * nurg + weight_ticket * ntckts``, sge_priority(5).
    """
    weights = {
        name: float(state.config.scheduler[f"weight_{name}"])
        for name in ("ticket", "urgency", "priority", "waiting_time", "deadline")
    }
    running: dict[int, list[Task]] = {}
    for number, task_number in state.running:
        running.setdefault(number, []).append(state.jobs[number].tasks[task_number])
    startable = [
        state.jobs[number] for number in state.ready if concurrency_left(state, state.jobs[number]) > 0
    ]
    urgencies = {job.number: _contributions(job, now, weights) for job in startable}
    for number in running:
        if number not in urgencies:
            urgencies[number] = _contributions(state.jobs[number], now, weights)
    if not urgencies:
        return
    low = min(sum(parts) for parts in urgencies.values())
    span = max(sum(parts) for parts in urgencies.values()) - low
    starting = {job.number for job in startable}
    for number, parts in urgencies.items():
        job = state.jobs[number]
        normal = (sum(parts) - low) / span if span > 0 else 0.5
        share = (1024 + job.spec.priority) / 2048
        value = weights["priority"] * share + weights["urgency"] * normal + weights["ticket"] * 0.5
        for task in job.tasks.values() if number in starting else running[number]:
            if task.finish is None and not task.errors:
                task.priority, task.normalised_tickets = value, 0.5
        if number in starting or not job.waiting:
            _show(job, parts, normal, share, value)
        else:
            _show(job, (0.0, 0.0, 0.0), 0.0, 0.0, 0.0)


def _contributions(job: Job, now: float, weights: dict[str, float]) -> tuple[float, float, float]:
    waited = max(0.0, now - job.submission_time)  # running ones go on to earn it (real cell)
    remaining = job.spec.deadline - now
    deadline = weights["deadline"] / max(1.0, remaining) if job.spec.deadline else 0.0
    return 1000.0 * least_slots(job.spec), weights["waiting_time"] * waited, deadline


def _show(job: Job, parts: tuple[float, float, float], normal: float, share: float, value: float) -> None:
    job.resource_contribution, job.waiting_contribution, job.deadline_contribution = parts
    job.urgency = sum(parts)
    job.normalised_urgency = normal
    job.normalised_priority = share
    job.priority = value
    job.normalised_tickets = 0.5 if value else 0.0


# Messages on a real 8.1.9 (w4.j_xml): about queues, then about single jobs, then about all held ones ...
_QUEUE_ORDER = (40, 27, 39, 37)
_SHARED_ORDER = (32, 33, 31, 35, 44, 45)


def explain(state: CellState, now: float, number: int | None = None) -> list[SchedulingMessage]:
    """Scheduling messages as of now: global ones (about queues) first, then those of jobs."""
    about_queues: list[SchedulingMessage] = []
    pending = bool(state.ready)
    for instance in state.instances.values():
        reason = queue_unavailable(instance)
        if reason is not None:
            about_queues.append(reason)
        elif pending and instance.used >= instance.slots:
            text = f'queue instance "{instance.name}" dropped because it is full'
            about_queues.append(SchedulingMessage(37, text))
    jobs = state.jobs.values() if number is None else [state.jobs[number]] if number in state.jobs else []
    about_queues.sort(key=lambda item: _QUEUE_ORDER.index(item.number))
    all_dropped = pending and len(about_queues) == len(state.instances)
    about_queues += [ALL_DROPPED] if all_dropped else []
    own: list[SchedulingMessage] = []
    quotas = quotas_of(state)
    shared: dict[tuple[int, str], list[int]] = {}
    for job in jobs:
        for message in dict.fromkeys(_explain_job(state, job, now, quotas)):
            if message.number in _SHARED_ORDER:
                shared.setdefault((message.number, message.text), []).extend(message.jobs)
            elif not all_dropped:
                own.append(message)
    order = sorted(shared, key=lambda key: _SHARED_ORDER.index(key[0]))
    return [*about_queues, *own, *(SchedulingMessage(*key, tuple(shared[key])) for key in order)]


def _explain_job(state: CellState, job: Job, now: float, quotas: Quotas) -> list[SchedulingMessage]:
    pending = [task for task in job.tasks.values() if task.is_pending]
    if not job.waiting and not pending:
        return []
    simple = _simple_reason(state, job, pending, now)
    if simple is not None:
        return [SchedulingMessage(*simple, (job.number,))]
    reasons: list[SchedulingMessage] = []
    for instance in state.instances.values():
        reason = mismatch(state.config, instance, job.spec)
        found = exceeded_quotas(quotas, job.spec, instance) if reason is None else [reason]
        reasons += [SchedulingMessage(item.number, item.text, (job.number,)) for item in found]
    if len(job.free) < len(job.waiting) or any(task.hold for task in pending):
        reasons.append(SchedulingMessage(33, "Job is in hold state", (job.number,)))
    if job.spec.pe is not None and all(item.number == EXCEEDS for item in reasons):
        open_ones = [item for item in state.instances.values() if queue_unavailable(item) is None]
        free = _offered(state, job.spec, [(item, item.slots - item.used) for item in open_ones], quotas)
        offered = free if free >= least_slots(job.spec) else 0
        text = f'cannot run in PE "{job.spec.pe}" because it only offers {offered} slots'
        reasons.append(SchedulingMessage(24, text, (job.number,)))
    return reasons


def _simple_reason(state: CellState, job: Job, pending: list[Task], now: float) -> tuple[int, str] | None:
    """Why nothing of the job is looked at, when it is for one reason; None otherwise."""
    if not job.waiting and all(task.errors for task in pending):
        return 32, "Job is in error state"
    if not job.free and all(task.hold or task.errors for task in pending):
        return 33, "Job is in hold state"
    if job.predecessors:
        return 35, "job dropped because of job dependencies"
    if job.spec.execution_time > now:
        return 31, "execution time not reached"
    if any(task.not_before > now for task in pending):
        host = next((instance.host for instance in state.instances.values()), "")
        return 44, f'cannot run on host "{host}" until clean up of a previous run has finished'
    if concurrency_left(state, job) == 0:
        return 45, "not all array tasks may be started due to 'max_aj_instances'"
    return None
