"""What people read: qstat's table and qstat -j's text, taken apart without any of drmaa_cli's readers.

The same situation was recorded in text and in XML, so that one can be held against the other.
"""

from __future__ import annotations

import calendar
import re
import time
from typing import NamedTuple

FORMATS = (  # of a point in time, whole seconds: 8.1.9's table, its qstat -j and qacct, the newer engines
    (r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", "%m/%d/%Y %H:%M:%S"),
    (r"[A-Z][a-z][a-z] [A-Z][a-z][a-z] +\d+ \d\d:\d\d:\d\d \d{4}", "%a %b %d %H:%M:%S %Y"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", "%Y-%m-%d %H:%M:%S"),
)


class Line(NamedTuple):
    """A line of the table: the job or tasks it is about, and since when it is in its state."""

    job: int
    state: str
    since: int
    queue: str
    slots: int
    tasks: tuple[int, ...]


def instant(text: str) -> int:
    """Epoch seconds of a date in UTC, its fraction cut off; 0 for one that is not set."""
    if text.strip() in ("-/-", "0", ""):
        return 0
    for pattern, form in FORMATS:
        if found := re.match(pattern, text.strip()):
            return calendar.timegm(
                time.strptime(found[0].replace("T", " ", 1 if form[1] == "Y" else 0), form)
            )
    if re.fullmatch(r"\d{10}", text.strip()):
        return int(text)
    raise AssertionError(f"a date in no known form: {text!r}")


def members(tasks: str) -> tuple[int, ...]:
    """The numbers that ``1-9:2,14`` stands for."""
    found: list[int] = []
    for first, last, step in re.findall(r"(\d+)(?:-(\d+)(?::(\d+))?)?", tasks):
        found += range(int(first), int(last or first) + 1, int(step or 1))
    return tuple(found)


def table(text: bytes) -> list[Line]:
    """The lines of ``qstat -u USER``; its columns stand where the heading has their names."""
    lines = text.decode("latin-1").splitlines()  # columns are counted in bytes
    if not lines:
        return []
    heading = lines[0]
    state, since, queue = (heading.index(name) for name in ("state", "submit/start at", "queue"))
    found = []
    for line in lines[2:]:
        after = re.fullmatch(r" *(\d+) *(\S*) *", line[queue + 30 :])
        assert after, line
        found.append(
            Line(
                job=int(line.split(None, 1)[0]),
                state=line[state : state + 5].strip(),
                since=instant(line[since : since + 19]),
                queue=line[queue : queue + 30].strip(),
                slots=int(after[1]),
                tasks=members(after[2]),
            )
        )
    return found


def descriptions(text: str) -> dict[int, dict[str, str]]:
    """``qstat -j IDS``: job number -> the first value of each label, blanks in labels as underscores."""
    found = {}
    for block in re.split(r"^={62}$", text, flags=re.MULTILINE):
        fields: dict[str, str] = {}
        for label, number, value in re.findall(r"^(\S[^:\n]*?)(?: +(\d+))?: +(.*)$", block, re.MULTILINE):
            name = label.strip().replace(" ", "_") + (f"_{number}" if number else "")
            fields.setdefault(name, value.strip())
        if "job_number" in fields:
            found[int(fields["job_number"])] = fields
    return found
