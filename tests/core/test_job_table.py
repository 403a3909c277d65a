"""The session's memory: order, duplicates, numbers that come again, and nothing that grows for ever."""

from __future__ import annotations

import pickle

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from drmaa_cli.gridengine.records import Details, JobId, Snapshot, TaskRange
from drmaa_cli.jobs.evidence import apply
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.task_numbers import TaskNumbers
from drmaa_cli.jobs.tracked_job import NO_TASK
from tests.core import evidence


def end(status: int = 0) -> End:
    return End(Outcome.EXITED, status, "")


def fill(count: int, tasks: TaskRange | None = None) -> JobTable:
    table = JobTable(evidence.RULES)
    for place in range(1, count + 1):
        table.add(evidence.known(100 + place, tasks, order=place))
    return table


def test_the_earliest_submitted_first() -> None:
    table = fill(3)
    for number in (103, 101, 102):
        assert table.ended(evidence.ended(number, NO_TASK, end(number)))
    order = []
    while (first := table.first_ended()) is not None:
        known, task = first
        order.append((known.number, table.reap(known, task)))
    assert order == [(101, end(101)), (102, end(102)), (103, end(103))]
    assert len(table) == 0


def test_the_order_of_submission_is_not_the_order_of_numbers() -> None:
    table = JobTable(evidence.RULES)
    for order, number in enumerate((9, 3, 7), 1):
        table.add(evidence.known(number, order=order))
        table.ended(evidence.ended(number, NO_TASK, end()))
    first = table.first_ended()
    assert first is not None
    assert first[0].number == 9


def test_an_end_counts_once() -> None:
    table = fill(1)
    assert table.ended(evidence.ended(101, NO_TASK, end(1)))
    assert not table.ended(evidence.ended(101, NO_TASK, end(2)))
    known = table.get(101)
    assert known is not None
    assert table.reap(known, NO_TASK) == end(1)
    assert table.reap(known, NO_TASK) is None
    assert not table.ended(evidence.ended(101, NO_TASK, end(3)))
    assert not table.ended(evidence.ended(555, NO_TASK, end()))
    assert table.first_ended() is None


def test_a_number_that_comes_again_is_another_job() -> None:
    table = fill(1)
    table.ended(evidence.ended(101, NO_TASK, end(1)))
    old = table.get(101)
    new = table.add(evidence.known(101, order=2))
    assert old is not None
    assert table.first_ended() is None, "the end of the old job is not the new one's"
    table.reap(old, NO_TASK)
    assert table.get(101) is new
    table.ended(evidence.ended(101, NO_TASK, end(2)))
    assert table.first_ended() == (new, NO_TASK)


def test_what_an_id_stands_for() -> None:
    table = fill(1)
    array = table.add(evidence.known(500, TaskRange(3, 7, 2), order=2))
    single = table.get(101)
    assert table.find(JobId(101)) == table.find(JobId(101, 1)) == (single, NO_TASK)
    assert table.find(JobId(101, 2)) is None
    assert table.find(JobId(500)) == table.find(JobId(500, 3)) == (array, 3)
    assert table.find(JobId(500, 4)) is None
    assert table.find(JobId(999)) is None


def test_reaped_tasks_are_found_no_more() -> None:
    table = fill(1, TaskRange(1, 2))
    known = table.get(101)
    assert known is not None
    table.ended(evidence.ended(101, 2, end()))
    table.reap(known, 2)
    assert table.find(JobId(101, 2)) is None
    assert table.find(JobId(101, 1)) == (known, 1)
    table.drop(101, [1])
    assert table.get(101) is None
    table.drop(101, [1])


def test_notes_about_a_task_go_with_it() -> None:
    table = fill(1, TaskRange(1, 3))
    known = table.get(101)
    assert known is not None
    row = evidence.row("r", evidence.task_set(1, 2, 3), 101)
    apply(table, Snapshot((row,)), 1)
    table.deleted(101, [1, 2, 99], pending=True)
    apply(table, Snapshot(()), 2)
    apply(table, Details.of((), [101]), 3)
    table.ended(evidence.ended(101, 1, end()))
    table.drop(101, [2])
    for notes in (known.missing, known.faulty, known.last_seen):
        assert set(notes) <= {3}
    for marks in (known.confirmed, known.deleted, known.never_ran):
        assert marks <= {3}


def test_a_million_jobs_reaped_by_id_leave_nothing_behind() -> None:
    """The oldest job stays unreaped, so ends behind it are never the first: they must not pile up."""
    table = fill(1)
    table.ended(evidence.ended(101, NO_TASK, end()))
    size = len(pickle.dumps(table))
    for place in range(2, 5000):
        known = table.add(evidence.known(100 + place, order=place))
        table.ended(evidence.ended(known.number, NO_TASK, end()))
        table.reap(known, NO_TASK)
    assert len(table) == 1
    assert len(pickle.dumps(table)) < size + 5000
    first = table.first_ended()
    assert first is not None
    assert first[0].number == 101


class LedgerMachine(RuleBasedStateMachine):
    """Against a model: an ordered list of (number, task), each waiting, ended or reaped."""

    def __init__(self) -> None:
        super().__init__()
        self.table = JobTable(evidence.RULES)
        self.waiting: dict[tuple[int, int], int] = {}  # (number, task) -> order
        self.ends: dict[tuple[int, int], tuple[int, End]] = {}
        self.submitted = 0

    @rule(number=st.integers(1, 6), tasks=st.sampled_from([None, TaskRange(1, 3), TaskRange(2, 6, 2)]))
    def submit(self, number: int, tasks: TaskRange | None) -> None:
        self.submitted += 1
        self.table.add(evidence.known(number, tasks, order=self.submitted))
        for notes in (self.waiting, self.ends):
            for key in [key for key in notes if key[0] == number]:
                del notes[key]  # type: ignore[attr-defined]  # both are dicts
        for task in [NO_TASK] if tasks is None else tasks.numbers():
            self.waiting[number, task] = self.submitted

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), status=st.integers(0, 255))
    def end_one(self, data: st.DataObject, status: int) -> None:
        key = data.draw(st.sampled_from(sorted(self.waiting)))
        assert self.table.ended(evidence.ended(*key, end(status)))
        assert not self.table.ended(evidence.ended(*key, end(status + 1)))
        self.ends[key] = (self.waiting.pop(key), end(status))

    @rule(number=st.integers(1, 6), task=st.integers(0, 6))
    def end_anything(self, number: int, task: int) -> None:
        if (number, task) not in self.waiting:
            assert not self.table.ended(evidence.ended(number, task, end(77)))

    @rule()
    def reap_first(self) -> None:
        first = self.table.first_ended()
        expected = min(self.ends, key=lambda key: (self.ends[key][0], key[1]), default=None)
        if first is None:
            assert expected is None
            return
        known, task = first
        assert (known.number, task) == expected
        assert self.table.reap(known, task) == self.ends.pop((known.number, task))[1]

    @precondition(lambda self: self.ends)
    @rule(data=st.data())
    def reap_one(self, data: st.DataObject) -> None:
        number, task = data.draw(st.sampled_from(sorted(self.ends)))
        known = self.table.get(number)
        assert known is not None
        assert self.table.reap(known, task) == self.ends.pop((number, task))[1]
        assert self.table.reap(known, task) is None

    @precondition(lambda self: self.waiting or self.ends)
    @rule(data=st.data())
    def another_process_reaps(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted({*self.waiting, *self.ends})))
        self.table.drop(key[0], [key[1]])
        self.waiting.pop(key, None)
        self.ends.pop(key, None)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), now=st.floats(0, 100))
    def look(self, data: st.DataObject, now: float) -> None:
        number, _ = data.draw(st.sampled_from(sorted(self.waiting)))
        known = self.table.get(number)
        assert known is not None
        shown = data.draw(st.sets(st.integers(1, 6)))
        rows = (evidence.row("r", evidence.task_set(*sorted(shown)), number),) if shown else ()
        if known.tasks is None:
            rows = (evidence.row("r", None, number),) if shown else ()
        waiting = set(known.waiting)
        apply(self.table, Snapshot(rows), now)
        absent = waiting - shown if known.tasks is not None else (set() if shown else waiting)
        assert set(known.missing) == absent

    @invariant()
    def agrees(self) -> None:
        held = {*self.waiting, *self.ends}
        assert {known.number for known in self.table} == {number for number, _ in held}
        assert {(known.number, task) for known in self.table for task in known.waiting} == set(self.waiting)
        assert {(known.number, task) for known in self.table for task in known.ended} == set(self.ends)
        assert {known.number for known in self.table.waiting()} == {number for number, _ in self.waiting}
        for known in self.table:
            for notes in (known.missing, known.faulty, known.confirmed, known.deleted, known.never_ran):
                assert set(notes) <= set(known.waiting)


TestLedgerAgainstAModel = LedgerMachine.TestCase


def test_what_is_said_of_an_unknown_job_changes_nothing() -> None:
    table = fill(1)
    table.deletion_asked(999, [NO_TASK])
    table.deletion_refused(999, [NO_TASK])
    table.deleted(999, [NO_TASK], pending=True)
    table.drop(999, [NO_TASK])
    table.answering(5)
    known = table.get(101)
    assert known is not None
    assert (known.asked, known.deleted, known.never_ran) == (set(), set(), set())
    assert len(table) == 1


def test_an_end_that_did_not_reach_the_program_is_there_again() -> None:
    table = fill(1)
    known = table.get(101)
    assert known is not None
    table.ended(evidence.ended(101, NO_TASK, end(3)))
    taken = table.reap(known, NO_TASK)
    assert taken is not None
    assert table.first_ended() is None
    table.give_back(known, NO_TASK, taken)
    assert table.first_ended() == (known, NO_TASK)
    table.reap(known, NO_TASK)
    again = table.add(evidence.known(101, order=2))
    table.give_back(known, NO_TASK, taken)
    assert table.get(101) is again
    assert table.first_ended() is None, "the number is another job's meanwhile"


def test_a_time_in_an_unknown_form_is_passed_over() -> None:
    table = fill(1)
    apply(table, Snapshot((evidence.row("qw", job=101)._replace(time="yesterday"),)), 1)
    known = table.get(101)
    assert known is not None
    assert [row.time for row in known.rows] == ["yesterday"]


def test_ended_jobs_are_not_looked_at_when_something_is_heard_of_others() -> None:
    """Those that nobody has reaped yet may be many."""

    class Watched(TaskNumbers):
        looks = 0

        def __bool__(self) -> bool:
            Watched.looks += 1
            return super().__bool__()

    table = fill(100)
    for known in table:
        known.waiting = Watched(known.all_tasks)
    for number in range(102, 201):
        table.ended(evidence.ended(number, NO_TASK, end()))
    Watched.looks = 0
    assert [known.number for known in table.waiting()] == [101]
    assert (table.lost(), Watched.looks) == ([], 2)
    assert len(table) == 100
