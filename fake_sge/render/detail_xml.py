"""``qstat -j -xml``: the qmaster's own lists, element names and defects included."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Callable

from ..model import CellConfig, Job, Resource, SchedulingMessage, Status, Task
from ..model.flavours import Flavour
from ..model.values import number_of
from .detail_resources import VALUE_TYPES, binding_of, finished_usage, value_type
from .elements import (
    HEAD,
    Rows,
    argument_list,
    block,
    flag,
    leaf,
    list_of,
    mail_list,
    number_list,
    opening,
    pair_list,
    path_list,
    queue_list,
    range_list,
)
from .formats import Clock

LAST_OWN_MESSAGE = 25  # messages up to this number are made for one job, the others for all that they concern
CLEAN_UP_MESSAGE = 44  # its job list is named "job ids", blank included (qstat.j_xml_job_ids_tag)

Dependents = Callable[[Job], tuple[Sequence[int], Sequence[int]]]  # successors by -hold_jid and -hold_jid_ad


class JobDetails:
    """Writes jobs as detailed_job_info."""

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
        return (
            opening(self._flavour, "detailed_job_info", "detailed_job_info")
            + f"{info}{notes}</detailed_job_info>\n"
        )

    def job(self, job: Job) -> str:
        """One ``element`` of djob_info."""
        return block(
            2,
            "element",
            [
                *self._head(job),
                *self._requests(job),
                *self._relations(job),
                *self._settings(job),
                *self._tail(job),
            ],
        )

    def _head(self, job: Job) -> Rows:
        spec = job.spec
        return [
            leaf(3, "JB_job_number", job.number),
            leaf(3, "JB_ar", spec.advance_reservation),
            "" if job.script_deleted else leaf(3, "JB_exec_file", f"job_scripts/{job.number}"),
            leaf(3, "JB_submission_time", int(job.submission_time)),
            leaf(3, "JB_owner", spec.owner),
            leaf(3, "JB_uid", spec.uid),
            leaf(3, "JB_group", spec.group),
            leaf(3, "JB_gid", spec.gid),
            leaf(3, "JB_account", spec.account),
            flag(3, "JB_merge_stderr", spec.merge_stderr),
            mail_list(job, spec.mail_to),
            leaf(3, "JB_project", spec.project) if spec.project is not None else "",
            flag(3, "JB_notify", spec.notify),
            leaf(3, "JB_job_name", spec.name),
            path_list("JB_stdout_path_list", spec.stdout_paths),
            leaf(3, "JB_jobshare", spec.jobshare),
        ]

    def _requests(self, job: Job) -> Rows:
        spec = job.spec
        return [
            self._resources(job, "JB_hard_resource_list", spec.hard_resources),
            self._resources(job, "JB_soft_resource_list", spec.soft_resources),
            queue_list("JB_hard_queue_list", spec.hard_queues),
            queue_list("JB_soft_queue_list", spec.soft_queues),
            path_list("JB_shell_list", spec.shells),
            pair_list("JB_env_list", "job_sublist", spec.env),
            argument_list(spec.args, ids=False),
            "" if job.script_deleted or not spec.command else leaf(3, "JB_script_file", spec.command),
            block(3, "JB_ja_tasks", [self._task(job, job.tasks[number]) for number in sorted(job.tasks)]),
            pair_list("JB_context", "context_list", spec.context),
            leaf(3, "JB_cwd", spec.cwd) if spec.cwd is not None else "",
            path_list("JB_stderr_path_list", spec.stderr_paths),
        ]

    def _resources(self, job: Job, tag: str, resources: Sequence[Resource]) -> str:
        field = "hard_resources" if tag == "JB_hard_resource_list" else "soft_resources"
        rows = (self._resource(name, value, self._tag(job, tag, name)) for name, value in resources)
        return list_of(tag, "element" if field in job.altered else "qstat_l_requests", rows)

    def _resource(self, name: str, value: str, tagged: int) -> Rows:
        kind = value_type(self._config, name)
        return [
            leaf(5, "CE_name", name),
            leaf(5, "CE_valtype", VALUE_TYPES[kind]),
            leaf(5, "CE_stringval", value),
            leaf(5, "CE_doubleval", self._number(min(number_of(value, kind) or 0.0, sys.float_info.max))),
            *(leaf(5, f"CE_{field}", 0) for field in ("relop", "consumable", "dominant")),
            leaf(5, "CE_pj_doubleval", self._number(0.0)),
            *(leaf(5, f"CE_{field}", 0) for field in ("pj_dominant", "requestable")),
            leaf(5, "CE_tagged", tagged),
        ]

    def _number(self, value: float) -> str:
        return f"{value:f}"

    def _tag(self, job: Job, tag: str, name: str) -> int:
        """Left over from a verification at submission: 1 found in a queue, 2 at a host (w2.j_big_xml)."""
        if not job.spec.verify_suitable:
            return 0
        if any(name in queue.attributes for queue in self._config.queues.values()):
            return 1
        return 2 if tag == "JB_hard_resource_list" else 0

    def _task(self, job: Job, task: Task) -> str:
        usage = task.usage
        if task.status is Status.FINISHED and task.finish is not None:
            usage = finished_usage(job, task, task.finish)
        notes = [f"{self._server.reason(when)} {text}" for when, text in zip(task.error_times, task.errors)]
        return block(
            4,
            "ulong_sublist",
            [
                leaf(5, "JAT_status", int(task.status)),
                leaf(5, "JAT_task_number", task.number),
                block(
                    5,
                    "JAT_scaled_usage_list",
                    [
                        block(6, "scaled", [leaf(7, "UA_name", name), leaf(7, "UA_value", f"{value:f}")])
                        for name, value in usage.items()
                    ],
                ),
                block(
                    5,
                    "JAT_message_list",
                    [
                        block(6, "ulong_sublist", [leaf(7, "QIM_type", 1), leaf(7, "QIM_message", note)])
                        for note in notes
                    ],
                ),
                leaf(5, "JAT_start_time", int(task.start_time)),
                leaf(5, "JAT_ntix", f"{task.normalised_tickets:f}"),
            ],
        )

    @staticmethod
    def _requested_predecessors(job: Job) -> str:
        rows = ([leaf(5, "JRE_job_number", 0), leaf(5, "JRE_job_name", word)] for word in job.spec.hold_jid)
        return list_of("JB_jid_request_list", "element", rows)

    def _relations(self, job: Job) -> Rows:
        return [
            number_list("JB_jid_predecessor_list", "job_predecessors", job.predecessors),
            number_list("JB_ja_ad_predecessor_list", "job_predecessors_ad", job.predecessors_ad),
            self._requested_predecessors(job),
            number_list("JB_ja_ad_request_list", "element", [0] * len(job.spec.hold_jid_ad)),
            number_list("JB_jid_successor_list", "ulong_sublist", self._successors(job)[0]),
            number_list("JB_ja_ad_successor_list", "ulong_sublist", self._successors(job)[1]),
        ]

    def _settings(self, job: Job) -> Rows:
        spec = job.spec
        prefix = dict(spec.extra).get("directive_prefix")
        return [
            leaf(3, "JB_deadline", int(spec.deadline)),
            leaf(3, "JB_execution_time", int(spec.execution_time)),
            leaf(3, "JB_checkpoint_name", spec.checkpoint) if spec.checkpoint is not None else "",
            leaf(3, "JB_checkpoint_attr", spec.checkpoint_attr),
            leaf(3, "JB_checkpoint_interval", spec.checkpoint_interval),
            leaf(3, "JB_directive_prefix", prefix) if prefix is not None else "",
            flag(3, "JB_reserve", spec.reserve),
            leaf(3, "JB_mail_options", spec.mail_options),
            path_list("JB_stdin_path_list", spec.stdin_paths),
            leaf(3, "JB_priority", spec.priority + 1024),
            leaf(3, "JB_restart", int(spec.rerun)),
            leaf(3, "JB_verify", int(spec.verify)),
            queue_list("JB_master_hard_queue_list", spec.master_queues),
            leaf(3, "JB_script_size", 0),
            leaf(3, "JB_pe", spec.pe) if spec.pe is not None else "",
            range_list("JB_pe_range", "ranges", spec.pe_ranges),
            self._requested_predecessors(job),  # the same list a second time, as qstat asks for it twice
        ]

    def _tail(self, job: Job) -> Rows:
        spec = job.spec
        return [
            leaf(3, "JB_verify_suitable_queues", spec.verify_suitable),
            leaf(3, "JB_soft_wallclock_gmt", 0),
            leaf(3, "JB_hard_wallclock_gmt", 0),
            leaf(3, "JB_override_tickets", job.override_tickets),
            leaf(3, "JB_version", job.version),
            range_list("JB_ja_structure", "task_id_range", [spec.array]),
            leaf(3, "JB_type", int(spec.job_type)),
            self._binding_rows(job) if self._binding else "",
            leaf(3, "JB_ja_task_concurrency", spec.max_concurrent),
            leaf(3, "JB_nurg", f"{job.normalised_urgency:f}"),
        ]

    @staticmethod
    def _binding_rows(job: Job) -> str:
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
        return list_of("JB_binding", "binding" if job.spec.binding else "element", [rows])


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
    return f"{root}  <element>\n{messages_rows(messages, 2)}  </element>\n</message>\n"


def unknown_jobs(flavour: Flavour, words: Sequence[str]) -> str:
    """The answer for jobs that are not there."""
    if flavour.malformed:
        rows = "".join(block(1, "", [leaf(2, "ST_name", word), leaf(2, "ST_id", 0)]) for word in words)
        return f"{opening(flavour, 'unknown_jobs', 'qstat')}{rows}</unknown_jobs>\n"
    rows = "".join(leaf(2, "ST_name", word) for word in words)
    return f"{HEAD}<unknown_jobs >\n{rows}</unknown_jobs>\n"


def communication_error(text: str) -> str:
    """The answer when there is no qmaster; spelt as Grid Engine does."""
    rows = leaf(2, "AN_status", 11) + leaf(2, "AN_text", text) + leaf(2, "AN_quality", 1)
    return f"{HEAD}<comunication_error >\n{rows}</comunication_error>\n"
