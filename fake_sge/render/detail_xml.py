"""``qstat -j -xml``: the qmaster's own lists, element names and defects included."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Callable

from ..model import CellConfig, Job, Resource, SchedulingMessage, Status, Task
from ..model.flavours import Flavour
from ..model.values import number_of
from .detail_resources import (
    CONSUMABLES,
    VALUE_TYPES,
    binding_of,
    consumable,
    finished_usage,
    value_type,
)
from .elements import (
    HEAD,
    Entries,
    Rows,
    addresses,
    arguments,
    block,
    jobs,
    leaf,
    member,
    names_of_jobs,
    opening,
    paths,
    queues,
    ranges,
    variables,
)
from .formats import Clock, finished

LAST_OWN_MESSAGE = 25  # messages up to this number are made for one job, the others for all that they concern
CLEAN_UP_MESSAGE = 44  # its job list is named "job ids", blank included (qstat.j_xml_job_ids_tag)

# The members of a job in their order; qstat asks for the requested predecessors twice.
_FIRST = (
    *("JB_job_number", "JB_ar", "JB_exec_file", "JB_submission_time", "JB_owner", "JB_uid", "JB_group"),
    *("JB_gid", "JB_account", "JB_merge_stderr", "JB_mail_list", "JB_project", "JB_notify", "JB_job_name"),
    *("JB_stdout_path_list", "JB_jobshare"),
)
PROGRAM = (
    *("JB_shell_list", "JB_env_list", "JB_job_args", "JB_script_file", "JB_ja_tasks", "JB_context"),
    *("JB_cwd", "JB_stderr_path_list", "JB_jid_predecessor_list"),
)
SETTINGS = (
    *("JB_deadline", "JB_execution_time", "JB_checkpoint_name", "JB_checkpoint_attr"),
    *("JB_checkpoint_interval", "JB_directive_prefix", "JB_reserve", "JB_mail_options"),
    *("JB_stdin_path_list", "JB_priority", "JB_restart", "JB_verify"),
)
PARALLEL = ("JB_script_size", "JB_pe", "JB_pe_range", "JB_jid_request_list")
LAST = (
    *("JB_verify_suitable_queues", "JB_soft_wallclock_gmt", "JB_hard_wallclock_gmt"),
    *("JB_override_tickets", "JB_version", "JB_ja_structure"),
)
ORDER = (
    *(*_FIRST, "JB_hard_resource_list", "JB_soft_resource_list", "JB_hard_queue_list"),
    *("JB_soft_queue_list", *PROGRAM, "JB_ja_ad_predecessor_list", "JB_jid_request_list"),
    *("JB_ja_ad_request_list", "JB_jid_successor_list", "JB_ja_ad_successor_list", *SETTINGS),
    *("JB_master_hard_queue_list", *PARALLEL, *LAST, "JB_type", "JB_binding"),
    *("JB_ja_task_concurrency", "JB_nurg"),
)

# Members that show a field of what was submitted as it is.
_AS_SUBMITTED = {
    "JB_ar": "advance_reservation",
    "JB_job_name": "name",
    "JB_checkpoint_name": "checkpoint",
    "JB_verify_suitable_queues": "verify_suitable",
    "JB_ja_task_concurrency": "max_concurrent",
    **{
        f"JB_{field}": field
        for field in (
            *("owner", "uid", "group", "gid", "account", "merge_stderr", "project", "notify", "jobshare"),
            *("cwd", "checkpoint_attr", "checkpoint_interval", "reserve", "mail_options", "pe"),
        )
    },
}
_RESOURCES = ("hard_resources", "soft_resources")
_ZEROS = ("JB_script_size", "JB_soft_wallclock_gmt", "JB_hard_wallclock_gmt")

Dependents = Callable[[Job], tuple[Sequence[int], Sequence[int]]]  # successors by -hold_jid and -hold_jid_ad


class JobDetails:
    """Writes jobs as detailed_job_info."""

    order: Sequence[str] = ORDER
    task_tag = "ulong_sublist"
    argument_ids = False

    def __init__(
        self,
        flavour: Flavour,
        config: CellConfig,
        server: Clock,
        dependents: Dependents,
        binding: bool = True,
    ) -> None:
        self._flavour = flavour
        self._config = config
        self._server = server
        self._successors = dependents
        self._binding = binding

    def document(self, jobs: Sequence[Job], messages: Sequence[SchedulingMessage]) -> str:
        """The whole document."""
        info = block(1, "djob_info", [self.job(job) for job in jobs])
        notes = f"  <messages>\n    <element>\n{messages_rows(messages, 3)}    </element>\n  </messages>\n"
        root = opening(self._flavour, "detailed_job_info", "detailed_job_info")
        return finished(self._flavour, f"{root}{info}{notes}</detailed_job_info>\n")

    def job(self, job: Job) -> str:
        """One ``element`` of djob_info."""
        values = self.values(job)
        return block(2, "element", [member(tag, values.get(tag)) for tag in self.order])

    def values(self, job: Job) -> dict[str, object]:
        """The members of a job by their tags; None for no member."""
        return {
            **{tag: getattr(job.spec, field) for tag, field in _AS_SUBMITTED.items()},
            **dict.fromkeys(_ZEROS, 0),
            **self._numbers(job),
            **self._requests(job),
            **self._relations(job),
        }

    def _numbers(self, job: Job) -> dict[str, object]:
        """What the qmaster made of the job, and what it prints in another form than it was submitted."""
        spec, script = job.spec, not job.script_deleted
        return {
            "JB_job_number": job.number,
            "JB_exec_file": f"job_scripts/{job.number}" if script else None,
            "JB_script_file": spec.command or None if script else None,
            "JB_submission_time": int(job.submission_time),
            "JB_deadline": int(spec.deadline),
            "JB_execution_time": int(spec.execution_time),
            "JB_priority": spec.priority + 1024,
            "JB_restart": int(spec.rerun),
            "JB_verify": int(spec.verify),
            "JB_type": int(spec.job_type),
            "JB_directive_prefix": dict(spec.extra).get("directive_prefix"),
            "JB_override_tickets": job.spec.override_tickets,
            "JB_version": job.version,
            "JB_nurg": f"{job.normalised_urgency:f}",
            "JB_binding": self._binding_rows(job) if self._binding else None,
        }

    def _requests(self, job: Job) -> dict[str, object]:
        spec = job.spec
        lists: dict[str, tuple[str, Callable[..., Entries]]] = {
            **{f"JB_{name}_path_list": (f"{name}_paths", paths) for name in ("stdin", "stdout", "stderr")},
            **{f"JB_{kind}_queue_list": (f"{kind}_queues", queues) for kind in ("hard", "soft")},
            "JB_master_hard_queue_list": ("master_queues", queues),
            "JB_shell_list": ("shells", paths),
        }
        return {
            **{tag: _altered(job, field, rows(getattr(spec, field))) for tag, (field, rows) in lists.items()},
            **{f"JB_{field[:-1]}_list": self._resources(job, field) for field in _RESOURCES},
            "JB_mail_list": _altered(job, "mail_to", addresses(job)),
            "JB_env_list": _altered(job, "env", variables("job_sublist", spec.env)),
            "JB_job_args": arguments(spec.args, self.argument_ids),
            "JB_context": variables("context_list", spec.context),
            "JB_pe_range": _altered(job, "pe_ranges", ranges("ranges", spec.pe_ranges)),
        }

    def _relations(self, job: Job) -> dict[str, object]:
        """Its tasks, and the jobs that it waits for or that wait for it."""
        spec = job.spec
        after, after_tasks = self._successors(job)
        requested = names_of_jobs(spec.hold_jid)
        return {
            "JB_ja_structure": ranges("task_id_range", [spec.array]),
            "JB_ja_tasks": (self.task_tag, [self._task(job, task) for task in job.tasks.values()]),
            "JB_jid_predecessor_list": jobs("job_predecessors", job.predecessors),
            "JB_ja_ad_predecessor_list": jobs("job_predecessors_ad", job.predecessors_ad),
            "JB_jid_request_list": _altered(job, "hold_jid", requested, "requested_jid_list"),
            "JB_ja_ad_request_list": jobs("element", [0] * len(spec.hold_jid_ad)),
            "JB_jid_successor_list": jobs("ulong_sublist", after),
            "JB_ja_ad_successor_list": jobs("ulong_sublist", after_tasks),
        }

    def _resources(self, job: Job, field: str) -> Entries:
        resources: Sequence[Resource] = getattr(job.spec, field)
        rows = [self._resource(name, value, self._tag(job, field, name)) for name, value in resources]
        return _altered(job, field, ("qstat_l_requests", rows))

    def _resource(self, name: str, value: str, tagged: int) -> Rows:
        kind = value_type(self._config, name)
        return [
            leaf(5, "CE_name", name),
            leaf(5, "CE_valtype", VALUE_TYPES[kind]),
            leaf(5, "CE_stringval", value),
            leaf(5, "CE_doubleval", self._number(min(number_of(value, kind) or 0.0, sys.float_info.max))),
            leaf(5, "CE_relop", 0),
            leaf(5, "CE_consumable", CONSUMABLES[consumable(self._config, name)]),
            leaf(5, "CE_dominant", 0),
            leaf(5, "CE_pj_doubleval", self._number(0.0)),
            *(leaf(5, f"CE_{field}", 0) for field in ("pj_dominant", "requestable")),
            leaf(5, "CE_tagged", tagged),
        ]

    def _number(self, value: float) -> str:
        return f"{value:f}"

    def _tag(self, job: Job, field: str, name: str) -> int:
        """Left over from a verification at submission: 1 found in a queue, 2 at a host (w2.j_big_xml)."""
        if not job.verified or field in job.altered:
            return 0
        if any(name in queue.attributes for queue in self._config.queues.values()):
            return 1
        return 2 if field == "hard_resources" else 0

    def _task(self, job: Job, task: Task) -> Rows:
        usage = task.usage
        if task.status is Status.FINISHED and task.finish is not None:
            usage = finished_usage(job, task, task.finish)
        return [
            leaf(5, "JAT_status", int(task.status)),
            leaf(5, "JAT_task_number", task.number),
            self._usage("scaled", {name: f"{value:f}" for name, value in usage.items()}),
            self._notes(task),
            leaf(5, "JAT_start_time", int(task.start_time)),
            leaf(5, "JAT_ntix", f"{task.normalised_tickets:f}"),
        ]

    @staticmethod
    def _usage(item: str, usage: Mapping[str, str]) -> str:
        rows = [
            block(6, item, [leaf(7, "UA_name", name), leaf(7, "UA_value", value)])
            for name, value in usage.items()
        ]
        return block(5, "JAT_scaled_usage_list", rows)

    def _notes(self, task: Task) -> str:
        """Why it could not start."""
        notes = (self._server.reason(when, text) for when, text in zip(task.error_times, task.errors))
        rows = [
            block(6, "ulong_sublist", [leaf(7, "QIM_type", 1), leaf(7, "QIM_message", note)])
            for note in notes
        ]
        return block(5, "JAT_message_list", rows)

    @staticmethod
    def _binding_rows(job: Job) -> Entries:
        parts = binding_of(job.spec.binding)
        rows = [
            leaf(5, "BN_strategy", parts.strategy),
            leaf(5, "BN_type", parts.type),
            leaf(5, "BN_parameter_n", parts.amount),
            leaf(5, "BN_parameter_socket_offset", parts.socket),
            leaf(5, "BN_parameter_core_offset", parts.core),
            leaf(5, "BN_parameter_striding_step_size", parts.step),
            "" if parts.explicit is None else leaf(5, "BN_parameter_explicit", parts.explicit),
        ]
        return _altered(job, "binding", ("binding" if job.spec.binding else "element", [rows]))


def _altered(job: Job, field: str, entries: Entries, tag: str = "element") -> Entries:
    """A list with the tag that qalter gives its members."""
    return (tag, entries[1]) if field in job.altered else entries


def _message(depth: int, message: SchedulingMessage, item: str) -> str:
    jobs = [block(depth + 2, item, [leaf(depth + 3, "ULNG_value", number)]) for number in message.jobs]
    return block(
        depth,
        "element",
        [
            block(depth + 1, "MES_job_number_list", jobs),
            leaf(depth + 1, "MES_message_number", message.number),
            leaf(depth + 1, "MES_message", message.text),
        ],
    )


def messages_rows(messages: Sequence[SchedulingMessage], depth: int) -> str:
    """The lists of messages of jobs, then the global ones, without the element around them.

    The job list of the second and further messages of a job has another tag (w5.j_xml).
    """
    own: list[str] = []
    seen: set[int] = set()
    for message in messages:
        if not message.jobs:
            continue
        item = "job ids" if message.number == CLEAN_UP_MESSAGE else "ulong_sublist"
        if message.number <= LAST_OWN_MESSAGE:
            item = "element" if seen.intersection(message.jobs) else item
            seen.update(message.jobs)
        own.append(_message(depth + 1, message, item))
    common = [_message(depth + 1, message, "") for message in messages if not message.jobs]
    return block(depth, "SME_message_list", own) + block(depth, "SME_global_message_list", common)


def all_messages(flavour: Flavour, messages: Sequence[SchedulingMessage]) -> str:
    """``qstat -j -xml`` without a job."""
    root = opening(flavour, "message", "message")
    return finished(flavour, f"{root}  <element>\n{messages_rows(messages, 2)}  </element>\n</message>\n")


def unknown_jobs(flavour: Flavour, words: Sequence[str]) -> str:
    """The answer for jobs that are not there."""
    if flavour.malformed:
        rows = "".join(block(1, "", [leaf(2, "ST_name", word), leaf(2, "ST_id", 0)]) for word in words)
        return finished(flavour, f"{opening(flavour, 'unknown_jobs', 'qstat')}{rows}</unknown_jobs>\n")
    rows = "".join(leaf(2, "ST_name", word) for word in words)
    return finished(flavour, f"{HEAD}<unknown_jobs >\n{rows}</unknown_jobs>\n")


def communication_error(text: str) -> str:
    """The answer when there is no qmaster; spelt as Grid Engine does."""
    rows = leaf(2, "AN_status", 11) + leaf(2, "AN_text", text) + leaf(2, "AN_quality", 1)
    return f"{HEAD}<comunication_error >\n{rows}</comunication_error>\n"


def no_scheduler(text: str) -> str:
    """The answer to ``qstat -j`` alone when there is no scheduler (real cell)."""
    rows = leaf(4, "AN_status", 2) + leaf(4, "AN_text", text) + leaf(4, "AN_quality", 1)
    return f"{HEAD}<comunication_error >\n  <element>\n{rows}  </element>\n</comunication_error>\n"
