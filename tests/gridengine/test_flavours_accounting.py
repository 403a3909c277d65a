"""Accounting of the engines that cannot be recorded, from fixtures (tests/data/README.md): text and lines."""

from __future__ import annotations

import re

import pytest

from drmaa_cli.gridengine import accounting, qacct, qstat, states
from drmaa_cli.gridengine.records import AccountingRecord, JobId
from tests.gridengine import captured
from tests.gridengine.plain_text import instant
from tests.tables import each_row


def written(name: str) -> list[AccountingRecord]:
    """The records of an accounting file; its comments are no lines of jobs."""
    lines = captured.flavour(name).stdout.splitlines()
    for line in lines:
        assert (accounting.line_id(line) is None) == line.startswith(b"#")
        if line.startswith(b"#"):
            with pytest.raises(ValueError, match="comment"):
                accounting.parse_line(line)
    return [accounting.parse_line(line) for line in lines if not line.startswith(b"#")]


def test_45_fields() -> None:
    killed, task, aborted = written("sge-6.2u5_accounting")
    assert (killed.job, killed.failed, killed.exit_status) == (9117, 100, 137)
    assert (killed.submission_time, killed.start_time, killed.end_time) == (
        1265083506,
        1265083516,
        1265087178,
    )
    assert (killed.cpu, killed.mem, killed.io, killed.maxvmem) == (3612.625, 812.25, 1.125, 642252800)
    assert killed.deleted_by == killed.submit_host == ""
    assert (task.id, task.category) == (JobId(9118, 2), "-l h_rt=60:00,s_rt=0:55:0 -q ebb.q")
    assert (aborted.start_time, aborted.failed) == (0, 28)


def test_6_2u5_prints_no_units() -> None:
    (printed,) = qacct.parse(captured.flavour("sge-6.2u5_qacct_j.txt"))
    killed, *_ = written("sge-6.2u5_accounting")
    assert printed == killed._replace(category="")


def test_52_fields() -> None:
    first, deleted, slave, job = written("uge-8.2_accounting")
    assert (first.submission_time, first.end_time) == (1618165805.125, 1618166488.303)
    assert (first.ru_wallclock, first.submit_host, first.deleted_by) == (676.363, "jetty.reef.example", "")
    assert first.submit_command == "qsub polyp.sh"
    assert (deleted.id, deleted.category) == (JobId(305645, 7), "-U a:b -q tide.q")
    assert (deleted.deleted_by, deleted.submit_host) == ("kai@jetty.reef.example", "jetty.reef.example")
    assert [accounting.is_final(record) for record in (first, deleted, slave, job)] == [
        True,
        True,
        False,
        True,
    ]
    assert (slave.pe_taskid, slave.exit_status, job.exit_status) == ("1.coral-4", 1, 3)


def test_the_records_of_a_parallel_job() -> None:
    """Its slave tasks come first, with exit statuses of their own."""
    found = qacct.parse(captured.flavour("uge-8.6_qacct_j_pe.txt"))
    assert [(record.pe_taskid, record.exit_status) for record in found] == [
        ("1.coral-2", 0),
        ("1.coral-4", 1),
        ("NONE", 3),
    ]
    assert [accounting.is_final(record) for record in found] == [False, False, True]
    *_, job = written("uge-8.2_accounting")
    for record in found:
        assert (record.job, record.granted_pe, record.slots) == (job.job, job.granted_pe, job.slots)
        assert (record.start_time, record.end_time) == (job.start_time, job.end_time)


def test_wide_labels_and_twenty_more_fields() -> None:
    reply = captured.flavour("uge-2025_qacct_j_array.txt")
    found = qacct.parse(reply)
    assert [(record.task, record.failed, record.exit_status) for record in found] == [
        (4, 0, 0),
        (6, 26, 0),
        (8, 100, 137),
        (10, 100, 137),
    ]
    assert [record.deleted_by for record in found] == [
        "",
        "",
        "tove@jetty.reef.example",
        "execd@coral-5.reef.example",
    ]
    times = re.findall(r"(?m)^start_time +(.*)$", reply.out)
    assert [int(record.start_time) for record in found] == [instant(time) for time in times]
    assert found[0].start_time % 1 == pytest.approx(0.006, abs=1e-6)
    for record in found:
        assert (record.job, record.submit_host) == (40122, "jetty.reef.example")
        assert (record.wallclock, record.iow, record.maxvmem) == (3.5, 0.01, 24.5 * 2**20)
        assert (record.granted_pe, record.pe_taskid) == ("smp", "NONE")


def test_what_a_field_says_twice_is_said_first() -> None:
    text = captured.flavour("uge-2025_qacct_j_array.txt").out
    first, _ = text.split("=" * 62 + "\n")[1:3]
    again = captured.result(
        "=" * 62 + "\n" + first + "exit_status              9\n", b"", 0, "qacct", "-j", "40122"
    )
    (record,) = qacct.parse(again)
    assert record.exit_status == 0


def test_states_of_an_error_that_was_restarted() -> None:
    rows = qstat.parse_listing(captured.flavour("uge-2025_qstat.xml")).rows
    found = {row.state: states.job_state(row.state) for row in rows}
    assert found == {
        "r": states.RUNNING,
        "dr": states.RUNNING,
        "qw": states.QUEUED_ACTIVE,
        "hqw": states.USER_ON_HOLD,
        "Rq": states.QUEUED_ACTIVE,
        "ERq": states.FAILED,
        "Eqw": states.FAILED,
    }


def test_an_array_without_its_bit() -> None:
    reply = captured.flavour("uge-2025_qstat_j_array.xml")
    (job,) = qstat.parse_details(reply, [40122]).jobs
    assert job.is_array
    one = reply.out.replace("<RN_max>50<", "<RN_max>4<")
    (job,) = qstat.parse_details(captured.result(one), [40122]).jobs
    assert (job.is_array, job.tasks.numbers()) == (True, range(4, 5))
    (job,) = qstat.parse_details(
        captured.result(one.replace("<JB_is_array>true", "<JB_is_array>false")), [40122]
    ).jobs
    assert not job.is_array


@each_row("letters", ["", "Z", "qwZ", "rX", "!"])
def test_letters_that_nobody_knows(letters: str) -> None:
    known = states.job_state("".join(letter for letter in letters if letter in states.LETTERS))
    assert states.job_state(letters) == known
