"""What a job had asked for, as accounting keeps it: the field ``category`` (accounting(5)).

``-q all.q -l h_rt=100,h_vmem=1G -pe smp 2`` is how 8.1.9 writes it, ``-scope global -hard -l h_rt=2`` Open
Cluster Scheduler; ``NONE``, ``-`` and nothing stand for no requests (captures ``qacct.*`` of five engines).
Times come as seconds whatever way they were asked for, sizes as they were asked for (``tests/data/ends``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from drmaa_cli.gridengine.units import parse_memory, parse_seconds
from drmaa_cli.typed import NamedTuple

__all__ = ["NO_REQUESTS", "Requests", "parse"]

NOTHING = ("", "NONE", "-")
SLAVES = "slave"
UNLIMITED = ("INFINITY", "NONE", "")
_NO_RESOURCES: Mapping[str, str] = MappingProxyType({})


class Requests(NamedTuple):
    """What a job had asked for.

    Attributes:
        resources: hard requests (``-l``): name -> value as it was written; ``TRUE`` for a name without one.
        soft: the same of ``-soft -l``: a wish, which Grid Engine enforces nothing of.
        pe: the parallel environment, as it was asked for; '' for none.
        slots: how many slots, as it was asked for: ``2``, ``2-8``; '' for none.
        queues: the queues it was to run in, as they were asked for.
    """

    resources: Mapping[str, str] = _NO_RESOURCES
    soft: Mapping[str, str] = _NO_RESOURCES
    pe: str = ""
    slots: str = ""
    queues: tuple[str, ...] = ()

    def seconds(self, name: str) -> float | None:
        """A request that is a time (``h_rt``, ``s_cpu``); None when there is none, or no limit in it."""
        return _number(self.resources.get(name), parse_seconds)

    def bytes(self, name: str) -> float | None:
        """A request that is a size (``h_vmem``); None when there is none, or no limit in it."""
        return _number(self.resources.get(name), parse_memory)


NO_REQUESTS = Requests()


def parse(category: str) -> Requests:
    """Read a category; what it says in words that are not known is left out.

    Requests for the further tasks of a parallel job alone (``-scope slave``) are none of the job's.
    """
    if category.strip() in NOTHING:
        return NO_REQUESTS
    hard: dict[str, str] = {}
    soft: dict[str, str] = {}
    found = NO_REQUESTS
    into, scope = hard, ""
    for option, values in _options(category.split()):
        if option in ("-hard", "-soft"):
            into = hard if option == "-hard" else soft
        elif option == "-scope" and values:
            scope, into = values[0], hard
        elif option == "-pe" and len(values) > 1:
            found = found._replace(pe=values[0], slots=values[1])
        elif scope == SLAVES or not values:
            continue
        elif option == "-l":
            into.update(_pairs(values[0]))
        elif option == "-q" and into is hard:
            found = found._replace(queues=(*found.queues, *values[0].split(",")))
    return found._replace(resources=MappingProxyType(hard), soft=MappingProxyType(soft))


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Option by option, with the words up to the next one."""
    starts = [at for at, word in enumerate(words) if word.startswith("-") and len(word) > 1]
    for at, end in zip(starts, (*starts[1:], len(words))):
        yield words[at], words[at + 1 : end]


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if name:
            yield name, value if equals else "TRUE"


def _number(text: str | None, parse_text: Callable[[str], float]) -> float | None:
    if text is None or text.upper() in UNLIMITED:
        return None
    try:
        number = parse_text(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
