from __future__ import annotations

import pytest

from fake_sge.engine.reasons import explain
from fake_sge.engine.scheduling import set_priorities
from fake_sge.engine.state import STOCK_TIMING
from fake_sge.model import Range, Resource
from fake_sge.model.operations import QueueAction

from .engine_kit import ALICE, BOB, ROOT, Kit


def test_slots_limit_what_runs() -> None:
    kit = Kit(slots=2)
    for _ in range(3):
        kit.put()
    kit.run()
    assert kit.running() == [(1, 1), (2, 1)]
    assert kit.letters(3) == "qw"
    kit.end(1)
    kit.run()
    assert kit.running() == [(2, 1), (3, 1)]


def test_a_task_is_transferring_until_it_is_reported() -> None:
    kit = Kit()
    number = kit.put()
    kit.run()
    assert kit.letters(number) == "t"
    kit.begin(number)
    assert kit.letters(number) == "r"


def test_arrays_stay_unexpanded_until_dispatched() -> None:
    kit = Kit(slots=3)
    job = kit.jobs[kit.put(tasks=(1, 70000, 1))]
    kit.run()
    assert sorted(job.tasks) == [1, 2, 3]
    assert len(job.waiting) == 69997


def test_tc_limits_concurrency() -> None:
    kit = Kit(slots=8)
    number = kit.put(tasks=(1, 9, 2), max_concurrent=2)
    kit.run()
    assert kit.running() == [(number, 1), (number, 3)]
    # capture state.array_mix.j
    texts = [message.text for message in explain(kit.engine.state, kit.now, number)]
    assert texts == ["not all array tasks may be started due to 'max_aj_instances'"]
    kit.end(number, 1)
    kit.run()
    assert kit.running() == [(number, 3), (number, 5)]


def test_future_start_times() -> None:
    kit = Kit()
    number = kit.put(execution_time=kit.now + 100)
    kit.run(50)
    assert kit.letters(number) == "qw"  # no h: capture state.qw_future.plain
    assert [item.text for item in explain(kit.engine.state, kit.now, number)] == [
        "execution time not reached"
    ]
    assert kit.engine.next_event() <= kit.now + 50
    kit.run(50)
    assert kit.letters(number) == "t"


def test_hold_jid_waits_for_all_tasks_by_id_and_name() -> None:
    kit = Kit()
    first = kit.put(name="first", tasks=(1, 2, 1))
    by_id = kit.put(hold_jid=(str(first), "999999"))
    by_name = kit.put(hold_jid=("fir*",))
    foreign = kit.put(BOB, hold_jid=("first",))
    kit.run()
    assert kit.letters(by_id) == kit.letters(by_name) == "hqw"
    assert kit.letters(foreign) == "t"  # names mean the user's own jobs
    kit.end(first, 1)
    kit.run()
    assert kit.letters(by_id) == "hqw"
    kit.end(first, 2)
    kit.run()
    assert kit.letters(by_id) == kit.letters(by_name) == "t"


def test_a_deleted_predecessor_releases_its_successors() -> None:
    kit = Kit()
    first = kit.put(user_hold=True)
    second = kit.put(hold_jid=(str(first),))
    kit.apply("delete", first, None, ALICE, False)
    kit.run()
    assert kit.letters(second) == "t"


def test_array_dependencies_are_lifted_task_by_task() -> None:
    kit = Kit(slots=2)
    first = kit.put(tasks=(1, 2, 1))
    second = kit.put(tasks=(1, 2, 1), hold_jid_ad=(str(first),))
    kit.run()
    assert kit.letters(second, 1) == kit.letters(second, 2) == "hqw"
    kit.end(first, 2)
    kit.run()
    assert kit.running() == [(first, 1), (second, 2)]
    assert kit.letters(second, 1) == "hqw"


@pytest.mark.parametrize("action", [QueueAction.DISABLE, QueueAction.SUSPEND])
def test_closed_queues_get_no_jobs(action: QueueAction) -> None:
    kit = Kit()
    kit.apply("change_queue", "all.q@localhost", action, ROOT)
    number = kit.put()
    kit.run()
    assert kit.letters(number) == "qw"
    word = "disabled" if action is QueueAction.DISABLE else "temporarily not available"
    assert f'queue instance "all.q@localhost" dropped because it is {word}' in [
        item.text for item in explain(kit.engine.state, kit.now)
    ]


def test_requests_choose_the_queue() -> None:
    kit = Kit(queues={"short.q": {"h_rt": "60"}, "long.q": {}})
    number = kit.put(hard_resources=(Resource("h_rt", "3600"),))
    kit.run()
    assert kit.task(number).granted[0].queue == "long.q"
    bound = kit.put(hard_queues=("short.q@local*",))
    kit.run()
    assert kit.task(bound).granted[0].instance == "short.q@localhost"


def test_consumables_are_consumed_and_given_back() -> None:
    kit = Kit(complexes=("gpu gpu INT <= YES YES 0 0",), complex_values="gpu=3")
    numbers = [kit.put(hard_resources=(Resource("gpu", "2"),)) for _ in range(2)]
    kit.run()
    assert kit.running() == [(numbers[0], 1)]
    kit.end(numbers[0])
    kit.run()
    assert kit.running() == [(numbers[1], 1)]


def test_pe_ranges_take_the_most_that_fits() -> None:
    kit = Kit(slots=6)
    number = kit.put(pe="smp", pe_ranges=(Range(2, 9999999),))
    kit.run()
    assert kit.task(number).slots == 6
    assert kit.task(number).granted_pe == "smp"


def test_a_pe_job_that_does_not_fit_waits() -> None:
    kit = Kit(slots=4)
    kit.put()
    kit.run()
    number = kit.put(pe="smp", pe_ranges=(Range(4, 4),))
    kit.run()
    assert kit.letters(number) == "qw"
    texts = [item.text for item in explain(kit.engine.state, kit.now, number)]
    assert 'cannot run in PE "smp" because it only offers 0 slots' in texts  # seen on a real 8.1.9


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ("$fill_up", [4, 1]),
        ("$round_robin", [3, 2]),
        ("$pe_slots", None),
    ],
)
def test_allocation_rules(rule: str, given: list[int] | None) -> None:
    kit = Kit(slots=4, hosts=("a", "b"), parallel_environments={"mpi": {"allocation_rule": rule}})
    number = kit.put(ALICE._replace(host="a"), pe="mpi", pe_ranges=(Range(5, 5),))
    kit.run()
    task = kit.jobs[number].tasks.get(1)
    assert (sorted((item.slots for item in task.granted), reverse=True) if task else None) == given


def test_priorities_of_a_single_job_and_of_several() -> None:
    # observed on a real 8.1.9: a PE job of 2 slots among others of 1 and 8
    kit = Kit()
    alone = kit.put()
    kit.engine.state.unseen.clear()  # as if the scheduler had found no place
    set_priorities(kit.engine.state, kit.now)
    assert kit.jobs[alone].priority == 0.5
    two = kit.put(pe="smp", pe_ranges=(Range(2, 2),))
    eight = kit.put(pe="smp", pe_ranges=(Range(8, 8),))
    held = kit.put(user_hold=True)
    kit.engine.state.unseen.clear()
    set_priorities(kit.engine.state, kit.now)
    jobs = kit.jobs
    assert [round(jobs[number].priority, 5) for number in (alone, two, eight, held)] == [
        0.25,
        0.32143,
        0.75,
        0.0,
    ]
    assert round(jobs[two].normalised_urgency, 5) == 0.14286
    assert jobs[eight].urgency == 8000
    assert jobs[held].normalised_tickets == 0.0


def test_more_slots_and_longer_waits_go_first() -> None:
    kit = Kit(slots=2)
    kit.put()
    kit.put()
    kit.run()
    early = kit.put()
    kit.now += 60
    late = kit.put()
    wide = kit.put(pe="smp", pe_ranges=(Range(2, 2),))
    kit.end(1)
    kit.end(2)
    kit.run()
    assert kit.running() == [(wide, 1)]
    kit.end(wide)
    kit.run()
    assert kit.running() == [(early, 1), (late, 1)]


def test_priority_counts_when_it_is_weighted() -> None:
    kit = Kit(slots=1, scheduler={"weight_priority": "1.0"})
    low = kit.put(priority=-500)
    high = kit.put()
    kit.run()
    assert kit.running() == [(high, 1)]
    assert kit.letters(low) == "qw"


def test_the_scheduler_runs_at_once_when_a_host_tells_another_load() -> None:
    kit = Kit(queues={"all.q": {"load_thresholds": "np_load_avg=1.75"}}, hosts={"localhost": {"load": 9}})
    number = kit.put()
    kit.run()
    assert kit.letters(number) == "qw"
    assert kit.engine.next_event() > kit.now
    kit.apply("host_load", "localhost", {"load": 0.5})
    assert kit.engine.next_event() == kit.now
    kit.run()
    assert kit.letters(number) == "t"


def test_the_stock_scheduler_runs_every_15_seconds() -> None:
    kit = Kit(STOCK_TIMING)
    number = kit.put()
    due = kit.engine.next_event()
    assert kit.now < due <= kit.now + 15
    assert due % 15 == 0
    kit.now = due
    kit.apply("schedule")
    assert kit.letters(number) == "t"
    kit.now += 1
    kit.end(number)
    assert kit.engine.next_event() == due + 15
    assert kit.engine.state.accounting[0].due == kit.now + 15
    kit.run(14)
    assert number not in kit.jobs
