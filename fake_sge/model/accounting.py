"""The accounting file: one ``:``-separated line of 45 fields per run attempt of a task.

Layout and number formats as in ``accounting(5)`` and the ``accounting_lines`` of ``captures/qacct.jsonl``.
"""

from __future__ import annotations

from collections.abc import Callable

from ..lighter import Any, field, names_of, record
from .values import atof, atol

HEADER = "# Version: 8.1.9\n# \n# DO NOT MODIFY THIS FILE MANUALLY!\n# \n"


@record
class Record:
    """One line; attribute order is field order.

    Times are epoch seconds, 0 for "never"; memory in bytes,
    ``mem`` in GB seconds, ``io`` in GB, cpu times and ``iow`` in seconds.
    """

    qname: str = ""
    hostname: str = ""
    group: str = ""
    owner: str = ""
    job_name: str = ""
    job_number: int = 0
    account: str = ""
    priority: int = 0
    submission_time: float = 0
    start_time: float = 0
    end_time: float = 0
    failed: int = 0
    exit_status: int = 0
    ru_wallclock: float = 0.0
    ru_utime: float = 0.0
    ru_stime: float = 0.0
    ru_maxrss: float = 0.0
    ru_ixrss: int = 0
    ru_ismrss: int = 0
    ru_idrss: int = 0
    ru_isrss: int = 0
    ru_minflt: int = 0
    ru_majflt: int = 0
    ru_nswap: int = 0
    ru_inblock: float = 0.0
    ru_oublock: int = 0
    ru_msgsnd: int = 0
    ru_msgrcv: int = 0
    ru_nsignals: int = 0
    ru_nvcsw: int = 0
    ru_nivcsw: int = 0
    project: str = "NONE"
    department: str = "defaultdepartment"
    granted_pe: str = "NONE"
    slots: int = 1
    task_number: int = 0
    cpu: float = 0.0
    mem: float = 0.0
    io: float = 0.0
    category: str | None = "NONE"
    iow: float = 0.0
    pe_taskid: str = "NONE"
    maxvmem: float = 0.0
    arid: int = 0
    ar_submission_time: int = 0
    extra: dict[str, Any] = field(default_factory=dict, compare=False)  # what only some flavours have


FIELDS: tuple[str, ...] = tuple(name for name in names_of(Record) if name != "extra")

RUSAGE = tuple(name for name in FIELDS if name.startswith("ru_") and name != "ru_wallclock")
_FLOATS = frozenset(["ru_utime", "ru_stime", "ru_maxrss", "ru_inblock", "cpu", "mem", "io", "iow", "maxvmem"])
_TEXTS = frozenset(name for name in FIELDS if not isinstance(getattr(Record, name), (int, float)))
_LAST_REQUIRED = FIELDS.index("department")
_DEFAULTS: dict[str, object] = {"granted_pe": "none", "slots": 0, "category": None}


def format_record(record: Record) -> str:
    """The line for a record, with its newline."""
    words: list[str] = []
    for name in FIELDS:
        value = getattr(record, name)
        if name in _FLOATS:
            words.append(f"{value:.6f}")
        elif name in _TEXTS:
            words.append(value or "NONE")
        else:
            words.append(str(int(value)))
    return ":".join(words) + "\n"


class Unwanted:
    """What became of a line that is no wanted record."""

    INVALID = "invalid"  # qacct: "ignoring invalid entry in line N"
    SKIPPED = "skipped"  # does not match what was asked for


Check = Callable[[Record], bool]


def _converted(name: str, token: str | None) -> object:
    if token is None:
        return _DEFAULTS.get(name, 0)
    if name in _TEXTS:
        return token
    if name in _FLOATS:
        return atof(token)
    return atol(token)


def _tokens(line: str) -> list[str]:
    """Like C's strtok: empty fields vanish, what follows moves up. The department ends at a newline."""
    words = [word for word in line.split(":") if word]
    if len(words) > _LAST_REQUIRED and words[_LAST_REQUIRED].endswith("\n"):
        department = words[_LAST_REQUIRED].rstrip("\n")
        words = words[:_LAST_REQUIRED] + ([department] if department else [])
    return words


def parse_line(line: str, checks: dict[str, Check] | None = None) -> Record | str:
    """A Record, or a :class:`Unwanted`.

    Fields are read from the left, and ``checks`` (by field name) are asked as
    soon as their field is read, so that a line that does not match is not called invalid for what is missing
    further right (real cell). ``line`` keeps its newline.
    """
    tokens = _tokens(line)
    record = Record()
    wanted = checks or {}
    for index, name in enumerate(FIELDS):
        token = tokens[index] if index < len(tokens) else None
        if token is None and (index <= _LAST_REQUIRED or name == "pe_taskid"):
            return Unwanted.INVALID
        setattr(record, name, _converted(name, token))
        check = wanted.get(name)
        if check is not None and not check(record):
            return Unwanted.SKIPPED
    return record
