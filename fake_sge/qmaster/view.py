"""The qmaster as commands see it (a ``QmasterInterface``), for one request."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from ..engine.admission import find_jobs
from ..engine.matching import instance_matches
from ..engine.pe_tasks import judged
from ..engine.placement import quotas_of, used_of
from ..engine.reasons import explain, suitability
from ..faults import INSIDE, Fault, FaultKind
from ..model import CellConfig, Job, JobSpec, QueueInstance, SchedulingMessage
from ..model.operations import (
    Actor,
    ChangeOutcome,
    Finished,
    JobChange,
    JobOperation,
    PeTask,
    QueueAction,
    SubmissionReply,
    Warn,
)
from ..model.quotas import QuotaUse
from ..model.requests import ClientSignal
from ..model.resources import known_loads
from ..options import changed_timing
from .hosts import host_down
from .journal import StoreError
from .qmaster import MAX_EVENT_CLIENTS, Qmaster


class Client:
    """What is known of the client process while its command runs."""

    def __init__(self) -> None:
        self.signal = 0

    def listen(self) -> None:
        """Learn of the client's signals from now on; a call from the same process has none."""


class CommandView:
    """One request's view of the cell. All methods are called with the lock held."""

    def __init__(self, qmaster: Qmaster, faults: Sequence[Fault] = (), client: Client | None = None) -> None:
        self.qmaster = qmaster
        self.faults = [fault for fault in faults if fault.kind in INSIDE]
        self.client = client or Client()
        self.hidden = {fault.job for fault in self.faults if fault.kind is FaultKind.HIDE_JOB}

    # ---- reading ---------------------------------------------------------------------------------
    @property
    def now(self) -> float:
        """The cell's time."""
        return self.qmaster.now

    @property
    def config(self) -> CellConfig:
        """The configuration."""
        return self.qmaster.engine.state.config

    def jobs(self) -> Sequence[Job]:
        """All jobs."""
        self.qmaster.fresh_priorities()
        self.qmaster.fresh_usage()
        jobs = self.qmaster.engine.state.jobs
        return [job for number, job in jobs.items() if number not in self.hidden]

    def job(self, number: int) -> Job | None:
        """One job."""
        if number in self.hidden:
            return None
        self.qmaster.fresh_priorities()
        self.qmaster.fresh_usage()
        return self.qmaster.engine.state.jobs.get(number)

    def zombies(self) -> Sequence[Job]:
        """Ended jobs."""
        return list(self.qmaster.engine.state.zombies)

    def find_jobs(self, word: str) -> list[int]:
        """Jobs that a word means."""
        return find_jobs(word, {job.number: job for job in self.jobs()})

    def queue_instances(self) -> Sequence[QueueInstance]:
        """All queue instances."""
        return list(self.qmaster.engine.state.instances.values())

    def match_queues(self, pattern: str) -> list[QueueInstance]:
        """Queue instances that a pattern means, queues in the order of their last changes."""
        places = {name: index for index, name in enumerate(self.config.queues_as_changed)}
        found = [
            instance
            for instance in self.qmaster.engine.state.instances.values()
            if instance_matches(self.config, pattern, instance.queue.name, instance.host)
        ]
        return sorted(found, key=lambda item: places.get(item.queue.name, len(places)))

    def messages(self, job: int | None = None) -> list[SchedulingMessage]:
        """Scheduling messages; none without a scheduler."""
        if self.qmaster.engine.state.scheduler_off:
            return []
        self.qmaster.fresh_priorities()
        return explain(self.qmaster.engine.state, self.now, job)

    def load_values(self, host: str) -> dict[str, str]:
        """Load values of a host."""
        found = self.config.hosts.get(host)
        return known_loads(found) if found is not None else {}

    def quota_uses(self) -> list[QuotaUse]:
        """Limits of resource quotas and their use."""
        state = self.qmaster.engine.state
        return quotas_of(state).uses(list(state.instances.values()))

    @property
    def next_number(self) -> int:
        """Of the next job."""
        return self.qmaster.engine.state.next_number

    def used_of(self, place: str) -> Mapping[str, float]:
        """What is used of consumables."""
        return used_of(self.qmaster.engine.state, place)

    def event_clients(self) -> list[tuple[int, str, str]]:
        """Registered event clients."""
        host = next(iter(self.config.hosts), "localhost")
        clients = self.qmaster.clients
        threads = [] if self.qmaster.engine.state.scheduler_off else [(1, "scheduler", host)]
        if self.config.flavour.is_ocs:
            threads += [(number, f"mirror-{number}", host) for number in (2, 3)]
        return threads + [(number, clients[number][0], host) for number in sorted(clients)]

    # ---- changing --------------------------------------------------------------------------------
    def submit(self, spec: JobSpec) -> SubmissionReply:
        """Store a job."""
        for fault in self.faults:
            if fault.kind is FaultKind.JSV_REJECT:
                return SubmissionReply(refusal=(os.fsdecode(fault.out),))
        try:
            answer: SubmissionReply = self.qmaster.apply("submit", spec)
        except StoreError as error:
            return SubmissionReply(refusal=(str(error),))
        if answer.number is not None and spec.immediate:
            return self._immediately(answer, spec)
        if answer.number is not None and any(fault.kind is FaultKind.WARN_SUBMIT for fault in self.faults):
            return answer._replace(warnings=(Warn.NOT_ALLOWED_IN_ANY_QUEUE, *answer.warnings))
        return answer

    def _immediately(self, answer: SubmissionReply, spec: JobSpec) -> SubmissionReply:
        number = answer.number
        assert number is not None
        if self._is_held(number):
            return answer
        try:
            self.wait_until(lambda: not self.qmaster.engine.state.scheduler_off)
        except ClientSignal:
            self._withdraw(number, spec)
            raise
        if self._started(number) or Warn.NOT_ALLOWED_IN_ANY_QUEUE in answer.warnings:
            return answer
        return SubmissionReply(unscheduled=number)

    def start_immediately(self, number: int) -> None:
        """Start a job as soon as it may start, or delete it."""
        state = self.qmaster.engine.state
        self.wait_until(lambda: not self._is_held(number) and not state.scheduler_off)
        self._started(number)

    def _is_held(self, number: int) -> bool:
        """Whether a pending job waits for something else than its turn."""
        job = self.qmaster.engine.state.jobs.get(number)
        return job is not None and not job.tasks and number not in self.qmaster.engine.state.ready

    def _started(self, number: int) -> bool:
        """Have the scheduler look at a job, which is deleted if nothing of it can be started."""
        self.qmaster.apply("schedule")
        job = self.qmaster.engine.state.jobs.get(number)
        if job is None or not job.waiting or job.tasks:
            return True
        self._withdraw(number, job.spec, recorded=False)
        return False

    def _withdraw(self, number: int, spec: JobSpec, recorded: bool = True) -> None:
        owner = Actor(spec.owner, spec.uid, spec.group, spec.gid, spec.submit_host)
        self.qmaster.apply("delete", number, None, owner, False, recorded)

    def suitability(self, spec: JobSpec) -> tuple[bool, list[SchedulingMessage]]:
        """Whether any queue would run a job."""
        return suitability(self.qmaster.engine.state, self.now, spec)

    def operate(self, operation: JobOperation, number: int, *args: object) -> list[JobChange]:
        """Alter, delete, suspend ... a job."""
        if number in self.hidden:
            return [JobChange(ChangeOutcome.NO_SUCH_JOB, number)]
        changes: list[JobChange] = self.qmaster.apply(operation.value, number, *args)
        return changes

    def change_queue(self, instance: str, action: QueueAction, actor: Actor) -> JobChange:
        """What qmod does to a queue instance."""
        change: JobChange = self.qmaster.apply("change_queue", instance, action, actor)
        return change

    def take_number(self) -> None:
        """A number that no job gets."""
        self.qmaster.apply("take_number")

    def configure(self, config: CellConfig) -> None:
        """Another configuration; what it says of the pace counts from now on."""
        timing = changed_timing(self.qmaster.engine.state.timing, config.global_config, config.scheduler)
        self.qmaster.apply("configure", config, timing)

    def change_quotas(self, operation: str, *args: object) -> list[tuple[bool, str]]:
        """Add, replace or remove resource quota sets."""
        answers: list[tuple[bool, str]] = self.qmaster.apply(operation, *args)
        return answers

    def begin_pe_task(
        self, number: int, task: int, host: str, change: Callable[[JobSpec], JobSpec]
    ) -> PeTask | None:
        """A task that a running parallel job starts on a host."""
        qmaster = self.qmaster
        identifier: int | None = qmaster.apply("begin_pe_task", number, task, host)
        if identifier is None:
            return None
        job = qmaster.engine.state.jobs[number]
        spec = change(job.spec)
        order = qmaster.execd.pe_task_order(self.config, job, job.tasks[task], spec, host, identifier)
        return PeTask(identifier, host, self.now, order)

    def end_pe_task(
        self, number: int, task: int, begun: PeTask, status: int, usage: Mapping[str, float]
    ) -> None:
        """It has ended."""
        over = judged(status, begun.since, self.now, dict(usage))
        self.qmaster.apply("end_pe_task", number, task, begun.number, over)

    def stop_host(self, host: str) -> None:
        """End a host's execution daemon."""
        host_down(self.qmaster, host, True, False)

    def stop(self) -> None:
        """End the daemon, once this answer is sent."""
        os.kill(os.getpid(), signal.SIGTERM)

    def switch_scheduler(self, on: bool) -> None:
        """Start or end the scheduler."""
        self.qmaster.apply("switch_scheduler", on)

    def trigger_scheduler(self) -> None:
        """Run the scheduler now."""
        self.qmaster.apply("schedule")

    # ---- blocking --------------------------------------------------------------------------------
    def unlocked(self) -> AbstractContextManager[None]:
        """Let go of the lock."""
        return self.qmaster.unlocked()

    def wait_until(self, condition: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait until the condition holds."""
        self.client.listen()
        self.qmaster.tick()
        end = None if timeout is None else self.now + timeout
        while True:
            if self.client.signal:
                raise ClientSignal(self.client.signal)
            if condition():
                return True
            if self.qmaster.stopping:
                raise ClientSignal(9)
            left = 1.0 if end is None else end - self.now
            if left <= 0:
                return False
            self.qmaster.changed.wait(min(left, 1.0))

    def forget_signal(self) -> None:
        """The client waits on."""
        self.client.signal = 0

    def finished_tasks(self, number: int, after: int = 0) -> list[Finished]:
        """Ends of a watched job's tasks."""
        return self.qmaster.watched.get(number, [])[after:]

    def watch(self, number: int, client: str) -> int:
        """Register an event client for a job."""
        return self.qmaster.watch(number, client)

    def can_watch(self) -> str:
        """Why there can be no further event client, "" when there can."""
        limit = min(MAX_EVENT_CLIENTS, int(self.config.qmaster_parameter("MAX_DYN_EC") or MAX_EVENT_CLIENTS))
        if len(self.qmaster.clients) < limit:
            return ""
        return f"cannot register event client. Only {limit} event clients are allowed in the system"

    def unwatch(self, client_id: int) -> None:
        """Unregister an event client."""
        self.qmaster.unwatch(client_id)


def settle(qmaster: Qmaster, seconds: float) -> None:
    """Let go of the lock for some real seconds."""
    with qmaster.unlocked():
        time.sleep(seconds)
