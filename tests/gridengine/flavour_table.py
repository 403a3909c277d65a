"""The table of docs/flavours.md: what five real engines answer to what the product asks.

    python -m tests.gridengine.flavour_table

writes it anew from the transcripts, in its place in the page; a test compares. Job numbers are shown
as N, tasks as T, users as U, and paths of the cells as /ROOT.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Callable, NamedTuple

from tests.gridengine import captured
from tests.gridengine.captured import ENGINES, Case

PAGE = Path(__file__).resolve().parents[2] / "docs" / "flavours.md"
HEADING = "| asked | 8.1.9 | daimh 8.1.x | OCS 9.0.13 | OCS 9.1.4 | OCS 9.2pre | read in |"
END = "\n\n"  # an empty line
SAME = "″"
NONE = "?"  # nothing was recorded
LONGEST = 100


class Row(NamedTuple):
    """A question.

    Attributes:
        question: what is asked, in words.
        cases: transcripts that show the answer; the first that an engine has counts.
        answer: what of a transcript is shown.
        place: where a difference is handled.
    """

    question: str
    cases: tuple[str, ...]
    answer: Callable[[Case], str]
    place: str


def said(case: Case) -> str:
    """Exit code, and the first line that counts."""
    unimportant = ("", "Exiting.", "error: commlib error: got select error (Connection refused)")
    lines = [line for line in (case.err + case.out).splitlines() if line not in unimportant]
    text = lines[0] if lines else "(nothing)"
    if text.endswith(": ") and len(lines) > 1:
        text += lines[1]
    return f"{case.result.exit_code}: {text}"


def first_line(case: Case) -> str:
    """The first line of standard output."""
    return case.out.splitlines()[0] if case.out else "(nothing)"


def banner(case: Case) -> str:
    """The head of a help text."""
    return first_line(case)


def options(case: Case) -> str:
    """The options of qstat that only some engines have."""
    found = [option for option in ("-ectx", "-fmt") if f"[{option} " in case.out]
    return " ".join(found) or "none"


def states(case: Case) -> str:
    """The state selectors of ``qstat -s`` beyond those of all engines."""
    found = re.search(r"\[-s \{([^}]*)\}", case.out)
    letters = set(found[1].split("|")) if found else {"z"}  # of 8.1.9's help the head alone is kept
    return " ".join(sorted(letters & {"z", "f"}))


def tags(*names: str) -> Callable[[Case], str]:
    """The first of some elements that is there, with a date's form."""

    def answer(case: Case) -> str:
        for name in names:
            if found := re.search(rf"<{name}>([^<]*)<", case.out):
                return f"<{name}>{form(found[1])}"
        return "(absent)"

    return answer


def form(text: str) -> str:
    """A date as its form."""
    text = re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "YYYY-MM-DDThh:mm:ss", text)
    text = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "YYYY-MM-DD hh:mm:ss", text)
    text = re.sub(r"^\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", "MM/DD/YYYY hh:mm:ss", text)
    text = re.sub(r"^[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}", "Www Mmm DD hh:mm:ss YYYY", text)
    text = re.sub(r"^\d{10}$", "seconds since 1970", text)
    return re.sub(r"\.\d{6}$", ".ffffff", text)


def root(case: Case) -> str:
    """Exit code, and the root element or the text that comes instead."""
    found = re.search(r"<(\w+)[ >]", case.out)
    if not found:
        return said(case)
    nameless = ", items <>" if "<>" in case.out else ""
    return f"{case.result.exit_code}: <{found[1]}>{nameless}"


def field(name: str) -> Callable[[Case], str]:
    """A field of ``qacct -j``, its date as a form."""

    def answer(case: Case) -> str:
        found = re.search(rf"(?m)^{name} +(.*?) *$", case.out)
        return re.sub(" +", " ", form(found[1])) if found else "(absent)"

    return answer


def column(case: Case) -> str:
    """How wide the names of qacct's fields are printed."""
    found = re.search(r"(?m)^qname +", case.out)
    return str(len(found[0])) if found else "(absent)"


def line(case: Case) -> str:
    """The form of the accounting file's line."""
    text = case.accounting_lines[0]
    if not text.startswith("{"):
        return f"{text.count(':') + 1} fields, seconds"
    usage = " and ".join(json.loads(text)["usage"])
    return f"JSON, microseconds; {usage}"


def queue_zone(case: Case) -> str:
    """Whether a client in another zone gets other times."""
    utc = captured.case("time.qstat_xml_tz_unset", case.engine).out
    hours = [re.findall(r"_time>[\d-]+T(\d\d:\d\d)", text)[0] for text in (utc, case.out)]
    return "the qmaster's" if hours[0] == hours[1] else "the client's"


def seen_path(case: Case) -> str:
    """What ``$TASK_ID`` in an output path became in a job that is no array."""
    found = re.search(r"(?m)^contract\.\d+\.([^.]*)\.grid2", case.out)
    return f"{found[1]}" if found else "(absent)"


def seen_value(case: Case) -> str:
    """What became of a backslash and an n in a variable."""
    return repr(json.loads(case.out)["BS"])


ROWS = (
    Row("head of `qstat -help`", ("help.qstat",), banner, "dialect"),
    Row("`qstat -help`: further options", ("help.qstat",), options, "dialect"),
    Row("`qstat -s`: ended jobs", ("help.qstat",), states, "dialect"),
    Row("`qsub -terse`", ("qsub.terse_binary",), said, "qsub"),
    Row("`qsub -terse -t 1-10`", ("qsub.terse_array_1-10",), said, "qsub"),
    Row("`qsub -terse -t 5`", ("qsub.terse_array_5",), said, "qsub"),
    Row("`qsub`", ("qsub.plain_binary",), said, "qsub"),
    Row("`qsub -terse` in `.sge_request`", ("defaults.sge_request_terse",), said, "qsub"),
    Row("`qsub`, no queue lets the user in", ("cell2.no_queue_plain",), said, "qsub"),
    Row("`qsub`, unknown parallel environment", ("qsub.err_unknown_pe",), said, "qsub"),
    Row("`qsub`, unknown project", ("qsub.err_unknown_project",), said, "qsub"),
    Row("`qsub`, the user's limit on jobs", ("cell2.max_u_jobs_array",), said, "qsub"),
    Row("`qsub` on no submit host", ("cell2.qsub_not_submit_host",), said, "qsub"),
    Row("`qsub -N 'a b'`", ("qsub.name_space",), said, "template"),
    Row("`qsub -N` with no bytes of ASCII", ("qsub.name_cjk",), said, "template"),
    Row("`qsub -N ''`", ("qsub.name_empty",), said, "qsub"),
    Row("`qsub -t` twice", ("qsub.err_t_twice",), said, "qsub"),
    Row("`qsub -l h_rt=abc`", ("qsub.err_bad_resource_value",), said, "qsub"),
    Row("`qsub -binding`", ("qsub.more_binding",), said, "qsub"),
    Row("`qsub`, a JSV says wait", ("cell2.client_jsv_plain_wait",), said, "qsub"),
    Row("`qsub`, connection refused", ("env.dead_port.qsub",), said, "replies"),
    Row(
        "a running job's time in `qstat -xml`",
        ("state.r.xml",),
        tags("JAT_start_time"),
        "qstat",
    ),
    Row(
        "a pending job's time in `qstat -xml`",
        ("state.qw.xml", "state.hqw_u.xml"),
        tags("JAT_submission_time", "JB_submission_time"),
        "qstat",
    ),
    Row("in whose time zone", ("time.qstat_xml_tz_Asia_Kolkata",), queue_zone, "dialect"),
    Row("`qstat -s huo`", ("hold_filter.s_huo",), said, "qstat"),
    Row(
        "`JB_submission_time` of `qstat -j -xml`",
        ("state.r.j_xml", "state.s.j_xml"),
        tags("JB_submission_time"),
        "units",
    ),
    Row("a suspended job in `qstat -j -xml`", ("state.s.j_xml",), tags("JAT_state"), "qstat"),
    Row("`qstat -j -xml`, unknown job", ("qstat.j_unknown_xml",), root, "qstat"),
    Row("`qstat -j`, unknown job", ("qstat.j_unknown",), said, "qstat"),
    Row("`qstat -j -xml`, silent qmaster", ("env.silent_port.qstat_j_xml",), root, "replies"),
    Row(
        "`qstat -xml`, connection refused",
        ("env.dead_port.qstat_xml", "env.dead_port.qstat"),
        root,
        "replies",
    ),
    Row("`qstat`, no such cell", ("env.bad_cell.qstat",), said, "replies"),
    Row("`qdel`, running", ("op.qdel.task_running_dot",), said, "control"),
    Row("`qdel`, pending", ("op.qdel.array_whole",), said, "control"),
    Row("`qdel` again", ("op.qdel.dr",), said, "control"),
    Row("`qdel`, unknown job", ("op.qdel.unknown",), said, "control"),
    Row("`qdel`, unknown task", ("op.qdel.unknown_task",), said, "control"),
    Row("`qdel`, another user's job", ("op.qdel.others_job",), said, "control"),
    Row("`qhold`", ("op.qhold.qw",), said, "control"),
    Row("`qhold` again", ("op.qhold.qw.2",), said, "control"),
    Row("`qhold`, another user's job", ("op.qhold.others_job",), said, "control"),
    Row("`qrls`, unknown job", ("op.qrls.unknown",), said, "control"),
    Row("`qmod -sj`", ("op.qmod_sj.r",), said, "control"),
    Row("`qmod -sj` again", ("op.qmod_sj.s",), said, "control"),
    Row("`qmod -sj`, pending", ("op.qmod_sj.qw",), said, "control"),
    Row("`qmod -usj`, unknown job", ("op.qmod_usj.unknown",), said, "control"),
    Row("`qmod -cj`", ("op.qmod_cj.Eqw",), said, "control"),
    Row("a line of the accounting file", ("qacct.j_exit0",), line, "accounting"),
    Row("width of `qacct`'s names", ("qacct.j_exit0",), column, "qacct"),
    Row("`qsub_time` of `qacct`", ("qacct.j_exit0",), field("qsub_time"), "units"),
    Row("`cpu` of `qacct`", ("qacct.j_exit0",), lambda case: units(field("cpu")(case)), "units"),
    Row(
        "`maxvmem` of `qacct`", ("qacct.j_qdel_running",), lambda case: units(field("maxvmem")(case)), "units"
    ),
    Row("`failed`, killed by `qdel`", ("qacct.j_qdel_running",), field("failed"), "accounting"),
    Row("`exit_status`, killed by `qdel`", ("qacct.j_qdel_running",), field("exit_status"), "qacct"),
    Row("`deleted_by`, killed by `qdel`", ("qacct.j_qdel_running",), field("deleted_by"), "accounting"),
    Row("`failed`, `h_rt` reached", ("qacct.j_h_rt",), field("failed"), "accounting"),
    Row("`deleted_by`, `h_rt` reached", ("qacct.j_h_rt",), field("deleted_by"), "accounting"),
    Row("`failed`, no such working directory", ("qacct.error_state_badcwd",), field("failed"), "accounting"),
    Row(
        "`exit_status`, parallel job that ends with 3",
        ("special.pe_exit3",),
        field("exit_status"),
        "dialect",
    ),
    Row("`qacct`, unknown job", ("qacct.j_unknown", "op.qacct_j.finished_window"), said, "qacct"),
    Row("`qacct`, unknown task", ("qacct.j_task_unknown",), said, "qacct"),
    Row("`qacct`, no file", ("qacct.j_no_file", "cell2.qacct_no_file"), said, "qacct"),
    Row("`qacct`, file not readable", ("qacct.f_unreadable",), said, "qacct"),
    Row("`$TASK_ID` in a path, no array", ("special.path.seen",), seen_path, "template"),
    Row("a variable set to `a`, a backslash, `nb`", ("special.env.seen",), seen_value, "template"),
)


def units(text: str) -> str:
    """A figure as its form."""
    return re.sub(r"^\d+\.\d+", "0.000", re.sub(r"^\d+$", "0", text))


REPLACED = (  # what differs from cell to cell and not from engine to engine
    (r"\b(?:grid1|grid2|ge)\b(?=[@' \"-])", "U"),
    (r"/var/lib/gridengine|/tmp/cell/root|/tmp/cell", "/ROOT"),
    (r"/tmp/perm", "/ROOT/default/common/accounting"),
    (r"\bport \d+", "port P"),
    (r"nosuch(?=cell)", "no"),
    (r"^(0: )\d+(?=\.|$)", r"\1N"),
    (r"(job-array task )\d+\.\d+", r"\1N.T"),
    (r'(task )"\d+"', r'\1"T"'),
    (r"(Job-array tasks )\d+\.\d+-\d+:1", r"\1N.T-T:1"),
    (r'\b([Jj]ob(?:-array|s)?|id|exist:) ("?)\d+', r"\1 \2N"),
    (r"\|", r"\|"),
)


def tidy(text: str) -> str:
    """A cell of the table: one line, not too long, without what is the cell's own."""
    for pattern, replacement in REPLACED:
        text = re.sub(pattern, replacement, text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def find(row: Row, engine: str) -> Case | None:
    """The transcript that answers a question on an engine."""
    names = {case.name: case for case in captured.cases(engine)}
    return next((names[name] for name in row.cases if name in names), None)


def cell(row: Row, engine: str) -> str:
    """An engine's answer; a question mark where nothing was recorded."""
    case = find(row, engine)
    return NONE if case is None else f"`{tidy(row.answer(case))}`"


def table() -> str:
    """The whole table."""
    lines = [
        "| asked | 8.1.9 | daimh 8.1.x | OCS 9.0.13 | OCS 9.1.4 | OCS 9.2pre | read in |",
        "|" + "---|" * 7,
    ]
    for row in ROWS:
        cells = [cell(row, engine) for engine in ENGINES]
        shown = [
            SAME if index and cells[index - 1] == text != NONE else text for index, text in enumerate(cells)
        ]
        lines.append(f"| {row.question} | {' | '.join(shown)} | {row.place} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with its table written anew."""
    before, _, rest = text.partition(HEADING)
    return f"{before}{table()}{rest[rest.index(END) + 1 :]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
