"""JobInfo: the eight fields of drmaa-python, and beside them what else is known of a job's end."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping

from drmaa_cli.jobs.reason import Cause, Deletion, Reason
from drmaa_cli.typed import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from drmaa_cli.jobs.usage import Efficiency, Requested


class Facts(NamedTuple):
    """What is known of an end beside the fields of :class:`JobInfo`.

    Attributes:
        cause: why the job ended; None when nothing tells.
        reason: the same in words, in Grid Engine's own where it gave any; '' for a plain exit.
        host, queue: where it ran (queue: the cluster queue's name); '' when it was not told.
        slots: how many slots it had; 0 when it was not told.
        requests: the requests on record (accounting's ``category``): ``-l h_rt=60 -pe smp 2``.
        failed: accounting's ``failed``; None without a record.
        output_path, error_path: the files of its output on that host; '' when they are not known.
        wallclock: seconds from its start to its end; None without a record.
        deletion: what is known of a deletion: the value of a :class:`Deletion`.
        deleted_by: who deleted it, ``USER@HOST``, if accounting tells; '' otherwise.
    """

    cause: Cause | None = None
    reason: str = ""
    host: str = ""
    queue: str = ""
    slots: int = 0
    requests: str = ""
    failed: int | None = None
    output_path: str = ""
    error_path: str = ""
    wallclock: float | None = None
    deletion: str = Deletion.NONE.value
    deleted_by: str = ""

    def to_text(self) -> str:
        """As one line of text, for a file: what is not as it is without knowing anything."""
        values: dict[str, object] = {
            name: value for name, value in self._asdict().items() if value != self._field_defaults[name]
        }
        return json.dumps({**values, "cause": self.cause.value} if self.cause else values)

    @classmethod
    def of_text(cls, text: str) -> Facts:
        """What :meth:`to_text` wrote, by this or a later version.

        Raises:
            ValueError: it did not.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError(f"not facts of a job's end: {text[:80]!r}")
        cause = values.pop("cause", None)
        for name, default in (*cls._field_defaults.items(), ("failed", 0), ("wallclock", 0.0)):
            value = values.get(name)
            if value is not None and default is not None and type(value) is not type(default):
                raise ValueError(f"not facts of a job's end: {name} {value!r}")
        known = {name: values[name] for name in cls._fields if name in values}
        return cls(**{**known, "cause": None if cause is None else Cause(cause)})


NO_FACTS = Facts()


class _Fields(NamedTuple):
    jobId: str
    hasExited: bool
    hasSignal: bool
    terminatedSignal: str
    hasCoreDump: bool
    wasAborted: bool
    exitStatus: int
    resourceUsage: dict[str, str]


def _figures(usage: Mapping[str, str]) -> dict[str, float]:
    """A job's usage as numbers, without what is none."""
    found = {}
    for name, value in usage.items():
        with contextlib.suppress(ValueError):
            found[name] = float(value)
    return found


if TYPE_CHECKING:
    Info = TypeVar("Info", bound="JobInfo")


class JobInfo(_Fields):
    """How a job ended: a tuple of eight fields, in value, repr and pickle that of drmaa-python.

    What is beside the fields takes no part in comparison, iteration, ``_asdict()`` and repr; it is kept by
    ``_replace()``, :mod:`copy` and :mod:`pickle`.

    Attributes:
        jobId: the id, ``'42'`` or ``'42.1'``.
        hasExited: the job's program ended by itself; only then does exitStatus mean anything.
        hasSignal: a signal ended it; terminatedSignal is its name (``'SIGKILL'``), else ``''``.
        hasCoreDump: always False: Grid Engine's commands do not tell of it.
        wasAborted: it could not start, exited with 100, or was deleted.
        exitStatus: 0 to 255; 0 also for a job that was killed or aborted: see :attr:`succeeded`.
        resourceUsage: libdrmaa's names -> values as ``'%.4f'``.
        facts: what else is known.
    """

    facts: Facts

    if not TYPE_CHECKING:  # pragma: no branch  # which would take any name then

        def __getattr__(self, name: str) -> Facts:
            if name == "facts":  # an object made by _make() or read from drmaa-python's pickle
                return NO_FACTS
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def with_facts(self: Info, facts: Facts) -> Info:
        """The same information with these facts beside it."""
        new = tuple.__new__(type(self), self)
        new.facts = facts
        return new

    def _replace(self: Info, /, **fields: Any) -> Info:  # noqa: ANN401  # as namedtuple's
        return super()._replace(**fields).with_facts(self.facts)

    @property
    def succeeded(self) -> bool:
        """Whether the job certainly ran to its end by itself and exited with 0."""
        return self.hasExited and self.exitStatus == 0 and self.cause in (None, Cause.EXITED)

    @property
    def cause(self) -> Cause | None:
        """Why the job ended; None when nothing tells."""
        return self.facts.cause

    @property
    def reason(self) -> Reason:
        """Why it ended: a text for people ('' for a job that just exited) that knows more."""
        from drmaa_cli.gridengine.requests import parse  # noqa: PLC0415  # loaded when it is needed
        from drmaa_cli.gridengine.signals import signal_number  # noqa: PLC0415  # loaded when it is needed
        from drmaa_cli.jobs.judgement import Evidence, judge  # noqa: PLC0415  # loaded when it is needed

        facts = self.facts
        return judge(
            Evidence(
                facts.cause,
                facts.reason,
                self.hasExited,
                self.exitStatus,
                signal_number(self.terminatedSignal),
                facts.failed,
                {"wallclock": facts.wallclock or 0.0, **_figures(self.resourceUsage)},
                parse(facts.requests),
                facts.slots,
                facts.deletion,
                facts.deleted_by,
            )
        )

    @property
    def host(self) -> str:
        """The host it ran on; '' when that is not known."""
        return self.facts.host

    @property
    def queue(self) -> str:
        """The cluster queue it ran in; '' when that is not known."""
        return self.facts.queue

    @property
    def slots(self) -> int:
        """How many slots it had; 0 when that is not known."""
        return self.facts.slots

    @property
    def requests(self) -> str:
        """What it had asked for, in qsub's words (accounting's ``category``); '' for nothing or unknown."""
        return self.facts.requests

    @property
    def failed(self) -> int | None:
        """Accounting's ``failed`` code (accounting(5)); None without an accounting record."""
        return self.facts.failed

    @property
    def output_path(self) -> str:
        """The file of its standard output on the host it ran on, as it was submitted; '' when not known.

        Grid Engine's variables in it are replaced, and what Grid Engine chooses by itself is filled in. A JSV
        or ``qalter`` may have changed it. A directory that does not end with ``/`` stands as it is: the
        output is in a file of Grid Engine's usual name (``NAME.oID``) in it then.
        """
        return self.facts.output_path

    @property
    def error_path(self) -> str:
        """The same of its standard error; that of its output where both go there."""
        return self.facts.error_path

    @property
    def wallclock(self) -> float | None:
        """Seconds from its start to its end; None without an accounting record.

        Whole seconds with most Grid Engines, microseconds with those that record a ``wallclock`` of its own.
        """
        return self.facts.wallclock

    @property
    def cpu(self) -> float | None:
        """Seconds of CPU time it used; None when that is not known."""
        return _figures(self.resourceUsage).get("cpu")

    @property
    def max_memory(self) -> int | None:
        """The most memory it is known to have used at once, in bytes; None when no figure tells.

        Grid Engine samples the memory of the whole job (``maxvmem``) and may miss a peak; of its largest
        process the kernel knows the peak (``ru_maxrss``). The larger one counts.
        """
        from drmaa_cli.jobs.usage import max_memory  # noqa: PLC0415  # loaded when it is needed

        return max_memory(_figures(self.resourceUsage))

    @property
    def requested(self) -> Requested:
        """What it had asked for, in bytes and seconds."""
        from drmaa_cli.gridengine.requests import parse  # noqa: PLC0415  # loaded when it is needed
        from drmaa_cli.jobs.usage import requested  # noqa: PLC0415  # loaded when it is needed

        return requested(parse(self.facts.requests), self.facts.slots)

    @property
    def efficiency(self) -> Efficiency:
        """How much of what it had it used."""
        from drmaa_cli.jobs.usage import efficiency  # noqa: PLC0415  # loaded when it is needed

        return efficiency(self.requested, self.max_memory, self.cpu, self.wallclock, self.slots)

    def summary(self) -> str:
        """One line for people: how it ended, where, and what it used.

        ``42.1: exit 0 on node7 (all.q), 1:02:03 of 2:00:00, 280 MiB of 1.0 GiB, cpu 97%``
        """
        from drmaa_cli.jobs.usage import duration, size  # noqa: PLC0415  # loaded when it is needed

        reason = self.reason
        how = f"exit {self.exitStatus}" if self.hasExited and not reason else str(reason) or reason.kind.value
        place = f" on {self.host}" if self.host else ""
        place += f" ({self.queue})" if self.queue else ""
        asked, share = self.requested, self.efficiency.cpu
        parts = [f"{self.jobId}: {how}{place}"]
        for used, limit, text in (
            (self.wallclock, asked.time, duration),
            (self.max_memory, asked.memory, size),
        ):
            if used is not None:
                parts.append(text(used) if limit is None else f"{text(used)} of {text(limit)}")
        return ", ".join(parts if share is None else [*parts, f"cpu {share:.0%}"])


JobInfo.__module__ = "drmaa_cli"  # where programs find it, and what their pickles say
