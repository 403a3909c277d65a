"""What is asked about jobs that wait: each question once for all of them, and only if it matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from drmaa_cli.errors import DrmaaException
from drmaa_cli.gridengine.failed import RESCHEDULED
from drmaa_cli.gridengine.obstacles import Kind, obstacles
from drmaa_cli.gridengine.queues import QueueInstance
from drmaa_cli.gridengine.records import AccountingRecord, Hold, JobRow
from drmaa_cli.gridengine.states import Letter, flags
from drmaa_cli.gridengine.verification import Startable, Verification
from drmaa_cli.gridengine.waiting import SchedulerAnswer, WaitingJob
from drmaa_cli.jobs.why import waiting
from drmaa_cli.jobs.why.circumstances import Circumstances, ParallelEnvironment
from drmaa_cli.jobs.why.memory import OF_MEMORY
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.scheduling import Scheduling

VERIFIED = 8  # so many groups of jobs alike are verified: each has the scheduler think
RECORDED = 8  # of so many jobs that wait to be started again the record of the last run is read
EXIT_AGAIN = 99
STARTED = Letter.RUNNING | Letter.TRANSFERRING
NOT_IN_LINE = Letter.HELD | Letter.ERROR | STARTED


class Inquiry:
    """The questions of one call of why(), and their answers.

    Args:
        cluster: whom to ask.
        listing: everybody's jobs, as listed: those that run, then those that wait, in their turn.
        answer: `qstat -j` of those that are asked about.
    """

    def __init__(self, cluster: Cluster, listing: Sequence[JobRow], answer: SchedulerAnswer) -> None:
        self._cluster, self._listing, self._answer = cluster, listing, answer
        self._scheduling = Scheduling(cluster)
        self._holds: dict[tuple[str, Hold], Sequence[JobRow]] = {}
        self._verified: dict[tuple[object, ...], tuple[Verification | None, Verification | None]] = {}
        self._environments: dict[str, ParallelEnvironment | None] = {}
        self._quotas: dict[str, str] = {}
        self._attempts: dict[int, str] = {}
        self._queues: tuple[QueueInstance, ...] | None = None
        self._asked_for_queues = False

    def rows(self, number: int) -> list[JobRow]:
        """A job in the listing."""
        return [row for row in self._listing if row.job == number]

    def job(self, number: int) -> WaitingJob | None:
        """A job in full; None when the qmaster did not know it any more."""
        return self._answer.jobs.get(number)

    def held(self, owner: str, kind: Hold) -> Sequence[JobRow]:
        """The rows of a user's jobs with one kind of hold."""
        found = self._holds.get((owner, kind))
        if found is None:
            found = self._cluster.retrying(lambda: self._cluster.listing(owner, None, kind)).rows
            self._holds[owner, kind] = found
        return found

    def circumstances(self, row: JobRow, holds: Hold, now: float) -> Circumstances:
        """All that is to be known of a job, to say why it waits."""
        job = self.job(row.job)
        about = Circumstances(
            row=row,
            job=job,
            holds=holds,
            predecessors={
                number: self.rows(number) for number in (*job.predecessors, *job.array_predecessors)[:1000]
            }
            if job
            else {},
            messages=self._answer.about(row.job),
            collects=self._answer.collects,
            together=self._running(lambda each: each.job == row.job),
        )
        if flags(row.state) & Letter.ERROR and not flags(row.state) & Letter.DELETING:
            return about
        if not waiting.needs_places(about, now):
            return about._replace(queues=self._all_queues()) if row.queue else about
        return self._of_places(about._replace(queues=self._all_queues(), ahead=self._ahead(row)))

    def _of_places(self, about: Circumstances) -> Circumstances:
        now, empty = self._verify(about.job)
        about = about._replace(now=now, empty=empty)
        texts = [*(now.messages if now else about.messages), *(empty.messages if empty else ())]
        found = obstacles(texts)
        kinds = {one.kind for one in found}
        if about.job is not None and about.job.pe and kinds & {Kind.PE_SLOTS, Kind.NO_PE}:
            named = [one.name for one in found if one.kind is Kind.PE_SLOTS]  # which one a pattern has found
            about = about._replace(environment=self._environment(named[0] if named else about.job.pe))
        if Kind.QUOTA in kinds:
            rules = [one.name for one in found if one.kind is Kind.QUOTA]
            about = about._replace(quotas={rule: self._quota(rule) for rule in rules})
        if any(one.kind is Kind.UNKNOWN_RESOURCE and one.name in OF_MEMORY for one in found):
            about = about._replace(memory=self._scheduling.memory() or {})
        if now is None or now.verdict is not Startable.IMPOSSIBLE:
            owner = about.row.owner
            about = about._replace(
                scheduler=self._scheduling.scheduler() or {},
                owned=self._running(lambda each: each.owner == owner),
            )
        if flags(about.row.state) & Letter.RESTARTED:
            about = about._replace(attempt=self._attempt(about.row.job))
        return about

    # --- each question once --------------------------------------------------------------------------------

    def _all_queues(self) -> tuple[QueueInstance, ...] | None:
        if not self._asked_for_queues:
            self._queues, self._asked_for_queues = self._scheduling.queues(), True
        return self._queues

    def _verify(self, job: WaitingJob | None) -> tuple[Verification | None, Verification | None]:
        """Whether jobs of this kind could be started now, and if not, whether they ever could."""
        if job is None:
            return None, None
        found = self._verified.get(job.category)
        if found is None and len(self._verified) < VERIFIED:
            now = self._scheduling.verify(job.job, empty=False)
            asked = now is not None and now.verdict is Startable.IMPOSSIBLE
            found = now, self._scheduling.verify(job.job, empty=True) if asked else None
            if now is None or now.verdict in (Startable.POSSIBLE, Startable.IMPOSSIBLE, Startable.DENIED):
                self._verified[job.category] = found
        return found or (None, None)

    def _environment(self, name: str) -> ParallelEnvironment | None:
        if any(letter in name for letter in "*?["):  # which qselect does not understand
            return None
        if name not in self._environments:
            instances = self._scheduling.instances_with(name)
            values = self._scheduling.environment(name) or {} if instances else {}
            slots = values.get("slots", "")
            known = int(slots) if slots.isascii() and slots.isdigit() else None
            found = ParallelEnvironment(known, values.get("allocation_rule", ""), instances or ())
            self._environments[name] = None if instances is None else found
        return self._environments[name]

    def _quota(self, rule: str) -> str:
        if rule not in self._quotas:
            self._quotas[rule] = self._scheduling.quota(rule) or ""
        return self._quotas[rule]

    def _running(self, chosen: Callable[[JobRow], bool]) -> int:
        return sum(_size(row) for row in self._listing if flags(row.state) & STARTED and chosen(row))

    def _ahead(self, row: JobRow) -> int:
        """How many jobs and tasks are before one in line."""
        count = 0
        for each in self._listing:
            if each.job == row.job and each.state == row.state:
                break
            if not flags(each.state) & NOT_IN_LINE:
                count += _size(each)
        return count

    def _attempt(self, number: int) -> str:
        """How the last run of a job ended that waits to be started again."""
        if number not in self._attempts and len(self._attempts) < RECORDED:
            try:
                records = self._cluster.retrying(lambda: self._cluster.records([number], 0.0))
            except DrmaaException:  # no accounting here: that is known of others
                records = []
            last = next((each for each in reversed(records) if each.failed == RESCHEDULED), None)
            self._attempts[number] = "" if last is None else _attempt(last)
        return self._attempts.get(number, "")


def _attempt(record: AccountingRecord) -> str:
    if record.exit_status == EXIT_AGAIN:
        return f"it exited with 99 on {record.hostname}, by which a job asks for that"
    return f"its last run, on {record.hostname}, was broken off to be run again"


def _size(row: JobRow) -> int:
    return 1 if row.tasks is None else row.tasks.size()
