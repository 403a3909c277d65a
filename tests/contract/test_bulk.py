"""runBulkJobs(), as observed of libdrmaa."""

from __future__ import annotations

import pytest

from tests.contract.harness import BAD_ARGUMENT, World
from tests.patience import PATIENCE
from tests.tables import each_combination, each_row

RANGES = [(1, 3, 1), (3, 3, 1), (2, 9, 3), (1, 2, 5), (7, 20, 7)]
REFUSED = [(3, 1, 1), (5, 1, -1), (1, 3, 0), (1, 3, -1), (0, 3, 1), (0, 0, 1), (-1, 1, 1)]


@each_row("task_range", RANGES, ids=str)
def test_ids(session: World, task_range: tuple[int, int, int]) -> None:
    begin, end, step = task_range
    jobs = session.bulk(begin, end, step, jobSubmissionState="drmaa_hold")
    assert type(jobs) is list
    number = jobs[0].partition(".")[0]
    assert number.isdigit()
    assert jobs == [f"{number}.{task}" for task in range(begin, end + 1, step)]


def test_the_tasks_are_those_of_qsub_t(session: World) -> None:
    jobs = session.bulk(2, 8, 3, jobSubmissionState="drmaa_hold")
    assert session.details(jobs[0])["job-array tasks"] == "2-8:3"


@each_row("task_range", REFUSED, ids=str)
def test_ranges_that_are_none(session: World, task_range: tuple[int, int, int]) -> None:
    with session.refuses("InvalidArgumentException", BAD_ARGUMENT):
        session.bulk(*task_range)


def test_negative_range(session: World) -> None:
    text = 'code 17: Range specifier "-3--1:1" has unknown trailer "3--1:1"\n'
    with session.refuses("DeniedByDrmException", text):
        session.bulk(-3, -1, 1)


def test_too_many_tasks(session: World) -> None:
    text = "code 17: job rejected: you tried to submit a job with more than 75000 tasks"
    with session.refuses("DeniedByDrmException", session.worded(text)):
        session.bulk(1, 75001, 1)


def test_as_many_tasks_as_there_may_be(session: World) -> None:
    jobs = session.bulk(1, 75000, 1, jobSubmissionState="drmaa_hold")
    number = jobs[0].partition(".")[0]
    assert (len(jobs), jobs[-1]) == (75000, f"{number}.75000")


@each_combination(index=["1", 1.0, None], place=[0, 1, 2])
def test_index_of_a_wrong_type(session: World, index: object, place: int) -> None:
    task_range: list[object] = [1, 2, 1]
    task_range[place] = index
    with session.template() as template, session.refuses_type(index):
        session.session.runBulkJobs(template, *task_range)


def test_true_is_one(session: World) -> None:
    with session.template(jobSubmissionState="drmaa_hold") as template:
        jobs = session.session.runBulkJobs(template, True, 2, True)
    session.submitted.append(jobs[0].partition(".")[0])
    assert [job.partition(".")[2] for job in jobs] == ["1", "2"]


def test_the_step_must_be_given(session: World) -> None:
    with session.template() as template, pytest.raises(TypeError):
        session.session.runBulkJobs(template, 1, 2)


def test_the_range_is_checked_first(session: World) -> None:
    with session.refuses("InvalidArgumentException", BAD_ARGUMENT):
        session.bulk(3, 1, 1, nativeSpecification="-zzz")
    with session.refuses("DeniedByDrmException", 'code 17: invalid option argument "-zzz"\n'):
        session.bulk(1, 75001, 1, nativeSpecification="-zzz")


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa loops for ever and eats memory
def test_a_huge_range_ends(session: World) -> None:
    with session.refuses("DeniedByDrmException"):
        session.bulk(1, 2147483647, 1)
    with session.refuses("InvalidArgumentException"):
        session.bulk(1, 2**40, 1)


def test_concurrency_and_array_dependencies(session: World) -> None:
    first = session.bulk(1, 3, 1, nativeSpecification="-tc 2", jobSubmissionState="drmaa_hold")
    number = first[0].partition(".")[0]
    assert "<JB_ja_task_concurrency>2<" in session.tool("qstat", "-j", number, "-xml").stdout
    second = session.bulk(
        1, 3, 1, nativeSpecification=f"-hold_jid_ad {number}", jobSubmissionState="drmaa_hold"
    )
    assert len(second) == 3


def test_every_task_has_its_own_record(session: World) -> None:
    jobs = session.bulk(3, 5, 1, "/bin/sh", "-c", "exit $SGE_TASK_ID")
    seen = [session.session.wait(job, PATIENCE) for job in jobs]
    assert [(info.jobId, info.exitStatus) for info in seen] == [(job, 3 + n) for n, job in enumerate(jobs)]
