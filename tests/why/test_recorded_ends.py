"""What is said of every end that was recorded on a real cell (``tests/data/ends``): one sentence for each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.gridengine import accounting
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.jobs.job_end import (
    Deletion,
    end_of_record,
    end_of_usage,
    end_without_record,
    end_without_usage,
)
from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.jobs.why.ended import explain
from tests.tables import each_row

FILE = Path(__file__).resolve().parent.parent / "data" / "ends" / "sge-8.1.9.jsonl"
SENTENCES = {
    "exit_0": "ended well, with exit status 0",
    "exit_3": "ended by itself with exit status 3",
    "exit_137_of_a_child": (
        "ended by itself with exit status 137: probably a program that it ran was ended by SIGKILL"
    ),
    "exit_255": "ended by itself with exit status 255",
    "exit_1_with_limits_far_away": "ended by itself with exit status 1",
    "exit_0_at_the_limit_of_memory": "ended well, with exit status 0",
    "sigkill": "killed by SIGKILL, by whom is not on record",
    "sigkill_with_limits_far_away": "killed by SIGKILL, by whom is not on record",
    "sigkill_of_a_large_job": "killed by SIGKILL, by whom is not on record",
    "sigkill_from_outside": "killed by SIGKILL, by whom is not on record",
    "sigterm_from_outside": "killed by SIGTERM",
    "sigsegv": "killed by SIGSEGV",
    "sigabrt": "killed by SIGABRT",
    "sigusr1_without_limits": "killed by SIGUSR1, by whom is not on record",
    "sigxcpu_without_limits": "killed by SIGXCPU, probably at its limit of CPU time",
    "sigxfsz_without_limits": "killed by SIGXFSZ, probably at its limit of file size",
    "h_rt": "ended at its limit of run time: it ran for 4 s and had h_rt=3",
    "h_rt_notify": "ended at its limit of run time: it ran for 4 s and had h_rt=3",
    "h_rt_clock": "ended at its limit of run time: it ran for 5 s and had h_rt=4",
    "h_rt_rerunnable": "ended at its limit of run time: it ran for 4 s and had h_rt=3",
    "h_rt_parallel": "ended at its limit of run time: it ran for 4 s and had h_rt=3",
    "h_rt_of_the_queue": "ended: a limit of run time, CPU time or memory was exceeded",
    "h_rt_sigterm_before": "killed by SIGTERM",
    "s_rt": "killed by SIGUSR1, at its soft limit of run time: it ran for 4 s and had s_rt=3",
    "s_rt_of_the_queue": "killed by SIGUSR1, by whom is not on record",
    "s_rt_caught": "ended well, with exit status 0",
    "s_rt_caught_exit_7": "ended by itself with exit status 7, probably at its soft limit of run time",
    "s_rt_ignored_then_h_rt": "ended at its limit of run time: it ran for 94 s and had h_rt=6",
    "s_rt_is_h_rt": "ended at its limit of run time: it ran for 5 s and had h_rt=4",
    "h_rt_of_a_killed_child": (
        "ended by itself with exit status 137: probably a program that it ran was ended by SIGKILL"
    ),
    "h_cpu": (
        "killed by SIGKILL, probably at its limit of CPU time: it used 1.9 s of CPU time and had h_cpu=2"
    ),
    "h_cpu_parallel": (
        "ended at its limit of CPU time: it used 4.3 s of CPU time and had h_cpu=2 for each of 2 slots"
    ),
    "h_cpu_of_a_child": (
        "ended by itself with exit status 137, probably at its limit of CPU time: it used 1.8 s "
        "of CPU time and had h_cpu=2"
    ),
    "h_cpu_of_the_queue": "killed by SIGKILL, by whom is not on record",
    "s_cpu": "killed by SIGXCPU, at its limit of CPU time: it used 1.9 s of CPU time and had s_cpu=2",
    "s_cpu_ignored_then_h_cpu": (
        "killed by SIGKILL, probably at its limit of CPU time: it used 2.8 s of CPU time and had h_cpu=3"
    ),
    "h_vmem_python": "ended by itself with exit status 1, probably out of memory",
    "h_vmem_mmap": "ended by itself with exit status 1",
    "h_vmem_abort": (
        "killed by SIGABRT, probably out of memory: it used 281 MiB of memory and had h_vmem=300M"
    ),
    "h_vmem_segfault": (
        "killed by SIGSEGV, probably out of memory: it used 281 MiB of memory and had h_vmem=300M"
    ),
    "h_vmem_slow": "ended by itself with exit status 1, probably out of memory",
    "h_vmem_children": "ended: out of memory: it used 341 MiB of memory and had h_vmem=300M",
    "h_vmem_parallel": "ended by itself with exit status 1, probably out of memory",
    "h_vmem_perl": "ended by itself with exit status 1, probably out of memory",
    "h_vmem_bash": "ended by itself with exit status 2",
    "h_vmem_of_the_queue": "ended by itself with exit status 1",
    "h_vmem_too_small_to_start": "ended by itself with exit status 127, probably out of memory",
    "s_vmem": "ended by itself with exit status 1, probably out of memory",
    "h_data": "ended by itself with exit status 1, probably out of memory",
    "h_rss": "ended well, with exit status 0",
    "h_stack": "killed by SIGSEGV",
    "h_fsize": "killed by SIGXFSZ, at its limit of file size",
    "h_fsize_python": "ended by itself with exit status 1",
    "s_fsize": "killed by SIGXFSZ, at its limit of file size",
    "qdel_running": "killed by SIGKILL, by whom is not on record",
    "qdel_notify": "killed by SIGUSR2, by whom is not on record",
    "qdel_caught": "ended well, with exit status 0",
    "qdel_forced": "probably deleted by force while it ran",
    "exit_100": "ended: it exited with 100, by which a job says that it must not be tried again",
    "exit_100_deleted": "ended: it exited with 100, by which a job says that it must not be tried again",
    "no_such_directory": "could not start: its working directory /no/such/directory does not exist",
    "no_such_program": (
        "could not start: its program /no/such/program does not exist on the host, or the "
        "interpreter of its first line does not"
    ),
    "no_such_program_deleted": "could not start: the program or its shell could not be executed",
    "no_such_input": "could not start: its input file /no/such/input cannot be read",
    "no_such_output_directory": (
        "could not start: the directory of its output file /no/such/directory/file does not exist"
    ),
    "not_executable": "could not start: its program /etc/passwd is not executable",
    "shepherd_killed": (
        "lost: it ran, and what became of it is not on record (the shepherd died before it wrote "
        "down how the job ended)"
    ),
    "rescheduled_then_done": "ended well, with exit status 0",
    "exit_99_then_done": "ended well, with exit status 0",
}


def recorded() -> dict[str, dict[str, Any]]:
    """The lines, by their case."""
    lines = map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    return {line["case"]: line for line in lines}


def info_of(line: dict[str, Any]) -> JobInfo:
    """The end that a line tells of."""
    record = accounting.parse_line(line["accounting_lines"][-1].encode())
    message = "; ".join(text.partition("]: ")[2] for text in line["messages"])
    return end_of_record(record, sentence=message).job_info(record.id)


def test_every_recorded_end_has_its_sentence() -> None:
    assert {case: explain(info_of(line)).sentence for case, line in recorded().items()} == SENTENCES


def test_what_did_not_end_well_has_evidence_and_advice() -> None:
    for line in recorded().values():
        found = explain(info_of(line))
        assert found.evidence, line["case"]
        assert found.ended
        assert bool(found.advice) == (found.sentence != "ended well, with exit status 0"), line["case"]


@each_row(
    "end, sentence",
    [
        (end_without_usage(Deletion.CERTAIN), "deleted by this session before it ran"),
        (end_without_usage(Deletion.ASKED), "probably deleted by this session before it ran"),
        (end_without_usage(Deletion.SEEN), "deleted before it ran"),
        (end_without_usage(Deletion.NONE), "probably deleted before it ran"),
        (end_without_record(1.0, "no such message"), "could not start: no such message"),
        (end_of_usage({"exit_status": 0.0}), "ended well, with exit status 0"),
        (end_of_usage({"exit_status": 4.0}), "ended by itself with exit status 4"),
    ],
)
def test_ends_without_a_record(end: Any, sentence: str) -> None:
    assert explain(end.job_info(JobId(7))).sentence == sentence


def test_who_deleted_it_is_said_where_accounting_tells() -> None:
    record = accounting.parse_line(recorded()["qdel_running"]["accounting_lines"][-1].encode())
    end = end_of_record(record._replace(deleted_by="anna@node1"))
    assert explain(end.job_info(record.id)).sentence == "deleted by anna@node1 while it ran"


@pytest.mark.parametrize(
    ("status", "words", "sentence", "certain"),
    [
        (127, "sh: 1: align: not found\n", "a command of it is not there", True),
        (127, "", "probably a command of it is not there", False),
        (126, "sh: 1: ./align: Permission denied\n", "a command of it is not executable", True),
        (126, "bad luck", "probably a command of it is not executable", False),
    ],
)
def test_a_shells_exit_codes(status: int, words: str, sentence: str, certain: bool) -> None:
    found = explain(end_of_usage({"exit_status": float(status)}).job_info(JobId(7)), words)
    assert (found.sentence, found.certain) == (
        f"ended by itself with exit status {status}: {sentence}",
        certain,
    )


def test_the_last_line_of_the_output_is_evidence() -> None:
    info = end_of_usage({"exit_status": 4.0}).job_info(JobId(7))
    assert explain(info, "first\nlast\n\n").evidence[-1] == "its output ends with: last"
    assert explain(info).advice == ("look at its output: drmaa-cli logs {id}",)
    assert explain(info, has_logs=False).advice == ("look at its output",)


def test_a_high_exit_status_need_not_be_a_signals() -> None:
    record = accounting.parse_line(recorded()["exit_255"]["accounting_lines"][-1].encode())
    end = end_of_record(record._replace(category="-l h_vmem=8G"))
    found = explain(end.job_info(record.id))
    assert (found.sentence, found.certain) == ("ended by itself with exit status 255", False)


def test_nothing_is_known() -> None:
    empty = JobInfo("7", False, False, "", False, False, 0, {})
    found = explain(empty)
    assert (found.sentence, found.certain) == ("ended, and nothing on record tells how", False)
    limit = explain(info_of(recorded()["h_cpu"])._replace(resourceUsage={}))
    assert limit.evidence
