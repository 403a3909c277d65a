"""The moment in which qstat -j shows the usage of a finished job."""

from __future__ import annotations

import pytest

from drmaa_cli.jobs.job_end import Outcome
from drmaa_cli.jobs.tracked_job import Rules
from tests.core import evidence
from tests.core.watch import ABORTED, Watch, exited, info, signaled
from tests.tables import each_row


def test_the_finished_window_tells_an_exit_status_early() -> None:
    watch = Watch().listed(evidence.row("r")).listed(now=1).detailed(evidence.window(), now=1)
    assert info(watch.end) == exited(7)
    assert watch.end is not None
    usage = watch.end.resource_usage()
    assert list(usage)[:6] == ["io", "iow", "mem", "cpu", "vmem", "maxvmem"]
    assert usage["exit_status"] == "7.0000"
    assert len(usage) == 35


@each_row("status", [0, 1, 98, 101, 128])
def test_the_finished_window_tells_every_plain_exit_status(status: int) -> None:
    watch = Watch().listed(evidence.row("r")).listed(now=1)
    assert info(watch.detailed(evidence.window(changes={"exit_status": float(status)}), now=1).end) == exited(
        status
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"exit_status": 99}, {"exit_status": 100}, {"exit_status": 129}, {"exit_status": -1},
        {"signal": 910.0}, {"end_time": 0.0},
    ],
    ids=str,
)  # fmt: skip
def test_the_finished_window_does_not_decide_what_it_cannot_know(changes: dict[str, float]) -> None:
    watch = Watch().listed(evidence.row("r")).listed(now=1)
    assert watch.detailed(evidence.window(changes=changes), now=1).alive
    assert watch.recorded(evidence.record("qacct.j_exit1"), now=2).end is not None


def test_the_finished_window_of_a_job_that_we_deleted_waits_for_the_record() -> None:
    watch = Watch().listed(evidence.row("r")).deleted(pending=False).listed(now=1)
    assert watch.detailed(evidence.window(), now=1).alive
    assert info(watch.recorded(evidence.record("qacct.j_exit3"), now=2).end) == ABORTED


NO_ACCOUNTING = Rules(grace=30.0, accounting=False)


@each_row(
    "changes, deleted, expected",
    [
        ({}, False, exited(7)),
        ({"exit_status": 0}, False, exited(0)),
        ({"exit_status": 200}, False, exited(200)),
        ({"exit_status": 139, "signal": 912.0}, False, signaled("SIGSEGV")),
        ({"exit_status": 137, "signal": 910.0}, False, signaled("SIGKILL")),
        ({"exit_status": 137, "signal": 910.0}, True, ABORTED),
    ],
)
def test_where_no_accounting_is_written_the_finished_window_tells_all(
    changes: dict[str, float], expected: tuple[object, ...], *, deleted: bool
) -> None:
    watch = Watch(rules=NO_ACCOUNTING).listed(evidence.row("r"))
    if deleted:
        watch.deleted(pending=False)
    watch.listed(now=1).detailed(evidence.window(changes=changes), now=1)
    assert info(watch.end) == expected


def test_where_no_accounting_is_written_nobody_waits_for_it() -> None:
    assert Watch(rules=NO_ACCOUNTING).listed(evidence.row("r")).gone(now=1).end.outcome is Outcome.NO_USAGE
