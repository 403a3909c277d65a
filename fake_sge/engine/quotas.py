"""Resource quotas: which rule counts for a job in a queue instance, what is used of it, what is left."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..lighter import NamedTuple
from ..model import CellConfig, ComplexEntry, Granted, JobSpec, QueueInstance
from ..model.globs import glob_match
from ..model.quotas import KINDS, QuotaFilter, QuotaRule, QuotaScope, QuotaUse, is_formula
from ..model.resources import satisfies
from ..model.values import number_of

NO_LIMIT = 1 << 30  # slots
_TERM = r"([+-]?)(?:\$(\w+)(?:\*([\d.]+))?|([\d.]+))"


class QuotaSubject(NamedTuple):
    """What the filters of rules look at in a job."""

    user: str
    group: str
    project: str | None
    pe: str | None


class Cap(NamedTuple):
    """What a limit leaves to a job in a queue instance: ``slots`` more, of all instances in its scope."""

    scope: QuotaScope
    resource: str
    slots: int

    @property
    def reason(self) -> str:
        """Why nothing is left."""
        return f'cannot run because it exceeds limit "{self.scope.text}" in rule "{self.scope.rule}"'


def subject_of(spec: JobSpec, pe: str | None) -> QuotaSubject:
    """``pe``: the parallel environment that the job got, or is to get."""
    return QuotaSubject(spec.owner, spec.group, spec.project, pe)


def matches(item: QuotaFilter | None, value: str | None, groups: Callable[[str], bool]) -> bool:
    """Whether a filter lets a value in; None: the job has no project or parallel environment.

    ``groups``: whether a user set or host group has the value.
    """

    def means(name: str) -> bool:
        if value is None or name == "*":
            return value is not None
        return groups(name) if name.startswith("@") else glob_match(name, value)

    if item is None:
        return True
    return not any(map(means, item.excluded)) and (not item.names or any(map(means, item.names)))


def amounts(config: CellConfig, spec: JobSpec) -> dict[str, float]:
    """What a job takes of consumables for each of its slots, by name."""
    found = {"slots": 1.0}
    for resource in spec.hard_resources:
        entry = config.complex_named(resource.name)
        if entry is not None and entry.consumable != "NO":
            found[entry.name] = number_of(resource.value, entry.type) or 0.0
    return found


class Quotas:
    """The resource quota sets in force and what running jobs have used of them."""

    def __init__(
        self, config: CellConfig, value_of: Callable[[QueueInstance, ComplexEntry], str | None]
    ) -> None:
        """``value_of``: what an instance has of a resource, for limits that are computed."""
        self._config = config
        self._value_of = value_of
        self._rules = [item.named_rules() for item in config.resource_quotas.values() if item.enabled]
        self.used: dict[tuple[QuotaScope, str], float] = defaultdict(float)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._rules)

    def _rule(
        self, rules: Sequence[tuple[str, QuotaRule]], subject: QuotaSubject, queue: str, host: str
    ) -> _Match | None:
        values = dict(zip(KINDS, (subject.user, subject.project, subject.pe, queue, host)))
        for name, rule in rules:
            if all(matches(rule.filter_of(kind), value, self._groups(kind, subject, host))
                   for kind, value in values.items()):  # fmt: skip
                own = [
                    values[kind] or "" if (item := rule.filter_of(kind)) is not None and item.each else ""
                    for kind in KINDS
                ]
                return _Match(QuotaScope(name, tuple(own)), rule)
        return None

    def _groups(self, kind: str, subject: QuotaSubject, host: str) -> Callable[[str], bool]:
        def has(name: str) -> bool:
            if kind == "hosts":
                return any(
                    host in members
                    for group, members in self._config.resolved_groups.items()
                    if glob_match(name, group)
                )
            entries = self._config.members(name[1:])
            return kind == "users" and (subject.user in entries or f"@{subject.group}" in entries)

        return has

    def _matches(
        self, subject: QuotaSubject, queue: str, host: str
    ) -> Iterator[tuple[QuotaScope, QuotaRule]]:
        for rules in self._rules:
            found = self._rule(rules, subject, queue, host)
            if found is not None:
                yield found.scope, found.rule

    def debit(self, spec: JobSpec, granted: Iterable[Granted], pe: str | None) -> None:
        """Count what a job has got."""
        if not self:
            return
        taken = amounts(self._config, spec)
        for piece in granted:
            for scope, rule in self._matches(subject_of(spec, pe), piece.queue, piece.host):
                for name, _ in rule.limits:
                    if name in taken:
                        self.used[scope, name] += taken[name] * piece.slots

    def caps(self, spec: JobSpec, pe: str | None, instance: QueueInstance) -> list[Cap]:
        """The limits that hold for a job in an instance."""
        found: list[Cap] = []
        if not self:
            return found
        taken = amounts(self._config, spec)
        wanted = {resource.name: resource.value for resource in spec.hard_resources}
        for scope, rule in self._matches(subject_of(spec, pe), instance.queue.name, instance.host):
            for name, text in rule.limits:
                entry = self._config.complex_named(name)
                if entry is None:
                    continue
                if entry.consumable == "NO":
                    kept = name not in wanted or satisfies(
                        entry, wanted[name], self.limit(text, entry, instance)
                    )
                    found.append(Cap(scope, name, NO_LIMIT if kept else 0))
                elif taken.get(name):
                    most = number_of(self.limit(text, entry, instance), entry.type) or 0.0
                    left = (most - self.used[scope, name]) / taken[name]
                    found.append(Cap(scope, name, max(0, int(min(left, NO_LIMIT) + 1e-9))))
        return found

    def limit(self, text: str, entry: ComplexEntry, instance: QueueInstance | None) -> str:
        """The limit as a value: a formula is computed with what the instance has."""
        del entry
        if not is_formula(text) or instance is None:
            return text
        total = 0.0
        for sign, name, weight, number in re.findall(_TERM, text):
            value = float(number) if number else self._number(instance, name) * float(weight or 1)
            total += -value if sign == "-" else value
        return f"{total:g}"

    def _number(self, instance: QueueInstance, name: str) -> float:
        entry = self._config.complex_named(name)
        text = self._value_of(instance, entry) if entry is not None else None
        return (number_of(text, entry.type) if entry is not None and text is not None else None) or 0.0

    def uses(self, instances: Sequence[QueueInstance]) -> list[QuotaUse]:
        """What there is to be said of all limits, in the order of the sets and rules."""
        found = []
        by_host = {item.host: item for item in instances}
        for name, rule in (item for rules in self._rules for item in rules):
            for resource, text in rule.limits:
                entry = self._config.complex_named(resource)
                if entry is None:
                    continue
                if entry.consumable == "NO":
                    found.append(QuotaUse(QuotaScope(name, ("",) * len(KINDS)), rule, resource, text, None))
                    continue
                for (scope, used_resource), amount in self.used.items():
                    if scope.rule == name and used_resource == resource and amount > 0:
                        limit = self.limit(text, entry, by_host.get(scope.values[-1]))
                        found.append(QuotaUse(scope, rule, resource, limit, amount))
        return found


class _Match(NamedTuple):
    scope: QuotaScope
    rule: QuotaRule
