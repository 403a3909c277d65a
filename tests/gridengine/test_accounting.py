"""The accounting file, its lines taken from the captures, and qacct's text of the same records."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine import accounting, qacct, signals
from drmaa_cli.gridengine.records import AccountingRecord, JobId
from drmaa_cli.gridengine.replies import CommandFailed, UnreadableReply
from tests.gridengine import captured
from tests.gridengine.captured import Case
from tests.tables import each_row

LINES = [line for case in captured.cases() for line in case.accounting_lines]
RECORDS = captured.of_tools("qacct", where=lambda case: "\njobnumber" in case.out)
WITH_LINES = [case for case in RECORDS if case.accounting_lines]


@each_row("line", LINES)
def test_every_captured_line(line: str) -> None:
    record = accounting.parse_line(line.encode())
    fields = line.split(":")
    assert len(fields) == 45
    assert list(record[:5]) == fields[:5]
    assert [str(value) for value in (record.job, record.account, record.priority)] == fields[5:8]
    assert [float(value) for value in fields[8:11]] == list(record[8:11])
    assert [float(value) for value in fields[11:31]] == list(record[11:31])
    assert [record.project, record.department, record.granted_pe] == fields[31:34]
    assert [record.slots, record.task] == [int(value) for value in fields[34:36]]
    assert [record.cpu, record.mem, record.io] == [float(value) for value in fields[36:39]]
    assert [record.category, record.pe_taskid] == [fields[39], fields[41]]
    assert [record.iow, record.maxvmem] == [float(fields[40]), float(fields[42])]
    assert accounting.line_id(line.encode()) == (record.job, record.task)
    assert record == accounting.parse_line(line.encode() + b"\n")


@pytest.mark.parametrize("line", LINES[:3])
def test_a_line_cut_off_anywhere_in_what_is_read_is_an_error(line: str) -> None:
    data = line.encode()
    for length in range(len(data) - len(":0")):
        with pytest.raises(ValueError, match="not an accounting record"):
            accounting.parse_line(data[:length])


def test_a_category_with_colons() -> None:
    line = LINES[0].split(":")
    line[39] = "-l a=1:2,b=::3"
    record = accounting.parse_line(":".join(line).encode())
    assert record.category == "-l a=1:2,b=::3"
    assert record == accounting.parse_line(LINES[0].encode())._replace(category=record.category)


def test_univa_has_more_fields_and_milliseconds() -> None:
    fields = LINES[0].split(":")
    plain = accounting.parse_line(LINES[0].encode())
    times = [f"{int(value) * 1000 + 250}" for value in fields[8:11]]
    expected = plain._replace(
        submission_time=plain.submission_time + 0.25,
        start_time=plain.start_time + 0.25,
        end_time=plain.end_time + 0.25,
        submit_host="host",
    )
    for category, who, cwd, command in (
        (fields[39], "NONE", "/home/a", "qsub -N x"),
        (fields[39], "root@host", "/home/a:b", "qsub -N x:y"),
        ("-l a=b:c:1 -q x:y", "NONE", "/home/a:b", "qsub -N x:y"),
    ):
        more = ["NONE", who, "0", "0", "host", cwd, command]
        line = ":".join([*fields[:8], *times, *fields[11:39], category, *fields[40:], *more])
        assert accounting.parse_line(line.encode()) == expected._replace(
            category=category,
            deleted_by="" if who == "NONE" else who,
            submit_command=command if ":" not in cwd + command else "",
        )


def test_open_cluster_scheduler_writes_json() -> None:
    line = captured.flavour("ocs-9.0_accounting.jsonl").stdout
    raw = json.loads(line)
    record = accounting.parse_line(line)
    assert (record.job, record.owner, record.failed) == (raw["job_number"], raw["owner"], raw["failed"])
    assert record.submission_time == raw["submission_time"] / 1e6
    assert record.ru_maxrss == raw["usage"]["rusage"]["ru_maxrss"]
    assert record.maxvmem == raw["usage"]["usage"]["maxvmem"]
    assert record.pe_taskid == "NONE"
    assert accounting.line_id(line) == (record.job, record.task)
    tricky = json.dumps({**raw, "job_name": '"job_number":5,"task_number":6'}).encode()
    assert accounting.line_id(tricky) == (record.job, record.task)


@each_row("line", [b"", b"# Version: 8.1.9", b"#", b"a:b:c", b"{}", b"{", b"[1]", b":" * 44, b'{"a":1}'])
def test_what_is_no_record(line: bytes) -> None:
    assert accounting.line_id(line) is None
    with pytest.raises(ValueError, match="not an accounting record"):
        accounting.parse_line(line)


@given(st.one_of(st.binary(), st.lists(st.binary(max_size=4), min_size=40, max_size=50).map(b":".join)))
def test_any_bytes_are_a_record_or_a_value_error(line: bytes) -> None:
    try:
        record = accounting.parse_line(line)
    except ValueError:
        record = None
    assert record is None or accounting.line_id(line) == (record.job, record.task)


@given(st.sampled_from(LINES), st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_a_damaged_line_is_a_record_or_a_value_error(line: str, position: int, damage: bytes) -> None:
    data = line.encode()
    data = data[:position] + damage + data[position + 1 :]
    accounting.line_id(data)
    try:
        accounting.parse_line(data)
    except ValueError as error:
        assert "not an accounting record" in str(error)  # noqa: PT017  # every outcome is checked


@each_row(
    "failed, pe_task, submitted",
    [
        (failed, pe_task, submitted)
        for failed in (*range(41), 100, 101, 137)
        for pe_task, submitted in (("NONE", True), ("1.host", True), ("NONE", False))
    ],
)
def test_which_record_can_be_the_last(failed: int, pe_task: str, submitted: bool) -> None:
    """24 and 25 are run again, so is what has no submission time; 1.host is a part of a parallel job."""
    record = accounting.parse_line(LINES[0].encode())._replace(failed=failed, pe_taskid=pe_task)
    record = record if submitted else record._replace(submission_time=0.0)
    expected = failed not in (24, 25) and pe_task == "NONE" and submitted
    assert accounting.is_final(record) == expected


# signal, Grid Engine's number, name: as libdrmaa 8.1.9 reported them for jobs that killed themselves
SIGNALS = [
    (1, 901, "SIGHUP"), (2, 902, "SIGINT"), (3, 903, "SIGQUIT"), (4, 904, "SIGILL"), (6, 906, "SIGABRT"),
    (8, 909, "SIGFPE"), (9, 910, "SIGKILL"), (11, 912, "SIGSEGV"), (12, 932, "SIGUSR2"), (13, 914, "SIGPIPE"),
    (15, 916, "SIGTERM"), (24, 925, "SIGXCPU"), (25, 926, "SIGXFSZ"), (30, 30, "SIGunknown signal"),
    (31, 31, "SIGunknown signal"), (34, 34, "SIGunknown signal"), (64, 64, "SIGunknown signal"), (0, 0, ""),
]  # fmt: skip


@each_row("signal, number, name", SIGNALS)
def test_signals(signal: int, number: int, name: str) -> None:
    assert signals.sge_signal_number(signal) == number
    assert signals.signal_name(signal) == name
    assert signals.signal_of(128 + signal) == signal


@each_row("case", RECORDS, captured.ids(RECORDS))
def test_every_captured_qacct(case: Case) -> None:
    records = qacct.parse(case.result)
    for name, values in {
        "jobnumber": [str(record.job) for record in records],
        "taskid": [str(record.task) if record.task else "undefined" for record in records],
        "owner": [record.owner for record in records],
        "jobname": [record.job_name for record in records],
        "failed": [str(record.failed) for record in records],
        "exit_status": [str(record.exit_status) for record in records],
    }.items():
        assert re.findall(rf"^{name} +(\S+)", case.out, re.MULTILINE) == values
    categories = re.findall(r"^category +(.*?) *$", case.out, re.MULTILINE)
    assert [record.category for record in records] == categories


@each_row("case", WITH_LINES, captured.ids(WITH_LINES))
def test_qacct_and_the_file_say_the_same(case: Case) -> None:
    records = qacct.parse(case.result)
    lines = [accounting.parse_line(line.encode()) for line in case.accounting_lines]
    assert len(records) == len(lines)
    for record, line in zip(records, lines):
        for name in AccountingRecord._fields:
            shown, exact = getattr(record, name), getattr(line, name)
            if isinstance(exact, float):  # qacct shows three decimals, of the scaled value
                assert shown == pytest.approx(exact, rel=2e-3, abs=1e-3), name
            else:
                assert shown == exact, name


@each_row(
    "name", ["qacct.badid", "qacct.f_empty", "qacct.j_task_unknown", "qacct.f_truncated_line",
             "op.qacct_j.finished_window", "qacct.o_nouser", "qacct.o_user_jall"],
)  # fmt: skip
def test_no_records(name: str) -> None:
    assert qacct.parse(captured.case(name).result) == []


def test_a_reused_number_and_all_records() -> None:
    reused = qacct.parse(captured.case("qacct.f_reused_id").result)
    assert [record.exit_status for record in reused] == [3, 7]
    everything = captured.case("qacct.j_noarg")
    assert len(qacct.parse(everything.result)) == everything.out.count("\njobnumber")


@pytest.mark.parametrize(
    "name", ["cell2.qacct_no_file", "qacct.f_unreadable", "env.unresolvable_qmaster.qacct"]
)
def test_no_accounting_file(name: str) -> None:
    case = captured.case(name)
    with pytest.raises(qacct.NoAccounting) as caught:
        qacct.parse(case.result)
    assert caught.value.text == case.err.strip()
    assert caught.value.is_there is (name == "qacct.f_unreadable")


@pytest.mark.parametrize(
    "name", ["env.bad_cell.qacct", "env.bad_root.qacct", "env.root_unset_realbin.qacct", "qacct.bad_option"]
)
def test_qacct_that_cannot_run(name: str) -> None:
    with pytest.raises(CommandFailed):
        qacct.parse(captured.case(name).result)


def test_the_other_flavours() -> None:
    (single,) = qacct.parse(captured.flavour("uge-8.6_qacct_j.txt"))
    assert (single.job, single.ru_maxrss, single.mem) == (305644, 1250304, 540.233)
    assert single.maxvmem == pytest.approx(2.375 * 2**30)
    assert single.end_time - single.start_time == pytest.approx(676.363)
    (task,) = qacct.parse(captured.flavour("uge-8.x_qacct_j.txt"))
    assert (task.id, task.ru_wallclock, task.iow) == (JobId(3819660, 4), 19.512, 0.14)
    assert task.maxvmem == pytest.approx(411.508 * 2**20)
    tasks = qacct.parse(captured.flavour("ocs-9.0_qacct_j.txt"))
    assert [record.task for record in tasks] == [35, 40]
    assert tasks[0].maxvmem == 16777216
    assert all(record.category == "" for record in tasks)


def test_a_record_cut_off_before_its_last_figure_is_an_error() -> None:
    out = captured.case("qacct.j_exit3").result.stdout
    for length in range(out.index(b"\nmaxvmem") + 1):
        with pytest.raises(UnreadableReply):
            qacct.parse(captured.result(out[:length]))
    listing = captured.case("qacct.j_noarg").result
    cut = listing.stdout.index(b"\nTotal System Usage") + 1
    with pytest.raises(UnreadableReply, match="totals"):
        qacct.parse(listing._replace(stdout=listing.stdout[:cut]))


def test_the_commands() -> None:
    assert qacct.argv(5) == ["qacct", "-j", "5"]
    assert qacct.argv(5, 3) == ["qacct", "-j", "5", "-t", "3"]
    assert qacct.argv_for_owner("u", 1795426338.9) == ["qacct", "-o", "u", "-b", "202611230932.18", "-j"]


@pytest.mark.parametrize("figure", ["inf", "-inf", "nan"])
def test_a_figure_that_no_job_can_have(figure: str) -> None:
    record = accounting.parse_line(LINES[0].encode())
    with pytest.raises(ValueError, match=f"cpu is {figure}"):
        accounting.check_figures(record._replace(cpu=float(figure)))


def test_whether_a_program_was_run() -> None:
    record = accounting.parse_line(LINES[0].encode())
    ran = {code for code in (0, 1, 26, 100) if accounting.ran(record._replace(failed=code))}
    assert ran == {0, 100}


@pytest.mark.parametrize(("old", "new"), [("taskid +undefined", "taskid x"), ("mem +[0-9.]+", "mem much")])
def test_a_value_of_qacct_that_cannot_be_read(old: str, new: str) -> None:
    text = re.sub(rf"(?m)^{old}.*$", new, captured.case("qacct.j_exit0").out)
    with pytest.raises(UnreadableReply, match="a value that cannot be read"):
        qacct.parse(captured.result(text))


def test_the_command_for_an_account() -> None:
    assert qacct.argv_for_account("mine") == ["qacct", "-A", "mine", "-j"]


@pytest.mark.parametrize("figure", ["nan", "inf", "-inf", "1e999"])
def test_a_line_with_a_figure_that_is_no_number_is_no_record(figure: str) -> None:
    fields = LINES[0].split(":")
    for place, name in ((13, "ru_wallclock"), (36, "cpu"), (42, "maxvmem")):
        text = ":".join([*fields[:place], figure, *fields[place + 1 :]])
        with pytest.raises(ValueError, match=f"not an accounting record.*{name} is "):
            accounting.parse_line(text.encode())


def test_names_of_two_encodings_in_qacct() -> None:
    case = captured.case("qacct.j_exit0")
    (name,) = re.findall(r"\njobname +(\S+)", case.out)
    for encoding in ("utf-8", "iso-8859-1"):
        text = case.out.replace(f" {name}", " gr\xfc\xdfe", 1).encode(encoding)
        (record,) = qacct.parse(captured.result(text))
        assert record.job_name == "gr\xfc\xdfe"
