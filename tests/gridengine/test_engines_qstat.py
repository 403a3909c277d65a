"""qstat on four other real engines: what each transcript says must be what is read out of it.

What is expected comes from the XML by regular expressions, from the text that the same engine printed of the
same situation, from the situation's name, and from 8.1.9's answer in the same situation.
"""

from __future__ import annotations

import html
import re

import pytest

from drmaa_cli.gridengine import qstat, states
from drmaa_cli.gridengine.records import Hold, JobDetail
from drmaa_cli.gridengine.replies import CommandFailed
from drmaa_cli.gridengine.units import parse_time
from tests.gridengine import captured
from tests.gridengine.captured import OTHERS, RECORDED, Case
from tests.gridengine.plain_text import descriptions, instant, members, table
from tests.tables import each_row

LISTINGS = captured.of_tools("qstat", where=lambda case: "<job_info" in case.out[:60], engines=RECORDED)
DETAILS = captured.of_tools(
    "qstat", where=lambda case: "<detailed_job_info" in case.out[:60], engines=RECORDED
)
BY_NAME = {(case.engine, case.name): case for engine in RECORDED for case in captured.cases(engine)}
SERVER_TIME = ("ocs-9.2pre",)  # its qmaster prints the times, in its own zone whatever the client's is
OFFSETS = {"Asia/Kolkata": 19800, "America/New_York": -18000}


def text(block: str, tag: str) -> str | None:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", block, re.DOTALL)
    return html.unescape(found[1].replace("%lt;", "&lt;")) if found else None


def decoded(case: Case) -> str:
    try:
        return case.result.stdout.decode()
    except UnicodeDecodeError:
        return case.result.stdout.decode("latin-1")


def ahead(case: Case) -> int:
    """Seconds by which the printed times are ahead of UTC."""
    zone = dict(case.env).get("TZ")
    return 0 if case.engine in SERVER_TIME else OFFSETS.get(zone or "", 0)


def test_the_four_engines_are_there_in_full() -> None:
    for engine in OTHERS:
        assert sum(case.engine == engine for case in LISTINGS) >= 70, engine
        assert sum(case.engine == engine for case in DETAILS) >= 45, engine


@each_row("case", LISTINGS, captured.ids(LISTINGS))
def test_listing(case: Case) -> None:
    rows = qstat.parse_listing(case.result).rows
    jobs = re.findall(r'<job_list state="(\w+)">(.*?)</job_list>', decoded(case), re.DOTALL)
    assert len(rows) == len(jobs)
    for row, (listed_as, block) in zip(rows, jobs):
        assert str(row.job) == text(block, "JB_job_number")
        assert row.state == text(block, "state")
        assert row.listed_as == listed_as
        assert row.name == re.sub("[\0-\x08\x0b-\x1f]", "", text(block, "JB_name") or "")
        assert row.owner == text(block, "JB_owner")
        assert str(row.slots) == (text(block, "slots") or "0")
        assert tuple(row.tasks.numbers() if row.tasks else ()) == members(text(block, "tasks") or "")
        printed = re.findall(r"<(?:JAT_start|JB_submission|JAT_submission)_time>(.*?)<", block)
        assert int(parse_time(row.time)) == (instant(printed[0]) if printed else 0)
        if "<Queue-List>" not in case.out:
            assert row.queue == text(block, "queue_name")


FURTHER_COLUMNS = {"-f", "-F", "-r", "-ext", "-pri", "-urg", "-t", "-q"}


def in_text(case: Case) -> Case | None:
    """The same situation and question, asked without -xml."""
    names = (re.sub(r"[._]xml$", "", case.name), re.sub(r"\.xml$", ".plain", case.name))
    for name in names:
        plain = BY_NAME.get((case.engine, name))
        if plain is not None and plain is not case and "state submit/start at" in plain.out:
            return None if FURTHER_COLUMNS & {*plain.argv} else plain
    return None


TABLES = [(case, plain) for case in LISTINGS if (plain := in_text(case))]


@each_row("case, plain", TABLES, captured.ids([case for case, _ in TABLES]))
def test_listing_and_table_agree(case: Case, plain: Case) -> None:
    """Jobs, states, tasks, queues, slots and instants, as people read them in the table."""
    rows = qstat.parse_listing(case.result).rows
    found = {
        (
            row.job,
            row.state,
            int(parse_time(row.time)),
            row.queue[:30],
            row.slots,
            tuple(row.tasks.numbers() if row.tasks else ()),
        )
        for row in rows
    }
    assert found == {tuple(line) for line in table(plain.result.stdout)}


def test_there_are_tables() -> None:
    for engine in OTHERS:
        assert sum(case.engine == engine for case, _ in TABLES) >= 25, engine


STATES = {  # the situation's name -> what DRMAA calls the state of the job that is in it
    "Eqw": states.FAILED,
    "hEqw": states.FAILED,
    "Rr": states.RUNNING,
    "S": states.SYSTEM_SUSPENDED,
    "hqw_u": states.USER_ON_HOLD,
    "hr": states.USER_ON_HOLD,
    "hs": states.USER_ON_HOLD,
    "qw": states.QUEUED_ACTIVE,
    "r": states.RUNNING,
    "s": states.USER_SUSPENDED,
    "sS": states.USER_SYSTEM_SUSPENDED,
}


@pytest.mark.parametrize("engine", OTHERS)
def test_state_of_each_situation(engine: str) -> None:
    seen = 0
    for situation, expected in STATES.items():
        case = BY_NAME.get((engine, f"state.{situation}.xml"))
        if case is None:
            continue
        seen += 1
        letters = set(situation.partition("_")[0])
        found = [row.state for row in qstat.parse_listing(case.result).rows if set(row.state) == letters]
        assert found, case.name
        assert {states.job_state(state, Hold.USER) for state in found} == {expected}
    assert seen >= 8


@pytest.mark.parametrize("engine", OTHERS)
def test_kinds_of_hold(engine: str) -> None:
    """`qstat -s h?` shows the jobs held in that way: their names say how each was held."""
    kinds = {"hu": "u", "ho": "o", "hs": "s"}
    for option, letter in kinds.items():
        rows = qstat.parse_listing(captured.case(f"hold_filter.s_{option}_xml", engine).result).rows
        everything = qstat.parse_listing(captured.case("hold_filter.s_p_xml", engine).result).rows
        named = {row.name for row in everything if re.fullmatch(r"h_[uos]+", row.name)}
        listed = {row.name for row in rows if re.fullmatch(r"h_[uos]+", row.name)}
        assert listed == {name for name in named if letter in name[2:]}
    for option in ("hu", "ho", "hs", "hj", "ha", "hd"):
        name = f"hold_filter.s_{option}_xml"
        here, there = (qstat.parse_listing(captured.case(name, e).result).rows for e in (engine, OTHERS[0]))
        assert [(row.name, row.state, row.tasks) for row in here] == [
            (row.name, row.state, row.tasks) for row in there
        ]


def read(case: Case) -> list[JobDetail]:
    return list(qstat.parse_details(case.result, [1]).jobs)


@each_row("case", DETAILS, captured.ids(DETAILS))
def test_details(case: Case) -> None:
    raw = decoded(case)
    jobs = re.split(r"(?=<JB_job_number>)", raw)[1:]
    found = read(case)
    assert [str(job.job) for job in found] == [text(block, "JB_job_number") for block in jobs]
    for job, block in zip(found, jobs):
        assert job.owner == text(block, "JB_owner")
        assert job.name == re.sub("[\0-\x08\x0b-\x1f]", "", text(block, "JB_job_name") or "")
        assert int(job.submission_time) == instant(text(block, "JB_submission_time") or "")
        structure = re.search(r"<JB_ja_structure>(.*?)</JB_ja_structure>", block, re.DOTALL)
        assert structure
        first, last, step = (text(structure[1], tag) for tag in ("RN_min", "RN_max", "RN_step"))
        assert tuple(job.tasks.numbers()) == members(f"{first}-{last}:{step}")
        assert [task.task for task in job.details] == [
            int(number) for number in re.findall(r"<JAT_task_number>(\d+)<", block)
        ]
        assert [task.status for task in job.details] == [
            int(number) for number in re.findall(r"<JAT_status>(\d+)<", block)
        ]
        reasons = re.findall(r"<QIM_message>(.*?)</QIM_message>", block, re.DOTALL)
        assert [reason for task in job.details for reason in task.messages] == [
            html.unescape(reason.replace("%lt;", "&lt;")) for reason in reasons
        ]


TEXTS = [
    (case, plain)
    for case in DETAILS
    if (plain := BY_NAME.get((case.engine, re.sub(r"(?<=[._j])_?xml(?=_|\.|$)", "", case.name, count=1))))
    and plain is not case
    and plain.out.startswith("=")
]


@each_row("case, plain", TEXTS, captured.ids([case for case, _ in TEXTS]))
def test_details_and_text_agree(case: Case, plain: Case) -> None:
    """`qstat -j` in text, of the same jobs: owner, name, instant of submission, tasks, error reasons."""
    if case.argv[2:] != (*plain.argv[2:], "-xml"):
        pytest.fail(f"{case.name} and {plain.name} are not about the same jobs")
    expected = descriptions(decoded(plain))
    found = {job.job: job for job in read(case)}
    assert found.keys() == expected.keys()
    for number, fields in expected.items():
        job = found[number]
        assert job.owner == fields["owner"]
        assert job.name == fields["job_name"]
        assert int(job.submission_time) == instant(fields["submission_time"])
        assert job.is_array == ("job-array_tasks" in fields)
        if job.is_array:
            assert tuple(job.tasks.numbers()) == members(fields["job-array_tasks"])
        reasons = [value for label, value in fields.items() if re.match("error[_ ]reason", label)]
        assert [reason for task in job.details for reason in task.messages] == reasons


def test_there_are_texts() -> None:
    for engine in OTHERS:
        assert sum(case.engine == engine for case, _ in TEXTS) >= 20, engine


@pytest.mark.parametrize("engine", OTHERS)
def test_times_do_not_depend_on_the_clients_zone(engine: str) -> None:
    """In another zone the clients print local time, save where the qmaster prints it: TZ=UTC suits both."""
    utc = qstat.parse_listing(captured.case("time.qstat_xml_tz_unset", engine).result).rows
    east = captured.case("time.qstat_xml_tz_Asia_Kolkata", engine)
    assert ahead(east) == (0 if engine in SERVER_TIME else 19800)
    assert [parse_time(row.time) - ahead(east) for row in qstat.parse_listing(east.result).rows] == [
        parse_time(row.time) for row in utc
    ]
    (job,) = read(captured.case("time.qstat_j_xml_tz_unset", engine))
    for zone in ("Asia_Kolkata", "America_New_York"):
        case = captured.case(f"time.qstat_j_xml_tz_{zone}", engine)
        (there,) = read(case)
        printed = text(decoded(case), "JB_submission_time") or ""
        shift = 0 if printed.isdigit() else ahead(case)
        assert there.submission_time - shift == job.submission_time


@pytest.mark.parametrize("engine", OTHERS)
def test_unknown_jobs(engine: str) -> None:
    for name in ("op.qstat_j_xml.just_gone", "op.qstat_j_xml.after_qdel_pending", "qstat.j_unknown_xml"):
        case = captured.case(name, engine)
        job = int(case.argv[2])
        details = qstat.parse_details(case.result, [job])
        assert (details.jobs, details.unknown) == ((), {job}), name
    several = captured.case("qstat.j_unknown_several_xml", engine)
    asked = [int(number) for number in several.argv[2].split(",")]
    assert qstat.parse_details(several.result, asked).unknown == set(asked)
    mixed = captured.case("qstat.j_mixed_xml", engine)
    asked = [int(number) for number in mixed.argv[2].split(",")]
    there = [int(number) for number in re.findall(r"<JB_job_number>(\d+)<", mixed.out)]
    details = qstat.parse_details(mixed.result, asked)
    assert [job.job for job in details.jobs] == there
    assert details.unknown == set(asked) - set(there) != set()


@pytest.mark.parametrize("engine", OTHERS)
def test_empty_listings(engine: str) -> None:
    for name in ("state.empty.xml", "state.empty.nouser_xml"):
        assert qstat.parse_listing(captured.case(name, engine).result).rows == ()


@pytest.mark.parametrize("engine", OTHERS)
def test_what_an_engine_does_not_understand(engine: str) -> None:
    for name in ("qstat.bad_option", "qstat.j_neg_xml", "hold_filter.s_huo_xml"):
        case = captured.case(name, engine)
        if case.result.exit_code:
            with pytest.raises(CommandFailed):
                qstat.parse_listing(case.result)
        else:
            assert name == "hold_filter.s_huo_xml"
            assert engine in SERVER_TIME  # it takes several kinds of hold at once
