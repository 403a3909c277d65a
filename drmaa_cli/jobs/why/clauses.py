"""What obstacles are in words, kind by kind: ``all 2 slots of all.q are in use``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from drmaa_cli.gridengine import queues as letters
from drmaa_cli.gridengine.obstacles import Kind, Obstacle
from drmaa_cli.gridengine.queues import QueueInstance
from drmaa_cli.jobs.why.circumstances import Circumstances
from drmaa_cli.jobs.why.words import names, number, plural

LOADS = ("hl", "gl", "ql")  # sources that are measured (qstat(1), -F)
STATES: Mapping[str, tuple[str, str]] = {  # a letter -> the words for it, and what to do
    letters.UNHEARD: (
        "not heard of: {its} {host} does not answer",
        "have the administrator see to the host: {names}",
    ),
    letters.IN_ERROR: (
        "in {its} error state",
        "have the administrator see why ('qstat -f -explain E'), then: qmod -cq {names}",
    ),
    letters.DISABLED: ("disabled", "an operator enables: qmod -e {names}"),
    letters.SUSPENDED: ("suspended", "an operator resumes: qmod -usq {names}"),
    letters.CALENDAR_DISABLED: ("disabled by {its} calendar", "wait until the calendar opens {names}"),
    letters.CALENDAR_SUSPENDED: ("suspended by {its} calendar", "wait until the calendar opens {names}"),
    letters.SUBORDINATE: (
        "suspended for the jobs of another queue",
        "wait until the queue to which {names} is subordinate has less to do",
    ),
    letters.LOAD_ALARM: ("in load alarm", "wait until the load is below load_thresholds of {names}"),
    letters.SUSPEND_ALARM: ("in suspend alarm", "wait until the load is below suspend_thresholds of {names}"),
}
"""In the order in which they count where there are several."""


def instances_of(found: Obstacle, known: Iterable[QueueInstance]) -> list[QueueInstance]:
    """The queue instances that an obstacle's place means."""
    return [each for each in known if found.place in (each.name, each.queue)]


def places(found: Sequence[Obstacle]) -> str:
    """``host node1``, ``hosts node1 and node2``, ``queue all.q``, ``the whole cell``."""
    hosts = [each.place for each in found if each.on_host]
    queues = [each.place for each in found if each.place and not each.on_host]
    words = []
    if hosts:
        words.append(f"{plural(len(set(hosts)), 'host', 'hosts')} {names(hosts)}")
    if queues:
        words.append(f"{plural(len(set(queues)), 'queue', 'queues')} {names(queues)}")
    return " and ".join(words) or "the cell as a whole"


def of_slots(about: Circumstances, found: Sequence[Obstacle]) -> str:
    """All slots are in use, or too few are left for a parallel job; hosts and cell may have limits, too."""
    above = [one for one in found if one.on_host or not one.place]
    if above:
        return f"{places(above)} {_has(above)} no slot left, whatever the queues have"
    known = {each.name: each for one in found for each in instances_of(one, about.queues or ())}
    shown = names(known or [one.place for one in found])
    total, used = (sum(getattr(each, part) for each in known.values()) for part in ("total", "used"))
    if not known or not total:
        return f"no slot of {shown} is free"
    if used < total:
        return f"{used} of {total} slots of {shown} are in use"
    if total == 1:
        return f"the one slot of {shown} is in use"
    return f"all {total} slots of {shown} are in use"


def of_resource(about: Circumstances, found: Sequence[Obstacle], *, ever: bool) -> str:
    """What is asked for and what is there, of one resource."""
    name = found[0].name
    wanted = "" if about.job is None else about.job.resources.get(name, "")
    asked = f"{name}={wanted}" if wanted else name
    if all(one.kind is Kind.EXCLUSIVE for one in found):
        if wanted:
            return f"it wants {places(found)} for itself ({asked}), where other jobs run"
        return f"another job has {places(found)} for itself ({name})"
    if all(one.kind is Kind.UNKNOWN_RESOURCE for one in found):
        return f"it asks for {asked}, which {places(found)} {_does(found)} not have"
    offered = names(number(one.offered) for one in found)
    have = _has(found)
    if all(one.source in LOADS for one in found) and not ever:
        return f"it asks for {asked}, and {places(found)} {have} {offered} just now"
    if all(one.source.endswith("c") for one in found):
        return f"it asks for {asked}, and {places(found)} {have} {offered} {'in all' if ever else 'left'}"
    return f"it asks for {asked}, and {places(found)} {have} {offered}"


def _has(found: Sequence[Obstacle]) -> str:
    return plural(len({one.place for one in found}), "has", "have")


def _does(found: Sequence[Obstacle]) -> str:
    return plural(len({one.place for one in found}), "does", "do")


def of_queue_limits(about: Circumstances, found: Sequence[Obstacle]) -> str:  # noqa: ARG001  # as the others
    """The queue's own values do not suit."""
    return (
        f"it asks for {names(one.name for one in found)}, and {places(found)} {_does(found)} not allow that"
    )


def of_access(about: Circumstances, found: Sequence[Obstacle]) -> str:
    """Queue, host or parallel environment are closed to the user."""
    owner = about.row.owner
    environments = [one.name for one in found if one.name]
    if environments:
        return f"parallel environment {names(environments)} is not open to user {owner}"
    return f"{places(found)} {plural(len(found), 'is', 'are')} not open to user {owner}"


def of_project(about: Circumstances, found: Sequence[Obstacle]) -> str:
    """Queue or host are closed to its project, or to jobs without one."""
    project = "" if about.job is None else about.job.project
    whose = f"jobs of project {project}" if project else "jobs without a project"
    return f"{places(found)} {plural(len(found), 'is', 'are')} not open to {whose}"


def of_quota(about: Circumstances, found: Sequence[Obstacle]) -> str:
    """A rule of a resource quota set is used up."""
    rules, limits = _rules(about, found)
    return f"{rules} allows no more{limits}"


def of_quota_for_ever(about: Circumstances, found: Sequence[Obstacle]) -> str:
    """The job alone is too much for a rule."""
    rules, limits = _rules(about, found)
    return f"it asks for more than {rules} ever allows{limits}"


def _rules(about: Circumstances, found: Sequence[Obstacle]) -> tuple[str, str]:
    rules = names(one.name for one in found)
    limits = names(about.quotas[one.name] for one in found if about.quotas.get(one.name))
    return f"rule {rules} of the resource quotas", f" ({limits})" if limits else ""


def of_no_batch(about: Circumstances, found: Sequence[Obstacle]) -> str:  # noqa: ARG001  # as the others
    """A queue for interactive jobs alone."""
    return f"{places(found)} {plural(len(found), 'takes', 'take')} no batch jobs"


def of_reservation(about: Circumstances, found: Sequence[Obstacle]) -> str:  # noqa: ARG001  # as the others
    """Slots that are free, and kept for a job that reserves."""
    return f"the free ones of {places(found)} are reserved, and it might not end before they are needed"


def of_states(about: Circumstances, found: Sequence[Obstacle]) -> tuple[list[str], list[str]]:
    """The states of queue instances in words, and what can be done."""
    by_letter: dict[str, list[str]] = {}
    for one in found:
        for each in instances_of(one, about.queues or ()):
            letter = next((letter for letter in STATES if letter in each.state), "")
            by_letter.setdefault(letter, []).append(each.name)
        if not about.queues:
            by_letter.setdefault("", []).append(one.place)
    sentences, advice = [], []
    for letter, members in by_letter.items():
        alone = len(set(members)) == 1
        shown, be = names(members), plural(len(set(members)), "is", "are")
        if not letter:
            sentences.append(f"{shown} {be} not available just now")
            continue
        words, todo = STATES[letter]
        filled = words.format(its="its" if alone else "their", host="host" if alone else "hosts")
        sentences.append(f"{shown} {be} {filled if alone else filled.replace('does', 'do')}")
        advice.append(todo.format(names=" ".join(dict.fromkeys(members))))
    return sentences, advice


def reasons_of(about: Circumstances, found: Sequence[Obstacle]) -> tuple[str, ...]:
    """Why queue instances are in alarm or in error, as `qstat -f -explain` has it."""
    return tuple(
        f"{each.name}: {reason}"
        for one in found
        for each in instances_of(one, about.queues or ())
        for reason in each.reasons
    )
