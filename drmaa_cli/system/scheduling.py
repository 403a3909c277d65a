"""Questions about why jobs wait: what the scheduler said, whether a job could be started, what surrounds it.

Each is one command that changes nothing. What not everybody may ask, or not every Grid Engine tells, is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from drmaa_cli.gridengine import probe, qstat, queues, surroundings, verification, waiting
from drmaa_cli.gridengine.queues import QueueInstance
from drmaa_cli.gridengine.replies import CommandFailed, UnreadableReply
from drmaa_cli.gridengine.verification import Verification
from drmaa_cli.gridengine.waiting import SchedulerAnswer, WaitingJob
from drmaa_cli.system.cell import IDS_PER_COMMAND, Cluster
from drmaa_cli.system.log import log
from drmaa_cli.system.runner import CommandNotFound
from drmaa_cli.typed import TypeVar

T = TypeVar("T")


class Scheduling:
    """A cell, asked why jobs wait."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def waiting(self, numbers: Sequence[int]) -> SchedulerAnswer:
        """`qstat -j` of these jobs.

        Raises:
            DrmCommunicationException: no qmaster answers.
        """
        jobs: dict[int, WaitingJob] = {}
        messages: list[waiting.Message] = []
        collects = True
        for start in range(0, len(numbers), IDS_PER_COMMAND):
            argv = qstat.details_argv(numbers[start : start + IDS_PER_COMMAND])
            found = self._cluster.retrying(lambda argv=argv: waiting.parse(self._cluster.ask(argv)))  # type: ignore[misc]  # a default of a lambda
            jobs.update(found.jobs)
            messages += found.messages
            collects = collects and found.collects
        return SchedulerAnswer(jobs, tuple(dict.fromkeys(messages)), collects)

    def verify(self, job: int, *, empty: bool) -> Verification | None:
        """Whether a job could be started now, or in an empty cell."""
        argv = verification.argv(job, empty=empty)
        return self._optional(lambda: verification.parse(self._cluster.ask(argv), job))

    def queues(self) -> tuple[QueueInstance, ...] | None:
        """The queue instances."""
        cluster = self._cluster
        argv = queues.argv(cluster.user, cluster.listing_options())
        return self._optional(lambda: queues.parse(cluster.ask(argv)))

    def scheduler(self) -> Mapping[str, str] | None:
        """The scheduler's configuration."""
        argv = surroundings.SCHEDULER_ARGV
        return self._optional(lambda: probe.parse_sconf(self._cluster.ask(argv)))

    def environment(self, name: str) -> Mapping[str, str] | None:
        """A parallel environment's configuration."""
        argv = surroundings.environment_argv(name)
        return self._optional(lambda: probe.parse_sconf(self._cluster.ask(argv)))

    def instances_with(self, environment: str) -> tuple[str, ...] | None:
        """The queue instances that offer a parallel environment."""
        argv = surroundings.instances_argv(environment)
        return self._optional(lambda: surroundings.parse_instances(self._cluster.ask(argv)))

    def quota(self, rule: str) -> str | None:
        """A rule of a resource quota set, as configured."""
        argv = surroundings.quota_argv(rule)
        return self._optional(lambda: surroundings.parse_quota(self._cluster.ask(argv), rule))

    def memory(self) -> Mapping[str, str] | None:
        """The memory of each host."""
        argv = surroundings.MEMORY_ARGV
        return self._optional(lambda: surroundings.parse_memory(self._cluster.ask(argv)))

    def _optional(self, ask: Callable[[], T]) -> T | None:
        """An answer without which the others still say much; DrmCommunicationException without a qmaster."""

        def once() -> T | None:
            try:
                return ask()
            except (CommandFailed, CommandNotFound, UnreadableReply) as err:
                log.info("not to be learnt: %s", err)
                return None

        return self._cluster.retrying(once)
