"""Which resource quotas qquota shows: the calling user's, or those of -u, -h, -q, -pe, -P and -l."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from ...model import CellConfig
from ...model.globs import glob_match
from ...model.quotas import KINDS, QuotaFilter, QuotaUse
from ...model.values import printed
from ...render.quotas import QuotaLine
from ..interface.qmaster_interface import QmasterInterface

EVERYTHING = ("*",)


def quota_lines(
    qmaster: QmasterInterface, wanted: Mapping[str, Sequence[str]], resources: Sequence[str]
) -> list[QuotaLine]:
    """The lines for each of the combinations asked for (real cell: ``-u b,a`` lists b's first), each once.

    ``wanted``: patterns by kind of filter.
    """
    config = qmaster.config
    names = {entry.name for word in resources if (entry := config.complex_named(word)) is not None}
    uses = [use for use in qmaster.quota_uses() if not resources or use.resource in names]
    found: dict[int, QuotaLine] = {}
    for combination in itertools.product(*(wanted.get(kind) or EVERYTHING for kind in KINDS)):
        for index, use in enumerate(uses):
            if index not in found and all(
                _concerns(config, kind, pattern, use) for kind, pattern in zip(KINDS, combination)
            ):
                found[index] = _line(config, use)
    return list(found.values())


def _concerns(config: CellConfig, kind: str, pattern: str, use: QuotaUse) -> bool:
    value = dict(zip(KINDS, use.scope.values))[kind]
    item = use.rule.filter_of(kind)
    if value:
        return _means(config, kind, pattern, value)
    if item is None:
        return True
    if any(glob_match(name, pattern) for name in item.excluded):
        return False
    return not item.names or any(
        _means(config, kind, pattern, name) or _means(config, kind, name, pattern) for name in item.names
    )


def _means(config: CellConfig, kind: str, pattern: str, value: str) -> bool:
    if glob_match(pattern, value):
        return True
    if not pattern.startswith("@"):
        return False
    if kind == "hosts":
        groups = config.resolved_groups.items()
        return any(value in members for group, members in groups if glob_match(pattern, group))
    return kind == "users" and value in config.members(pattern[1:])


def _line(config: CellConfig, use: QuotaUse) -> QuotaLine:
    """A counted limit names who has used it; one on single requests whom it concerns."""
    counted = use.used is not None
    own = dict(zip(KINDS, use.scope.values))
    filters = [(kind, _shown(item, own[kind] if counted else "")) for kind, item in use.rule.filters]
    if use.used is None:
        return QuotaLine(use.scope.rule, filters, use.resource, use.limit, None)
    entry = config.complex_named(use.resource)
    kind = entry.type if entry is not None else "INT"
    limit, value = (printed(text, kind, integers=True) for text in (use.limit, f"{use.used:.17g}"))
    return QuotaLine(use.scope.rule, filters, use.resource, limit, value)


def _shown(item: QuotaFilter, value: str) -> str:
    return value or item.text
