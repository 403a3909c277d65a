"""What jobs used beside what they had asked for, from what a real Grid Engine has on record."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli import JobInfo
from drmaa_cli.gridengine import accounting, requests
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.jobs.job_end import end_of_record
from drmaa_cli.jobs.usage import Efficiency, Requested, duration, max_memory, requested, size
from tests.ends.test_reasons import LINES
from tests.tables import each_row

MEBIBYTE = 2**20


def info(case: str) -> JobInfo:
    record = accounting.parse_line(LINES[case]["accounting_lines"][-1].encode())
    return end_of_record(record).job_info(JobId(7))


def test_memory_of_a_parallel_job() -> None:
    """What the kernel saw of its largest process is more than Grid Engine's last sample of the whole job."""
    job = info("h_vmem_parallel")
    figures = {name: float(value) for name, value in job.resourceUsage.items()}
    assert job.max_memory == int(figures["ru_maxrss"]) * 1024 > figures["maxvmem"]
    assert job.requested.memory == 400 * MEBIBYTE  # 200M for each of its two slots
    assert job.requested.slots == job.slots == 2
    assert job.efficiency.memory == pytest.approx(job.max_memory / (400 * MEBIBYTE))
    assert 0.9 < job.efficiency.memory < 1
    assert job.efficiency.time is None


def test_memory_of_many_processes() -> None:
    """What Grid Engine saw of all of them is more than the largest one had."""
    job = info("h_vmem_children")
    assert job.max_memory == float(job.resourceUsage["maxvmem"]) > 300 * MEBIBYTE


def test_time() -> None:
    job = info("h_rt_clock")
    assert (job.requested.time, job.requested.memory, job.requested.cpu) == (4.0, None, None)
    assert job.wallclock is not None
    assert job.efficiency.time == job.wallclock / 4
    busy = info("h_cpu_parallel")
    assert busy.cpu is not None
    assert busy.wallclock
    assert (busy.requested.cpu, busy.requested.slots) == (4.0, 2)
    assert busy.efficiency.cpu == busy.cpu / (2 * busy.wallclock)


def test_what_is_not_on_record() -> None:
    job = JobInfo("7", True, False, "", False, False, 3, {})
    assert (job.cpu, job.max_memory, job.wallclock) == (None, None, None)
    assert (job.requested, job.efficiency) == (Requested(), Efficiency())
    assert (str(job.requested), str(job.efficiency)) == ("1 slot", "not known")
    assert job.summary() == "7: exit 3"
    killed = JobInfo("7", False, True, "SIGKILL", False, False, 0, {})
    assert killed.summary() == "7: killed by SIGKILL"
    assert JobInfo("7", False, False, "", False, False, 0, {}).summary() == "7: unknown"


def test_one_line_for_people() -> None:
    assert info("exit_3").summary().startswith("7: exit 3 on localhost (all.q), 0 s, ")
    line = info("h_vmem_python").summary()
    assert line.startswith("7: exit status 1, probably out of memory on localhost (all.q), ")
    assert " MiB of 300 MiB" in line
    assert "s of 3 s" in info("h_rt").summary()


def test_words_for_what_was_asked_for() -> None:
    found = requested(requests.parse("-l h_rt=7200,s_rt=1,h_cpu=60,s_vmem=1.5G,mem_free=2G -pe smp 2-8"), 0)
    assert str(found) == "2 slots, 2:00:00, 0:02:00 of CPU time, 3.0 GiB"
    assert found.words.bytes("mem_free") == 2 * 2**30
    assert str(Efficiency(0.5, None, 1.25)) == "cpu 50%, time 125%"


@each_row(
    "slots, least", [("4", 4), ("2-8", 2), ("2,4", 2), ("-8", 1), ("", 1), ("x", 1), ("0", 1), ("²", 1)]
)
def test_the_least_number_of_slots(slots: str, least: int) -> None:
    assert requested(requests.NO_REQUESTS._replace(slots=slots), 0).slots == least


@each_row(
    "count, text",
    [
        *((0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (10 * 1024, "10 KiB"), (300 * 2**20, "300 MiB")),
        *((1.5 * 2**30, "1.5 GiB"), (1023.9 * 2**20, "1.0 GiB"), (2**61, "2.0 EiB"), (2**74, "16384 EiB")),
    ],
)
def test_sizes_for_people(count: float, text: str) -> None:
    assert size(count) == text


@each_row(
    "seconds, text",
    [
        *((0, "0 s"), (0.0131, "0.013 s"), (3, "3 s"), (9.96, "10 s"), (42.4, "42 s"), (59.6, "0:01:00")),
        *((3723, "1:02:03"), (86400, "1 day 0:00:00"), (3 * 86400 - 1, "2 days 23:59:59")),
    ],
)
def test_times_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats(0, 1e20))
def test_any_size_and_time_has_a_text(value: float) -> None:
    assert float(size(value).split()[0]) >= 0
    assert duration(value)


def test_memory_is_known_from_either_figure() -> None:
    assert max_memory({}) is None
    assert max_memory({"maxvmem": 5.0}) == 5
    assert max_memory({"ru_maxrss": 2.0}) == 2048
    assert max_memory({"maxvmem": 5000.0, "ru_maxrss": 2.0}) == 5000


@pytest.mark.parametrize("figure", [math.inf, -math.inf, math.nan])
def test_a_figure_that_is_no_number_tells_nothing(figure: float) -> None:
    assert max_memory({"maxvmem": figure}) is None
    assert max_memory({"maxvmem": figure, "ru_maxrss": 2.0}) == 2048
