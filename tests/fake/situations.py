"""Rebuilds, from recorded transcripts, the cell they were recorded in.

A *group* is a set of transcripts of one moment. Their outputs are taken apart into facts (ids, names, states,
times, requests, load values ...), the facts become model objects, and every transcript of the group is then
rendered from those. Nothing of an expected text is kept.
"""

from __future__ import annotations

import calendar
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from fake_sge.model import Hold, Range, Resource

LAST_OWN_MESSAGE = 25
XML = {"&amp;": "&", "%lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}


def unescape(text: str) -> str:
    return re.sub(r"&amp;|%lt;|&gt;|&quot;|&apos;", lambda found: XML[found.group()], text)


def utc(text: str, form: str) -> float:
    return float(calendar.timegm(time.strptime(text, form)))


def instant(text: str) -> float:
    """A date of any flavour: seconds since 1970, ``2026-11-23T09:13:51.5``, ``11/23/2026 09:13:51`` ..."""
    if text.isdigit():
        return float(text)
    whole, _, fraction = text.replace("T", " ", int(text[4] == "-")).partition(".")
    form = "%Y-%m-%d %H:%M:%S" if text[4] == "-" else "%m/%d/%Y %H:%M:%S"
    if text[:1].isalpha():
        form = "%a %b %d %H:%M:%S %Y"
    return utc(whole, form) + (float(f"0.{fraction}") if fraction else 0.0)


def task_ids(text: str) -> list[int]:
    ids: list[int] = []
    for word in text.split(","):
        if "-" in word:
            first, last, step = re.split("[-:]", word)
            ids += range(int(first), int(last) + 1, int(step))
        elif word:
            ids.append(int(word))
    return ids


@dataclass
class Seen:
    """One line of a listing as facts."""

    state: str
    tasks: str
    queue: str = ""
    start: float = 0.0
    slots: int = 1
    prio: float = 0.0
    ntix: float | None = None
    usage: dict[str, float] = field(default_factory=dict)
    master: str = ""


@dataclass
class JobFacts:
    number: int
    lines: list[Seen] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    tasks: dict[int, dict[str, Any]] = field(default_factory=dict)
    holds: Hold = Hold.NONE
    held: list[tuple[Hold, list[int]]] = field(default_factory=list)


@dataclass
class Note:
    """A scheduling message."""

    number: int
    text: str
    jobs: list[int]

    @property
    def shared(self) -> bool:
        """Whether there is one for all jobs, as about holds and dependencies."""
        return self.number > LAST_OWN_MESSAGE


class Facts:
    """Everything known about one moment."""

    def __init__(self, flavour: str = "sge-8.1.9") -> None:
        self.flavour = flavour
        self.held_only = False  # the answers tell which tasks are held, and how
        self.now = 0.0  # when the answers were made, where one of them says it
        self.jobs: dict[int, JobFacts] = {}
        self.zombies: dict[int, JobFacts] = {}
        self.order: list[int] = []
        self.queues: dict[str, dict[str, Any]] = {}
        self.loads: dict[str, dict[str, str]] = defaultdict(dict)
        self.messages: list[Note] = []
        self.plain_messages: dict[int, list[str]] = {}
        self.pes: dict[str, str] = {}

    def job(self, number: int, zombie: bool = False) -> JobFacts:
        return (self.zombies if zombie else self.jobs).setdefault(number, JobFacts(number))


# ---- XML listings --------------------------------------------------------------------------------
LIST_VALUES = {
    "JB_nppri": "normalised_priority",
    "JB_nurg": "normalised_urgency",
    "JB_urg": "urgency",
    "JB_rrcontr": "resource_contribution",
    "JB_wtcontr": "waiting_contribution",
    "JB_dlcontr": "deadline_contribution",
}
LIST_NAMES = {
    "hard_req_queue": "hard_queues",
    "soft_req_queue": "soft_queues",
    "master_hard_req_queue": "master_queues",
    "predecessor_jobs_req": "hold_jid",
    "ad_predecessor_jobs_req": "hold_jid_ad",
}
ITEM = re.compile(r'<([\w-]+)((?: [\w]+="[^"]*")*)>(.*?)</\1>')


def read_list_xml(facts: Facts, text: str) -> None:
    queue = ""
    for block in re.finditer(
        r"<Queue-List>|</Queue-List>|<job_list state=\"(\w+)\">(.*?)</job_list>|"
        r"^      <(\w+)((?: \w+=\"[^\"]*\")*)>([^\n]*)</\3>$",
        text,
        re.DOTALL | re.MULTILINE,
    ):
        if block.group() == "<Queue-List>":
            queue = "?"
        elif block.group() == "</Queue-List>":
            queue = ""
        elif block.group(1):
            read_job_list(facts, block.group(1), block.group(2), queue)
        elif queue:
            queue = read_queue_item(facts, queue, block)


def read_queue_item(facts: Facts, queue: str, block: re.Match[str]) -> str:
    tag, attributes, value = block.group(3), block.group(4), unescape(block.group(5))
    if tag == "name":
        facts.queues.setdefault(value, {})
        return value
    host = queue.split("@")[1]
    if tag == "resource":
        kind = dict(re.findall(r'(\w+)="([^"]*)"', attributes))
        if kind["type"] == "hl":
            facts.loads[host].pop(kind["name"], None)
            facts.loads[host][kind["name"]] = value
        elif kind["type"] == "qf" and value != "infinity":
            if kind["name"] == "rerun":
                value = "TRUE" if float(value) else "FALSE"
            facts.queues[queue].setdefault("attributes", {})[kind["name"]] = value
    elif tag in ("load_avg", "arch"):
        facts.loads[host].setdefault(tag, value)
    else:
        facts.queues[queue][tag] = value
    return queue


def read_job_list(facts: Facts, kind: str, body: str, queue: str) -> None:
    items = [(tag, attributes, unescape(value)) for tag, attributes, value in ITEM.findall(body)]
    one = {tag: value for tag, _, value in items}
    job = facts.job(int(one["JB_job_number"]), kind == "zombie")
    job.values["name"] = one["JB_name"]
    job.values["owner"] = one["JB_owner"]
    for tag in ("JB_submission_time", "JAT_submission_time"):
        if tag in one:
            job.values["submission"] = instant(one[tag])
    for tag, name in LIST_VALUES.items():
        if tag in one:
            job.values[name] = float(one[tag])
    if "JB_urg" in one:
        job.values["urgency"] = float(one["JB_urg"])
    if "exact_urgency" in job.values:
        job.values["normalised_urgency"] = job.values["exact_urgency"]
    if "JB_nurg" in one and "JB_rrcontr" in one and "JB_urg" not in one:
        job.values["urgency"] = sum(float(one[tag]) for tag in ("JB_rrcontr", "JB_wtcontr", "JB_dlcontr"))
    if "JB_priority" in one:
        job.spec["priority"] = int(one["JB_priority"])
    if "tasks" in one:
        job.values["array"] = True
    if "full_job_name" in one:
        read_requests(facts, job, items)
    seen = Seen(
        one["state"],
        one.get("tasks", "1"),
        one.get("queue_name") or queue,
        instant(one["JAT_start_time"]) if "JAT_start_time" in one else 0.0,
        int(one["slots"]),
        float(one["JAT_prio"]),
        float(one["JAT_ntix"]) if "JAT_ntix" in one else None,
        {name: float(one[f"{name}_usage"]) for name in ("cpu", "mem", "io") if f"{name}_usage" in one},
        one.get("master", ""),
    )
    add_line(job, seen)


def read_requests(facts: Facts, job: JobFacts, items: list[tuple[str, str, str]]) -> None:
    for name in LIST_NAMES.values():
        job.spec.setdefault(name, ())
    lists: dict[str, list[str]] = defaultdict(list)
    for tag, attributes, value in items:
        named = dict(re.findall(r'(\w+)="([^"]*)"', attributes)).get("name", "")
        if tag in LIST_NAMES:
            lists[LIST_NAMES[tag]].append(value)
        elif tag in ("hard_request", "soft_request"):
            lists[tag].append(f"{named}={value}")
        elif tag in ("predecessor_jobs", "ad_predecessor_jobs"):
            lists[tag].append(value)
        elif tag == "binding" and value != "NONE":
            job.spec["binding"] = value
        elif tag == "requested_pe":
            job.spec.update(pe=named, pe_ranges=pe_ranges(value))
            facts.pes.setdefault(named, "min")
        elif tag == "granted_pe":
            job.values["granted_pe"] = named
    for name in LIST_NAMES.values():
        job.spec[name] = tuple(lists[name])
    job.spec["hard_resources"] = resources(lists["hard_request"])
    job.spec["soft_resources"] = resources(lists["soft_request"])
    job.values["predecessors"] = tuple(int(word) for word in lists["predecessor_jobs"])
    job.values["predecessors_ad"] = tuple(int(word) for word in lists["ad_predecessor_jobs"])


def resources(words: list[str]) -> tuple[Resource, ...]:
    return tuple(Resource(*word.split("=", 1)) for word in words)


def pe_ranges(text: str) -> tuple[Range, ...]:
    return tuple(Range(int(word.split("-")[0]), int(word.split("-")[-1])) for word in text.split(","))


def add_line(job: JobFacts, seen: Seen) -> None:
    """Merge a line with what other transcripts of the group said of the same tasks."""
    for known in job.lines:
        if known.tasks == seen.tasks and known.state == seen.state:
            known.queue = known.queue or seen.queue
            known.start = known.start or seen.start
            known.usage = seen.usage or known.usage
            known.ntix = seen.ntix if seen.ntix is not None else known.ntix
            known.slots = max(known.slots, seen.slots)
            return
    mine = set(task_ids(seen.tasks))
    if any(
        mine <= set(task_ids(known.tasks)) and known.state == seen.state and not seen.queue
        for known in job.lines
    ):
        return
    job.lines = [
        known
        for known in job.lines
        if seen.queue or known.queue or known.state != seen.state or not set(task_ids(known.tasks)) < mine
    ]
    job.lines.append(seen)


# ---- tables --------------------------------------------------------------------------------------
ROW = re.compile(
    r"^ *(\d+) (\d\.\d{5}) (.{10}) (.{12}) (\S+) +([\d/-]{10} \d\d:\d\d:\d\d) (.{30} |)"
    r" *(\d+) +(\S*) *$"
)
QUEUE_ROW = re.compile(r"^(\S+@\S+) +(\w+) +(\d+)/(\d+)/(\d+) +(\S+) +(\S+) +(\w*)$")


TICKETS_ROW = re.compile(r"(?m)^ *(\d+) \d\.\d{5} (\d\.\d{5}) ")
EXTENDED_ROW = re.compile(
    r"^ *(\d+) (\d\.\d{5}) (\d\.\d{5}) (.{10}) (.{12}) NA {15}defaultdep (\S+) {20,} \d.*  1 *$"
)


def widened(text: str) -> str:
    """The user "ge" stands for a longer name that was replaced after recording: fill up its column."""
    return re.sub(r"(?m)^( *\d+ \d\.\d{5} .*?)ge {9}(?=\S)", r"\1ge           ", text)


def read_table(facts: Facts, text: str) -> None:
    queue = ""
    if "prior   ntckts " in text:
        for number, ntix in TICKETS_ROW.findall(text):
            known = facts.jobs.get(int(number))
            for seen in known.lines if known is not None else ():
                seen.ntix = float(ntix) if seen.ntix is None else seen.ntix
    for line in widened(text).splitlines():
        found = QUEUE_ROW.match(line)
        if found:
            queue = found.group(1)
            item = facts.queues.setdefault(queue, {})
            for tag, value in zip(("qtype", "slots_resv", "slots_used", "slots_total"), found.groups()[1:5]):
                item.setdefault(tag, value)
            if found.group(8):
                item.setdefault("state", found.group(8))
            host = queue.split("@")[1]
            facts.loads[host].setdefault("load_avg", found.group(6))
            facts.loads[host].setdefault("arch", found.group(7))
        elif line.startswith("####"):
            queue = ""
        else:
            found = ROW.match(line) or ROW.match(line[:53] + line[59:])
            if found:
                read_row(facts, found, queue)
            elif waiting := EXTENDED_ROW.match(line):
                number, prio, ntix, name, owner, state = waiting.groups()
                job = facts.job(int(number))
                job.values.setdefault("name", name.rstrip())
                job.values.setdefault("owner", owner.rstrip())
                add_line(job, Seen(state, "1", prio=float(prio), ntix=float(ntix)))


def read_held(facts: Facts, text: str, hold: Hold) -> None:
    """``qstat -s hu``, ``-s ho`` ...: which tasks have that hold."""
    for block in re.findall(r'<job_list state="pending">(.*?)</job_list>', text, re.DOTALL):
        one = {tag: unescape(value) for tag, _, value in ITEM.findall(block)}
        if one["state"].startswith("h"):
            facts.job(int(one["JB_job_number"])).held.append((hold, task_ids(one.get("tasks", "1"))))
    for line in text.splitlines():
        found = ROW.match(line)
        if found and found.group(5) == "hqw":
            facts.job(int(found.group(1))).held.append((hold, task_ids(found.group(9) or "1")))


def read_row(facts: Facts, found: re.Match[str], queue: str) -> None:
    number, prio, name, owner, state, when, place, slots, tasks = found.groups()
    job = facts.job(
        int(number),
        state == "z" or (state == "qw" and int(number) in facts.zombies and int(number) not in facts.jobs),
    )
    job.values.setdefault("name", name.rstrip())
    job.values.setdefault("owner", owner.rstrip())
    moment = instant(when)
    running = bool(place.strip() or queue)
    if not running:
        job.values.setdefault("submission", moment)
    if tasks:
        job.values["array"] = True
    add_line(
        job,
        Seen(
            state, tasks or "1", place.strip() or queue, moment if running else 0.0, int(slots), float(prio)
        ),
    )
