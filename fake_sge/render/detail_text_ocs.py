"""``qstat -j`` of an Open Cluster Scheduler, and what its ``qstat -r`` prints below a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..model import (
    Job,
    QueueState,
    SchedulingMessage,
    State,
    Status,
    Task,
    state_letters,
)
from ..model.flavours import DetailChoices
from ..model.states import queues_of
from ..model.values import memory
from .command_line import effective_command_line
from .detail_resources import binding_text
from .detail_text import ENVIRONMENT, RULE, Dependents, job_values, lines, scheduling_info
from .formats import Clock
from .listing import Line
from .table import requested

_LIVE = (Status.RUNNING, Status.TRANSFERRING, Status.FINISHED)
_SIZES = ("vmem", "maxvmem", "rss", "maxrss")


def _duration(seconds: float) -> str:
    whole = int(seconds)
    fraction = int((seconds - whole) * 1e6)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{fraction:06d}"


class OcsDetails:
    """Writes the block of one job. ``now`` is the time of the call."""

    def __init__(
        self,
        choices: DetailChoices,
        clock: Clock,
        server: Clock,
        now: float,
        queue_states: Mapping[str, QueueState],
    ) -> None:
        self._choices = choices
        self._clock = clock
        self._server = server
        self._now = now
        self._queue_states = queue_states

    def text(self, job: Job, messages: Sequence[SchedulingMessage], dependents: Dependents) -> str:
        """The whole block."""
        choices = self._choices
        values = self._values(job, dependents)
        rows = [RULE + "\n", *lines(choices.order, values, choices.width, choices.widths)]
        for task in job.tasks.values():
            rows += self._task(job, task)
        return "".join(rows) + scheduling_info(messages, choices.width)

    def _values(self, job: Job, dependents: Dependents) -> dict[str, str | None]:
        """The values of 8.1.9 under other names, and what only this Grid Engine has."""
        spec, choices = job.spec, self._choices
        values = job_values(job, self._clock, dependents)
        command_line = effective_command_line(job, self._clock, choices.element_binding)
        environment, context = values["env_list"] or "NONE", values["context"]
        if choices.blank_lines:
            environment += "\n" if environment != "NONE" else ""
            context = context and context + "\n"
        return {
            **values,
            "env_list": environment,
            "context": context,
            "category_id": str(job.category_id) if choices.category else None,
            "submit_cmd_line": spec.command_line,
            "effective_submit_cmd_line": command_line,
            "groups": "NOT-AVAILABLE-IN-OCS",
            "hard_resource_list": values["hard resource_list"],
            "soft_resource_list": values["soft resource_list"],
            "priority": str(spec.priority),
            "parallel_environment": values[ENVIRONMENT],
            "ja_ad_predecessor_list (req)": ",".join(spec.hold_jid_ad) or None,
            "ja_ad_request_list (req)": ",".join(spec.hold_jid_ad) or None,
            "jid_request_list (req)": values["jid_predecessor_list (req)"],
            "department": spec.department,
            "sync_options": "n" if choices.category else None,
            "task_concurrency": values["maximum concurrency"],
            "pending_tasks": str(pending_tasks(job)) if choices.category else None,
        }

    def _task(self, job: Job, task: Task) -> list[str]:
        choices, separator = self._choices, self._choices.separator
        live = task.status in _LIVE
        queue = queues_of(task, self._queue_states)
        queues = ",".join(f"{piece.instance}{separator}{piece.slots}" for piece in task.granted) or "NONE"
        hosts = ",".join(f"{piece.host}{separator}{piece.slots}" for piece in task.granted)
        rows = [("job_state", state_letters(job, task, queue=queue))]
        if live:
            rows += [("usage", self._usage(task)), (choices.binding_text, "NONE")]
        rows.append(("exec_queue_list", queues))
        if live:
            rows.append(("exec_host_list", hosts))
        rows.append(("start_time", self._clock.long(task.start_time or self._now)))
        if choices.end_time and task.finish is not None:
            rows.append(("end_time", self._clock.long(task.finish.end_time)))
        rows.append(("resource_map", "NONE"))
        width = choices.task_width
        text = "".join(self._task_line(key, task.number, value, width) for key, value in rows)
        return [text, *self._errors(task)]

    def _task_line(self, key: str, number: int, value: str, width: int) -> str:
        label = f"{key}{number:>{max(1, width - len(key))}}:" if key else f"{number:>{width}}:"
        return f"{label:<{max(len(label) + 1, self._column(width))}}{value}\n"

    def _column(self, width: int) -> int:
        """Values of tasks begin two or four places after the number."""
        return width + (2 if self._choices.blank_lines else 4)

    def _errors(self, task: Task) -> list[str]:
        title, width = self._choices.error_title, self._choices.error_width
        return [
            self._task_line(title if index == 0 else "", task.number, self._server.reason(when, text), width)
            for index, (when, text) in enumerate(zip(task.error_times, task.errors))
        ]

    def _usage(self, task: Task) -> str:
        usage, choices = task.usage, self._choices
        parts = [
            f"wallclock={_duration(usage.get('wallclock', 0.0))}",
            f"cpu={_duration(usage.get('cpu', 0.0))}",
            f"mem={usage.get('mem', 0.0):.5f} GBs",
            f"io={usage.get('io', 0.0):.5f}",
        ]
        if choices.operations:
            parts += [f"ioops={usage.get('ioops', 0.0):.0f}", f"iow={_duration(usage.get('iow', 0.0))}"]
        parts += [f"{name}={memory(usage[name]) if usage.get(name) else 'N/A'}" for name in _SIZES]
        return choices.usage_separator.join(parts)


def pending_tasks(job: Job) -> int:
    """As Grid Engine counts them: a task with two kinds of hold counts twice."""
    idle = sum(task.is_pending and not task.state & State.ERROR for task in job.tasks.values())
    return len(job.free) + idle + sum(len(members & job.waiting) for _, members in job.holds)


def requested_details_ocs(line: Line, columns: bool, binding: bool) -> str:
    """What ``-r`` prints below a line; ``columns``: in the form of OCS 9.2, ``binding``: of 9.0."""
    spec = line.job.spec
    lead, width, end = ("\t", 37, " ") if columns else ("       ", 36, "")
    first, rest = requested(line.job, line)
    resources = [
        (f"{kind} Resources", f"{name}={value}")
        for kind, items in (("Hard", spec.hard_resources), ("Soft", spec.soft_resources))
        for name, value in items
    ]
    rest = [*resources, *rest, *([("Binding", binding_text(spec.binding))] if binding else [])]
    rows = [*((title, value + end) for title, value in first), *rest]
    return "".join(f"{lead}{title + ':':<{width}}{value}\n" for title, value in rows)
