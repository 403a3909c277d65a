"""What an engine is known to do wrong in a way that reaches its users; docs/flavours.md has the same rows."""

from __future__ import annotations

from drmaa_cli.gridengine.dialect import Flavour
from drmaa_cli.typed import Callable, NamedTuple

__all__ = ["KnownFault", "known_faults"]


class KnownFault(NamedTuple):
    """One fault.

    Attributes:
        text: what the engine does.
        advice: what its users, or drmaa_cli, can do about it.
    """

    text: str
    advice: str


_OPEN_CLUSTER = ("Open Cluster Scheduler", "Gridware Cluster Scheduler")


def _is_open_cluster(flavour: Flavour) -> bool:
    return flavour.name in _OPEN_CLUSTER


_TABLE: tuple[tuple[Callable[[Flavour], bool], KnownFault], ...] = (
    (
        lambda flavour: not flavour.features.exit_of_parallel_jobs,
        KnownFault(
            "exit status 0 is recorded for a job in a parallel environment with `control_slaves` that started"
            " no slave task",
            "let such jobs say themselves how they ended, for instance in a file",
        ),
    ),
    (
        lambda flavour: flavour.features.request_limits,
        KnownFault(
            '`request limit "..." exceeded`',
            "use runJobs() for many jobs; a larger retry_for lets a submission wait for longer",
        ),
    ),
    (
        _is_open_cluster,
        KnownFault(
            "a backslash and an `n` in a variable become a line end; `$TASK_ID` in a path is not replaced"
            " where there is no task",
            "keep such text in a file; use $TASK_ID in array jobs alone",
        ),
    ),
)


def known_faults(flavour: Flavour) -> list[KnownFault]:
    """The faults of an engine that its users meet; what drmaa_cli makes good by itself is not among them."""
    return [fault for holds, fault in _TABLE if holds(flavour)]
