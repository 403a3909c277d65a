"""``qstat -j``: everything about a job as ``key: value`` lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Optional

from ..model import HostPath, Job, JobSpec, JobType, Rerun, Resource, SchedulingMessage, Status, Task
from ..model.task_lists import written
from ..model.values import duration, memory
from .detail_resources import binding_text, checkpoint_letters, mail_option_letters, visible_env
from .formats import Clock

RULE = "=" * 62
WIDTH = 28
RECORDED = {
    f"sge_o_{key}": f"__SGE_PREFIX__O_{name}"
    for key, name in (
        *(("home", "HOME"), ("log_name", "LOGNAME"), ("path", "PATH"), ("shell", "SHELL"), ("tz", "TZ")),
        *(("workdir", "WORKDIR"), ("host", "HOST")),
    )
}
ENVIRONMENT = "parallel environment"
# The only lines that are not in the column of the others.
WIDTHS = {ENVIRONMENT: 23, "script_ptr": 23}
ORDER = (
    *("job_number", "exec_file", "submission_time", "deadline", "owner", "uid", "group", "gid", *RECORDED),
    *("execution_time", "account", "checkpoint_object", "checkpoint_attr", "checkpoint_interval", "cwd"),
    *("directive_prefix", "stderr_path_list", "reserve", "merge", "hard resource_list"),
    *("soft resource_list", "mail_options", "mail_list", "notify", "job_name", "stdout_path_list"),
    *("stdin_path_list", "priority", "jobshare", "hard_queue_list", "soft_queue_list", "restart"),
    *("shell_list", "verify", "env_list", "job_args", "master hard queue_list", "script_size"),
    *("script_file", "script_ptr", ENVIRONMENT, "jid_predecessor_list (req)"),
    *("jid_predecessor_list", "jid_successor_list", "ja_ad_predecessor_list", "ja_ad_successor_list"),
    *("verify_suitable_queues", "version", "oticket", "project", "ar_id", "job-array tasks"),
    *("maximum concurrency", "context", "binding", "job_type"),
)
_LIVE = (Status.RUNNING, Status.TRANSFERRING)

Values = Mapping[str, Optional[str]]
Dependents = tuple[Sequence[int], Sequence[int]]  # jobs that wait by -hold_jid and by -hold_jid_ad


def lines(
    order: Iterable[str], values: Values, width: int = WIDTH, widths: Mapping[str, int] = WIDTHS
) -> list[str]:
    """A line for each value that is there, in columns; ``widths`` are those that differ from ``width``."""
    return [
        f"{key + ':':<{widths.get(key, width)}}{values[key]}\n"
        for key in order
        if values.get(key) is not None
    ]


def pairs(items: Iterable[tuple[str, str | None]]) -> str:
    """``A=b,C=NONE``."""
    return ",".join(f"{name}={'NONE' if value is None else value}" for name, value in items)


def numbers(items: Iterable[int]) -> str | None:
    """``1,2``; None without any."""
    return ",".join(str(number) for number in items) or None


def _paths(paths: Sequence[HostPath]) -> str | None:
    """``HOST:NONE:PATH`` for each."""
    return ",".join(f"{piece.host or 'NONE'}:NONE:{piece.path}" for piece in paths) or None


def _yes(flag: bool) -> str | None:
    return "y" if flag else None


def _resources(spec: JobSpec, name: str) -> str | None:
    items: Sequence[Resource] = getattr(spec, name)
    text = ",".join(f"{item.name}={item.value}" for item in items)
    return text if text or name in spec.requested else None


def spec_values(spec: JobSpec, clock: Clock) -> dict[str, str | None]:
    """What a submission says, by what Grid Engine calls it; None is not shown."""
    recorded = dict(spec.env)
    hard, soft = (_resources(spec, name) for name in ("hard_resources", "soft_resources"))
    ranges = written(spec.pe_ranges, steps=False) or "UNDEFINED"  # that a JSV asked for
    letters = checkpoint_letters(spec.checkpoint_attr)
    return {
        "deadline": clock.long(spec.deadline) if spec.deadline else None,
        "owner": spec.owner,
        "uid": str(spec.uid),
        "group": spec.group,
        "gid": str(spec.gid),
        **{key: recorded.get(name) for key, name in RECORDED.items()},
        "execution_time": clock.long(spec.execution_time) if spec.execution_time else None,
        "account": spec.account,
        "checkpoint_object": spec.checkpoint,
        "checkpoint_attr": f"{letters}    " if letters else None,
        "cwd": spec.cwd,
        "directive_prefix": dict(spec.extra).get("directive_prefix"),
        "stdout_path_list": _paths(spec.stdout_paths),
        "stderr_path_list": _paths(spec.stderr_paths),
        "stdin_path_list": _paths(spec.stdin_paths),
        "reserve": _yes(spec.reserve),
        "merge": _yes(spec.merge_stderr),
        "hard resource_list": hard,
        "soft resource_list": soft,
        "mail_options": mail_option_letters(spec.mail_options) or None,
        "mail_list": ",".join(f"{user}@{host or 'NONE'}" for user, host in spec.mail_to) or None,
        "notify": "TRUE" if spec.notify else "FALSE",
        "job_name": spec.name,
        "priority": str(spec.priority) if spec.priority else None,
        "jobshare": str(spec.jobshare),
        "hard_queue_list": ",".join(spec.hard_queues) or None,
        "soft_queue_list": ",".join(spec.soft_queues) or None,
        "restart": {Rerun.YES: "y", Rerun.NO: "n"}.get(spec.rerun),
        "shell_list": ",".join(f"{piece.host or 'NONE'}:{piece.path}" for piece in spec.shells) or None,
        "verify": "-verify" if spec.verify else None,
        "job_args": ",".join(word or "NONE" for word in spec.args) or None,
        "master hard queue_list": ",".join(spec.master_queues) or None,
        ENVIRONMENT: f"{spec.pe} range: {ranges}" if spec.pe is not None else None,
        "jid_predecessor_list (req)": ",".join(spec.hold_jid) or None,
        "verify_suitable_queues": str(spec.verify_suitable) if spec.verify_suitable else None,
        "ar_id": str(spec.advance_reservation) if spec.advance_reservation else None,
        "project": spec.project,
        "job-array tasks": str(spec.array) if spec.is_array else None,
        "maximum concurrency": str(spec.max_concurrent) if spec.max_concurrent else None,
        "job_type": job_type(spec),
    }


def job_values(job: Job, clock: Clock, dependents: Dependents) -> dict[str, str | None]:
    """The same of a job in the qmaster, with what has become of it."""
    spec = job.spec
    return {
        **spec_values(spec, clock),
        "job_number": str(job.number),
        "exec_file": None if job.script_deleted else f"job_scripts/{job.number}",
        "submission_time": clock.long(job.submission_time),
        "checkpoint_interval": f"{spec.checkpoint_interval} seconds" if spec.checkpoint_interval else None,
        "env_list": pairs(visible_env(job)),
        "script_file": None if job.script_deleted else spec.command or None,
        "jid_predecessor_list": numbers(job.predecessors),
        "jid_successor_list": numbers(dependents[0]),
        "ja_ad_predecessor_list": numbers(job.predecessors_ad),
        "ja_ad_successor_list": numbers(dependents[1]),
        "version": str(job.version) if job.version else None,
        "oticket": str(job.spec.override_tickets) if job.spec.override_tickets else None,
        "context": pairs(spec.context) or None,
        "binding": binding_text(spec.binding),
    }


def job_type(spec: JobSpec) -> str:
    """``binary,noshell,immediate``."""
    words = (
        (JobType.BINARY, "binary"),
        (JobType.NO_SHELL, "noshell"),
        (JobType.IMMEDIATE, "immediate"),
    )
    return ",".join(word for bit, word in words if spec.job_type & bit) or "NONE"


def _usage(task: Task) -> str:
    usage = task.usage
    vmem, maxvmem = usage.get("vmem", 0.0), usage.get("maxvmem", 0.0)
    return (
        f"cpu={duration(usage.get('cpu', 0.0))}, mem={usage.get('mem', 0.0):.5f} GB s, "
        f"io={usage.get('io', 0.0):.5f} GB, vmem={memory(vmem) if vmem else 'N/A'}, "
        f"maxvmem={memory(maxvmem) if maxvmem else 'N/A'}\n"
    )


def job_details(
    job: Job,
    messages: Sequence[SchedulingMessage],
    clock: Clock,
    server: Clock,
    dependents: Dependents,
    binding: bool = True,
) -> str:
    """The block of one job.

    ``messages`` are the global ones and its own; ``server`` is the clock of the cell's host, by which error
    reasons are stamped (w1.j_eq_kolkata).
    """
    order = ORDER if binding else [key for key in ORDER if key != "binding"]
    rows = [RULE + "\n", *lines(order, job_values(job, clock, dependents))]
    live = [task for task in job.tasks.values() if task.status in _LIVE]
    rows += [f"usage {task.number:9d}:            {_usage(task)}" for task in live]
    if binding:
        rows += [f"binding {task.number:7d}:            NONE\n" for task in live]
    for task in job.tasks.values():
        rows += _errors(task, server)
    return "".join(rows) + scheduling_info(messages)


def _errors(task: Task, server: Clock) -> list[str]:
    rows = []
    for index, (when, text) in enumerate(zip(task.error_times, task.errors)):
        title = "error reason" if index == 0 else "            "
        rows.append(f"{title} {task.number:10d}:      {server.reason(when, text)}\n")
    return rows


def scheduling_info(messages: Sequence[SchedulingMessage], width: int = WIDTH) -> str:
    """The scheduler's reasons, in a column of that width."""
    titles = ["scheduling info:"] + [""] * len(messages)
    return "".join(f"{title:<{width}}{message.text}\n" for title, message in zip(titles, messages))
