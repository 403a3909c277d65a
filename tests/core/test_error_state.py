"""A job in error state: when that is its end, and the reason that is told."""

from __future__ import annotations

import pytest

from drmaa_cli.jobs.job_end import Outcome
from drmaa_cli.jobs.reason import Cause
from drmaa_cli.jobs.tracked_job import NO_TASK, Rules
from tests.core import evidence
from tests.core.evidence import NUMBER, SUBMITTED
from tests.core.watch import ABORTED, LATE, Watch, exited, info


@pytest.mark.parametrize("number", [687, 688, 689, 690, 692, 693, 694, 769])
@pytest.mark.parametrize("state", ["Eqw", "hEqw"])
def test_error_state_is_an_end_once_its_record_is_there(number: int, state: str) -> None:
    watch = Watch().listed(evidence.row("t")).in_error(state, now=1)
    assert watch.alive
    watch.recorded(evidence.moved(evidence.recorded()[number, 0], NUMBER), now=2)
    assert info(watch.end) == ABORTED


REASON = "11/27/2026 20:15:38 [0:18036]: error: can't chdir to /no/such: No such file or directory"


def test_the_reason_of_an_error_state_is_asked_for_before_the_job_is_removed() -> None:
    watch = Watch().listed(evidence.row("t")).listed(evidence.row("Eqw"), now=1)
    watch.recorded(evidence.moved(evidence.recorded()[760, 0], NUMBER), now=2)
    assert watch.alive, "without the reason it would be lost"
    watch.detailed(evidence.faulty(REASON), now=3)
    assert watch.end is not None
    found = watch.end.job_info(watch.known.id(NO_TASK))
    assert found.reason == (
        "the working directory could not be entered: can't chdir to /no/such: No such file or directory"
    )
    assert (found.cause, found.failed, found.succeeded) == (Cause.NOT_STARTED, 28, False)


def test_the_reason_without_a_record_and_after_our_deletion() -> None:
    watch = Watch().in_error("Eqw", REASON, now=1).settle(40)
    assert watch.end is not None
    assert watch.end.facts.reason == "can't chdir to /no/such: No such file or directory"
    deleted = Watch().in_error("Eqw", REASON, now=1).deleted(pending=True).listed(now=2)
    assert info(deleted.end) == ABORTED
    assert deleted.end is not None
    assert deleted.end.facts == watch.end.facts


def test_error_state_without_a_record_is_an_end_after_the_grace() -> None:
    watch = Watch().in_error(now=10)
    assert watch.settle(40).alive
    watch.settle(41)
    assert info(watch.end) == ABORTED
    assert watch.end is not None
    sampled = dict.fromkeys(("io", "iow", "mem", "cpu", "vmem", "maxvmem"), "0.0000")
    times = {"submission_time": f"{SUBMITTED:.4f}", "priority": "0.0000"}
    assert list(watch.end.resource_usage().items()) == list({**sampled, **times}.items())


def test_a_cleared_error_starts_anew() -> None:
    watch = Watch().in_error(now=10).listed(evidence.row("qw"), now=20)
    assert watch.settle(LATE).alive
    watch.gone(now=LATE).recorded(evidence.record(), now=LATE)
    assert info(watch.end) == exited(0)


def test_error_state_is_no_end_when_it_is_allowed() -> None:
    watch = Watch(rules=Rules(30.0, error_state_is_end=False)).listed(evidence.row("Eqw"))
    watch.recorded(evidence.moved(evidence.recorded()[687, 0], NUMBER)).settle(LATE)
    assert watch.alive
    watch.deleted(pending=True).gone(now=LATE)
    assert watch.end.outcome is Outcome.NO_USAGE  # libdrmaa: code 24


def test_a_pending_task_in_error_state_that_was_deleted_before_anybody_asked_why() -> None:
    watch = Watch().listed(evidence.row("Eqw")).deleted(pending=True).listed(now=1)
    assert info(watch.end) == ABORTED
    assert watch.end is not None
    assert watch.end.facts.reason == ""


def test_a_pending_task_in_error_state_that_was_deleted_has_its_record() -> None:
    watch = Watch().in_error("Eqw", REASON, now=1).deleted(pending=True)
    watch.recorded(evidence.record()._replace(failed=26)).gone(now=2)
    assert watch.end is not None
    assert watch.end.outcome is Outcome.ABORTED


def test_a_record_tells_of_one_that_was_deleted_before_anybody_asked_why() -> None:
    watch = Watch().listed(evidence.row("Eqw")).deleted(pending=True)
    watch.recorded(evidence.record()._replace(failed=26, start_time=0))
    assert watch.alive
    watch.listed(now=2)
    assert info(watch.end) == ABORTED
    assert watch.end is not None
    assert watch.end.facts.failed == 26
