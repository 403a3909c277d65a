"""One job as a session watches it, driven by what is listed, detailed and recorded."""

from __future__ import annotations

from drmaa_cli.gridengine.records import AccountingRecord, Details, Snapshot, TaskRange
from drmaa_cli.jobs.evidence import Evidence, Records, apply
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.job_table import JobTable
from drmaa_cli.jobs.tracked_job import NO_TASK, Rules
from tests.core import evidence
from tests.core.evidence import NUMBER

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
        for fact in apply(self.table, found, now).ends:
            assert not self.ends.keys() & fact.tasks, "ended twice"
            self.ends.update(dict.fromkeys(fact.tasks, fact.end))
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
