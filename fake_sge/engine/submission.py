"""Taking jobs in: checks, numbers, limits, dependencies."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable

from ..model import Hold, Job, JobSpec, Rerun, SchedulingMessage, State, Task
from ..model.access_lists import department_of
from ..model.categories import category_of
from ..model.globs import glob_match
from ..model.operations import SubmissionReply, Warn
from ..model.task_lists import HoldLists
from .admission import ANSWER_LOST, in_no_queue, judge, late
from .reasons import AWAY, VERIFY_NOW, suitability
from .state import NO_REASON, CellState

NO_SUITABLE_QUEUES = "error: no suitable queues"
UNSUITABLE = "verification: no suitable queues"


def submit(state: CellState, now: float, spec: JobSpec) -> SubmissionReply:
    """Store a job, or say why not. ``-w v`` and ``-w p`` only verify."""
    verdict = judge(spec, state)
    if verdict.lines:
        if verdict.uses_number:
            take_number(state)
        return SubmissionReply(refusal=tuple(verdict.lines), code=verdict.code)
    spec = verdict.spec
    found, messages = suitability(state, now, spec) if spec.verify_suitable else (True, [])
    no_queue = in_no_queue(spec, state)
    if spec.verify_suitable >= 3:
        return _verified(take_number(state), found, no_queue, messages, spec.verify_suitable == VERIFY_NOW)
    trouble = late(spec, state)
    if not found and trouble != [ANSWER_LOST] and (trouble or spec.verify_suitable == 2):
        before = [] if trouble else no_queue
        refused = spec.verify_suitable == 2
        trouble = [*before, NO_SUITABLE_QUEUES] if refused else ["warning: no suitable queues", *trouble]
    if trouble:
        take_number(state)
        return SubmissionReply(refusal=tuple(trouble))
    warnings = [Warn.NOT_ALLOWED_IN_ANY_QUEUE] if no_queue else []
    if not found:
        warnings.append(Warn.NO_SUITABLE_QUEUES)
    department = department_of(spec.owner, state.config)
    job = _store(state, now, spec._replace(verify=False, department=department))
    if job.spec.immediate and state.timing.flush_submit is None:
        state.ask_schedule(now, 0.0)
    state.ask_schedule(now, state.timing.flush_submit)
    return SubmissionReply(number=job.number, code=0, warnings=tuple(warnings))


def _verified(
    number: int, found: bool, no_queue: list[str], messages: list[SchedulingMessage], now: bool
) -> SubmissionReply:
    if found:
        return SubmissionReply(code=0)
    texts = [
        item.text if item.number == AWAY and not now else f"Job {number} {item.text}"  # (real cell)
        for item in messages
    ]
    return SubmissionReply(refusal=(*no_queue, *texts, UNSUITABLE))


def _store(state: CellState, now: float, spec: JobSpec) -> Job:
    number = take_number(state)
    hold = Hold.USER if spec.user_hold else Hold.NONE
    hold |= Hold.OPERATOR if spec.operator_hold else Hold.NONE
    hold |= Hold.SYSTEM if spec.system_hold else Hold.NONE
    job = Job(number, spec, state.moment(now), HoldLists.full(spec.array, hold))
    job.verified = bool(spec.verify_suitable)
    if state.config.flavour.is_ocs:
        job.category_id = state.category_ids.setdefault(category_of(spec), len(state.category_ids) + 1)
    wrapped = bool(state.jobs) and number < next(reversed(state.jobs))
    state.jobs[number] = job
    state.told[number] = None
    state.unseen[number] = NO_REASON
    users = state.config.users
    made = spec.owner not in users and state.config.global_config["enforce_user"].lower() == "auto"
    if made:
        users.append(spec.owner)
    kept = int(state.config.global_config["auto_user_delete_time"])
    if made or spec.owner in state.config.user_deletions:  # a day after the last job (w1.qconf-suser_root)
        state.config.user_deletions[spec.owner] = int(now) + kept
    if wrapped:
        state.jobs = dict(sorted(state.jobs.items()))
    state.active_of[spec.owner] = state.active_of.get(spec.owner, 0) + 1
    resolve_dependencies(state, job)
    if spec.execution_time > now:
        heapq.heappush(state.delayed, (spec.execution_time, number))
    refresh_ready(state, job, now)
    return job


def take_number(state: CellState) -> int:
    """The next free job number; wraps after ``max_job_number``."""
    number = state.next_number
    for _ in range(len(state.jobs) + 2):
        if number > state.config.max_job_number:
            number = 1
        if number not in state.jobs:
            break
        number += 1
    state.next_number = number + 1 if number < state.config.max_job_number else 1
    return number


def refresh_ready(state: CellState, job: Job, now: float) -> None:
    """Keep the set of jobs that the scheduler looks at."""
    pending = bool(job.free) or any(
        task.is_pending and not task.hold and not _in_error(task) for task in job.tasks.values()
    )
    if pending and not job.predecessors and job.spec.execution_time <= now:
        state.mark_ready(job)
    elif job.number in state.ready:
        del state.ready[job.number]
        state.unseen.setdefault(job.number, None)


def _in_error(task: Task) -> bool:
    return bool(task.state & State.ERROR)


def resolve_dependencies(state: CellState, job: Job, altered: Collection[str] | None = None) -> None:
    """Find the jobs that -hold_jid and -hold_jid_ad mean; those of the same user that exist now.

    ``altered``: the fields that an alteration has changed; None for a new job, which a job 0 keeps waiting
    for ever (real cell).
    """
    if altered is None or "hold_jid" in altered:
        old, job.predecessors = job.predecessors, _meant(state, job, job.spec.hold_jid, altered is None)
        for before in _jobs(state, {*old, *job.predecessors}):
            before.successors = _linked(before.successors, job.number, job.predecessors.count(before.number))
    if altered is None or "hold_jid_ad" in altered:
        old, job.predecessors_ad = (
            job.predecessors_ad,
            _meant(state, job, job.spec.hold_jid_ad, altered is None),
        )
        for before in _jobs(state, {*old, *job.predecessors_ad}):
            count = job.predecessors_ad.count(before.number)
            before.successors_ad = _linked(before.successors_ad, job.number, count)
    hold_for_tasks(state, job, job.waiting)


def _jobs(state: CellState, numbers: Iterable[int]) -> list[Job]:
    return [state.jobs[number] for number in numbers if number in state.jobs]


def _linked(successors: tuple[int, ...], job: int, times: int) -> tuple[int, ...]:
    """The successors of a job; one that names it twice is there twice, an altered one is last (real cell)."""
    return (*(item for item in successors if item != job), *[job] * times)


def hold_for_tasks(state: CellState, job: Job, tasks: Iterable[int]) -> None:
    """Set or lift the -hold_jid_ad hold of waiting tasks, as their counterparts are now."""
    before = [state.jobs[number] for number in job.predecessors_ad if number in state.jobs]
    held = job.array_hold
    if not before and not held:
        return
    new: dict[int, Hold] = {}
    for task in tasks:
        bound = any(depends_on(other, job, task) for other in before)
        if bound != (task in held):
            new[task] = job.hold_of_waiting(task) ^ Hold.ARRAY_DEPENDENCY
    job.lists = job.lists.moved(new)


def depends_on(before: Job, job: Job, task: int) -> bool:
    """Whether an array task (-hold_jid_ad) still has to wait for its counterparts.

    Steps may differ: task n of the dependent covers the ids n..n+step-1 of the other.
    """
    first, last = task, task + job.waiting.step - 1
    step = before.waiting.step
    for other in range(before.waiting.first, before.spec.array.last + 1, step):
        if other > last:
            break
        task_there = before.tasks.get(other)
        if other + step - 1 >= first and (
            other in before.waiting or (task_there is not None and task_there.finish is None)
        ):
            return True
    return False


def _meant(state: CellState, job: Job, words: tuple[str, ...], with_zero: bool) -> tuple[int, ...]:
    found: list[int] = []
    for word in words:
        if word.isdigit():
            if not int(word) and with_zero:
                found.append(0)
            elif int(word) in state.jobs and int(word) != job.number and not state.jobs[int(word)].is_over:
                found.append(int(word))
            continue
        found += [
            other.number
            for other in state.jobs.values()
            if other.number != job.number
            and other.owner == job.owner
            and not other.is_over
            and glob_match(word, other.name)
        ]
    return tuple(found)


def is_rerunnable(state: CellState, job: Job, task: Task) -> bool:
    """Whether the job may be rescheduled: -r y, or the queue's rerun attribute."""
    if job.spec.rerun is not Rerun.QUEUE:
        return job.spec.rerun is Rerun.YES
    place = task.granted[0] if task.granted else None
    queue = state.config.queue_on(place.queue, place.host) if place is not None else None
    return bool(queue and queue.rerun)
