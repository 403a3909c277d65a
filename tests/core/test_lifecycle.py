"""What became of a job: every row of the table of endings, and whatever order the evidence comes in."""

from __future__ import annotations

import pytest

from drmaa_cli.gridengine import qacct
from drmaa_cli.gridengine.records import TaskRange, TaskSet
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.jobs.lifecycle import covered, covers, endings
from drmaa_cli.jobs.reason import Cause
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import NO_TASK, Rules, TrackedJob
from tests.core import evidence
from tests.core.evidence import NUMBER
from tests.core.watch import ABORTED, LATE, Watch, exited, info, signaled
from tests.gridengine import captured
from tests.tables import each_row

# (job of capture qacct.j_noarg, what wait() says, the state): the table of endings of libdrmaa 8.1.9.
SIGNALS = [
    (731, "SIGHUP"), (732, "SIGINT"), (733, "SIGQUIT"), (734, "SIGILL"), (735, "SIGABRT"), (736, "SIGBUS"),
    (737, "SIGFPE"), (738, "SIGKILL"), (739, "SIGUSR1"), (740, "SIGSEGV"), (741, "SIGUSR2"), (742, "SIGPIPE"),
    (743, "SIGALRM"), (744, "SIGTERM"), (745, "SIGXCPU"), (746, "SIGXFSZ"),
    (747, "SIGunknown signal"), (749, "SIGunknown signal"), (750, "SIGunknown signal"),
    (751, "SIGSEGV"), (752, "SIGABRT"),
]  # fmt: skip
BY_NUMBER = [(job, signaled(name), "done") for job, name in SIGNALS] + [
    (886, signaled("SIGKILL"), "done"),  # h_rt: failed 37
    (756, signaled("SIGUSR1"), "done"),  # s_rt
    (769, ABORTED, "failed"),  # exit 100: failed 30
    (727, ABORTED, "failed"),  # no such program: failed 27
    (760, ABORTED, "failed"),  # chdir: failed 28
    (762, ABORTED, "failed"),  # stdin: failed 26
]
BY_LINE = [
    *((f"qacct.j_exit{n}", exited(n), "done") for n in (0, 1, 3, 98, 101, 127, 128, 129, 139, 143, 255)),
    ("qacct.j_h_rt", signaled("SIGKILL"), "done"),
    ("qacct.j_s_rt", exited(7), "done"),
    ("qacct.j_s_rt_untrapped", signaled("SIGUSR1"), "done"),
    ("qacct.j_sigsegv", signaled("SIGSEGV"), "done"),
    ("qacct.j_ulimit_vmem", exited(2), "done"),
    ("qacct.j_notify_qdel", exited(8), "done"),
    ("qacct.j_qdel_running", signaled("SIGKILL"), "done"),  # somebody else's qdel cannot be told from kill -9
]


@each_row("number, expected, state", BY_NUMBER, ids=[str(row[0]) for row in BY_NUMBER])
def test_endings_by_recorded_record(number: int, expected: tuple[object, ...], state: str) -> None:
    record = evidence.moved(evidence.recorded()[number, 0], NUMBER)
    watch = Watch().listed(evidence.row("r")).gone(now=5).recorded(record, now=6)
    assert info(watch.end) == expected
    assert watch.end is not None
    assert watch.end.state() == state
    assert not watch.known.waiting


@each_row("case, expected, state", BY_LINE, ids=[row[0] for row in BY_LINE])
def test_endings_by_recorded_line(case: str, expected: tuple[object, ...], state: str) -> None:
    watch = Watch().listed(evidence.row("r")).gone(now=5).recorded(evidence.record(case), now=6)
    assert info(watch.end) == expected
    assert watch.end is not None
    assert watch.end.state() == state


@pytest.mark.parametrize("case", ["qacct.j_qdel_running", "qacct.j_sigsegv", "qacct.j_s_rt_untrapped"])
def test_our_own_deletion_of_a_running_job_is_an_abort(case: str) -> None:
    watch = Watch().listed(evidence.row("r")).deleted(pending=False)
    watch.listed(evidence.row("dr"), now=1).gone(now=2).recorded(evidence.record(case), now=9)
    assert info(watch.end) == ABORTED
    assert watch.end is not None
    assert watch.end.state() == "failed"
    assert watch.end.resource_usage()["ru_wallclock"] == f"{evidence.record(case).ru_wallclock:.4f}"


@pytest.mark.parametrize("case", ["qacct.j_exit3", "qacct.j_exit0", "qacct.j_notify_qdel"])
def test_a_job_that_exits_by_itself_when_it_is_deleted_was_aborted(case: str) -> None:
    """libdrmaa, observed: -notify and a trapped SIGUSR2, exit 5 or 0; ignored and an exit."""
    watch = Watch().listed(evidence.row("r")).deleted(pending=False)
    watch.recorded(evidence.record(case), now=1)
    assert info(watch.end) == ABORTED
    assert watch.end is not None
    assert watch.end.state() == "failed"
    assert watch.end.facts.cause is Cause.DELETED


@pytest.mark.parametrize("case", ["qacct.j_qdel_running", "qacct.j_notify_qdel"])
@pytest.mark.parametrize("state", ["dr", "dRr", "ds", "dt"])
def test_somebody_elses_deletion_that_a_listing_showed_is_an_abort(case: str, state: str) -> None:
    watch = Watch().listed(evidence.row("r")).listed(evidence.row(state), now=1).gone(now=2)
    watch.recorded(evidence.record(case), now=3)
    assert info(watch.end) == ABORTED


def test_a_deletion_whose_answer_was_lost_is_seen_by_its_signal() -> None:
    for case, expected in (
        ("qacct.j_qdel_running", ABORTED),
        ("qacct.j_sigsegv", signaled("SIGSEGV")),  # nothing that qdel does
        ("qacct.j_exit3", exited(3)),
    ):
        watch = Watch().listed(evidence.row("r"))
        watch.table.deletion_asked(NUMBER, [NO_TASK])
        watch.gone(now=2).recorded(evidence.record(case), now=3)
        assert info(watch.end) == expected


def test_a_refusal_does_not_take_back_a_deletion_that_was_granted_before() -> None:
    watch = Watch().listed(evidence.row("r")).deleted(pending=False)
    watch.table.deletion_refused(NUMBER, [NO_TASK])  # "does not exist": it is gone already
    watch.gone(now=2).recorded(evidence.record("qacct.j_qdel_running"), now=3)
    assert info(watch.end) == ABORTED


def test_a_deletion_by_force_leaves_no_good_end() -> None:
    """Its record says failed 0 and exit status 0; libdrmaa: code 24 (observed)."""
    (record,) = qacct.parse(captured.case("qacct.after_forced_delete.later").result)
    watch = Watch().listed(evidence.row("r")).gone(now=1).recorded(evidence.moved(record, NUMBER), now=2)
    assert watch.end.outcome is Outcome.NO_USAGE


def test_our_deletion_of_a_pending_job_needs_no_record_and_no_delay() -> None:
    watch = Watch().listed(evidence.row("qw")).deleted(pending=True)
    assert watch.alive
    watch.listed(now=1)
    assert watch.end.outcome is Outcome.NO_USAGE
    assert watch.end.state() == "failed"


def test_a_deletion_that_the_qmaster_has_not_done_yet_ends_nothing() -> None:
    watch = Watch().listed(evidence.row("qw")).deleted(pending=True).listed(evidence.row("qw"), now=LATE)
    assert watch.alive


def test_somebody_elses_deletion_of_a_pending_job_ends_after_the_grace() -> None:
    watch = Watch().listed(evidence.row("qw")).gone(now=100)
    assert watch.settle(130).alive
    assert watch.settle(130.5).end.outcome is Outcome.NO_USAGE


def test_the_grace_begins_anew_when_the_job_comes_back() -> None:
    watch = Watch().listed(evidence.row("r")).gone(now=100)
    watch.listed(evidence.row("r"), now=120).gone(now=140)
    assert watch.settle(131).settle(169).alive
    assert watch.settle(171).end.outcome is Outcome.NO_USAGE


def test_without_the_qmasters_word_no_grace_is_long_enough() -> None:
    watch = Watch().listed(evidence.row("r")).listed(now=100).settle(10**9)
    assert watch.alive


def test_absent_from_one_listing_and_back() -> None:
    watch = Watch().listed(evidence.row("r")).listed(now=10)
    assert watch.known.missing == {NO_TASK: 10}
    assert watch.known.last_seen[NO_TASK].state == "r"
    watch.listed(evidence.row("r"), now=11)
    assert watch.alive
    assert not watch.known.missing
    assert not watch.known.last_seen
    watch.gone(now=20).recorded(evidence.record(), now=21)
    assert info(watch.end) == exited(0)


def test_qstat_j_still_has_a_job_that_a_listing_left_out() -> None:
    watch = Watch().listed(evidence.row("r")).listed(now=10)
    watch.detailed(evidence.window(status=128), now=10).settle(LATE)
    assert watch.alive
    assert not watch.known.missing


def test_qstat_j_has_a_pending_job_without_tasks() -> None:
    watch = Watch().listed(evidence.row("qw")).listed(now=10)
    watch.detailed(evidence.window(finished=()), now=10).settle(LATE)
    assert watch.alive


@pytest.mark.parametrize("number", [727, 760, 762])
def test_a_failed_attempts_record_and_one_flaky_listing_end_nothing(number: int) -> None:
    """With SGE_DRMAA_ALLOW_JOB_ERROR_STATE a job outlives its Eqw record when the error is cleared."""
    watch = Watch(rules=Rules(30.0, error_state_is_end=False)).listed(evidence.row("Eqw"))
    watch.recorded(evidence.moved(evidence.recorded()[number, 0], NUMBER)).listed(evidence.row("r"), now=1)
    watch.listed(now=2)
    assert watch.alive, "absence from one listing ends nothing"
    watch.detailed(evidence.window(status=128), now=2).listed(evidence.row("r"), now=3).gone(now=4)
    watch.recorded(evidence.record("qacct.j_exit3"), now=5)


def test_the_gap_between_leaving_the_listing_and_the_record() -> None:
    watch = Watch().listed(evidence.row("r")).gone(now=100)
    for now in range(101, 130):
        assert watch.settle(now).alive
    assert info(watch.recorded(evidence.record("qacct.j_exit255"), now=129).end) == exited(255)


def test_a_record_before_the_listing_changes_ends_what_ran_by_itself_only() -> None:
    assert info(Watch().listed(evidence.row("r")).recorded(evidence.record("qacct.j_exit1")).end) == exited(1)
    killed = Watch().listed(evidence.row("r")).recorded(evidence.record("qacct.j_sigsegv"))
    assert killed.alive
    assert info(killed.gone(now=1).end) == signaled("SIGSEGV")


def test_a_record_of_a_job_that_no_listing_has_shown() -> None:
    assert info(Watch().recorded(evidence.record()).end) == exited(0)
    killed = Watch().recorded(evidence.record("qacct.j_sigsegv"))
    assert killed.alive
    assert info(killed.gone(now=1).end) == signaled("SIGSEGV")


# --- arrays ------------------------------------------------------------------------------------------------

FIVE = TaskRange(1, 9, 2)


def test_tasks_end_one_by_one() -> None:
    watch = Watch(FIVE).listed(
        evidence.row("r", evidence.task_set(1, 3)), evidence.row("qw", evidence.task_set(5, 7, 9))
    )
    watch.recorded(evidence.record("qacct.j_exit3", task=3))
    assert set(watch.ends) == {3}
    watch.listed(evidence.row("r", evidence.task_set(5)), evidence.row("qw", evidence.task_set(7, 9)), now=1)
    assert set(watch.known.missing) == {1}
    watch.detailed(evidence.window(tasks=FIVE, finished=(1,)), now=1)
    assert set(watch.ends) == {1, 3}
    watch.deleted(pending=True, tasks=(7, 9)).listed(evidence.row("r", evidence.task_set(5)), now=2)
    assert watch.ends[7].outcome is watch.ends[9].outcome is Outcome.NO_USAGE
    watch.gone(now=3).recorded(evidence.record("qacct.j_array_partdel", task=5), now=4)
    assert info(watch.ends[5]) == signaled("SIGKILL")
    assert not watch.known.waiting


def test_tasks_in_error_state_end_alone() -> None:
    watch = Watch(TaskRange(1, 3))
    watch.listed(evidence.row("Eqw", evidence.task_set(2)), evidence.row("r", evidence.task_set(1, 3)))
    watch.detailed(evidence.faulty("why", tasks=TaskRange(1, 3), task=2))
    watch.recorded(evidence.moved(evidence.recorded()[695, 2], NUMBER, 2), now=1)
    assert {task: info(end) for task, end in watch.ends.items()} == {2: ABORTED}


def test_a_row_without_tasks_is_no_task_of_an_array() -> None:
    watch = Watch(TaskRange(1, 2)).listed(evidence.row("r"))
    assert watch.known.missing.keys() == {1, 2}
    assert not covers(evidence.row("r"), 1)
    assert not covers(evidence.row("r", evidence.task_set(1)), NO_TASK)


def test_a_range_that_claims_billions_of_tasks_costs_nothing() -> None:
    watch = Watch(TaskRange(1, 3)).listed(evidence.row("qw", TaskSet([TaskRange(2, 2**32 - 1)])))
    assert watch.known.missing.keys() == {1}


def test_many_tasks_that_leave_at_once_keep_how_they_were_last_seen() -> None:
    tasks = TaskRange(1, 6000)
    watch = Watch(tasks).listed(*(evidence.row("r", evidence.task_set(number)) for number in tasks.numbers()))
    watch.listed(now=1)  # a scan of all rows for each task would take most of a minute
    assert len(watch.known.last_seen) == 6000
    assert watch.known.last_seen[17].tasks == evidence.task_set(17)


def test_a_job_of_which_nothing_new_is_known_has_no_end() -> None:
    assert list(endings(evidence.known(7), {}, 1e9, Rules(0.0))) == []


def test_known_names_its_tasks() -> None:
    assert str(evidence.known(7).id(NO_TASK)) == "7"
    assert str(evidence.known(7, TaskRange(1, 3)).id(2)) == "7.2"
    assert isinstance(evidence.known(), TrackedJob)
    assert info(End(Outcome.EXITED, 4, "")) == exited(4)


@pytest.mark.parametrize("last", [9, 1_000_001])
def test_the_tasks_that_a_row_is_about(last: int) -> None:
    row = evidence.row("qw", TaskSet((TaskRange(1, last, 2),)))
    assert covered(row, TaskNumbers.of(TaskRange(1, 9), (1, 2, 5, 8))) == {1, 5}
    assert covered(evidence.row("qw"), TaskNumbers(TaskRange(NO_TASK, NO_TASK))) == {NO_TASK}
