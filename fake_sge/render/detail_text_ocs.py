"""``qstat -j`` of an Open Cluster Scheduler, and what its ``qstat -r`` prints below a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..model import (
    Hold,
    Job,
    QueueState,
    Rerun,
    SchedulingMessage,
    State,
    Status,
    Task,
    state_letters,
)
from ..model.flavours import DetailChoices
from .command_line import effective_command_line
from .detail_resources import binding_text, mail_option_letters, visible_env
from .detail_text import RULE, SUBMIT_LINES, pairs, path_text, scheduling_info
from .formats import Clock, memory
from .listing import Line
from .tasks import print_ranges

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

    def text(
        self,
        job: Job,
        messages: Sequence[SchedulingMessage],
        successors: tuple[Sequence[int], Sequence[int]],
    ) -> str:
        """The whole block; ``successors`` wait by -hold_jid and by -hold_jid_ad."""
        rows = [
            RULE + "\n",
            *self._head(job),
            *self._requests(job),
            *self._program(job, successors),
            *self._tail(job),
        ]
        for number in sorted(job.tasks):
            rows += self._task(job, job.tasks[number])
        return "".join(rows) + scheduling_info(messages, self._choices.width)

    def _line(self, key: str, value: object, width: int = 0) -> str:
        return f"{key + ':':<{width or self._choices.width}}{value}\n"

    def _given(self, *found: tuple[str, object]) -> list[str]:
        return [self._line(key, value) for key, value in found if value]

    def _head(self, job: Job) -> list[str]:
        spec, line, clock, choices = job.spec, self._line, self._clock, self._choices
        recorded = dict(spec.env)
        rows = [line("job_number", job.number)]
        rows += [line("category_id", job.category_id)] if choices.category else []
        rows += [] if job.script_deleted else [line("exec_file", f"job_scripts/{job.number}")]
        rows += [
            line("submission_time", clock.long(job.submission_time)),
            line("submit_cmd_line", spec.command_line),
            line("effective_submit_cmd_line", effective_command_line(job, clock, choices.element_binding)),
            *self._given(("deadline", clock.long(spec.deadline) if spec.deadline else "")),
            line("owner", spec.owner),
            line("uid", spec.uid),
            line("group", spec.group),
            line("gid", spec.gid),
            line("groups", "NOT-AVAILABLE-IN-OCS"),
        ]
        rows += [line(key, recorded[name]) for key, name in SUBMIT_LINES if recorded.get(name) is not None]
        if spec.execution_time:
            rows.append(line("execution_time", clock.long(spec.execution_time)))
        rows += [
            line("account", spec.account),
            *self._given(("checkpoint_object", spec.checkpoint)),
        ]
        if spec.cwd is not None:
            rows += [line("cwd", spec.cwd, choices.cwd_width)] * (2 if choices.paths_first else 1)
        return rows

    def _requests(self, job: Job) -> list[str]:
        spec, line = job.spec, self._line
        hard, soft = (
            ",".join(f"{name}={value}" for name, value in resources)
            for resources in (spec.hard_resources, spec.soft_resources)
        )
        paths = [
            ("stdout_path_list", path_text(spec.stdout_paths)),
            ("stdin_path_list", path_text(spec.stdin_paths)),
        ]
        first, later = (paths[::-1], []) if self._choices.paths_first else ([], paths)
        return [
            *self._given(
                *first,
                ("stderr_path_list", path_text(spec.stderr_paths)),
                ("reserve", "y" if spec.reserve else ""),
                ("merge", "y" if spec.merge_stderr else ""),
                ("hard_resource_list", hard),
                ("soft_resource_list", soft),
                ("hard_queue_list", ",".join(spec.hard_queues)),
                ("soft_queue_list", ",".join(spec.soft_queues)),
                ("mail_options", mail_option_letters(spec.mail_options)),
                ("mail_list", ",".join(f"{user}@{host or 'NONE'}" for user, host in spec.mail_to)),
            ),
            line("notify", "TRUE" if spec.notify else "FALSE"),
            line("job_name", spec.name),
            *self._given(*later),
            line("priority", spec.priority),
            line("jobshare", spec.jobshare),
            *self._given(
                ("restart", {Rerun.YES: "y", Rerun.NO: "n"}.get(spec.rerun)),
                ("shell_list", ",".join(f"{piece.host or 'NONE'}:{piece.path}" for piece in spec.shells)),
            ),
        ]

    def _program(self, job: Job, successors: tuple[Sequence[int], Sequence[int]]) -> list[str]:
        spec, choices = job.spec, self._choices
        environment = pairs(visible_env(job)) or "NONE"
        blank = "\n" if choices.paths_first and environment != "NONE" else ""
        arrays = ",".join(spec.hold_jid_ad)
        request = choices.array_request
        return [
            self._line("env_list", environment + blank),
            *self._given(
                ("job_args", ",".join(word or "NONE" for word in spec.args)),
                ("script_file", "" if job.script_deleted else spec.command),
            ),
            *(
                [f"parallel_environment:  {spec.pe} range: {print_ranges(spec.pe_ranges, steps=False)}\n"]
                if spec.pe
                else []
            ),
            *([self._line(request, arrays, choices.array_request_width)] if arrays else []),
            *self._given(
                (choices.request, ",".join(spec.hold_jid)),
                ("jid_predecessor_list", _numbers(job.predecessors)),
                ("jid_successor_list", _numbers(successors[0])),
                ("ja_ad_successor_list", _numbers(successors[1]) if choices.array_predecessors else ""),
                ("verify_suitable_queues", spec.verify_suitable),
                ("version", job.version),
                ("project", spec.project),
            ),
        ]

    def _tail(self, job: Job) -> list[str]:
        spec, choices, line = job.spec, self._choices, self._line
        array = [line("job-array tasks", spec.array, choices.array_width)] if spec.is_array else []
        limit = self._given(("task_concurrency", spec.max_concurrent))
        pending = [line("pending_tasks", pending_tasks(job))] if choices.category else []
        context = self._given(("context", pairs(spec.context)))
        context += ["\n"] if choices.paths_first and context else []
        rows = [line("department", spec.department)]
        rows += [line("sync_options", "n")] if choices.category else []
        rows += (
            [*array, *pending, *context, *limit]
            if choices.paths_first
            else [*array, *limit, *pending, *context]
        )
        return [*rows, line("binding", binding_text(spec.binding))]

    def _task(self, job: Job, task: Task) -> list[str]:
        choices, separator = self._choices, self._choices.separator
        live = task.status in _LIVE
        queue = (
            self._queue_states.get(task.granted[0].instance, QueueState.NONE)
            if task.granted
            else QueueState.NONE
        )
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
        return width + (2 if self._choices.paths_first else 4)

    def _errors(self, task: Task) -> list[str]:
        title, width = self._choices.error_title, self._choices.error_width
        return [
            self._task_line(
                title if index == 0 else "", task.number, f"{self._server.reason(when)} {text}", width
            )
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
    lists = (job.user_hold, job.system_hold, job.operator_hold, job.array_hold)
    free = next((len(tasks) for hold, tasks in job.waiting_groups() if hold == Hold.NONE), 0)
    idle = sum(task.is_pending and not task.state & State.ERROR for task in job.tasks.values())
    return free + idle + sum(len(members & job.waiting) for members in lists)


def _numbers(numbers: Iterable[int]) -> str:
    return ",".join(str(number) for number in numbers)


def requested_details_ocs(line: Line, columns: bool, binding: bool) -> str:
    """What ``-r`` prints below a line; ``columns``: in the form of OCS 9.2, ``binding``: of 9.0."""
    job, spec = line.job, line.job.spec
    lead, width, end = ("\t", 37, " ") if columns else ("       ", 36, "")
    rows: list[tuple[str, str, str]] = [("Full jobname", spec.name, end)]
    if line.granted is not None:
        rows.append(("Master Queue", line.granted.instance, end))
    if spec.pe is not None:
        rows.append(("Requested PE", f"{spec.pe} {print_ranges(spec.pe_ranges, steps=False)}", end))
    if line.task is not None and line.task.granted_pe:
        rows.append(("Granted PE", f"{line.task.granted_pe} {line.task.slots}", end))
    for title, resources in (
        ("Hard Resources", spec.hard_resources),
        ("Soft Resources", spec.soft_resources),
    ):
        rows += [(title, f"{name}={value}", "") for name, value in resources]
    for title, names in (
        ("Hard requested queues", spec.hard_queues),
        ("Soft requested queues", spec.soft_queues),
        ("Master task hard requested queues", spec.master_queues),
        ("Predecessor Jobs (request)", spec.hold_jid),
        ("Predecessor Jobs", job.predecessors),
        ("Predecessor Array Jobs (request)", spec.hold_jid_ad),
        ("Predecessor Array Jobs", job.predecessors_ad),
    ):
        if names:
            rows.append((title, ", ".join(str(name) for name in names), ""))
    if binding:
        rows.append(("Binding", binding_text(spec.binding), ""))
    return "".join(f"{lead}{title + ':':<{width}}{value}{last}\n" for title, value, last in rows)
