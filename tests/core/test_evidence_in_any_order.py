"""Whatever a task's life and however the evidence arrives: not lost, not ended twice, ended as it was.

A life is played first; then listings, `qstat -j` and accounting lines are shown as a real cell would: each
true at its moment, lines late and in batches, listings now and then incomplete.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from drmaa_cli.gridengine.records import AccountingRecord, Details, JobDetail, Snapshot, TaskDetail, TaskRange
from drmaa_cli.jobs.evidence import Evidence, Records, apply
from drmaa_cli.jobs.job_end import End, Outcome, end_without_usage
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.reason import Deletion
from drmaa_cli.jobs.tracked_job import NO_TASK, Rules, TrackedJob
from tests.core import evidence
from tests.core.evidence import NUMBER

FLUSH, MARGIN = 15.0, 15.0
RULES = Rules(FLUSH + MARGIN)


class Life(NamedTuple):
    """A task's states as (from this moment on, letters), its lines as (written at, record), its true end."""

    states: tuple[tuple[float, str], ...]
    lines: tuple[tuple[float, AccountingRecord], ...]
    gone: float
    deleted: tuple[float, bool] | None  # when we had it deleted, and whether it was pending
    end: Outcome
    value: int

    def state(self, now: float) -> str:
        """The letters in a listing, '' when it is not there."""
        letters = ""
        for since, state in self.states:
            if since <= now:
                letters = state
        return "" if now >= self.gone else letters


ENDINGS = st.one_of(
    st.tuples(st.just(0), st.integers(0, 255)),
    st.tuples(st.just(100), st.sampled_from([129, 137, 139, 143])),
    st.tuples(st.just(37), st.just(137)),
)


@st.composite
def lives(draw: st.DrawFn, task: int) -> Life:
    start = draw(st.floats(1, 40))
    states = [(0.0, "qw")]
    lines = []
    for _ in range(draw(st.integers(0, 2))):  # reruns
        states += [(start, "r")]
        again = start + draw(st.floats(1, 30))
        code = draw(st.sampled_from([24, 25]))
        lines.append((again + draw(st.floats(0, FLUSH)), evidence.record(task=task, failed=code, status=99)))
        states += [(again, "Rq")]
        start = again + draw(st.floats(1, 30))
    fate = draw(st.sampled_from(["exits", "deleted pending", "deleted running"]))
    if fate == "deleted pending":
        return Life(tuple(states), tuple(lines), start, (start, True), Outcome.NO_USAGE, 0)
    states += [(start, "r")]
    gone = start + draw(st.floats(0.1, 60))
    failed, status = (100, 137) if fate == "deleted running" else draw(ENDINGS)
    case = "qacct.j_exit0" if failed == 0 else "qacct.j_h_rt"
    record = evidence.record(case, task=task, failed=failed, status=status)
    lines.append((gone + draw(st.floats(0, FLUSH)), record))
    if fate == "deleted running":
        asked = max(start, gone - 1.0)
        return Life(tuple(states), tuple(lines), gone, (asked, False), Outcome.ABORTED, 0)
    outcome = Outcome.EXITED if failed == 0 else Outcome.SIGNALED
    return Life(tuple(states), tuple(lines), gone, None, outcome, status if failed == 0 else status - 128)


class Watcher:
    """A table, and the evidence in whatever order a test takes it."""

    def __init__(self, found: dict[int, Life]) -> None:
        self.lives = found
        self.tasks = None if NO_TASK in found else TaskRange(1, len(found))
        self.table = JobTable(RULES)
        self.known: TrackedJob = self.table.add(evidence.known(tasks=self.tasks))
        self.ends: dict[int, tuple[float, End]] = {}
        self.read_until = 0.0

    def asked_to_delete(self, now: float) -> None:
        for task, life in self.lives.items():
            if life.deleted is not None and life.deleted[0] <= now and task not in self.known.deleted:
                self.table.deleted(NUMBER, [task], pending=life.deleted[1])

    def look(self, now: float, left_out: set[int]) -> None:
        rows = []
        for task, life in self.lives.items():
            letters = life.state(now)
            if letters and task not in left_out:
                rows.append(evidence.row(letters, evidence.task_set(task) if task else None))
        self.apply(Snapshot(tuple(rows)), now)

    def read(self, now: float, *, backwards: bool = False) -> None:
        new = [
            line for life in self.lives.values() for line in life.lines if self.read_until < line[0] <= now
        ]
        self.read_until = now
        lines = sorted(new, key=lambda line: line[0], reverse=backwards)
        self.apply(Records([record for _, record in lines]), now)

    def details(self, now: float) -> None:
        tasks = tuple(
            TaskDetail(task or 1, 128, {}, ())
            for task, life in self.lives.items()
            if life.state(now).endswith("r")
        )
        jobs = []
        if any(life.state(now) for life in self.lives.values()):
            jobs = [
                JobDetail(
                    NUMBER, "", "", evidence.SUBMITTED, self.tasks is not None, TaskRange(1, 1), {}, tasks
                )
            ]
        self.apply(Details.of(jobs, [NUMBER]), now)

    def apply(self, found: Evidence, now: float) -> None:
        for fact in apply(self.table, found, now).ends:
            assert not self.ends.keys() & fact.tasks, "ended twice"
            self.ends.update(dict.fromkeys(fact.tasks, (now, fact.end)))

    def check(self) -> None:
        assert set(self.ends) | set(self.known.waiting) == set(self.lives), "lost"
        assert not set(self.ends) & set(self.known.waiting)
        for task, (when, end) in self.ends.items():
            life = self.lives[task]
            assert when >= life.gone, "ended while it lived"
            assert (end.outcome, end.value) == (life.end, life.value)


def step(watcher: Watcher, now: float, kind: str, left_out: set[int]) -> None:
    watcher.asked_to_delete(now)
    if kind == "look":
        watcher.look(now, left_out)
    elif kind == "read":
        watcher.read(now)
    elif watcher.known.missing:
        watcher.details(now)
    watcher.check()


STEPS = st.lists(
    st.tuples(
        st.floats(0.1, 12),
        st.sampled_from(["look", "read", "details"]),
        st.sets(st.integers(0, 3), max_size=1),
    ),
    max_size=60,
)


def play(watcher: Watcher, steps: list[tuple[float, str, set[int]]]) -> None:
    now = 0.0
    for pause, kind, left_out in steps:
        now += pause
        # A listing leaves a task out once, not for longer than the grace: the next look comes in time.
        step(watcher, now, kind, left_out if kind == "look" else set())
        if kind == "look" and left_out:
            now += 0.1
            step(watcher, now, "look", set())
    end = max([now, *(life.gone for life in watcher.lives.values())])
    for late in (1.0, FLUSH + 1, FLUSH + MARGIN + 2, 2 * (FLUSH + MARGIN) + 4):
        for kind in ("look", "read", "details"):
            step(watcher, end + late, kind, set())
    assert set(watcher.ends) == set(watcher.lives), "never ended"
    assert not watcher.known.waiting


@settings(max_examples=80)
@given(life=lives(NO_TASK), steps=STEPS)
def test_a_single_job(life: Life, steps: list[tuple[float, str, set[int]]]) -> None:
    play(Watcher({NO_TASK: life}), steps)


@settings(max_examples=40)
@given(found=st.tuples(lives(1), lives(2), lives(3)), steps=STEPS)
def test_an_array(found: tuple[Life, ...], steps: list[tuple[float, str, set[int]]]) -> None:
    play(Watcher(dict(enumerate(found, 1))), steps)


@settings(max_examples=40)
@given(life=lives(NO_TASK), order=st.permutations(["look", "read", "details"] * 2))
def test_after_the_end_the_order_of_the_evidence_does_not_matter(life: Life, order: list[str]) -> None:
    watcher = Watcher({NO_TASK: life})
    late = life.gone + 100
    for place, kind in enumerate([*order, "look", "read", "details"]):
        step(watcher, late + place / 10, kind, set())
    expected = life.end, life.value
    if life.end is Outcome.NO_USAGE:
        assert watcher.ends[NO_TASK][1].outcome is Outcome.NO_USAGE
    assert (watcher.ends[NO_TASK][1].outcome, watcher.ends[NO_TASK][1].value) == expected


@given(st.lists(st.sampled_from(["look", "read", "details", "end"]), max_size=30))
def test_nothing_is_said_of_a_task_that_was_reaped(steps: list[str]) -> None:
    table = JobTable(RULES)
    known = table.add(evidence.known())
    assert table.ended(evidence.ended(NUMBER, NO_TASK, end_without_usage(Deletion.NONE)))
    table.reap(known, NO_TASK)
    found: dict[str, Evidence] = {
        "look": Snapshot(()),
        "details": Details.of((), [NUMBER]),
        "read": Records([evidence.record()]),
    }
    for name in steps:
        if name in found:
            assert apply(table, found[name], 10**9).ends == ()
        assert not table.ended(evidence.ended(NUMBER, NO_TASK, end_without_usage(Deletion.NONE)))
    assert table.get(NUMBER) is None
