"""Requested and offered resources: what a request asks for, and whether an offer meets it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .cluster import ComplexEntry, Host
from .expressions import ExpressionError, expression_holds
from .globs import glob_match
from .jobs import Resource
from .values import TEXT_TYPES, compare, listed, number_of, quantity

# The attributes of a queue that can be requested, in the order of ``qstat -F``.
QUEUE_RESOURCES = (
    *("qname", "hostname", "slots", "tmpdir", "seq_no", "rerun", "calendar", "s_rt", "h_rt"),
    *(f"{kind}_{name}" for name in ("cpu", "fsize", "data", "stack", "core", "rss", "vmem") for kind in "sh"),
    "min_cpu_interval",
)

# Load values that stay as they are. The others do not count where the load is left out: qselect, qstat -q
# and -l, -w v, e and w (real cell: each of them).
STEADY_LOADS = (
    *("arch", "num_proc", "mem_total", "swap_total", "virtual_total", "m_core", "m_socket", "m_thread"),
    "m_topology",
)


def known_loads(host: Host) -> dict[str, str]:
    """What the qmaster knows of a host's load: of an unheard one only what does not change (real cell)."""
    if not host.unheard:
        return dict(host.load_values)
    steady = host.load_values if host.heard else {}
    return {name: value for name, value in steady.items() if name in STEADY_LOADS}


def complex_values(text: str) -> dict[str, str]:
    """``complex_values`` or thresholds of a queue or host: ``a=1,b=2``, NONE."""
    return {name: value for name, equals, value in (word.partition("=") for word in listed(text)) if equals}


def text_matches(kind: str, wanted: str, offered: str) -> bool:
    """Whether a text meets an expression; one that cannot be read meets nothing.

    So for all types of texts (real cell: ``-l arch='!foo'``, ``arch='lx*'``, ``q='(foo|all.q)'``).
    """
    if kind in ("CSTRING", "HOST"):
        wanted, offered = wanted.lower(), offered.lower()
    try:
        return expression_holds(wanted, lambda pattern: glob_match(pattern, offered))
    except ExpressionError:
        return False


def satisfies(entry: ComplexEntry, wanted: str, offered: str) -> bool:
    """Whether an offered value meets a request, by the relation of the complex entry."""
    if entry.type in TEXT_TYPES:
        hit = text_matches(entry.type, wanted, offered)
        return not hit if entry.relop == "!=" else hit
    want, have = number_of(wanted, entry.type), number_of(offered, entry.type)
    return want is not None and have is not None and compare(entry.relop, want, have)


def beyond(entry: ComplexEntry, limit: str, offered: str) -> bool:
    """Whether a load value is beyond its threshold, by the relation of its complex entry."""
    want, have = number_of(limit, entry.type), number_of(offered, entry.type)
    return want is not None and have is not None and compare(entry.relop, have, want)


def limit_of(resources: Sequence[Resource], attributes: dict[str, str], name: str) -> float | None:
    """Seconds or bytes of a limit such as ``h_rt``: the smaller of request and queue; None for no limit."""
    texts = [resource.value for resource in resources if resource.name == name][-1:]
    values = [quantity(text) for text in (*texts, attributes.get(name, "INFINITY"))]
    return min((value for value in values if value is not None and math.isfinite(value)), default=None)
