"""What qhold, qrls and qalter -h do to a job's tasks: the messages by task, and the changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ...model import Hold, Job, Range, fold
from ...model.operations import Actor, Changes
from ..interface.qmaster_interface import QmasterInterface
from ..submit_options.table import SUBTRACT

NOT_OPERATOR = 10
_OWN = Hold.USER | Hold.OPERATOR | Hold.SYSTEM
_WAITING_LISTS = (Hold.NONE, Hold.USER, Hold.OPERATOR, Hold.SYSTEM)


@dataclass
class HoldChange:
    """The answers, each with its status, and the new holds of the tasks that change."""

    answers: list[tuple[str, int]] = field(default_factory=list)
    changed: dict[int, tuple[Hold, Hold]] = field(default_factory=dict)

    def requests(self) -> Iterator[tuple[list[Range], Changes]]:
        """Groups of tasks with the same change."""
        groups: dict[tuple[Hold, Hold], list[int]] = {}
        for task, (old, new) in self.changed.items():
            groups.setdefault((new & ~old, old & ~new), []).append(task)
        for (added, removed), tasks in groups.items():
            yield fold(sorted(tasks)), Changes(add_hold=added, remove_hold=removed)


class HoldRequest:
    """One ``-h`` on one job.

    Bits that the user may not touch drop out at the first refusal; each named task has bits of its own
    (real cell: ``qalter -h so 5`` is refused with two lines, ``qalter -h so 5.1-3`` with three).
    """

    def __init__(self, how: str, bits: int, actor: Actor, qmaster: QmasterInterface) -> None:
        self.removes = how == SUBTRACT
        self.target = Hold(bits)
        self.actor = actor
        self.manager = qmaster.config.is_manager(actor.user)
        self.operator = qmaster.config.is_operator(actor.user)

    def apply(self, job: Job, tasks: list[int] | None) -> HoldChange:
        """Work out what happens; ``tasks`` None: all tasks, the waiting ones by their hold lists first.

        A named task that is over is answered as if it had no hold (real cell), and stays as it is.
        """
        result = HoldChange()
        if tasks is None:
            for task in self._all(job):
                self._one(job, task, result)
            return result
        array, target = job.spec.array, self.target
        for task in tasks:
            self.target = target
            if task in array.ids():
                self._one(job, task, result)
        return result

    def _all(self, job: Job) -> Iterator[int]:
        for flag in _WAITING_LISTS:
            for task in list(job.waiting):
                held = job.hold_of_waiting(task)
                if held & flag if flag else not held & (_OWN | Hold.ARRAY_DEPENDENCY):
                    yield task
        yield from sorted(number for number, task in job.tasks.items() if task.finish is None)

    def _one(self, job: Job, task: int, result: HoldChange) -> None:
        over = task not in job.waiting and task not in job.tasks
        before = job.tasks[task].hold if task in job.tasks else job.hold_of_waiting(task)
        original = before & _OWN
        old = result.changed[task][1] if task in result.changed else original
        new = old & ~self.target if self.removes else old | self.target
        if new == old:
            return
        refusal = self._refusal()
        if refusal:
            result.answers.append((refusal, NOT_OPERATOR))
            return
        if not over:
            result.changed[task] = (original, new)
        name = f"job-array task {job.number}.{task}" if job.spec.is_array else f"job {job.number}"
        result.answers.append((f"modified hold of {name}", 1))

    def _refusal(self) -> str:
        verb = "remove" if self.removes else "set"
        if self.target & Hold.SYSTEM and not self.manager:
            self.target &= ~Hold.SYSTEM
            return f'denied: "{self.actor.user}" must be manager to {verb} manager hold'
        if self.target & Hold.OPERATOR and not self.operator:
            self.target &= ~Hold.OPERATOR
            return f'denied: "{self.actor.user}" must be operator to {verb} operator hold'
        return ""
