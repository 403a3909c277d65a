"""What groups of jobs used: names, spreads, outliers and totals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli import JobInfo, ReasonKind
from drmaa_cli.jobs.usage_groups import (
    Spread,
    UsedJob,
    group_name,
    quantile,
    usage_groups,
    used_job,
)
from tests.ends.jobs import GIBIBYTE, MEBIBYTE, job
from tests.ends.test_usage import info
from tests.tables import each_row


@each_row(
    "name, group",
    [
        ("align-17", "align-*"),
        ("align-3fa9c2", "align-*"),
        ("chr12_sample3.bam", "chr*_sample*.bam"),
        ("step2b", "step*b"),
        ("42", "*"),
        ("deadbeef", "deadbeef"),  # a word: no digit in it
        ("sort", "sort"),
        ("", ""),
        ("größe7", "größe*"),
    ],
)
def test_names_without_numbers(name: str, group: str) -> None:
    assert group_name(name) == group


@given(st.text())
def test_a_group_is_its_own_group(name: str) -> None:
    assert group_name(group_name(name)) == group_name(name)


def test_a_recorded_job() -> None:
    """Two slots with 200M each; the kernel saw more than Grid Engine's samples."""
    used = used_job(info("h_vmem_parallel"))
    assert (used.slots, used.asked.memory, used.memory_name) == (2, 400 * MEBIBYTE, "h_vmem")
    assert used.memory == info("h_vmem_parallel").max_memory
    assert used.sampled
    assert used.ran
    assert not used.well
    assert used.reason.kind is ReasonKind.OUT_OF_MEMORY
    assert used.waited == used.started - used.submitted


@each_row(
    "submitted, started, seconds",
    [(100.0, 130.0, 30.0), (100.0, 99.5, 0.0), (100.0, 0.0, None), (0.0, 130.0, None), (0.0, 0.0, None)],
)
def test_how_long_a_job_waited(submitted: float, started: float, seconds: float | None) -> None:
    """0.0 is no time: it never started, or nobody knows when it was submitted. Clocks of hosts may differ."""
    assert UsedJob("1", submitted=submitted, started=started).waited == seconds


def test_a_job_of_no_second_was_not_sampled() -> None:
    used = used_job(info("exit_0"))
    assert used.memory == 4640 * 1024  # by the kernel
    assert (used.sampled, used.busy, used.ran, used.well) == (False, None, True, True)


def test_other_words_for_memory() -> None:
    found = used_job(
        info("exit_0").with_facts(info("exit_0").facts._replace(requests="-l mem_free=2G", slots=3)),
        "mem_free",
    )
    assert (found.asked.memory, found.memory_name) == (6 * GIBIBYTE, "mem_free")
    assert used_job(info("h_vmem_parallel"), "mem_free").memory_name == "h_vmem"


def test_a_job_that_never_ran() -> None:
    found = used_job(JobInfo("7", False, False, "", False, True, 0, {}))
    assert (found.ran, found.well, found.memory, found.waited, found.busy) == (False, False, None, None, None)
    (group,) = usage_groups([("x", found)])
    assert (group.well, group.not_started, group.failed, group.memory, group.time) == (0, 1, 0, None, None)
    assert (group.totals.cpu, group.totals.memory, group.slots) == (None, None, (1, 1))


def test_jobs_are_grouped_by_name_and_slots() -> None:
    jobs = [
        ("a", job("1", requests="-pe smp 2", slots=2, wallclock=10)),
        ("b", job("2", wallclock=1000)),
        ("a", job("3", requests="-pe smp 2", slots=2, well=False, wallclock=10)),
        ("a", job("4", requests="-pe smp 4", slots=4, wallclock=10)),
        ("a", job("5", requests="-pe smp 1-8", slots=8, wallclock=1)),
        ("a", job("6", requests="-pe smp 1-8", slots=2, wallclock=1)),
    ]
    found = [(group.name, group.slots, [one.id for one in group.jobs]) for group in usage_groups(jobs)]
    assert found == [
        ("b", (1, 1), ["2"]),
        ("a", (2, 2), ["1", "3"]),
        ("a", (4, 4), ["4"]),
        ("a", (2, 8), ["5", "6"]),
    ]
    assert [(group.well, group.failed) for group in usage_groups(jobs)][1] == (1, 1)
    assert usage_groups([]) == []


def test_spread_and_totals() -> None:
    jobs = [
        job(str(at), memory=at * MEBIBYTE, wallclock=at, cpu=at / 2, requests="-l h_vmem=200M")
        for at in range(1, 101)
    ]
    (group,) = usage_groups(("x", one) for one in jobs)
    assert group.time == Spread(100, 1, 50, 95, 99, 100)
    assert group.memory == Spread(100, *(MEBIBYTE * at for at in (1, 50, 95, 99, 100)))
    assert group.busy == Spread(100, 0.5, 0.5, 0.5, 0.5, 0.5)
    assert group.waited == Spread(100, 5, 5, 5, 5, 5)
    assert group.totals.cpu == 0.5
    assert group.totals.memory == pytest.approx(sum(at * at for at in range(101)) / (200 * 5050))
    assert group.asked_memory is not None
    assert group.asked_memory.most == 200 * MEBIBYTE
    assert group.asked_time is None


def test_outliers_are_far_out_and_named() -> None:
    jobs = [job(str(at), memory=(900 + at) * MEBIBYTE, wallclock=60 + at % 3) for at in range(50)]
    jobs += [job("big", memory=4 * GIBIBYTE, wallclock=61), job("both", memory=5 * GIBIBYTE, wallclock=3600)]
    (group,) = usage_groups(("x", one) for one in jobs)
    assert [(one.id, one.what) for one in group.outliers] == [
        ("both", "memory"),
        ("big", "memory"),
        ("both", "time"),
    ]
    assert group.outliers[0].figure == 5 * GIBIBYTE
    assert 900 * MEBIBYTE <= group.outliers[0].median <= 950 * MEBIBYTE


@each_row(
    "memory, count",
    [
        ([100 * MEBIBYTE] * 50 + [120 * MEBIBYTE], 0),  # not half as much again
        ([MEBIBYTE] * 50 + [60 * MEBIBYTE], 0),  # nobody's trouble
        ([100 * MEBIBYTE] * 50 + [200 * MEBIBYTE], 1),
        ([100 * MEBIBYTE] * 6 + [900 * MEBIBYTE], 0),  # too few to tell
        ([100 * MEBIBYTE] * 30 + [900 * MEBIBYTE] * 30, 0),  # two kinds of jobs
        ([None] * 60, 0),
    ],
)
def test_what_does_not_stand_out(memory: list[int | None], count: int) -> None:
    jobs = [("x", job(str(at), memory=figure)) for at, figure in enumerate(memory)]
    assert len(usage_groups(jobs)[0].outliers) == count


@given(st.lists(st.integers(0, 1000), min_size=1), st.floats(0, 1))
def test_a_quantile_covers_its_share(figures: list[int], share: float) -> None:
    found = quantile(sorted(figures), share)
    assert found in figures
    assert sum(figure <= found for figure in figures) >= share * len(figures) - 1e-6


def test_unknown_figures() -> None:
    assert UsedJob("1").ran is False
    assert Spread.of([None, None]) is None
