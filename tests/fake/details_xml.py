"""Facts from ``qstat -j -xml``."""

from __future__ import annotations

import re
from typing import Any

from fake_sge.model import Granted, Hold, HostPath, JobType, MailTo, Range, Rerun, Resource, State, Status

from .situations import Facts, Note, instant, unescape

HOLD_LISTS: dict[str, Hold | None] = {
    "n": None,
    "u": Hold.USER,
    "s": Hold.SYSTEM,
    "o": Hold.OPERATOR,
    "a": Hold.ARRAY_DEPENDENCY,
}


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
            submission=instant(one["JB_submission_time"]),
            version=int(one["JB_version"]),
            kind=JobType(int(one["JB_type"])),
            script_deleted="JB_exec_file" not in one,
        )
        if "JB_nurg" in one:
            job.values.update(normalised_urgency=float(one["JB_nurg"]), exact_urgency=float(one["JB_nurg"]))
        job.values["category_id"] = int(one.get("JB_category_id", "0"))
        spec["command_line"] = (
            self.text("JB_submission_command_line") if "JB_submission_command_line" in one else ""
        )
        self._request_sets()
        self._holds()
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
            args=tuple(item.get("ST_name", "") for item in self.items("JB_job_args")),
            execution_time=instant(one["JB_execution_time"]),
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

    def _request_sets(self) -> None:
        """Take the lists of the request sets as if they were the job's own."""
        for _, text in children(self.one.get("JB_request_set_list", ""), 4):
            plain = (
                "\n".join(line[4:] for line in text.split("\n"))
                .replace("<JRS_", "<JB_")
                .replace("</JRS_", "</JB_")
            )
            found = dict(children(plain, 3))
            if found.get("JB_scope") == "1":
                found = {"JB_master_hard_queue_list": found["JB_hard_queue_list"]}
            self.one.update(found)

    def _holds(self) -> None:
        """The lists of held tasks."""
        for letter, hold in HOLD_LISTS.items():
            ids = [
                task
                for item in self.items(f"JB_ja_{letter}_h_ids")
                for task in range(int(item["RN_min"]), int(item["RN_max"]) + 1, int(item["RN_step"]))
            ]
            if ids and hold is not None and (hold, ids) not in self.job.held:
                self.job.held.append((hold, ids))
            known = self.job.values.setdefault("waiting", [])
            known += [task for task in ids if task not in known]

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
        arrays = self.items("JB_ja_ad_request_list")
        spec.setdefault("hold_jid_ad", tuple(item.get("JRE_job_name", "?") for item in arrays))
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
        if "JB_department" in self.one:  # of an Open Cluster Scheduler, whose older ones do not list these
            spec["department"] = self.text("JB_department")
            known = tuple(int(word) for word in spec["hold_jid_ad"] if word.isdigit())
            self.job.values["predecessors_ad"] = self.job.values["predecessors_ad"] or known

    def _tasks(self) -> None:
        for _, inner in children(self.one.get("JB_ja_tasks", ""), 4):
            one = dict(children(inner, 5))
            task = self.job.tasks.setdefault(int(one["JAT_task_number"]), {})
            task["from_xml"] = True
            task["status"] = Status(int(one["JAT_status"]))
            task["start"] = instant(one["JAT_start_time"])
            if "JAT_ntix" in one:
                task["ntix"] = float(one["JAT_ntix"])
            self._ocs_task(one, task)
            task["usage"] = {}
            for _, entry in children(one.get("JAT_scaled_usage_list", ""), 6):
                item = dict(children(entry, 7))
                task["usage"][item["UA_name"]] = float(item["UA_value"])
            task["errors"] = [
                unescape(dict(children(entry, 7))["QIM_message"])
                for _, entry in children(one.get("JAT_message_list", ""), 6)
            ]

    @staticmethod
    def _ocs_task(one: dict[str, str], task: dict[str, Any]) -> None:
        if "JAT_state" not in one:
            return
        bits = (
            State.SUSPENDED
            | State.SUSPENDED_ON_SUBORDINATE
            | State.DELETED
            | State.ERROR
            | State.QUEUED
            | State.WAITING
        )
        task["state"] = State(int(one["JAT_state"]) & int(bits))
        task["hold"] = Hold(int(one["JAT_hold"]))
        task["restarts"] = int(one["JAT_job_restarted"])
        places = [
            dict(children(entry, 7))
            for _, entry in children(one.get("JAT_granted_destin_identifier_list", ""), 6)
        ]
        task["granted"] = tuple(
            Granted(place["JG_qname"].split("@")[0], place["JG_qhostname"], int(place["JG_slots"]))
            for place in places
        )
        if one.get("JAT_end_time", "0") != "0":
            task["end"] = instant(one["JAT_end_time"])
