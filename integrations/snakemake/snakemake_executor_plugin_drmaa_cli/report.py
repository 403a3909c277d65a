"""What jobs used beside what they had asked for: one line for each, and the sums of each rule."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import drmaa_cli

MEBIBYTE = 2**20
COLUMNS = (
    *("rule", "snakemake_job", "job", "end", "host", "slots", "seconds", "seconds_requested"),
    *("cpu_seconds", "cpu_efficiency", "memory_mb", "memory_mb_requested", "memory_efficiency"),
)


class Ran(NamedTuple):
    """A job of Snakemake's that has ended.

    Attributes:
        rule: its rule, or group.
        number: Snakemake's number of it.
        info: how it ended.
    """

    rule: str
    number: int
    info: drmaa_cli.JobInfo


def table(jobs: Sequence[Ran], requested_mb: Sequence[float]) -> str:
    """The report, tab-separated.

    Args:
        jobs: what has ended.
        requested_mb: ``mem_mb`` of each; 0 for none: ``mem_free`` is no limit and is not on record as one.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for ran, asked_mb in sorted(zip(jobs, requested_mb), key=lambda pair: (pair[0].rule, pair[0].number)):
        writer.writerow(_row(ran, asked_mb))
    return text.getvalue()


def _row(ran: Ran, asked_mb: float) -> list[object]:
    info = ran.info
    cpu, used = info.efficiency.cpu, info.max_memory
    used_mb = None if used is None else used / MEBIBYTE
    end = "ok" if info.succeeded else str(info.reason) or f"exit status {info.exitStatus}"
    return [
        ran.rule,
        ran.number,
        info.jobId,
        end,
        info.host,
        info.slots,
        _figure(info.wallclock),
        _figure(info.requested.time),
        _figure(info.cpu),
        _figure(cpu, 3),
        _figure(used_mb),
        _figure(asked_mb or None),
        _figure(used_mb / asked_mb if used_mb is not None and asked_mb else None, 3),
    ]


def _figure(value: float | None, places: int = 1) -> str:
    return "" if value is None else f"{value:.{places}f}".rstrip("0").rstrip(".")
