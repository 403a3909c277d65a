"""Blocks of ``qacct -j`` of an Open Cluster Scheduler."""

from __future__ import annotations

from ..model.accounting import RUSAGE, Record
from ..model.flavours import Accounting
from .formats import Clock
from .qacct_text import FAILED_TEXTS, Block

_FAILED_TEXTS = {**FAILED_TEXTS, 30: "rescheduling on application error"}


def job_block_ocs(record: Record, clock: Clock, form: Accounting, now: float) -> str:
    """One record as ``qacct -j`` shows it. ``form`` says which fields the flavour has.

    A submission time of 0 is shown as ``now``.
    """
    block, extra = Block(clock, 35), record.extra
    arid = block.padded("arid", record.arid or None)
    failed = f" : {_FAILED_TEXTS.get(record.failed, 'invalid execution state')}" if record.failed else "  "
    deleted_by = extra.get("deleted_by")
    usage = [
        ("ru_wallclock", f"{record.ru_wallclock:<13.0f}"),
        *((name, f"{getattr(record, name):<13.3f}") for name in RUSAGE[:2]),
        *((name, f"{int(getattr(record, name)):<20}") for name in RUSAGE[2:]),
        ("wallclock", f"{float(extra.get('wallclock', 0.0)):<13.3f}"),
        ("cpu", f"{record.cpu:<13.3f}"),
        ("mem", f"{record.mem:<18.3f}"),
        ("io", f"{record.io:<18.3f}"),
        *([("ioops", f"{float(extra.get('ioops', 0.0)):<13.0f}")] if form.operations else []),
        ("iow", f"{record.iow:<18.3f}"),
        ("maxvmem", f"{record.maxvmem:<18.0f}"),
        ("maxrss", f"{float(extra.get('maxrss', 0.0)):<18.0f}"),
    ]
    return "".join(
        [
            *block.who(record),
            block.line("pe_taskid", record.pe_taskid),
            arid if form.arid_first else "",
            block.padded("account", record.account),
            block.padded("priority", record.priority),
            block.line("qsub_time", clock.long(record.submission_time or now)),
            block.line("submit_cmd_line", extra.get("submit_cmd_line", "")),
            *block.when(record),
            block.line("failed", f"{record.failed:<3}{failed}"),
            block.padded("exit_status", record.exit_status),
            block.padded("deleted_by", deleted_by) if deleted_by and form.deleted_by else "",
            *(block.line(name, value) for name, value in usage),
            "" if form.arid_first else arid,
        ]
    )
