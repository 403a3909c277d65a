"""Why a parallel environment does not give the slots that are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from drmaa_cli.gridengine.obstacles import Obstacle
from drmaa_cli.gridengine.queues import QueueInstance
from drmaa_cli.jobs.why.circumstances import Circumstances
from drmaa_cli.jobs.why.words import names, plural


def of_environment(
    about: Circumstances, closed: Collection[str], *, ever: bool
) -> tuple[list[str], list[str]]:
    """What is wrong with the slots, in words, and what can be done about it.

    Grid Engine says only that the environment offers too few; what else is known tells why.

    Args:
        about: what is known of the job.
        closed: the queue instances that it may not use.
        ever: whether it is about an empty cell.
    """
    job, found = about.job, about.environment
    if job is None or not job.pe:
        return ["its parallel environment has too few slots"], []
    fewer = [f"ask for fewer slots: qalter -pe {job.pe} N {{id}}"]
    wanted = least(job.slots)
    if found is not None and not found.instances:
        return [f"no queue offers parallel environment {job.pe}"], [
            "choose another one ('qconf -spl' lists them), or have the administrator add it to a queue"
        ]
    if found is not None and found.slots is not None and found.slots < wanted:
        text = f"it asks for {job.slots} slots, and parallel environment {job.pe} has {found.slots} in all"
        return [text], fewer
    chosen = _offering(about, closed)
    if chosen:
        one_host = found is not None and found.on_one_host
        most = enough_slots(chosen, one_host=one_host, free=not ever)
        if most < wanted:
            there = f"no host has more than {most}" if one_host else f"all hosts together have {most}"
            if not ever:
                return [f"{there} free"], ["wait until slots are free, or ask for fewer"]
            return [f"it asks for {job.slots} slots{' on one host' if one_host else ''}, and {there}"], fewer
    besides = names(f"{name}={value}" for name, value in job.resources.items())
    text = f"it asks for {job.slots} {plural(wanted, 'slot', 'slots')} in {job.pe}" + (
        f", each with {besides}" if besides else ""
    )
    return [f"{text}, and no place has as many{'' if ever else ' free'}"], fewer


def are_too_few(about: Circumstances, closed: Collection[str], *, ever: bool) -> bool:
    """Whether the queues that are left certainly have too few slots.

    Args:
        about: what is known of the job.
        closed: the queue instances that are not left.
        ever: whether those in use count as well.
    """
    chosen = _offering(about, closed)
    if about.job is None or not chosen:
        return False
    one_host = about.environment is not None and about.environment.on_one_host
    return enough_slots(chosen, one_host=one_host, free=not ever) < least(about.job.slots)


def _offering(about: Circumstances, closed: Collection[str]) -> list[QueueInstance]:
    """The queue instances that offer the job's parallel environment, as far as is known."""
    found = about.environment
    return [
        each
        for each in about.queues or ()
        if each.name not in closed and (found is None or each.name in found.instances)
    ]


def kept_out(about: Circumstances, found: Iterable[Obstacle]) -> set[str]:
    """The queue instances that obstacles are about: of their queues, their hosts, or the whole cell."""
    return {
        each.name
        for one in found
        for each in about.queues or ()
        if not one.place
        or one.place in (each.name, each.queue)
        or (one.on_host and each.host.partition(".")[0] == one.place.partition(".")[0])
    }


def enough_slots(instances: Iterable[QueueInstance], *, one_host: bool, free: bool) -> int:
    """The most slots that a job could get: on one host, or in all."""
    count: Counter[str] = Counter()
    for each in instances:
        count[each.host if one_host else ""] += each.free if free else each.total
    return max(count.values(), default=0)


def least(slots: str) -> int:
    """The fewest slots that will do: of ``4``, ``2-8``, ``2,4``."""
    starts = [part.partition("-")[0] for part in slots.split(",")]
    return min((int(start) for start in starts if start.isdigit()), default=1)
