"""Transcripts without the names and paths of the cluster they come from."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Elements of qstat -xml and fields of qstat -j and qacct whose text is kept; of others it becomes x.
KEPT = re.compile(
    r"JB_(job_number|submission_time|job_name|name|owner|type|is_array|execution_time)|RN_\w+"
    r"|JAT_(prio|status|state|task_number|start_time|end_time|submission_time|hold|ntix)|UA_\w+|QIM_\w+"
    r"|state|tasks|slots|queue_name|name|ST_name|ST_id|AN_\w+"
)


KEPT_LABELS = re.compile(
    r"job_number|submission_time|owner|job_name|job-array tasks|error[ _]reason.*|job_state.*"
)


KINDS = {
    "hostname": "h",
    "submit_host": "h",
    "qname": "q",
    "group": "g",
    "project": "project",
    "department": "dept",
}


KEPT_FIELDS = re.compile(
    r"qname|hostname|group|owner|jobname|jobnumber|taskid|pe_taskid|priority|qsub_time|start_time|end_time"
    r"|granted_pe|slots|failed|deleted_by|exit_status|submit_host|wallclock|cpu|mem|io|iow|ioops|max\w+|ru_\w+"
    r"|arid|ar_sub_time|account"
)


class Anonymous:
    """Replaces what tells who and where, always by the same word."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def add(self, kind: str, text: str) -> str:
        """A word for a text of a kind: u, g, h, q, /p..."""
        text = text.strip()
        if (
            not text
            or text in ("NONE", "none", "x", "localhost", "root", "defaultdepartment")
            or text in self.words.values()
        ):
            return text
        if text not in self.words:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            # As long as the name, where it can be: columns stay where they are.
            self.words[text] = f"{kind}{self._counts[kind]}".ljust(len(text), "x")
        return self.words[text]

    def learn(self, text: str) -> None:
        """Hosts, queues and users that a command has named."""
        for queue, host in re.findall(r"\b([\w.-]+)@([\w.-]+)", text):
            if queue in self.words or re.search(rf"(?m)^(owner|deleted_by).*\b{re.escape(queue)}@?", text):
                self.add("u", queue)
            else:
                self.add("q", queue)
            self.add("h", host)
        for label, kind in KINDS.items():
            for value in re.findall(rf'(?m)^{label} +(\S+) *$|"{label}":"([^"]*)"', text):
                self.add(kind, value[0] or value[1])
        for line in re.findall(r"(?m)^(?:[^:\n]*:){44,}.*$", text):
            fields = line.split(":")
            for label, place in (
                ("qname", 0),
                ("hostname", 1),
                ("group", 2),
                ("project", 31),
                ("department", 32),
            ):
                self.add(KINDS[label], fields[place])
        for path in re.findall(r"(?<![\w./<])(/(?:[\w.+-]+/)+[\w.+-]+)", text):
            if not path.startswith(("/dev/null", "/no/such")):
                self.add("/p", path)

    def apply(self, text: str) -> str:
        """The text with every word replaced, the longest first."""
        for word in sorted(self.words, key=len, reverse=True):
            text = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", self.words[word], text)
        return text


def in_xml(found: re.Match[str]) -> str:
    """An element of XML with its text, if that is read."""
    tag, text = found[1], found[2]
    return found[0] if KEPT.fullmatch(tag) or not text.strip() else f"<{tag}>x</{tag}>"


def in_text(found: re.Match[str]) -> str:
    """A line of qstat -j with its value, if that is read; nothing of the lines that continue one."""
    if found[1] is None:
        return ""
    return found[0] if KEPT_LABELS.fullmatch(found[1]) else f"{found[1]}{found[2] or ''}:{found[3]}x"


def in_qacct(found: re.Match[str]) -> str:
    """A line of qacct with its value, if that is read."""
    return found[0] if KEPT_FIELDS.fullmatch(found[1]) else f"{found[1]}{found[2]}x"


def in_help(text: str) -> str:
    """The head of a help text and the options' own words."""
    end = text.index("\n", text.index("usage: ")) + 1
    lines = [line.strip() for line in text[end:].splitlines() if line.lstrip().startswith("[-")]
    options = [re.split(r" {2,}|(?<=\]) (?=[a-z])", line)[0] for line in lines]
    return text[:end] + "".join(f"   {option}\n" for option in options)


def scrub(argv: Sequence[str], text: str) -> str:
    """A command's answer without what is not read out of it."""
    if "usage: " in text:
        return in_help(text)
    if "-j" in argv and text.startswith("<"):
        return re.sub(r"<([A-Za-z]\w*)>([^<]*)</\1>", in_xml, text)
    if "-j" in argv and argv[0] == "qstat" and text.startswith("="):
        return re.sub(r"(?m)^([^\s=:][^:\n]*?)( +\d+)?:( +)(.*)$|^ +.*\n", in_text, text)
    if argv[0] == "qacct" and text.startswith("="):
        return re.sub(r"(?m)^([\w.]+)( +)(\S.*?)( *)$", in_qacct, text)
    return text
