"""Blocks of ``qacct -j`` of an Open Cluster Scheduler."""

from __future__ import annotations

from ..model.accounting import RUSAGE, Record
from ..model.flavours import Accounting
from .formats import Clock
from .qacct_text import FAILED_TEXTS, RULE

_WIDTH = 35
_FAILED_TEXTS = {**FAILED_TEXTS, 30: "rescheduling on application error"}


def _plain(label: str, value: object) -> str:
    return f"{label[: _WIDTH - 1]:<{_WIDTH}}{value}\n"


def _padded(label: str, value: object) -> str:
    return _plain(label, f"{value!s:<20}")


def job_block_ocs(record: Record, clock: Clock, form: Accounting, now: float) -> str:
    """One record as ``qacct -j`` shows it. ``form`` says which fields the flavour has.

    A submission time of 0 is shown as ``now``.
    """
    arid = _padded("arid", record.arid) if record.arid else _plain("arid", "undefined")
    failed = f"{record.failed:<3}" + (
        f" : {_FAILED_TEXTS.get(record.failed, 'invalid execution state')}" if record.failed else "  "
    )
    deleted_by = record.extra.get("deleted_by")
    lines = [
        RULE + "\n",
        _padded("qname", record.qname),
        _padded("hostname", record.hostname),
        _padded("group", record.group),
        _padded("owner", record.owner),
        _padded("project", record.project),
        _padded("department", record.department),
        _padded("jobname", record.job_name),
        _padded("jobnumber", record.job_number),
        _padded("taskid", record.task_number) if record.task_number else _plain("taskid", "undefined"),
        _plain("pe_taskid", record.pe_taskid),
        arid if form.arid_first else "",
        _padded("account", record.account),
        _padded("priority", record.priority),
        _plain("qsub_time", clock.long(record.submission_time or now)),
        _plain("submit_cmd_line", record.extra.get("submit_cmd_line", "")),
        _plain("start_time", clock.long(record.start_time) if record.start_time else "-/-"),
        _plain("end_time", clock.long(record.end_time) if record.end_time else "-/-"),
        _padded("granted_pe", record.granted_pe),
        _padded("slots", record.slots),
        _plain("failed", failed),
        _padded("exit_status", record.exit_status),
        _padded("deleted_by", deleted_by) if deleted_by and form.deleted_by else "",
        *_usage(record, form),
        "" if form.arid_first else arid,
    ]
    return "".join(lines)


def _usage(record: Record, form: Accounting) -> list[str]:
    extra = record.extra
    lines = [
        _plain("ru_wallclock", f"{record.ru_wallclock:<13.0f}"),
        _plain("ru_utime", f"{record.ru_utime:<13.3f}"),
        _plain("ru_stime", f"{record.ru_stime:<13.3f}"),
    ]
    lines += [_padded(name, int(getattr(record, name))) for name in RUSAGE[2:]]
    lines += [
        _plain("wallclock", f"{float(extra.get('wallclock', 0.0)):<13.3f}"),
        _plain("cpu", f"{record.cpu:<13.3f}"),
        _plain("mem", f"{record.mem:<18.3f}"),
        _plain("io", f"{record.io:<18.3f}"),
    ]
    if form.operations:
        lines.append(_plain("ioops", f"{float(extra.get('ioops', 0.0)):<13.0f}"))
    return [
        *lines,
        _plain("iow", f"{record.iow:<18.3f}"),
        _plain("maxvmem", f"{record.maxvmem:<18.0f}"),
        _plain("maxrss", f"{float(extra.get('maxrss', 0.0)):<18.0f}"),
    ]
