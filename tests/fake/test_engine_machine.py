"""A random walk over the engine: whatever is done in whatever order, nothing is lost or counted twice."""

from __future__ import annotations

import pickle
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from fake_sge.engine.engine import Engine
from fake_sge.model import Exit, Hold, Range, Rerun, Status
from fake_sge.model.operations import Actor, QueueAction
from fake_sge.options import CellOptions, make_config

from .engine_kit import ALICE, BOB, ROOT, START, make_spec, simulated

SLOTS = 3
OPTIONS = CellOptions(slots=SLOTS, queues={"a.q": {}, "b.q": {"slots": "2"}}, max_job_number=20)
ACTORS = st.sampled_from([ALICE, BOB, ROOT])
HOLDS = st.sampled_from([Hold.USER, Hold.OPERATOR, Hold.SYSTEM, Hold.USER | Hold.SYSTEM])
TASKS = st.none() | st.builds(
    lambda first, more: [Range(first, first + more)], st.integers(1, 6), st.integers(0, 3)
)


class CellMachine(RuleBasedStateMachine):
    """Applies operations to an engine and remembers them for a replay."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine.fresh(make_config(OPTIONS, "/tmp", "/spool", "root"))
        self.now = START
        self.journal: list[tuple[str, float, tuple[Any, ...]]] = []
        self.seen: dict[int, int] = {}

    def apply(self, name: str, *args: Any) -> Any:
        self.journal.append((name, self.now, args))
        return self.engine.apply(name, self.now, *args)

    @rule(
        target=jobs,
        actor=ACTORS,
        tasks=st.none() | st.tuples(st.just(1), st.integers(1, 6), st.integers(1, 2)),
        held=st.booleans(),
        rerun=st.sampled_from(Rerun),
        run_time=st.none() | st.integers(0, 20),
        slots=st.none() | st.integers(1, 4),
        limit=st.integers(0, 2),
        after=st.lists(jobs, max_size=2),
        by_task=st.booleans(),
        later=st.integers(-5, 30),
    )
    def submit(  # noqa: PLR0917 hypothesis gives them by name
        self,
        actor: Actor,
        tasks: tuple[int, int, int] | None,
        held: bool,
        rerun: Rerun,
        run_time: int | None,
        slots: int | None,
        limit: int,
        after: list[int],
        by_task: bool,
        later: int,
    ) -> Any:
        spec: dict[str, Any] = {
            "user_hold": held,
            "rerun": rerun,
            "max_concurrent": limit,
            "execution_time": self.now + later if later > 0 else 0.0,
        }
        spec["hold_jid_ad" if by_task and tasks else "hold_jid"] = tuple(str(number) for number in after)
        if tasks:
            spec["tasks"] = tasks
        if run_time is not None:
            spec["simulation"] = simulated(float(run_time))
        if slots is not None:
            spec.update(pe="smp", pe_ranges=(Range(slots, slots),))
        number = self.apply("submit", make_spec(actor, **spec)).number
        if number is None:
            return multiple()
        return number

    @rule(seconds=st.integers(0, 15))
    def schedule(self, seconds: int) -> None:
        self.now += seconds
        self.apply("schedule")

    @rule(
        pick=st.randoms(use_true_random=False),
        code=st.sampled_from([0, 1, 99, 100]),
        signal=st.sampled_from([0, 9, 11]),
        failed=st.sampled_from([0, 0, 0, 26, 37]),
    )
    def end_one(self, pick: Any, code: int, signal: int, failed: int) -> None:
        real = [
            (number, task)
            for number, task in self.engine.state.running
            if self.engine.state.jobs[number].spec.simulation is None
        ]
        if real:
            number, task = pick.choice(real)
            run = self.engine.state.jobs[number].tasks[task].run
            self.apply("started", number, task, run)
            self.apply(
                "exited",
                number,
                task,
                run,
                Exit(failed, 128 + signal if signal else code, signal, self.now, self.now, {}, ""),
            )

    @rule(number=jobs, tasks=TASKS, actor=ACTORS, force=st.booleans())
    def delete(self, number: int, tasks: list[Range] | None, actor: Actor, force: bool) -> None:
        self.apply("delete", number, tasks, actor, force)

    @rule(number=consumes(jobs))
    def delete_all_of_it(self, number: int) -> None:
        self.apply("delete", number, None, ROOT, True)
        assert number not in self.engine.state.jobs or self.engine.state.jobs[number].tasks

    @rule(number=jobs, tasks=TASKS, actor=ACTORS, add=HOLDS, remove=st.booleans())
    def hold(self, number: int, tasks: list[Range] | None, actor: Actor, add: Hold, remove: bool) -> None:
        numbers = None if tasks is None else [task for piece in tasks for task in piece.ids()]
        self.apply("change_holds", number, numbers, remove, add, actor)

    @rule(
        number=jobs,
        tasks=TASKS,
        actor=ACTORS,
        name=st.sampled_from(["suspend", "unsuspend", "clear_error", "reschedule"]),
    )
    def operate(self, number: int, tasks: list[Range] | None, actor: Actor, name: str) -> None:
        self.apply(name, number, tasks, actor)

    @rule(action=st.sampled_from(QueueAction), queue=st.sampled_from(["a.q@localhost", "b.q@localhost"]))
    def operate_queue(self, action: QueueAction, queue: str) -> None:
        self.apply("change_queue", queue, action, ROOT)

    @rule(number=jobs, task=st.integers(1, 4))
    def fail(self, number: int, task: int) -> None:
        self.apply("fail", number, task, "broken")

    @invariant()
    def slots_add_up(self) -> None:
        state = self.engine.state
        used = dict.fromkeys(state.instances, 0)
        for number, task in state.running:
            for piece in state.jobs[number].tasks[task].granted:
                used[piece.instance] += piece.slots
        assert used == {name: instance.used for name, instance in state.instances.items()}
        assert all(0 <= instance.used <= instance.slots for instance in state.instances.values())

    @invariant()
    def running_tasks_are_those_that_say_so(self) -> None:
        state = self.engine.state
        said = {
            (job.number, task.number)
            for job in state.jobs.values()
            for task in job.tasks.values()
            if task.status in (Status.RUNNING, Status.TRANSFERRING)
        }
        assert said == set(state.running)

    @invariant()
    def every_task_is_in_one_place(self) -> None:
        for job in self.engine.state.jobs.values():
            everything = set(job.spec.array.ids())
            ended = {
                task
                for old in self.engine.state.zombies
                if old.number == job.number
                for task in old.zombies or ()
            }
            places = [set(job.waiting), set(job.tasks), ended]
            assert sum(map(len, places)) == len(everything)
            assert set.union(*places) == everything
            assert job.waiting or job.tasks
            held = {task for _, members in job.holds for task in members}
            assert set(job.free) == set(job.waiting) - held

    @invariant()
    def dependencies_are_mutual_and_alive(self) -> None:
        jobs = self.engine.state.jobs
        for job in jobs.values():
            for number in (*job.predecessors, *job.predecessors_ad):
                assert number in jobs
                assert job.number in jobs[number].successors

    @invariant()
    def nobody_is_forgotten_by_the_scheduler(self) -> None:
        state = self.engine.state
        for job in state.jobs.values():
            if job.free and not job.predecessors and job.spec.execution_time <= 0:
                assert job.number in state.ready

    @invariant()
    def users_jobs_are_counted(self) -> None:
        state = self.engine.state
        counts: dict[str, int] = {}
        for job in state.jobs.values():
            counts[job.owner] = counts.get(job.owner, 0) + 1
        assert counts == state.active_of

    def teardown(self) -> None:
        """The journal gives the same state again."""
        again = Engine.fresh(make_config(OPTIONS, "/tmp", "/spool", "root"))
        for name, now, args in pickle.loads(pickle.dumps(self.journal)):
            again.apply(name, now, *args)
        for state in (again.state, self.engine.state):
            state.take_effects()
        assert repr(again.state) == repr(self.engine.state)


CellMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestCellMachine = CellMachine.TestCase
