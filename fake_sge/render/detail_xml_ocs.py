"""``qstat -j -xml`` of an Open Cluster Scheduler: requests in sets, tasks with their states and places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..model import CellConfig, Granted, Hold, Job, QueueState, State, Status, Task, TaskSet
from ..model.flavours import DetailChoices, Flavour
from .detail_xml import Dependents, JobDetails
from .elements import (
    Rows,
    argument_list,
    block,
    flag,
    leaf,
    list_of,
    number_list,
    pair_list,
    path_list,
    queue_list,
    range_list,
)
from .formats import Clock
from .tasks import changed_ranges, original_ranges

_HELD = 0x10  # in JAT_state
_CLEANING_UP = 0x100000  # in JAT_state of a task that was rescheduled
_ACTIVE = (Status.RUNNING, Status.TRANSFERRING)
_TICKETS = ("ticket", "oticket", "fticket", "sticket", "jcoticket", "jcfticket")


def task_state(task: Task, queue: QueueState) -> int:
    """JAT_state; ``queue`` is the state of the queue instance that the task runs in."""
    state = int(task.state)
    if task.status is not Status.IDLE:
        state &= ~int(State.QUEUED | State.WAITING)
        state |= 0 if task.state & State.SUSPENDED else int(State.RUNNING)
    elif task.restarts:
        state |= _CLEANING_UP
    if queue & (QueueState.SUSPENDED | QueueState.SUBORDINATE | QueueState.CALENDAR_SUSPENDED):
        state |= int(State.SUSPENDED_ON_SUBORDINATE)
    return state | (_HELD if task.hold else 0)


class OcsJobDetails(JobDetails):
    """Writes jobs as detailed_job_info, as an Open Cluster Scheduler does."""

    def __init__(
        self,
        flavour: Flavour,
        choices: DetailChoices,
        config: CellConfig,
        clock: Clock,
        server: Clock,
        dependents: Dependents,
        queue_states: Mapping[str, QueueState],
    ) -> None:
        super().__init__(flavour, config, server, dependents)
        self._choices = choices
        self._clock = clock
        self._queue_states = queue_states

    def _head(self, job: Job) -> Rows:
        spec = job.spec
        rows = super()._head(job)
        rows[3] = leaf(3, "JB_submission_time", self._clock.stamp(job.submission_time))
        rows.insert(4, leaf(3, "JB_submission_command_line", spec.command_line))
        notify = rows.index(flag(3, "JB_notify", spec.notify))
        rows.insert(notify, leaf(3, "JB_department", spec.department))
        return rows

    def _requests(self, job: Job) -> Rows:
        spec = job.spec
        return [
            self._request_sets(job),
            path_list("JB_shell_list", spec.shells),
            pair_list("JB_env_list", "job_sublist", spec.env),
            argument_list(spec.args, ids=True),
            "" if job.script_deleted or not spec.command else leaf(3, "JB_script_file", spec.command),
            block(3, "JB_ja_tasks", [self._task(job, job.tasks[number]) for number in sorted(job.tasks)]),
            pair_list("JB_context", "context_list", spec.context),
            leaf(3, "JB_cwd", spec.cwd) if spec.cwd is not None else "",
            path_list("JB_stderr_path_list", spec.stderr_paths),
        ]

    def _request_sets(self, job: Job) -> str:
        spec = job.spec
        everywhere = [
            self._resources(job, "JB_hard_resource_list", spec.hard_resources),
            self._resources(job, "JB_soft_resource_list", spec.soft_resources),
            queue_list("JB_hard_queue_list", spec.hard_queues),
            queue_list("JB_soft_queue_list", spec.soft_queues),
        ]
        sets = [(0, everywhere), (1, [queue_list("JB_master_hard_queue_list", spec.master_queues)])]
        return block(
            3,
            "JB_request_set_list",
            [
                block(
                    4,
                    "ulong_sublist",
                    [
                        leaf(5, "JRS_scope", scope),
                        *(_in_set(text) for text in rows),
                        flag(5, "JRS_ignore_slave_requests_on_master_host", False),
                    ],
                )
                for scope, rows in sets
                if any(rows)
            ],
        )

    def _number(self, value: float) -> str:
        return f"{value:g}" if self._choices.plain_numbers else f"{value:f}"

    def _task(self, job: Job, task: Task) -> str:
        del job
        place = task.granted[0].instance if task.granted else ""
        notes = [f"{self._server.reason(when)} {text}" for when, text in zip(task.error_times, task.errors)]
        usage = [
            block(6, "Events", [leaf(7, "UA_name", name), leaf(7, "UA_value", self._number(value))])
            for name, value in task.usage.items()
        ]
        messages = [
            block(6, "ulong_sublist", [leaf(7, "QIM_type", 1), leaf(7, "QIM_message", note)])
            for note in notes
        ]
        return block(
            4,
            "element",
            [
                leaf(5, "JAT_state", task_state(task, self._queue_states.get(place, QueueState.NONE))),
                leaf(5, "JAT_status", int(task.status)),
                leaf(5, "JAT_hold", int(task.hold)),
                leaf(5, "JAT_task_number", task.number),
                block(5, "JAT_scaled_usage_list", usage),
                leaf(5, "JAT_job_restarted", int(task.restarts > 0)),
                block(5, "JAT_message_list", messages),
                leaf(5, "JAT_start_time", self._clock.stamp(task.start_time)),
                leaf(5, "JAT_end_time", self._end(task)) if self._choices.end_time else "",
                block(
                    5,
                    "JAT_granted_destin_identifier_list",
                    [self._granted(piece) for piece in task.granted],
                ),
            ],
        )

    def _end(self, task: Task) -> str:
        return self._clock.stamp(task.finish.end_time if task.finish is not None else 0.0)

    def _granted(self, place: Granted) -> str:
        return block(
            6,
            "element",
            [
                leaf(7, "JG_qname", place.instance),
                leaf(7, "JG_qversion", 0),
                leaf(7, "JG_qhostname", place.host),
                leaf(7, "JG_slots", place.slots),
                leaf(7, "JG_queue", ""),
                leaf(7, "JG_tag_slave_job", 0),
                *(leaf(7, f"JG_{name}", self._number(0.0)) for name in _TICKETS),
            ],
        )

    def _relations(self, job: Job) -> Rows:
        return [
            number_list("JB_jid_predecessor_list", "job_predecessors", job.predecessors),
            number_list("JB_jid_successor_list", "ulong_sublist", self._successors(job)[0]),
            number_list("JB_ja_ad_successor_list", "ulong_sublist", self._successors(job)[1]),
        ]

    def _settings(self, job: Job) -> Rows:
        rows = super()._settings(job)
        rows[0] = leaf(3, "JB_deadline", self._clock.stamp(job.spec.deadline))
        rows[1] = leaf(3, "JB_execution_time", self._clock.stamp(job.spec.execution_time))
        rows = [row for row in rows if not row.lstrip().startswith("<JB_master_hard_queue_list>")]
        return [*rows, self._array_request(job)]

    @staticmethod
    def _array_request(job: Job) -> str:
        arrays = (
            [leaf(5, "JRE_job_number", 0), leaf(5, "JRE_job_name", word)] for word in job.spec.hold_jid_ad
        )
        return list_of("JB_ja_ad_request_list", "element", arrays)

    def _tail(self, job: Job) -> Rows:
        spec, choices = job.spec, self._choices
        rows = super()._tail(job)[:-1]
        structure = rows.index(range_list("JB_ja_structure", "task_id_range", [spec.array]))
        rows[structure + 1 : structure + 1] = self._held(job) if choices.holds else []
        if not choices.element_binding:
            binding = next(index for index, row in enumerate(rows) if "<JB_binding>" in row)
            rows[binding] = leaf(3, "JB_binding", "")
        group = [leaf(5, "ST_name", spec.group), leaf(5, "ST_id", spec.gid)]
        rows += [leaf(3, "JB_pty", 0), list_of("JB_grp_list", "element", [group])]
        if choices.category:
            rows += [leaf(3, "JB_sync_options", 1), leaf(3, "JB_category_id", job.category_id)]
        if choices.array_predecessors:
            predecessors = number_list(
                "JB_ja_ad_predecessor_list", "job_predecessors_ad", job.predecessors_ad
            )
            rows += [predecessors, self._array_request(job)]
        return rows

    @staticmethod
    def _held(job: Job) -> Rows:
        """The waiting tasks without a hold, and those with each kind of hold."""
        spec = job.spec
        held = spec.user_hold or spec.system_hold or spec.operator_hold
        free = next((tasks for hold, tasks in job.waiting_groups() if hold == Hold.NONE), job.waiting.empty())
        lists: Sequence[tuple[str, TaskSet, bool]] = (
            ("n", free, not held),
            ("u", job.user_hold & job.waiting, spec.user_hold),
            ("s", job.system_hold & job.waiting, spec.system_hold),
            ("o", job.operator_hold & job.waiting, spec.operator_hold),
            ("a", job.array_hold & job.waiting, True),
        )
        return [
            range_list(
                f"JB_ja_{letter}_h_ids",
                "task_id_range",
                original_ranges(spec.array, members) if original else changed_ranges(members),
            )
            for letter, members, original in lists
            if members
        ]


def _in_set(text: str) -> str:
    """A list of a job as a member of a request set: two levels deeper, with the set's prefix."""
    return "".join(
        f"    {line}\n" for line in text.replace("<JB_", "<JRS_").replace("</JB_", "</JRS_").splitlines()
    ).replace("JRS_master_hard_queue_list", "JRS_hard_queue_list")
