"""Circumstances that are made up, of what was recorded."""

from __future__ import annotations

from typing import Any

from drmaa_cli.gridengine.queues import QueueInstance
from drmaa_cli.gridengine.records import JobRow
from drmaa_cli.gridengine.verification import Startable, Verification
from drmaa_cli.gridengine.waiting import WaitingJob

NOW = 1.8e9
UNKNOWN = " because job requests unknown resource"
NEVER = "cannot run anywhere in this cell: "


def row(state: str = "qw", **changes: Any) -> JobRow:
    """A job in a listing."""
    return JobRow(7, None, state, "pending", "align", "anna", "", "", 1)._replace(**changes)


def job(**changes: Any) -> WaitingJob:
    """The same in full."""
    plain = WaitingJob(7, "anna", "align", "", False, 1, {}, (), "", "", (), (), 0.0, 0, False, "", {})
    return plain._replace(**changes)


def instance(name: str, used: int = 0, total: int = 4, state: str = "", *reasons: str) -> QueueInstance:
    """A queue instance."""
    return QueueInstance(name, used, 0, total, state, reasons)


def not_now(*texts: str) -> Verification:
    """What ``qalter -w`` says of a job for which there is no place."""
    return Verification(Startable.IMPOSSIBLE, texts)


def full(name: str) -> str:
    return f'(-l NONE) cannot run in queue "{name}" because it offers only qc:slots=0.000000'


def away(name: str) -> str:
    return f'queue instance "{name}" dropped because it is temporarily not available'


POSSIBLE = Verification(Startable.POSSIBLE)
TWO_FULL = (instance("a.q@n1", 4), instance("a.q@n2", 4))
DENIED = Verification(Startable.DENIED)
