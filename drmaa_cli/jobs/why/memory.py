"""Whether a host could ever have the free memory that a job asks for."""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli.gridengine.obstacles import Kind, Obstacle
from drmaa_cli.gridengine.units import parse_memory
from drmaa_cli.jobs.why.circumstances import Circumstances
from drmaa_cli.jobs.why.explanation import Finding, WaitKind

OF_MEMORY = ("mem_free",)  # load values that cannot be above mem_total


def beyond_any_host(about: Circumstances, found: Sequence[Obstacle]) -> Finding | None:
    """That a job asks for more free memory than any host has memory; None if that is not known to be so."""
    names = {one.name for one in found if one.kind is Kind.UNKNOWN_RESOURCE}
    if about.job is None or not about.memory or len(names) != 1 or not names <= set(OF_MEMORY):
        return None
    (name,) = names
    try:
        wanted = parse_memory(about.job.resources.get(name, ""))
        sizes = {text: parse_memory(text) for text in about.memory.values()}
    except ValueError:
        return None
    most = max(sizes, key=lambda text: sizes[text])
    if wanted <= sizes[most]:
        return None
    return Finding(
        WaitKind.IMPOSSIBLE,
        f"cannot run anywhere in this cell: it asks for {name}={about.job.resources[name]}, and no host has"
        f" more than {most} of memory",
        evidence=tuple(f"qhost: {host} has {text}" for host, text in sorted(about.memory.items())),
        advice=("ask for less: qalter -l ... {id}",),
    )
