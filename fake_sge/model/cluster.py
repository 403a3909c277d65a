"""The administrator's side of a cell: queues, hosts, parallel environments, complexes, configuration.

Values only. Dicts keep the order in which qconf prints them.
"""

from __future__ import annotations

import enum
import math

from ..lighter import NamedTuple, field, record
from . import defaults
from .flavours import SGE, Flavour
from .host_values import split_value, values_on
from .quotas import QuotaSet
from .values import TEXT_TYPES, TYPE_WORDS, listed, number_of


class QueueState(enum.IntFlag):
    """State of a queue instance; letters as in ``qstat -f``."""

    NONE = 0
    ALARM = 1  # a
    SUSPEND_ALARM = 2  # A
    SUSPENDED = 4  # s
    DISABLED = 8  # d
    UNKNOWN = 16  # u
    ERROR = 32  # E
    SUBORDINATE = 64  # S
    CALENDAR_DISABLED = 128  # D
    CALENDAR_SUSPENDED = 256  # C
    AMBIGUOUS = 512  # c
    ORPHANED = 1024  # o


@record
class ClusterQueue:
    """A cluster queue: ``attributes`` holds all lines of ``qconf -sq`` in their order, values as printed."""

    name: str
    attributes: dict[str, str]

    @property
    def slots(self) -> int:
        """Slots of each instance."""
        return int(split_value(self.attributes["slots"])[0])

    @property
    def seq_no(self) -> int:
        """Sequence number."""
        return int(split_value(self.attributes["seq_no"])[0])

    @property
    def qtype(self) -> str:
        """``BIP`` letters as in qstat -f: B batch, I interactive, P with a parallel environment."""
        words = self.attributes["qtype"].split()
        letters = "".join(letter for word, letter in (("BATCH", "B"), ("INTERACTIVE", "I")) if word in words)
        return (letters + ("P" if self.pe_list else "")) or "N"

    @property
    def pe_list(self) -> tuple[str, ...]:
        """Names of the parallel environments it offers."""
        return tuple(listed(self.attributes["pe_list"]))

    @property
    def rerun(self) -> bool:
        """Whether jobs without -r are rerunnable."""
        return self.attributes["rerun"] == "TRUE"


@record
class QueueInstance:
    """A queue on a host. ``queue`` has the attributes as they are on this host."""

    queue: ClusterQueue
    host: str
    state: QueueState = QueueState.NONE
    used: int = 0  # slots_used
    reserved: int = 0
    errors: list[str] = field(default_factory=list)  # texts for -explain E

    @property
    def name(self) -> str:
        """``all.q@host``."""
        return f"{self.queue.name}@{self.host}"

    @property
    def slots(self) -> int:
        """Total slots."""
        return self.queue.slots


@record
class Host:
    """An execution host. ``load_values``: lines of ``qconf -se`` in order, as text (``23311.742188M``).

    Attributes:
        up: whether its execution daemon can be reached.
        heard: whether it ever was.
        unheard: whether the qmaster has noticed that it cannot: ``u``.
        since: when that began, of one that is not up.
        lost: the runs (job, task, run) that a crash has ended, until the host is back to tell of them.
    """

    name: str
    load_values: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)  # the other lines of qconf -se, in order
    up: bool = True
    heard: bool = True
    unheard: bool = False
    since: float = 0.0
    lost: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def arch(self) -> str:
        """``lx-amd64``."""
        return self.load_values.get("arch", "-")


GLOBAL_HOST = "global"
TEMPLATE_HOST = "template"


def _global_host() -> Host:
    return Host(GLOBAL_HOST, attributes={**defaults.HOST, "processors": "0"})


@record
class ParallelEnvironment:
    """``attributes`` holds all lines of ``qconf -sp`` in their order."""

    name: str
    attributes: dict[str, str]

    @property
    def slots(self) -> int:
        """Cell-wide slot limit."""
        return int(self.attributes["slots"])


class ComplexEntry(NamedTuple):
    """One line of ``qconf -sc``."""

    name: str
    shortcut: str
    type: str  # INT STRING TIME MEMORY BOOL ... as printed
    relop: str
    requestable: str  # YES NO FORCED
    consumable: str  # YES NO JOB
    default: str
    urgency: str

    def number(self, value: str) -> float | None:
        """A value as a number; None for a text. Raises ValueError for what the entry cannot have."""
        if self.type in TEXT_TYPES:
            return None
        number = number_of(value, self.type)
        if number is None:
            raise ValueError(f'attribute "{self.name}" is not a {TYPE_WORDS[self.type]} value')
        if self.consumable != "NO" and number < 0:
            raise ValueError(f'attribute "{self.name}" is consumable but has a negative value')
        return number

    def offered(self, value: str) -> str:
        """A value as a host, queue or quota keeps it. Raises ValueError for what the entry cannot have."""
        number = self.number(value)
        if number is None:
            return value
        if self.consumable != "NO" and not math.isfinite(number):
            raise ValueError(f'attribute "{self.name}" is not a value that can be set to infinity')
        return f"{number:.0f}" if self.type == "TIME" and math.isfinite(number) else value


@record
class CellConfig:
    """The administrator's side of a cell. Dicts keep the order in which qconf prints them."""

    global_config: dict[str, str]  # qconf -sconf; reporting_params without continuation
    scheduler: dict[str, str]  # qconf -ssconf
    complexes: list[ComplexEntry]
    queues: dict[str, ClusterQueue]
    hosts: dict[str, Host]  # execution hosts
    parallel_environments: dict[str, ParallelEnvironment]
    host_groups: dict[str, tuple[str, ...]]  # {"@allhosts": ("host",)}
    managers: list[str]
    operators: list[str]
    admin_hosts: list[str]
    submit_hosts: list[str]
    projects: list[str] = field(default_factory=list)
    usersets: dict[str, dict[str, str]] = field(default_factory=dict)  # qconf -su
    users: list[str] = field(default_factory=list)
    user_deletions: dict[str, int] = field(default_factory=dict)  # moments; who is not here stays
    checkpoints: list[str] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    resource_quotas: dict[str, QuotaSet] = field(default_factory=dict)
    host_configurations: dict[str, dict[str, str]] = field(default_factory=dict)  # qconf -sconf HOST
    left_out: tuple[str, ...] = ()  # of the global configuration, by -Mconf: they have their default
    other_hosts: list[str] = field(default_factory=list)  # further names that can be resolved
    changed_queues: list[str] = field(default_factory=list)  # in the order of their last changes
    global_host: Host = field(default_factory=_global_host)  # what counts for all hosts: qconf -se global
    max_job_number: int = 9999999  # the next id after it is 1
    flavour: Flavour = SGE

    def qmaster_parameter(self, name: str) -> str | None:
        """The value of a word of qmaster_params; "" without a value, None when it is not there."""
        for word in listed(self.global_config["qmaster_params"]):
            key, _, value = word.partition("=")
            if key.upper() == name:
                return value
        return None

    def forbids(self, what: str) -> bool:
        """``FORBID_RESCHEDULE`` or ``FORBID_APPERROR`` (real cell: the bare word, 1 and true are a yes)."""
        value = self.qmaster_parameter(f"FORBID_{what}")
        return value is not None and value.lower() in ("", "1", "true")

    def host_with_values(self, name: str) -> Host | None:
        """An execution host or the pseudo host global."""
        return self.global_host if name == GLOBAL_HOST else self.hosts.get(name)

    @property
    def known_hosts(self) -> set[str]:
        """Hosts that have a part in the cell: they execute jobs, submit them or administer it."""
        return {*self.hosts, *self.submit_hosts, *self.admin_hosts}

    def hosts_in(self, group: str) -> tuple[str, ...]:
        """The hosts of a group and of the groups in it, without repeats; none of one that there is not."""
        found: dict[str, None] = {}
        seen: dict[str, None] = {}
        words = [group]
        while words:
            word = words.pop(0)
            if not word.startswith("@"):
                found[word] = None
            elif word not in seen:
                seen[word] = None
                words = [*self.host_groups.get(word, ()), *words]
        return tuple(found)

    def note_change(self, queue: str) -> None:
        """A queue was changed, or a host group that it names: it becomes the last in most answers."""
        self.changed_queues = [*(name for name in self.changed_queues if name != queue), queue]

    @property
    def queues_as_changed(self) -> list[str]:
        """The cluster queues in the order in which qselect, qmod and qconf name them (real cell)."""
        others = [name for name in self.queues if name not in self.changed_queues]
        return [*others, *(name for name in self.changed_queues if name in self.queues)]

    def groups_in(self, group: str) -> set[str]:
        """A host group and those that it is made of, at any depth; none of a host."""
        found: set[str] = set()
        words = [group]
        while words:
            word = words.pop()
            if word.startswith("@") and word not in found:
                found.add(word)
                words += self.host_groups.get(word, ())
        return found

    @property
    def resolved_groups(self) -> dict[str, tuple[str, ...]]:
        """The hosts of each host group, also those of the groups in it."""
        return {group: self.hosts_in(group) for group in self.host_groups}

    def members(self, userset: str) -> list[str]:
        """Users and ``@groups`` of a user set; none of one that there is not."""
        return listed(self.usersets.get(userset, {}).get("entries", "NONE"))

    def host_named(self, name: str) -> str:
        """The host that a name means: the machine's own name is that of the first host (host_aliases)."""
        own = name in self.other_hosts or name in ("localhost", "127.0.0.1")
        return next(iter(self.hosts), name) if own and name not in self.hosts else name

    def queue_named(self, pattern: str) -> str:
        """A queue pattern with the host that it means."""
        queue, at, host = pattern.partition("@")
        return f"{queue}@{self.host_named(host)}" if at else pattern

    def queue_on(self, name: str, host: str) -> ClusterQueue | None:
        """A cluster queue with its attributes as they are on a host; None when there is no such queue."""
        queue = self.queues.get(name)
        if queue is None or not any("[" in text for text in queue.attributes.values()):
            return queue
        return ClusterQueue(name, values_on(queue.attributes, host, self.resolved_groups))

    def is_manager(self, user: str) -> bool:
        """Whether the user is a manager."""
        return user in self.managers

    def is_operator(self, user: str) -> bool:
        """Whether the user is an operator; managers are."""
        return user in self.operators or user in self.managers

    def first_task_is_job(self, environment: str) -> bool:
        """Whether the job script of a parallel job is one of its tasks (``job_is_first_task``)."""
        pe = self.parallel_environments.get(environment)
        return pe is None or pe.attributes.get("job_is_first_task", "TRUE").upper() == "TRUE"

    def complex_named(self, name: str) -> ComplexEntry | None:
        """By name or shortcut."""
        for entry in self.complexes:
            if name in (entry.name, entry.shortcut):
                return entry
        return None
