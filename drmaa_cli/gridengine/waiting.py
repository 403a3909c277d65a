"""What ``qstat -j IDS -xml`` tells of why jobs wait: requests, dependencies, errors, the scheduler's words.

Sources: qstat(1); runs of a real 8.1.9 cell (``tests/why``); captures ``qstat.j_xml_*`` of five engines. The
scheduler says nothing where ``schedd_job_info`` of sched_conf(5) is ``false``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from drmaa_cli.gridengine.qstat import (
    integer_of,
    is_array_job,
    jobs_of,
    read_details,
    records_of,
    structure_of,
    text_of_field,
)
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import UnreadableReply, reader
from drmaa_cli.gridengine.units import parse_time
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["Message", "SchedulerAnswer", "WaitingJob", "parse"]

TURNED_OFF = "Collecting of scheduler job information is turned off"
NOTHING = "There are no messages available"


class Message(NamedTuple):
    """One sentence of the scheduler.

    Attributes:
        text: as it is printed.
        jobs: the jobs it is about; empty for one about queues, which is told of every job.
    """

    text: str
    jobs: frozenset[int] = frozenset()


class WaitingJob(NamedTuple):
    """One job, with what may keep it from being started.

    Attributes:
        job: job number.
        owner, name, project: as printed; project is '' for none.
        is_array: whether it was submitted with ``-t``.
        tasks: how many tasks it has; 1 of a job that is no array.
        resources: its hard requests (``-l``), name -> value.
        queues: the queues it is to run in (``-q``), as they were asked for.
        pe, slots: its parallel environment and how many slots, as asked for (``2-8``); '' for none.
        predecessors: the jobs that must end before it (``-hold_jid``), those that have not ended.
        array_predecessors: the same of ``-hold_jid_ad``: task by task.
        start_time: not before this instant (``-a``), epoch seconds; 0.0 for none.
        concurrency: how many of its tasks may run at once (``-tc``); 0 for any number.
        reserves: whether slots are kept free for it (``-R y``).
        directory: where it is to run; '' for the home directory.
        errors: Grid Engine's error reasons by task (1 for a job that is no array).
    """

    job: int
    owner: str
    name: str
    project: str
    is_array: bool
    tasks: int
    resources: Mapping[str, str]
    queues: tuple[str, ...]
    pe: str
    slots: str
    predecessors: tuple[int, ...]
    array_predecessors: tuple[int, ...]
    start_time: float
    concurrency: int
    reserves: bool
    directory: str
    errors: Mapping[int, tuple[str, ...]]

    @property
    def category(self) -> tuple[object, ...]:
        """What the scheduler looks at: jobs that agree in it can run in the same places."""
        requests = tuple(sorted(self.resources.items()))
        return self.owner, self.project, requests, self.queues, self.pe, self.slots


class SchedulerAnswer(NamedTuple):
    """The answer.

    Attributes:
        jobs: the jobs that the qmaster knows, by number.
        messages: what the scheduler said of them, and of the queues, when it last ran.
        collects: whether it says anything at all (``schedd_job_info``).
    """

    jobs: Mapping[int, WaitingJob]
    messages: tuple[Message, ...]
    collects: bool

    def about(self, job: int) -> tuple[str, ...]:
        """What it said of one job, and of the queues."""
        return tuple(
            dict.fromkeys(
                message.text for message in self.messages if not message.jobs or job in message.jobs
            )
        )


@reader
def parse(result: CommandResult) -> SchedulerAnswer:
    """Read the answer to :func:`drmaa_cli.gridengine.qstat.details_argv`.

    Raises:
        QmasterUnreachable, CommandFailed, UnreadableReply: as
            :func:`drmaa_cli.gridengine.qstat.parse_details`.
    """
    return read_details(result, _answer)


def _answer(root: etree._Element | None) -> SchedulerAnswer:
    if root is None:
        return SchedulerAnswer({}, (), collects=True)
    jobs = {job.job: job for job in map(_job, jobs_of(root))}
    messages = tuple(_messages(root))
    collects = not any(TURNED_OFF in message.text for message in messages)
    said = tuple(
        message for message in messages if TURNED_OFF not in message.text and NOTHING not in message.text
    )
    return SchedulerAnswer(jobs, said, collects)


def _messages(root: etree._Element) -> Iterator[Message]:
    for group in root.iter("SME_message_list", "SME_global_message_list"):
        for fields in records_of(group, "MES_"):
            text = text_of_field(fields, "MES_message").strip()
            about = fields.get("MES_job_number_list")
            numbers = () if about is None else (value.text for value in about.iter("ULNG_value", "ULNG"))
            jobs = frozenset(integer_of(number, "a job number") for number in numbers if number)
            if text:
                yield Message(text, jobs)


def _job(fields: Mapping[str, etree._Element]) -> WaitingJob:
    return WaitingJob(
        job=integer_of(text_of_field(fields, "JB_job_number"), "JB_job_number"),
        owner=text_of_field(fields, "JB_owner"),
        name=text_of_field(fields, "JB_job_name"),
        project=text_of_field(fields, "JB_project"),
        is_array=is_array_job(fields),
        tasks=len(structure_of(fields.get("JB_ja_structure")).numbers()),
        resources=dict(_resources(fields.get("JB_hard_resource_list"))),
        queues=tuple(_texts(fields.get("JB_hard_queue_list"), "QR_name")),
        pe=text_of_field(fields, "JB_pe"),
        slots=_range(fields.get("JB_pe_range")),
        predecessors=_numbers(fields.get("JB_jid_predecessor_list")),
        array_predecessors=_numbers(fields.get("JB_ja_ad_predecessor_list")),
        start_time=_instant(text_of_field(fields, "JB_execution_time")),
        concurrency=integer_of(
            text_of_field(fields, "JB_ja_task_concurrency") or "0", "JB_ja_task_concurrency"
        ),
        reserves=text_of_field(fields, "JB_reserve") == "true",
        directory=text_of_field(fields, "JB_cwd"),
        errors=dict(_errors(fields.get("JB_ja_tasks"))),
    )


def _instant(text: str) -> float:
    """Epoch seconds; 0.0 for none. Open Cluster Scheduler 9 prints a date."""
    if text in ("", "0"):
        return 0.0
    try:
        return parse_time(text)
    except ValueError as error:
        raise UnreadableReply(str(error)) from None


def _resources(element: etree._Element | None) -> Iterator[tuple[str, str]]:
    for fields in () if element is None else records_of(element, "CE_"):
        if "CE_name" in fields:
            yield text_of_field(fields, "CE_name"), text_of_field(fields, "CE_stringval")


def _texts(element: etree._Element | None, tag: str) -> Sequence[str]:
    return [] if element is None else [found.text or "" for found in element.iter(tag)]


def _numbers(element: etree._Element | None) -> tuple[int, ...]:
    numbers = (integer_of(text, "JRE_job_number") for text in _texts(element, "JRE_job_number"))
    return tuple(number for number in dict.fromkeys(numbers) if number)


def _range(element: etree._Element | None) -> str:
    parts = []
    for fields in () if element is None else records_of(element, "RN_"):
        first, last = text_of_field(fields, "RN_min"), text_of_field(fields, "RN_max")
        if first:
            parts.append(first if last in ("", first) else f"{first}-{last}")
    return ",".join(parts)


def _errors(element: etree._Element | None) -> Iterator[tuple[int, tuple[str, ...]]]:
    for fields in () if element is None else records_of(element, "JAT_"):
        messages = fields.get("JAT_message_list")
        if messages is not None and "JAT_task_number" in fields:
            task = integer_of(text_of_field(fields, "JAT_task_number"), "JAT_task_number")
            texts = (text.strip() for text in _texts(messages, "QIM_message"))
            yield task, tuple(text for text in texts if text)
