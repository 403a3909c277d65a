"""``qstat -xml``: who is in the qmaster; ``qstat -j IDS -xml``: what it knows about some jobs.

Sources: qstat(1); captures ``qstat.*``, ``state.*``, ``hold_filter.*``, ``env.*``; the fixtures of the
other flavours, whose wrapper elements differ, so elements are found by field name. Not the exit code but the
root element says what a reply of ``qstat -j -xml`` is: it is 0 even when the qmaster did not answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from drmaa_cli.gridengine import xmltext
from drmaa_cli.gridengine.ranges import normal_range, parse_task_set
from drmaa_cli.gridengine.records import (
    CommandResult,
    Details,
    Hold,
    JobDetail,
    JobRow,
    Snapshot,
    TaskDetail,
    TaskRange,
    TaskSet,
)
from drmaa_cli.gridengine.replies import (
    QmasterUnreachable,
    UnreadableReply,
    check_environment_errors,
    describe,
    reader,
)
from drmaa_cli.gridengine.units import parse_time
from drmaa_cli.typed import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from lxml import etree

    _Fields = Mapping[str, etree._Element]

__all__ = [
    "details_argv",
    "listing_argv",
    "parse_details",
    "parse_listing",
]

LISTING_ROOT = "job_info"
DETAILS_ROOT = "detailed_job_info"
UNKNOWN_ROOT = "unknown_jobs"
UNREACHABLE_ROOTS = ("comunication_error", "communication_error")  # the first is 8.1.9's spelling

# How `qstat -j` says in text that it knows none of the jobs. 8.1.9 does so only without -xml; Open Cluster
# Scheduler 9.1 (second text, exit 0) and 9.2 print no XML then (read in their source, not observed).
NO_SUCH_JOBS = ("Following jobs do not exist", "Found no matching jobs")

T = TypeVar("T")

JOB_TYPE_ARRAY = 0x80  # bit of JB_type (captures: 192 for an array job of qsub -b y, 64 for a single one)

HOLD_FILTERS: Mapping[Hold, str] = {
    Hold.USER: "hu",
    Hold.OPERATOR: "ho",
    Hold.SYSTEM: "hs",
    Hold.ARRAY_DEPENDENCY: "hd",
    Hold.DEPENDENCY: "hj",
    Hold.START_TIME: "ha",
}

_USAGE_TIMES = ("submission_time", "start_time", "end_time")
SECONDS_END = 1e11  # beyond, a time is not in seconds
_TIMES = ("JAT_start_time", "JB_submission_time", "JAT_submission_time")


def listing_argv(
    user: str | None, holds: Hold | None = None, states: str = "prs", undoing: Iterable[str] = ()
) -> list[str]:
    """The command that lists jobs.

    Everything is said explicitly: a ``.sge_qstat`` file can change the defaults (captures ``defaults.*``).

    Args:
        user: only this user's jobs; None for everybody's.
        holds: one kind of hold: only the pending jobs (and tasks) held in this way.
        states: the lists to show when no hold is asked for: p pending, r running, s suspended, z finished.
        undoing: options that take back what default files leave out, see
            :func:`drmaa_cli.gridengine.qstat_defaults.undoing`.

    Raises:
        ValueError: several kinds of hold at once: qstat takes one letter only (capture
            ``hold_filter.s_huo``).
    """
    if holds is not None and holds not in HOLD_FILTERS:
        raise ValueError(f"qstat filters by one kind of hold at a time, not by {holds}")
    chosen = states if holds is None else HOLD_FILTERS[holds]
    return ["qstat", "-xml", "-u", "*" if user is None else user, "-s", chosen, *undoing]


def details_argv(jobs: Iterable[int]) -> list[str]:
    """The command that shows some jobs in full; ids it does not know are left out silently.

    Raises:
        ValueError: no job was given.
    """
    ids = ",".join(str(job) for job in jobs)
    if not ids:
        raise ValueError("qstat -j needs at least one job")
    return ["qstat", "-j", ids, "-xml"]


@reader
def parse_listing(result: CommandResult, wanted: Container[int] | None = None) -> Snapshot:
    """Read a listing completely, keeping the rows of some jobs.

    Args:
        result: the finished ``qstat -xml``.
        wanted: the job numbers to keep; None keeps all.

    Raises:
        QmasterUnreachable, CommandFailed: the command says so.
        UnreadableReply: cut off, not XML, another root element, a row without number or state, an exit code
            other than 0.
    """
    try:
        rows = tuple(_rows(xmltext.prepare(result.stdout), wanted))
    except UnreadableReply as error:
        check_environment_errors(result)
        raise UnreadableReply(f"{error.text} ({describe(result)})") from error
    if result.exit_code != 0:
        check_environment_errors(result)
        raise UnreadableReply(describe(result))
    return Snapshot(rows)


def _rows(document: xmltext.Document, wanted: Container[int] | None) -> Iterator[JobRow]:
    last: etree._Element | None = None
    for element in xmltext.stream(document, ("job_list",)):
        last = element
        if element.tag == "job_list":
            job = _number(element, "JB_job_number")
            if wanted is None or job in wanted:
                yield _row(element, job)
    if last is None or last.tag != LISTING_ROOT:
        _raise_for_root(last)


def _row(element: etree._Element, job: int) -> JobRow:
    fields = {str(child.tag): child.text or "" for child in element}
    state = fields.get("state")
    if not state:
        raise UnreadableReply(f"job {job} is listed without a state")
    queue = fields.get("queue_name")
    if queue is None:  # qstat -f puts the jobs inside their queue
        parent = element.getparent()
        queue = "" if parent is None or parent.tag != "Queue-List" else parent.findtext("name") or ""
    return JobRow(
        job=job,
        tasks=_tasks(fields.get("tasks", "")),
        state=state,
        listed_as=str(element.get("state", "")),
        name=fields.get("JB_name", ""),
        owner=fields.get("JB_owner", ""),
        time=next((fields[tag] for tag in _TIMES if tag in fields), ""),
        queue=queue,
        slots=integer_of(fields.get("slots") or "0", "slots"),
    )


@reader
def parse_details(result: CommandResult, asked: Iterable[int]) -> Details:
    """Read the full description of some jobs.

    Args:
        result: the finished ``qstat -j IDS -xml``.
        asked: the ids that were asked for.

    Returns:
        The jobs found, and which of the asked ids the qmaster does not know.

    Raises:
        QmasterUnreachable, CommandFailed: the command says so, in XML or in text.
        UnreadableReply: cut off, not XML, another root element, a number that is none.
    """
    return read_details(result, lambda root: Details.of(() if root is None else _jobs(root), asked))


def read_details(result: CommandResult, read: Callable[[etree._Element | None], T]) -> T:
    """Read the answer to :func:`details_argv` in a way of one's own.

    Args:
        result: the finished command.
        read: what is made of the document's root; it is given None when the qmaster knows none of the jobs.

    Raises:
        QmasterUnreachable, CommandFailed, UnreadableReply: as :func:`parse_details`.
    """
    if b"<" not in result.stdout and any(text in result.err for text in NO_SUCH_JOBS):
        return read(None)
    try:
        root = xmltext.tree(xmltext.prepare(result.stdout))
        if root.tag == UNKNOWN_ROOT:
            return read(None)
        if root.tag != DETAILS_ROOT:
            _raise_for_root(root)
        return read(root)
    except UnreadableReply as error:
        check_environment_errors(result)
        raise UnreadableReply(f"{error.text} ({describe(result)})") from error


def _raise_for_root(root: etree._Element | None) -> None:
    tag = "" if root is None else str(root.tag)
    if root is not None and tag in UNREACHABLE_ROOTS:
        raise QmasterUnreachable((root.findtext(".//AN_text") or "no answer from the qmaster").strip())
    raise UnreadableReply(f"unexpected root element <{tag}>")


def _jobs(root: etree._Element) -> Iterator[JobDetail]:
    return (_job(fields) for fields in jobs_of(root))


def jobs_of(root: etree._Element) -> Iterator[_Fields]:
    """The fields of each job in a document of `qstat -j -xml`, by their names."""
    for info in root.iterchildren("djob_info"):
        yield from (fields for fields in records_of(info, "JB_") if "JB_job_number" in fields)


def records_of(parent: etree._Element, prefix: str) -> Iterator[_Fields]:
    """The items of a list as field name -> element, with or without an element around each item.

    Without one (Univa 8.6) the fields follow each other, and a name that comes again begins the next item.
    """
    loose: dict[str, etree._Element] = {}
    for child in parent.iterchildren("*"):
        if not str(child.tag).startswith(prefix):
            yield {str(field.tag): field for field in child.iterchildren("*")}
            continue
        if child.tag in loose:
            yield loose
            loose = {}
        loose[str(child.tag)] = child
    if loose:
        yield loose


def _job(fields: _Fields) -> JobDetail:
    return JobDetail(
        job=integer_of(text_of_field(fields, "JB_job_number"), "JB_job_number"),
        owner=text_of_field(fields, "JB_owner"),
        name=text_of_field(fields, "JB_job_name"),
        submission_time=_time(text_of_field(fields, "JB_submission_time")),
        is_array=is_array_job(fields),
        tasks=structure_of(fields.get("JB_ja_structure")),
        context={n: v or "" for n, v in _pairs(fields.get("JB_context"), "VA_variable", "VA_value")},
        details=tuple(_task_details(fields.get("JB_ja_tasks"))),
    )


def is_array_job(fields: _Fields) -> bool:
    """Whether a job was submitted with ``-t``."""
    said = text_of_field(fields, "JB_is_array")
    if said:  # then JB_type is 0 for arrays too
        return said == "true"
    return bool(integer_of(text_of_field(fields, "JB_type") or "0", "JB_type") & JOB_TYPE_ARRAY)


def structure_of(element: etree._Element | None) -> TaskRange:
    """JB_ja_structure; 1-1:1 stands for a job that is no array (and for ``-t 1``)."""
    if element is None:
        return TaskRange(1, 1, 1)
    numbers = {str(child.tag): child.text or "" for child in element.iter("RN_min", "RN_max", "RN_step")}
    first, last, step = (integer_of(numbers.get(tag) or "1", tag) for tag in ("RN_min", "RN_max", "RN_step"))
    if not 1 <= first <= last or step < 1:
        raise UnreadableReply(f"not a range of tasks: JB_ja_structure {first}-{last}:{step}")
    return normal_range(first, last, step)


def _task_details(element: etree._Element | None) -> Iterator[TaskDetail]:
    if element is None:
        return
    for fields in records_of(element, "JAT_"):
        if "JAT_task_number" not in fields:
            continue
        messages = fields.get("JAT_message_list")
        yield TaskDetail(
            task=integer_of(text_of_field(fields, "JAT_task_number"), "JAT_task_number"),
            status=integer_of(text_of_field(fields, "JAT_status") or "0", "JAT_status"),
            usage=_usage(fields.get("JAT_scaled_usage_list")),
            messages=() if messages is None else tuple(m.text or "" for m in messages.iter("QIM_message")),
        )


def _usage(element: etree._Element | None) -> dict[str, float]:
    pairs = _pairs(element, "UA_name", "UA_value")
    try:
        usage = {name: float(value) for name, value in pairs if value is not None}
    except ValueError as error:
        raise UnreadableReply(f"a usage value is not a number: {error}") from None
    for name, value in usage.items():
        if not math.isfinite(value):
            raise UnreadableReply(f"a usage value is not a number: {name} {value}")
    for name in _USAGE_TIMES:
        # Microseconds in six digits (1.79579e+15, captures special.retained.*) are an hour or two wide.
        if usage.get(name, 0) >= SECONDS_END:
            del usage[name]
    return usage


def _pairs(element: etree._Element | None, name_tag: str, value_tag: str) -> Iterator[tuple[str, str | None]]:
    """Each name with the value that follows it, however they are wrapped; None for a name without a value."""
    name: str | None = None
    for field in () if element is None else element.iter(name_tag, value_tag):
        if field.tag == value_tag and name is not None:
            yield name, field.text or ""
            name = None
        elif field.tag == name_tag:
            if name is not None:
                yield name, None
            name = field.text or ""
    if name is not None:
        yield name, None


def text_of_field(fields: _Fields, tag: str) -> str:
    """A field's text; '' where there is none."""
    element = fields.get(tag)
    return "" if element is None else element.text or ""


def _number(element: etree._Element, tag: str) -> int:
    text = xmltext.text_of(element, tag)
    if text is None:
        raise UnreadableReply(f"<{element.tag}> without <{tag}>")
    return integer_of(text, tag)


def integer_of(text: str, what: str) -> int:
    """A text as a number; UnreadableReply, which names what it is of, for any other."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise UnreadableReply(f"{what} is not a number: {text[:40]!r}")
    return int(text)


def _time(text: str) -> float:
    try:
        return parse_time(text)
    except ValueError as error:
        raise UnreadableReply(str(error)) from None


def _tasks(text: str) -> TaskSet | None:
    if not text.strip():
        return None
    try:
        return parse_task_set(text)
    except ValueError as error:
        raise UnreadableReply(str(error)) from None
