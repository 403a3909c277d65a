"""Facts from the text of an Open Cluster Scheduler's ``qstat -j``."""

from __future__ import annotations

import re
from typing import Any

from fake_sge.model import Granted, HostPath, JobType, MailTo, Range, Rerun, Status
from fake_sge.model.flavours import FLAVOURS

from .details import PATH_LISTS
from .situations import Facts, JobFacts, instant, resources

TASK = re.compile(r"^(\S[^:]*?|) +(\d+): +(.*)$")
KEY = re.compile(r"^([\w() -]+?): +(.*)$")
SUBMIT = ("home", "log_name", "path", "shell", "tz", "workdir", "host")
SIZES = {"K": 1024.0, "M": 1024.0**2, "G": 1024.0**3}


def read_detail_text_ocs(facts: Facts, text: str) -> None:
    details = FLAVOURS[facts.flavour].details
    assert details is not None
    for block in text.split("=" * 62 + "\n")[1:]:
        pairs: list[list[str]] = []
        tasks: list[tuple[str, int, str]] = []
        for line in block.split("\n")[:-1]:
            task = TASK.match(line)
            found = KEY.match(line)
            if task and (task.group(1) in TASK_KEYS or not task.group(1)):
                tasks.append((task.group(1), int(task.group(2)), task.group(3)))
            elif line.startswith(" " * details.width):
                pairs.append(["scheduling info", line.strip()])
            elif found and len(line) >= details.width - 1:
                pairs.append([found.group(1), found.group(2)])
            elif pairs:
                pairs[-1][1] += "\n" + line
        job = facts.job(int(pairs[0][1]))
        _read_job(facts, job, pairs)
        for key, number, value in tasks:
            _read_task(facts, job.tasks.setdefault(number, {}), key, value)


TASK_KEYS = {
    *("job_state", "usage", "binding", "exec_binding_list", "exec_queue_list", "exec_host_list"),
    *("start_time", "end_time", "resource_map", "error reason", "error_reason"),
}


def _read_job(facts: Facts, job: JobFacts, pairs: list[list[str]]) -> None:
    spec = job.spec
    one: dict[str, str] = dict(pairs)
    values = {
        "script_deleted": "exec_file" not in one,
        "submission": instant(one["submission_time"]),
        "name": one["job_name"],
        "owner": one["owner"],
        "category_id": int(one.get("category_id", "0")),
        "version": int(one.get("version", "0")),
    }
    for name, value in values.items():
        job.values.setdefault(name, value)
    found: dict[str, Any] = {
        "command_line": one["submit_cmd_line"],
        "uid": int(one["uid"]),
        "group": one["group"],
        "gid": int(one["gid"]),
        "account": one["account"],
        "department": one["department"],
        "notify": one["notify"] == "TRUE",
        "jobshare": int(one["jobshare"]),
        "priority": int(one["priority"]),
        "merge_stderr": one.get("merge") == "y",
        "env": _env(one),
        "execution_time": instant(one["execution_time"]) if "execution_time" in one else 0.0,
        "cwd": one.get("cwd"),
        "command": one.get("script_file", ""),
        "rerun": {"y": Rerun.YES, "n": Rerun.NO}.get(one.get("restart", ""), Rerun.QUEUE),
        "max_concurrent": int(one.get("task_concurrency", "0")),
        **_lists(one),
    }
    for name, value in found.items():
        spec.setdefault(name, value)
    if " -b yes " in one["effective_submit_cmd_line"]:
        job.values.setdefault("kind", JobType.BINARY)
    if "job-array tasks" in one:
        job.values["array"] = True
        spec.setdefault("array", Range(*(int(word) for word in re.split("[-:]", one["job-array tasks"]))))
    arrays = spec["hold_jid_ad"]
    job.values.setdefault("predecessors_ad", tuple(int(word) for word in arrays if word.isdigit()))
    for key, name in (("jid_predecessor_list", "predecessors"), ("jid_successor_list", "successors")):
        numbers = one.get(key, "").split(",")
        job.values.setdefault(name, tuple(int(word) for word in numbers if word))
    successors = one.get("ja_ad_successor_list", "").split(",")
    job.values.setdefault("successors_ad", tuple(int(word) for word in successors if word))
    job.values.setdefault("pending", int(one.get("pending_tasks", "-1")))
    mine = [value for key, value in pairs if key == "scheduling info"]
    if mine:
        facts.plain_messages[job.number] = mine


def _env(one: dict[str, str]) -> tuple[tuple[str, str | None], ...]:
    names = {"log_name": "LOGNAME"}
    env: list[tuple[str, str | None]] = [
        (f"__SGE_PREFIX__O_{names.get(key, key.upper())}", one[f"sge_o_{key}"])
        for key in SUBMIT
        if f"sge_o_{key}" in one
    ]
    if one["env_list"] != "NONE":
        name, _, value = one["env_list"].rstrip("\n").partition("=")
        env.append((name, value))
    return tuple(env)


def _lists(one: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"hold_jid_ad": (), "hold_jid": ()}
    for key, name in PATH_LISTS.items():
        if key in one:
            host, _, path = one[key].split(":", 2)
            found[name] = (HostPath(path, None if host == "NONE" else host),)
    if "shell_list" in one:
        found["shells"] = (HostPath(one["shell_list"].split(":", 1)[1]),)
    if "job_args" in one:
        found["args"] = tuple("" if word == "NONE" else word for word in one["job_args"].split(","))
    if "hard_resource_list" in one:
        found["hard_resources"] = resources(one["hard_resource_list"].split(","))
    if "hard_queue_list" in one:
        found["hard_queues"] = tuple(one["hard_queue_list"].split(","))
    if "mail_list" in one:
        found["mail_to"] = tuple(MailTo(*word.split("@")) for word in one["mail_list"].split(","))
    if "context" in one:
        found["context"] = tuple(
            (name, None if value == "NONE" else value)
            for name, _, value in (word.partition("=") for word in one["context"].split(","))
        )
    for key, name in (
        ("ja_ad_predecessor_list (req)", "hold_jid_ad"),
        ("ja_ad_request_list (req)", "hold_jid_ad"),
        ("jid_predecessor_list (req)", "hold_jid"),
        ("jid_request_list (req)", "hold_jid"),
    ):
        if key in one:
            found[name] = tuple(one[key].split(","))
    return found


def _read_task(facts: Facts, task: dict[str, Any], key: str, value: str) -> None:
    if key == "job_state":
        task["letters"] = value
        pending = "q" in value or "E" in value
        task.setdefault("status", Status.IDLE if pending else Status.RUNNING)
    elif key == "exec_queue_list" and value != "NONE":
        places = (re.split("[:=]", word) for word in value.split(","))
        task.setdefault("granted", tuple(Granted(*name.split("@"), int(slots)) for name, slots in places))
    elif key == "start_time":
        if task["status"] is Status.IDLE:
            facts.now = instant(value)
        else:
            task.setdefault("start", instant(value))
    elif key == "end_time":
        task.setdefault("end", instant(value))
    elif key in ("error reason", "error_reason", "") and not task.get("from_xml"):
        task.setdefault("errors", []).append(value)
    elif key == "usage":
        usage = _usage(value)
        known = task.get("usage")
        if not known and any(value > 1e-6 for value in usage.values()):
            task["usage"] = usage
        elif known and known["wallclock"] != usage["wallclock"]:
            seconds = usage["wallclock"]
            if 0 < known["wallclock"] - seconds < 1.5e-6:  # rounded there, cut here
                known["wallclock"] = seconds + 5e-7
            elif abs(known["wallclock"] - seconds) < 1e-5 * seconds:  # six digits there, all here
                known["wallclock"] = seconds


def _usage(text: str) -> dict[str, float]:
    usage: dict[str, float] = {}
    for word in re.split(", ?", text):
        name, _, value = word.partition("=")
        if value == "N/A":
            continue
        clock = re.fullmatch(r"(\d+):(\d+):([\d.]+)", value)
        if clock:
            usage[name] = int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3]) + 1e-7
        else:
            amount = value.removesuffix(" GBs")
            usage[name] = float(amount.rstrip("KMG")) * SIZES.get(amount[-1], 1.0)
    return usage
