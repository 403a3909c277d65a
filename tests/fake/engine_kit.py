"""A small driver for the pure engine: no I/O, a clock that only moves when told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_sge.engine.engine import Engine
from fake_sge.engine.state import Timing
from fake_sge.model import Exit, Job, JobSpec, JobType, Range, Simulation, Status, Task, state_letters
from fake_sge.model.operations import Actor, SubmissionReply
from fake_sge.options import CellOptions, make_config

if TYPE_CHECKING:
    from fake_sge.engine.state import Effect

ALICE = Actor("alice", 1001, "users", 100, "localhost")
BOB = Actor("bob", 1002, "users", 100, "localhost")
ROOT = Actor("root", 0, "root", 0, "localhost")
START = 1_800_000_000.0


class Kit:
    """An engine and its clock."""

    def __init__(self, timing: Timing | None = None, **options: Any) -> None:
        self.engine = Engine.fresh(make_config(CellOptions(**options), "/tmpdir", "/spool", "root"), timing)
        self.now = START
        self.effects: list[Effect] = []

    @property
    def jobs(self) -> dict[int, Job]:
        return self.engine.state.jobs

    def apply(self, name: str, *args: object) -> Any:
        result = self.engine.apply(name, self.now, *args)
        self.effects += self.engine.state.take_effects()
        return result

    def submit(self, actor: Actor = ALICE, **spec: Any) -> SubmissionReply:
        answer = self.apply("submit", make_spec(actor, **spec))
        assert isinstance(answer, SubmissionReply)
        return answer

    def put(self, actor: Actor = ALICE, **spec: Any) -> int:
        """Submit; the number."""
        number = self.submit(actor, **spec).number
        assert number is not None
        return number

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass, then the scheduler run."""
        self.now += seconds
        self.apply("schedule")

    def task(self, number: int, task: int = 1) -> Task:
        return self.jobs[number].tasks[task]

    def begin(self, number: int, task: int = 1) -> None:
        self.apply("started", number, task, self.task(number, task).run)

    def end(
        self, number: int, task: int = 1, code: int = 0, signal: int = 0, failed: int = 0, error: str = ""
    ) -> None:
        """The execution host reports an end."""
        running = self.task(number, task)
        start = running.start_time
        status = 128 + signal if signal else code
        self.apply(
            "exited",
            number,
            task,
            running.run,
            Exit(failed, status, signal, start, self.now, {"ru_utime": 0.5}, error),
        )

    def letters(self, number: int, task: int = 1) -> str:
        job = self.jobs[number]
        found = job.tasks.get(task)
        if found is None:
            return state_letters(job, None, job.hold_of_waiting(task))
        instance = self.engine.state.instances[found.granted[0].instance] if found.granted else None
        return state_letters(job, found, queue=instance.state) if instance else state_letters(job, found)

    def running(self) -> list[tuple[int, int]]:
        return list(self.engine.state.running)

    def lines(self) -> list[list[str]]:
        """The accounting lines so far, split."""
        return [line.text.split(":") for line in self.engine.state.accounting]


def make_spec(actor: Actor = ALICE, **spec: Any) -> JobSpec:
    """A job as ``qsub -b y -shell n true`` makes it; ``tasks=(1, 9, 2)`` makes an array."""
    job_type = JobType.BINARY | JobType.NO_SHELL
    if "tasks" in spec:
        spec["array"] = Range(*spec.pop("tasks"))
        job_type |= JobType.ARRAY
    base: dict[str, Any] = {
        "name": "job",
        "owner": actor.user,
        "uid": actor.uid,
        "group": actor.group,
        "gid": actor.gid,
        "submit_host": actor.host,
        "command": "true",
        "job_type": job_type,
    }
    return JobSpec(**{**base, **spec})


def simulated(run_time: float = 10.0, **values: Any) -> Simulation:
    return Simulation(run_time, **values)


def statuses(job: Job) -> dict[int, Status]:
    return {number: task.status for number, task in job.tasks.items()}
