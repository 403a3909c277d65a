"""The blocks and summaries of qacct."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..lighter import record
from ..model.accounting import RUSAGE, Record
from .formats import Clock, memory_bytes

RULE = "=" * 62
_GIGABYTE = 1024.0**3

# Texts for ``failed`` (observed with qacct 8.1.9 on one record for each code).
_FAILED = (
    "|assumedly before job|on executing shepherd|before writing config|before writing pid|"
    "on reading config file|setting processor set|before prolog|in prolog|before pestart|in pestart|"
    "before job|before pestop|in pestop|before epilog|in epilog|releasing processor set|through signal|"
    "shepherd returned error|before writing exit_status|found unexpected error file|in recognizing job|"
    "removed manually||migrating|rescheduling|opening input/output file|searching requested shell|"
    "changing into working directory|AFS setup|application error returned|accessing sgepasswd file|"
    "entry is missing in sgepasswd file|wrong password|communicating with Grid Engine Helper Service|"
    "before job in Grid Engine Helper Service|checking configured daemons|"
    "qmaster enforced h_rt, h_cpu, or h_vmem limit|adding supplementary group"
)
FAILED_TEXTS = {code: text for code, text in enumerate(_FAILED.split("|")) if text or not code}
FAILED_TEXTS[100] = "assumedly after job"

# glibc's strsignal texts for Linux signals, as qacct prints them.
_SIGNALS = (
    "Hangup|Interrupt|Quit|Illegal instruction|Trace/breakpoint trap|Aborted|Bus error|"
    "Floating point exception|Killed|User defined signal 1|Segmentation fault|User defined signal 2|"
    "Broken pipe|Alarm clock|Terminated|Stack fault|Child exited|Continued|Stopped (signal)|Stopped|"
    "Stopped (tty input)|Stopped (tty output)|Urgent I/O condition|CPU time limit exceeded|"
    "File size limit exceeded|Virtual timer expired|Profiling timer expired|Window changed|"
    "I/O possible|Power failure|Bad system call"
)
SIGNAL_TEXTS = dict(enumerate(_SIGNALS.split("|"), 1))
SIGNAL_TEXTS.update({34 + index: f"Real-time signal {index}" for index in range(31)})


def _signal_text(number: int) -> str:
    return SIGNAL_TEXTS.get(number, f"Unknown signal {number}")


def _number(value: float) -> str:
    """C's ``%.3f`` (``inf`` and ``nan`` included)."""
    return f"{value:.3f}" if math.isfinite(value) else str(value)


@record(frozen=True)
class Block:
    """One record as ``qacct -j`` shows it: ``key value`` lines in two columns of this ``width``."""

    clock: Clock
    width: int = 13

    def line(self, label: str, value: object) -> str:
        """A key, cut to its column, and a value."""
        return f"{label[: self.width - 1]:<{self.width}}{value}\n"

    def padded(self, label: str, value: object) -> str:
        """The same with a value of at least 20 places; None is undefined."""
        return self.line(label, "undefined" if value is None else f"{value!s:<20}")

    def who(self, record: Record) -> list[str]:
        """The job and its owner."""
        return [
            RULE + "\n",
            *(self.padded(name, getattr(record, name)) for name in ("qname", "hostname", "group", "owner")),
            self.padded("project", record.project),
            self.padded("department", record.department),
            self.padded("jobname", record.job_name),
            self.padded("jobnumber", record.job_number),
            self.padded("taskid", record.task_number or None),
        ]

    def when(self, record: Record) -> list[str]:
        """Times of the run, and what it was given."""
        return [
            *(
                self.line(f"{name}_time", self.clock.long(seconds) if seconds else "-/-")
                for name, seconds in (("start", record.start_time), ("end", record.end_time))
            ),
            self.padded("granted_pe", record.granted_pe),
            self.padded("slots", record.slots),
        ]


def job_block(record: Record, clock: Clock) -> str:
    """The block of 8.1.9."""
    block = Block(clock)
    failed = FAILED_TEXTS.get(record.failed, "invalid execution state")
    status = f"{record.exit_status:<20}"
    if record.exit_status > 127:
        status += f" ({_signal_text(record.exit_status - 128)})"
    reserved = record.ar_submission_time
    return "".join(
        [
            *block.who(record),
            block.padded("account", record.account),
            block.padded("priority", record.priority),
            block.line("qsub_time", clock.long(record.submission_time)),
            *block.when(record),
            block.line("failed", f"{record.failed:<3} {':' if record.failed else ''} {failed}"),
            block.line("exit_status", status),
            block.line("ru_wallclock", f"{record.ru_wallclock:.0f}s"),
            *(block.line(name, _number(getattr(record, name)) + "s") for name in RUSAGE[:2]),
            *(block.line(name, memory_bytes(int(getattr(record, name)))) for name in RUSAGE[2:7]),
            *(block.padded(name, int(getattr(record, name))) for name in RUSAGE[7:]),
            block.line("cpu", _number(record.cpu) + "s"),
            block.line("mem", memory_bytes(record.mem * _GIGABYTE) + "s"),
            block.line("io", memory_bytes(record.io * _GIGABYTE)),
            block.line("iow", _number(record.iow) + "s"),
            block.line("maxvmem", memory_bytes(record.maxvmem)),
            block.padded("arid", record.arid or None),
            block.line("ar_sub_time", clock.long(reserved) if reserved else "undefined"),
            block.line("category", record.category),
        ]
    )


class Totals:
    """Usage added up: the seven columns of a summary."""

    def __init__(self) -> None:
        self.values = [0.0] * 7

    def add(self, record: Record) -> None:
        """Count one record in."""
        for index, name in enumerate(("ru_wallclock", "ru_utime", "ru_stime", "cpu", "mem", "io", "iow")):
            self.values[index] += getattr(record, name)

    def line(self) -> str:
        """The columns."""
        wall, utime, stime, cpu, mem, io_, iow = self.values
        return f"{wall:13.0f} {utime:13.3f} {stime:13.3f} {cpu:13.3f} {mem:18.3f} {io_:18.3f} {iow:18.3f}\n"


class Column(NamedTuple):
    """A key column of a summary: its record field, title and the value asked for (None: all values)."""

    field: str
    title: str
    value: object = None


Group = tuple[Mapping[str, object], Totals]

_NUMERIC = ("slots", "arid")
_HEADINGS = f"{'WALLCLOCK':>13} {'UTIME':>13} {'STIME':>13} {'CPU':>13} {'MEMORY':>18} {'IO':>18} {'IOW':>18}"


def _cell(column: Column, key: Mapping[str, object]) -> str:
    value = key[column.field] if column.value is None else column.value
    return f"{value!s:>5}" if column.field in _NUMERIC else str(value)


def _width(column: Column, groups: Sequence[Group]) -> int:
    """Wide enough for title and values; the account column does not grow with its values (real cell)."""
    if column.field in _NUMERIC:
        return max([5] + [len(f"{key.get(column.field, 0)!s:>5}") + 1 for key, _ in groups])
    width = len(column.title) + 1
    if column.value is not None:
        return max(width, len(str(column.value)) + 1)
    if column.field == "account":
        return width
    return max([width] + [len(str(key[column.field])) + 1 for key, _ in groups])


def summary(columns: Sequence[Column], groups: Sequence[Group] | None, total: Totals) -> str:
    """The table at the end: one line per group, or one for everything when ``groups`` is None.

    Without any column it is "Total System Usage". Grid Engine prints no lines at all when the wall
    clock time of all records together is 0 (real cell).
    """
    listed = groups or ()
    widths = [_width(column, listed) for column in columns]
    slots_width = _width(Column("slots", ""), listed)
    heading = ""
    for column, width in zip(columns, widths):
        # real cell: the title of the reservation column is as wide as the slots column would be
        heading += column.title.ljust(slots_width if column.field == "arid" else width)
    out = [] if columns else ["Total System Usage\n"]
    out.append(f"{heading}{_HEADINGS}\n{'=' * (len(heading) + len(_HEADINGS))}\n")
    if total.values[0]:
        for key, usage in [({}, total)] if groups is None else groups:
            cells = "".join(_cell(column, key).ljust(width) for column, width in zip(columns, widths))
            out.append(cells + usage.line())
    return "".join(out)
