"""Facts from ``qstat -j``, as text and as XML."""

from __future__ import annotations

import re

from fake_sge.model import HostPath, JobType, MailTo, Range, Rerun, Resource, Status

from .situations import Facts, JobFacts, Note, resources, unescape, utc

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


# ---- job details in XML --------------------------------------------------------------------------
def children(text: str, depth: int) -> list[tuple[str, str]]:
    """Tag and inner text of the elements at an indentation."""
    pad = "  " * depth
    result: list[tuple[str, str]] = []
    pattern = re.compile(
        rf"^{pad}<([\w ]+)>(?:\n(.*?)^{pad}</\1>$|(?!\n)(.*?)</\1>$)", re.MULTILINE | re.DOTALL
    )
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
            found = next(
                (
                    note
                    for note in known
                    if note.number == title.number
                    and (set(note.jobs) & set(title.jobs) if title.jobs else note.text == title.text)
                ),
                None,
            )
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
            numbers = [
                int(word) for word in re.findall(r"<ULNG_value>(\d+)<", one.get("MES_job_number_list", ""))
            ]
            notes.append(Note(int(one["MES_message_number"]), unescape(one["MES_message"]), numbers))
    return notes


def read_messages(facts: Facts, text: str, depth: int) -> None:
    for note in parsed_messages(text, depth):
        same = [
            known
            for known in facts.messages
            if (known.number, known.text) == (note.number, note.text)
            and (note.shared or set(known.jobs) & set(note.jobs) or not note.jobs)
        ]
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
        return [
            {name: unescape(value) for name, value in children(inner, 5)}
            for _, inner in children(self.one.get(tag, ""), 4)
        ]

    def paths(self, tag: str) -> tuple[HostPath, ...]:
        return tuple(HostPath(item["PN_path"], item["PN_host"] or None) for item in self.items(tag))

    def read(self) -> None:
        job, spec, one = self.job, self.job.spec, self.one
        job.values.update(
            name=self.text("JB_job_name"),
            owner=self.text("JB_owner"),
            submission=float(one["JB_submission_time"]),
            version=int(one["JB_version"]),
            normalised_urgency=float(one["JB_nurg"]),
            exact_urgency=float(one["JB_nurg"]),
            kind=JobType(int(one["JB_type"])),
            script_deleted="JB_exec_file" not in one,
        )
        ranges = self.items("JB_ja_structure")[0]
        spec.update(
            uid=int(one["JB_uid"]),
            gid=int(one["JB_gid"]),
            group=self.text("JB_group"),
            account=self.text("JB_account"),
            merge_stderr=one["JB_merge_stderr"] == "true",
            notify=one["JB_notify"] == "true",
            jobshare=int(one["JB_jobshare"]),
            env=tuple((item["VA_variable"], item.get("VA_value")) for item in self.items("JB_env_list")),
            args=tuple(item["ST_name"] for item in self.items("JB_job_args")),
            execution_time=float(one["JB_execution_time"]),
            priority=int(one["JB_priority"]) - 1024,
            rerun=Rerun(int(one["JB_restart"])),
            reserve=one["JB_reserve"] == "true",
            mail_options=int(one["JB_mail_options"]),
            max_concurrent=int(one["JB_ja_task_concurrency"]),
            verify_suitable=int(one["JB_verify_suitable_queues"]),
            array=Range(*(int(ranges[name]) for name in ("RN_min", "RN_max", "RN_step"))),
            mail_to=tuple(
                MailTo(item["MR_user"], item["MR_host"] or None) for item in self.items("JB_mail_list")
            ),
            stdout_paths=self.paths("JB_stdout_path_list"),
            stderr_paths=self.paths("JB_stderr_path_list"),
            stdin_paths=self.paths("JB_stdin_path_list"),
            shells=self.paths("JB_shell_list"),
            command=self.text("JB_script_file") if "JB_script_file" in one else "",
            cwd=self.text("JB_cwd") if "JB_cwd" in one else None,
        )
        self._lists()
        self._tasks()

    def _lists(self) -> None:
        spec = self.job.spec
        for tag, name in (
            ("JB_hard_queue_list", "hard_queues"),
            ("JB_soft_queue_list", "soft_queues"),
            ("JB_master_hard_queue_list", "master_queues"),
        ):
            spec[name] = tuple(item["QR_name"] for item in self.items(tag))
        for tag, name in (
            ("JB_hard_resource_list", "hard_resources"),
            ("JB_soft_resource_list", "soft_resources"),
        ):
            spec[name] = tuple(Resource(item["CE_name"], item["CE_stringval"]) for item in self.items(tag))
            if "        <element>" in self.one.get(tag, ""):
                self.job.values["altered"] = (*self.job.values.get("altered", ()), name)
        spec["context"] = tuple(
            (item["VA_variable"], item.get("VA_value")) for item in self.items("JB_context")
        )
        spec["hold_jid"] = tuple(item["JRE_job_name"] for item in self.items("JB_jid_request_list"))
        spec.setdefault("hold_jid_ad", ("?",) * len(self.items("JB_ja_ad_request_list")))
        if "JB_pe" in self.one:
            spec.update(
                pe=self.text("JB_pe"),
                pe_ranges=tuple(
                    Range(int(item["RN_min"]), int(item["RN_max"])) for item in self.items("JB_pe_range")
                ),
            )
        for tag, name in (
            ("JB_jid_predecessor_list", "predecessors"),
            ("JB_jid_successor_list", "successors"),
            ("JB_ja_ad_predecessor_list", "predecessors_ad"),
            ("JB_ja_ad_successor_list", "successors_ad"),
        ):
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
            task["errors"] = [
                unescape(dict(children(entry, 7))["QIM_message"])
                for _, entry in children(one.get("JAT_message_list", ""), 6)
            ]
