"""Whether a job is taken: what the qmaster checks, in its order, and what it answers.

Grid Engine goes on to the second group of checks after a refusal in the first, so that a submission can be
refused with two lines (real cell: ``-N a:b -q x``). A refused job uses up a number when the second group
was reached.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from ..lighter import Any, field, record
from ..model import CHECKPOINT_BITS, CellConfig, HostPath, Job, JobSpec, JobType, Resource, names
from ..model.access_lists import admits, names_of
from ..model.expressions import unreadable
from ..model.globs import glob_match
from ..model.values import TEXT_TYPES, TYPE_WORDS, number_of
from .matching import names_a_queue
from .state import CellState

ANSWER_LOST = "Error reading answer list from qmaster"
_NO_CHECKPOINT = CHECKPOINT_BITS["n"]


@record
class Admission:
    """Lines of refusal (empty: none), whether a job number is used up, the job as it is stored."""

    spec: JobSpec
    lines: list[str] = field(default_factory=list)
    uses_number: bool = False
    code: int = 1


class NotAdmitted(Exception):
    """A check failed with these lines."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = list(lines)


def judge(spec: JobSpec, state: CellState) -> Admission:
    """Check a submission. Not yet: whether a queue suits (-w), and what comes after that (:func:`late`)."""
    config = state.config
    verdict = Admission(spec)
    try:
        _at_once(spec, config)
        try:
            _first(spec, config)
        except NotAdmitted as refused:
            verdict.lines = refused.lines
        account = "" if verdict.lines else names.refuse_account(spec.account)
        if account:
            raise NotAdmitted(account)
        if not verdict.lines:
            verdict.lines = _name_and_size(spec, config)
        verdict.uses_number = True
        verdict.spec = _second(spec, state, verdict)
    except NotAdmitted as refused:
        verdict.lines += refused.lines
    return verdict


def late(spec: JobSpec, state: CellState) -> list[str]:
    """What is checked after -w: priority and dependencies."""
    try:
        config = state.config
        if line := _refuse_priority(spec, config):
            raise NotAdmitted(line)
        check_predecessors(spec.hold_jid, 0)
        check_array_predecessors(spec, state.jobs)
    except NotAdmitted as refused:
        return refused.lines
    if config.flavour.unspoolable_names and names.is_unspoolable(spec.name):
        return [ANSWER_LOST]
    return []


def _at_once(spec: JobSpec, config: CellConfig) -> None:
    if spec.submit_host not in config.submit_hosts:
        raise NotAdmitted(config.flavour.wording.no_submit_host.format(spec.submit_host))
    if not spec.name:
        raise NotAdmitted("job rejected cause there is no job_name in the request")
    if spec.is_array and spec.array.last >= 1 << 31 and spec.array.last > spec.array.first:
        raise NotAdmitted("The input value for an argument is invalid.")
    _refuse_object(spec.project)
    if config.flavour.unspoolable_names and names.is_unspoolable(spec.account):
        raise NotAdmitted(ANSWER_LOST)
    _refuse_object(spec.checkpoint)
    _refuse_object(spec.pe, is_pattern=True)
    if spec.max_concurrent and not spec.is_array:
        raise NotAdmitted('invalid "task concurrency" value in job request')
    paths = (*spec.stdout_paths, *spec.stdin_paths, *spec.shells, *spec.stderr_paths)
    if any(not entry.path for entry in paths):
        raise NotAdmitted("paths may not be empty strings")
    if spec.script is not None and b"\0" in spec.script:
        if spec.script.startswith(b"\0"):
            raise NotAdmitted('object attribute "JB_script_size" may only be 0')
        raise NotAdmitted("Script length does not match declared length")


def _refuse_object(name: str | None, is_pattern: bool = False) -> None:
    if name is not None and (refusal := names.refuse_object_name(name, is_pattern)):
        raise NotAdmitted(refusal)


def _first(spec: JobSpec, config: CellConfig) -> None:
    settings = config.global_config
    for number, kind in ((spec.uid, "user"), (spec.gid, "group")):
        limit = int(settings.get(f"min_{kind[0]}id", "0"))
        if number < limit:
            raise NotAdmitted(
                f"job rejected: your {kind} id {number} is lower than minimum {kind} id {limit} "
                "of cluster configuration"
            )
    if spec.master_queues and spec.pe is None:
        raise NotAdmitted("job rejected: specification of master queue is not allowed for non-parallel jobs")
    if spec.is_array and spec.array.first == 0:
        raise NotAdmitted("job rejected: 0 is an invalid task id")
    lines = [
        line
        for paths in (spec.stdout_paths, spec.stdin_paths, spec.shells, spec.stderr_paths)
        for line in refuse_paths(paths, config)
    ]
    if lines:
        raise NotAdmitted(*lines)
    if not spec.job_type & JobType.BINARY and not spec.script:
        raise NotAdmitted("job rejected: no script in your request")
    if spec.binding is not None and _inconsistency(spec.binding):
        raise NotAdmitted(_inconsistency(spec.binding))


def _name_and_size(spec: JobSpec, config: CellConfig) -> list[str]:
    refusal = names.refuse_job_name(spec.name)
    limit = int(config.global_config.get("max_aj_tasks", "0"))
    if not refusal and spec.is_array and 0 < limit < len(spec.array.ids()):
        refusal = config.flavour.wording.many_tasks.format(limit)
    return [refusal] if refusal else []


def refuse_paths(paths: Sequence[HostPath], config: CellConfig) -> list[str]:
    """The refusal of a path list: an unknown host, two paths for one host."""
    hosts = []
    for _, host in paths:
        if host is not None and not known_host(host, config):
            return [f'can\'t resolve hostname "{host}"']
        hosts.append(host)
    return ["ERROR! two files are specified for the same host"] if len(set(hosts)) < len(hosts) else []


def known_host(host: str, config: CellConfig) -> bool:
    """Whether a host name can be resolved: a host of the cell, or the machine itself."""
    return host in (*config.known_hosts, *config.other_hosts, "localhost")


def _second(spec: JobSpec, state: CellState, verdict: Admission) -> JobSpec:
    config = state.config
    _limits(spec, state, verdict)
    meant = _meant(spec, config)
    if any(getattr(spec, name) != value for name, value in meant.items()):  # many jobs can share one
        spec = spec._replace(**meant)
    lines = check_queues((*spec.hard_queues,), config)
    for queues in (spec.soft_queues, spec.master_queues):
        lines = lines or check_queues(queues, config)
    if lines:
        if config.flavour.suitability_after_queues and spec.verify_suitable == 2:
            lines.append("error: no suitable queues")
        raise NotAdmitted(*lines)
    if spec.pe is not None:
        if not matching_pes(spec.pe, config):
            raise NotAdmitted(f'job rejected: the requested parallel environment "{spec.pe}" does not exist')
        check_slots(spec)
    _checkpoint(spec, config)
    warnings = in_no_queue(spec, state)
    try:
        _accounts(spec, config)
    except NotAdmitted as refused:
        raise NotAdmitted(*warnings, *refused.lines) from None
    if verdict.lines:
        line = _refuse_priority(spec, config)
        raise NotAdmitted(*warnings, *([line] if line else []))
    return spec


def _meant(spec: JobSpec, config: CellConfig) -> dict[str, Any]:
    """Requests as they are stored: names in full, hosts by their own name. Raises NotAdmitted."""
    queues = ("hard_queues", "soft_queues", "master_queues")
    paths = ("stdin_paths", "stdout_paths", "stderr_paths", "shells")
    return {
        "hard_resources": check_resources(spec.hard_resources, config),
        "soft_resources": check_resources(spec.soft_resources, config, soft=True),
        **{name: tuple(config.queue_named(word) for word in getattr(spec, name)) for name in queues},
        **{name: named_hosts(getattr(spec, name), config) for name in paths},
    }


def named_hosts(paths: Sequence[HostPath], config: CellConfig) -> tuple[HostPath, ...]:
    """Paths with the hosts that they mean."""
    return tuple(HostPath(path, host and config.host_named(host)) for path, host in paths)


def _refuse_priority(spec: JobSpec, config: CellConfig) -> str:
    """The refusal of a priority; given beside one of the first group, too (real cell: ``-t 0 -p 5``)."""
    if spec.priority > 0 and not config.is_operator(spec.owner):
        return "job rejected: positive submission priority requires operator privileges"
    return ""


def in_no_queue(spec: JobSpec, state: CellState) -> list[str]:
    """The warning with which a job is taken although no queue would run it; its hosts do not matter."""
    names = names_of(spec)
    if any(admits(item.queue.attributes, names, state.config) for item in state.instances.values()):
        return []
    return [state.config.flavour.wording.no_queue.format(spec.owner)]


def _limits(spec: JobSpec, state: CellState, verdict: Admission) -> None:
    config, settings = state.config, state.config.global_config
    most, most_of_user = int(settings["max_jobs"]), int(settings["max_u_jobs"])
    verdict.code = config.flavour.full_code
    if len(state.jobs) >= (most or config.max_job_number) or state.active_of.get(spec.owner, 0) >= (
        most_of_user or config.max_job_number
    ):  # jobs that have ended but are still known do not count
        alive = [job.owner for job in state.jobs.values() if not job.is_over]
        own = alive.count(spec.owner)
        if most and len(alive) >= most:
            raise NotAdmitted(config.flavour.wording.full_cluster.format(most))
        if most_of_user and own >= most_of_user and spec.verify_suitable < 3:
            raise NotAdmitted(config.flavour.wording.full_user.format(most_of_user, own))
        if len(state.jobs) >= config.max_job_number:
            raise NotAdmitted(config.flavour.wording.full_cluster.format(config.max_job_number))
    verdict.code = 1
    if not admits(settings, names_of(spec), config):
        raise NotAdmitted(f"job rejected: {spec.owner}@{spec.submit_host} is not allowed to submit jobs")


def check_resources(
    resources: Iterable[Resource], config: CellConfig, soft: bool = False
) -> tuple[Resource, ...]:
    """Requests with full names and with times in seconds. Raises NotAdmitted."""
    result: list[Resource] = []
    for name, value in resources:
        if (entry := config.complex_named(name)) is None:
            raise NotAdmitted(f'unknown resource "{name}"')
        if entry.requestable == "NO":
            raise NotAdmitted(f'resource "{entry.name}" configured as non requestable')
        if not value:
            raise NotAdmitted(f'denied: missing value for resource "{entry.name}"')
        if soft and entry.consumable != "NO":
            raise NotAdmitted(f'denied: soft requests on consumables like "{name}" are not supported')
        number = number_of(value, entry.type)
        if entry.consumable != "NO" and number is not None and number < 0:
            raise NotAdmitted(f'attribute "{entry.name}" is consumable but has a negative value')
        result.append(Resource(entry.name, _valued(entry.name, entry.type, value, config)))
    if any(resource.name == "qname" and "@" in resource.value for resource in result):
        raise NotAdmitted("Queue instance names are not allowed in -l resource requests")
    if any(resource.name == "slots" for resource in result):
        raise NotAdmitted('"job" denied: use parallel environments instead of requesting slots explicitly')
    return tuple({resource.name: resource for resource in result}.values())


def _valued(name: str, kind: str, value: str, config: CellConfig) -> str:
    """The value as it is kept: times in seconds."""
    if kind == "HOST" and not any(letter in value for letter in "*?[!|&") and not known_host(value, config):
        raise NotAdmitted(f'can\'t resolve hostname "{value}"')
    if kind in TEXT_TYPES:
        if problems := unreadable([value]):
            raise NotAdmitted(*problems)
        return config.host_named(value) if kind == "HOST" else value
    number = number_of(value, kind)
    if number is None:
        raise NotAdmitted(f'attribute "{name}" is not a {TYPE_WORDS[kind]} value')
    return f"{number:.0f}" if kind == "TIME" and math.isfinite(number) else value


def check_queues(queues: Sequence[str], config: CellConfig) -> list[str]:
    """A line for each queue pattern that names nothing."""
    lines = []
    for pattern in queues:
        if not names_a_queue(pattern, config):
            if pattern.endswith("@"):
                lines.append(f'No cluster queue or queue instance matches the phrase "{pattern}"')
            lines.append(f'Job was rejected because job requests unknown queue "{pattern}"')
    return lines


def matching_pes(name: str, config: CellConfig) -> list[str]:
    """Parallel environments that a name or glob means."""
    return [pe for pe in config.parallel_environments if glob_match(name, pe)]


def check_slots(spec: JobSpec) -> None:
    """Raises NotAdmitted when a slot range begins at 0."""
    if any(piece.first == 0 for piece in spec.pe_ranges):
        raise NotAdmitted('"job" rejected: pe range must be greater than zero')


def _checkpoint(spec: JobSpec, config: CellConfig) -> None:
    name, bits = spec.checkpoint, spec.checkpoint_attr
    if name is not None and name not in config.checkpoints:
        raise NotAdmitted(f'job rejected: the requested checkpointing environment "{name}" does not exist')
    if bits & _NO_CHECKPOINT and (bits & ~_NO_CHECKPOINT or name is not None):
        raise NotAdmitted('job rejected: checkpointing with "-c n" requested')
    if name is None and (bits & ~_NO_CHECKPOINT or spec.checkpoint_interval):
        raise NotAdmitted("checkpointing denied")


def _accounts(spec: JobSpec, config: CellConfig) -> None:
    settings = config.global_config
    if settings.get("enforce_user", "").lower() == "true" and spec.owner not in config.users:
        raise NotAdmitted(f'job rejected: the user "{spec.owner}" does not exist')
    check_project(spec.project, config)
    if spec.project is None and settings.get("enforce_project", "").lower() == "true":
        raise NotAdmitted("job rejected: no project assigned to job")
    if spec.deadline:
        check_deadline_user(spec.owner, config)
    if spec.advance_reservation:
        raise NotAdmitted(f"the advance reservation id {spec.advance_reservation} is invalid")


def check_project(project: str | None, config: CellConfig) -> None:
    """Raises NotAdmitted when a project does not exist."""
    if project is not None and project not in config.projects:
        raise NotAdmitted(f'job rejected: the requested project "{project}" does not exist')


def check_deadline_user(user: str, config: CellConfig) -> None:
    """Raises NotAdmitted when a user is not in the user set ``deadlineusers``."""
    if user not in config.members("deadlineusers"):
        raise NotAdmitted(config.flavour.wording.no_deadline_user.format(user))


def check_predecessors(words: Sequence[str], number: int) -> None:
    """Raises NotAdmitted for a -hold_jid entry that names a task, or the job itself."""
    for word in words:
        if word[:1].isdigit():
            if "." in word:
                raise NotAdmitted(f'denied: job "{word}" not found')
            if number and leading(word) == number:
                raise NotAdmitted(f"got own job id {number} in -hold_jid option")


def leading(word: str) -> int:
    """``atoi`` of a word that begins with a digit."""
    digits = word[: len(word) - len(word.lstrip("0123456789"))]
    return int(digits)


def find_jobs(word: str, jobs: Mapping[int, Job]) -> list[int]:
    """Numbers of the jobs that a word means: an id, a job name or a glob."""
    if word.isdigit():
        return [int(word)] if int(word) in jobs else []
    return [job.number for job in jobs.values() if glob_match(word, job.name)]


def check_is_array(spec: JobSpec) -> None:
    """Raises NotAdmitted for a job that cannot have or be an array predecessor."""
    if not spec.is_array:
        raise NotAdmitted('Can only specify "-hold_jid_ad" option with an array job (using "-t" option)')


def check_array_predecessors(spec: JobSpec, jobs: Mapping[int, Job], number: int = 0) -> None:
    """Raises NotAdmitted when -hold_jid_ad does not fit: no array, another range of tasks."""
    if not spec.hold_jid_ad:
        return
    check_is_array(spec)
    check_predecessors(spec.hold_jid_ad, number)
    for word in spec.hold_jid_ad:
        for found in find_jobs(word, jobs):
            before = jobs[found]
            if found == number:
                continue
            check_is_array(before.spec)
            if (before.spec.array.first, before.spec.array.last) != (spec.array.first, spec.array.last):
                raise NotAdmitted(
                    "This array job must have the same range of sub-tasks as the dependent array job "
                    "specified with -hold_jid_ad"
                )


def _inconsistency(value: str) -> str:
    """What the qmaster finds wrong with a well formed binding; "" when nothing.

    Observed: ``linear:0`` and ``striding:0:2``.
    """
    strategy = value.rsplit(" ", maxsplit=1)[-1]
    name, _, rest = strategy.partition(":")
    amount = rest.split(":")[0]
    if amount.lstrip("+0") == "" and amount:
        if name == "linear":
            return "job rejected: binding parameter not consistent with strategy (BN_parameter is n)"
        if name == "striding":
            return "job rejected: binding parameter not consistent with strategy (BN_parameter_n is 0)"
    return ""
