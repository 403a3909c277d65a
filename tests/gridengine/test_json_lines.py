"""A line of accounting.jsonl: each value arrives in its place, what is missing has its default."""

from __future__ import annotations

import json
from typing import Any

import pytest

from drmaa_cli.gridengine.accounting import line_id, parse_line
from drmaa_cli.gridengine.records import RUSAGE, AccountingRecord
from tests.gridengine import captured
from tests.tables import together

RECORDED = captured.case("qacct.j_qdel_running", "ocs-9.1.4").accounting_lines[0]


def record_of(data: dict[str, Any]) -> AccountingRecord:
    return parse_line(json.dumps(data).encode())


def test_each_value_arrives_in_its_place() -> None:
    """The keys are those of the recorded lines, the values all different."""
    words = (
        "qname",
        "hostname",
        "group",
        "owner",
        "job_name",
        "account",
        "project",
        "department",
        "granted_pe",
    )
    data: dict[str, Any] = {"job_number": 71, "task_number": 72, "slots": 73, "priority": 74}
    data |= {
        "exit_status": 75,
        "failed": 76,
        "pe_taskid": "1.host",
        "category": "-l a=b",
        "submit_host": "sub",
    }
    data |= {name: f"the {name}" for name in words}
    data |= {"submission_time": 1e9, "start_time": 1e9 + 1, "end_time": 1e9 + 2}
    data |= {"submit_cmd_line": "qsub x", "deleted_by": "me@host"}
    usage = {"wallclock": 81.5, "cpu": 82.5, "mem": 83.5, "io": 84.5, "iow": 85.5, "maxvmem": 86.5}
    rusage = {name: 100.5 + place for place, name in enumerate(("ru_wallclock", *RUSAGE))}
    found = record_of({**data, "usage": {"rusage": rusage, "eusage": usage}})
    named = {
        name: value
        for name, value in data.items()
        if name not in ("job_number", "task_number", "submit_cmd_line")
    }
    assert {name: getattr(found, name) for name in (*named, *usage, *rusage)} == {**named, **usage, **rusage}
    assert (found.job, found.task, found.submit_command) == (71, 72, "qsub x")


def test_what_is_not_there_has_its_default() -> None:
    least = {"owner": "me", "job_number": 7, "submission_time": 1e9}
    found = record_of(least)
    assert (found.job, found.owner, found.submission_time) == (7, "me", 1e9)
    assert (found.task, found.slots, found.priority, found.failed, found.exit_status) == (0, 0, 0, 0, 0)
    assert (found.start_time, found.end_time) == (0, 0)
    assert (found.qname, found.hostname, found.group, found.job_name, found.account) == ("",) * 5
    assert (found.project, found.department, found.granted_pe, found.pe_taskid) == ("NONE",) * 4
    assert (found.category, found.deleted_by, found.submit_host, found.submit_command) == ("",) * 4
    assert {
        getattr(found, name) for name in ("cpu", "mem", "io", "iow", "maxvmem", "wallclock", *RUSAGE)
    } == {0.0}


def test_the_number_of_a_line_without_a_task() -> None:
    data = json.loads(RECORDED)
    data.pop("task_number", None)
    assert line_id(json.dumps(data).encode()) == (data["job_number"], 0)
    data.pop("job_number")
    assert line_id(json.dumps(data).encode()) is None
    assert line_id(RECORDED.encode()) == (parse_line(RECORDED.encode()).job, 0)


@together
@pytest.mark.parametrize("figure", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("name", ["cpu", "maxvmem", "wallclock"])
def test_a_figure_that_is_no_number_makes_no_record(name: str, figure: str) -> None:
    usage = f'{{"eusage": {{"{name}": {figure}}}}}'
    text = f'{{"owner": "me", "job_number": 7, "submission_time": 1e9, "usage": {usage}}}'
    with pytest.raises(ValueError, match=f"not an accounting record.*{name} is "):
        parse_line(text.encode())
