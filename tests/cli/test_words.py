"""Sentences about amounts, for none, one, few and many."""

from __future__ import annotations

import pytest

from drmaa_cli.cli.usage.text import TextOptions, print_usage
from drmaa_cli.cli.words import jobs, spread_in_words
from drmaa_cli.jobs.usage import duration
from drmaa_cli.jobs.usage_groups import Spread, UsedJob, usage_groups
from tests.ends.jobs import job
from tests.tables import each_row


@each_row(
    "figures, text",
    [
        ([3.0], "used 3 s"),
        ([30.0, 30.2], "all used 30 s"),
        ([3.0, 9.0], "used 3 s to 9 s"),
        ([float(each) for each in range(1, 10)], "used 1 s to 9 s"),
        ([float(each) for each in range(1, 21)], "half used up to 10 s, 95% up to 19 s, all up to 20 s"),
    ],
)
def test_how_figures_are_spread(figures: list[float], text: str) -> None:
    spread = Spread.of(figures)
    assert spread is not None
    assert spread_in_words(spread, "used", duration) == text


def test_so_many_jobs() -> None:
    assert [jobs(count) for count in (0, 1, 2, 12345)] == ["0 jobs", "1 job", "2 jobs", "12,345 jobs"]


def told(capsys: pytest.CaptureFixture[str], *used: UsedJob, waiting: int = 0) -> list[str]:
    groups = [(group, ()) for group in usage_groups(("align-*", one) for one in used)]
    print_usage(["nightly"], {"running": waiting} if waiting else {}, groups, TextOptions())
    return capsys.readouterr().out.splitlines()


def test_one_job_is_told_of_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, job("1", requests="-l h_vmem=1G", wallclock=30, well=False))
    assert lines[0] == "session nightly: 1 job: 0 ended well, 1 failed"
    assert "  memory     used 100 MiB; asked for 1.0 GiB, 10% used" in lines
    assert "  time       used 30 s; nothing was asked for" in lines
    assert "  next time  too few jobs for advice: none ended well, and it takes 10" in lines


def test_figures_that_are_known_of_some(capsys: pytest.CaptureFixture[str]) -> None:
    known = [job(str(number), wallclock=30 + number) for number in range(3)]
    unknown = [job(str(number), wallclock=30)._replace(memory=None) for number in range(3, 5)]
    lines = told(capsys, *known, *unknown, waiting=1)
    assert lines[0] == "session nightly: 6 jobs: 5 ended well, 0 failed, 1 running"
    assert "  memory     all used 100 MiB (it is known of 3 of 5); nothing was asked for" in lines
    assert "  time       used 30 s to 32 s; nothing was asked for" in lines


def test_figures_that_are_known_of_none(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, *[job(str(number))._replace(memory=None) for number in range(12)])
    assert not [line for line in lines if line.startswith("  memory")]
    assert "  next time  -l h_rt=0:03:00" in lines
    assert "             Grid Engine measured the memory of none of them for long enough (5 s)" in lines
