"""Why nothing suits a job: now, or never in this cell. A judgement of the scheduler's sentences.

``qalter -w v`` says whether an empty cell could run the job, ``-w p`` whether this one can now; both name one
obstacle for each place. Two things must not be believed: ``-w v`` takes load values that change for unknown
resources, and counts who has a host for himself as if he had it for ever (``tests/why``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from drmaa_cli.gridengine.obstacles import Kind, Obstacle, obstacles
from drmaa_cli.gridengine.verification import Startable
from drmaa_cli.jobs.why import clauses
from drmaa_cli.jobs.why.circumstances import Circumstances
from drmaa_cli.jobs.why.environments import are_too_few, enough_slots, kept_out, of_environment
from drmaa_cli.jobs.why.explanation import Finding, WaitKind
from drmaa_cli.jobs.why.memory import beyond_any_host
from drmaa_cli.jobs.why.words import names

FOR_EVER = frozenset(  # what does not go away by waiting
    {
        Kind.UNKNOWN_RESOURCE,
        Kind.QUEUE_LIMITS,
        Kind.NOT_IN_QUEUE_LIST,
        Kind.NO_PE,
        Kind.NO_ACCESS,
        Kind.PROJECT,
        Kind.NOT_BATCH,
    }
)
IN_THE_WAY = (Kind.UNAVAILABLE, Kind.DISABLED, Kind.OVERLOADED)
ABOUT_QUEUES = frozenset({*IN_THE_WAY, *FOR_EVER, Kind.FULL, Kind.RESOURCE, Kind.EXCLUSIVE, Kind.RESERVED})
ABOUT_QUEUES |= {Kind.PE_SLOTS, Kind.QUOTA, Kind.OTHER}
IMPOSSIBLE = "cannot run anywhere in this cell: "
LEADS = {
    WaitKind.NO_SLOT: "waiting for a free slot: ",
    WaitKind.RESOURCE: "waiting for what it asks for: ",
    WaitKind.QUEUE: "waiting for a queue: ",
    WaitKind.LOAD: "waiting for the load to fall: ",
    WaitKind.QUOTA: "waiting at a resource quota: ",
    WaitKind.RESERVATION: "waiting for slots that are kept for another job: ",
    WaitKind.IMPOSSIBLE: IMPOSSIBLE,
}


def of_places(about: Circumstances) -> Finding | None:
    """Why no place suits the job; None when one does, or nothing is known."""
    never = _never(about)
    if never is not None:
        return never
    now = obstacles(about.now.messages) if about.now else ()
    if about.now is not None and about.now.verdict is Startable.POSSIBLE:
        return None
    asked = about.now is not None and about.now.verdict is Startable.IMPOSSIBLE
    found = now or tuple(one for one in obstacles(about.messages) if one.kind in ABOUT_QUEUES)
    if not found:
        return _without_a_word(about) if asked else None
    return _of_now(about, found, certain=asked)


def _without_a_word(about: Circumstances) -> Finding:
    """`-w p` finds nothing and names no place: there is none (observed in a cell without queues)."""
    if about.queues:
        return Finding(
            WaitKind.QUEUE, "waiting for a queue that suits it: Grid Engine names no reason", certain=False
        )
    return Finding(
        WaitKind.IMPOSSIBLE,
        f"{IMPOSSIBLE}there is no queue",
        advice=("have the administrator add a queue: qconf -aq",),
    )


def _never(about: Circumstances) -> Finding | None:
    """What even an empty cell could not run."""
    if about.empty is None or about.empty.verdict is not Startable.IMPOSSIBLE:
        return None
    measured = {
        one.name for one in obstacles(about.now.messages if about.now else ()) if one.source in clauses.LOADS
    }
    found = obstacles(about.empty.messages)
    doubtful = [
        one
        for one in found
        if one.kind is Kind.EXCLUSIVE or (one.kind is Kind.UNKNOWN_RESOURCE and one.name in measured)
    ]
    if not found:
        return _without_a_word(about)
    evidence = tuple(f"qalter -w v: {one.text}" for one in found)
    if doubtful:
        return beyond_any_host(about, doubtful)
    if all(one.kind is Kind.NOT_IN_QUEUE_LIST for one in found):
        listed = names(about.job.queues if about.job else ())
        return Finding(
            WaitKind.IMPOSSIBLE,
            f"{IMPOSSIBLE}it may only run in {listed or 'queues'} (-q), and there is no such queue any more",
            evidence=evidence,
            advice=("let it run in another queue: qalter -q QUEUE {id}",),
        )
    rest = [one for one in found if one.kind is not Kind.NOT_IN_QUEUE_LIST]
    rest = _without_consequences(about, rest, found, ever=True)
    words, advice = _clauses(about, rest, ever=True)
    return Finding(WaitKind.IMPOSSIBLE, IMPOSSIBLE + "; ".join(words), evidence=evidence, advice=advice)


def _of_now(about: Circumstances, found: Sequence[Obstacle], *, certain: bool) -> Finding:
    """What keeps it from being started now."""
    source = "qalter -w p" if certain else "qstat -j"
    evidence = tuple(f"{source}: {one.text}" for one in found)
    passing = [one for one in found if one.kind not in FOR_EVER and one.kind is not Kind.ALL_DROPPED]
    if not passing:
        words, advice = _clauses(about, [one for one in found if one.kind in FOR_EVER] or found, ever=True)
        # The scheduler's own words leave out the queues that were full or closed when it ran.
        return Finding(
            WaitKind.IMPOSSIBLE, IMPOSSIBLE + "; ".join(words), certain, evidence=evidence, advice=advice
        )
    passing = _without_consequences(about, passing, found, ever=False)
    kind = _kind(about, passing)
    words, advice = _clauses(about, passing, ever=False)
    lead = LEADS[kind]
    if kind is WaitKind.NO_SLOT and about.job is not None and about.job.pe:
        lead = f"waiting for {about.job.slots} free slots in parallel environment {about.job.pe}: "
    return Finding(
        kind,
        lead + "; ".join(words),
        certain or about.now is None,
        (*evidence, *clauses.reasons_of(about, [one for one in passing if one.kind in IN_THE_WAY])),
        advice,
    )


def _without_consequences(
    about: Circumstances, kept: list[Obstacle], found: Sequence[Obstacle], *, ever: bool
) -> list[Obstacle]:
    """Without the sentence that a parallel environment has too few slots, if others say why.

    They do not where too few slots are in the queues that they leave.

    Args:
        about: what is known of the job.
        kept: the obstacles that are to be told of.
        found: all there are.
        ever: whether it is about an empty cell.
    """
    others = [one for one in kept if one.kind is not Kind.PE_SLOTS]
    closed = kept_out(about, [one for one in found if one.kind is not Kind.PE_SLOTS])
    return kept if not others or are_too_few(about, closed, ever=ever) else others


def _kind(about: Circumstances, found: Sequence[Obstacle]) -> WaitKind:
    kinds = {one.kind for one in found}
    if Kind.FULL in kinds or Kind.PE_SLOTS in kinds:
        return WaitKind.NO_SLOT
    if Kind.QUOTA in kinds:
        return WaitKind.QUOTA
    if kinds & {Kind.RESOURCE, Kind.EXCLUSIVE}:
        return WaitKind.RESOURCE
    if Kind.RESERVED in kinds:
        return WaitKind.RESERVATION
    closed = [one for one in found if one.kind in IN_THE_WAY]
    states = [each.state for one in closed for each in clauses.instances_of(one, about.queues or ())]
    if all(one.kind is Kind.OVERLOADED for one in found) or (
        states and all(set(state) <= {"a", "A"} and state for state in states)
    ):
        return WaitKind.LOAD
    return WaitKind.QUEUE


def _clauses(
    about: Circumstances, found: Sequence[Obstacle], *, ever: bool
) -> tuple[list[str], tuple[str, ...]]:
    """Obstacles in words, alike ones together, and what can be done about them."""
    words: list[str] = []
    advice: list[str] = []
    closed = kept_out(about, [one for one in found if one.kind in FOR_EVER])
    groups: dict[tuple[Kind, str], list[Obstacle]] = {}
    for one in found:
        kind = Kind.UNAVAILABLE if one.kind in IN_THE_WAY else one.kind
        named = one.name if kind in (Kind.RESOURCE, Kind.UNKNOWN_RESOURCE, Kind.EXCLUSIVE) else ""
        groups.setdefault((kind, named), []).append(_as_exclusive(one))
    for (kind, _), members in sorted(groups.items(), key=lambda group: _ORDER.index(group[0][0])):
        sentences, todo = _clause(about, kind, members, closed, ever=ever)
        words += sentences
        advice += todo
    return words, tuple(dict.fromkeys(advice))


def _as_exclusive(one: Obstacle) -> Obstacle:
    """A consumable that offers ``false`` is an exclusive one (observed, ``-l excl=1``)."""
    taken = one.kind is Kind.RESOURCE and one.offered == "false" and one.source.endswith("c")
    return one._replace(kind=Kind.EXCLUSIVE) if taken else one


_ORDER = (
    *(Kind.FULL, Kind.PE_SLOTS, Kind.QUOTA, Kind.RESOURCE, Kind.EXCLUSIVE, Kind.RESERVED, Kind.UNAVAILABLE),
    *(Kind.UNKNOWN_RESOURCE, Kind.QUEUE_LIMITS, Kind.NO_ACCESS, Kind.PROJECT, Kind.NO_PE, Kind.NOT_BATCH),
    *(Kind.NOT_IN_QUEUE_LIST, Kind.OTHER),
)
_LESS = "ask for less, or for what there is: qalter -l ... {id}"
_SIMPLE = {  # those that have nothing but their words and one advice
    Kind.QUOTA: (clauses.of_quota, "see what counts against it: qquota -u '*'"),
    Kind.QUEUE_LIMITS: (clauses.of_queue_limits, _LESS),
    Kind.NO_ACCESS: (clauses.of_access, "have the administrator let you in, or choose another queue (-q)"),
    Kind.PROJECT: (clauses.of_project, "submit with a project that may use it: qalter -P PROJECT {id}"),
    Kind.NOT_BATCH: (clauses.of_no_batch, "choose another queue (-q)"),
    Kind.RESERVED: (
        clauses.of_reservation,
        "say how long it runs: a job that ends in time goes first (-l h_rt=...)",
    ),
}


def _clause(
    about: Circumstances, kind: Kind, found: Sequence[Obstacle], closed: Collection[str], *, ever: bool
) -> tuple[list[str], list[str]]:
    """One group in words, and what can be done about it; closed are queue instances that do not count."""
    if kind is Kind.QUOTA and ever:
        return [clauses.of_quota_for_ever(about, found)], [_LESS]
    if kind in _SIMPLE:
        say, todo = _SIMPLE[kind]
        return [say(about, found)], [todo]
    if kind is Kind.FULL:
        return [clauses.of_slots(about, found)], _of_line(about)
    if kind in (Kind.PE_SLOTS, Kind.NO_PE):
        return of_environment(about, closed, ever=ever)
    if kind in (Kind.RESOURCE, Kind.EXCLUSIVE, Kind.UNKNOWN_RESOURCE):
        todo = _LESS if ever else "wait until jobs that use it have ended, or ask for less"
        return [clauses.of_resource(about, found, ever=ever)], [todo]
    if kind is Kind.UNAVAILABLE:
        return clauses.of_states(about, found)
    if kind is Kind.NOT_IN_QUEUE_LIST:
        todo = "let it run in another queue: qalter -q QUEUE {id}"
        return ["it may not run in the other queues (-q)"], [todo]
    return [one.text for one in found], []


def _of_line(about: Circumstances) -> list[str]:
    if about.ahead:
        return ["wait: others are before it in line ('drmaa-cli ps' and 'qstat -u \"*\"' show them)"]
    return ["wait: it is the first in line"]


__all__ = ["LEADS", "enough_slots", "of_places"]
