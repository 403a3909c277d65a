"""Records that are not the end: of an attempt that is run again, of an earlier job of the same number."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from drmaa_cli.jobs.evidence import Records, apply
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.lifecycle import ROUNDING, earliest_submission
from drmaa_cli.jobs.tracked_job import CLOCK_SKEW
from tests.core import evidence
from tests.core.evidence import NUMBER, SUBMITTED
from tests.core.watch import ABORTED, RULES, Watch, exited, info


@pytest.mark.parametrize("number", [605, 880])  # qmod -rj, exit 99
@pytest.mark.parametrize("failed", [24, 25])
def test_an_attempt_that_is_run_again_is_not_the_end(number: int, failed: int) -> None:
    attempt = evidence.moved(evidence.attempts()[number][0], NUMBER)._replace(failed=failed)
    watch = Watch().listed(evidence.row("r")).recorded(attempt, now=1).listed(evidence.row("Rq"), now=2)
    watch.listed(evidence.row("Rr"), now=3).gone(now=4)
    assert watch.alive, "the old attempt's record must not count"
    watch.recorded(evidence.record("qacct.j_exit3"), now=5)
    assert info(watch.end) == exited(3)


def test_a_recorded_rerun_and_its_deletion() -> None:
    """Job 631 of the captures: rescheduled by qmod -rj, then deleted while it ran again."""
    first, last = evidence.attempts()[631]
    watch = Watch().listed(evidence.row("r")).deleted(pending=False)
    watch.recorded(evidence.moved(first, NUMBER), now=1).listed(evidence.row("dRr"), now=2).gone(now=3)
    assert watch.alive
    watch.recorded(evidence.moved(last, NUMBER), now=4)
    assert info(watch.end) == ABORTED


def test_an_old_record_of_the_same_number_is_not_ours() -> None:
    old = evidence.record("qacct.j_exit3", submitted=SUBMITTED - 2 * CLOCK_SKEW)
    watch = Watch().recorded(old).gone(now=1).recorded(old, now=2)
    assert watch.alive
    watch.recorded(evidence.record("qacct.j_exit1"), now=3)
    assert info(watch.end) == exited(1)


def test_clocks_that_differ_by_minutes_do_not_lose_a_record() -> None:
    early = evidence.record("qacct.j_exit3", submitted=SUBMITTED - CLOCK_SKEW / 2)
    assert info(Watch().gone().recorded(early).end) == exited(3)


def test_a_slave_task_of_a_parallel_job_is_not_the_job() -> None:
    slave = evidence.record("qacct.j_sigsegv")._replace(pe_taskid="1.localhost")
    assert Watch().gone().recorded(slave, now=1).alive


@pytest.mark.parametrize("hours", [-5, -1.5, 1.5, 5])
def test_a_clock_that_is_hours_off_is_not_the_qmasters(hours: float) -> None:
    """The qmaster told when the job was submitted, by its own clock."""
    theirs = SUBMITTED + 3600 * hours
    time = datetime.fromtimestamp(theirs, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    watch = (
        Watch().listed(evidence.row("qw")._replace(time=time)).listed(evidence.row("r"), now=1).gone(now=2)
    )
    watch.recorded(evidence.record("qacct.j_exit3", submitted=theirs), now=3)
    assert info(watch.end) == exited(3)
    told = Watch().listed(now=1).detailed(evidence.window(submitted=theirs), now=1)
    assert info(told.end) == exited(7)
    known = Watch().gone(now=2)
    known.known.submission_time = theirs
    early = evidence.record("qacct.j_exit3", submitted=min(theirs, SUBMITTED) - 2 * CLOCK_SKEW)
    assert known.recorded(early, now=3).alive, "of an earlier job of the same number"


def test_what_was_appended_since_the_submission_needs_no_clock() -> None:
    table = JobTable(RULES)
    known = table.add(evidence.known(), marked=True)
    old = evidence.record("qacct.j_exit3", submitted=SUBMITTED - 100 * CLOCK_SKEW)
    apply(table, Records([old]), 1)
    assert known.waiting
    assert [info(fact.end) for fact in apply(table, Records([old], appended=True), 1).ends] == [exited(3)]


def test_the_qmasters_own_time_of_submission_is_believed_before_ours() -> None:
    known = evidence.known()
    assert earliest_submission(known) == SUBMITTED - CLOCK_SKEW
    known.submission_time = SUBMITTED - 3 * CLOCK_SKEW
    assert earliest_submission(known) == known.submission_time - ROUNDING
    known.submission_time = SUBMITTED + 3 * CLOCK_SKEW
    assert earliest_submission(known) == SUBMITTED - CLOCK_SKEW, "the earlier of both"
    known.clock_offset = -5 * CLOCK_SKEW
    assert earliest_submission(known) == SUBMITTED - 6 * CLOCK_SKEW
