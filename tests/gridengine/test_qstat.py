"""Listings and details: what the captures say by a regular expression, the parser must say too."""

from __future__ import annotations

import html
import re

import pytest

from drmaa_cli.gridengine import qstat
from drmaa_cli.gridengine.ranges import parse_task_set
from drmaa_cli.gridengine.records import Hold, JobDetail, JobRow, TaskRange
from drmaa_cli.gridengine.replies import CommandFailed, GridEngineError, QmasterUnreachable, UnreadableReply
from tests.gridengine import captured
from tests.gridengine.captured import Case
from tests.tables import each_row, slow

LISTINGS = captured.of_tools("qstat", where=lambda case: "<job_info" in case.out[:60])
DETAILS = captured.of_tools("qstat", where=lambda case: "<detailed_job_info" in case.out[:60])
UNKNOWN = captured.of_tools("qstat", where=lambda case: "<unknown_jobs" in case.out[:60])
SILENT = captured.of_tools(
    "qstat", where=lambda case: case.name.startswith("env.") and case.result.exit_code != 0
)


def text(block: str, tag: str) -> str | None:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", block, re.DOTALL)
    return html.unescape(found[1].replace("%lt;", "&lt;")) if found else None


def blocks(case: Case) -> list[tuple[str, str]]:
    return re.findall(r'<job_list state="(\w+)">(.*?)</job_list>', case.out, re.DOTALL)


def test_there_are_captures() -> None:
    assert len(LISTINGS) > 60
    assert len(DETAILS) > 50
    assert len(UNKNOWN) >= 4


@each_row("case", LISTINGS, captured.ids(LISTINGS))
def test_every_captured_listing(case: Case) -> None:
    rows = qstat.parse_listing(case.result).rows
    expected = blocks(case)
    assert len(rows) == len(expected)
    for row, (listed_as, block) in zip(rows, expected):
        assert row.job == int(text(block, "JB_job_number") or "")
        assert row.state == text(block, "state")
        assert row.listed_as == listed_as
        assert row.name == text(block, "JB_name")
        assert row.owner == text(block, "JB_owner")
        assert row.slots == int(text(block, "slots") or "0")
        tasks = text(block, "tasks")
        assert row.tasks == (parse_task_set(tasks) if tasks else None)
        assert row.time == (text(block, "JAT_start_time") or text(block, "JB_submission_time") or "")
        if "<Queue-List>" not in case.out:
            assert row.queue == text(block, "queue_name")


@each_row("case", LISTINGS[::5], captured.ids(LISTINGS[::5]))
def test_only_the_wanted_jobs_are_kept(case: Case) -> None:
    everything = qstat.parse_listing(case.result).rows
    for job in {row.job for row in everything} | {0}:
        kept = qstat.parse_listing(case.result, {job}).rows
        assert kept == tuple(row for row in everything if row.job == job)


def test_a_less_than_in_a_name() -> None:
    rows = qstat.parse_listing(captured.case("qstat.xml_special_names").result).rows
    assert {"a<b", "a>b", "a&b"} <= {row.name for row in rows}


def test_the_queue_of_a_full_listing() -> None:
    case = captured.case("qstat.mixed_f_xml")
    queues = re.findall(r"<name>(.*?)</name>(.*?)</Queue-List>", case.out, re.DOTALL)
    expected = [name for name, block in queues for _ in re.findall("<job_list", block)]
    rows = qstat.parse_listing(case.result).rows
    assert [row.queue for row in rows if row.listed_as == "running"] == expected
    assert expected


@each_row("case", SILENT, captured.ids(SILENT))
def test_trouble_with_the_environment_is_never_an_empty_listing(case: Case) -> None:
    expected = QmasterUnreachable if "to qmaster" in case.err else CommandFailed
    for parse in (qstat.parse_listing, lambda result: qstat.parse_details(result, [3])):
        with pytest.raises(expected) as caught:
            parse(case.result)
        assert caught.value.text in case.err
        assert not caught.value.text.startswith(("error", "critical"))


@pytest.mark.parametrize("name", ["env.dead_port.qstat_j_xml", "env.silent_port.qstat_j_xml"])
def test_a_qmaster_that_does_not_answer_in_xml_and_exit_0(name: str) -> None:
    case = captured.case(name)
    assert case.result.exit_code == 0
    for parse in (qstat.parse_listing, lambda result: qstat.parse_details(result, [3])):
        with pytest.raises(QmasterUnreachable) as caught:
            parse(case.result)
        assert caught.value.text == text(case.out, "AN_text")


@each_row("case", DETAILS, captured.ids(DETAILS))
def test_every_captured_job_in_full(case: Case) -> None:
    source = case.result.stdout
    try:
        printed = source.decode("utf-8")
    except UnicodeDecodeError:
        printed = source.decode("latin-1")
    jobs = re.split(r"(?=<JB_job_number>)", printed)[1:]
    numbers = [int(text(job, "JB_job_number") or "") for job in jobs]
    details = qstat.parse_details(case.result, [*numbers, 999999])
    assert details.unknown == {999999}
    assert [job.job for job in details.jobs] == numbers
    for job, block in zip(details.jobs, jobs):
        assert job.owner == text(block, "JB_owner")
        assert job.name == text(block, "JB_job_name")
        assert job.submission_time == float(text(block, "JB_submission_time") or "")
        assert job.is_array == (int(text(block, "JB_type") or "") & 128 > 0)
        structure = text(block, "JB_ja_structure") or ""  # JB_pe_range has the same fields
        bounds = [int(text(structure, tag) or "") for tag in ("RN_min", "RN_max", "RN_step")]
        assert list(job.tasks.numbers()) == list(range(bounds[0], bounds[1] + 1, bounds[2]))
        tasks = re.split(r"(?=<JAT_status>)", block)[1:]
        assert [str(task.task) for task in job.details] == [text(task, "JAT_task_number") for task in tasks]
        assert [str(task.status) for task in job.details] == [text(task, "JAT_status") for task in tasks]
        for task, part in zip(job.details, tasks):
            pairs = re.findall(r"<UA_name>(.*?)</UA_name>\s*<UA_value>(.*?)</UA_value>", part)
            assert task.usage == {name: float(value) for name, value in pairs}
            messages = re.findall(r"<QIM_message>(.*?)</QIM_message>", part, re.DOTALL)
            assert list(task.messages) == [html.unescape(message) for message in messages]


def test_the_context() -> None:
    details = qstat.parse_details(captured.case("qstat.j_xml_ac").result, [317])
    assert details.jobs[0].context == {"k": "<v>", "k2": "a&b"}


def test_a_finished_task_carries_its_usage() -> None:
    (job,) = qstat.parse_details(captured.case("state.finished_window.j_xml").result, [1398]).jobs
    (task,) = job.details
    assert (task.status, task.usage["exit_status"], task.usage["signal"]) == (65536, 7.0, 0.0)


@each_row("case", UNKNOWN, captured.ids(UNKNOWN))
def test_unknown_jobs_in_xml(case: Case) -> None:
    assert case.result.exit_code == 0
    details = qstat.parse_details(case.result, [5, 6])
    assert not details.jobs
    assert details.unknown == {5, 6}
    with pytest.raises(UnreadableReply, match="unknown_jobs"):
        qstat.parse_listing(case.result)


def test_unknown_jobs_in_text() -> None:
    details = qstat.parse_details(captured.case("qstat.j_unknown_several").result, [999999, 999998])
    assert not details.jobs
    assert details.unknown == {999999, 999998}


def cuts(complete: bytes) -> list[int]:
    """Each place in the first element and the last ones, and every seventh between them."""
    end = len(complete)
    return [*range(min(400, end)), *range(400, end - 400, 7), *range(max(400, end - 400), end)]


@pytest.mark.parametrize(
    "name", [slow("state.array_mix.xml"), slow("qstat.array_f_xml"), "hold_filter.s_hu_xml"]
)
def test_a_listing_cut_off_anywhere_is_an_error(name: str) -> None:
    complete = captured.case(name).result.stdout.rstrip()
    for length in cuts(complete):
        with pytest.raises(UnreadableReply):
            qstat.parse_listing(captured.result(complete[:length]))
    assert qstat.parse_listing(captured.result(complete)).rows


@pytest.mark.parametrize(
    "name", [slow("state.array_mix.j_xml"), slow("qstat.j_xml_job_ids_tag"), "qstat.j_unknown_xml"]
)
def test_details_cut_off_anywhere_are_an_error(name: str) -> None:
    complete = captured.case(name).result.stdout.rstrip()
    for length in cuts(complete):
        with pytest.raises(UnreadableReply):
            qstat.parse_details(captured.result(complete[:length]), [1])


def listing(job: str) -> bytes:
    return (
        "<?xml version='1.0'?>\n<job_info  xmlns:xsd=\"x\">\n<queue_info>\n</queue_info>\n<job_info>\n"
        f'<job_list state="pending">{job}</job_list></job_info></job_info>\n'
    ).encode()


GOOD = "<JB_job_number>7</JB_job_number><JB_name>n</JB_name><JB_owner>u</JB_owner><state>qw</state>"


@each_row(
    "job",
    [
        "",
        "<JB_job_number>x</JB_job_number>",
        GOOD.replace(">7<", "><"),
        GOOD.replace("7", "-7"),
        GOOD.replace("<state>qw</state>", ""),
        GOOD.replace("qw", ""),
        GOOD + "<tasks>1-</tasks>",
        GOOD + "<slots>one</slots>",
    ],
)
def test_a_row_that_cannot_be_understood_is_an_error_not_a_missing_job(job: str) -> None:
    with pytest.raises(UnreadableReply):
        qstat.parse_listing(captured.result(listing(job)))


def test_a_minimal_row() -> None:
    row = JobRow(7, None, "qw", "pending", "n", "u", "", "", 0)
    assert qstat.parse_listing(captured.result(listing(GOOD))).rows == (row,)


@pytest.mark.parametrize("code", [1, -9, 137])
def test_a_complete_listing_with_a_bad_exit_code_is_not_trusted(code: int) -> None:
    with pytest.raises(UnreadableReply, match=f"ended with {code}"):
        qstat.parse_listing(captured.result(listing(GOOD), "", code))


def test_text_ahead_of_the_document_is_passed_over() -> None:
    noisy = b"Welcome to <cluster>!\nmodule loaded\n" + listing(GOOD)
    assert [row.job for row in qstat.parse_listing(captured.result(noisy)).rows] == [7]


@each_row("out", [b"", b"\n", b"error: something\n", b"<html></html>", b"{}"])
def test_what_is_no_listing(out: bytes) -> None:
    with pytest.raises(UnreadableReply):
        qstat.parse_listing(captured.result(out))
    with pytest.raises(UnreadableReply):
        qstat.parse_details(captured.result(out), [1])


@each_row(
    "raw, name",
    [(b"caf\xe9", "caf\u00e9"), ("caf\u00e9".encode(), "caf\u00e9"), (b"a\x01b\x1bc", "abc"),
     (b"\xef\xbf\xbf", "\ufffd"), (b"a%lt;b", "a<b"), (b"a&lt;%lt;b", "a<%lt;b")],
)  # fmt: skip
def test_bytes_that_xml_does_not_allow(raw: bytes, name: str) -> None:
    out = listing(GOOD).replace(b"<JB_name>n", b"<JB_name>" + raw)
    assert qstat.parse_listing(captured.result(out)).rows[0].name == name


def test_blanks_in_tags_and_tags_without_a_name() -> None:
    out = captured.case("state.qw.j_xml").result.stdout
    mangled = out.replace(b"<JB_mail_list>", b"<JB_mail_list><mail list><>").replace(
        b"</JB_mail_list>", b"</></mail list></JB_mail_list>"
    )
    assert mangled != out
    clean = qstat.parse_details(captured.result(out), [1])
    assert qstat.parse_details(captured.result(mangled), [1]) == clean


def test_entities_of_the_document_are_not_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + b"x" * 100 + b'"><!ENTITY b "&a;&a;">]>'
    out = bomb + listing(GOOD).partition(b"?>")[2].replace(b"<JB_name>n", b"<JB_name>&b;")
    assert len(qstat.parse_listing(captured.result(out)).rows[0].name) < 10


def details_of(old: str, new: str, case: str = "state.qw.j_xml") -> JobDetail:
    """The one job of a transcript in which a piece, found as a pattern, has been replaced."""
    whole = captured.case(case).out
    changed = re.sub(old, new, whole, flags=re.DOTALL)
    assert changed != whole
    (job,) = qstat.parse_details(captured.result(changed), [1]).jobs
    return job


STRUCTURE = "<JB_ja_structure>.*?</JB_ja_structure>"
USAGE = "<JAT_scaled_usage_list>.*?</JAT_scaled_usage_list>"


def ranges(first: str, last: str, step: str) -> str:
    fields = f"<RN_min>{first}</RN_min><RN_max>{last}</RN_max><RN_step>{step}</RN_step>"
    return f"<JB_ja_structure><task_id_range>{fields}</task_id_range></JB_ja_structure>"


def test_a_job_without_a_structure_has_one_task() -> None:
    assert details_of(STRUCTURE, "").tasks == TaskRange(1, 1, 1)
    assert details_of(STRUCTURE, ranges("2", "6", "2")).tasks == TaskRange(2, 6, 2)


@pytest.mark.parametrize(
    ("numbers", "what"),
    [
        (("5", "3", "1"), "JB_ja_structure"),
        (("0", "3", "1"), "JB_ja_structure"),
        (("1", "3", "0"), "JB_ja_structure"),
        (("x", "3", "1"), "RN_min"),
    ],
)
def test_a_structure_that_is_no_range(numbers: tuple[str, str, str], what: str) -> None:
    with pytest.raises(UnreadableReply, match=what):
        details_of(STRUCTURE, ranges(*numbers))


def test_usage_as_names_and_values() -> None:
    def usage(fields: str) -> dict[str, float]:
        lists = f"<JAT_scaled_usage_list><scaled>{fields}</scaled></JAT_scaled_usage_list>"
        (task,) = details_of(USAGE, lists, "state.finished_window.j_xml").details
        return dict(task.usage)

    name, value = "<UA_name>{}</UA_name>", "<UA_value>{}</UA_value>"
    assert usage(value.format(1) + name.format("cpu") + value.format("2.5")) == {"cpu": 2.5}
    assert usage(name.format("a") + name.format("b") + value.format(3) + name.format("c")) == {"b": 3}
    for figure in ("much", "inf", "nan"):
        with pytest.raises(UnreadableReply, match="usage value is not a number"):
            usage(name.format("cpu") + value.format(figure))


def test_what_has_no_task_number_is_no_task() -> None:
    assert (
        details_of("<JAT_task_number>.*?</JAT_task_number>", "", "state.finished_window.j_xml").details == ()
    )


def test_a_time_that_is_none() -> None:
    with pytest.raises(UnreadableReply, match="time"):
        details_of("<JB_submission_time>.*?<", "<JB_submission_time>soon<")


def test_the_rows_of_a_job() -> None:
    rows = qstat.parse_listing(captured.case("qstat.mixed_f_xml").result)
    for number in {row.job for row in rows.rows}:
        assert rows.of_job(number) == tuple(row for row in rows.rows if row.job == number)
    assert rows.of_job(999999) == ()


def test_the_commands() -> None:
    assert qstat.listing_argv("u") == ["qstat", "-xml", "-u", "u", "-s", "prs"]
    assert qstat.listing_argv(None, states="z") == ["qstat", "-xml", "-u", "*", "-s", "z"]
    letters = {kind: qstat.listing_argv("u", kind)[-1] for kind in qstat.HOLD_FILTERS}
    assert set(letters.values()) == {"hu", "ho", "hs", "hd", "hj", "ha"}
    assert letters[Hold.DEPENDENCY] == "hj"
    with pytest.raises(ValueError, match="one kind"):
        qstat.listing_argv("u", Hold.USER | Hold.SYSTEM)
    assert qstat.details_argv([3, 4]) == ["qstat", "-j", "3,4", "-xml"]
    with pytest.raises(ValueError, match="at least one"):
        qstat.details_argv([])


def test_errors_are_one_family() -> None:
    with pytest.raises(GridEngineError):
        qstat.parse_listing(captured.result(b""))


def test_a_number_has_at_most_twenty_digits() -> None:
    listing = next(case for case in LISTINGS if "<JB_job_number>" in case.out)
    (number, *_) = re.findall(r"<JB_job_number>(\d+)<", listing.out)
    for digits, fits in ((20, True), (21, False)):
        text = listing.out.replace(f"<JB_job_number>{number}<", f"<JB_job_number>{'9' * digits}<", 1)
        if fits:
            assert qstat.parse_listing(captured.result(text)).rows[0].job == int("9" * digits)
        else:
            with pytest.raises(UnreadableReply, match="JB_job_number is not a number"):
                qstat.parse_listing(captured.result(text))


def test_a_text_of_many_megabytes_is_read() -> None:
    """A listing is one document of any size, and so is a word in it: libxml2 alone ends at 10 MB."""
    listing = next(case for case in LISTINGS if "<JB_name>" in case.out)
    text = re.sub("<JB_name>[^<]*<", f"<JB_name>{'x' * 11_000_000}<", listing.out, count=1)
    assert len(qstat.parse_listing(captured.result(text)).rows[0].name) == 11_000_000
