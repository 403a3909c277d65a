"""Which queue instances qstat and qselect look at: -q, -qs, -U, -pe, -l."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from ...model import CellConfig, Job, QueueInstance
from ...model.access_lists import admits_to_instance
from ...model.expressions import unreadable
from ...model.values import TEXT_TYPES
from ...render.queues import parse_states
from ..interface.qmaster_interface import QmasterInterface
from .resource_requests import ResourceRequest, UnknownResource, matches_host_and_queue, parse_requests
from .switches import Switches


class NoQueues(Exception):
    """The selection is in error: ``text`` on stderr, and exit code 1, or of qstat ``qstat_code``."""

    def __init__(self, text: str = "", qstat_code: int = 1) -> None:
        super().__init__(text)
        self.text = text
        self.qstat_code = qstat_code


class BadState(ValueError):
    """A letter of -qs or -explain that is none; printed twice, the first time after ``error: ``."""


def checked_states(word: str) -> None:
    """Raise BadState for a wrong letter."""
    _, wrong = parse_states(word)
    if wrong is not None:
        raise BadState(f"unknown queue state: {wrong} found in string: {word}")


def in_order_made(qmaster: QmasterInterface) -> list[QueueInstance]:
    """All queue instances, queues in the order in which they were changed (qselect, qhost -q)."""
    places = {name: index for index, name in enumerate(qmaster.config.queues_as_changed)}
    return sorted(qmaster.queue_instances(), key=lambda item: places.get(item.queue.name, len(places)))


class QueueFilter:
    """The queue instances that a command line selects."""

    def __init__(self, switches: Switches, qmaster: QmasterInterface) -> None:
        self._switches = switches
        self._qmaster = qmaster
        self.restricts_jobs = any(name in switches for name in ("-q", "-l", "-pe", "-U"))

    def selected(self) -> list[QueueInstance]:
        """In the order of ``qstat -f``. Raises NoQueues."""
        found = self.as_made()
        return sorted(found, key=lambda item: (item.queue.seq_no, item.queue.name, item.host))

    def as_made(self) -> list[QueueInstance]:
        """In the order in which the queues were made, as qselect lists them. Raises NoQueues."""
        instances = self._by_reference(in_order_made(self._qmaster))
        for word in self._switches.words("-qs"):
            state, _ = parse_states(word)
            instances = [item for item in instances if item.state & state]
        instances = self._by_user(self._by_environment(instances))
        return self._by_resources(instances)

    def _by_reference(self, instances: list[QueueInstance]) -> list[QueueInstance]:
        patterns = self._switches.listed("-q")
        if not patterns:
            return instances
        names: set[str] = set()
        problem = ""
        for pattern in patterns:
            names |= {item.name for item in self._qmaster.match_queues(pattern)}
            problem += "".join(f"error: {text}\n" for text in unreadable(pattern.split("@", 1)))
        if not names:
            raise NoQueues(problem)
        return [item for item in instances if item.name in names]

    def _by_environment(self, instances: list[QueueInstance]) -> list[QueueInstance]:
        wanted = self._switches.listed("-pe")
        if not wanted:
            return instances
        known = [name for name in wanted if name in self._qmaster.config.parallel_environments]
        if not known:
            raise NoQueues("error: no such parallel environment\n")
        offering = [item for item in instances if set(known) & set(item.queue.pe_list)]
        if instances and not offering:  # access.queues_pe_none; or -qs has left none (real cell)
            raise NoQueues("error: no queues remaining after -pe queue selection\n", qstat_code=0)
        return offering

    def _by_user(self, instances: list[QueueInstance]) -> list[QueueInstance]:
        """Those that all of the users may use."""
        users, config = self._switches.listed("-U"), self._qmaster.config
        allowed = [
            item for item in instances if all(admits_to_instance(config, item, {user}) for user in users)
        ]
        if instances and not allowed:
            raise NoQueues("error: no queues remaining after -U queue selection\n", qstat_code=0)
        return allowed

    def _by_resources(self, instances: list[QueueInstance]) -> list[QueueInstance]:
        words = self._switches.words("-l")
        if not words:
            return instances
        config = self._qmaster.config
        try:
            requests = [request for word in words for request in parse_requests(word, config)]
        except UnknownResource:
            raise NoQueues from None
        texts = [request.value for request in requests if request.entry.type in TEXT_TYPES]
        if problems := unreadable(texts):
            raise NoQueues("".join(f"error: {text}\n" for text in problems))
        return [item for item in instances if self._offers(item, requests, config)]

    def _offers(self, item: QueueInstance, requests: list[ResourceRequest], config: CellConfig) -> bool:
        loads = self._qmaster.load_values(item.host)
        return matches_host_and_queue(requests, item, loads, config, self._qmaster.used_of)

    def job_filter(self, instances: Sequence[QueueInstance]) -> Callable[[Job], bool] | None:
        """Whether a pending job fits into any of the selected queues; None: all jobs are shown.

        Of its own -q only whole names count, not what patterns and host groups mean (real cell).
        """
        if not self.restricts_jobs:
            return None
        config = self._qmaster.config

        def fits(job: Job) -> bool:
            words = ",".join(f"{name}={value}" for name, value in job.spec.hard_resources)
            requests = parse_requests(words, config) if words else []
            patterns = job.spec.hard_queues
            # Real cell: one with a project is not shown, an array dependency is in any case (w4.l).
            return bool(job.array_hold) or any(
                job.spec.project is None
                and (not patterns or item.queue.name in patterns or item.name in patterns)
                and self._offers(item, requests, config)
                for item in instances
            )

        return fits
