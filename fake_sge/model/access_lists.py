"""Whom user lists let in, and to which department a user belongs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .cluster import CellConfig, QueueInstance
from .jobs import JobSpec
from .values import listed

Attributes = Mapping[str, str]


def names_of(spec: JobSpec) -> set[str]:
    """The names by which user lists mean a job's owner."""
    return {spec.owner, f"@{spec.group}"}


def department_of(user: str, config: CellConfig) -> str:
    """The first user set of type DEPT that has a user by name; groups do not matter (real cell)."""
    for name, attributes in config.usersets.items():
        if "DEPT" in attributes.get("type", "ACL").split() and user in config.members(name):
            return name
    return "defaultdepartment"


def is_in(lists: str, names: Collection[str], config: CellConfig) -> bool:
    """Whether any of these user lists has one of the names."""
    return any(not set(names).isdisjoint(config.members(name)) for name in listed(lists))


def admits(attributes: Attributes, names: Collection[str], config: CellConfig) -> bool:
    """Whether ``user_lists`` and ``xuser_lists`` let somebody in."""
    allowed, denied = attributes.get("user_lists", "NONE"), attributes.get("xuser_lists", "NONE")
    return not is_in(denied, names, config) and (allowed.upper() == "NONE" or is_in(allowed, names, config))


def admits_to_instance(config: CellConfig, instance: QueueInstance, names: Collection[str]) -> bool:
    """Whether all hosts together, the instance's host and its queue let somebody in."""
    host = config.hosts[instance.host]
    places = (config.global_host.attributes, host.attributes, instance.queue.attributes)
    return all(admits(attributes, names, config) for attributes in places)
