"""``qstat -j -xml`` of an Open Cluster Scheduler: requests in sets, tasks with their states and places."""

from __future__ import annotations

from collections.abc import Mapping

from ..model import CellConfig, Granted, Hold, Job, QueueState, State, Status, Task
from ..model.flavours import DetailChoices, Flavour
from ..model.states import queues_of
from ..model.task_lists import KINDS_OF_HOLD
from .detail_xml import LAST, PARALLEL, PROGRAM, SETTINGS, Dependents, JobDetails
from .elements import Entries, Rows, block, flag, leaf, member, names_of_jobs, ranges
from .formats import Clock

_HELD = 0x10  # in JAT_state
_CLEANING_UP = 0x100000  # in JAT_state of a task that was rescheduled
_ACTIVE = (Status.RUNNING, Status.TRANSFERRING)
_EVERYWHERE = ("JB_hard_resource_list", "JB_soft_resource_list", "JB_hard_queue_list", "JB_soft_queue_list")
_ORDER = (
    *("JB_job_number", "JB_ar", "JB_exec_file", "JB_submission_time", "JB_submission_command_line"),
    *("JB_owner", "JB_uid", "JB_group", "JB_gid", "JB_account", "JB_merge_stderr", "JB_mail_list"),
    *("JB_project", "JB_department", "JB_notify", "JB_job_name", "JB_stdout_path_list", "JB_jobshare"),
    *("JB_request_set_list", *PROGRAM, "JB_jid_successor_list", "JB_ja_ad_successor_list", *SETTINGS),
    *(*PARALLEL, "JB_ja_ad_request_list", *LAST, *(f"JB_ja_{letter}_h_ids" for letter in "nusoa")),
    *("JB_type", "JB_binding", "JB_ja_task_concurrency", "JB_pty", "JB_grp_list", "JB_sync_options"),
    "JB_category_id",
)
_TICKETS = ("ticket", "oticket", "fticket", "sticket", "jcoticket", "jcfticket")


def task_state(task: Task, queue: QueueState) -> int:
    """JAT_state; ``queue`` is the state of the queue instance that the task runs in."""
    state = int(task.state)
    if task.status is not Status.IDLE:
        state &= ~int(State.QUEUED | State.WAITING | State.RUNNING)
        state |= 0 if task.state & State.SUSPENDED else int(State.RUNNING)
    elif task.restarts:
        state |= _CLEANING_UP
    if queue & (QueueState.SUSPENDED | QueueState.SUBORDINATE | QueueState.CALENDAR_SUSPENDED):
        state |= int(State.SUSPENDED_ON_SUBORDINATE)
    return state | (_HELD if task.hold else 0)


class OcsJobDetails(JobDetails):
    """Writes jobs as detailed_job_info, as an Open Cluster Scheduler does."""

    task_tag = "element"
    argument_ids = True

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
        again = ("JB_ja_ad_predecessor_list", "JB_ja_ad_request_list") if choices.array_predecessors else ()
        self.order = (*_ORDER, *again)
        self._clock = clock
        self._queue_states = queue_states

    def values(self, job: Job) -> dict[str, object]:
        """The members of 8.1.9, some in another form, and further ones."""
        spec, choices = job.spec, self._choices
        values = super().values(job)
        return {
            **values,
            "JB_submission_time": self._clock.stamp(job.submission_time),
            "JB_submission_command_line": spec.command_line,
            "JB_department": spec.department,
            "JB_request_set_list": self._request_sets(values),
            "JB_deadline": self._clock.stamp(spec.deadline),
            "JB_execution_time": self._clock.stamp(spec.execution_time),
            "JB_ja_ad_request_list": names_of_jobs(spec.hold_jid_ad),
            **(held_tasks(job) if choices.holds else {}),
            "JB_binding": values["JB_binding"] if choices.element_binding else "",
            "JB_pty": 0,
            "JB_grp_list": ("element", [[leaf(5, "ST_name", spec.group), leaf(5, "ST_id", spec.gid)]]),
            "JB_sync_options": 1 if choices.category else None,
            "JB_category_id": job.category_id if choices.category else None,
        }

    @staticmethod
    def _request_sets(values: dict[str, object]) -> Entries:
        """Requests for all tasks, and those for the first."""
        everywhere = [_in_set(tag, values[tag]) for tag in _EVERYWHERE]
        first = [_in_set("JB_hard_queue_list", values["JB_master_hard_queue_list"])]
        end = flag(5, "JRS_ignore_slave_requests_on_master_host", False)
        return "ulong_sublist", [
            [leaf(5, "JRS_scope", scope), *rows, end]
            for scope, rows in enumerate((everywhere, first))
            if any(rows)
        ]

    def _number(self, value: float) -> str:
        return f"{value:g}" if self._choices.plain_numbers else f"{value:f}"

    def _task(self, job: Job, task: Task) -> Rows:
        del job
        return [
            leaf(5, "JAT_state", task_state(task, queues_of(task, self._queue_states))),
            leaf(5, "JAT_status", int(task.status)),
            leaf(5, "JAT_hold", int(task.hold)),
            leaf(5, "JAT_task_number", task.number),
            self._usage("Events", {name: self._number(value) for name, value in task.usage.items()}),
            leaf(5, "JAT_job_restarted", int(task.restarts > 0)),
            self._notes(task),
            leaf(5, "JAT_start_time", self._clock.stamp(task.start_time)),
            leaf(5, "JAT_end_time", self._end(task)) if self._choices.end_time else "",
            block(5, "JAT_granted_destin_identifier_list", [self._granted(piece) for piece in task.granted]),
        ]

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


def held_tasks(job: Job) -> dict[str, object]:
    """The waiting tasks without a hold, and those with each kind of hold."""
    kinds = zip("nuosa", (Hold.NONE, *KINDS_OF_HOLD))
    return {
        f"JB_ja_{letter}_h_ids": ranges("task_id_range", job.lists[kind].pieces)
        for letter, kind in kinds
        if job.lists[kind]
    }


def _in_set(tag: str, value: object) -> str:
    """A list of a job as a member of a request set: two levels deeper, with the set's prefix."""
    text = member(tag, value).replace("<JB_", "<JRS_").replace("</JB_", "</JRS_")
    return "".join(f"    {line}\n" for line in text.splitlines())
