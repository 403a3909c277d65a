"""Execution hosts that go away and come back: when that is noticed, and what becomes of their jobs.

Observed on a real cell of several hosts (tests/fake/data/hosts.jsonl, stories "crash ..."): nothing is seen
of it before ``max_unheard`` is over; then the queues are ``u`` and the jobs stay ``r``. A host that is back
tells that it does not know the jobs which a crash has ended: their records have ``failed`` 19 and no times,
and those that can be rerun are.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..model import Host, Job, State, Status, Task, failures
from ..model.host_loads import with_changes
from ..model.values import quantity
from .delivery import begin, repeat_signals
from .lifecycle import exited
from .state import CellState, never_ran, refresh_load_state
from .submission import is_rerunnable

LOST = "[0:0]: shepherd died before writing exit_status"


def refresh(state: CellState, name: str) -> None:
    """Have the states of a host's queues say what is known of it."""
    for instance in state.instances.values():
        if instance.host == name:
            refresh_load_state(state.config, instance)


def host_down(state: CellState, now: float, name: str, noticed: bool, crashed: bool) -> None:
    """A host cannot be reached any more; ``crashed``: its jobs are gone. ``noticed``: at once."""
    host = state.config.hosts[name]
    if host.up:
        host.up, host.since = False, now
        state.away[name] = None
    if crashed:
        host.lost += [
            (job.number, task.number, task.run)
            for job, task in tasks_on(state, name)
            if task.status is Status.RUNNING and (job.number, task.number, task.run) not in host.lost
        ]
    if noticed:
        host.since = min(host.since, now - _seconds(state, "max_unheard"))
    notice(state, now)


def host_up(state: CellState, now: float, name: str) -> None:
    """A host reports again, and tells what it knows of its jobs."""
    host = state.config.hosts[name]
    if host.up:
        return
    host.up, host.heard, host.unheard = True, True, False
    host.attributes["processors"] = host.load_values.get("num_proc", "1")
    state.away.pop(name, None)
    lost, host.lost = host.lost, []
    refresh(state, name)
    for number, task_number, run in lost:
        exited(state, now, number, task_number, run, never_ran(failures.NO_EXIT_STATUS, LOST, {}))
    for job, task in tasks_on(state, name):
        if task.status is Status.TRANSFERRING:
            begin(state, job, task, now, again=True)
        if job.spec.simulation is None:
            repeat_signals(state, job, task)
    state.ask_schedule(now, 0.0)


def host_load(state: CellState, now: float, name: str, values: Mapping[str, object]) -> None:
    """A host reports other load values."""
    host = state.config.hosts[name]
    host.load_values = with_changes(host.load_values, values)
    refresh(state, name)
    state.ask_schedule(now, 0.0)


def tasks_on(state: CellState, name: str) -> list[tuple[Job, Task]]:
    """The tasks whose master is on a host."""
    return [(job, task) for job, task in state.running_tasks() if task.granted[0].host == name]


def _rerunnable_on(state: CellState, name: str) -> list[tuple[Job, Task]]:
    return [
        (job, task)
        for job, task in tasks_on(state, name)
        if is_rerunnable(state, job, task) and not task.state & State.DELETED
    ]


def _seconds(state: CellState, name: str) -> float:
    return quantity(state.config.global_config.get(name, "0:0:0")) or 0.0


def _noticed_at(state: CellState, host: Host) -> float:
    return host.since + _seconds(state, "max_unheard")


def notice(state: CellState, now: float) -> None:
    """Mark hosts that have not been heard of for long; rerun their jobs after ``reschedule_unknown``."""
    wait = _seconds(state, "reschedule_unknown")
    for name in list(state.away):
        host = state.config.hosts[name]
        if not host.unheard and _noticed_at(state, host) <= now:
            host.unheard = True
            refresh(state, name)
        if wait and _noticed_at(state, host) + wait <= now:
            for job, task in _rerunnable_on(state, name):
                end = never_ran(failures.RESCHEDULED, "", {})
                exited(state, now, job.number, task.number, task.run, end)


def next_notice(state: CellState) -> float:
    """When :func:`notice` has something to do."""
    when = float("inf")
    wait = _seconds(state, "reschedule_unknown")
    for name in state.away:
        host = state.config.hosts[name]
        if not host.unheard:
            when = min(when, _noticed_at(state, host))
        elif wait and _rerunnable_on(state, name):
            when = min(when, _noticed_at(state, host) + wait)
    return when
