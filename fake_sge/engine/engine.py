"""The operations of a cell by name, as the journal records and replays them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..lighter import Any
from ..model import CellConfig, JobSpec
from ..model.operations import JobOperation, SubmissionReply
from . import control, holds, hosts, lifecycle, pe_tasks, quota_sets, scheduling, submission
from .reasons import remember
from .state import CellState, Timing, make_instances


def run_scheduler(state: CellState, now: float) -> None:
    """Purge, then dispatch, unless the scheduler's thread was ended."""
    hosts.notice(state, now)
    lifecycle.finish_simulated(state, now)
    lifecycle.purge(state, now)
    if state.scheduler_off:
        state.schedule_at = now + state.timing.schedule_interval
        return
    scheduling.schedule(state, now)


def switch_scheduler(state: CellState, now: float, on: bool) -> None:
    """Start or end the scheduler's thread."""
    state.scheduler_off = not on
    state.ask_schedule(now, 0.0)


def submit_many(state: CellState, now: float, spec: JobSpec, count: int) -> list[SubmissionReply]:
    """Submit the same job several times, until one is refused; the jobs share the specification."""
    answers: list[SubmissionReply] = []
    for _ in range(count):
        answers.append(submission.submit(state, now, spec))
        if answers[-1].number is None:
            break
    return answers


def written(state: CellState, now: float, count: int) -> None:
    """The first ``count`` accounting lines are in the file."""
    del now
    del state.accounting[:count]


def configure(state: CellState, now: float, config: CellConfig, timing: Timing | None) -> None:
    """Another configuration."""
    control.with_config(state, config)
    if timing is not None:
        state.timing = timing
    state.ask_schedule(now, 0.0)


def advance(state: CellState, now: float, seconds: float) -> None:
    """Move the cell's clock forward."""
    del now
    state.clock_offset += seconds


def number_next(state: CellState, now: float, number: int) -> None:
    """Set the next job number."""
    del now
    state.next_number = number


OPERATIONS: dict[str, Callable[..., Any]] = {
    "submit": submission.submit,
    "submit_many": submit_many,
    "take_number": lambda state, now: submission.take_number(state),  # noqa: ARG005 as all operations
    "alter": control.alter,
    "change_holds": holds.change_holds,
    "delete": control.delete,
    **{change.value: partial(control.change_tasks, change) for change in control.TASK_CHANGES},
    "change_queue": control.change_queue,
    "fail": control.fail_next,
    "begin_pe_task": pe_tasks.begin,
    "end_pe_task": pe_tasks.end,
    "started": lifecycle.started,
    "exited": lifecycle.exited,
    "schedule": run_scheduler,
    "switch_scheduler": switch_scheduler,
    "written": written,
    "configure": configure,
    "advance": advance,
    "number_next": number_next,
    "host_down": hosts.host_down,
    "host_up": hosts.host_up,
    "host_load": hosts.host_load,
    "add_quotas": quota_sets.add,
    "replace_quotas": quota_sets.replace_all,
    "modify_quotas": quota_sets.modify,
    "delete_quotas": quota_sets.delete,
}


UNSEEN = ("alter", "change_holds", JobOperation.CLEAR_ERROR.value)  # until the scheduler runs


class Engine:
    """A cell's state with its operations. ``apply`` is all that changes it."""

    def __init__(self, state: CellState) -> None:
        self.state = state

    @classmethod
    def fresh(cls, config: CellConfig, timing: Timing | None = None) -> Engine:
        """An empty cell."""
        state = CellState(config, timing or Timing())
        state.away = {name: None for name, host in config.hosts.items() if not host.up}
        state.instances = make_instances(config)
        return cls(state)

    def apply(self, name: str, now: float, *args: object) -> Any:
        """Run one operation; its result is the operation's own."""
        if name in UNSEEN:
            remember(self.state, now, name, args[0])  # type: ignore[arg-type]
        return OPERATIONS[name](self.state, now, *args)

    def next_event(self) -> float:
        """When the scheduler has to run next even if nothing is asked (epoch seconds, cell's clock)."""
        state = self.state
        when = state.schedule_at if state.ended or state.ready or state.unseen else float("inf")
        if state.away:
            when = min(when, hosts.next_notice(state))
        if state.simulated:
            when = min(when, state.simulated[0][0])
        if state.delayed:
            when = min(when, max(state.delayed[0][0], state.schedule_at))
        return when
