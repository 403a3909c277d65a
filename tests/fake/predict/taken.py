"""The single values that a prediction takes from the checked answers: what no command before could tell."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lxml import etree

from .instants import instant

TAKEN = {
    "submission": "when a job came in, or came back after a reschedule: the clock was not recorded",
    "start": "when a task was started: when the scheduler ran was not recorded",
    "errors": "when a task failed, and the number of the process that failed",
    "usage": "what a running task had used: measured",
    "waited": "what a job's waiting had earned it: when the scheduler ran last was not recorded",
    "load": "the load values of the host: measured",
    "category": "the number of a job's category: it counts those of all jobs since the qmaster's start",
    "now": "when the command ran, where it prints that (of each task anew: it passes from line to line)",
}
"""Every kind of value that is taken, and why. Nothing else is."""

Key = tuple[int, int]


@dataclass
class Values:
    """What one answer says: by job, or by job and task; ``errors`` are moments and process numbers."""

    submission: dict[int, float] = field(default_factory=dict)
    start: dict[Key, float] = field(default_factory=dict)
    errors: dict[Key, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    usage: dict[Key, dict[str, float]] = field(default_factory=dict)
    load: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    waited: dict[int, int] = field(default_factory=dict)
    category: dict[int, int] = field(default_factory=dict)
    now: list[str] = field(default_factory=list)


@cache
def read(text: str, zone: str) -> Values:
    """The values of an answer; its times count where they are UTC."""
    values = Values()
    for name, number in re.findall(r"(\w+)=(?:\d+\.\d+ \(= )?(\d+\.\d+) (?:\(no load adjustment|\+ )", text):
        values.load["localhost"][name] = number
    if "<detailed_job_info" in text:
        _details_xml(values, text)
    elif "<job_info" in text or "<qhost" in text:
        _listing_xml(values, text)
    elif text.startswith("=" * 62 + "\njob_number"):
        _details(values, text)
    else:
        _listing(values, text)
    if zone != "UTC":
        values.submission, values.start, values.errors = {}, {}, defaultdict(list)
    return values


def _tree(text: str) -> Any:
    return etree.fromstring(
        text.encode("utf-8", "surrogateescape"), etree.XMLParser(recover=True, huge_tree=True)
    )


def _one(element: Any, tag: str, default: str = "") -> str:
    found = element.find(tag)
    return default if found is None else found.text or default


def _first_task(text: str) -> int:
    return int(re.split("[-,:]", text)[0]) if text else 1


def _listing_xml(values: Values, text: str) -> None:
    tree = _tree(text)
    for item in tree.iter("job_list"):
        _job_of_listing(values, item)
    for item in tree.iter("resourcevalue"):
        if item.get("dominance") == "hl":
            _report(values, "localhost", item)
    for item in tree.iter("hostvalue"):
        if item.get("name") in ("load_avg", "mem_used") and item.text != "-":
            values.load["localhost"].setdefault(item.get("name"), item.text)
    for item in tree.iter("cluster_queue_summary"):
        values.load["localhost"].setdefault("np_load_avg", _one(item, "load"))
    for queue in tree.iter("Queue-List"):
        host = _one(queue, "name").partition("@")[2]
        for name in ("load_avg", "arch"):
            if known := _one(queue, name):
                values.load[host].setdefault(name, known)
        for item in queue.iter("resource"):
            if item.get("type") == "hl":
                _report(values, host, item)


def _report(values: Values, host: str, item: Any) -> None:
    """A load value, with the order in which the host reports them."""
    values.load[host].pop(item.get("name"), None)
    values.load[host][item.get("name")] = item.text or ""


def _job_of_listing(values: Values, item: Any) -> None:
    job = int(_one(item, "JB_job_number"))
    task = _first_task(_one(item, "tasks"))
    for tag in ("JB_submission_time", "JAT_submission_time"):
        if when := _one(item, tag):
            values.submission[job] = instant(when)
    if when := _one(item, "JAT_start_time"):
        values.start[job, task] = instant(when)
    names = [name for name in ("cpu", "mem", "io") if _one(item, f"{name}_usage")]
    if names:
        values.usage[job, task] = {name: float(_one(item, f"{name}_usage")) for name in names}
    if waited := _one(item, "JB_wtcontr"):
        values.waited[job] = int(waited)


def _details_xml(values: Values, text: str) -> None:
    for element in _tree(text).iterfind("djob_info/*"):
        job = int(_one(element, "JB_job_number"))
        values.submission[job] = instant(_one(element, "JB_submission_time"))
        values.category[job] = int(_one(element, "JB_category_id", "0"))
        for item in element.iterfind("JB_ja_tasks/*"):
            key = job, int(_one(item, "JAT_task_number"))
            if (when := _one(item, "JAT_start_time", "0")) != "0":
                values.start[key] = instant(when)
            used = {
                _one(entry, "UA_name"): float(_one(entry, "UA_value"))
                for entry in item.iterfind("JAT_scaled_usage_list/*")
            }
            values.usage[key] = used
            for entry in item.iterfind("JAT_message_list/*"):
                _error(values, key, _one(entry, "QIM_message"))


ERROR = re.compile(r"(\d\d/\d\d/\d{4} \S+|\d{4}-\d\d-\d\d \S+) \[\d+:(\d+)\]: ")


def _error(values: Values, key: Key, text: str) -> None:
    if found := ERROR.match(text):
        values.errors[key].append((instant(found[1]), found[2]))


def _details(values: Values, text: str) -> None:
    for block in text.split("=" * 62 + "\n")[1:]:
        job = int(re.findall(r"job_number: +(\d+)", block)[0])
        values.submission[job] = instant(re.findall(r"submission_time: +(.*)", block)[0])
        values.category[job] = int((re.findall(r"category_id: +(\d+)", block) or ["0"])[0])
        pending: set[int] = set()
        for key, number, value in re.findall(r"(?m)^(\S[\w ]*?|) +(\d+): +(.*)$", block):
            task = job, int(number)
            if key == "job_state" and ("q" in value or "E" in value):
                pending.add(int(number))
            elif key == "start_time" and int(number) in pending:
                values.now.append(value)
            elif key == "start_time":
                values.start[task] = instant(value)
            elif key == "usage":
                values.usage[task] = used_in(value)
            else:
                _error(values, task, value)


SIZES = {"K": 1024.0, "M": 1024.0**2, "G": 1024.0**3}


def used_in(text: str) -> dict[str, float]:
    """The values of a line of usage."""
    usage: dict[str, float] = {}
    for word in re.split(", ?", text):
        name, _, value = word.partition("=")
        if clock := re.fullmatch(r"(?:(\d+):)?(\d+):(\d+):([\d.]+)", value):
            days, hours, minutes, seconds = (float(part or 0) for part in clock.groups())
            usage[name] = ((days * 24 + hours) * 60 + minutes) * 60 + seconds + 1e-7
        elif value != "N/A":
            amount = re.sub(r" GB ?s?$", "", value)
            usage[name] = float(amount.rstrip("KMG")) * SIZES.get(amount[-1], 1.0)
    return usage


DATE = r"(?:\d\d/\d\d/\d{4}|\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d"
ROW = re.compile(rf"^ *(\d+) \d\.\d{{5}} .*? (\w+) +({DATE})(.*)$")
URGENT_ROW = re.compile(r"^ *(\d+) \d\.\d{5} \d\.\d{5} +\d+ +\d+ +(\d+) +\d+ ")
EXTENDED_ROW = re.compile(
    rf"^ *(\d+) .*? [a-zA-Z]+ +(?:{DATE} )?.{{0,20}}?(\d+):(\d\d):(\d\d):(\d\d) (\d+\.\d+) +(\d+\.\d+) "
)
CLUSTER_ROW = re.compile(r"^\S+ +(\d+\.\d\d)(?: +\d+){6}")
HOST_ROW = re.compile(r"^(\S+) +\S+(?: +\d+){4} +(\d+\.\d\d) +[\d.]+[KMG] +([\d.]+[KMG]) ")
QUEUE_ROW = re.compile(r"^\S+@(\S+) +\w+ +\d+/\d+/\d+ +(\S+) +(\S+)")


def _task_of(line: str) -> int:
    """The first task in the last column, which comes after that of the slots."""
    found = re.search(r"MASTER +(\d+)", line) or re.search(r" \d+ +(\d+)(?:[-,:]\S*)? *$", line)
    return int(found[1]) if found else 1


def _listing(values: Values, text: str) -> None:
    for line in text.splitlines():
        if used := EXTENDED_ROW.match(line):
            job, days, hours, minutes, seconds = map(int, used.groups()[:5])
            task = _task_of(line)
            cpu = ((days * 24 + hours) * 60 + minutes) * 60.0 + seconds
            values.usage[job, task] = {"cpu": cpu, "mem": float(used[6]), "io": float(used[7])}
        if found := ROW.match(line):
            task = _task_of(found[4])
            if set(found[2]) & set("qz"):
                values.submission[int(found[1])] = instant(found[3])
            else:
                values.start[int(found[1]), task] = instant(found[3])
            if urgent := URGENT_ROW.match(line):
                values.waited[int(urgent[1])] = int(urgent[2])
        elif queue := QUEUE_ROW.match(line):
            values.load[queue[1]].update(load_avg=queue[2], arch=queue[3])
        elif host := HOST_ROW.match(line):
            values.load[host[1]].update(load_avg=host[2], mem_used=host[3])
        elif load := re.match(r"^(?:\t| +|    Host Resource\(s\): +)hl:(\w+)=(.*)$", line):
            values.load["localhost"].pop(load[1], None)
            values.load["localhost"][load[1]] = load[2]
        elif gathered := CLUSTER_ROW.match(line):
            values.load["localhost"].setdefault("np_load_avg", gathered[1])
