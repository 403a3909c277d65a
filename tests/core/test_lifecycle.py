"""What became of a job: every row of the table of endings, and whatever order the evidence comes in."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from drmaa_cli.gridengine import qacct
from drmaa_cli.gridengine.records import AccountingRecord, Details, Snapshot, TaskRange, TaskSet
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.jobs.job_table import Evidence, JobTable, Records
from drmaa_cli.jobs.lifecycle import (
    CLOCK_SKEW,
    NO_TASK,
    Rules,
    TrackedJob,
    covered,
    covers,
)
from drmaa_cli.jobs.reason import Cause
from tests.core import evidence
from tests.core.evidence import NUMBER, SUBMITTED
from tests.gridengine import captured

RULES = Rules(grace=30.0)
LATE = 1000.0


class Watch:
    """A job in a table, and the evidence about it in the order in which it comes."""

    def __init__(self, tasks: TaskRange | None = None, rules: Rules = RULES) -> None:
        self.table = JobTable(rules)
        self.known = self.table.add(evidence.known(tasks=tasks))
        self.ends: dict[int, End] = {}

    def listed(self, *rows: object, now: float = 0.0) -> Watch:
        return self.apply(Snapshot(rows), now)  # type: ignore[arg-type]  # rows of a listing

    def recorded(self, record: AccountingRecord, now: float = 0.0) -> Watch:
        return self.apply(Records([record]), now)

    def detailed(self, details: Details, now: float = 0.0) -> Watch:
        return self.apply(details, now).settle(now)

    def gone(self, now: float = 0.0) -> Watch:
        """Absent from a listing, and qstat -j does not know it either."""
        return self.listed(now=now).detailed(Details.of((), [NUMBER]), now)

    def in_error(self, state: str = "Eqw", *messages: str, now: float = 0.0, task: int = 1) -> Watch:
        """In the error state, and qstat -j tells why."""
        tasks = None if self.known.tasks is None else evidence.task_set(task)
        self.listed(evidence.row(state, tasks), now=now)
        return self.detailed(evidence.faulty(*messages, tasks=self.known.tasks, task=task), now)

    def deleted(self, *, pending: bool, tasks: tuple[int, ...] = (NO_TASK,)) -> Watch:
        self.table.deleted(NUMBER, tasks, pending=pending)
        return self

    def settle(self, now: float) -> Watch:
        """Accounting is read, and says nothing new."""
        return self.apply(Records([]), now)

    def apply(self, found: Evidence, now: float) -> Watch:
        for fact in self.table.apply(found, now).ends:
            assert fact.task not in self.ends, "ended twice"
            self.ends[fact.task] = fact.end
        return self

    @property
    def end(self) -> End | None:
        return self.ends.get(NO_TASK)

    @property
    def alive(self) -> bool:
        return not self.ends and self.table.get(NUMBER) is self.known


def info(end: End | None) -> tuple[bool, bool, bool, int, str]:
    assert end is not None
    found = end.job_info(evidence.known().id(NO_TASK))
    return (found.hasExited, found.hasSignal, found.wasAborted, found.exitStatus, found.terminatedSignal)


def exited(status: int) -> tuple[bool, bool, bool, int, str]:
    return (True, False, False, status, "")


def signaled(name: str) -> tuple[bool, bool, bool, int, str]:
    return (False, True, False, 0, name)


ABORTED = (False, False, True, 0, "")

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


@pytest.mark.parametrize(("number", "expected", "state"), BY_NUMBER, ids=[str(row[0]) for row in BY_NUMBER])
def test_endings_by_recorded_record(number: int, expected: tuple[object, ...], state: str) -> None:
    record = evidence.moved(evidence.recorded()[number, 0], NUMBER)
    watch = Watch().listed(evidence.row("r")).gone(now=5).recorded(record, now=6)
    assert info(watch.end) == expected
    assert watch.end is not None
    assert watch.end.state() == state
    assert not watch.known.waiting


@pytest.mark.parametrize(("case", "expected", "state"), BY_LINE, ids=[row[0] for row in BY_LINE])
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


# --- error state -------------------------------------------------------------------------------------------


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


# --- reruns ------------------------------------------------------------------------------------------------


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


# --- ids that wrap -----------------------------------------------------------------------------------------


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
    table.apply(Records([old]), 1)
    assert known.waiting
    assert [info(fact.end) for fact in table.apply(Records([old], appended=True), 1).ends] == [exited(3)]


# --- the moment in which qstat -j shows the usage of a finished job ----------------------------------------


def test_the_finished_window_tells_an_exit_status_early() -> None:
    watch = Watch().listed(evidence.row("r")).listed(now=1).detailed(evidence.window(), now=1)
    assert info(watch.end) == exited(7)
    assert watch.end is not None
    usage = watch.end.resource_usage()
    assert list(usage)[:6] == ["io", "iow", "mem", "cpu", "vmem", "maxvmem"]
    assert usage["exit_status"] == "7.0000"
    assert len(usage) == 35


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


@pytest.mark.parametrize(
    ("changes", "deleted", "expected"),
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


def test_known_names_its_tasks() -> None:
    assert str(evidence.known(7).id(NO_TASK)) == "7"
    assert str(evidence.known(7, TaskRange(1, 3)).id(2)) == "7.2"
    assert isinstance(evidence.known(), TrackedJob)
    assert info(End(Outcome.EXITED, 4, "")) == exited(4)


@pytest.mark.parametrize("last", [9, 1_000_001])
def test_the_tasks_that_a_row_is_about(last: int) -> None:
    row = evidence.row("qw", TaskSet((TaskRange(1, last, 2),)))
    assert covered(row, {1, 2, 5, 8}) == {1, 5}
    assert covered(evidence.row("qw"), {NO_TASK}) == {NO_TASK}


def test_a_pending_task_in_error_state_that_was_deleted_has_its_record() -> None:
    watch = Watch().in_error("Eqw", REASON, now=1).deleted(pending=True)
    watch.recorded(evidence.record()._replace(failed=26)).gone(now=2)
    assert watch.end is not None
    assert watch.end.outcome is Outcome.ABORTED
