"""``qstat -j``."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from ...model import Job, SchedulingMessage
from ...model.flavours import Flavour
from ...model.globs import glob_match
from ...model.requests import QmasterUnreachable, Reply, Request
from ...model.values import atol
from ...render.detail_text import WIDTH, job_details
from ...render.detail_text_ocs import OcsDetails
from ...render.detail_xml import JobDetails, all_messages, communication_error, no_scheduler, unknown_jobs
from ...render.detail_xml_ocs import OcsJobDetails
from ...render.formats import Clock
from ..interface.environment import commlib_line, send_error, unreachable_text
from ..interface.qmaster_interface import QmasterInterface
from ..times.local_time import clock_of

# What ``qstat -j`` calls a scheduling message that concerns several jobs (w1.j; sge_schedd_text).
SUMMARY_TEXTS: dict[int, str] = {
    0: "Jobs can not run because no host can satisfy the resource requirements",
    6: "Jobs can not run because queue instance is not contained in its hard queue list",
    8: "Jobs can not run because queue instance is not in queue list of PE",
    11: "Jobs can not run because queue instance is not interactive",
    12: "Jobs can not run because queue instance is not of type batch or transfer",
    1: "No queue instance with suitable access permissions could be found",
    2: "Jobs can not run because queue does not provides the job's assigned project",
    3: "Jobs are not assigned to a project to get a queue instance",
    4: "Jobs can not run because excluded project list of queue does not allow it",
    14: "Jobs can not run because they do not request 'forced' resource",
    21: "Jobs can not run because they do not request 'forced' resource",
    25: "Jobs can not run because they have no access to PE",
    17: "Jobs can not run because the resource requirements can not be satisfied",
    20: "Jobs can not run globally because the resource requirements can not be satisfied",
    24: "Jobs can not run because available slots combined under PE are not in range of job",
    31: "Jobs can not run because execution time not reached",
    32: "Jobs dropped because of error state",
    33: "Jobs dropped because of hold state",
    35: "Job dropped because of job dependencies",
    45: "Not all array tasks may be started due to 'max_aj_instances'",
    50: "Jobs dropped because of exceeding limit in rule",
}
_IDS_PER_LINE = 8
GLOB = "*?["


def unreachable_reply(request: Request, error: QmasterUnreachable) -> Reply:
    """What a listing says when there is no qmaster."""
    return Reply.of_text(1, "", unreachable_text(error) + request.flavour.absence.end_of_qstat)


def _unreachable(request: Request, error: QmasterUnreachable, xml: bool, times: int) -> Reply:
    text = send_error(error)
    absence = request.flavour.absence
    if absence.details_as_listing:
        return unreachable_reply(request, error)
    if xml and absence.details_crash:
        return Reply.of_text(0, "", commlib_line(error), signal.SIGSEGV)
    if xml:
        return Reply.of_text(0, communication_error(text), commlib_line(error))
    return Reply.of_text(1, "", commlib_line(error) + f"{text}\n" * times)


def _is_running(job: Job) -> bool:
    return any(not task.is_pending for task in job.tasks.values())


def _find(words: Sequence[str], qmaster: QmasterInterface, tasks: bool) -> list[Job]:
    """Jobs by number, name or pattern; with ``tasks`` ID.TASK means ID."""
    ids = {word for word in words if word[:1].isdigit() and (tasks or word.isdigit())}
    numbers = {atol(word) for word in ids}
    patterns = [word for word in words if word not in ids]
    if not patterns:
        found = (qmaster.job(number) for number in sorted(numbers))
        return [job for job in found if job is not None]
    return [
        job
        for job in qmaster.jobs()
        if job.number in numbers or any(glob_match(pattern, job.spec.name) for pattern in patterns)
    ]


def show_jobs(
    words: Sequence[str], request: Request, qmaster: QmasterInterface, clock: Clock, xml: bool, binding: bool
) -> Reply:
    """``qstat -j LIST``: ids (``ID.TASK`` is ID), names, globs; an error only if all are unknown."""

    def dependents(job: Job) -> tuple[Sequence[int], Sequence[int]]:
        return job.successors, job.successors_ad

    try:
        jobs = _find(words, qmaster, request.flavour.unknown_in_xml)
        if request.flavour.is_ocs:
            jobs.sort(key=_is_running)  # pending jobs come first (captures state.array_mix.j)
        if not jobs:
            return _unknown(words, request.flavour, xml)
        server = clock_of(None, request.flavour.times)
        choices = request.flavour.details
        states = {item.name: item.state for item in qmaster.queue_instances()} if choices is not None else {}
        if xml:
            writer = JobDetails(request.flavour, qmaster.config, server, dependents, binding)
            if choices is not None:
                writer = OcsJobDetails(
                    request.flavour, choices, qmaster.config, clock, server, dependents, states
                )
            return Reply.of_text(0, writer.document(jobs, _messages_of(jobs, qmaster)))
        if choices is not None:
            details = OcsDetails(choices, clock, server, qmaster.now, states)
            blocks = [details.text(job, qmaster.messages(job.number), dependents(job)) for job in jobs]
        else:
            blocks = [
                job_details(job, qmaster.messages(job.number), clock, server, dependents(job), binding)
                for job in jobs
            ]
        return Reply.of_text(0, "".join(blocks), "" if _is_scheduled(qmaster) else f"{_NO_SCHEDULER}\n")
    except QmasterUnreachable as error:
        return _unreachable(request, error, xml, 2)


_NO_SCHEDULER = "Can not get job info messages, scheduler is not available"


def _is_scheduled(qmaster: QmasterInterface) -> bool:
    return any(name == "scheduler" for _, name, _ in qmaster.event_clients())


def _unknown(words: Sequence[str], flavour: Flavour, xml: bool) -> Reply:
    """The answer for jobs that are not there."""
    if not flavour.unknown_in_xml:
        shown = [word for word in words if not set(word) & set(GLOB)]
        return Reply.of_text(1, "", f"error: Following jobs do not exist: {', '.join(shown)}\n")
    if xml:
        return Reply.of_text(0, unknown_jobs(flavour, words))
    if (
        flavour.details is not None
        and flavour.details.glob_can_miss
        and all(set(word) & set(GLOB) for word in words)
    ):
        return Reply.of_text(0, "", "Found no matching jobs\n")
    return Reply.of_text(1, "", f"Following jobs do not exist: \n{', '.join(words)}\n")


def _messages_of(jobs: Sequence[Job], qmaster: QmasterInterface) -> list[SchedulingMessage]:
    shown = {job.number for job in jobs}
    result = []
    for message in qmaster.messages():
        mine = tuple(number for number in message.jobs if number in shown)
        if mine or not message.jobs:
            result.append(SchedulingMessage(message.number, message.text, mine))
    return result


def show_messages(request: Request, qmaster: QmasterInterface, xml: bool) -> Reply:
    """``qstat -j`` alone: why jobs do not run, by reason."""
    flavour = request.flavour
    try:
        messages = qmaster.messages()
        scheduled = _is_scheduled(qmaster)
    except QmasterUnreachable as error:
        return _unreachable(request, error, xml, 1)
    if not scheduled:
        text = _NO_SCHEDULER
        return Reply.of_text(0, no_scheduler(text)) if xml else Reply.of_text(1, "", f"{text}\n")
    width = flavour.details.width if flavour.details is not None else WIDTH
    titled = [_titled(item) for item in messages]
    return Reply.of_text(
        0, all_messages(flavour, titled) if xml else _summary(titled, width, not flavour.columns)
    )


def _titled(message: SchedulingMessage) -> SchedulingMessage:
    """With a text that is about no job in particular."""
    text = SUMMARY_TEXTS.get(message.number, message.text) if message.jobs else message.text
    return SchedulingMessage(message.number, text, message.jobs)


def _summary(messages: Sequence[SchedulingMessage], width: int, blank: bool) -> str:
    common = [item for item in messages if not item.jobs]
    reasons: dict[int, dict[int, None]] = {}
    texts: dict[int, str] = {}
    for item in messages:
        if item.jobs:
            reasons.setdefault(item.number, {}).update(dict.fromkeys(item.jobs))
            texts.setdefault(item.number, item.text)
    titles = ["scheduling info:"] + [""] * len(common)
    out = "".join(f"{title:<{width}}{item.text}\n" for title, item in zip(titles, common))
    if common and blank:
        out += "\n"
    blocks = []
    for number, jobs in reasons.items():
        ids = [str(job) for job in jobs]
        rows = [",\t".join(ids[start : start + _IDS_PER_LINE]) for start in range(0, len(ids), _IDS_PER_LINE)]
        blocks.append(texts[number] + "\n\t" + ",\n\t".join(rows) + "\n")
    return out + "\n".join(blocks)
