"""Queue attributes that differ by host: ``4,[big=8],[@small=2]`` (sge_queue_conf(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_OVERRIDE = re.compile(r",?\s*\[\s*([^=\]]+?)\s*=([^\]]*)\]")


def split_value(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The value for all hosts, and those of single hosts and host groups."""
    first = text.partition("[")[0]
    return first.rstrip().rstrip(",").rstrip(), _OVERRIDE.findall(text)


def value_on(text: str, host: str, groups: Mapping[str, Sequence[str]]) -> str:
    """The value on a host: its own, that of the first of its host groups, or the one for all."""
    if "[" not in text:
        return text
    common, overrides = split_value(text)
    own = dict(overrides)
    if host in own:
        return own[host]
    return next((value for name, value in overrides if host in groups.get(name, ())), common)


def values_on(
    attributes: Mapping[str, str], host: str, groups: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """All attributes as they are on a host."""
    return {name: value_on(text, host, groups) for name, text in attributes.items()}
