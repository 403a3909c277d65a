"""Taking jobs in: checks, numbers, limits, dependencies."""

from __future__ import annotations

import fnmatch
import heapq
from dataclasses import replace

from ..model import CellConfig, ComplexEntry, Job, JobSpec, Rerun, State, Task, TaskSet
from ..model.operations import Actor, Refusal, RefusalKind, Submission, Warn
from .resources import TYPE_WORDS, is_text, parse_value
from .scheduling import queue_patterns_match, suitability
from .state import CellState, free_waiting


def submit(state: CellState, now: float, spec: JobSpec, actor: Actor) -> Submission:
    """Store a job, or say why not. ``-w v`` and ``-w p`` only verify."""
    refusal = refuse_rights(state, spec, actor) or refuse_requests(state.config, spec)
    if refusal is not None:
        return Submission(refusal=refusal)
    refusal = refuse_limits(state, spec)
    if refusal is not None:
        return Submission(refusal=refusal)
    if not _good_name(spec.name):
        take_number(state)
        return Submission(refusal=Refusal(RefusalKind.BAD_NAME, (spec.name,)))
    warnings: list[Warn] = []
    if not state.instances:
        warnings.append(Warn.NOT_ALLOWED_IN_ANY_QUEUE)
    if spec.verify_suitable:
        found, messages = suitability(state, spec)
        if spec.verify_suitable >= 3:
            return Submission(suitable=found, messages=tuple(messages))
        if not found and spec.verify_suitable == 2:
            texts = tuple(message.text for message in messages)
            return Submission(
                refusal=Refusal(RefusalKind.NO_SUITABLE_QUEUES, texts), messages=tuple(messages)
            )
        if not found:
            warnings.append(Warn.NO_SUITABLE_QUEUES)
    job = _store(state, now, spec)
    if job.spec.immediate and state.timing.flush_submit is None:
        state.ask_schedule(now, 0.0)
    state.ask_schedule(now, state.timing.flush_submit)
    return Submission(number=job.number, warnings=tuple(warnings))


def _store(state: CellState, now: float, spec: JobSpec) -> Job:
    number = take_number(state)
    everything = TaskSet.full(spec.array)
    nothing = everything.empty()
    job = Job(
        number,
        spec,
        float(int(now)),
        everything,
        everything if spec.user_hold else nothing,
        everything if spec.operator_hold else nothing,
        everything if spec.system_hold else nothing,
        nothing,
    )
    wrapped = bool(state.jobs) and number < next(reversed(state.jobs))
    state.jobs[number] = job
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
    pending = bool(free_waiting(job)) or any(
        task.is_pending and not task.hold and not _in_error(task) for task in job.tasks.values()
    )
    if pending and not job.predecessors and job.spec.execution_time <= now:
        state.mark_ready(job)
    else:
        state.ready.pop(job.number, None)


def _in_error(task: Task) -> bool:
    return bool(task.state & State.ERROR)


def resolve_dependencies(state: CellState, job: Job) -> None:
    """Find the jobs that -hold_jid and -hold_jid_ad mean; those of the same user that exist now."""
    old = set(job.predecessors) | set(job.predecessors_ad)
    job.predecessors = _meant(state, job, job.spec.hold_jid)
    job.predecessors_ad = _meant(state, job, job.spec.hold_jid_ad)
    for number in (set(job.predecessors) | set(job.predecessors_ad)) - old:
        before = state.jobs[number]
        before.successors = (*before.successors, job.number)
    for number in old - set(job.predecessors) - set(job.predecessors_ad):
        if number in state.jobs:
            before = state.jobs[number]
            before.successors = tuple(item for item in before.successors if item != job.number)
    job.array_hold = job.waiting.empty()
    for number in job.predecessors_ad:
        job.array_hold |= job.waiting.of(
            task for task in job.waiting if depends_on(state.jobs[number], job, task)
        )


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


def _meant(state: CellState, job: Job, words: tuple[str, ...]) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for word in words:
        if word.isdigit():
            if int(word) in state.jobs and int(word) != job.number and not _over(state.jobs[int(word)]):
                found[int(word)] = None
            continue
        for other in state.jobs.values():
            if (
                other.number != job.number
                and other.owner == job.owner
                and not _over(other)
                and fnmatch.fnmatchcase(other.name, word)
            ):
                found[other.number] = None
    return tuple(found)


def _over(job: Job) -> bool:
    return not job.waiting and all(task.finish is not None for task in job.tasks.values())


def _good_name(name: str) -> bool:
    return bool(name) and all(" " < letter <= "~" for letter in name)


def refuse_rights(state: CellState, spec: JobSpec, actor: Actor) -> Refusal | None:
    """Refusals that depend on who asks, and from where."""
    config = state.config
    settings = config.global_config
    if actor.host not in config.submit_hosts and actor.host not in config.admin_hosts:
        return Refusal(RefusalKind.NOT_SUBMIT_HOST, (actor.host,))
    if actor.uid < int(settings["min_uid"]):
        return Refusal(RefusalKind.UID_TOO_LOW, (actor.uid, int(settings["min_uid"])))
    if actor.gid < int(settings["min_gid"]):
        return Refusal(RefusalKind.GID_TOO_LOW, (actor.gid, int(settings["min_gid"])))
    if _listed(config, settings["xuser_lists"], actor) or (
        settings["user_lists"].lower() != "none" and not _listed(config, settings["user_lists"], actor)
    ):
        return Refusal(RefusalKind.USER_DENIED, (actor.user, actor.host))
    if settings["enforce_user"].lower() == "true" and actor.user not in config.users:
        return Refusal(RefusalKind.UNKNOWN_USER, (actor.user,))
    if spec.project is not None and spec.project not in config.projects:
        return Refusal(RefusalKind.UNKNOWN_PROJECT, (spec.project,))
    if spec.project is None and settings["enforce_project"].lower() == "true":
        return Refusal(RefusalKind.PROJECT_REQUIRED)
    if spec.priority > 0 and actor.user not in config.managers and actor.user not in config.operators:
        return Refusal(RefusalKind.TOO_LOW_PRIORITY_RIGHTS, (actor.user,))
    return None


def _listed(config: CellConfig, lists: str, actor: Actor) -> bool:
    for name in lists.replace(",", " ").split():
        entries = config.usersets.get(name, {}).get("entries", "").split(",")
        if actor.user in entries or f"@{actor.group}" in entries:
            return True
    return False


def refuse_requests(config: CellConfig, spec: JobSpec) -> Refusal | None:
    """Refusals because of what is requested."""
    for resource in (*spec.hard_resources, *spec.soft_resources):
        entry = config.complex_named(resource.name)
        refusal = (
            Refusal(RefusalKind.UNKNOWN_RESOURCE, (resource.name,))
            if entry is None
            else refuse_value(entry, resource.value)
        )
        if refusal is not None:
            return refusal
    for pattern in (*spec.hard_queues, *spec.soft_queues, *spec.master_queues):
        if not queue_patterns_match(config, pattern):
            return Refusal(RefusalKind.UNKNOWN_QUEUE, (pattern,))
    if spec.pe is not None and not any(
        fnmatch.fnmatchcase(name, spec.pe) for name in config.parallel_environments
    ):
        return Refusal(RefusalKind.UNKNOWN_PE, (spec.pe,))
    if spec.checkpoint is not None and spec.checkpoint not in config.checkpoints:
        return Refusal(RefusalKind.UNKNOWN_CHECKPOINT, (spec.checkpoint,))
    if spec.script is not None and not spec.script:
        return Refusal(RefusalKind.NO_SCRIPT)
    return None


def refuse_value(entry: ComplexEntry, value: str) -> Refusal | None:
    """A refusal when the value is not of the entry's type, or it may not be requested."""
    if entry.requestable == "NO":
        return Refusal(RefusalKind.NOT_REQUESTABLE, (entry.name,))
    if not is_text(entry) and parse_value(entry, value) is None:
        return Refusal(RefusalKind.BAD_RESOURCE_VALUE, (entry.name, value, TYPE_WORDS.get(entry.type, "int")))
    return None


def refuse_limits(state: CellState, spec: JobSpec) -> Refusal | None:
    """max_aj_tasks, max_u_jobs and max_jobs; task id 0."""
    settings = state.config.global_config
    if spec.is_array:
        if spec.array.first < 1:
            return Refusal(RefusalKind.INVALID_TASK_ID, (spec.array.first,))
        limit = int(settings["max_aj_tasks"])
        if limit and len(spec.array.ids()) > limit:
            return Refusal(RefusalKind.TOO_MANY_TASKS, (limit,))
    limit = int(settings["max_jobs"]) or state.config.max_job_number
    if len(state.jobs) >= limit:
        return Refusal(RefusalKind.JOB_LIMIT, (limit,))
    limit = int(settings["max_u_jobs"])
    count = state.active_of.get(spec.owner, 0)
    if limit and count >= limit:
        return Refusal(RefusalKind.USER_JOB_LIMIT, (limit, count))
    return None


def is_rerunnable(state: CellState, job: Job, task: Task) -> bool:
    """Whether the job may be rescheduled: -r y, or the queue's rerun attribute."""
    if job.spec.rerun is not Rerun.QUEUE:
        return job.spec.rerun is Rerun.YES
    queue = state.config.queues.get(task.granted[0].queue) if task.granted else None
    return bool(queue and queue.rerun)


def altered_spec(spec: JobSpec, changes: dict[str, object]) -> JobSpec:
    """The spec with some fields replaced."""
    return replace(spec, **changes)  # type: ignore[arg-type]
