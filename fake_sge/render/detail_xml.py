"""``qstat -j -xml``: the qmaster's own lists, element names and defects included."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Callable

from ..model import CellConfig, HostPath, Job, MailTo, Range, Resource, SchedulingMessage, Status, Task
from ..model.values import number_of
from .detail_resources import VALUE_TYPES, binding_of, finished_usage, value_type
from .formats import Clock, xml_escape

HEAD = "<?xml version='1.0'?>\n"
SCHEMAS = "http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas/qstat"
LAST_OWN_MESSAGE = 25  # messages up to this number are made for one job, the others for all that they concern
CLEAN_UP_MESSAGE = 44  # its job list is named "job ids", blank included (qstat.j_xml_job_ids_tag)

Rows = list[str]
Dependents = Callable[[Job], tuple[Sequence[int], Sequence[int]]]  # successors by -hold_jid and -hold_jid_ad


def _leaf(depth: int, tag: str, value: object) -> str:
    text = xml_escape(value) if isinstance(value, str) else str(value)
    return f"{'  ' * depth}<{tag}>{text}</{tag}>\n"


def _flag(depth: int, tag: str, value: bool) -> str:
    return _leaf(depth, tag, "true" if value else "false")


def _block(depth: int, tag: str, rows: Iterable[str]) -> str:
    """An element with children; nothing without children."""
    body = "".join(rows)
    return f"{'  ' * depth}<{tag}>\n{body}{'  ' * depth}</{tag}>\n" if body else ""


def _list(tag: str, item: str, entries: Iterable[Rows]) -> str:
    """A list of a job: each entry is an element with its rows."""
    return _block(3, tag, [_block(4, item, rows) for rows in entries])


def _paths(tag: str, paths: Sequence[HostPath]) -> str:
    return _list(
        tag,
        "path_list",
        (
            [
                _leaf(5, "PN_path", piece.path),
                _leaf(5, "PN_host", piece.host or ""),
                _leaf(5, "PN_file_host", ""),
                _flag(5, "PN_file_staging", False),
            ]
            for piece in paths
        ),
    )


def _mail(job: Job, addresses: Sequence[MailTo]) -> str:
    """Addresses of -M are in ``mail_list`` elements, the default one in an ``element``."""
    default = tuple(addresses) == (MailTo(job.spec.owner, job.spec.submit_host),)
    rows = ([_leaf(5, "MR_user", user), _leaf(5, "MR_host", host or "")] for user, host in addresses)
    return _list("JB_mail_list", "element" if default else "mail_list", rows)


def _pairs(tag: str, item: str, pairs: Iterable[tuple[str, str | None]]) -> str:
    return _list(
        tag,
        item,
        (
            [_leaf(5, "VA_variable", name), _leaf(5, "VA_value", value) if value is not None else ""]
            for name, value in pairs
        ),
    )


def _queues(tag: str, names: Sequence[str]) -> str:
    return _list(tag, "destin_ident_list", ([_leaf(5, "QR_name", name)] for name in names))


def _numbers(tag: str, item: str, numbers: Sequence[int]) -> str:
    return _list(tag, item, ([_leaf(5, "JRE_job_number", number)] for number in numbers))


def _ranges(tag: str, item: str, ranges: Sequence[Range]) -> str:
    names = ("RN_min", "RN_max", "RN_step")
    return _list(tag, item, ([_leaf(5, *pair) for pair in zip(names, piece)] for piece in ranges))


class JobDetails:
    """Writes jobs as detailed_job_info."""

    def __init__(
        self,
        config: CellConfig,
        server: Clock,
        dependents: Dependents,
        binding: bool = True,
    ) -> None:
        self._config = config
        self._server = server
        self._successors = dependents
        self._binding = binding

    def document(self, jobs: Sequence[Job], messages: Sequence[SchedulingMessage]) -> str:
        """The whole document."""
        info = _block(1, "djob_info", [self.job(job) for job in jobs])
        notes = f"  <messages>\n    <element>\n{messages_rows(messages, 3)}    </element>\n  </messages>\n"
        return (
            f'{HEAD}<detailed_job_info  xmlns:xsd="{SCHEMAS}/detailed_job_info.xsd">\n'
            f"{info}{notes}</detailed_job_info>\n"
        )

    def job(self, job: Job) -> str:
        """One ``element`` of djob_info."""
        return _block(
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

    @staticmethod
    def _head(job: Job) -> Rows:
        spec = job.spec
        return [
            _leaf(3, "JB_job_number", job.number),
            _leaf(3, "JB_ar", spec.advance_reservation),
            "" if job.script_deleted else _leaf(3, "JB_exec_file", f"job_scripts/{job.number}"),
            _leaf(3, "JB_submission_time", int(job.submission_time)),
            _leaf(3, "JB_owner", spec.owner),
            _leaf(3, "JB_uid", spec.uid),
            _leaf(3, "JB_group", spec.group),
            _leaf(3, "JB_gid", spec.gid),
            _leaf(3, "JB_account", spec.account),
            _flag(3, "JB_merge_stderr", spec.merge_stderr),
            _mail(job, spec.mail_to),
            _leaf(3, "JB_project", spec.project) if spec.project is not None else "",
            _flag(3, "JB_notify", spec.notify),
            _leaf(3, "JB_job_name", spec.name),
            _paths("JB_stdout_path_list", spec.stdout_paths),
            _leaf(3, "JB_jobshare", spec.jobshare),
        ]

    def _requests(self, job: Job) -> Rows:
        spec = job.spec
        return [
            self._resources(job, "JB_hard_resource_list", spec.hard_resources),
            self._resources(job, "JB_soft_resource_list", spec.soft_resources),
            _queues("JB_hard_queue_list", spec.hard_queues),
            _queues("JB_soft_queue_list", spec.soft_queues),
            _paths("JB_shell_list", spec.shells),
            _pairs("JB_env_list", "job_sublist", spec.env),
            _list("JB_job_args", "element", ([_leaf(5, "ST_name", word)] for word in spec.args)),
            "" if job.script_deleted or not spec.command else _leaf(3, "JB_script_file", spec.command),
            _block(3, "JB_ja_tasks", [self._task(job, job.tasks[number]) for number in sorted(job.tasks)]),
            _pairs("JB_context", "context_list", spec.context),
            _leaf(3, "JB_cwd", spec.cwd) if spec.cwd is not None else "",
            _paths("JB_stderr_path_list", spec.stderr_paths),
        ]

    def _resources(self, job: Job, tag: str, resources: Sequence[Resource]) -> str:
        field = "hard_resources" if tag == "JB_hard_resource_list" else "soft_resources"
        rows = (self._resource(name, value, self._tag(job, tag, name)) for name, value in resources)
        return _list(tag, "element" if field in job.altered else "qstat_l_requests", rows)

    def _resource(self, name: str, value: str, tagged: int) -> Rows:
        kind = value_type(self._config, name)
        return [
            _leaf(5, "CE_name", name),
            _leaf(5, "CE_valtype", VALUE_TYPES[kind]),
            _leaf(5, "CE_stringval", value),
            _leaf(5, "CE_doubleval", f"{min(number_of(value, kind) or 0.0, sys.float_info.max):f}"),
            *(_leaf(5, f"CE_{field}", 0) for field in ("relop", "consumable", "dominant")),
            _leaf(5, "CE_pj_doubleval", "0.000000"),
            *(_leaf(5, f"CE_{field}", 0) for field in ("pj_dominant", "requestable")),
            _leaf(5, "CE_tagged", tagged),
        ]

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
        notes = [f"{self._server.table(when)} {text}" for when, text in zip(task.error_times, task.errors)]
        return _block(
            4,
            "ulong_sublist",
            [
                _leaf(5, "JAT_status", int(task.status)),
                _leaf(5, "JAT_task_number", task.number),
                _block(
                    5,
                    "JAT_scaled_usage_list",
                    [
                        _block(6, "scaled", [_leaf(7, "UA_name", name), _leaf(7, "UA_value", f"{value:f}")])
                        for name, value in usage.items()
                    ],
                ),
                _block(
                    5,
                    "JAT_message_list",
                    [
                        _block(6, "ulong_sublist", [_leaf(7, "QIM_type", 1), _leaf(7, "QIM_message", note)])
                        for note in notes
                    ],
                ),
                _leaf(5, "JAT_start_time", int(task.start_time)),
                _leaf(5, "JAT_ntix", f"{task.normalised_tickets:f}"),
            ],
        )

    @staticmethod
    def _requested_predecessors(job: Job) -> str:
        rows = ([_leaf(5, "JRE_job_number", 0), _leaf(5, "JRE_job_name", word)] for word in job.spec.hold_jid)
        return _list("JB_jid_request_list", "element", rows)

    def _relations(self, job: Job) -> Rows:
        return [
            _numbers("JB_jid_predecessor_list", "job_predecessors", job.predecessors),
            _numbers("JB_ja_ad_predecessor_list", "job_predecessors_ad", job.predecessors_ad),
            self._requested_predecessors(job),
            _numbers("JB_ja_ad_request_list", "element", [0] * len(job.spec.hold_jid_ad)),
            _numbers("JB_jid_successor_list", "ulong_sublist", self._successors(job)[0]),
            _numbers("JB_ja_ad_successor_list", "ulong_sublist", self._successors(job)[1]),
        ]

    def _settings(self, job: Job) -> Rows:
        spec = job.spec
        prefix = dict(spec.extra).get("directive_prefix")
        return [
            _leaf(3, "JB_deadline", int(spec.deadline)),
            _leaf(3, "JB_execution_time", int(spec.execution_time)),
            _leaf(3, "JB_checkpoint_name", spec.checkpoint) if spec.checkpoint is not None else "",
            _leaf(3, "JB_checkpoint_attr", spec.checkpoint_attr),
            _leaf(3, "JB_checkpoint_interval", spec.checkpoint_interval),
            _leaf(3, "JB_directive_prefix", prefix) if prefix is not None else "",
            _flag(3, "JB_reserve", spec.reserve),
            _leaf(3, "JB_mail_options", spec.mail_options),
            _paths("JB_stdin_path_list", spec.stdin_paths),
            _leaf(3, "JB_priority", spec.priority + 1024),
            _leaf(3, "JB_restart", int(spec.rerun)),
            _leaf(3, "JB_verify", int(spec.verify)),
            _queues("JB_master_hard_queue_list", spec.master_queues),
            _leaf(3, "JB_script_size", 0),
            _leaf(3, "JB_pe", spec.pe) if spec.pe is not None else "",
            _ranges("JB_pe_range", "ranges", spec.pe_ranges),
            self._requested_predecessors(job),  # the same list a second time, as qstat asks for it twice
        ]

    def _tail(self, job: Job) -> Rows:
        spec = job.spec
        return [
            _leaf(3, "JB_verify_suitable_queues", spec.verify_suitable),
            _leaf(3, "JB_soft_wallclock_gmt", 0),
            _leaf(3, "JB_hard_wallclock_gmt", 0),
            _leaf(3, "JB_override_tickets", job.override_tickets),
            _leaf(3, "JB_version", job.version),
            _ranges("JB_ja_structure", "task_id_range", [spec.array]),
            _leaf(3, "JB_type", int(spec.job_type)),
            self._binding_rows(job) if self._binding else "",
            _leaf(3, "JB_ja_task_concurrency", spec.max_concurrent),
            _leaf(3, "JB_nurg", f"{job.normalised_urgency:f}"),
        ]

    @staticmethod
    def _binding_rows(job: Job) -> str:
        parts = binding_of(job.spec.binding)
        rows = [
            _leaf(5, "BN_strategy", parts.strategy),
            _leaf(5, "BN_type", parts.type),
            _leaf(5, "BN_parameter_n", parts.amount),
            _leaf(5, "BN_parameter_socket_offset", parts.socket),
            _leaf(5, "BN_parameter_core_offset", parts.core),
            _leaf(5, "BN_parameter_striding_step_size", parts.step),
            "" if parts.explicit is None else _leaf(5, "BN_parameter_explicit", parts.explicit),
        ]
        return _list("JB_binding", "binding" if job.spec.binding else "element", [rows])


def _message(depth: int, message: SchedulingMessage, item: str) -> str:
    jobs = [_block(depth + 2, item, [_leaf(depth + 3, "ULNG_value", number)]) for number in message.jobs]
    return _block(
        depth,
        "element",
        [
            _block(depth + 1, "MES_job_number_list", jobs),
            _leaf(depth + 1, "MES_message_number", message.number),
            _leaf(depth + 1, "MES_message", message.text),
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
    return _block(depth, "SME_message_list", own) + _block(depth, "SME_global_message_list", common)


def all_messages(messages: Sequence[SchedulingMessage]) -> str:
    """``qstat -j -xml`` without a job."""
    return (
        f'{HEAD}<message  xmlns:xsd="{SCHEMAS}/message.xsd">\n  <element>\n{messages_rows(messages, 2)}'
        "  </element>\n</message>\n"
    )


def unknown_jobs(words: Sequence[str]) -> str:
    """The answer for jobs that are not there."""
    rows = "".join(_leaf(2, "ST_name", word) for word in words)
    return f"{HEAD}<unknown_jobs >\n{rows}</unknown_jobs>\n"


def communication_error(text: str) -> str:
    """The answer when there is no qmaster; spelt as Grid Engine does."""
    rows = _leaf(2, "AN_status", 11) + _leaf(2, "AN_text", text) + _leaf(2, "AN_quality", 1)
    return f"{HEAD}<comunication_error >\n{rows}</comunication_error>\n"
