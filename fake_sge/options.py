"""What a new cell is made of: slots, hosts, queues, pace."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping

from .engine.state import STOCK_TIMING, Timing
from .host_options import directory_by_host, make_hosts, slots_by_host
from .lighter import TYPE_CHECKING, Any, field, record, replace
from .model import CellConfig, ClusterQueue, ParallelEnvironment, defaults, flavours
from .model.values import quantity
from .settings import check, check_complex_values, check_names, check_places, complex_entries

if TYPE_CHECKING:
    from .host_options import Hosts

PROFILES = ("fast", "stock")
FLAVOURS = tuple(flavours.FLAVOURS)


@record(frozen=True)
class CellOptions:
    """How a cell is set up; the defaults give one host with one queue ``all.q`` and a PE ``smp``.

    Args:
        slots: slots of each queue instance.
        hosts: execution hosts; the first is also the qmaster's. Their names, or a mapping of what differs:
            ``{"big": {"slots": 8, "mem_total": "64G", "arch": "lx-arm64", "load": 0.5}, "small": 2}``: slots,
            complex_values, load values by name (what follows from them does), ``up`` false for one that
            never reported.
        profile: ``fast`` (the scheduler runs at once, accounting lines appear at once) or ``stock``
            (Grid Engine's defaults: every 15 s, lines after 15 s).
        queues: cluster queues, each with the ``qconf -sq`` attributes that differ from the default.
        parallel_environments: the same for ``qconf -sp``.
        complexes: further complex entries, each eight words as in ``qconf -sc``.
        complex_values: ``complex_values`` of the hosts, e.g. ``gpu=2``.
        global_config: ``qconf -sconf`` values that differ (``max_u_jobs``, ``min_uid`` ...).
        scheduler: ``qconf -ssconf`` values that differ.
        projects: known projects.
        managers: users with manager rights besides the one who starts the cell.
        login_shells: False starts job shells without a login: faster, and ``~/.profile`` is not read.
        home: home directory of every job's owner, instead of the password database's: tests whose jobs write
            to ``$HOME`` need not touch anybody's.
        first_job_number: number of the first job.
        max_job_number: the highest; numbers start again at 1 after it.
        flavour: the dialect that the commands speak, one of :data:`FLAVOURS`.
        kill_grace: seconds between the -notify signal and the kill; None: as the queue says (60 s).
        cleanup: seconds that a rescheduled task stays ``Rq``; None: as the profile says.
        finished_window: seconds that ``qstat -j`` still shows an ended job at least (0).
    """

    slots: int = 8
    hosts: Hosts = ("localhost",)
    profile: str = "fast"
    queues: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"all.q": {}})
    parallel_environments: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"smp": {}})
    complexes: tuple[str, ...] = ()
    complex_values: str = "NONE"
    global_config: Mapping[str, str] = field(default_factory=dict)
    scheduler: Mapping[str, str] = field(default_factory=dict)
    projects: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    login_shells: bool = True
    home: str = ""
    first_job_number: int = 1
    max_job_number: int = 9999999
    flavour: str = "sge-8.1.9"
    kill_grace: float | None = None
    cleanup: float | None = None
    finished_window: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for impossible values, TypeError for a list of names where a mapping belongs."""
        for name in ("queues", "parallel_environments", "global_config", "scheduler"):
            if not isinstance(getattr(self, name), Mapping):
                raise TypeError(f"{name} is a mapping: name to value, or name to a mapping of what differs")
        if isinstance(self.hosts, str):
            raise TypeError("hosts is a sequence of names or a mapping, not a text")
        for name in ("complexes", "projects", "managers"):
            if isinstance(getattr(self, name), str):
                raise TypeError(f"{name} is a sequence of texts, not a text")
        if self.profile not in PROFILES:
            raise ValueError(f"unknown profile {self.profile!r}: one of {', '.join(PROFILES)}")
        flavours.flavour_named(self.flavour)
        for kind, values in self.objects():
            check(kind, values)
            if kind == "queue":
                check_places(values, self.host_names, ["@allhosts"])
        if self.slots < 0 or not self.host_names:
            raise ValueError("a cell needs at least one host and no negative slots")
        check_names("queue", self.queues)
        check_names("parallel environment", self.parallel_environments)
        check_names("project", self.projects)
        entries = complex_entries(self.complexes)
        for host in make_hosts(self.hosts, self.complex_values).values():
            check_complex_values(host.attributes["complex_values"], entries)
        if not 1 <= self.first_job_number <= self.max_job_number:
            raise ValueError("first_job_number must lie between 1 and max_job_number")

    @property
    def host_names(self) -> tuple[str, ...]:
        """The execution hosts."""
        return tuple(self.hosts)

    def objects(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """What differs from the default, by the kind of object as :mod:`fake_sge.settings` has it."""
        yield "global configuration", self.global_config
        yield "scheduler", self.scheduler
        yield from (("queue", values) for values in self.queues.values())
        yield from (("parallel environment", values) for values in self.parallel_environments.values())

    @property
    def accounting_name(self) -> str:
        """Name of the accounting file in the cell's ``common`` directory."""
        return flavours.flavour_named(self.flavour).accounting.file_name

    def to_json(self) -> dict[str, Any]:
        """Plain values for the cell's own files."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> CellOptions:
        """The inverse of :meth:`to_json`. Raises TypeError for unknown names."""
        fixed: Any = {name: tuple(item) if isinstance(item, list) else item for name, item in values.items()}
        return cls(**fixed)


_FAST_GLOBAL = {
    "reporting_params": "accounting=true reporting=false accounting_flush_time=00:00:00 "
    "flush_time=00:00:01 joblog=false sharelog=00:00:00",
    "load_report_time": "00:00:05",
}
_FAST_SCHEDULER = {"schedule_interval": "0:0:1", "flush_submit_sec": "1", "flush_finish_sec": "1"}


def make_timing(options: CellOptions) -> Timing:
    """The pace of a profile."""
    timing = Timing() if options.profile == "fast" else Timing(**vars(STOCK_TIMING))
    if options.cleanup is not None:
        timing.cleanup = options.cleanup
    if options.finished_window is not None:
        timing.finished_window = options.finished_window
    return changed_timing(timing, options.global_config, options.scheduler)


def changed_timing(timing: Timing, settings: Mapping[str, str], scheduler: Mapping[str, str]) -> Timing:
    """The pace after changes of the configuration that set it (sched_conf(5), reporting_params).

    Raises ValueError for a value that is no time.
    """
    changes: dict[str, float | None] = {}
    if "schedule_interval" in scheduler:
        changes["schedule_interval"] = max(0.05, _seconds(scheduler["schedule_interval"]))
    for name in ("flush_submit", "flush_finish"):
        if f"{name}_sec" in scheduler:
            changes[name] = _seconds(scheduler[f"{name}_sec"]) or None
    words = dict(word.partition("=")[::2] for word in settings.get("reporting_params", "").split())
    flush = words.get("accounting_flush_time", words.get("flush_time"))
    if flush is not None:
        changes["accounting_flush"] = _seconds(flush)
    return replace(timing, **changes)  # type: ignore[arg-type]


def _seconds(text: str) -> float:
    seconds = quantity(text)
    if seconds is None:
        raise ValueError(f"{text!r} is no time")
    return seconds


def make_config(options: CellOptions, tmpdir: str, spool: str, manager: str) -> CellConfig:
    """The administrator's view of a new cell (``tmpdir``: where jobs get their TMPDIR)."""
    return CellConfig(
        global_config=_global_config(options, spool, manager),
        scheduler=_scheduler(options),
        complexes=complex_entries(options.complexes),
        queues=_queues(options, tmpdir),
        hosts=make_hosts(options.hosts, options.complex_values),
        parallel_environments={
            name: ParallelEnvironment(name, {"pe_name": name, **defaults.PE, **changes})
            for name, changes in options.parallel_environments.items()
        },
        host_groups={"@allhosts": options.host_names},
        managers=[manager, *(name for name in options.managers if name != manager)],
        operators=[],
        admin_hosts=list(options.host_names),
        submit_hosts=list(options.host_names),
        projects=list(options.projects),
        usersets={name: {"name": name, **values} for name, values in defaults.USERSETS.items()},
        other_hosts=[socket.gethostname()],
        max_job_number=options.max_job_number,
        flavour=flavours.flavour_named(options.flavour),
    )


def _global_config(options: CellOptions, spool: str, manager: str) -> dict[str, str]:
    return {
        **defaults.GLOBAL,
        "execd_spool_dir": spool,
        "min_uid": "0",
        "min_gid": "0",
        "administrator_mail": manager,
        **(_FAST_GLOBAL if options.profile == "fast" else {}),
        **({} if options.login_shells else {"login_shells": "none"}),
        **options.global_config,
    }


def _scheduler(options: CellOptions) -> dict[str, str]:
    fast = _FAST_SCHEDULER if options.profile == "fast" else {}
    return {**defaults.SCHEDULER, **fast, **options.scheduler}


def _queues(options: CellOptions, tmpdir: str) -> dict[str, ClusterQueue]:
    own = {
        "slots": slots_by_host(options.hosts, options.slots),
        "pe_list": " ".join(options.parallel_environments) or "NONE",
        "tmpdir": directory_by_host(options.hosts, tmpdir),
    }
    return {
        name: ClusterQueue(name, {**defaults.QUEUE, "qname": name, **own, **changes})
        for name, changes in options.queues.items()
    }
