"""Resource quota sets: values, and the text that ``qconf -srqs`` prints of them (sge_resource_quota(5))."""

from __future__ import annotations

from ..lighter import NamedTuple

KINDS = ("users", "projects", "pes", "queues", "hosts")
"""The filters of a rule in the order in which they are printed."""


class QuotaFilter(NamedTuple):
    """Whom a rule concerns: names, those that it leaves out, and whether each has the limit for itself."""

    names: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    each: bool = False

    @property
    def text(self) -> str:
        """``a,b``, ``{*,!c}``."""
        words = ",".join([*self.names, *(f"!{name}" for name in self.excluded)])
        return f"{{{words}}}" if self.each else words


class QuotaRule(NamedTuple):
    """One ``limit`` line. ``limits``: names of resources and their values, a number or a formula."""

    name: str
    filters: tuple[tuple[str, QuotaFilter], ...]  # in the order of KINDS, only those given
    limits: tuple[tuple[str, str], ...]

    def filter_of(self, kind: str) -> QuotaFilter | None:
        """The filter of a kind; None when the rule has none."""
        return dict(self.filters).get(kind)

    @property
    def text(self) -> str:
        """What follows ``limit``."""
        named = [f"name {self.name}"] if self.name else []
        filters = [f"{kind} {item.text}" for kind, item in self.filters]
        limits = ",".join(f"{name}={value}" for name, value in self.limits) or "NONE"
        return " ".join([*named, *filters, f"to {limits}"])


class QuotaSet(NamedTuple):
    """A resource quota set: of its rules the first that fits a job counts."""

    name: str
    description: str
    enabled: bool
    rules: tuple[QuotaRule, ...]

    @property
    def text(self) -> str:
        """The set as ``qconf -srqs`` prints it."""
        rows = [("name", self.name), ("description", self.description)]
        rows += [("enabled", str(self.enabled).upper()), *(("limit", rule.text) for rule in self.rules)]
        return "{\n" + "".join(f"   {name:<12} {value}\n" for name, value in rows) + "}\n"

    def named_rules(self) -> list[tuple[str, QuotaRule]]:
        """The rules as ``SET/NAME``, without a name ``SET/NUMBER``."""
        return [
            (f"{self.name}/{rule.name or number}", rule) for number, rule in enumerate(self.rules, start=1)
        ]


class QuotaScope(NamedTuple):
    """Who has a limit for himself: the values of the rule's filters in braces, "" for the others."""

    rule: str  # SET/NAME
    values: tuple[str, ...]  # one for each of KINDS

    @property
    def text(self) -> str:
        """``root/////``, as the scheduler names it."""
        return "".join(f"{value}/" for value in self.values)


class QuotaUse(NamedTuple):
    """A limit and what is ``used`` of it; None for a limit on single requests."""

    scope: QuotaScope
    rule: QuotaRule
    resource: str
    limit: str
    used: float | None


def is_formula(value: str) -> bool:
    """Whether a limit is computed from the values of a host."""
    return "$" in value
