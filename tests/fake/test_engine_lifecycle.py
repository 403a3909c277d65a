from __future__ import annotations

from typing import Any

import pytest

from fake_sge.engine.state import JobGone, SignalTask, StartTask, TaskEnded, Timing
from fake_sge.model import Exit, Hold, Range, Rerun, Resource, State
from fake_sge.model.operations import ChangeOutcome, Finished, JobChange, QueueAction
from tests.tables import each_row

from .engine_kit import ALICE, BOB, ROOT, Kit, simulated

HOLD_USER, DROP_USER = (False, Hold.USER, ALICE), (True, Hold.USER, ALICE)


def started(kit: Kit, **spec: Any) -> int:
    number = kit.put(**spec)
    kit.run()
    for task in kit.jobs[number].tasks:
        kit.begin(number, task)
    return number


def outcomes(changes: list[JobChange]) -> list[ChangeOutcome]:
    return [change.outcome for change in changes]


def test_an_end_frees_the_slot_and_leaves_a_record() -> None:
    kit = Kit()
    number = started(kit, name="hrt", hard_resources=(Resource("h_rt", "0:0:3"),), hard_queues=("all.q",))
    kit.now += 4
    kit.end(number, signal=9, failed=37)
    line = kit.lines()[0]
    # the record of a real 8.1.9 (dialect, "hrt"): same fields, same category
    assert len(line) == 45
    assert line[:8] == ["all.q", "localhost", "users", "alice", "hrt", "1", "sge", "0"]
    assert line[11:14] == ["37", "137", "4"]
    assert line[31:36] == ["NONE", "defaultdepartment", "NONE", "1", "0"]
    assert line[39] == "-q all.q -l h_rt=3"
    assert line[14] == "0.500000"
    assert line[21] == "0"
    assert line[41:] == ["NONE", "0.000000", "0", "0"]
    assert not kit.running()


@each_row(
    "report, failed, status",
    [
        ({"code": 7}, "0", "7"),
        ({"code": 137}, "0", "137"),
        ({"signal": 11}, "100", "139"),
        ({"signal": 9, "failed": 37}, "37", "137"),
        ({"code": 99}, "25", "99"),
        ({"code": 100}, "30", "100"),
    ],
)
def test_failed_codes(report: dict[str, int], failed: str, status: str) -> None:
    kit = Kit()
    number = started(kit)
    kit.end(number, **report)  # type: ignore[arg-type]
    assert kit.lines()[0][11:13] == [failed, status]


def test_ended_jobs_leave_at_the_next_scheduler_run() -> None:
    kit = Kit()
    number = started(kit)
    kit.end(number, code=3)
    finish = kit.task(number).finish
    assert finish is not None
    assert finish.exit_status == 3
    assert kit.jobs[number].script_deleted
    kit.run()
    assert number not in kit.jobs
    assert [job.number for job in kit.engine.state.zombies] == [number]
    assert kit.effects[-1] == JobGone(number)


def test_zombies_are_limited() -> None:
    kit = Kit(global_config={"finished_jobs": "2"})
    for _ in range(3):
        kit.put(simulation=simulated(1))
    kit.run()
    kit.run(2)
    assert [job.number for job in kit.engine.state.zombies] == [2, 3]


def test_exit_99_runs_again_with_a_new_submission_time() -> None:
    kit = Kit()
    number = started(kit)
    kit.now += 5
    kit.end(number, code=99)
    assert kit.letters(number) == "Rq"
    assert kit.jobs[number].submission_time == kit.now
    kit.run()
    kit.begin(number)
    assert kit.letters(number) == "Rr"
    kit.end(number)
    assert [line[11] for line in kit.lines()] == ["25", "0"]


def test_a_rescheduled_task_waits_for_the_cleanup() -> None:
    kit = Kit(Timing(cleanup=45.0))
    number = started(kit, rerun=Rerun.YES)
    kit.apply("reschedule", number, None, ALICE)
    kit.end(number, signal=9)
    kit.run(44)
    assert kit.letters(number) == "Rq"
    kit.run(1)
    assert kit.letters(number) == "Rt"


def test_error_states_keep_the_job_and_clear() -> None:
    kit = Kit()
    number = kit.put()
    kit.run()
    kit.end(number, failed=28, error="[1:2]: error: can't chdir to /no: No such file or directory")
    assert kit.letters(number) == "Eqw"
    kit.run(60)
    assert kit.letters(number) == "Eqw"
    assert outcomes(kit.apply("clear_error", number, None, ALICE)) == [ChangeOutcome.DONE]
    assert outcomes(kit.apply("clear_error", number, None, ALICE)) == [ChangeOutcome.UNCHANGED]
    kit.run()
    assert kit.letters(number) == "t"
    assert kit.task(number).errors == []


def test_a_deleted_job_in_error_leaves_no_second_record() -> None:
    kit = Kit()
    number = kit.put()
    kit.run()
    kit.end(number, failed=26)
    assert outcomes(kit.apply("delete", number, None, ALICE, False)) == [ChangeOutcome.DELETED]
    assert len(kit.lines()) == 1
    assert number not in kit.jobs


def test_deletion_of_pending_and_running_tasks_of_an_array() -> None:
    # capture op.qdel.task_range_dot: 3 runs, 5 and 7 wait
    kit = Kit(slots=2)
    number = started(kit, tasks=(1, 9, 2))
    changes = kit.apply("delete", number, [Range(3, 7, 2)], ALICE, False)
    assert [(change.outcome, change.task) for change in changes] == [
        (ChangeOutcome.REGISTERED, 3),
        (ChangeOutcome.DELETED, None),
    ]
    assert list(changes[1].tasks) == [5, 7]
    assert SignalTask(number, 3, 1, "kill") in kit.effects
    assert kit.letters(number, 3) == "dr"
    assert outcomes(kit.apply("delete", number, [Range(3, 3)], ALICE, False)) == [
        ChangeOutcome.ALREADY_DELETING
    ]
    kit.end(number, 3, signal=9)
    assert kit.lines()[0][11:13] == ["100", "137"]


@pytest.mark.parametrize(("failed", "signal"), [(0, 0), (100, 9), (37, 9)])
def test_an_exit_status_over_128_is_a_signal_where_the_host_took_it_for_one(failed: int, signal: int) -> None:
    kit = Kit()
    number = started(kit)
    kit.end(number, code=137, failed=failed)
    ends = [effect.finished for effect in kit.effects if isinstance(effect, TaskEnded)]
    assert ends == [Finished(1, 137, signal, failed)]


def test_deleting_what_never_ran_leaves_no_record_but_a_zombie() -> None:
    kit = Kit()
    number = kit.put(tasks=(1, 3, 1), user_hold=True)
    assert kit.apply("delete", number, None, ALICE, False) == [JobChange(ChangeOutcome.DELETED, number)]
    assert kit.lines() == []
    zombies = kit.engine.state.zombies[0].zombies
    assert zombies is not None
    assert list(zombies) == [1, 2, 3]
    assert [effect for effect in kit.effects if isinstance(effect, TaskEnded)] == [
        TaskEnded(number, Finished(task, deleted=True)) for task in (1, 2, 3)
    ]


def test_unknown_and_foreign_jobs() -> None:
    kit = Kit()
    number = kit.put()
    for name in ("delete", "suspend", "unsuspend", "clear_error", "reschedule"):
        assert outcomes(kit.apply(name, 99, None, ALICE)) == [ChangeOutcome.NO_SUCH_JOB]
        assert outcomes(kit.apply(name, number, None, BOB)) == [ChangeOutcome.DENIED]
    assert outcomes(kit.apply("delete", number, [Range(7, 7)], ALICE, False)) == [ChangeOutcome.NO_SUCH_TASK]
    assert outcomes(kit.apply("delete", number, None, ROOT, False)) == [ChangeOutcome.DELETED]


def test_forced_deletion_needs_rights() -> None:
    kit = Kit()
    number = started(kit)
    assert outcomes(kit.apply("delete", number, None, ALICE, True)) == [ChangeOutcome.FORCE_DENIED]
    assert outcomes(kit.apply("delete", number, None, ROOT, True)) == [ChangeOutcome.FORCED]
    assert number not in kit.jobs
    assert not kit.running()


def test_user_holds() -> None:
    kit = Kit()
    number = kit.put(tasks=(1, 3, 1))
    changes = kit.apply("change_holds", number, [2, 3], *HOLD_USER)
    assert [(change.outcome, change.task) for change in changes] == [
        (ChangeOutcome.DONE, 2),
        (ChangeOutcome.DONE, 3),
    ]
    kit.run()
    assert kit.running() == [(number, 1)]
    assert kit.letters(number, 2) == "hqw"
    assert outcomes(kit.apply("change_holds", number, [2, 3], *HOLD_USER)) == [ChangeOutcome.UNCHANGED]
    kit.apply("change_holds", number, [3], *DROP_USER)
    kit.run()
    assert kit.running() == [(number, 1), (number, 3)]


def test_a_running_job_can_be_held_and_stays_held() -> None:
    kit = Kit()
    number = started(kit)
    kit.apply("change_holds", number, None, *HOLD_USER)
    assert kit.letters(number) == "hr"
    kit.end(number, code=99)
    kit.run()
    assert kit.letters(number) == "hRq"


@pytest.mark.parametrize(("hold", "need"), [(Hold.SYSTEM, "manager"), (Hold.OPERATOR, "operator")])
def test_other_holds_need_rights(hold: Hold, need: str) -> None:
    kit = Kit()
    number = kit.put()
    change = kit.apply("change_holds", number, None, False, hold, ALICE)[0]
    assert (change.outcome, change.need) == (ChangeOutcome.DENIED_HOLD, need)
    assert outcomes(kit.apply("change_holds", number, None, False, hold, ROOT)) == [ChangeOutcome.DONE]
    assert kit.jobs[number].hold_of_waiting(1) == hold


def test_suspension() -> None:
    kit = Kit()
    number = started(kit)
    assert outcomes(kit.apply("suspend", number, None, ALICE)) == [ChangeOutcome.DONE]
    assert kit.letters(number) == "s"
    assert kit.effects[-1] == SignalTask(number, 1, 1, "suspend")
    assert outcomes(kit.apply("suspend", number, None, ALICE)) == [ChangeOutcome.ALREADY_SUSPENDED]
    assert outcomes(kit.apply("unsuspend", number, None, ALICE)) == [ChangeOutcome.DONE]
    assert outcomes(kit.apply("unsuspend", number, None, ALICE)) == [ChangeOutcome.ALREADY_UNSUSPENDED]
    assert kit.letters(number) == "r"


def test_pending_jobs_cannot_be_suspended() -> None:
    kit = Kit()
    number = kit.put(user_hold=True)
    change = kit.apply("suspend", number, None, ALICE)[0]
    assert (change.outcome, change.task) == (ChangeOutcome.NOT_RUNNING, 1)  # names task 1 also without -t


def test_suspended_queues_suspend_their_jobs() -> None:
    kit = Kit()
    number = started(kit)
    name = "all.q@localhost"
    assert kit.apply("change_queue", name, QueueAction.SUSPEND, ALICE).outcome is ChangeOutcome.DENIED
    assert kit.apply("change_queue", name, QueueAction.SUSPEND, ROOT).outcome is ChangeOutcome.DONE
    assert kit.apply("change_queue", name, QueueAction.SUSPEND, ROOT).outcome is ChangeOutcome.ALREADY_DONE
    assert kit.letters(number) == "S"
    kit.apply("suspend", number, None, ALICE)
    assert kit.letters(number) == "Ss"  # capture state.sS.plain
    kit.apply("change_queue", name, QueueAction.UNSUSPEND, ROOT)
    assert kit.letters(number) == "s"
    assert [effect.action for effect in kit.effects if isinstance(effect, SignalTask)] == ["suspend"]


def test_only_rerunnable_jobs_are_rescheduled() -> None:
    kit = Kit()
    fixed, again = started(kit), started(kit, rerun=Rerun.YES)
    assert outcomes(kit.apply("reschedule", fixed, None, ALICE)) == [ChangeOutcome.NOT_RERUNNABLE]
    assert outcomes(kit.apply("reschedule", again, None, ALICE)) == [ChangeOutcome.DONE]
    kit.end(again, signal=9)
    assert kit.lines()[0][11:13] == ["25", "0"]  # real cell: nothing of the run is told
    assert kit.letters(again) == "Rq"


def test_reports_of_earlier_runs_are_ignored() -> None:
    kit = Kit()
    number = started(kit)
    old = kit.task(number).run
    kit.end(number, code=99)
    kit.run()
    before = kit.lines()
    kit.apply("exited", number, 1, old, Exit(0, 0, 0, 1.0, 2.0))
    assert kit.lines() == before
    assert kit.running() == [(number, 1)]


def test_starts_are_asked_for_once() -> None:
    kit = Kit()
    number = kit.put()
    kit.run()
    kit.run()
    assert kit.effects == [StartTask(number, 1, 1)]


def test_simulated_jobs_end_by_the_clock() -> None:
    kit = Kit()
    number = kit.put(simulation=simulated(30, exit_status=4))
    kit.run()
    assert kit.letters(number) == "r"
    assert kit.engine.next_event() == kit.now + 30
    kit.run(30)
    assert number not in kit.jobs
    line = kit.lines()[0]
    assert (line[11], line[12], line[13]) == ("0", "4", "30")


def test_simulated_failures() -> None:
    kit = Kit()
    killed = kit.put(simulation=simulated(1, signal=11))
    broken = kit.put(simulation=simulated(0, failed=26, error="[1:2]: error: can't open output file"))
    kit.run()
    kit.run(2)
    assert killed not in kit.jobs
    assert kit.letters(broken) == "Eqw"
    records = {line[5]: line[11:13] for line in kit.lines()}
    assert records == {str(killed): ["100", "139"], str(broken): ["26", "0"]}


def test_suspended_simulations_do_not_end() -> None:
    kit = Kit()
    number = kit.put(simulation=simulated(5))
    kit.run()
    kit.apply("suspend", number, None, ALICE)
    kit.run(100)
    assert kit.letters(number) == "s"
    kit.apply("unsuspend", number, None, ALICE)
    kit.run(2)
    assert number not in kit.jobs


def test_altered_requests_count() -> None:
    kit = Kit()
    number = kit.put(user_hold=True)
    kit.apply("alter", number, {"name": "other"}, ALICE)
    assert (kit.jobs[number].name, kit.jobs[number].version) == ("other", 1)
    first = kit.put(user_hold=True)
    kit.apply("alter", number, {"hold_jid": (str(first),)}, ALICE)
    kit.apply("change_holds", number, None, *DROP_USER)
    kit.run()
    assert kit.letters(number) == "hqw"
    assert kit.jobs[first].successors == (number,)


def test_the_error_fault() -> None:
    kit = Kit()
    number = kit.put(tasks=(1, 2, 1))
    assert kit.apply("fail", number, 2, "[0:0]: broken")
    assert not kit.apply("fail", number, 3, "x")
    assert not kit.apply("fail", 99, 1, "x")
    kit.run()
    assert (kit.letters(number, 1), kit.letters(number, 2)) == ("t", "Eqw")
    assert kit.task(number, 2).state & State.ERROR
