"""What the scheduler's sentences mean: why one job cannot be started in one place.

The same sentences come from ``qstat -j`` (scheduling information) and from ``qalter -w p`` and ``-w v``. Each
form was printed by a real 8.1.9 cell (``tests/why``, captures ``w*.j_*``); a sentence in another form is a
:attr:`Kind.OTHER`, with its words.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

from drmaa_cli.typed import NamedTuple

__all__ = ["Kind", "Obstacle", "obstacles", "parse"]


class Kind(enum.Enum):
    """The ways in which a place does not suit a job."""

    FULL = "full"  # all slots of a queue instance are in use
    RESERVED = "reserved"  # ... or kept for another job that reserves
    RESOURCE = "resource"  # what is asked for is not there, not enough of it, or has another value
    EXCLUSIVE = "exclusive"  # somebody has it for himself
    UNKNOWN_RESOURCE = "unknown resource"  # nothing there has such a resource
    QUEUE_LIMITS = "queue limits"  # the cluster queue's own values do not suit
    NOT_IN_QUEUE_LIST = "not in queue list"
    NO_PE = "no pe"  # the queue does not offer the parallel environment
    PE_SLOTS = "pe slots"  # the parallel environment has too few slots
    NO_ACCESS = "no access"
    PROJECT = "project"
    QUOTA = "quota"
    NOT_BATCH = "not batch"
    UNAVAILABLE = "unavailable"  # suspended, in its error state, unheard of; with -w p also disabled
    DISABLED = "disabled"
    OVERLOADED = "overloaded"
    ALL_DROPPED = "all dropped"  # no queue instance is left
    HELD = "held"
    IN_ERROR = "in error"
    START_TIME = "start time"
    DEPENDENCY = "dependency"
    USER_LIMIT = "user limit"  # maxujobs of sched_conf(5)
    CONCURRENCY = "concurrency"  # -tc of its own, or max_aj_instances
    CLEAN_UP = "clean up"  # of a run before, on the same host
    OTHER = "other"


class Obstacle(NamedTuple):
    """One of them.

    Attributes:
        kind: which.
        place: ``QUEUE``, ``QUEUE@HOST`` or the host's name; '' for everywhere.
        on_host: whether the place is a host.
        name: the resource, parallel environment or quota's rule it is about; of limits of a queue the
            requests.
        offered: how much of it there is, as printed.
        source: where that comes from: ``hl`` a load value, ``hc`` a host's consumable (qstat(1), ``-F``).
        text: the whole sentence.
    """

    kind: Kind
    place: str = ""
    on_host: bool = False
    name: str = ""
    offered: str = ""
    source: str = ""
    text: str = ""


_AT = r'(?:at host "(?P<host>[^"]*)"|in queue "(?P<place>[^"]*)"|globally)'
_ASKED = r"^\(-l .*\) cannot run "
_NOT_LISTED = r"it is not contained in its (?:master )?hard queue list"
_TAKEN = r"(?:for default request )?exclusive resource \((?P<name>[^)]*)\) is already in use"
_ONLY = r"it offers only (?P<source>\w+):(?P<name>[^=\s]+)=(?P<offered>.*?)"
_WRONG_PROJECT = r"^.* does not have the correct project to run in "
_QUEUE = r'"(?P<place>[^"]*)"'
_HOST = r'"(?P<host>[^"]*)"'
_NAME = r'"(?P<name>[^"]*)"'
_INSTANCE = rf"^queue instance {_QUEUE} "
_FORMS: tuple[tuple[Kind, str], ...] = (
    (Kind.RESERVED, rf"{_ASKED}{_AT} because {_ONLY} due to a reservation"),
    (Kind.RESOURCE, rf"{_ASKED}{_AT} because {_ONLY}$"),
    (Kind.UNKNOWN_RESOURCE, rf"{_ASKED}{_AT} because job requests unknown resource \((?P<name>[^)]*)\)"),
    (Kind.EXCLUSIVE, rf"{_ASKED}{_AT} because {_TAKEN}"),
    (Kind.QUEUE_LIMITS, rf"^\(-l (?P<name>.*)\) cannot run {_AT} because of cluster queue"),
    (Kind.NOT_IN_QUEUE_LIST, rf"^cannot run in queue {_QUEUE} because {_NOT_LISTED}"),
    (Kind.NO_PE, rf"^cannot run in queue {_QUEUE} because PE {_NAME} is not in PE list"),
    (Kind.PE_SLOTS, rf"^cannot run in PE {_NAME} because it only offers (?P<offered>-?\d+) slots"),
    (Kind.NO_ACCESS, rf"^cannot run because no access to PE {_NAME}"),
    (Kind.NO_ACCESS, rf"^has no permission for (?:cluster queue {_QUEUE}|host {_HOST})"),
    (Kind.PROJECT, rf"{_WRONG_PROJECT}(?:(?:cluster )?queue {_QUEUE}|host {_HOST})"),
    (Kind.QUOTA, rf'^cannot run because it exceeds limit "(?P<offered>[^"]*)" in rule {_NAME}'),
    (Kind.NOT_BATCH, rf"^cannot run in queue instance {_QUEUE} because it is not of type batch"),
    (Kind.UNAVAILABLE, rf"{_INSTANCE}dropped because it is temporarily not available"),
    (Kind.DISABLED, rf"{_INSTANCE}dropped because it is disabled"),
    (Kind.FULL, rf"{_INSTANCE}dropped because it is full"),
    (Kind.OVERLOADED, rf"{_INSTANCE}dropped because it is overloaded(?:: (?P<offered>.*))?"),
    (Kind.OVERLOADED, rf"{_INSTANCE}is in suspend alarm(?:: (?P<offered>.*))?"),
    (Kind.ALL_DROPPED, r"^All queues dropped because of overload or full"),
    (Kind.HELD, r"^Job is in hold state"),
    (Kind.IN_ERROR, r"^Job is in error state"),
    (Kind.START_TIME, r"^execution time not reached"),
    (Kind.DEPENDENCY, r"^job dropped because of job dependencies"),
    (Kind.USER_LIMIT, r"^job dropped because of user limitations"),
    (Kind.CONCURRENCY, r"^not all array tasks may be started due to '(?P<name>[^']*)'"),
    (Kind.CLEAN_UP, rf"^cannot run on host {_HOST} until clean up of a previous run has finished"),
)
_COMPILED = tuple((kind, re.compile(form)) for kind, form in _FORMS)
SLOTS = "slots"


def parse(text: str) -> Obstacle:
    """What one sentence says."""
    sentence = " ".join(text.split())
    for kind, form in _COMPILED:
        found = form.search(sentence)
        if found is None:
            continue
        groups = found.groupdict()
        name = groups.get("name") or ""
        if kind is Kind.RESOURCE and name == SLOTS:
            kind = Kind.FULL  # noqa: PLW2901  # all its slots are in use, or too few are left
        source, host = groups.get("source") or "", groups.get("host") or ""
        return Obstacle(
            kind,
            groups.get("place") or host,
            bool(host) or source.startswith("h"),  # of a parallel job a host stands there as a queue
            name,
            (groups.get("offered") or "").strip(),
            source,
            sentence,
        )
    return Obstacle(Kind.OTHER, text=sentence)


def obstacles(texts: Iterable[str]) -> tuple[Obstacle, ...]:
    """What sentences say, each once."""
    return tuple(dict.fromkeys(parse(text) for text in texts))
