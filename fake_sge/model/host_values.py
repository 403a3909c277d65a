"""Queue attributes that differ by host: ``4,[big=8],[@small=2]`` (sge_queue_conf(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_OVERRIDE = r",?\s*\[\s*([^=\]]+?)\s*=([^\]]*)\]"


def split_value(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The value for all hosts, and those of single hosts and host groups."""
    first = text.partition("[")[0]
    return first.rstrip().rstrip(",").rstrip(), re.findall(_OVERRIDE, text)


def read_value(text: str) -> tuple[str | None, dict[str, str]]:
    """A value that is given: that for all hosts (None without), those by host or group.

    Raises:
        ValueError: with what a real cell says of it.
    """
    if text.endswith(","):
        raise ValueError(f'There is an extra comma at the end of the list: "{text}"')
    if re.search(r"[^,\s]\s*\[", text):
        raise ValueError(f'All list elements must be separated by commas: "{text}"')
    first, *parts = (part.rstrip(" \t") for part in re.split(r",\s*\[", re.sub(r"^\s*\[", "", text)))
    common: str | None = first
    if first.endswith("]"):
        common, parts = None, [first, *parts]
    found: dict[str, str] = {}
    for part in parts:
        if not part.endswith("]"):
            raise ValueError(f'The last character of each list item must be enclosed in brackets: "{text}"')
        place, equals, value = part[:-1].partition("=")
        if not equals:
            raise ValueError("'=' has to separate host or group from value")
        if place.strip() in found:
            raise ValueError(f'Value for "{place.strip()}" is multiply defined')
        found[place.strip()] = value
    return common, found


def joined_value(common: str, places: Mapping[str, str]) -> str:
    """Both parts as one text, host groups first (real cell)."""
    ordered = sorted(places, key=lambda place: (not place.startswith("@"), place))
    return ",".join([common, *(f"[{place}={places[place]}]" for place in ordered)])


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
