"""``qstat -j``: everything about a job as ``key: value`` lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model import HostPath, Job, JobSpec, JobType, Rerun, SchedulingMessage, Status, Task
from .detail_resources import binding_text, mail_option_letters, visible_env
from .formats import Clock, duration, memory
from .tasks import print_ranges

RULE = "=" * 62
SUBMIT_LINES = tuple(
    (f"sge_o_{key}", f"__SGE_PREFIX__O_{name}")
    for key, name in (
        *(("home", "HOME"), ("log_name", "LOGNAME"), ("path", "PATH"), ("shell", "SHELL"), ("tz", "TZ")),
        *(("workdir", "WORKDIR"), ("host", "HOST")),
    )
)
_LIVE = (Status.RUNNING, Status.TRANSFERRING)


def line(key: str, value: object) -> str:
    """A key and its value, in columns."""
    return f"{key + ':':<28}{value}\n"


def pairs(items: Iterable[tuple[str, str | None]]) -> str:
    """``A=b,C=NONE``."""
    return ",".join(f"{name}={'NONE' if value is None else value}" for name, value in items)


def path_text(paths: Sequence[HostPath]) -> str:
    """``HOST:NONE:PATH`` for each."""
    return ",".join(f"{piece.host or 'NONE'}:NONE:{piece.path}" for piece in paths)


def submit_lines(spec: JobSpec) -> list[str]:
    """What qsub recorded of its own environment."""
    recorded = dict(spec.env)
    return [line(key, recorded[name]) for key, name in SUBMIT_LINES if recorded.get(name) is not None]


def _head(job: Job, clock: Clock) -> list[str]:
    spec = job.spec
    rows = [line("job_number", job.number)]
    if not job.script_deleted:
        rows.append(line("exec_file", f"job_scripts/{job.number}"))
    rows.append(line("submission_time", clock.long(job.submission_time)))
    if spec.deadline:
        rows.append(line("deadline", clock.long(spec.deadline)))
    rows += [
        line("owner", spec.owner),
        line("uid", spec.uid),
        line("group", spec.group),
        line("gid", spec.gid),
    ]
    rows += submit_lines(spec)
    if spec.execution_time:
        rows.append(line("execution_time", clock.long(spec.execution_time)))
    rows.append(line("account", spec.account))
    if spec.checkpoint is not None:
        rows.append(line("checkpoint_object", spec.checkpoint))
    if spec.checkpoint_interval:
        rows.append(line("checkpoint_interval", f"{spec.checkpoint_interval} seconds"))
    if spec.cwd is not None:
        rows.append(line("cwd", spec.cwd))
    return rows


def given(*found: tuple[str, object]) -> list[str]:
    """Lines for the values that are not empty."""
    return [line(key, value) for key, value in found if value]


def requests(spec: JobSpec) -> list[str]:
    """The lines from the directive prefix to ``verify``."""
    prefix = dict(spec.extra).get("directive_prefix")
    hard, soft = (
        ",".join(f"{name}={value}" for name, value in resources)
        for resources in (spec.hard_resources, spec.soft_resources)
    )
    restart = {Rerun.YES: "y", Rerun.NO: "n"}.get(spec.rerun)
    return [
        *([line("directive_prefix", prefix)] if prefix is not None else []),
        *given(
            ("stderr_path_list", path_text(spec.stderr_paths)),
            ("reserve", "y" if spec.reserve else ""),
            ("merge", "y" if spec.merge_stderr else ""),
            ("hard resource_list", hard),
            ("soft resource_list", soft),
            ("mail_options", mail_option_letters(spec.mail_options)),
            ("mail_list", ",".join(f"{user}@{host or 'NONE'}" for user, host in spec.mail_to)),
        ),
        line("notify", "TRUE" if spec.notify else "FALSE"),
        line("job_name", spec.name),
        *given(
            ("stdout_path_list", path_text(spec.stdout_paths)),
            ("stdin_path_list", path_text(spec.stdin_paths)),
            ("priority", spec.priority),
        ),
        line("jobshare", spec.jobshare),
        *given(
            ("hard_queue_list", ",".join(spec.hard_queues)),
            ("soft_queue_list", ",".join(spec.soft_queues)),
            ("restart", restart),
            ("shell_list", ",".join(f"{piece.host or 'NONE'}:{piece.path}" for piece in spec.shells)),
            ("verify", "-verify" if spec.verify else ""),
        ),
    ]


def _numbers(numbers: Iterable[int]) -> str:
    return ",".join(str(number) for number in numbers)


def _program(job: Job, successors: tuple[Sequence[int], Sequence[int]]) -> list[str]:
    spec = job.spec
    rows = [line("env_list", pairs(visible_env(job)))]
    if spec.args:
        rows.append(line("job_args", ",".join(word or "NONE" for word in spec.args)))
    rows += given(
        ("master hard queue_list", ",".join(spec.master_queues)),
        ("script_file", "" if job.script_deleted else spec.command),
    )
    rows += parallel_environment(spec)
    rows += given(
        ("jid_predecessor_list (req)", ",".join(spec.hold_jid)),
        ("jid_predecessor_list", _numbers(job.predecessors)),
        ("jid_successor_list", _numbers(successors[0])),
        ("ja_ad_predecessor_list", _numbers(job.predecessors_ad)),
        ("ja_ad_successor_list", _numbers(successors[1])),
        ("verify_suitable_queues", spec.verify_suitable),
        ("version", job.version),
        ("oticket", job.override_tickets),
    )
    if spec.project is not None:
        rows.append(line("project", spec.project))
    if spec.is_array:
        rows.append(line("job-array tasks", spec.array))
    if spec.max_concurrent:
        rows.append(line("maximum concurrency", spec.max_concurrent))
    if spec.context:
        rows.append(line("context", pairs(spec.context)))
    return rows


def parallel_environment(spec: JobSpec) -> list[str]:
    """The line of -pe: the only one that is not in the column of the others."""
    ranges = print_ranges(spec.pe_ranges, steps=False)
    return [f"parallel environment:  {spec.pe} range: {ranges}\n"] if spec.pe is not None else []


def job_type(spec: JobSpec) -> str:
    """``binary,noshell,immediate``."""
    kind = spec.job_type
    words = [
        word
        for bit, word in (
            (JobType.BINARY, "binary"),
            (JobType.NO_SHELL, "noshell"),
            (JobType.IMMEDIATE, "immediate"),
        )
        if kind & bit
    ]
    return ",".join(words) or "NONE"


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
    successors: tuple[Sequence[int], Sequence[int]],
    binding: bool = True,
) -> str:
    """The block of one job.

    ``successors`` wait by -hold_jid and by -hold_jid_ad; ``messages`` are the global ones and its own;
    ``server`` is the clock of the cell's host, by which error reasons are stamped (w1.j_eq_kolkata).
    """
    rows = [RULE + "\n", *_head(job, clock), *requests(job.spec), *_program(job, successors)]
    if binding:
        rows.append(line("binding", binding_text(job.spec.binding)))
    rows.append(line("job_type", job_type(job.spec)))
    live = [job.tasks[number] for number in sorted(job.tasks) if job.tasks[number].status in _LIVE]
    rows += [f"usage {task.number:9d}:            {_usage(task)}" for task in live]
    if binding:
        rows += [f"binding {task.number:7d}:            NONE\n" for task in live]
    for number in sorted(job.tasks):
        rows += _errors(job.tasks[number], server)
    return "".join(rows) + scheduling_info(messages)


def _errors(task: Task, server: Clock) -> list[str]:
    rows = []
    for index, (when, text) in enumerate(zip(task.error_times, task.errors)):
        title = "error reason" if index == 0 else "            "
        rows.append(f"{title} {task.number:10d}:      {server.reason(when)} {text}\n")
    return rows


def scheduling_info(messages: Sequence[SchedulingMessage], width: int = 28) -> str:
    """The scheduler's reasons, in a column of that width."""
    titles = ["scheduling info:"] + [""] * len(messages)
    return "".join(f"{title:<{width}}{message.text}\n" for title, message in zip(titles, messages))
