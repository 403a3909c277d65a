"""``qacct -j``: accounting records as text, where the accounting file itself cannot be read.

The figures are rounded and scaled here (``4.781KB`` for 4896 kB), unlike those of the file. Every flavour
prints blocks of ``name   value`` lines under a rule of ``=``; names, units and the form of dates differ and
are told apart by themselves. Sources: captures ``qacct.*``, ``time.qacct_*``, ``cell2.qacct_*``; fixtures
``uge-8.x``, ``uge-8.6``, ``ocs-9.0``; runs of a real 8.1.9 cell for ``-o``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone

from drmaa_cli.gridengine.accounting import check_figures, deleter
from drmaa_cli.gridengine.records import RUSAGE, AccountingRecord, CommandResult
from drmaa_cli.gridengine.replies import (
    GridEngineError,
    UnreadableReply,
    check_environment_errors,
    describe,
    reader,
)
from drmaa_cli.gridengine.units import parse_gigabytes, parse_memory, parse_seconds, parse_time

__all__ = [
    "NoAccounting",
    "argv",
    "argv_for_account",
    "argv_for_owner",
    "parse",
]

# stderr, exit 1: "error: job id 5 not found", "error: Job-array tasks 5.9-9:1 not found"
NOT_FOUND = re.compile(r"^error: (?:job id|Job-array tasks|job name) .* not found$", re.MULTILINE)
# stdout, exit 1: the file is missing or unreadable; stderr says which
NO_FILE = "no jobs running since startup"
UNREADABLE = "unable to open"
# Without a job number a table of totals ends the answer, records or none. Its rule is longer than a record's.
TOTALS = re.compile(r"^(?:Total System Usage$|(?:OWNER|ACCOUNT) +WALLCLOCK +UTIME )", re.MULTILINE)
RECORD_RULE = "=" * 62

_RULE = re.compile(rf"^{RECORD_RULE}$", re.MULTILINE)
_INTEGER = re.compile(r"\s*(-?[0-9]{1,15})(?![0-9.])")


class NoAccounting(GridEngineError):
    """There is no accounting file on this host, or it cannot be read."""

    @property
    def is_there(self) -> bool:
        """Whether there is a file, which cannot be read (captures ``qacct.f_unreadable``)."""
        return UNREADABLE in self.text


def argv(job: int, task: int | None = None) -> list[str]:
    """The command for all records of a job, or of one task; qacct does not understand ``JOB.TASK``."""
    return ["qacct", "-j", str(job)] + ([] if task is None else ["-t", str(task)])


def argv_for_owner(owner: str, since: float) -> list[str]:
    """One command for many jobs: all records of a user's jobs that *started* at or after a moment.

    Run it with TZ=UTC: the moment is given in UTC and qacct reads it as local time. Jobs that could not be
    started (no start time: ``failed`` 26, 27, 28) are never in the answer (observed on a real cell): ask for
    those by number.

    Args:
        owner: the user.
        since: epoch seconds; rounded down.
    """
    begin = datetime.fromtimestamp(int(since), timezone.utc).strftime("%Y%m%d%H%M.%S")
    return ["qacct", "-o", owner, "-b", begin, "-j"]


def argv_for_account(account: str) -> list[str]:
    """The command for all records with an account string (``qsub -A``), those never started included."""
    return ["qacct", "-A", account, "-j"]


@reader
def parse(result: CommandResult) -> list[AccountingRecord]:
    """Read the records in the order they are printed.

    Oldest first: earlier attempts, and earlier jobs of the same number, precede the current one.

    Args:
        result: the finished ``qacct -j``, run with TZ=UTC (its dates carry no zone).

    Returns:
        The records; none when qacct says that the job is not found.

    Raises:
        NoAccounting: no accounting file here.
        QmasterUnreachable: Open Cluster Scheduler's asks who the qmaster is, and could not find out.
        CommandFailed: wrong SGE_ROOT or cell, usage error.
        UnreadableReply: cut off, or in a form that is none of the known.
    """
    text = _decode(result.stdout)
    if NO_FILE in text.splitlines():  # with exit 0 from Open Cluster Scheduler
        raise NoAccounting(result.err.strip() or NO_FILE)
    if result.exit_code != 0:
        if NOT_FOUND.search(result.err) and not _RULE.search(text):
            return []
        check_environment_errors(result)
        raise UnreadableReply(describe(result))
    totals = TOTALS.search(text)
    if totals is None and result.argv[-1:] == ("-j",):
        raise UnreadableReply(f"cut off before the totals ({describe(result)})")
    blocks = _blocks(text[: totals.start()] if totals else text, result)
    records = [_record(fields, result) for fields in blocks]
    if not records and totals is None:
        check_environment_errors(result)
        raise UnreadableReply(f"no records and no word why ({describe(result)})")
    return records


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


def _blocks(text: str, result: CommandResult) -> Iterator[Mapping[str, str]]:
    """Each block as name -> value; the first line of a name counts; a wrapper's words do not."""
    for block in _RULE.split(text)[1:]:
        if not block.endswith("\n"):
            raise UnreadableReply(f"cut off in a line ({describe(result)})")
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(" ")
            if name:
                fields.setdefault(name, value.strip())
        yield fields


def _record(fields: Mapping[str, str], result: CommandResult) -> AccountingRecord:
    try:
        record = AccountingRecord(
            qname=fields["qname"],
            hostname=fields["hostname"],
            group=fields["group"],
            owner=fields["owner"],
            job_name=fields["jobname"],
            job=_integer(fields["jobnumber"]),
            account=fields.get("account", ""),
            priority=_integer(fields.get("priority", "0")),
            submission_time=parse_time(fields["qsub_time"]),
            start_time=parse_time(fields["start_time"]),
            end_time=parse_time(fields["end_time"]),
            failed=_integer(fields["failed"]),
            exit_status=_integer(fields["exit_status"]),
            **{name: parse_seconds(fields.get(name) or "0") for name in _DURATIONS},
            **{name: parse_memory(fields.get(name) or "0") for name in _SIZES_AND_COUNTS},
            project=fields.get("project", "NONE"),
            department=fields.get("department", "NONE"),
            granted_pe=fields.get("granted_pe", "NONE"),
            slots=_integer(fields.get("slots", "0")),
            task=0 if fields["taskid"] == "undefined" else _integer(fields["taskid"]),
            mem=parse_gigabytes(fields.get("mem") or "0"),
            io=parse_gigabytes(fields.get("io") or "0"),
            category=fields.get("category", ""),
            pe_taskid=fields.get("pe_taskid") or "NONE",
            maxvmem=parse_memory(fields["maxvmem"]),
            deleted_by=deleter(fields.get("deleted_by", "")),
            submit_host=fields.get("submit_host", ""),
            wallclock=parse_seconds(fields.get("wallclock") or "0"),
            submit_command=fields.get("submit_cmd_line") or fields.get("submit_cmd", ""),
        )
        check_figures(record)
        return record
    except KeyError as error:
        raise UnreadableReply(f"a record without {error.args[0]} ({describe(result)})") from None
    except ValueError as error:
        raise UnreadableReply(f"a record with a value that cannot be read: {error}") from None


def _integer(text: str) -> int:
    """The number at the start: ``137   (Killed)``, ``100 : assumedly after job``, ``0``."""
    found = _INTEGER.match(text)
    if found is None:
        raise ValueError(f"not a number: {text[:40]!r}")
    return int(found.group(1))


_DURATIONS = ("ru_wallclock", "ru_utime", "ru_stime", "cpu", "iow")

# 8.1.9 prints the kB of ru_maxrss and its relatives as if they were bytes ("4.781KB" for 4896 kB), so that
# undoing the scaling gives the number of kB, as in the file.
_SIZES_AND_COUNTS = tuple(name for name in RUSAGE if name not in _DURATIONS)
