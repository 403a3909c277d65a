"""Lines of the accounting file (accounting(5)): 45 fields, one line for each run attempt of a task."""

from __future__ import annotations

from ..model import CellConfig, Exit, Granted, Job, JobSpec, JobType, Range, Task, failures
from ..model.accounting import RUSAGE, Record, format_record
from ..model.accounting_json import format_json
from ..model.categories import category_of
from ..model.globs import glob_match
from ..model.host_values import split_value
from ..model.quotas import QuotaFilter
from ..model.values import listed
from .quotas import matches


def category(spec: JobSpec, config: CellConfig) -> str:
    """The job category: the requests by which the scheduler tells kinds of jobs apart; NONE without any.

    Lists are sorted, times are seconds, soft queues do not count; users, their sets and projects count when
    a rule of a resource quota set is about them, also of one that is not enabled; sets and projects also
    when they are in the lists of a queue, a host, ``global`` or a parallel environment, not in those of the
    cell's configuration (observed on 8.1.9).
    """
    rules = [rule for item in config.resource_quotas.values() for rule in item.rules]
    parts = _user_parts(spec, config, [rule.filter_of("users") for rule in rules])
    if spec.hard_queues:
        parts.append("-q " + ",".join(sorted(spec.hard_queues)))
    if spec.master_queues:
        parts.append("-masterq " + ",".join(sorted(spec.master_queues)))
    if spec.hard_resources:
        parts.append("-l " + ",".join(sorted(f"{item.name}={item.value}" for item in spec.hard_resources)))
    if spec.soft_resources:
        parts.append(
            "-soft -l " + ",".join(sorted(f"{item.name}={item.value}" for item in spec.soft_resources))
        )
    if spec.pe:
        parts.append(f"-pe {spec.pe} {','.join(map(_slots, sorted(spec.pe_ranges)))}")
    if spec.checkpoint:
        parts.append(f"-ckpt {spec.checkpoint}")
    if spec.immediate:
        parts.append("-I y")
    if spec.project and (
        spec.project in _in_lists(config, "projects", "xprojects")
        or any(_names(rule.filter_of("projects"), spec.project) for rule in rules)
    ):
        parts.append(f"-P {spec.project}")
    return " ".join(parts) or "NONE"


def _user_parts(spec: JobSpec, config: CellConfig, filters: list[QuotaFilter | None]) -> list[str]:
    def within(name: str) -> bool:
        return bool({spec.owner, f"@{spec.group}"}.intersection(config.members(name[1:])))

    given = [item for item in filters if item is not None]
    named = {name for item in given for name in (*item.names, *item.excluded) if name.startswith("@")}
    named.update(f"@{name}" for name in _in_lists(config, "user_lists", "xuser_lists"))
    users = [item for item in given if item.each or item.excluded or "*" not in item.names]
    sets = [name[1:] for name in sorted(named) if within(name)]
    parts = [f"-U {','.join(sets)}"] if sets else []
    if any(matches(item, spec.owner, within) for item in users):
        parts.append(f"-u {spec.owner}")
    return parts


def _in_lists(config: CellConfig, *names: str) -> set[str]:
    """What is in the lists of these names of all objects that let jobs in or keep them out."""
    objects = [item.attributes for item in (config.global_host, *config.hosts.values())]
    objects += [queue.attributes for queue in config.queues.values()]
    objects += [environment.attributes for environment in config.parallel_environments.values()]
    values = {attributes.get(name, "NONE") for attributes in objects for name in names}
    found: set[str] = set()
    for common, by_host in map(split_value, values - {"NONE"}):
        for text in (common, *(value for _, value in by_host)):
            found.update(listed(text))
    return found


def _names(item: QuotaFilter | None, project: str) -> bool:
    """Whether a filter makes a difference between a project and others."""
    return item is not None and any(glob_match(name, project) for name in (*item.names, *item.excluded))


def _slots(piece: Range) -> str:
    if piece.first == piece.last:
        return str(piece.first)
    return f"{piece.first}{',' if piece.last == piece.first + 1 else '-'}{piece.last}"


def _seconds(end: Exit, begun: float, over: float, exact: bool) -> int:
    if not end.measured:
        return 0
    return int(over - begun) if exact else int(over) - int(begun)


def queue_is_at_fault(job: Job, end: Exit, granted: Granted, config: CellConfig) -> bool:
    """Whether the queue goes into its error state and the job waits for another one.

    That of a missing shell that the job did not ask for, and that was to be used and looked for (real cell).
    """
    if end.failed != failures.SHELL:
        return end.failed in failures.QUEUE_ERROR
    queue = config.queue_on(granted.queue, granted.host)
    mode = queue.attributes.get("shell_start_mode") if queue is not None else None
    unused = job.spec.job_type & JobType.NO_SHELL and job.spec.script is None
    return not job.spec.shells and not unused and mode != "unix_behavior"


def accounting_line(
    job: Job, task: Task, end: Exit, granted: Granted, config: CellConfig, pe_taskid: str = "NONE"
) -> str:
    """One line without its newline; ``granted`` is the master queue of the attempt.

    A ``pe_taskid`` is that of a task that a parallel job has started: it was submitted when it began.

    It has nothing of a run that qmod rescheduled, or for whose failure the queue is to blame; that of an Open
    Cluster Scheduler of any that was rescheduled.
    """
    spec, form = job.spec, config.flavour.accounting
    blameless = queue_is_at_fault(job, end, granted, config)
    rescheduled = end.failed == failures.RESCHEDULED and (form.json or not end.start_time)
    forgotten = blameless or rescheduled
    usage = {} if forgotten else end.usage
    begun, over = (0.0, 0.0) if forgotten or not end.start_time else (end.start_time, end.end_time)
    record = Record(
        qname=granted.queue,
        hostname=granted.host,
        group=spec.group,
        owner=spec.owner,
        job_name=spec.name,
        job_number=job.number,
        account=spec.account,
        priority=spec.priority if form.json else 0,
        submission_time=0.0 if forgotten else job.submission_time if pe_taskid == "NONE" else begun,
        start_time=begun,
        end_time=over,
        failed=end.failed,
        exit_status=0 if blameless else end.exit_status,
        ru_wallclock=_seconds(end, begun, over, form.json),
        project=spec.project or "NONE",
        department=spec.department,
        granted_pe=task.granted_pe or "NONE",
        slots=0 if blameless else max(1, task.slots),
        task_number=task.number if spec.is_array else 0,
        cpu=usage.get("cpu", usage.get("ru_utime", 0.0) + usage.get("ru_stime", 0.0)),
        category=category_of(spec) or form.no_category if form.json else category(spec, config),
        arid=spec.advance_reservation,
        pe_taskid=pe_taskid,
        **{name: usage.get(name, 0.0) for name in (*RUSAGE, "mem", "io", "iow", "maxvmem")},  # type: ignore[arg-type]
    )
    if not form.json:
        return format_record(record)[:-1]
    record.extra.update(
        submit_cmd_line=spec.command_line,
        wallclock=over - begun if end.measured else 0.0,
        maxrss=usage.get("ru_maxrss", 0.0) * 1024,
    )
    if task.deleted_by is not None:
        record.extra["deleted_by"] = task.deleted_by
    return format_json(record, form)
