"""Model objects from facts, and a qmaster that only answers questions about them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fake_sge.model import (
    CellConfig,
    ClusterQueue,
    Exit,
    Granted,
    Hold,
    Host,
    Job,
    JobSpec,
    JobType,
    ParallelEnvironment,
    QueueInstance,
    QueueState,
    Range,
    SchedulingMessage,
    State,
    Status,
    Task,
    TaskSet,
)
from fake_sge.model.globs import glob_match
from fake_sge.model.requests import QmasterUnreachable, Unreachable
from fake_sge.render.queues import parse_states

from .configurations import complexes, key_values
from .situations import Facts, JobFacts, Seen, instant, task_ids

DATA = Path(__file__).parent.parent / "data"
FOLDERS = {
    "sge-8.1.9": "captures",
    "sge-daimh": "captures-sge-daimh-8.1.x",
    "ocs-9.0": "captures-ocs-9.0.13",
    "ocs-9.1": "captures-ocs-9.1.4",
    "ocs-9.2": "captures-ocs-9.2pre",
}
"""Where the transcripts of each recorded flavour are."""
PE_ATTRIBUTES = {
    "slots": "999",
    "control_slaves": "TRUE",
    "job_is_first_task": "TRUE",
    "urgency_slots": "min",
}


@cache
def captures(group: str, flavour: str = "sge-8.1.9") -> dict[str, dict[str, Any]]:
    """The transcripts of a file by case; none when the flavour has no such file."""
    path = DATA / FOLDERS[flavour] / f"{group}.jsonl"
    if not path.exists():
        return {}
    found = {item["case"]: item for item in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    for item in found.values():
        item.setdefault("env", {})
        item.setdefault("notes", "")
    return found


def config_of(facts: Facts) -> CellConfig:
    """The configuration of the recorded cell, with the queues, hosts and PEs that the facts name."""
    group = {**captures("qconf"), **captures("qconf", facts.flavour)}
    template = key_values(group["qconf.sq_all.q"]["stdout"])
    queues: dict[str, ClusterQueue] = {}
    for name, item in facts.queues.items():
        attributes = {**template, "qname": name.split("@")[0], **item.get("attributes", {})}
        if "slots_total" in item:
            attributes["slots"] = item["slots_total"]
        if "qtype" in item:
            kinds = [
                word for letter, word in (("B", "BATCH"), ("I", "INTERACTIVE")) if letter in item["qtype"]
            ]
            attributes["qtype"] = " ".join(kinds)
            attributes["pe_list"] = "smp" if "P" in item["qtype"] else "NONE"
        queues[attributes["qname"]] = ClusterQueue(attributes["qname"], attributes)
    hosts = {name: Host(name, dict(loads)) for name, loads in facts.loads.items()}
    return CellConfig(
        key_values(group["qconf.sconf"]["stdout"]),
        key_values(group["qconf.ssconf"]["stdout"]),
        complexes(group["qconf.sc"]["stdout"]),
        queues,
        hosts,
        {name: ParallelEnvironment(name, {"pe_name": name, **PE_ATTRIBUTES}) for name in facts.pes},
        {"@allhosts": ("localhost",)},
        ["root", "sgeadmin"],
        [],
        ["localhost"],
        ["localhost"],
    )


class Cell:
    """The reading half of QmasterInterface over fixed objects."""

    def __init__(
        self,
        config: CellConfig,
        jobs: Iterable[Job] = (),
        zombies: Iterable[Job] = (),
        instances: Iterable[QueueInstance] = (),
        messages: Iterable[SchedulingMessage] = (),
        clients: Sequence[tuple[int, str, str]] = (),
    ) -> None:
        self.config = config
        self.now = 1795420000.0
        self.port = "6444"
        self._jobs = {job.number: job for job in sorted(jobs, key=lambda job: job.number)}
        self._zombies = list(zombies)
        self.instances = list(instances)
        self._messages = list(messages)
        self.clients = list(clients)
        self.triggered = 0
        self.template: dict[str, str] = {}  # attributes of a queue of which nothing else is known

    def jobs(self) -> Sequence[Job]:
        return list(self._jobs.values())

    def job(self, number: int) -> Job | None:
        return self._jobs.get(number)

    def zombies(self) -> Sequence[Job]:
        return self._zombies

    def queue_instances(self) -> Sequence[QueueInstance]:
        return self.instances

    def match_queues(self, pattern: str) -> list[QueueInstance]:
        full = pattern if "@" in pattern else f"{pattern}@*"
        return [item for item in self.instances if glob_match(full, item.name)]

    def messages(self, job: int | None = None) -> list[SchedulingMessage]:
        if job is None:
            return self._messages
        mine = [item for item in self._messages if not item.jobs or job in item.jobs]
        return sorted(mine, key=lambda item: bool(item.jobs))

    def load_values(self, host: str) -> dict[str, str]:
        return self.config.hosts[host].load_values if host in self.config.hosts else {}

    def is_manager(self, user: str) -> bool:
        return user in self.config.managers

    def used_of(self, place: str) -> dict[str, float]:
        del place
        return {}

    def event_clients(self) -> list[tuple[int, str, str]]:
        return self.clients

    def trigger_scheduler(self) -> None:
        self.triggered += 1


class NoCell:
    """Stands for a qmaster that does not answer."""

    def __init__(
        self, kind: Unreachable = Unreachable.REFUSED, host: str = "localhost", port: str = "6444"
    ) -> None:
        self._error = QmasterUnreachable(kind, host, port)

    def __getattr__(self, name: str) -> Any:
        raise self._error


# ---- jobs ----------------------------------------------------------------------------------------
LETTERS = {
    "d": State.DELETED,
    "E": State.ERROR,
    "S": State.SUSPENDED_ON_SUBORDINATE,
    "T": State.SUSPENDED_ON_THRESHOLD,
    "s": State.SUSPENDED,
}


def state_of(letters: str) -> State:
    state = State.NONE
    for letter, bit in LETTERS.items():
        state |= bit if letter in letters else State.NONE
    return state


def build_task(number: int, seen: Seen, facts: dict[str, Any]) -> Task:
    task = Task(number, Status.IDLE, state_of(seen.state), Hold.USER if "h" in seen.state else Hold.NONE)
    if seen.queue:
        queue, _, host = seen.queue.partition("@")
        task.granted = (Granted(queue, host, seen.slots),)
        task.status = Status.TRANSFERRING if "t" in seen.state else Status.RUNNING
        task.start_time = seen.start
    else:
        task.state |= State.QUEUED | State.WAITING
    task.restarts = int("R" in seen.state)
    task.priority = seen.prio
    task.normalised_tickets = seen.ntix or 0.0
    task.usage = {name: seen.usage[name] for name in seen.usage}
    return add_details(task, facts)


def add_details(task: Task, facts: dict[str, Any]) -> Task:
    """What ``qstat -j`` said about a task."""
    if "start" in facts:
        task.start_time = facts["start"]
    if "ntix" in facts:
        task.normalised_tickets = facts["ntix"]
    task.status = facts.get("status", task.status)
    task.usage = facts.get("usage") or task.usage
    if "letters" in facts and "state" not in facts:
        task.state = state_of(facts["letters"])
        if "q" in facts["letters"]:
            task.state |= State.QUEUED | State.WAITING
        task.hold = Hold.USER if "h" in facts["letters"] else Hold.NONE
        task.restarts = int("R" in facts["letters"])
    task.state = facts.get("state", task.state)
    task.hold = facts.get("hold", task.hold)
    task.restarts = facts.get("restarts", task.restarts)
    task.granted = facts.get("granted") or task.granted
    if "end" in facts:
        task.finish = Exit(0, 0, 0, task.start_time, facts["end"])
    for text in facts.get("errors", []):
        when, reason = text[:19], text[20:]
        if text[4] == "-":
            when, reason = text[:26], text[27:]
        task.error_times.append(instant(when))
        task.errors.append(reason)
    return task


def build_spec(facts: JobFacts) -> JobSpec:
    values = facts.values
    spec = JobSpec(values["name"], values["owner"], 0, "", 0, "localhost")
    kind = values.get("kind", JobType.NONE) | (JobType.ARRAY if values.get("array") else JobType.NONE)
    ids = [task for seen in facts.lines for task in task_ids(seen.tasks)]
    array = facts.spec.get("array")
    if array is None:
        low, high = min(ids, default=1), max(ids, default=1)
        steps = [int(step) for seen in facts.lines for step in re.findall(r":(\d+)", seen.tasks)]
        step = min(steps) if steps and all((task - low) % min(steps) == 0 for task in ids) else 1
        array = Range(low, high, step)
    return spec._replace(**{**facts.spec, "array": array, "job_type": kind})


def build_job(facts: JobFacts, zombie: bool = False) -> Job:
    values = facts.values
    spec = build_spec(facts)
    full = TaskSet.full(spec.array)
    none = full.empty()
    job = Job(facts.number, spec, values.get("submission", 0.0), none, none, none, none, none)
    job.successors = tuple({*values.get("successors", ()), *values.get("successors_ad", ())})
    for name in (
        "predecessors",
        "predecessors_ad",
        "version",
        "category_id",
        "altered",
        "normalised_priority",
        "normalised_urgency",
        "urgency",
        "resource_contribution",
        "waiting_contribution",
        "deadline_contribution",
        "script_deleted",
    ):
        if name in values:
            setattr(job, name, values[name])
    for seen in facts.lines:
        place_line(job, facts, seen, full, zombie)
    for number, details in facts.tasks.items():
        if number not in job.tasks and (details["status"] is not Status.IDLE or number not in job.waiting):
            job.tasks[number] = add_details(Task(number), details)
            job.waiting = job.waiting.discard(number)
    if not facts.lines:
        waiting = values.get("waiting") or (spec.array.ids()[: max(0, values.get("pending", 0))])
        job.waiting = full.of([task for task in waiting if task not in job.tasks])
        for hold, members in facts.held:
            set_hold(job, hold, full.of(members))
    return job


def place_line(job: Job, facts: JobFacts, seen: Seen, full: TaskSet, zombie: bool) -> None:
    ids = task_ids(seen.tasks)
    if zombie:
        if seen.slots > 1 and job.spec.pe is None:
            job.spec = job.spec._replace(pe="smp", pe_ranges=(Range(seen.slots, seen.slots),))
        job.zombies = full.of(ids)
        job.priority = seen.prio
        job.normalised_tickets = seen.ntix or 0.0
        return
    enrolled = bool(seen.queue) or any(letter in seen.state for letter in "ER")
    if enrolled or all(task in facts.tasks for task in ids):
        for number in ids:
            job.tasks[number] = build_task(number, seen, facts.tasks.get(number, {}))
            if values_pe := facts.values.get("granted_pe"):
                job.tasks[number].granted_pe = values_pe if seen.queue else None
        return
    job.waiting |= full.of(ids)
    job.priority = seen.prio
    job.normalised_tickets = seen.ntix or 0.0
    split = [line for line in facts.lines if line.state == "hqw"]
    if facts.held:
        for hold, members in facts.held:
            set_hold(job, hold, full.of(members))
    elif len(split) > 1:  # lines of one state differ in their holds; these come in this order
        hold = (
            (Hold.USER, Hold.ARRAY_DEPENDENCY, Hold.USER | Hold.ARRAY_DEPENDENCY)[split.index(seen)]
            if seen in split
            else Hold.NONE
        )
        set_hold(job, hold, full.of(ids))
    elif ("h" in seen.state and not job.predecessors) or facts.holds:
        set_hold(job, facts.holds or Hold.USER, full.of(ids))


def set_hold(job: Job, hold: Hold, tasks: TaskSet) -> None:
    for flag, name in (
        (Hold.USER, "user_hold"),
        (Hold.OPERATOR, "operator_hold"),
        (Hold.SYSTEM, "system_hold"),
        (Hold.ARRAY_DEPENDENCY, "array_hold"),
    ):
        if hold & flag:
            setattr(job, name, getattr(job, name) | tasks)


def build_cell(facts: Facts) -> Cell:
    if any(seen.slots > 1 for item in facts.zombies.values() for seen in item.lines):
        facts.pes.setdefault("smp", "min")
    config = config_of(facts)
    instances = []
    for name, item in facts.queues.items():
        queue, _, host = name.partition("@")
        state, _ = parse_states(item.get("state", ""))
        instances.append(
            QueueInstance(
                config.queues[queue],
                host,
                state,
                int(item.get("slots_used", 0)),
                int(item.get("slots_resv", 0)),
                [item["message"]] if "message" in item else [],
            )
        )
    for note in facts.messages:
        if note.shared and note.jobs:
            note.jobs += [
                job
                for job, texts in facts.plain_messages.items()
                if note.text in texts and job not in note.jobs
            ]
    messages = [SchedulingMessage(note.number, note.text, tuple(note.jobs)) for note in facts.messages]
    known = {item.text for item in messages}
    for job, texts in facts.plain_messages.items():
        messages += [SchedulingMessage(0, text, (job,)) for text in texts if text not in known]
    jobs = [build_job(item) for item in facts.jobs.values()]
    zombies = [build_job(item, True) for item in facts.zombies.values()]
    cell = Cell(config, jobs, zombies, instances, messages)
    cell.template = key_values(captures("qconf", facts.flavour)["qconf.sq_all.q"]["stdout"])
    cell.now = facts.now or cell.now
    return cell


__all__ = ["Cell", "NoCell", "QueueState", "build_cell", "captures"]
