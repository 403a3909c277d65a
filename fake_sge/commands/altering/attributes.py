"""The attributes that qalter changes, in the order in which the qmaster reports them (real cell)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...engine import admission
from ...engine.admission import NotAdmitted
from ...model import HostPath, Job, JobSpec, Range, Rerun, Resource, Status, names
from ...model.operations import Actor
from ..interface.qmaster_interface import QmasterInterface
from ..submit_options.job_spec import PREFIX, apply_context

OK, ERROR, EXISTS, NO_OPERATOR = 1, 4, 3, 10


class AlterationRefused(Exception):
    """A refused alteration: the lines and their status."""

    def __init__(self, *lines: str, status: int = ERROR) -> None:
        super().__init__(*lines)
        self.lines = lines
        self.status = status


class Alteration:
    """One request applied to one job: collects answers and the changed spec fields."""

    def __init__(
        self, job: Job, fields: dict[str, Any], actor: Actor, qmaster: QmasterInterface, holds: bool = False
    ) -> None:
        self.holds = holds  # -h was given, too: a request about tasks
        self.job = job
        self.old = job.spec
        self.fields = fields
        self.actor = actor
        self.qmaster = qmaster
        self.changed: dict[str, Any] = {}
        self.lines: list[tuple[str, int]] = []
        self.only_verify = False
        self._not_while_running = False
        self._verified = ""

    @property
    def spec(self) -> JobSpec:
        """The job as it would be."""
        return self.old._replace(**self.changed)

    def run(self) -> None:
        """Handle all fields. Raises AlterationRefused at the first refusal; ``lines`` has what was before."""
        for name, handle, _ in _HANDLERS:
            if name in self.fields and not self.only_verify:
                try:
                    handle(self, name, self.fields[name])
                except NotAdmitted as refused:
                    raise AlterationRefused(*refused.lines) from None
        level = self.fields.get("verify_suitable", 0)
        if level != self.old.verify_suitable and not self.only_verify:
            self.changed["verify_suitable"] = level  # each qalter says it anew (real cell)
        if self._verified:
            self.lines = [(self._verified, OK)]
        if self._not_while_running and _is_running(self.job):
            raise AlterationRefused(f"job {self.job.number} can't modify running jobs", status=EXISTS)

    def take(self, name: str, value: object) -> None:
        """Take a new value over: ``modified WHAT of job N``."""
        self.changed[name] = value
        self.lines.append((f"modified {_NAMES[name]} of job {self.job.number}", OK))

    def says(self, text: str) -> None:
        """``USER@HOST sets WHAT of job N to V``."""
        self.lines.append((f"{self.actor.user}@{self.actor.host} sets {text}", OK))

    def operator_only(self, what: str) -> None:
        """Raises unless the caller is an operator."""
        if not self.qmaster.config.is_operator(self.actor.user):
            raise AlterationRefused(
                f'denied: "{self.actor.user}" must be operator to {what}', status=NO_OPERATOR
            )

    # ---- one method per kind of field --------------------------------------------------------------
    def tickets(self, name: str, value: int) -> None:
        """``-ot``."""
        self.operator_only("change amount of override tickets")
        if value != self.old.override_tickets:  # the same again makes no new version (real cell)
            self.changed[name] = value
        self.says(f"override tickets of job {self.job.number} to {value}")

    def priority(self, name: str, value: int) -> None:
        """``-p``."""
        if value > self.old.priority:
            self.operator_only("increase job priority")
        self.changed[name] = value
        self.says(f"scheduling priority of job {self.job.number} to {value}")

    def jobshare(self, name: str, value: int) -> None:
        """``-js``."""
        self.changed[name] = value
        self.says(f"job share of job {self.job.number} to {value}")

    def reservation(self, name: str, value: int) -> None:
        """``-ar``."""
        self._not_while_running |= value != self.old.advance_reservation
        self.changed[name] = value
        self.says(f"job advance reservation of job {self.job.number} to {value}")

    def deadline(self, name: str, value: float) -> None:
        """``-dl``."""
        admission.check_deadline_user(self.actor.user, self.qmaster.config)
        self.take(name, value)

    def account(self, name: str, value: str) -> None:
        """``-A``."""
        refusal = (
            names.refuse_account(value)
            if value
            else 'NULL pointer passed as object name for "account string"'
        )
        if not refusal and names.is_unspoolable(value):
            raise AlterationRefused  # as for a job's name
        if refusal:
            raise AlterationRefused(refusal)
        self.take(name, value)

    def checkpoint(self, name: str, value: str) -> None:
        """``-ckpt``."""
        if value and value not in self.qmaster.config.checkpoints:
            raise AlterationRefused(f'denied: checkpointing environment "{value}" does not exist')
        self.take(name, value or None)

    def paths(self, name: str, value: Sequence[HostPath]) -> None:
        """-o, -e, -i and -S."""
        lines = admission.refuse_paths(value, self.qmaster.config)
        if lines:
            raise AlterationRefused(*lines)
        self.take(name, admission.named_hosts(value, self.qmaster.config))

    def resources(self, name: str, value: Sequence[Resource]) -> None:
        """``-l``."""
        soft = name == "soft_resources"
        self.take(name, admission.check_resources(value, self.qmaster.config, soft))
        self.changed["requested"] = tuple({*self.spec.requested, name})

    def simple(self, name: str, value: object) -> None:
        """An attribute that needs no check."""
        self.take(name, value)

    def restart(self, name: str, value: int) -> None:
        """``-r``."""
        self.take(name, Rerun(value))

    def job_name(self, name: str, value: str) -> None:
        """``-N``."""
        refusal = names.refuse_job_name(value) if value != self.old.name else ""
        if not refusal and (not value or names.is_unspoolable(value)):
            raise AlterationRefused  # the qmaster cannot store it, and the rest of its answer is lost
        if refusal:
            raise AlterationRefused(refusal)
        self.take(name, value)

    def predecessors(self, name: str, value: Sequence[str]) -> None:
        """-hold_jid and -hold_jid_ad."""
        number = self.job.number
        if self.holds:
            raise AlterationRefused(f"The specified option works only on jobs ({number})")
        if name == "hold_jid_ad":
            admission.check_is_array(self.spec)
        for word in value:
            if word[:1].isdigit() and "." not in word and admission.leading(word) == number:
                raise AlterationRefused(f'denied: job "{number}" may not be its own jobnet predecessor')
        admission.check_predecessors(value, 0)
        if name == "hold_jid_ad":
            admission.check_array_predecessors(
                self.spec._replace(hold_jid_ad=tuple(value)),
                {job.number: job for job in self.qmaster.jobs()},
                number,
            )
        blocking, gone = self._split(value)
        for found in blocking:
            cycle = self._cycle(found, {number})
            if cycle:
                raise AlterationRefused(
                    f"job {number} dependency change would generate a dependency cycle with job {cycle}"
                )
        self.changed[name] = tuple(value)
        kind = "array " if name == "hold_jid_ad" else ""
        lists = f"   blocking jobs: {_listed(blocking)}\n   exited jobs:   {_listed(gone)}"
        self.lines.append((f"modified job id hold {kind}list of job {number}\n{lists}", OK))

    def _split(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        blocking: list[int] = []
        gone: list[int] = []
        for word in words:
            if word[:1].isdigit():
                number = admission.leading(word)
                (blocking if self.qmaster.job(number) is not None else gone).append(number)
            else:
                found = [self.qmaster.job(number) for number in self.qmaster.find_jobs(word)]
                blocking += [
                    job.number
                    for job in found
                    if job is not None and job.owner == self.old.owner and job.number != self.job.number
                ]
        return blocking, gone

    def _cycle(self, number: int, seen: set[int]) -> int:
        """The job by which a dependency comes back to this one; 0: none."""
        job = self.qmaster.job(number)
        if job is None or number in seen:
            return 0
        for before in (*job.predecessors, *job.predecessors_ad):
            if before == self.job.number:
                return number
            found = self._cycle(before, seen | {number})
            if found:
                return found
        return 0

    def project(self, name: str, value: str) -> None:
        """``-P``."""
        if (value or None) != self.old.project:
            admission.check_project(value or None, self.qmaster.config)
            self._not_while_running = True
            self.take(name, value or None)

    def parallel(self, name: str, value: str) -> None:
        """-pe, the name."""
        if value and not admission.matching_pes(value, self.qmaster.config):
            raise AlterationRefused(f'denied: parallel environment "{value}" does not exist', status=EXISTS)
        self.take(name, value or None)

    def slot_range(self, name: str, value: tuple[Range, ...]) -> None:
        """-pe, the range."""
        if self.spec.pe is None:
            raise AlterationRefused(
                "rejected: change request for PE range supported only for parallel jobs", status=EXISTS
            )
        admission.check_slots(self.spec._replace(pe_ranges=value))
        self.take(name, value)

    def queues(self, name: str, value: Sequence[str]) -> None:
        """-q and -masterq."""
        lines = admission.check_queues(value, self.qmaster.config)
        if lines:
            raise AlterationRefused(*lines)
        self.take(name, tuple(self.qmaster.config.queue_named(word) for word in value))

    def environment(self, name: str, value: Sequence[tuple[str, str | None]]) -> None:
        """-v: the variables of the submission stay."""
        kept = [entry for entry in self.old.env if entry[0].startswith(PREFIX)]
        self.take(name, (*value, *kept))

    def verification(self, name: str, level: int) -> None:
        """``-w``."""
        if not level:
            return
        self.changed[name] = level
        held = "verification: job is already running or is held"
        if not self.job.free and not any(
            task.is_pending and not task.hold for task in self.job.tasks.values()
        ):
            if level >= 3:  # then it is altered without a word (real cell)
                self._verified = held
            self.lines.append((held, OK))
            return
        if level >= 3:
            self.lines.clear()
            self.only_verify = True
        found, messages = self.qmaster.suitability(self.spec)
        if found:
            if level >= 3:
                self.lines.append(("verification: found suitable queue(s)", OK))
        elif level == 1:
            self.lines.append(("warning: no suitable queues", ERROR))
        else:
            self._unsuitable(level, [message.text for message in messages])

    def _unsuitable(self, level: int, texts: Sequence[str]) -> None:
        if level == 2:
            self.lines.clear()
            raise AlterationRefused("error: no suitable queues")
        own = [f"Job {self.job.number} {text}" for text in texts]
        raise AlterationRefused(*own, "verification: no suitable queues")

    def context(self, name: str, value: Sequence[tuple[str, str | None]]) -> None:
        """-ac, -dc and -sc."""
        self.take(name, apply_context(self.old.context, tuple(value)))

    def concurrency(self, name: str, value: int) -> None:
        """``-tc``."""
        if value and not self.old.is_array:
            raise AlterationRefused('invalid option argument "task concurrency"')
        self.take(name, value)


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(str(number) for number in numbers) or "NONE"


def _is_running(job: Job) -> bool:
    return any(task.status in (Status.RUNNING, Status.TRANSFERRING) for task in job.tasks.values())


# In the order in which the qmaster reports them: field, handler, what is modified.
_HANDLERS: tuple[tuple[str, Callable[[Alteration, str, Any], None], str], ...] = (
    ("override_tickets", Alteration.tickets, ""),
    ("priority", Alteration.priority, ""),
    ("jobshare", Alteration.jobshare, ""),
    ("advance_reservation", Alteration.reservation, ""),
    ("deadline", Alteration.deadline, "deadline time"),
    ("execution_time", Alteration.simple, "start time"),
    ("account", Alteration.account, "account"),
    ("cwd", Alteration.simple, "working directory"),
    ("checkpoint", Alteration.checkpoint, "checkpointing environment"),
    ("stderr_paths", Alteration.paths, "stderr path list"),
    ("stdin_paths", Alteration.paths, "stdin path list"),
    ("reserve", Alteration.simple, "reservation behaviour"),
    ("merge_stderr", Alteration.simple, "output merge behaviour"),
    ("hard_resources", Alteration.resources, "hard resource list"),
    ("soft_resources", Alteration.resources, "soft resource list"),
    ("mail_options", Alteration.simple, "mail options"),
    ("mail_to", Alteration.simple, "mail list"),
    ("name", Alteration.job_name, "job name"),
    ("hold_jid", Alteration.predecessors, ""),
    ("hold_jid_ad", Alteration.predecessors, ""),
    ("notify", Alteration.simple, "notify behaviour"),
    ("stdout_paths", Alteration.paths, "stdout path list"),
    ("project", Alteration.project, "project"),
    ("pe", Alteration.parallel, "parallel environment"),
    ("pe_ranges", Alteration.slot_range, "slot range"),
    ("binding", Alteration.simple, "binding"),
    ("hard_queues", Alteration.queues, "hard queue list"),
    ("soft_queues", Alteration.queues, "soft queue list"),
    ("master_queues", Alteration.queues, "master hard queue list"),
    ("rerun", Alteration.restart, "restart behaviour"),
    ("shells", Alteration.paths, "shell list"),
    ("env", Alteration.environment, "environment"),
    ("args", Alteration.simple, "script arguments"),
    ("verify_suitable", Alteration.verification, ""),
    ("context", Alteration.context, "context"),
    ("max_concurrent", Alteration.concurrency, "task concurrency"),
)
_NAMES = {name: what for name, _, what in _HANDLERS}
