"""Why jobs do not start: scheduling messages (``qstat -j``), and what -w finds.

Observed on single hosts (captures w1, w3, w4) and on a real cell of several (tests/fake/data/hosts.jsonl).
"""

from __future__ import annotations

from ..model import Job, JobSpec, QueueInstance, QueueState, SchedulingMessage, State, Task
from ..model.categories import category_of
from ..model.operations import JobOperation
from ..model.resources import beyond, complex_values
from .access import DENIALS, TOO_FEW, UNASKED_OF_HOST, UNASKED_OF_QUEUE, closed_environments, environments
from .accounting import category
from .allocation import most_slots
from .everywhere import Shared, shared_by_all
from .host_order import HostOrder
from .matching import NOT_INTERACTIVE, left_out, mismatch, queue_unavailable
from .placement import Capacity, least_slots, master_of
from .scheduling import concurrency_left, urgency
from .shortages import requests
from .state import NO_REASON, WAITS_FOR_JOBS, CellState, Reason

VERIFY_NOW = 4  # -w p
# Numbers of messages: -q, pe_list, load thresholds, a resource quota.
NOT_IN_LIST, NOT_IN_PE_LIST, OVERLOADED, AWAY, EXCEEDS = 6, 8, 27, 40, 50
HELD = 33, "Job is in hold state"
TOO_MANY = 45, "not all array tasks may be started due to 'max_aj_instances'"
_AWAY = "it is temporarily not available"
ALL_DROPPED = SchedulingMessage(28, "All queues dropped because of overload or full")
# After these an instance has been looked at for a parallel job, and is said to offer too little.
_LOOKED_AT = (
    0,
    NOT_IN_PE_LIST,
    NOT_INTERACTIVE,
    17,
    40,
    EXCEEDS,
    UNASKED_OF_QUEUE,
    UNASKED_OF_HOST,
    *DENIALS,
)


def suitability(state: CellState, moment: float, spec: JobSpec) -> tuple[bool, list[SchedulingMessage]]:
    """Whether the job could run in the cell when it were empty (-w v, e, w), or now (-w p), and why not."""
    now = spec.verify_suitable == VERIFY_NOW
    closed = closed_environments(state.config, spec)
    dropped: list[SchedulingMessage] = []
    messages: list[SchedulingMessage] = []
    capacity = Capacity(state, moment, running=now)
    full = None if closed else _full_environment(capacity, spec)
    if full is not None:
        return False, [full]
    if closed:
        skipped = [left_out(state.config, item, spec, verifying=True) for item in state.instances.values()]
        messages += [*(item for item in skipped if item is not None), *closed]
        if not environments(state.config, spec):
            return False, list(dict.fromkeys(messages))
    shared = shared_by_all(capacity, spec)
    free: list[QueueInstance] = []
    for instance in state.instances.values():
        if now and queue_unavailable(instance):
            dropped.append(_away(instance))
            continue
        found = _verifying(capacity, instance, spec, shared, now)
        if any(message.number == NOT_IN_PE_LIST for message in found):
            continue  # of that -w says nothing
        messages += found
        if not found:
            free.append(instance)
    messages.sort(key=lambda message: not _is_about_queue(message))
    first = next((index for index, item in enumerate(messages) if not _is_about_queue(item)), len(messages))
    messages[first:first] = dropped
    if shared.slots < least_slots(spec):
        return False, list(dict.fromkeys([*messages, *_of_all(state, spec, shared)]))
    offered = _offered(capacity, spec, free)
    if offered >= least_slots(spec):
        return True, []
    if spec.pe is not None and all(item.number in _LOOKED_AT or item in closed for item in messages):
        messages.append(_too_few(state, spec, offered))
    return False, list(dict.fromkeys(messages))


def _away(instance: QueueInstance) -> SchedulingMessage:
    return SchedulingMessage(AWAY, f'queue instance "{instance.name}" dropped because {_AWAY}')


def _verifying(
    capacity: Capacity, instance: QueueInstance, spec: JobSpec, shared: Shared, now: bool
) -> list[SchedulingMessage]:
    """What -w finds against an instance."""
    if instance.state & QueueState.ORPHANED:
        return [_away(instance)]
    found = _against(capacity, instance, spec, shared, loads=now, verifying=True)
    return (
        [_without_slots(instance, spec)] if not found and now and instance.used >= instance.slots else found
    )


def _is_about_queue(message: SchedulingMessage) -> bool:
    """Whether a cluster queue is out of the question before its instances are looked at."""
    return message.number in (NOT_IN_LIST, NOT_INTERACTIVE) or (
        message.number in DENIALS and " cluster queue " in message.text
    )


def _of_all(state: CellState, spec: JobSpec, shared: Shared) -> list[SchedulingMessage]:
    """That what all hosts share is too little."""
    lack = [shared.lack] if shared.lack is not None else []
    return [*lack, *([_too_few(state, spec, shared.offered)] if spec.pe is not None else [])]


def _full_environment(capacity: Capacity, spec: JobSpec) -> SchedulingMessage | None:
    """That no parallel environment has the slots, or has them left; no queue is looked at then."""
    if spec.pe is None:
        return None
    names = environments(capacity.config, spec)
    most = max((capacity.config.parallel_environments[name].slots for name in names), default=0)
    left = max(map(capacity.left_of_environment, names), default=0)
    least = least_slots(spec)
    return _too_few(capacity.state, spec, 0 if most < least else left) if left < least else None


def _too_few(state: CellState, spec: JobSpec, offered: int) -> SchedulingMessage:
    """That a parallel environment has too few slots: the one that a pattern has found, if it is one alone."""
    found = environments(state.config, spec)
    name = found[0] if len(found) == 1 else spec.pe
    text = f'cannot run in PE "{name}" because it only offers {offered} slots'
    return SchedulingMessage(TOO_FEW, text)


def _against(
    capacity: Capacity, instance: QueueInstance, spec: JobSpec, shared: Shared, loads: bool, verifying: bool
) -> list[SchedulingMessage]:
    """What an instance has against a job: a quota or consumable of which nothing is left, or its requests."""
    if shared.slots < least_slots(spec):  # then no host is looked at
        skipped = left_out(capacity.config, instance, spec, verifying)
        return [skipped] if skipped is not None else []
    caps = capacity.quotas.caps(spec, spec.pe, instance)
    found = [SchedulingMessage(EXCEEDS, cap.reason) for cap in caps if not cap.slots]
    if found:
        return found
    reason = mismatch(capacity.config, instance, spec, loads=loads, verifying=verifying)
    if reason is None:
        reason = capacity.shortage(spec, instance) or capacity.exclusive.obstacle(spec, instance)
    return [reason] if reason is not None else []


def _without_slots(instance: QueueInstance, spec: JobSpec) -> SchedulingMessage:
    wanted = "slots=1" if spec.pe is not None else requests(spec.hard_resources) or "NONE"
    only = f'cannot run in queue "{instance.name}" because it offers only qc:slots=0.000000'
    return SchedulingMessage(0, f"(-l {wanted}) {only}")


def _offered(capacity: Capacity, spec: JobSpec, free: list[QueueInstance]) -> int:
    """The most slots that instances give a job, of the parallel environment that gives most."""
    rooms = [(instance, capacity.room_of(spec, instance)) for instance in free]
    if spec.pe is None:
        return max((slots for _, slots in rooms), default=0)
    most = 0
    least = least_slots(spec)
    for name in environments(capacity.config, spec):
        environment = capacity.config.parallel_environments[name]
        fitting = [(instance, slots) for instance, slots in rooms if name in instance.queue.pe_list]
        room = capacity.free_slots(spec, name, fitting)
        rule = environment.attributes["allocation_rule"]
        slots = min(capacity.left_of_environment(name), most_slots(rule, room))
        if spec.master_queues and master_of(capacity.config, spec, room) is None:
            slots = max(0, min(slots, least) - 1)  # all but that of the master
        whole = rule == "$pe_slots" and slots < least  # of one host all or nothing
        odd = rule.isdigit() and int(rule) and all(count % int(rule) for count in _counts(spec))
        most = max(most, 0 if whole or odd else slots)
    return most


def _counts(spec: JobSpec) -> set[int]:
    """The numbers of slots that a job would take."""
    return {
        count
        for piece in spec.pe_ranges
        for count in range(piece.first, min(piece.last, piece.first + 9999) + 1, max(1, piece.step))
    }


# Messages on a real 8.1.9 (w4.j_xml): about queues, then about single jobs, then about all held ones ...
_QUEUE_ORDER = (40, 26, 27, 39, 37)
_SHARED_ORDER = (32, 33, 31, 35, 44, 45)


class _Scheduling:
    """The cell as the scheduler looks at it."""

    def __init__(self, state: CellState, now: float) -> None:
        self.state = state
        self.now = now
        self.capacity = Capacity(state, now)
        in_order = self.capacity.order.sorted(list(state.instances.values()))
        self.instances = sorted(in_order, key=lambda item: bool(item.state & QueueState.ORPHANED))
        self.dropped = {item.name: found for item in self.instances if (found := self._dropped(item))}

    def _dropped(self, instance: QueueInstance) -> SchedulingMessage | None:
        if instance.state & QueueState.SUSPEND_ALARM:
            alarm = _beyond(self.state, self.capacity.order, instance, "suspend_thresholds")
            return SchedulingMessage(26, f'queue instance "{instance.name}" is in suspend alarm{alarm}')
        reason = queue_unavailable(instance)
        if reason is not None and reason.number != OVERLOADED:
            return reason
        overload = _beyond(self.state, self.capacity.order, instance, "load_thresholds")
        if reason is not None or overload:
            text = f'queue instance "{instance.name}" dropped because it is overloaded{overload}'
            return SchedulingMessage(OVERLOADED, text)
        if instance.used >= instance.slots:
            text = f'queue instance "{instance.name}" dropped because it is full'
            return SchedulingMessage(37, text)
        return None


def _beyond(state: CellState, order: HostOrder, instance: QueueInstance, attribute: str) -> str:
    """Which load value is beyond its threshold, and what of it is for jobs that have started of late."""
    thresholds = complex_values(instance.queue.attributes.get(attribute, "NONE"))
    loads = order.loads(instance.host)
    for name, limit in thresholds.items():
        entry = state.config.complex_named(name)
        load = loads.get(entry.name) if entry is not None else None
        if entry is None or load is None or not beyond(entry, limit, f"{load.value:f}"):
            continue
        added = "(no load adjustment)"
        if load.slots:
            added = f"(= {load.reported:f} + {load.each:.2f} * {load.slots:f} with nproc={load.processors})"
        return f": {entry.name}={load.value:f} {added} {entry.relop} {limit}"
    return ""


def explain(state: CellState, now: float, number: int | None = None) -> list[SchedulingMessage]:
    """Scheduling messages of the last run: global ones (about queues) first, then those of one or all jobs.

    When there are none in the whole cell, or none are collected, it is said so, of each job, too (real cell).
    """
    details = state.config.flavour.details
    last = details.last_message if details is not None else 90
    if state.config.scheduler.get("schedd_job_info") == "false":
        return [SchedulingMessage(last - 7, "(Collecting of scheduler job information is turned off)")]
    found = _explain(state, now, number)
    if found or (number is not None and _explain(state, now, None)):
        return found
    return [SchedulingMessage(last, "There are no messages available")]


def _explain(state: CellState, now: float, number: int | None) -> list[SchedulingMessage]:
    scheduling = _Scheduling(state, now)
    about_queues = sorted(scheduling.dropped.values(), key=lambda item: _QUEUE_ORDER.index(item.number))
    numbers = state.told if number is None else [number] if number in state.jobs else []
    all_dropped = bool(state.instances) and len(about_queues) == len(state.instances)
    about_queues += [ALL_DROPPED] if all_dropped else []
    reasons = {item: dict.fromkeys(_explain_job(scheduling, state.jobs[item])) for item in numbers}
    shared: dict[tuple[int, str], list[int]] = {}
    for message in (message for found in reasons.values() for message in found):
        if message.number in _SHARED_ORDER:
            shared.setdefault((message.number, message.text), []).extend(message.jobs)
    by_urgency = sorted(reasons, key=lambda item: (-urgency(state.jobs[item]), item))
    alike: dict[tuple[str, int, str], list[int]] = {}  # jobs of one category have their messages together
    for item in () if all_dropped else by_urgency:
        spec = state.jobs[item].spec
        kind = category_of(spec) if state.config.flavour.is_ocs else category(spec, state.config)
        for message in reasons[item]:
            if message.number not in _SHARED_ORDER:
                alike.setdefault((kind, message.number, message.text), []).append(item)
    own = [SchedulingMessage(code, text, tuple(found)) for (_, code, text), found in alike.items()]
    order = sorted(shared, key=lambda key: _SHARED_ORDER.index(key[0]))
    return [*about_queues, *own, *(SchedulingMessage(*key, tuple(shared[key])) for key in order)]


def _explain_job(scheduling: _Scheduling, job: Job) -> list[SchedulingMessage]:
    pending = [task for task in job.tasks.values() if task.is_pending]
    if not job.waiting and not pending:
        return []
    state = scheduling.state
    unseen = job.number in state.unseen
    simple = state.unseen[job.number] if unseen else _simple_reason(state, job, pending, scheduling.now)
    if simple is not None:
        said = [HELD, simple] if simple == TOO_MANY and len(job.free) < len(job.waiting) else [simple]
        return [SchedulingMessage(*reason, (job.number,)) for reason in said if reason != NO_REASON]
    reasons: list[SchedulingMessage] = []
    open_ones = [item for item in scheduling.instances if item.name not in scheduling.dropped]
    closed = closed_environments(state.config, job.spec)
    reasons += [SchedulingMessage(item.number, item.text, (job.number,)) for item in closed]
    if closed and not environments(state.config, job.spec):
        return reasons
    full = None if closed else _full_environment(scheduling.capacity, job.spec)
    if full is not None:
        return [SchedulingMessage(full.number, full.text, (job.number,))]
    shared = shared_by_all(scheduling.capacity, job.spec)
    denied = shared.lack is not None and shared.lack.number in DENIALS  # and nothing else is said
    for instance in () if denied else open_ones:
        found = _against(scheduling.capacity, instance, job.spec, shared, loads=True, verifying=False)
        reasons += [SchedulingMessage(item.number, item.text, (job.number,)) for item in found]
    if not unseen and (len(job.free) < len(job.waiting) or any(task.hold for task in pending)):
        reasons.append(SchedulingMessage(*HELD, (job.number,)))
    if shared.slots < least_slots(job.spec):
        found = _of_all(state, job.spec, shared)
        reasons += [SchedulingMessage(item.number, item.text, (job.number,)) for item in found]
    elif job.spec.pe is not None and all(item.number in (*_LOOKED_AT, TOO_FEW) for item in reasons):
        exclusive = scheduling.capacity.exclusive
        fitting = (item for item in open_ones if mismatch(state.config, item, job.spec) is None)
        free = [item for item in fitting if exclusive.obstacle(job.spec, item) is None]
        offered = _offered(scheduling.capacity, job.spec, free)
        few = _too_few(state, job.spec, offered)
        reasons.append(SchedulingMessage(few.number, few.text, (job.number,)))
    if len(job.free) > concurrency_left(
        state, job
    ):  # of those that may not start with the others (real cell)
        reasons.append(SchedulingMessage(*TOO_MANY, (job.number,)))
    return reasons


def remember(state: CellState, now: float, name: str, number: int) -> None:
    """Keep what the scheduler said of a job that is about to be changed, until it runs again."""
    job = state.jobs.get(number)
    if job is None:
        return
    if name != JobOperation.CLEAR_ERROR.value:
        del state.told[number]
        state.told[number] = None
    if number not in state.unseen:
        pending = [task for task in job.tasks.values() if task.is_pending]
        state.unseen[number] = _simple_reason(state, job, pending, now)


def _simple_reason(state: CellState, job: Job, pending: list[Task], now: float) -> Reason | None:
    """Why nothing of the job is looked at, when it is for one reason; None otherwise."""
    if not job.waiting and all(task.state & State.ERROR for task in pending):
        return 32, "Job is in error state"
    if not job.free and all(task.hold or task.state & State.ERROR for task in pending):
        return HELD
    if job.predecessors:
        return 35, WAITS_FOR_JOBS
    if job.spec.execution_time > now:
        return 31, "execution time not reached"
    if any(task.not_before > now for task in pending):
        host = next((instance.host for instance in state.instances.values()), "")
        return 44, f'cannot run on host "{host}" until clean up of a previous run has finished'
    if concurrency_left(state, job) == 0 and all(task.hold or task.state & State.ERROR for task in pending):
        return TOO_MANY
    return None
