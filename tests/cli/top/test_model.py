"""What a session has on record and what qstat lists, brought together."""

from __future__ import annotations

from drmaa_cli.cli.top.model import (
    StateKind,
    ended_task,
    figure,
    job_of_record,
    job_of_rows,
    listed_task,
    seconds,
)
from drmaa_cli.jobs.job_end import Outcome
from tests.cli.top.kit import end, job, record, row
from tests.tables import each_row


@each_row(
    "letters, words, kind",
    [
        ("qw", "queued", StateKind.QUEUED),
        ("hqw", "held", StateKind.HELD),
        ("r", "running", StateKind.RUNNING),
        ("t", "running", StateKind.RUNNING),
        ("Rr", "running", StateKind.RUNNING),
        ("Rq", "queued", StateKind.QUEUED),
        ("s", "suspended", StateKind.SUSPENDED),
        ("S", "suspended by the system", StateKind.SUSPENDED),
        ("T", "suspended by the system", StateKind.SUSPENDED),
        ("sS", "suspended by user and system", StateKind.SUSPENDED),
        ("Eqw", "error (Eqw)", StateKind.FAILED),
        ("Ehqw", "error (Ehqw)", StateKind.FAILED),
        ("dr", "being deleted", StateKind.ENDING),
        ("dt", "being deleted", StateKind.ENDING),
        ("?", "unknown", StateKind.UNKNOWN),
    ],
)
def test_the_letters_of_a_listing_in_words(letters: str, words: str, kind: StateKind) -> None:
    task = listed_task(row(7, letters))
    assert (task.state, task.kind, task.end) == (words, kind, None)


@each_row(
    "outcome, value, words, kind",
    [
        (Outcome.EXITED, 0, "exit 0", StateKind.DONE),
        (Outcome.EXITED, 3, "exit 3", StateKind.FAILED),
        (Outcome.SIGNALED, 9, "killed by SIGKILL", StateKind.FAILED),
        (Outcome.ABORTED, 0, "aborted", StateKind.FAILED),
        (Outcome.NO_USAGE, 0, "aborted", StateKind.FAILED),
        (Outcome.LOST, 0, "lost", StateKind.FAILED),
    ],
)
def test_ends_in_words(outcome: Outcome, value: int, words: str, kind: StateKind) -> None:
    task = ended_task(4, end(value, outcome=outcome, at=1234.5))
    assert (task.number, task.state, task.kind, task.where, task.since) == (4, words, kind, "node7", 1234.5)


def test_a_job_that_is_no_array() -> None:
    found = job(rows=[row(7, "r", slots=4)])
    (task,) = found.tasks
    assert (task.number, task.where, task.slots, found.is_array, found.open) == (
        0,
        "all.q@node7",
        4,
        False,
        1,
    )
    assert task.since == 1795834800.0  # 2026-11-28 03:00 UTC
    assert found.kind is StateKind.RUNNING


def test_an_array_is_counted_by_what_is_on_record_and_what_is_listed() -> None:
    found = job(
        tasks=10,
        ended={1: end(), 2: end(3)},
        reaped=frozenset({3}),
        rows=[row(7, "r", "4-5"), row(7, "qw", "6-8"), row(7, "hqw", "9")],
    )
    assert [task.state for task in found.tasks] == [
        *("exit 0", "exit 3", "ended", "running", "running", "queued", "queued", "queued", "held", "ending")
    ]
    assert found.counts == {
        StateKind.DONE: 1,
        StateKind.FAILED: 1,
        StateKind.UNKNOWN: 1,
        StateKind.RUNNING: 2,
        StateKind.QUEUED: 3,
        StateKind.HELD: 1,
        StateKind.ENDING: 1,
    }
    assert found.open == 7
    assert [task.number for task in found.tasks] == list(range(1, 11))


def test_what_is_on_record_counts_before_what_a_listing_of_a_moment_ago_says() -> None:
    assert job(ended={0: end(3)}, rows=[row(7, "r")]).tasks[0].state == "exit 3"


def test_a_job_that_is_younger_than_the_listing_waits() -> None:
    young = job_of_record(record(submitted=200.0), (), 150.0)
    assert (young.tasks[0].state, young.tasks[0].since) == ("queued", 200.0)
    assert job_of_record(record(submitted=200.0), (), 250.0).tasks[0].state == "ending"


def test_jobs_that_no_session_has() -> None:
    found = job_of_rows([row(9, "qw", "4-6", name="theirs"), row(9, "r", "1-2", time="2026-11-28T04:00:00")])
    assert (found.session, found.name, found.is_array, found.open) == ("", "theirs", True, 5)
    assert found.submitted == 1795834800.0  # of the row that waits
    assert [task.number for task in found.tasks] == [1, 2, 4, 5, 6]
    running = job_of_rows([row(9, "r")])
    assert (running.submitted, running.last) == (0.0, 1795834800.0)
    assert running.id == job_of_rows([row(9, "qw")]).id  # the cursor stays on it when it is started


def test_a_time_in_an_unknown_form_is_not_known() -> None:
    task = listed_task(row(7, "r", time="yesterday"))
    assert task.since == 0.0
    assert seconds(job(submitted=5.0), task, 100.0) is None


def test_how_long() -> None:
    running, queued = listed_task(row(7, "r")), listed_task(row(7, "qw", time=""))
    assert seconds(job(), running, 1795834860.5) == 60
    assert seconds(job(), running, 5.0) == 0  # a clock that is behind
    assert seconds(job(submitted=40.0), queued, 100.0) == 60
    assert seconds(job(), ended_task(0, end(took=2.5)), 1e9) == 2.5
    assert seconds(job(tasks=2, submitted=40.0), None, 100.0) == 60
    over = job(tasks=2, submitted=40.0, ended={1: end(at=50.0), 2: end(at=70.0)})
    assert seconds(over, None, 100.0) == 30
    assert seconds(job_of_rows([row(9, "r", "1")]), None, 100.0) is None


def test_figures_are_cut_out_of_the_usage() -> None:
    some = end()._replace(usage="xcpu=1 cpu=2.5 end_time=x io=")
    assert [figure(some, name) for name in ("cpu", "end_time", "io", "mem")] == [2.5, 0.0, 0.0, 0.0]
    assert figure(some._replace(usage="cpu=1.0"), "cpu") == 1.0
