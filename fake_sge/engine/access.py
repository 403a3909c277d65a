"""Who may use what: user lists, projects and FORCED resources of queues, hosts and all hosts; environments.

Worded as by a real 8.1.9 (tests/fake/test_access.py).
"""

from __future__ import annotations

from collections.abc import Callable

from ..model import CellConfig, JobSpec, SchedulingMessage
from ..model.access_lists import Attributes, admits, names_of
from ..model.globs import glob_match
from ..model.host_values import split_value
from ..model.resources import complex_values
from ..model.values import listed

# Numbers of messages.
NO_PERMISSION, WRONG_PROJECT, NO_PROJECT, EXCLUDED_PROJECT, NO_PE = 1, 2, 3, 4, 25
TOO_FEW = 24
UNASKED_OF_QUEUE, UNASKED_OF_HOST = 14, 21
DENIALS = (NO_PERMISSION, WRONG_PROJECT, NO_PROJECT, EXCLUDED_PROJECT, NO_PE)


def denial(config: CellConfig, attributes: Attributes, spec: JobSpec, place: str) -> SchedulingMessage | None:
    """Why a job's owner or project must not use a place, such as ``host "big"``."""
    if not admits(attributes, names_of(spec), config):
        return SchedulingMessage(NO_PERMISSION, f"has no permission for {place}")
    if spec.project in listed(attributes.get("xprojects", "NONE")):
        excluded = f"is not allowed to run in {place} based on the excluded project list"
        return SchedulingMessage(EXCLUDED_PROJECT, f"(project {spec.project}) {excluded}")
    allowed = listed(attributes.get("projects", "NONE"))
    if allowed and spec.project not in allowed:
        return _wrong_project(spec.project, place)
    return None


def _wrong_project(project: str | None, place: str) -> SchedulingMessage:
    number, who = (WRONG_PROJECT, f"project {project}") if project else (NO_PROJECT, "no project")
    return SchedulingMessage(number, f"({who}) does not have the correct project to run in {place}")


def unasked(
    config: CellConfig, attributes: Attributes, spec: JobSpec, place: str
) -> SchedulingMessage | None:
    """That a job does not ask for what a place has for those only who do (FORCED); one that is named."""
    asked = {item.name for item in spec.hard_resources}
    for name in sorted(complex_values(attributes.get("complex_values", "NONE")), reverse=True):
        entry = config.complex_named(name)
        if entry is not None and entry.requestable == "FORCED" and entry.name not in asked:
            number = UNASKED_OF_HOST if place.startswith("host ") else UNASKED_OF_QUEUE
            text = f"does not request 'forced' resource \"{entry.name}\" of {place}"
            return SchedulingMessage(number, text)
    return None


def denial_of_cluster_queue(config: CellConfig, queue: str, spec: JobSpec) -> SchedulingMessage | None:
    """Why none of a queue's values lets a job in, whatever the host; of a project no name is said."""
    attributes, place = config.queues[queue].attributes, f'cluster queue "{queue}"'

    def each(name: str, lets_in: Callable[[Attributes], bool]) -> bool:
        common, by_host = split_value(attributes[name])
        return any(lets_in({name: value}) for value in (common, *(value for _, value in by_host)))

    def project(values: Attributes) -> bool:
        return denial(config, values, spec, place) is None

    def user(values: Attributes) -> bool:
        return admits(values, names_of(spec), config)

    if not (each("projects", project) and each("xprojects", project)):
        return _wrong_project(None, place)
    if not (each("user_lists", user) and each("xuser_lists", user)):
        return SchedulingMessage(NO_PERMISSION, f"has no permission for {place}")
    return None


def environments(config: CellConfig, spec: JobSpec) -> list[str]:
    """The parallel environments that a job means and that let it in."""
    return [name for name in _meant(config, spec) if _admits(config, spec, name)]


def closed_environments(config: CellConfig, spec: JobSpec) -> list[SchedulingMessage]:
    """What is said of those that do not let a job in."""
    found = []
    for name in _meant(config, spec):
        if not _admits(config, spec, name):
            found.append(SchedulingMessage(NO_PE, f'cannot run because no access to PE "{name}"'))
            found.append(
                SchedulingMessage(TOO_FEW, f'cannot run in PE "{name}" because it only offers 0 slots')
            )
    return found


def _meant(config: CellConfig, spec: JobSpec) -> list[str]:
    pattern = spec.pe
    return [] if pattern is None else [n for n in config.parallel_environments if glob_match(pattern, n)]


def _admits(config: CellConfig, spec: JobSpec, name: str) -> bool:
    return admits(config.parallel_environments[name].attributes, names_of(spec), config)
