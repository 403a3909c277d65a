"""The accounting file of an Open Cluster Scheduler: a JSON object on each line, times in microseconds."""

from __future__ import annotations

import json

from ..lighter import Any
from .accounting import RUSAGE, Check, Record, Unwanted
from .flavours import Accounting

_TIMES = ("start_time", "end_time", "submission_time")
_DECIMALS = ("ru_utime", "ru_stime")
_KEYS = {"project": "NONE", "granted_pe": "NONE", "arid": 0}  # left out when they are this


def _microseconds(seconds: float) -> int:
    return int(seconds * 1e6 + 0.5)


def _text(value: object) -> str:
    """A value as Grid Engine writes it: no blanks, and no exponents."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, float):
        from decimal import Decimal  # noqa: PLC0415 a daemon starts faster without

        text = format(Decimal(repr(value)), "f")
        return text if "." in text else f"{text}.0"
    return json.dumps(value, ensure_ascii=False)


def format_json(record: Record, form: Accounting) -> str:
    """The line for a record, without a newline. ``form`` says which fields the flavour has."""
    extra = record.extra
    rusage: dict[str, object] = {"ru_wallclock": int(record.ru_wallclock)}
    for name in RUSAGE:
        value = getattr(record, name)
        rusage[name] = float(value) if name in _DECIMALS else int(value)
    usage = {
        "wallclock": float(extra.get("wallclock", 0.0)),
        "cpu": float(record.cpu),
        "mem": float(record.mem),
        "io": float(record.io),
        **({"ioops": float(extra.get("ioops", 0.0))} if form.operations else {}),
        "iow": float(record.iow),
        "maxvmem": float(record.maxvmem),
        "maxrss": float(extra.get("maxrss", 0.0)),
    }
    values: dict[str, object] = {
        "job_number": record.job_number,
        "task_number": record.task_number,
        "start_time": _microseconds(record.start_time),
        "end_time": _microseconds(record.end_time),
        "owner": record.owner,
        "group": record.group,
        "account": record.account,
        "qname": record.qname,
        "hostname": record.hostname,
        "project": record.project,
        "department": record.department,
        "granted_pe": record.granted_pe,
        "slots": record.slots,
        "job_name": record.job_name,
        "priority": record.priority,
        "submission_time": _microseconds(record.submission_time),
        "submit_cmd_line": extra.get("submit_cmd_line", ""),
        "arid": record.arid,
        **({"pe_taskid": record.pe_taskid} if form.pe_taskid_in_json else {}),
        "category": record.category or "",
        "failed": record.failed,
        "exit_status": record.exit_status,
        **({"deleted_by": extra["deleted_by"]} if form.deleted_by and "deleted_by" in extra else {}),
        "usage": {"rusage": rusage, "eusage": usage},
    }
    return _text({name: value for name, value in values.items() if _KEYS.get(name) != value})


def parse_json(line: str, checks: dict[str, Check] | None = None) -> Record | str:
    """A Record, or a :class:`Unwanted` (see :func:`~.accounting.parse_line`)."""
    try:
        values: dict[str, Any] = json.loads(line)
        usage = values.pop("usage")
        record = Record()
        for name in ("submit_cmd_line", "deleted_by"):
            if name in values:
                record.extra[name] = values.pop(name)
        for name, value in values.items():
            setattr(record, name, value / 1e6 if name in _TIMES else value)
        for name, value in usage["rusage"].items():
            setattr(record, name, value)
        for name, value in usage["eusage"].items():
            if name in ("wallclock", "ioops", "maxrss"):
                record.extra[name] = value
            else:
                setattr(record, name, value)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Unwanted.INVALID
    wanted = checks or {}
    return record if all(check(record) for check in wanted.values()) else Unwanted.SKIPPED
