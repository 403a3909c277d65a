"""From dispatch to the end: start reports, exits, reruns, error states, purge."""

from __future__ import annotations

import copy
import heapq
from collections.abc import Iterable

from ..lighter import replace
from ..model import (
    CellConfig,
    Exit,
    Granted,
    Hold,
    Job,
    QueueState,
    State,
    Status,
    Task,
    TaskSet,
    failures,
)
from ..model.operations import Finished
from ..model.task_lists import TaskList
from .accounting import accounting_line, queue_is_at_fault
from .delivery import is_away, is_stopped_by_queue, repeat_signals
from .state import (
    NO_REASON,
    WAITS_FOR_JOBS,
    AccountingLine,
    CellState,
    JobGone,
    TaskEnded,
    drop_waiting,
    never_ran,
)
from .submission import hold_for_tasks, is_rerunnable, refresh_ready


def started(state: CellState, now: float, number: int, task_number: int, run: int) -> None:
    """The execution host reports that a task's process runs."""
    del now
    task = _current(state, number, task_number, run)
    if task is not None and task.status is Status.TRANSFERRING:
        task.status = Status.RUNNING
        repeat_signals(state, state.jobs[number], task)


def _current(state: CellState, number: int, task_number: int, run: int) -> Task | None:
    job = state.jobs.get(number)
    task = job.tasks.get(task_number) if job else None
    return task if task is not None and task.run == run and (number, task_number) in state.running else None


def exited(state: CellState, now: float, number: int, task_number: int, run: int, end: Exit) -> None:
    """The execution host reports the end of a run; reports of runs that are over are ignored."""
    task = _current(state, number, task_number, run)
    if task is None:
        return
    job = state.jobs[number]
    granted = task.granted[0]
    rerunnable = is_rerunnable(state, job, task)
    release(state, job, task)
    state.unseen.setdefault(number, NO_REASON)
    end = _judge(state.config, end, task)
    _account(state, now, job, task, end, granted)
    deleted = bool(task.state & State.DELETED)
    again = end.failed in failures.AGAIN or (end.failed == failures.NO_EXIT_STATUS and rerunnable)
    if again and not deleted:
        _again(state, now, job, task, end.failed)
    elif queue_is_at_fault(job, end, granted, state.config) and not deleted:
        _blame_queue(state, job, granted)
        _error(now, task, end)
        task.state &= ~State.ERROR
    elif end.failed in failures.ERROR_STATE and not deleted:
        _error(now, task, end)
    else:
        if end.failed == failures.IN_PESTOP:
            _blame_queue(state, job, granted)
        _finish(state, now, job, task, end)
    refresh_ready(state, job, now)
    state.ask_schedule(now, state.timing.flush_finish)


def _judge(config: CellConfig, end: Exit, task: Task) -> Exit:
    if end.failed:
        return end
    if end.exit_status == 99 and not end.signal and not config.forbids("RESCHEDULE"):
        return replace(end, failed=failures.RESCHEDULED)
    if end.exit_status == 100 and not end.signal and not config.forbids("APPERROR"):
        text = f"{end.error or '[0:0]: '}exit_status of job start = 100"
        return replace(end, failed=failures.APPLICATION_ERROR, error=text)
    if task.reschedule_requested and end.signal:  # by qmod -rj: nothing of the run is told (real cell)
        return never_ran(failures.RESCHEDULED, "", {})
    return replace(end, failed=failures.AFTER_JOB) if end.signal else end


def _account(state: CellState, now: float, job: Job, task: Task, end: Exit, granted: Granted) -> None:
    line = accounting_line(job, task, end, granted, state.config)
    state.accounting.append(AccountingLine(line, now + state.timing.accounting_flush))


def release(state: CellState, job: Job, task: Task) -> None:
    """Give back a task's slots."""
    state.running.pop((job.number, task.number), None)
    for piece in task.granted:
        instance = state.instances.get(piece.instance)
        if instance is not None:
            instance.used -= piece.slots


def _again(state: CellState, now: float, job: Job, task: Task, failed: int) -> None:
    task.status, task.state = Status.IDLE, State.QUEUED | State.WAITING
    task.granted, task.granted_pe, task.start_time = (), None, 0.0
    task.restarts += 1
    task.reschedule_requested = False
    task.usage = {}
    task.not_before = now + state.timing.cleanup
    if failed != failures.NO_EXIT_STATUS:  # then it stays as it was (real cell)
        job.submission_time = state.moment(now)
    if task.not_before > now:
        state.ask_schedule(now, task.not_before - now)


def _blame_queue(state: CellState, job: Job, granted: Granted) -> None:
    """The queue is at fault, not the job."""
    instance = state.instances.get(granted.instance)
    if instance is not None:
        instance.state |= QueueState.ERROR
        reason = f"queue {granted.queue} marked QERROR as result of job {job.number}'s failure at host"
        instance.errors.append(f"{reason} {granted.host}")


def _error(now: float, task: Task, end: Exit) -> None:
    task.status, task.state = Status.IDLE, State.QUEUED | State.WAITING | State.ERROR
    task.granted, task.granted_pe, task.start_time = (), None, 0.0
    task.usage = {}
    task.errors.append(end.error)
    task.error_times.append(now)


def _finish(state: CellState, now: float, job: Job, task: Task, end: Exit) -> None:
    task.status = Status.FINISHED
    task.state = State.NONE
    task.finish = end
    signal = end.signal or (
        end.exit_status - 128
        if end.failed in (failures.AFTER_JOB, failures.LIMIT) and end.exit_status > 128
        else 0
    )
    ran = bool(end.start_time) or end.failed in (0, failures.NO_EXIT_STATUS)
    deleted = task.deleted_by is not None or not ran
    _ended(state, job, Finished(task.number, end.exit_status, signal, end.failed, deleted))
    state.ended.append((job.number, task.number))
    job.script_deleted = job.is_over
    task.purge_at = now + state.timing.finished_window
    if job.script_deleted:
        release_successors(state, now, job)


def _ended(state: CellState, job: Job, finished: Finished) -> None:
    state.effects.append(TaskEnded(job.number, finished))
    release_array_successors(state, job)


def purge(state: CellState, now: float) -> None:
    """Remove what has ended (part of each scheduler run); keep it for ``qstat -s z``."""
    kept: list[tuple[int, int]] = []
    for number, task_number in state.ended:
        job = state.jobs.get(number)
        task = job.tasks.get(task_number) if job else None
        if job is None or task is None or task.finish is None:
            continue
        if task.purge_at > now:
            kept.append((number, task_number))
            state.ask_schedule(now, task.purge_at - now)
            continue
        del job.tasks[task_number]
        if not job.waiting:
            _forget(job)
        _bury(state, job, (task_number,))
        refresh_ready(state, job, now)
        leave_if_empty(state, now, job)
    state.ended = kept


def _forget(job: Job) -> None:
    """Only what was deleted while it had never started keeps its priority in ``qstat -s z``."""
    job.priority = job.normalised_tickets = 0.0


def _bury(state: CellState, job: Job, members: Iterable[int]) -> None:
    """Keep ended tasks for ``qstat -s z``, with the job's figures as they were when its first one ended."""
    found = next((item for item in reversed(state.zombies) if item.number == job.number), None)
    if found is None:
        found = copy.copy(job)
        found.zombies = TaskList()
        state.zombies.append(found)
        keep = int(state.config.global_config["finished_jobs"])
        del state.zombies[: max(0, len(state.zombies) - keep)]
    assert found.zombies is not None
    found.zombies = found.zombies.with_tasks(members)


def leave_if_empty(state: CellState, now: float, job: Job) -> None:
    """A job without tasks leaves the qmaster and becomes a zombie."""
    if job.waiting or job.tasks:
        return
    release_successors(state, now, job)
    del state.jobs[job.number], state.told[job.number]
    state.ready.pop(job.number, None)
    state.active_of[job.owner] -= 1
    if not state.active_of[job.owner]:
        del state.active_of[job.owner]
    state.effects.append(JobGone(job.number))


def release_successors(state: CellState, now: float, job: Job) -> None:
    """Lift the -hold_jid holds of jobs that waited for this one."""
    for number in job.all_successors:
        after = state.jobs.get(number)
        if after is None:
            continue
        if after.predecessors:
            state.unseen.setdefault(number, (35, WAITS_FOR_JOBS))
        after.predecessors = tuple(item for item in after.predecessors if item != job.number)
        after.predecessors_ad = tuple(item for item in after.predecessors_ad if item != job.number)
        hold_for_tasks(state, after, after.array_hold)
        refresh_ready(state, after, now)
    job.successors = job.successors_ad = ()


def release_array_successors(state: CellState, job: Job) -> None:
    """Lift -hold_jid_ad holds that waited for tasks of the job that are over."""
    for number in job.all_successors:
        after = state.jobs.get(number)
        if after is not None and job.number in after.predecessors_ad:
            hold_for_tasks(state, after, after.array_hold)
            if after.free and not after.predecessors:
                state.mark_ready(after)


def discard_waiting(state: CellState, now: float, job: Job, members: TaskSet, buried: bool = True) -> None:
    """Tasks deleted before they ever ran are gone at once, without a record."""
    drop_waiting(job, members)
    if buried:
        _bury(state, job, members)
    for number in members:
        state.effects.append(TaskEnded(job.number, Finished(number, deleted=True)))
    if state.config.flavour.loses_array_holds:
        _lose_array_holds(state, now, job)
    release_array_successors(state, job)
    refresh_ready(state, job, now)
    leave_if_empty(state, now, job)


def _lose_array_holds(state: CellState, now: float, job: Job) -> None:
    """Lift the -hold_jid_ad holds of all tasks that wait for any task of the job."""
    for number in job.all_successors:
        after = state.jobs.get(number)
        if after is not None and job.number in after.predecessors_ad:
            held = after.array_hold
            after.lists = after.lists.moved(
                {task: after.hold_of_waiting(task) & ~Hold.ARRAY_DEPENDENCY for task in held}
            )
            refresh_ready(state, after, now)


def discard_enrolled(state: CellState, now: float, job: Job, task: Task) -> None:
    """A pending task that had run or failed before is deleted: gone at once, no further record."""
    del job.tasks[task.number]
    if not job.waiting:
        _forget(job)
    _bury(state, job, (task.number,))
    _ended(state, job, Finished(task.number, deleted=True))
    refresh_ready(state, job, now)
    leave_if_empty(state, now, job)


def force_out(state: CellState, now: float, job: Job, task: Task, recorded: bool) -> None:
    """A task that runs is deleted by force: gone at once, if recorded with its times alone (real cell)."""
    granted = task.granted[0]
    release(state, job, task)
    if recorded:
        end = Exit(0, 0, 0, task.start_time, now, {}, measured=False)
        _account(state, now, job, task, end, granted)
    discard_enrolled(state, now, job, task)


def finish_simulated(state: CellState, now: float) -> None:
    """End the simulated runs whose time is over."""
    while state.simulated and state.simulated[0][0] <= now:
        end_time, number, task_number, run = heapq.heappop(state.simulated)
        task = _current(state, number, task_number, run)
        if task is None:
            continue
        if task.state & State.SUSPENDED or is_stopped_by_queue(state, task) or is_away(state, task):
            heapq.heappush(state.simulated, (now + 1.0, number, task_number, run))
            continue
        exited(
            state,
            max(end_time, 0.0),
            number,
            task_number,
            run,
            simulated_exit(state.jobs[number], task, end_time),
        )


def simulated_exit(job: Job, task: Task, end_time: float) -> Exit:
    """What a simulated run reports at its end."""
    simulation = job.spec.simulation
    assert simulation is not None
    usage = {"ru_wallclock": simulation.run_time, "ru_nvcsw": 1.0, **simulation.usage}
    if simulation.failed in (failures.ERROR_STATE | failures.QUEUE_ERROR) - {failures.APPLICATION_ERROR}:
        return never_ran(simulation.failed, simulation.error or "simulated failure", usage)
    status = 128 + simulation.signal if simulation.signal else simulation.exit_status
    return Exit(
        simulation.failed, status, simulation.signal, task.start_time, end_time, usage, simulation.error
    )


def kill_simulated(state: CellState, now: float, job: Job, task: Task, signal: int) -> None:
    """A simulated task gets a deadly signal."""
    usage = {"ru_wallclock": now - task.start_time}
    exited(
        state,
        now,
        job.number,
        task.number,
        task.run,
        Exit(0, 128 + signal, signal, task.start_time, now, usage),
    )
