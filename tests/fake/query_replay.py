"""Rebuilds the cell of every recorded query (qstat, qacct, qconf, qhost, qselect) and runs it again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from fake_sge.model import Hold, Resource
from fake_sge.model.flavours import FLAVOURS
from fake_sge.model.requests import Reply, Request, Unreachable

from .cells import Cell, NoCell, build_cell, captures
from .configurations import Configuration, queue_instances
from .details import read_detail_text
from .details_ocs import read_detail_text_ocs
from .details_xml import read_all_messages, read_detail_xml
from .help_text import cut_help
from .situations import Facts, read_held, read_list_xml, read_table, widened
from .surroundings import accounting_file, surroundings

FILES = (
    "qstat",
    "state",
    "hold_filter",
    "qacct",
    "qconf",
    "qhost",
    "time",
    "locale",
    "defaults",
    "env",
    "help",
    "op",
    "cell2",
    "render",
    "special",
)
TOOLS = ("qstat", "qacct", "qconf", "qhost", "qselect")


def _rounded(text: str) -> str:
    return re.sub(r"'(0\.\d{6})'", lambda match: f"'{float(match[1]):.5f}'", text)


def _times_of_printing(text: str) -> str:
    return re.sub(r"(?m)(exec_queue_list +\d+: +NONE\nstart_time .*\.)\d{6}$", r"\1......", text)


# What the rebuilt cell cannot know is left out of the comparison.
COMPARED: dict[str, Callable[[str], str]] = {
    # these transcripts alone have six digits of a task's priority; it is rebuilt from those with five
    "w4.qhost_j_xml": _rounded,
    "w4.qhost_jq_xml": _rounded,
    # the total is that of exact usage; the blocks that it is rebuilt from are rounded
    "qacct.j_noarg": lambda text: text[: text.rstrip().rfind("\n")],
    # the folding 3-7:2,8-20:1 tells in which order tasks were held; the model keeps sets of tasks
    "state.array_task_susp.plain": lambda text: re.sub(r"(?m)^( +697 .*) \S+$", r"\1 TASKS", text),
}
# An abort of the real tool: the column width that fits the longest name, without any name.
for _case in ("state.Eqw.j", "state.hEqw.j", "state.Eqw_cleared.j"):
    # a task that never started is shown with the time of printing, which passes from line to line
    COMPARED[_case] = _times_of_printing
# a record of a reschedule has no submission time; qacct shows the time of the call instead
COMPARED["qacct.j_rerun"] = lambda text: re.sub(
    r"(?m)^(qsub_time +).*(?=\n(?:.*\n){1,2}end_time +-/-)", r"\1NOW", text
)
CRASHES = ("w1.longq-1_plain",)

Case = dict[str, Any]


HOLDS = {"hu": Hold.USER, "ho": Hold.OPERATOR, "hs": Hold.SYSTEM, "hd": Hold.ARRAY_DEPENDENCY}

# These were recorded seconds before the qstat -j of the same jobs, whose usage had grown by then.
EARLIER = ("w1.ext_xml", "w1.f_ext_xml", "w1.all3_xml", "w1.ext_t_xml")


def query_cases(flavour: str = "sge-8.1.9") -> list[tuple[str, Case]]:
    found = []
    for name in FILES:
        for case, item in captures(name, flavour).items():
            if Path((item.get("argv") or [""])[0]).name in TOOLS:
                found.append((case, item))
    return found


def moment_of(case: str, tail: str) -> str:
    """The group of a qstat transcript of the other engines: those of one moment, or of one job."""
    if tail.startswith(("r_", "j_mixed", "j_by", "j_task", "j_two", "g_c")):
        return "qstat.r"
    if tail.startswith("others_"):
        return "qstat.others"
    if tail.startswith(("mixed_", "array_")):
        return case.split("_", maxsplit=1)[0]
    return case.replace("j_xml_", "j_")


def group_of(case: str, argv: Sequence[str] = (), flavour: str = "sge-8.1.9") -> str:
    """Transcripts of one moment share a group."""
    head, _, tail = case.partition(".")
    if head == "state":
        return case.rpartition(".")[0]
    if case == "qstat.r_pending_holds":
        return "hold_filter"
    if head == "hold_filter" and tail.startswith(("after_qrls.", "array.", "hr.", "hs.")):
        return case.rpartition(".")[0]
    if head == "w1" and case in EARLIER:
        return "w1.earlier"
    if head == "w4" and ("-urg" in argv or "-ext" in argv):  # usage and waiting time grow
        return case.removesuffix("_xml")
    if head == "qstat" and flavour != "sge-8.1.9":
        return moment_of(case, tail)
    if head == "qstat":
        return case.split("_", maxsplit=1)[0] if tail.startswith(("mixed_", "array_")) else case
    if head == "env" and tail.startswith(("port_garbage", "root_unset.")):
        return f"env.{tail.split('.')[0]}" if "q" in tail.split(".")[0] else case
    return head if head in ("hold_filter", "time", "w1", "w2", "w3", "w4", "w5") else case


class Recording:
    """The queries of one flavour, by moments, and the cells that are rebuilt from them."""

    def __init__(self, flavour: str) -> None:
        self.flavour = flavour
        self.cases = query_cases(flavour)
        self.groups: dict[str, list[tuple[str, Case]]] = defaultdict(list)
        for case, item in self.cases:
            self.groups[group_of(case, item["argv"], flavour)].append((case, item))
        if "w4" in self.groups:
            for group in [name for name in self.groups if name.startswith("w4.")]:
                self.groups[group] += [
                    (case, item) for case, item in self.groups["w4"] if item["argv"][1:2] != ["-j"]
                ]
            self.groups["w1.earlier"] += [
                (case, item) for case, item in self.groups["w1"] if "-j" not in item["argv"]
            ]
        self._cells: dict[str, Cell] = {}

    def facts_of(self, group: str) -> Facts:
        facts = Facts(self.flavour)
        facts.held_only = self.flavour != "sge-8.1.9" and group.startswith("hold_filter.")
        items = [
            item
            for _, item in self.groups[group]
            if item["exit_code"] == 0
            and not item["env"].get("TZ")
            and "SGE_LONG_QNAMES" not in item["env"]
            and "SGE_LOAD_AVG" not in item["env"]
        ]
        items.sort(
            key=lambda item: (
                "<message " in item["stdout"],
                "-xml" not in item["argv"],
                "-F" not in item["argv"],
                "-j" not in item["argv"],
            )
        )
        for item in items:
            read_facts(facts, item)
        return facts

    def cell_of(self, group: str) -> Cell:
        if group not in self._cells:
            facts = self.facts_of(group)
            if group == "hold_filter" and self.flavour == "sge-8.1.9":
                set_recorded_holds(facts)
            for job in facts.jobs.values():
                if job.values["name"] == "future":
                    job.spec.setdefault("execution_time", 1795500000.0)
            cell = build_cell(facts)
            self.set_configuration(group, cell)
            self._cells[group] = cell
        return self._cells[group]

    def set_configuration(self, group: str, cell: Cell) -> None:
        """What qconf transcripts say: those of the group, or of the cell of most transcripts."""
        sources = [item for _, item in self.groups["w1" if group == "w2" else group]]
        if group.startswith(("w4", "w5")):
            sources = [
                item
                for _, item in [*self.groups["w3"], *self.groups["w4"]]
                if item["argv"] != ["qselect"] and (group != "w5" or "-se" not in item["argv"])
            ]
            sources += [captures("render")["w4.qselect"]]
        if group.split(".", maxsplit=1)[0] in ("qconf", "qhost", "env"):
            sources = list(captures("qconf", self.flavour).values())
        configuration = Configuration(cell)
        configuration.apply(sources)
        for item in sources:
            if item["argv"] == ["qselect"]:  # lists queues in the order in which they were made
                names = [name.split("@")[0] for name in item["stdout"].split()]
                cell.config.queues = {name: cell.config.queues[name] for name in names}
        if not cell.instances:
            cell.instances[:] = queue_instances(cell.config, "localhost")


@cache
def recording(flavour: str) -> Recording:
    return Recording(flavour)


def read_filtered(facts: Facts, item: Case) -> None:
    """What ``-s hu`` and so on say of holds, dependencies and times."""
    text, letters = item["stdout"], item["argv"][-1]
    if letters in HOLDS:
        read_held(facts, text, HOLDS[letters])
    elif facts.held_only:
        for number in map(int, re.findall(r"<JB_job_number>(\d+)<", text)):
            if letters == "hj":
                facts.job(number).values.setdefault("predecessors", (1,))
            elif letters == "ha":
                facts.job(number).spec.setdefault("execution_time", 1924991940.0)


def read_facts(facts: Facts, item: Case) -> None:
    """What one transcript says of the cell."""
    text = item["stdout"]
    if "<job_info" in text:
        read_list_xml(facts, text)
        read_filtered(facts, item)
    elif "<detailed_job_info" in text:
        read_detail_xml(facts, text)
    elif "<message " in text:
        read_all_messages(facts, text)
    elif text.startswith("=====") and item["argv"][0] == "qstat":
        if FLAVOURS[facts.flavour].is_ocs:
            read_detail_text_ocs(facts, text)
        else:
            read_detail_text(facts, text)
    elif item["argv"][-2:-1] == ["-s"] and item["argv"][-1] in HOLDS:
        if facts.flavour != "sge-8.1.9" or item["user"] == "root":
            read_held(facts, text, HOLDS[item["argv"][-1]])
    elif item["argv"][0] == "qstat":
        read_table(facts, text)


def set_recorded_holds(facts: Facts) -> None:
    """The notes of this group say which job was given which hold."""
    letters = {"u": Hold.USER, "o": Hold.OPERATOR, "s": Hold.SYSTEM}
    for job in facts.jobs.values():
        _, _, kinds = job.values["name"].partition("_")
        if kinds in ("u", "o", "s", "uo", "us", "os", "uos", "jidu", "adp"):
            for letter in {"jidu": "u", "adp": "u"}.get(kinds, kinds):
                job.holds |= letters[letter]
        elif kinds == "ad":
            job.holds = Hold.ARRAY_DEPENDENCY
        elif kinds == "a":
            job.spec.setdefault("execution_time", 1795433908.0)
        if kinds.startswith("jid"):
            job.values["predecessors"] = (1586,)
            job.spec["hold_jid"] = ("1586",)
        elif kinds == "ad":
            job.values["predecessors_ad"] = (1590,)
            job.spec["hold_jid_ad"] = ("1590",)
        job.spec["hard_queues"] = ("cap.q",)
        if kinds not in ("a", "ad", "adp"):
            job.spec["hard_resources"] = (Resource("arch", "none"),)


# ---- running -------------------------------------------------------------------------------------
def qmaster_of(item: Case, flavour: str) -> Any:
    case = item["case"]
    port = item["env"].get("SGE_QMASTER_PORT", "6444")
    found = re.search(r'using port (\d+) on host "([^"]*)"', item["stderr"])
    if "dead_port" in case or "qmaster_down" in case:
        return NoCell(Unreachable.REFUSED, "localhost", found[1] if found else port)
    if "silent_port" in case:
        return NoCell(Unreachable.SILENT, "localhost", port)
    if "unresolvable" in case:
        host, port = (found[2], found[1]) if found else ("nosuchhost.invalid", "6444")
        return NoCell(Unreachable.UNRESOLVABLE, host, port)
    return recording(flavour).cell_of(group_of(case, item["argv"], flavour))


def run(
    item: Case, tmp_path: Path, qmaster: Any, argv: list[str] | None = None, flavour: str = "sge-8.1.9"
) -> tuple[Reply, str, str]:
    env, masks = surroundings(tmp_path, item, flavour)
    if item["case"].startswith("defaults.sge_qstat_ext"):
        Path(env["HOME"], ".sge_qstat").write_text("-ext\n")
    words = [Path(item["argv"][0]).name, *(argv or item["argv"])[1:]]
    user = item["user"]
    reply = import_module(f"fake_sge.commands.{words[0]}").main(
        Request(words, env, str(tmp_path), user, 0, user, 0, flavour=FLAVOURS[flavour]), qmaster
    )
    out, err = (data.decode("utf-8", "surrogateescape") for data in (reply.out, reply.err))
    for real, shown in masks.items():
        out, err = out.replace(real, shown), err.replace(real, shown)
    return reply, out, err


def expected(item: Case) -> tuple[int, str, str]:
    """The transcript; the user "ge" stands for a longer name that was replaced after recording."""
    out = item["stdout"]
    if item["argv"][0].endswith("qacct"):
        out = re.sub(r"(?m)^((?:group|owner) +ge) {16}$", r"\1" + " " * 18, out)
    elif item["user"] == "ge":
        out = widened(out)
    return item["exit_code"], out, item["stderr"]


def check(item: Case, reply: Reply, out: str, err: str) -> None:
    code, want_out, want_err = expected(item)
    compared = COMPARED.get(item["case"], str)
    assert compared(cut_help(out)) == compared(cut_help(want_out))
    assert cut_help(err) == cut_help(want_err)
    assert (-reply.signal or reply.code) == code


def replay(item: Case, flavour: str, tmp_path: Path) -> tuple[Reply, str, str]:
    """Run a recorded query on the rebuilt cell: the reply, and its texts as recorded."""
    if not item["argv"][0].endswith("qacct"):
        return run(item, tmp_path, qmaster_of(item, flavour), flavour=flavour)
    argv = accounting_file(item, tmp_path, flavour)
    reply, out, err = run(item, tmp_path, NoCell(), argv, flavour)
    if "-f" in argv:
        given = item["argv"][item["argv"].index("-f") + 1]
        out, err = (text.replace(str(tmp_path / "given"), given) for text in (out, err))
    return reply, out, err
