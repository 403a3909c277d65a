"""Every recorded transcript of qstat, qacct, qconf, qhost and qselect: same stdout, stderr and exit code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from fake_sge.model import Hold, Resource
from fake_sge.model.accounting import Record, format_record
from fake_sge.model.requests import Reply, Request, Unreachable

from .accounting_inputs import lines_of, recorded_lines
from .cells import Cell, NoCell, build_cell, captures
from .configurations import Configuration, queue_instances
from .details import read_all_messages, read_detail_text, read_detail_xml
from .help_text import cut_help
from .situations import Facts, read_held, read_list_xml, read_table, widened

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
)
TOOLS = ("qstat", "qacct", "qconf", "qhost", "qselect")


def _rounded(text: str) -> str:
    return re.sub(r"'(0\.\d{6})'", lambda match: f"'{float(match[1]):.5f}'", text)


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
CRASHES = ("w1.longq-1_plain",)

Case = dict[str, Any]


HOLDS = {"hu": Hold.USER, "ho": Hold.OPERATOR, "hs": Hold.SYSTEM, "hd": Hold.ARRAY_DEPENDENCY}

# These were recorded seconds before the qstat -j of the same jobs, whose usage had grown by then.
EARLIER = ("w1.ext_xml", "w1.f_ext_xml", "w1.all3_xml", "w1.ext_t_xml")


def query_cases() -> list[tuple[str, Case]]:
    found = []
    for name in FILES:
        for case, item in captures(name).items():
            if Path((item.get("argv") or [""])[0]).name in TOOLS:
                found.append((case, item))
    return found


def group_of(case: str, argv: Sequence[str] = ()) -> str:
    """Transcripts of one moment share a group."""
    head, _, tail = case.partition(".")
    if head == "state":
        return case.rpartition(".")[0]
    if case == "qstat.r_pending_holds":
        return "hold_filter"
    if head == "w1" and case in EARLIER:
        return "w1.earlier"
    if head == "w4" and ("-urg" in argv or "-ext" in argv):  # usage and waiting time grow
        return case.removesuffix("_xml")
    if head == "qstat":
        return case.split("_", maxsplit=1)[0] if tail.startswith(("mixed_", "array_")) else case
    if head == "env" and tail.startswith(("port_garbage", "root_unset.")):
        return f"env.{tail.split('.')[0]}" if "q" in tail.split(".")[0] else case
    return head if head in ("hold_filter", "time", "w1", "w2", "w3", "w4", "w5") else case


GROUPS: dict[str, list[tuple[str, Case]]] = defaultdict(list)
for _case, _item in query_cases():
    GROUPS[group_of(_case, _item["argv"])].append((_case, _item))

for _group in [name for name in GROUPS if name.startswith("w4.")]:
    GROUPS[_group] += [(_case, _item) for _case, _item in GROUPS["w4"] if _item["argv"][1:2] != ["-j"]]
GROUPS["w1.earlier"] += [(_case, _item) for _case, _item in GROUPS["w1"] if "-j" not in _item["argv"]]

_cells: dict[str, Cell] = {}


def facts_of(group: str) -> Facts:
    facts = Facts()
    items = [
        item
        for _, item in GROUPS[group]
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
        text = item["stdout"]
        if "<job_info" in text:
            read_list_xml(facts, text)
        elif "<detailed_job_info" in text:
            read_detail_xml(facts, text)
        elif "<message " in text:
            read_all_messages(facts, text)
        elif text.startswith("=====") and item["argv"][0] == "qstat":
            read_detail_text(facts, text)
        elif (
            item["argv"][1:] in (["-s", "hu"], ["-s", "ho"], ["-s", "hs"], ["-s", "hd"])
            and item["user"] == "root"
        ):
            read_held(facts, text, HOLDS[item["argv"][2]])
        elif item["argv"][0] == "qstat":
            read_table(facts, text)
    return facts


def cell_of(group: str) -> Cell:
    if group not in _cells:
        facts = facts_of(group)
        if group == "hold_filter":
            set_recorded_holds(facts)
        for job in facts.jobs.values():
            if job.values["name"] == "future":
                job.spec.setdefault("execution_time", 1795500000.0)
        cell = build_cell(facts)
        set_recorded_configuration(group, cell)
        _cells[group] = cell
    return _cells[group]


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


def set_recorded_configuration(group: str, cell: Cell) -> None:
    """What qconf transcripts say: those of the group, or of the cell of most transcripts."""
    sources = [item for _, item in GROUPS["w1" if group == "w2" else group]]
    if group.startswith(("w4", "w5")):
        sources = [
            item
            for _, item in [*GROUPS["w3"], *GROUPS["w4"]]
            if item["argv"] != ["qselect"] and (group != "w5" or "-se" not in item["argv"])
        ]
        sources += [captures("render")["w4.qselect"]]
    if group.split(".", maxsplit=1)[0] in ("qconf", "qhost", "env"):
        sources = list(captures("qconf").values())
    configuration = Configuration(cell)
    configuration.apply(sources)
    for item in sources:
        if item["argv"] == ["qselect"]:  # lists queues in the order in which they were made
            names = [name.split("@")[0] for name in item["stdout"].split()]
            cell.config.queues = {name: cell.config.queues[name] for name in names}
    if not cell.instances:
        cell.instances[:] = queue_instances(cell.config, "localhost")


# ---- surroundings --------------------------------------------------------------------------------
def surroundings(tmp_path: Path, item: Case) -> tuple[dict[str, str], dict[str, str]]:
    """The environment of a call, and what to replace in what it prints (paths of the recording machine)."""
    root = tmp_path / "root"
    (root / "default" / "common").mkdir(parents=True, exist_ok=True)
    env = {"TZ": "UTC", "HOME": str(tmp_path / "home"), "SGE_ROOT": str(root), "SGE_CELL": "default"}
    (tmp_path / "home").mkdir(exist_ok=True)
    masks = {str(root): "/var/lib/gridengine"}
    for name, value in item["env"].items():
        if name == "SGE_ROOT" and value in ("/tmp/cell", "/tmp/root"):
            masks = {str(root): value}
        else:
            env[name] = value
    if env["SGE_CELL"] == "nohost":
        (root / "nohost" / "common").mkdir(parents=True, exist_ok=True)
    if "root_unset_realbin" in item["case"]:
        del env["SGE_ROOT"]
    return env, masks


def qmaster_of(item: Case) -> Any:
    case = item["case"]
    port = item["env"].get("SGE_QMASTER_PORT", "6444")
    if "dead_port" in case:
        return NoCell(Unreachable.REFUSED, "localhost", port)
    if "silent_port" in case:
        return NoCell(Unreachable.SILENT, "localhost", port)
    if "unresolvable" in case:
        return NoCell(Unreachable.UNRESOLVABLE, "nosuchhost.invalid", "6444")
    return cell_of(group_of(case, item["argv"]))


def run(item: Case, tmp_path: Path, qmaster: Any, argv: list[str] | None = None) -> tuple[Reply, str, str]:
    env, masks = surroundings(tmp_path, item)
    if item["case"].startswith("defaults.sge_qstat_ext"):
        Path(env["HOME"], ".sge_qstat").write_text("-ext\n")
    words = [Path(item["argv"][0]).name, *(argv or item["argv"])[1:]]
    user = item["user"]
    reply = import_module(f"fake_sge.commands.{words[0]}").main(
        Request(words, env, str(tmp_path), user, 0, user, 0), qmaster
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
    assert compared(cut_help(out)) == compared(want_out)
    assert cut_help(err) == want_err
    assert (-reply.signal or reply.code) == code


# ---- qacct ---------------------------------------------------------------------------------------
def accounting_file(item: Case, tmp_path: Path) -> list[str]:
    """Write the accounting file of a case where its command looks for it; the argv to use."""
    env, _ = surroundings(tmp_path, item)
    argv = list(item["argv"])
    known = recorded_lines(captures("qacct"))
    source = captures("time")["time.qacct_tz_unset"] if "qacct_tz" in item["case"] else item
    lines = lines_of(source["stdout"], known)
    path = (
        Path(env["SGE_ROOT"], "default", "common", "accounting") if "SGE_ROOT" in env else tmp_path / "unused"
    )
    if "-f" in argv:
        path = tmp_path / "given"
        argv[argv.index("-f") + 1] = str(path)
        lines = special_lines(item["case"], lines, known)
    if "no_file" in item["case"] or "unresolvable" in item["case"] or not path.parent.is_dir():
        return argv
    if "unreadable" in item["case"]:
        path.mkdir()
        return argv
    path.write_bytes("".join(lines or summary_lines(item)).encode("utf-8", "surrogateescape"))
    return argv


def special_lines(case: str, lines: list[str], known: dict[tuple[int, int], list[str]]) -> list[str]:
    if case == "qacct.f_garbage_then_good":
        return ["garbage\n", *lines]
    if case == "qacct.f_truncated_line":
        return [known[(869, 0)][0][:60] + "\n"]
    if case == "qacct.f_no_final_newline":
        return [lines[0].rstrip("\n")]
    if case == "qacct.f_empty":
        return []
    if case == "qacct.f_never_started":
        words = known[(869, 0)][0].split(":")
        words[9:13] = ["0", "0", "26", "0"]
        return [":".join(words)]
    return lines


def summary_lines(item: Case) -> list[str]:
    """Records with the usage of the summary's lines, for the cases that print nothing else."""
    result = []
    for line in item["stdout"].splitlines():
        words = line.split()
        if len(words) in (7, 8) and words[-1].replace(".", "").isdigit():
            numbers = [float(word) for word in words[-7:]]
            record = Record(
                qname="all.q",
                hostname="localhost",
                group="g",
                owner=words[0],
                job_name="j",
                job_number=1,
                account="sge",
                start_time=1,
                end_time=2,
                ru_wallclock=numbers[0],
                ru_utime=numbers[1],
                ru_stime=numbers[2],
                cpu=numbers[3],
                mem=numbers[4],
                io=numbers[5],
                iow=numbers[6],
            )
            result.append(format_record(record))
    return result


CASES = [pytest.param(item, id=case) for case, item in query_cases() if case not in CRASHES]


@pytest.mark.parametrize("item", CASES)
def test_same_bytes_as_the_real_tool(item: Case, tmp_path: Path) -> None:
    if item["argv"][0].endswith("qacct"):
        argv = accounting_file(item, tmp_path)
        reply, out, err = run(item, tmp_path, NoCell(), argv)
        if "-f" in argv:
            given = item["argv"][item["argv"].index("-f") + 1]
            out, err = (text.replace(str(tmp_path / "given"), given) for text in (out, err))
    else:
        reply, out, err = run(item, tmp_path, qmaster_of(item))
    check(item, reply, out, err)


def test_all_query_groups_are_there() -> None:
    assert len(CASES) > 420
    names = {case for case, _ in query_cases()}
    assert {*COMPARED, *CRASHES} <= names
    for name in FILES:
        assert names & set(captures(name)), name
