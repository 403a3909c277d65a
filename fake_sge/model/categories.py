"""The requests of a job as an Open Cluster Scheduler words them: in its category and in its command line."""

from __future__ import annotations

from .jobs import JobSpec
from .ranges import Range


def request_set(spec: JobSpec) -> str:
    """``-scope global -hard -l NAME=VALUE -hard -q QUEUE``; "" without requests."""
    words: list[str] = []
    for kind, resources, queues in (
        ("-hard", spec.hard_resources, spec.hard_queues),
        ("-soft", spec.soft_resources, spec.soft_queues),
    ):
        if resources:
            words.append(f"{kind} -l " + ",".join(f"{name}={value}" for name, value in resources))
        words += [f"{kind} -q {','.join(queues)}"] if queues else []
    words = ["-scope global", *words] if words else []
    if spec.master_queues:
        words.append(f"-scope master -hard -q {','.join(spec.master_queues)}")
    return " ".join(words)


def category_of(spec: JobSpec) -> str:
    """What the scheduler tells kinds of jobs apart by; "" without requests (captures ``qacct.j_pe``)."""
    parts = [request_set(spec)]
    if spec.pe is not None:
        parts.append(f"-pe {spec.pe} {','.join(map(_slots, spec.pe_ranges))}")
    if spec.project is not None:
        parts.append(f"-P {spec.project}")
    return " ".join(part for part in parts if part)


def _slots(piece: Range) -> str:
    return str(piece.first) if piece.first == piece.last else f"{piece.first}-{piece.last}"
