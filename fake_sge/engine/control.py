"""Operations on jobs and queues: holds, deletion, suspension, errors, reruns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..lighter import replace
from ..model import CellConfig, Job, QueueState, Range, State, Status, Task, TaskSet, failures
from ..model.operations import Actor, ChangeOutcome, JobChange, JobOperation, QueueAction
from ..model.task_lists import TaskList
from ..model.values import listed
from .delivery import is_away, is_stopped_by_queue, signal
from .lifecycle import discard_enrolled, discard_waiting, exited, force_out, kill_simulated
from .state import CellState, enroll, make_instances, never_ran
from .submission import is_rerunnable, refresh_ready, resolve_dependencies

KILL = 9
# Alterations of these alone make no new version of a job (real cell, each option by itself).
_QUIET = frozenset(
    [
        *("env", "context", "mail_to", "mail_options", "stdout_paths", "stderr_paths", "stdin_paths"),
        *("merge_stderr", "shells", "priority", "account", "cwd", "jobshare", "verify_suitable"),
        *("advance_reservation", "args"),
    ]
)
TASK_CHANGES = (
    *(JobOperation.SUSPEND, JobOperation.UNSUSPEND, JobOperation.CLEAR_ERROR),
    JobOperation.RESCHEDULE,
)


def may_change(config: CellConfig, job: Job, actor: Actor) -> bool:
    """Owner, operator or manager."""
    return actor.user == job.owner or config.is_operator(actor.user)


def _selected(job: Job, tasks: Sequence[Range] | None) -> tuple[TaskSet, list[Task]]:
    """The waiting tasks that are meant, and the others in the order in which they were first started."""
    if tasks is None:
        return job.waiting, list(job.tasks.values())
    chosen = TaskSet.full(job.spec.array).select(tasks)
    return job.waiting & chosen, [task for task in job.tasks.values() if task.number in chosen]


def _named(job: Job, task: int) -> int | None:
    """The task number for messages about one task; None for jobs without -t."""
    return task if job.spec.is_array else None


# ---- alteration ----------------------------------------------------------------------------------
def alter(
    state: CellState,
    now: float,
    number: int,
    fields: Mapping[str, object],
    actor: Actor,
    counted: bool = False,
) -> list[JobChange]:
    """Replace fields of a job's specification (qalter); the rest of it stays.

    ``counted``: the same request has changed holds and so made a new version of the job already.
    """
    job = state.jobs.get(number)
    if job is None or job.script_deleted:
        return [JobChange(ChangeOutcome.NO_SUCH_JOB, number)]
    if not may_change(state.config, job, actor):
        return [JobChange(ChangeOutcome.DENIED, number)]
    job.spec = job.spec._replace(**fields)  # type: ignore[arg-type]
    job.altered = tuple(dict.fromkeys((*job.altered, *fields)))
    if "hold_jid" in fields or "hold_jid_ad" in fields:
        resolve_dependencies(state, job, fields)
    job.version += not counted and bool(set(fields) - _QUIET)
    if job.number in state.ready and {"pe", "pe_ranges", "hard_resources"} & set(fields):
        state.rank_again()
    refresh_ready(state, job, now)
    state.ask_schedule(now, state.timing.flush_submit)
    return [JobChange(ChangeOutcome.DONE, number)]


# ---- deletion ------------------------------------------------------------------------------------
def delete(
    state: CellState,
    now: float,
    number: int,
    tasks: Sequence[Range] | None,
    actor: Actor,
    force: bool = False,
    recorded: bool = True,
) -> list[JobChange]:
    """Qdel. Pending tasks go at once, running ones are killed; ``force`` removes those at once, too.

    Not ``recorded``: what is removed by force leaves no record, as in a queue that is purged, and what waited
    is not among the ended jobs of ``qstat -s z``, as an immediate job that could not be started (real cell).
    """
    job = state.jobs.get(number)
    if job is None:
        return [JobChange(ChangeOutcome.NO_SUCH_JOB, number)]
    if not may_change(state.config, job, actor):
        return [JobChange(ChangeOutcome.DENIED, number)]
    waiting, enrolled = _selected(job, tasks)
    if not waiting and not enrolled:
        return [JobChange(ChangeOutcome.NO_SUCH_TASK, number, tasks[0].first if tasks else None)]
    if force and not state.config.is_operator(actor.user):
        return [JobChange(ChangeOutcome.FORCE_DENIED, number)]
    whole = tasks is None and not job.tasks
    result: list[JobChange] = []
    pending: list[int] = []
    for task in sorted(enrolled, key=lambda item: item.number):
        if task.finish is not None or (task.state & State.DELETED and not force):
            result.append(JobChange(ChangeOutcome.ALREADY_DELETING, number, _named(job, task.number)))
        elif task.is_pending:
            pending.append(task.number)
        else:
            result.append(_delete_running(state, now, job, task, actor, force, recorded))
    gone = sorted([*waiting, *pending])
    for item in pending:
        discard_enrolled(state, now, job, job.tasks[item])
    if waiting:
        discard_waiting(state, now, job, waiting, buried=recorded)
    if gone:
        result.append(_gone(job, gone, whole))
    state.ask_schedule(now, state.timing.flush_finish)
    return result


def _gone(job: Job, gone: list[int], whole: bool) -> JobChange:
    if whole or not job.spec.is_array:
        return JobChange(ChangeOutcome.DELETED, job.number)
    if len(gone) == 1:
        return JobChange(ChangeOutcome.DELETED, job.number, gone[0])
    return JobChange(ChangeOutcome.DELETED, job.number, tasks=TaskList.collected(gone))


def _delete_running(
    state: CellState, now: float, job: Job, task: Task, actor: Actor, force: bool, recorded: bool
) -> JobChange:
    task.deleted_by = f"{actor.user}@{actor.host}"
    already = bool(task.state & State.DELETED)
    task.state |= State.DELETED
    if force:
        if job.spec.simulation is None:
            signal(state, job, task, "kill")
        force_out(state, now, job, task, recorded)
        return JobChange(ChangeOutcome.FORCED, job.number, _named(job, task.number))
    change = JobChange(ChangeOutcome.REGISTERED, job.number, _named(job, task.number))
    if job.spec.simulation is not None and not is_away(state, task):
        kill_simulated(state, now, job, task, KILL)
        return change
    if not already:
        signal(state, job, task, "kill")
    return change


# ---- suspension, errors and reruns ---------------------------------------------------------------
def change_tasks(
    change: JobOperation,
    state: CellState,
    now: float,
    number: int,
    tasks: Sequence[Range] | None,
    actor: Actor,
    force: bool = False,
) -> list[JobChange]:
    """Qmod on tasks that were started, or failed to; those that never were are NOT_RUNNING.

    ``force`` reschedules jobs that are not rerunnable, too.
    """
    job = state.jobs.get(number)
    if job is None:
        return [JobChange(ChangeOutcome.NO_SUCH_JOB, number)]
    waiting, enrolled = _selected(job, tasks)
    if not waiting and not enrolled:
        return [JobChange(ChangeOutcome.NO_SUCH_TASK, number)]
    if not may_change(state.config, job, actor):
        return [JobChange(ChangeOutcome.DENIED, number)]
    changes = []
    for task in enrolled:
        host = task.granted[0].host if task.granted and change is JobOperation.RESCHEDULE else ""
        if change is JobOperation.CLEAR_ERROR:
            outcome = _clear_error(state, now, job, task)
        elif change is JobOperation.RESCHEDULE:
            outcome = _reschedule(state, now, job, task, force)
        else:
            outcome = _stop_or_continue(state, change is JobOperation.SUSPEND, job, task)
        changes.append(JobChange(outcome, number, _named(job, task.number), name=host))
    return changes + [JobChange(ChangeOutcome.NOT_RUNNING, number, item) for item in waiting]


def _stop_or_continue(state: CellState, stop: bool, job: Job, task: Task) -> ChangeOutcome:
    if task.is_pending or (stop and task.finish is not None):
        return ChangeOutcome.UNCHANGED
    if not stop and task.state & State.SUSPENDED_ON_SUBORDINATE and not is_stopped_by_queue(state, task):
        task.state &= ~(State.SUSPENDED_ON_SUBORDINATE | State.SUSPENDED)
        return ChangeOutcome.DONE
    if stop == bool(task.state & State.SUSPENDED):
        return ChangeOutcome.ALREADY_SUSPENDED if stop else ChangeOutcome.ALREADY_UNSUSPENDED
    task.state ^= State.SUSPENDED
    task.left_out = not stop and is_stopped_by_queue(state, task)
    if not stop and task.state & State.SUSPENDED_ON_THRESHOLD:
        return ChangeOutcome.NOT_APPLICABLE
    if job.spec.simulation is None and not is_stopped_by_queue(state, task):
        signal(state, job, task, "suspend" if stop else "resume")
    return ChangeOutcome.DONE


def _clear_error(state: CellState, now: float, job: Job, task: Task) -> ChangeOutcome:
    if not task.state & State.ERROR:
        return ChangeOutcome.UNCHANGED
    task.state &= ~State.ERROR
    task.errors, task.error_times = [], []
    refresh_ready(state, job, now)
    state.ask_schedule(now, state.timing.flush_submit)
    return ChangeOutcome.DONE


def _reschedule(state: CellState, now: float, job: Job, task: Task, force: bool) -> ChangeOutcome:
    if task.state & State.DELETED and not task.is_pending and not task.finish:
        return ChangeOutcome.ALREADY_DELETING
    if task.is_pending or task.finish or task.reschedule_requested:
        return ChangeOutcome.UNCHANGED
    if not force and not is_rerunnable(state, job, task):
        return ChangeOutcome.NOT_RERUNNABLE
    task.reschedule_requested = True
    if is_away(state, task):
        if state.config.hosts[task.granted[0].host].unheard:  # it need not agree (real cell)
            exited(state, now, job.number, task.number, task.run, never_ran(failures.RESCHEDULED, "", {}))
    elif job.spec.simulation is not None:
        kill_simulated(state, now, job, task, KILL)
    else:
        signal(state, job, task, "kill")
    return ChangeOutcome.DONE


# ---- queues --------------------------------------------------------------------------------------
def change_queue(state: CellState, now: float, name: str, action: QueueAction, actor: Actor) -> JobChange:
    """Qmod -d -e -sq -usq -cq -rq on one queue instance."""
    instance = state.instances.get(name)
    if instance is None:
        return JobChange(ChangeOutcome.NO_SUCH_QUEUE, name=name)
    owners = listed(instance.queue.attributes.get("owner_list", "NONE"))
    if not state.config.is_operator(actor.user) and actor.user not in owners:
        return JobChange(ChangeOutcome.DENIED, name=name)
    state.ask_schedule(now, 0.0)
    if action is QueueAction.RESCHEDULE:
        may = state.config.is_operator(actor.user)  # an owner of the queue may not (real cell)
        for job, task in state.running_tasks() if may else ():
            if task.granted[0].instance == name:
                tasks = [Range(task.number, task.number)]
                change_tasks(JobOperation.RESCHEDULE, state, now, job.number, tasks, actor)
        return JobChange(ChangeOutcome.DONE, name=name)
    if action is QueueAction.CLEAR_ERROR:
        changed = bool(instance.state & QueueState.ERROR)
        instance.state &= ~QueueState.ERROR
        instance.errors = []
        return JobChange(ChangeOutcome.DONE if changed else ChangeOutcome.ALREADY_DONE, name=name)
    flag = (
        QueueState.DISABLED if action in (QueueAction.DISABLE, QueueAction.ENABLE) else QueueState.SUSPENDED
    )
    wanted = flag if action in (QueueAction.DISABLE, QueueAction.SUSPEND) else QueueState.NONE
    if instance.state & flag == wanted:
        return JobChange(ChangeOutcome.ALREADY_DONE, name=name)
    instance.state = (instance.state & ~flag) | wanted
    if flag is QueueState.SUSPENDED:
        _signal_queue(state, name, "suspend" if wanted else "resume")
    return JobChange(ChangeOutcome.DONE, name=name)


def _signal_queue(state: CellState, name: str, action: str) -> None:
    for job, task in state.running_tasks():
        if all(piece.instance != name for piece in task.granted):
            continue
        if action == "resume" and is_stopped_by_queue(state, task):  # another one of its queues is
            continue
        if action == "suspend" and state.config.flavour.is_ocs:
            task.state |= State.SUSPENDED_ON_SUBORDINATE  # until qmod -usj (special.queue_usq)
        if job.spec.simulation is None and not task.state & State.SUSPENDED:
            signal(state, job, task, action)


def fail_next(state: CellState, now: float, number: int, task_number: int, text: str) -> bool:
    """Put a pending task in the error state (the Eqw fault); False when there is no such pending task."""
    job = state.jobs.get(number)
    if job is None:
        return False
    if task_number in job.waiting:
        task = enroll(job, task_number)
    elif task_number in job.tasks and job.tasks[task_number].status is Status.IDLE:
        task = job.tasks[task_number]
    else:
        return False
    task.state |= State.ERROR
    task.errors.append(text)
    task.error_times.append(now)
    refresh_ready(state, job, now)
    return True


def with_config(state: CellState, config: CellConfig) -> CellState:
    """The state under another configuration; queue instances keep their use and state."""
    old = state.instances
    state.config = config
    state.instances = make_instances(config)
    for name, instance in state.instances.items():
        if name in old:
            kept = old[name].state & ~(QueueState.UNKNOWN | QueueState.ALARM | QueueState.ORPHANED)
            instance.used, instance.errors = old[name].used, old[name].errors
            instance.state |= kept
    for _, task in state.running_tasks():
        for piece in task.granted:
            if piece.instance not in state.instances and piece.instance in old:
                state.instances[piece.instance] = replace(old[piece.instance], state=QueueState.ORPHANED)
                places = {name: index for index, name in enumerate(old)}
                in_order = sorted(state.instances, key=lambda name: places.get(name, len(places)))
                state.instances = {name: state.instances[name] for name in in_order}
    state.rank_again()
    return state
