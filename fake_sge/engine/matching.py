"""Whether a queue instance is open, and whether it meets what a job asks for; why not, as qstat -j says."""

from __future__ import annotations

from collections.abc import Callable

from ..lighter import NamedTuple
from ..model import (
    CellConfig,
    ComplexEntry,
    JobSpec,
    JobType,
    QueueInstance,
    QueueState,
    SchedulingMessage,
)
from ..model.expressions import ExpressionError, expression_holds
from ..model.globs import glob_match
from ..model.resources import STEADY_LOADS, complex_values, known_loads, satisfies
from ..model.values import number_of, printed
from .access import denial, denial_of_cluster_queue, unasked
from .shortages import ABOUT_ALL, ABOUT_HOST, ABOUT_QUEUE, of_cluster_queue, requests
from .state import hosts_of

NOT_INTERACTIVE = 11  # number of a message
# Message numbers and texts as on a real 8.1.9 (captures w3.j_inthr, w4.j, w5.j), in the order reported.
UNAVAILABLE = (
    (
        QueueState.SUSPENDED
        | QueueState.CALENDAR_SUSPENDED
        | QueueState.SUBORDINATE
        | QueueState.ERROR
        | QueueState.UNKNOWN
        | QueueState.ORPHANED
        | QueueState.AMBIGUOUS,
        40,
        "is temporarily not available",
    ),
    (QueueState.ALARM | QueueState.SUSPEND_ALARM, 27, "is overloaded"),
    (QueueState.DISABLED | QueueState.CALENDAR_DISABLED, 39, "is disabled"),
)


def instance_matches(config: CellConfig, pattern: str, queue: str, host: str) -> bool:
    """Whether ``all.q``, ``all.q@host``, ``*@@group`` or an expression of such names means a queue instance.

    One that cannot be read means none.
    """
    name, at, place = config.queue_named(pattern).partition("@")
    if name and not name_matches(name, queue):
        return False
    if not at:
        return True
    if place.startswith("@"):
        groups = config.resolved_groups
        return _holds(
            place, lambda glob: any(host in groups[group] for group in groups if glob_match(glob, group))
        )
    return name_matches(place.lower(), host.lower())


def name_matches(expression: str, name: str) -> bool:
    """Whether an expression means a name; one that cannot be read means none."""
    return _holds(expression, lambda glob: glob_match(glob, name))


def _holds(expression: str, matches: Callable[[str], bool]) -> bool:
    try:
        return expression_holds(expression, matches)
    except ExpressionError:
        return False


def names_a_queue(pattern: str, config: CellConfig) -> bool:
    """Whether ``queue``, ``queue@host`` or ``queue@@group``, expressions allowed, names anything."""
    name, at, where = config.queue_named(pattern).partition("@")
    queues = [queue for queue in config.queues.values() if name and name_matches(name, queue.name)]
    if not at or not queues:
        return bool(queues)
    lists = [hosts_of(config, queue.attributes["hostlist"]) for queue in queues]
    places = config.host_groups if where.startswith("@") else [host for found in lists for host in found]
    return any(name_matches(where.lower(), place.lower()) for place in places)


def queue_unavailable(instance: QueueInstance) -> SchedulingMessage | None:
    """Why nothing can be dispatched to a queue instance because of its state; None when it is open."""
    for states, number, text in UNAVAILABLE:
        if instance.state & states:
            return SchedulingMessage(number, f'queue instance "{instance.name}" dropped because it {text}')
    return None


class Offer(NamedTuple):
    """What there is of a complex entry: the text and where it comes from (``gc:`` ``hl:`` ``qf:`` ...)."""

    text: str
    source: str


def offer_of(values: str, letter: str, entry: ComplexEntry) -> Offer | None:
    """What ``complex_values`` has of an entry; ``letter``: g of all hosts, h of one, q of a queue."""
    text = complex_values(values).get(entry.name)
    return (
        Offer(text, f"{letter}c" if entry.consumable != "NO" else f"{letter}f") if text is not None else None
    )


def offers(config: CellConfig, instance: QueueInstance, entry: ComplexEntry, loads: bool) -> list[Offer]:
    """What there is of an entry for all hosts, on the instance's host, and in its queue: each has to do.

    ``loads``: also those load values that change.
    """
    attributes, name = instance.queue.attributes, entry.name
    fixed = {"qname": instance.queue.name, "hostname": instance.host}
    if name in fixed:
        return [Offer(fixed[name], "qf")]
    host = config.hosts[instance.host]
    found = [
        offer_of(config.global_host.attributes["complex_values"], "g", entry),
        offer_of(host.attributes.get("complex_values", ""), "h", entry),
    ]
    reported = known_loads(host)
    if found[-1] is None and name in reported and (loads or name in STEADY_LOADS):
        found.append(Offer(reported[name], "hl"))
    own = offer_of(attributes.get("complex_values", ""), "q", entry)
    if own is None and name in attributes and name != "slots":
        text = attributes[name]
        own = Offer(text.lower() if text == "INFINITY" else text, "qf")
    return [offer for offer in (*found, own) if offer is not None]


def left_out(
    config: CellConfig, instance: QueueInstance, spec: JobSpec, verifying: bool = False
) -> SchedulingMessage | None:
    """Why an instance is not even looked at for the job; ``verifying``: worded as by -w."""
    if spec.hard_queues and not any(
        instance_matches(config, pattern, instance.queue.name, instance.host) for pattern in spec.hard_queues
    ):
        name = instance.queue.name
        if any(name_matches(config.queue_named(word).partition("@")[0], name) for word in spec.hard_queues):
            name = instance.name if verifying else instance.host  # on other hosts it is (real cell)
        text = f'cannot run in queue "{name}" because it is not contained in its hard queue list (-q)'
        return SchedulingMessage(6, text)
    if spec.job_type & JobType.IMMEDIATE and "I" not in instance.queue.qtype:
        text = f'cannot run in queue "{instance.queue.name}" because it is not of type interactive'
        return SchedulingMessage(NOT_INTERACTIVE, text)
    if spec.pe is None and not spec.job_type & JobType.IMMEDIATE and "B" not in instance.queue.qtype:
        text = f'cannot run in queue instance "{instance.name}" because it is not of type batch'
        return SchedulingMessage(12, text)
    queue = instance.queue.name
    return of_cluster_queue(config, instance, spec) or denial_of_cluster_queue(config, queue, spec)


def mismatch(
    config: CellConfig, instance: QueueInstance, spec: JobSpec, loads: bool = True, verifying: bool = False
) -> SchedulingMessage | None:
    """Why an instance can never run the job, worded as in qstat -j; None when it can, however much it has.

    ``loads``: as for :func:`offers`. ``verifying``: as for :func:`left_out`.
    """
    host = config.hosts[instance.host].attributes
    found = (
        left_out(config, instance, spec, verifying)
        or everywhere_denied(config, spec)
        or denial(config, host, spec, f'host "{instance.host}"')
        or unasked(config, host, spec, f"host {instance.host}")
        or denial(config, instance.queue.attributes, spec, f'queue "{instance.name}"')
        or unasked(config, instance.queue.attributes, spec, f"queue instance {instance.name}")
        or _lacks(config, instance, spec, loads)
    )
    if found is not None:
        return found
    if spec.pe is not None and not any(glob_match(spec.pe, name) for name in instance.queue.pe_list):
        return SchedulingMessage(
            8, f'cannot run in queue "{instance.queue.name}" because PE "{spec.pe}" is not in PE list'
        )
    return None


def everywhere_denied(config: CellConfig, spec: JobSpec) -> SchedulingMessage | None:
    """Why a job must not use any host."""
    attributes = config.global_host.attributes
    denied = denial(config, attributes, spec, 'host "global"')
    return denied or unasked(config, attributes, spec, "host global")


def _lacks(
    config: CellConfig, instance: QueueInstance, spec: JobSpec, loads: bool
) -> SchedulingMessage | None:
    """What an instance can never give; its host is looked at first (real cell)."""
    of_queue: SchedulingMessage | None = None
    for resource in spec.hard_resources:
        entry = config.complex_named(resource.name)
        if entry is None or entry.name == "slots":
            continue
        found = offers(config, instance, entry, loads)
        for offer in found:
            if not meets(entry, resource.value, offer):
                lack = too_little(instance, spec, entry, offer)
                if offer.source[0] != "q":
                    return lack
                of_queue = of_queue or lack
        if not found:
            of_queue = of_queue or too_little(instance, spec, entry, None)
    return of_queue


def meets(entry: ComplexEntry, wanted: str, offer: Offer) -> bool:
    """Whether an offer meets a request for ever: of a consumable any amount does."""
    if entry.consumable != "NO":
        return number_of(wanted, entry.type) is not None and number_of(offer.text, entry.type) is not None
    return satisfies(entry, wanted, offer.text)


def violations(config: CellConfig, instance: QueueInstance, spec: JobSpec) -> int:
    """How many of a job's soft requests an instance does not meet; those with the fewest come first."""
    count = 0
    for resource in spec.soft_resources:
        entry = config.complex_named(resource.name)
        found = offers(config, instance, entry, loads=True) if entry is not None else []
        count += not found or any(
            entry is not None and not satisfies(entry, resource.value, offer.text) for offer in found
        )
    name, host = instance.queue.name, instance.host
    count += bool(spec.soft_queues) and not any(
        instance_matches(config, pattern, name, host) for pattern in spec.soft_queues
    )
    return count


def too_little(
    instance: QueueInstance, spec: JobSpec, entry: ComplexEntry, offer: Offer | None
) -> SchedulingMessage:
    """What an instance offers of a resource does not do for a job; None: it has nothing of the kind."""
    by_host = offer is not None and offer.source[0] == "h"
    place = f'in queue "{instance.name}"'
    if by_host:
        place = f'{"at host" if spec.pe is None else "in queue"} "{instance.host}"'
    if offer is not None and offer.source[0] == "g":
        return too_little_everywhere(spec, entry, offer)
    only = f"job requests unknown resource ({entry.name})"
    if offer is not None:
        only = _only(entry, offer)
    wanted = requests(spec.hard_resources) or ("slots=1" if spec.pe is not None else "NONE")
    text = f"(-l {wanted}) cannot run {place} because {only}"
    return SchedulingMessage(ABOUT_HOST if by_host else ABOUT_QUEUE, text)


def _only(entry: ComplexEntry, offer: Offer) -> str:
    text = printed(offer.text, entry.type)
    if entry.type == "BOOL":
        text = "true" if number_of(offer.text, "BOOL") else "false"
    return f"it offers only {offer.source}:{entry.name}={text}"


def too_little_everywhere(spec: JobSpec, entry: ComplexEntry, offer: Offer) -> SchedulingMessage:
    """What the pseudo host global offers does not do for a job (real cell)."""
    wanted = requests(spec.hard_resources) or "NONE"
    only = _only(entry, offer)
    if spec.pe is None:
        return SchedulingMessage(ABOUT_ALL, f"(-l {wanted}) cannot run globally because {only}")
    wanted = "slots=1" if entry.name == "slots" else wanted
    return SchedulingMessage(ABOUT_QUEUE, f'(-l {wanted}) cannot run in queue "global" because {only}')
