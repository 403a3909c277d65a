"""The accounting file: one line per run attempt of a job or task (accounting(5)).

Three forms are read: 45 fields between colons (every release up to 8.1.9 and ``old_accounting`` of Open
Cluster Scheduler), the 52 fields of Univa Grid Engine with times in milliseconds, and the JSON object per
line of Open Cluster Scheduler 9. Sources: captures ``qacct.*`` (``accounting_lines``) of five engines,
fixture ``ocs-9.0``; Univa's order of fields is that of its documentation.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from drmaa_cli.gridengine.failed import Fate, of_code
from drmaa_cli.gridengine.records import RUSAGE, AccountingRecord
from drmaa_cli.gridengine.units import epoch_seconds
from drmaa_cli.typed import Any

__all__ = ["deleter", "is_final", "line_id", "parse_line", "ran"]

FIELDS = 45
FIELDS_BEFORE_CATEGORY = 39  # no colon is possible in these: qmaster refuses it in names
FIELDS_AFTER_CATEGORY = 5
FIELDS_UNIVA = 52

NO_PE_TASK = "NONE"

_NUMBER = rb"[0-9]{1,10}"
_FLOAT = r"[0-9]+(\.[0-9]*)?"
_JSON_JOB = rb'"job_number"\s*:\s*([0-9]{1,10})\b'
_JSON_TASK = rb'"task_number"\s*:\s*([0-9]{1,10})\b'


def parse_line(line: bytes) -> AccountingRecord:
    """Read one line.

    Args:
        line: the line, with or without its newline. UTF-8, else Latin-1.

    Raises:
        ValueError: a comment, or a line that is broken or cut off.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("iso-8859-1")
    text = text.rstrip("\r\n")
    try:
        record = _from_json(text) if text.startswith("{") else _from_fields(text)
        check_figures(record)
        return record
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not an accounting record: {text[:80]!r} ({error})") from None


def line_id(line: bytes) -> tuple[int, int] | None:
    """The (job, task) of a line without reading the rest; task 0 for a job that is no array.

    Returns:
        None for a comment, an empty or a broken line.
    """
    if line.startswith(b"{"):
        job, task = re.search(_JSON_JOB, line), re.search(_JSON_TASK, line)
        return (int(job.group(1)), int(task.group(1)) if task else 0) if job else None
    if line.startswith(b"#"):
        return None
    fields = line.split(b":", 36)
    if len(fields) < 37 or not (re.fullmatch(_NUMBER, fields[5]) and re.fullmatch(_NUMBER, fields[35])):
        return None
    return int(fields[5]), int(fields[35])


def is_final(record: AccountingRecord) -> bool:
    """Whether the record can be the job's last.

    Not a reschedule, not a slave task of a parallel job, and not one without a submission time: with that the
    qmaster puts the job back among the pending ones (a failed prolog or epilog; observed on a real cell).

    A job in error state has a final-looking record too and may still run again: it is over only once the
    qmaster has forgotten it.
    """
    return (
        of_code(record.failed).fate is not Fate.AGAIN
        and record.pe_taskid == NO_PE_TASK
        and record.submission_time > 0
    )


def ran(record: AccountingRecord) -> bool:
    """Whether the job's own program was run; otherwise it was aborted before."""
    return of_code(record.failed).fate in (Fate.RAN, Fate.KILLED, Fate.DOUBTFUL)


def check_figures(record: AccountingRecord) -> None:
    """Raise ValueError for a record with a figure that is no number a job can have."""
    for name, value in zip(record._fields, record):
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name} is {value}")


def deleter(text: str) -> str:
    """Who had a job deleted, ``USER@HOST``, from how accounting names it; '' for ``NONE`` and ''."""
    return "" if text == "NONE" else text


def _from_fields(text: str) -> AccountingRecord:
    if text.startswith("#"):
        raise ValueError("a comment")
    fields = text.split(":")
    if len(fields) < FIELDS:
        raise ValueError(f"{len(fields)} fields, not {FIELDS}")
    univa = _is_univa(fields)
    if len(fields) > FIELDS:
        after = _after_category(fields)
        category = ":".join(fields[FIELDS_BEFORE_CATEGORY:after])
        fields = [*fields[:FIELDS_BEFORE_CATEGORY], category, *fields[after:]]
    if not fields[44].isdigit():
        raise ValueError("cut off in its last field")
    return AccountingRecord(
        qname=fields[0],
        hostname=fields[1],
        group=fields[2],
        owner=fields[3],
        job_name=fields[4],
        job=_count(fields[5]),
        account=fields[6],
        priority=int(fields[7]),
        submission_time=epoch_seconds(float(fields[8])),
        start_time=epoch_seconds(float(fields[9])),
        end_time=epoch_seconds(float(fields[10])),
        failed=_count(fields[11]),
        exit_status=_count(fields[12]),
        ru_wallclock=float(fields[13]),
        **dict(zip(RUSAGE, map(float, fields[14:31]))),
        project=fields[31],
        department=fields[32],
        granted_pe=fields[33],
        slots=_count(fields[34]),
        task=_count(fields[35]),
        cpu=float(fields[36]),
        mem=float(fields[37]),
        io=float(fields[38]),
        category=fields[39],
        iow=float(fields[40]),
        pe_taskid=fields[41] or NO_PE_TASK,
        maxvmem=float(fields[42]),
        deleted_by=deleter(fields[46]) if univa else "",
        submit_host=fields[49] if univa else "",
        submit_command=fields[51]
        if univa and len(fields) == FIELDS_UNIVA
        else "",  # else not to be told from cwd
    )


def _is_univa(fields: list[str]) -> bool:
    """Univa's longer line: its submission time is in milliseconds."""
    return len(fields) >= FIELDS_UNIVA and len(fields[8]) >= 13 and fields[8].isdigit()


def _after_category(fields: list[str]) -> int:
    """Where a line goes on after the category, in which colons may be: at its last five fields, if those fit.

    Else the line has further fields, and it is where five such fields come first.
    """
    last = len(fields) - FIELDS_AFTER_CATEGORY
    places: list[int] = [last, *range(FIELDS_BEFORE_CATEGORY + 1, last)]
    for start in places:
        iow, _, maxvmem, reservation, reserved_at = fields[start : start + FIELDS_AFTER_CATEGORY]
        if (
            re.fullmatch(_FLOAT, iow)
            and re.fullmatch(_FLOAT, maxvmem)
            and f"{reservation}{reserved_at}".isdigit()
        ):
            return start
    raise ValueError("no memory usage after the category")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"not a number: {text[:40]!r}")
    return int(text)


def _from_json(text: str) -> AccountingRecord:
    data: Mapping[str, Any] = json.loads(text)
    usages: Mapping[str, Any] = data.get("usage", {})
    rusage: Mapping[str, Any] = usages.get("rusage", {})
    # eusage in the captures of three releases, usage in older public output
    usage: Mapping[str, Any] = usages.get("eusage") or usages.get("usage", {})
    return AccountingRecord(
        qname=str(data.get("qname", "")),
        hostname=str(data.get("hostname", "")),
        group=str(data.get("group", "")),
        owner=str(data["owner"]),
        job_name=str(data.get("job_name", "")),
        job=int(data["job_number"]),
        account=str(data.get("account", "")),
        priority=int(data.get("priority", 0)),
        submission_time=epoch_seconds(float(data["submission_time"])),
        start_time=epoch_seconds(float(data.get("start_time", 0))),
        end_time=epoch_seconds(float(data.get("end_time", 0))),
        failed=int(data.get("failed", 0)),
        exit_status=int(data.get("exit_status", 0)),
        ru_wallclock=float(rusage.get("ru_wallclock", 0)),
        **{name: float(rusage.get(name, 0)) for name in RUSAGE},
        project=str(data.get("project", "NONE")),
        department=str(data.get("department", "NONE")),
        granted_pe=str(data.get("granted_pe", "NONE")),
        slots=int(data.get("slots", 0)),
        task=int(data.get("task_number", 0)),
        cpu=float(usage.get("cpu", 0)),
        mem=float(usage.get("mem", 0)),
        io=float(usage.get("io", 0)),
        category=str(data.get("category", "")),
        iow=float(usage.get("iow", 0)),
        pe_taskid=str(data.get("pe_taskid", "") or NO_PE_TASK),
        maxvmem=float(usage.get("maxvmem", 0)),
        deleted_by=deleter(str(data.get("deleted_by") or "")),
        submit_host=str(data.get("submit_host") or ""),
        wallclock=float(usage.get("wallclock", 0)),
        submit_command=str(data.get("submit_cmd_line") or ""),
    )
