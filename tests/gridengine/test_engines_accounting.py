"""Accounting on four other real engines: the end of each kind of job, from qacct and from the file's lines.

What is expected follows from what the job did, which its name says, and from the one form held against the
other; that a limit is ``failed 37`` on one engine and 100 on another is said in the table.
"""

from __future__ import annotations

import json
import re

import pytest

from drmaa_cli.gridengine import accounting, qacct
from drmaa_cli.gridengine.failed import QMASTER_LIMIT, Fate, of_code
from drmaa_cli.gridengine.qacct import NoAccounting
from drmaa_cli.gridengine.records import AccountingRecord
from drmaa_cli.gridengine.replies import CommandFailed, UnreadableReply
from drmaa_cli.jobs.job_end import Outcome, end_of_record
from drmaa_cli.jobs.reason import Cause
from tests.gridengine import captured
from tests.gridengine.captured import OTHERS, RECORDED, Case
from tests.gridengine.plain_text import instant
from tests.tables import each_combination, each_row

JSON_LINES = ("ocs-9.0.13", "ocs-9.1.4", "ocs-9.2pre")
DELETERS = ("ocs-9.1.4", "ocs-9.2pre")  # say who deleted a job

ENDS = {  # case -> (failed, exit_status), the same everywhere
    "j_exit0": (0, 0),
    "j_exit1": (0, 1),
    "j_exit127": (0, 127),
    "j_exit128": (0, 128),
    "j_exit129": (0, 129),
    "j_exit139": (0, 139),
    "j_exit143": (0, 143),
    "j_sigkill": (100, 128 + 9),
    "j_sigsegv": (100, 128 + 11),
    "j_sigusr1": (100, 128 + 10),
    "j_sigabrt": (100, 128 + 6),
    "j_s_rt": (100, 128 + 10),
    "j_qdel_running": (100, 128 + 9),
    "j_qdel_by_root": (100, 128 + 9),
    "j_qdel_notify": (100, 128 + 12),
    "j_pe": (0, 0),
    "j_qargs": (0, 2),
    "j_name_special": (0, 0),
    "error_state_badcmd": (0, 127),
    "error_state_badcmd_shelln": (27, 0),
    "error_state_badcwd": (28, 0),
    "error_state_badin": (26, 0),
    "error_state_badshell": (27, 0),
    "error_state_deleted": (26, 0),
}
NEVER_STARTED = {26, 27, 28}

RECORDS = captured.of_tools(
    "qacct", where=lambda case: case.out.startswith("=") and case.accounting_lines != (), engines=RECORDED
)


def records(case: Case) -> tuple[list[AccountingRecord], list[AccountingRecord]]:
    """From qacct's text and from the file's lines."""
    lines = [accounting.parse_line(line.encode()) for line in case.accounting_lines]
    return qacct.parse(case.result), lines


def fields(block: str) -> dict[str, str]:
    return {name: value.strip() for name, value in re.findall(r"^(\w+) +(.*)$", block, re.MULTILINE)}


@each_combination(engine=OTHERS, name=ENDS)
def test_how_each_job_ended(engine: str, name: str) -> None:
    case = captured.case(f"qacct.{name}", engine)
    (printed,), (written,) = records(case)
    for record in (printed, written):
        assert str(record.job) == case.argv[2]
        assert (record.failed, record.exit_status) == ENDS[name]
        assert record.owner == "grid2"
        assert record.task == 0
        assert (record.start_time == 0) == (record.failed in NEVER_STARTED)
        assert record.start_time <= record.end_time
        if record.start_time:
            assert record.submission_time <= record.start_time + 1
        assert accounting.is_final(record)
        never = of_code(record.failed).fate is Fate.NOT_STARTED
        assert never == (record.failed in NEVER_STARTED)


@each_combination(engine=OTHERS, name=["j_h_rt", "j_h_cpu"])
def test_a_limit_that_the_execution_daemon_enforced(engine: str, name: str) -> None:
    """9.1 and 9.2 record it as a deletion by the daemon, which is no qdel."""
    for found in records(captured.case(f"qacct.{name}", engine)):
        (record,) = found
        assert (record.failed, record.exit_status) == (100 if engine in JSON_LINES else 37, 137)
        assert record.deleted_by == ("execd@localhost" if engine in DELETERS else "")
        end = end_of_record(record)
        told = engine in DELETERS or record.failed == QMASTER_LIMIT
        cause = Cause.LIMIT if told else Cause.SIGNAL
        assert (end.outcome, end.value, end.facts.cause) == (Outcome.SIGNALED, 9, cause)


@pytest.mark.parametrize("engine", OTHERS)
def test_who_deleted_a_job(engine: str) -> None:
    expected = {"j_qdel_running": "grid2@localhost", "j_qdel_by_root": "root@localhost"}
    for name in ("j_qdel_running", "j_qdel_by_root", "j_sigkill", "j_exit0"):
        for found in records(captured.case(f"qacct.{name}", engine)):
            (record,) = found
            assert record.deleted_by == (expected.get(name, "") if engine in DELETERS else "")
            if record.deleted_by:
                assert end_of_record(record).outcome is Outcome.ABORTED
                assert end_of_record(record).facts.reason == f"deleted by {expected[name]}"


@pytest.mark.parametrize("engine", OTHERS)
def test_array_tasks(engine: str) -> None:
    for found in records(captured.case("qacct.j_array", engine)):
        assert sorted((record.task, record.exit_status) for record in found) == [(1, 1), (3, 3), (5, 5)]
    for name, task in (("j_array_one", 1), ("j_array_five", 5)):
        for found in records(captured.case(f"qacct.{name}", engine)):
            assert [(record.task, record.exit_status, record.failed) for record in found] == [(task, 7, 0)]
    one = qacct.parse(captured.case("qacct.j_task", engine).result)
    assert [record.task for record in one] == [1]
    some = qacct.parse(captured.case("qacct.j_task_range", engine).result)
    assert {record.task for record in some} <= {1, 2, 3}
    assert some


@pytest.mark.parametrize("engine", OTHERS)
def test_a_rescheduled_job_has_an_attempt_that_is_no_end(engine: str) -> None:
    for found in records(captured.case("qacct.j_rerun", engine)):
        assert [(record.failed, accounting.is_final(record)) for record in found] == [
            (25, False),
            (100, True),
        ]
    for found in records(captured.case("special.exit99_then_6", engine)):
        assert [(record.failed, record.exit_status) for record in found] == [(25, 99), (0, 6)]
        assert [accounting.is_final(record) for record in found] == [False, True]
    for found in records(captured.case("special.exit100", engine)):
        assert [(record.failed, record.exit_status) for record in found] == [(30, 100)]


@pytest.mark.parametrize("engine", OTHERS)
def test_exit_status_of_a_parallel_job(engine: str) -> None:
    """The job of ``-pe smp 2`` with control_slaves, no slave task, ended with ``exit 3``."""
    lost = engine in ("ocs-9.0.13", "ocs-9.1.4")
    for found in records(captured.case("special.pe_exit3", engine)):
        (record,) = found
        assert (record.failed, record.exit_status) == (0, 0 if lost else 3)
        assert (record.granted_pe, record.slots) == ("smp", 2)


@each_row("case", RECORDS, captured.ids(RECORDS))
def test_text_and_file_agree(case: Case) -> None:
    """Each printed record is one of the file's, with the same identity, end and (rounded) usage."""
    printed, written = records(case)
    blocks = re.split(r"^={62}$", case.out, flags=re.MULTILINE)[1:]
    assert len(printed) == len(blocks)
    assert 0 < len(printed) <= len(written)
    for record, block in zip(printed, blocks):
        raw = fields(block)
        assert (str(record.job), record.job_name, record.owner) == (
            raw["jobnumber"],
            raw["jobname"],
            raw["owner"],
        )
        assert str(record.task or "undefined") == raw["taskid"]
        assert int(record.start_time) == instant(raw["start_time"])
        assert int(record.end_time) == instant(raw["end_time"])
        (same,) = (
            other
            for other in written
            if (other.task, other.failed, int(other.start_time))
            == (record.task, record.failed, int(record.start_time))
        )
        for name in ("exit_status", "granted_pe", "slots", "pe_taskid", "deleted_by", "job_name", "account"):
            assert getattr(record, name) == getattr(same, name), name
        for name in ("ru_utime", "ru_stime", "cpu", "ru_minflt", "ru_nvcsw", "ru_oublock"):
            assert getattr(record, name) == pytest.approx(getattr(same, name), abs=6e-4), name
        assert record.maxvmem == pytest.approx(same.maxvmem, rel=1e-3)
        assert record.wallclock == pytest.approx(same.wallclock, abs=6e-4)
        if same.submission_time:  # an attempt that was rescheduled has none, and qacct prints now or 1970
            assert int(record.submission_time) == int(same.submission_time)


LINES = sorted({(case.engine, line) for case in RECORDS for line in case.accounting_lines})


@pytest.mark.parametrize("engine", OTHERS)
def test_lines_of_the_accounting_file(engine: str) -> None:
    """Read by the JSON parser, or by the order of the fields that accounting(5) gives."""
    lines = [line for found, line in LINES if found == engine]
    assert len(lines) > 25
    for line in lines:
        record = accounting.parse_line(line.encode())
        if engine in JSON_LINES:
            data = json.loads(line)
            usage, rusage = data["usage"]["eusage"], data["usage"]["rusage"]
            expected = [data["job_number"], data["task_number"], data["failed"], data["exit_status"]]
            times = [data[name] / 1e6 for name in ("submission_time", "start_time", "end_time")]
            figures = [usage["cpu"], usage["maxvmem"], usage["wallclock"], rusage["ru_maxrss"]]
            command = data["submit_cmd_line"]
        else:
            fields_ = line.split(":")
            expected = [int(fields_[index]) for index in (5, 35, 11, 12)]
            times = [float(fields_[index]) for index in (8, 9, 10)]
            figures = [float(fields_[36]), float(fields_[42]), 0.0, float(fields_[16])]
            command = ""
        assert accounting.line_id(line.encode()) == (expected[0], expected[1])
        assert [record.job, record.task, record.failed, record.exit_status] == expected
        assert [record.submission_time, record.start_time, record.end_time] == times
        assert [record.cpu, record.maxvmem, record.wallclock, record.ru_maxrss] == figures
        assert record.submit_command == command


@pytest.mark.parametrize("engine", OTHERS)
def test_qacct_prints_local_time(engine: str) -> None:
    """So it is run with TZ=UTC; New York is five hours behind in November."""
    (there,) = qacct.parse(captured.case("time.qacct_tz_America_New_York", engine).result)
    (here,) = qacct.parse(captured.case("qacct.j_exit0", engine).result)
    assert there.job == here.job
    for name in ("submission_time", "start_time", "end_time"):
        assert getattr(there, name) + 5 * 3600 == getattr(here, name)


@pytest.mark.parametrize("engine", OTHERS)
def test_no_such_record(engine: str) -> None:
    for name in ("j_unknown", "badid", "j_qdel_pending", "j_array_task_unknown", "j_task_unknown"):
        assert qacct.parse(captured.case(f"qacct.{name}", engine).result) == [], name
    for name in ("o_nouser", "o_user_b_future_j"):
        assert qacct.parse(captured.case(f"qacct.{name}", engine).result) == [], name


@each_combination(engine=OTHERS, name=["j_no_file", "plain_no_file", "f_unreadable"])
def test_no_accounting_file(engine: str, name: str) -> None:
    """The newer engines end with 0 and say nothing on standard error: no file is not "no record"."""
    with pytest.raises(NoAccounting):
        qacct.parse(captured.case(f"qacct.{name}", engine).result)


@pytest.mark.parametrize("engine", OTHERS)
def test_qacct_without_an_environment(engine: str) -> None:
    for name in ("env.root_unset_realbin.qacct", "env.bad_cell.qacct"):
        with pytest.raises(CommandFailed):
            qacct.parse(captured.case(name, engine).result)


@pytest.mark.parametrize("engine", OTHERS)
def test_records_cut_off_anywhere_are_an_error(engine: str) -> None:
    """Only after a whole line can a cut be unseen, and then no field that counts is missing."""
    case = captured.case("qacct.j_exit1", engine)
    (whole,) = qacct.parse(case.result)
    counts = case.result.stdout.index(b"\n", case.result.stdout.index(b"maxvmem"))
    for length in range(len(case.result.stdout)):
        cut = case.result._replace(stdout=case.result.stdout[:length])
        if cut.stdout.endswith(b"\n") and length > counts:
            assert qacct.parse(cut) == [whole._replace(category=qacct.parse(cut)[0].category)]
        else:
            with pytest.raises(UnreadableReply):
                qacct.parse(cut)
