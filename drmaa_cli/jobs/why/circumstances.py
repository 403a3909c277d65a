"""What was asked about a job that has not ended, for a judgement of why it waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from drmaa_cli.gridengine.queues import QueueInstance
from drmaa_cli.gridengine.records import Hold, JobRow
from drmaa_cli.gridengine.verification import Verification
from drmaa_cli.gridengine.waiting import WaitingJob
from drmaa_cli.typed import NamedTuple

_NONE: Mapping[str, str] = MappingProxyType({})


class ParallelEnvironment(NamedTuple):
    """A parallel environment.

    Attributes:
        slots: how many it has in all; None when that is not known.
        rule: its allocation rule; '' when that is not known.
        instances: the names of the queue instances that offer it.
    """

    slots: int | None
    rule: str
    instances: tuple[str, ...]

    @property
    def on_one_host(self) -> bool:
        """Whether all slots of a job are on one host."""
        return self.rule == "$pe_slots"


class Circumstances(NamedTuple):
    """What is known. None is what was not asked for, because it did not matter, or could not be.

    Attributes:
        row: the job in the listing.
        job: the job in full.
        holds: which holds it has.
        predecessors: the rows of jobs that must end first, by number; empty for those not listed.
        now, empty: whether it could be started now, and in an empty cell.
        messages: what the scheduler said when it last ran.
        collects: whether the scheduler says why.
        queues: the queue instances.
        environment: its parallel environment.
        quotas: limits of resource quota sets by rule (``max/1``), as configured.
        scheduler: sched_conf(5).
        memory: how much memory each host has, as printed.
        together: how many tasks of its array run.
        owned: how many jobs and tasks of its owner run.
        ahead: how many jobs and tasks wait before it.
        attempt: how its last run ended, of one that is to be started again: in words.
    """

    row: JobRow
    job: WaitingJob | None = None
    holds: Hold = Hold.NONE
    predecessors: Mapping[int, Sequence[JobRow]] = MappingProxyType({})
    now: Verification | None = None
    empty: Verification | None = None
    messages: tuple[str, ...] = ()
    collects: bool = True
    queues: tuple[QueueInstance, ...] | None = None
    environment: ParallelEnvironment | None = None
    quotas: Mapping[str, str] = _NONE
    scheduler: Mapping[str, str] = _NONE
    memory: Mapping[str, str] = _NONE
    together: int = 0
    owned: int = 0
    ahead: int = 0
    attempt: str = ""

    def queue(self, name: str) -> QueueInstance | None:
        """A queue instance by its name."""
        return next((found for found in self.queues or () if found.name == name), None)
