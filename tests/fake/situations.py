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

from fake_sge.model import Hold, HostPath, JobType, MailTo, Rerun, Resource, Status
from fake_sge.ranges import Range

LAST_OWN_MESSAGE = 25
XML = {"&amp;": "&", "%lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}


def unescape(text: str) -> str:
    return re.sub(r"&amp;|%lt;|&gt;|&quot;|&apos;", lambda found: XML[found.group()], text)


def utc(text: str, form: str) -> float:
    return float(calendar.timegm(time.strptime(text, form)))


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

    def __init__(self) -> None:
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


# ---- XML listings ------------------------------------------------------------------------------------------
LIST_VALUES = {"JB_nppri": "normalised_priority", "JB_nurg": "normalised_urgency", "JB_urg": "urgency",
               "JB_rrcontr": "resource_contribution", "JB_wtcontr": "waiting_contribution",
               "JB_dlcontr": "deadline_contribution"}
LIST_NAMES = {"hard_req_queue": "hard_queues", "soft_req_queue": "soft_queues",
              "master_hard_req_queue": "master_queues", "predecessor_jobs_req": "hold_jid",
              "ad_predecessor_jobs_req": "hold_jid_ad"}
ITEM = re.compile(r'<([\w-]+)((?: [\w]+="[^"]*")*)>(.*?)</\1>')


def read_list_xml(facts: Facts, text: str) -> None:
    queue = ""
    for block in re.finditer(r"<Queue-List>|</Queue-List>|<job_list state=\"(\w+)\">(.*?)</job_list>|"
                             r"^      <(\w+)((?: \w+=\"[^\"]*\")*)>([^\n]*)</\3>$", text, re.DOTALL | re.MULTILINE):
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
    if "JB_submission_time" in one:
        job.values["submission"] = utc(one["JB_submission_time"], "%Y-%m-%dT%H:%M:%S")
    for tag, name in LIST_VALUES.items():
        if tag in one:
            job.values[name] = float(one[tag])
    if "exact_urgency" in job.values:
        job.values["normalised_urgency"] = job.values["exact_urgency"]
    if "JB_nurg" in one and "JB_rrcontr" in one:
        job.values["urgency"] = sum(float(one[tag]) for tag in ("JB_rrcontr", "JB_wtcontr", "JB_dlcontr"))
    if "JB_priority" in one:
        job.spec["priority"] = int(one["JB_priority"])
    if "tasks" in one:
        job.values["array"] = True
    if "full_job_name" in one:
        read_requests(facts, job, items)
    seen = Seen(one["state"], one.get("tasks", "1"), one.get("queue_name") or queue,
                utc(one["JAT_start_time"], "%Y-%m-%dT%H:%M:%S") if "JAT_start_time" in one else 0.0,
                int(one["slots"]), float(one["JAT_prio"]),
                float(one["JAT_ntix"]) if "JAT_ntix" in one else None,
                {name: float(one[f"{name}_usage"]) for name in ("cpu", "mem", "io") if f"{name}_usage" in one},
                one.get("master", ""))
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
    if any(mine <= set(task_ids(known.tasks)) and known.state == seen.state and not seen.queue
           for known in job.lines):
        return
    job.lines = [known for known in job.lines
                 if seen.queue or known.queue or known.state != seen.state or not set(task_ids(known.tasks)) < mine]
    job.lines.append(seen)


# ---- tables -------------------------------------------------------------------------------------------------
ROW = re.compile(r"^ *(\d+) (\d\.\d{5}) (.{10}) (.{12}) (\S+) +(\d\d/\d\d/\d{4} \d\d:\d\d:\d\d) (.{30} |)"
                 r" *(\d+) (\S*) *$")
QUEUE_ROW = re.compile(r"^(\S+@\S+) +(\w+) +(\d+)/(\d+)/(\d+) +(\S+) +(\S+) +(\w*)$")


EXTENDED_ROW = re.compile(r"^ *(\d+) (\d\.\d{5}) (\d\.\d{5}) (.{10}) (.{12}) NA {15}defaultdep (\S+) {20,} \d.*  1 *$")


def widened(text: str) -> str:
    """The user "ge" stands for a longer name that was replaced after recording: fill up its column."""
    return re.sub(r"(?m)^( *\d+ \d\.\d{5} .*?)ge {9}(?=\S)", r"\1ge           ", text)


def read_table(facts: Facts, text: str) -> None:
    queue = ""
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
    for line in text.splitlines():
        found = ROW.match(line)
        if found and found.group(5) == "hqw":
            facts.job(int(found.group(1))).held.append((hold, task_ids(found.group(9) or "1")))


def read_row(facts: Facts, found: re.Match[str], queue: str) -> None:
    number, prio, name, owner, state, when, place, slots, tasks = found.groups()
    job = facts.job(int(number), state == "z")
    job.values.setdefault("name", name.rstrip())
    job.values.setdefault("owner", owner.rstrip())
    moment = utc(when, "%m/%d/%Y %H:%M:%S")
    running = bool(place.strip() or queue)
    if not running:
        job.values.setdefault("submission", moment)
    if tasks:
        job.values["array"] = True
    add_line(job, Seen(state, tasks or "1", place.strip() or queue, moment if running else 0.0, int(slots),
                       float(prio)))


# ---- job details --------------------------------------------------------------------------------------------
KEY = re.compile(r"^([a-z][\w .()-]*?): {1,27}(.*)$")
PATH_LISTS = {"stdout_path_list": "stdout_paths", "stderr_path_list": "stderr_paths", "stdin_path_list": "stdin_paths"}


def read_detail_text(facts: Facts, text: str) -> None:
    for block in text.split("=" * 62 + "\n")[1:]:
        pairs: list[list[str]] = []
        last = None
        for line in block.split("\n")[:-1]:
            start = KEY.match(line) if not line.startswith(" ") else None
            if re.match(r"(usage|binding|error reason| {12}) +\d+: ", line):
                pairs.append([line[:24], line[28:] if not line.startswith(("error", " ")) else line[30:]])
            elif start and ((len(line) >= 28 and (line[26:28] == "  " or line[27] == " ")) or ":  " in line[:28]):
                last = [start.group(1), line[28:] if not line.startswith("parallel env") else start.group(2)]
                pairs.append(last)
            elif line.startswith(" " * 28) and last and last[0] == "scheduling info":
                pairs.append(["scheduling info", line[28:]])
            elif last:
                last[1] += "\n" + line
        number = int(pairs[0][1])
        DetailText(facts, facts.job(number), pairs).read()


class DetailText:
    """The lines of ``qstat -j`` of one job."""

    def __init__(self, facts: Facts, job: JobFacts, pairs: list[list[str]]) -> None:
        self.facts = facts
        self.job = job
        self.pairs = pairs

    def read(self) -> None:
        job, spec = self.job, self.job.spec
        one: dict[str, str] = dict(self.pairs)
        job.values.setdefault("script_deleted", "exec_file" not in one)
        job.values["submission"] = utc(one["submission_time"], "%a %b %d %H:%M:%S %Y")
        job.values["name"] = one["job_name"]
        job.values["owner"] = one["owner"]
        spec.update(uid=int(one["uid"]), group=one["group"], gid=int(one["gid"]), account=one["account"],
                    notify=one["notify"] == "TRUE", jobshare=int(one["jobshare"]))
        if "env" not in spec:
            spec["env"] = self._env(one)
        self._optional(one)
        self._lists(one)
        self._tasks()
        mine = [value for key, value in self.pairs if key == "scheduling info"]
        if mine:
            self.facts.plain_messages[job.number] = mine

    def _env(self, one: dict[str, str]) -> tuple[tuple[str, str | None], ...]:
        env: list[tuple[str, str | None]] = []
        for key, name in (("sge_o_home", "O_HOME"), ("sge_o_log_name", "O_LOGNAME"), ("sge_o_path", "O_PATH"),
                          ("sge_o_shell", "O_SHELL"), ("sge_o_workdir", "O_WORKDIR"), ("sge_o_host", "O_HOST")):
            if key in one:
                env.append((f"__SGE_PREFIX__{name}", one[key]))
        for word in re.split(r",(?=[A-Z]+=)", one["env_list"]):
            name, _, value = word.partition("=")
            env.append((name, None if value == "NONE" else value))
        return tuple(env)

    def _optional(self, one: dict[str, str]) -> None:
        spec = self.job.spec
        if "execution_time" in one:
            spec["execution_time"] = utc(one["execution_time"], "%a %b %d %H:%M:%S %Y")
        for key, name in (("cwd", "cwd"), ("script_file", "command")):
            if key in one:
                spec[name] = one[key]
        if "priority" in one:
            spec["priority"] = int(one["priority"])
        if "version" in one:
            self.job.values["version"] = int(one["version"])
        spec["merge_stderr"] = one.get("merge") == "y"
        if "restart" in one:
            spec["rerun"] = Rerun.YES if one["restart"] == "y" else Rerun.NO
        kind = JobType.NONE
        for word, bit in (("binary", JobType.BINARY), ("noshell", JobType.NO_SHELL)):
            kind |= bit if word in one["job_type"].split(",") else JobType.NONE
        self.job.values.setdefault("kind", kind)
        if "job-array tasks" in one:
            self.job.values["array"] = True
            spec["array"] = Range(*(int(word) for word in re.split("[-:]", one["job-array tasks"])))
        if "maximum concurrency" in one:
            spec["max_concurrent"] = int(one["maximum concurrency"])

    def _lists(self, one: dict[str, str]) -> None:
        job, spec = self.job, self.job.spec
        if "job_args" in one:
            spec.setdefault("args", tuple(one["job_args"].split(",")))
        for key, name in (("hard_queue_list", "hard_queues"), ("jid_predecessor_list (req)", "hold_jid")):
            if key in one:
                spec.setdefault(name, tuple(one[key].split(",")))
        for key, name in PATH_LISTS.items():
            if key in one:
                host, _, path = one[key].split(":", 2)
                spec.setdefault(name, (HostPath(path, None if host == "NONE" else host),))
        if "shell_list" in one:
            spec.setdefault("shells", (HostPath(one["shell_list"].split(":", 1)[1]),))
        if "hard resource_list" in one:
            spec.setdefault("hard_resources", resources(one["hard resource_list"].split(",")))
        if "mail_list" in one:
            spec.setdefault("mail_to", tuple(MailTo(*word.split("@")) for word in one["mail_list"].split(",")))
        if "context" in one:
            spec.setdefault("context", tuple(tuple(word.split("=", 1)) for word in one["context"].split(",")))
        for key, name in (("jid_predecessor_list", "predecessors"), ("jid_successor_list", "successors"),
                          ("ja_ad_predecessor_list", "predecessors_ad"), ("ja_ad_successor_list", "successors_ad")):
            if key in one:
                job.values[name] = tuple(int(word) for word in one[key].split(","))

    def _tasks(self) -> None:
        for key, value in self.pairs:
            found = re.match(r"(usage|error reason) +(\d+)", key)
            if not found:
                continue
            task = self.job.tasks.setdefault(int(found.group(2)), {})
            if found.group(1) == "usage":
                task.setdefault("status", Status.RUNNING)
                task.setdefault("usage", usage_of_text(value))
            else:
                if not task.get("from_xml"):
                    task.setdefault("errors", []).append(value)
                task.setdefault("status", Status.IDLE)


def usage_of_text(text: str) -> dict[str, float]:
    found = re.match(r"cpu=([\d:]+), mem=(\S+) GB s, io=(\S+) GB, vmem=(\S+), maxvmem=(\S+)", text)
    assert found
    if found.group(4) == "N/A":
        return {}
    sizes = [float(word[:-1]) * {"K": 1024, "M": 1024 ** 2}[word[-1]] for word in found.groups()[3:]]
    return {"cpu": 0.0, "mem": float(found.group(2)), "io": float(found.group(3)), "vmem": sizes[0],
            "maxvmem": sizes[1]}


# ---- job details in XML -------------------------------------------------------------------------------------
def children(text: str, depth: int) -> list[tuple[str, str]]:
    """Tag and inner text of the elements at an indentation."""
    pad = "  " * depth
    result = []
    pattern = re.compile(rf"^{pad}<([\w ]+)>(?:\n(.*?)^{pad}</\1>$|(?!\n)(.*?)</\1>$)", re.MULTILINE | re.DOTALL)
    index = 0
    while True:
        found = pattern.search(text, index)
        if not found:
            return result
        inner = found.group(2) if found.group(2) is not None else found.group(3)
        result.append((found.group(1), inner))
        index = found.end()


def read_detail_xml(facts: Facts, text: str) -> None:
    for tag, inner in children(text, 1):
        if tag == "djob_info":
            for _, element in children(inner, 2):
                DetailXml(facts, element).read()
        elif tag == "messages":
            for _, element in children(inner, 2):
                read_messages(facts, element, 3)


def read_all_messages(facts: Facts, text: str) -> None:
    """``qstat -j -xml``: the order of all messages and their jobs; its texts are not those of single jobs."""
    known, facts.messages = facts.messages, []
    for _, element in children(text, 1):
        for title in parsed_messages(element, 2):
            found = next((note for note in known if note.number == title.number and (
                set(note.jobs) & set(title.jobs) if title.jobs else note.text == title.text)), None)
            if found is None:
                facts.messages.append(title)
            else:
                known.remove(found)
                found.jobs = title.jobs
                facts.messages.append(found)


def parsed_messages(text: str, depth: int) -> list[Note]:
    notes = []
    for _, entries in children(text, depth):
        for _, entry in children(entries, depth + 1):
            one = dict(children(entry, depth + 2))
            numbers = [int(word) for word in re.findall(r"<ULNG_value>(\d+)<", one.get("MES_job_number_list", ""))]
            notes.append(Note(int(one["MES_message_number"]), unescape(one["MES_message"]), numbers))
    return notes


def read_messages(facts: Facts, text: str, depth: int) -> None:
    for note in parsed_messages(text, depth):
        same = [known for known in facts.messages if (known.number, known.text) == (note.number, note.text)
                and (note.shared or set(known.jobs) & set(note.jobs) or not note.jobs)]
        if same:
            same[0].jobs += [number for number in note.jobs if number not in same[0].jobs]
        else:
            facts.messages.append(note)


class DetailXml:
    """One ``element`` of djob_info."""

    def __init__(self, facts: Facts, text: str) -> None:
        self.rows = children(text, 3)
        self.one = dict(self.rows)
        self.job = facts.job(int(self.one["JB_job_number"]))

    def text(self, tag: str) -> str:
        return unescape(self.one[tag])

    def items(self, tag: str) -> list[dict[str, str]]:
        return [{name: unescape(value) for name, value in children(inner, 5)}
                for _, inner in children(self.one.get(tag, ""), 4)]

    def paths(self, tag: str) -> tuple[HostPath, ...]:
        return tuple(HostPath(item["PN_path"], item["PN_host"] or None) for item in self.items(tag))

    def read(self) -> None:
        job, spec, one = self.job, self.job.spec, self.one
        job.values.update(name=self.text("JB_job_name"), owner=self.text("JB_owner"),
                          submission=float(one["JB_submission_time"]), version=int(one["JB_version"]),
                          normalised_urgency=float(one["JB_nurg"]), exact_urgency=float(one["JB_nurg"]), kind=JobType(int(one["JB_type"])),
                          script_deleted="JB_exec_file" not in one)
        ranges = self.items("JB_ja_structure")[0]
        spec.update(
            uid=int(one["JB_uid"]), gid=int(one["JB_gid"]), group=self.text("JB_group"),
            account=self.text("JB_account"), merge_stderr=one["JB_merge_stderr"] == "true",
            notify=one["JB_notify"] == "true", jobshare=int(one["JB_jobshare"]),
            env=tuple((item["VA_variable"], item.get("VA_value")) for item in self.items("JB_env_list")),
            args=tuple(item["ST_name"] for item in self.items("JB_job_args")),
            execution_time=float(one["JB_execution_time"]), priority=int(one["JB_priority"]) - 1024,
            rerun=Rerun(int(one["JB_restart"])), reserve=one["JB_reserve"] == "true",
            mail_options=int(one["JB_mail_options"]), max_concurrent=int(one["JB_ja_task_concurrency"]),
            verify_suitable=int(one["JB_verify_suitable_queues"]),
            array=Range(*(int(ranges[name]) for name in ("RN_min", "RN_max", "RN_step"))),
            mail_to=tuple(MailTo(item["MR_user"], item["MR_host"] or None) for item in self.items("JB_mail_list")),
            stdout_paths=self.paths("JB_stdout_path_list"), stderr_paths=self.paths("JB_stderr_path_list"),
            stdin_paths=self.paths("JB_stdin_path_list"), shells=self.paths("JB_shell_list"),
            command=self.text("JB_script_file") if "JB_script_file" in one else "",
            cwd=self.text("JB_cwd") if "JB_cwd" in one else None)
        self._lists()
        self._tasks()

    def _lists(self) -> None:
        spec = self.job.spec
        for tag, name in (("JB_hard_queue_list", "hard_queues"), ("JB_soft_queue_list", "soft_queues"),
                          ("JB_master_hard_queue_list", "master_queues")):
            spec[name] = tuple(item["QR_name"] for item in self.items(tag))
        for tag, name in (("JB_hard_resource_list", "hard_resources"), ("JB_soft_resource_list", "soft_resources")):
            spec[name] = tuple(Resource(item["CE_name"], item["CE_stringval"]) for item in self.items(tag))
            if "        <element>" in self.one.get(tag, ""):
                self.job.values["altered"] = (*self.job.values.get("altered", ()), name)
        spec["context"] = tuple((item["VA_variable"], item.get("VA_value")) for item in self.items("JB_context"))
        spec["hold_jid"] = tuple(item["JRE_job_name"] for item in self.items("JB_jid_request_list"))
        spec.setdefault("hold_jid_ad", ("?",) * len(self.items("JB_ja_ad_request_list")))
        if "JB_pe" in self.one:
            spec.update(pe=self.text("JB_pe"), pe_ranges=tuple(
                Range(int(item["RN_min"]), int(item["RN_max"])) for item in self.items("JB_pe_range")))
        for tag, name in (("JB_jid_predecessor_list", "predecessors"), ("JB_jid_successor_list", "successors"),
                          ("JB_ja_ad_predecessor_list", "predecessors_ad"),
                          ("JB_ja_ad_successor_list", "successors_ad")):
            self.job.values[name] = tuple(int(item["JRE_job_number"]) for item in self.items(tag))

    def _tasks(self) -> None:
        for _, inner in children(self.one.get("JB_ja_tasks", ""), 4):
            one = dict(children(inner, 5))
            task = self.job.tasks.setdefault(int(one["JAT_task_number"]), {})
            task["from_xml"] = True
            task["status"] = Status(int(one["JAT_status"]))
            task["start"] = float(one["JAT_start_time"])
            task["ntix"] = float(one["JAT_ntix"])
            task["usage"] = {}
            for _, entry in children(one.get("JAT_scaled_usage_list", ""), 6):
                item = dict(children(entry, 7))
                task["usage"][item["UA_name"]] = float(item["UA_value"])
            task["errors"] = [unescape(dict(children(entry, 7))["QIM_message"])
                              for _, entry in children(one.get("JAT_message_list", ""), 6)]
