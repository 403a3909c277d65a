"""Facts from ``qstat -j``, as text."""

from __future__ import annotations

import re

from fake_sge.model import HostPath, JobType, MailTo, Range, Rerun, Status

from .situations import Facts, JobFacts, resources, utc

# ---- job details ---------------------------------------------------------------------------------
KEY = re.compile(r"^([a-z][\w .()-]*?): {1,27}(.*)$")
PATH_LISTS = {
    "stdout_path_list": "stdout_paths",
    "stderr_path_list": "stderr_paths",
    "stdin_path_list": "stdin_paths",
}


def read_detail_text(facts: Facts, text: str) -> None:
    for block in text.split("=" * 62 + "\n")[1:]:
        pairs: list[list[str]] = []
        last = None
        for line in block.split("\n")[:-1]:
            start = KEY.match(line) if not line.startswith(" ") else None
            if re.match(r"(usage|binding|error reason| {12}) +\d+: ", line):
                pairs.append([line[:24], line[28:] if not line.startswith(("error", " ")) else line[30:]])
            elif start and (
                (len(line) >= 28 and (line[26:28] == "  " or line[27] == " ")) or ":  " in line[:28]
            ):
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
        spec.update(
            uid=int(one["uid"]),
            group=one["group"],
            gid=int(one["gid"]),
            account=one["account"],
            notify=one["notify"] == "TRUE",
            jobshare=int(one["jobshare"]),
        )
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
        for key, name in (
            ("sge_o_home", "O_HOME"),
            ("sge_o_log_name", "O_LOGNAME"),
            ("sge_o_path", "O_PATH"),
            ("sge_o_shell", "O_SHELL"),
            ("sge_o_tz", "O_TZ"),
            ("sge_o_workdir", "O_WORKDIR"),
            ("sge_o_host", "O_HOST"),
        ):
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
            spec.setdefault(
                "mail_to", tuple(MailTo(*word.split("@")) for word in one["mail_list"].split(","))
            )
        if "context" in one:
            spec.setdefault("context", tuple(tuple(word.split("=", 1)) for word in one["context"].split(",")))
        for key, name in (
            ("jid_predecessor_list", "predecessors"),
            ("jid_successor_list", "successors"),
            ("ja_ad_predecessor_list", "predecessors_ad"),
            ("ja_ad_successor_list", "successors_ad"),
        ):
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
    sizes = [float(word[:-1]) * {"K": 1024, "M": 1024**2}[word[-1]] for word in found.groups()[3:]]
    return {
        "cpu": 0.0,
        "mem": float(found.group(2)),
        "io": float(found.group(3)),
        "vmem": sizes[0],
        "maxvmem": sizes[1],
    }
