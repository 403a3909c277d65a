"""Single attributes of resource quota sets: ``qconf -mattr resource_quota enabled FALSE SET``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...model.quota_text import QuotaError, read_limits
from ...model.quotas import QuotaRule, QuotaSet
from ...model.requests import actor_of
from . import attribute_values, list_changes
from .change import ConfigChange
from .list_changes import ADD, DELETE, REPLACE, UNREAD, invalid
from .refusal import ChangeRefused

_RULES = '"resource_quota_rules" of "resource_quota"'
_NAMES = ("description", "enabled", "limit")
Limits = Mapping[str, str]


def change_quotas(change: ConfigChange, how: str, name: str, value: str, objects: Sequence[str]) -> None:
    """``how`` is ADD, MODIFY, DELETE or REPLACE. Raises ChangeRefused."""
    if name == "name":
        raise ChangeRefused("qconf: cannot change name")
    if name not in _NAMES or (not value and name != "limit"):
        raise ChangeRefused(invalid(name, value), UNREAD)
    if name == "enabled" and attribute_values.truth(value) is None:
        raise ChangeRefused(f'error parsing value "{value}"', UNREAD)
    if not objects:
        raise ChangeRefused("qconf: missing object list")
    change.manager()
    for word in objects:
        try:
            _change(change, how, name, value, word)
        except QuotaError as error:
            change.failed(*error.lines)
        except ChangeRefused as refused:
            change.failed(*refused.lines)


def _change(change: ConfigChange, how: str, name: str, value: str, word: str) -> None:
    sets = change.qmaster.config.resource_quotas
    set_name, slash, rule = word.partition("/")
    item = sets.get(set_name if rule else word)
    if item is None:
        raise ChangeRefused(
            f'denied: resource quota set "{set_name if slash and rule else word}" does not exist'
        )
    if name == "enabled":
        item = item._replace(enabled=attribute_values.truth(value) == "TRUE")
    elif name == "description":
        item = item._replace(description=value)
    else:
        item = _with_limits(change, item, rule, how, value)
    for done, text in change.qmaster.change_quotas("modify_quotas", [item], actor_of(change.request)):
        if done:
            change.noted(text)
        else:
            change.failed(text)


def _with_limits(change: ConfigChange, item: QuotaSet, word: str, how: str, value: str) -> QuotaSet:
    rules = list(item.rules)
    at = [number for number, rule in enumerate(rules) if word and word in (str(number + 1), rule.name)]
    if not at:
        raise ChangeRefused("no resource quota rule specified for modification")
    rule: QuotaRule = rules[at[0]]
    given = dict(read_limits(value if how != DELETE else _with_values(value)))
    limits = _joined(change, how, dict(rule.limits), given)
    rules[at[0]] = rule._replace(limits=tuple(limits.items()))
    return item._replace(rules=tuple(rules))


def _with_values(text: str) -> str:
    """What is to be deleted needs none."""
    return ",".join(word if "=" in word else f"{word}=0" for word in text.split(","))


def _joined(change: ConfigChange, how: str, old: Limits, given: Limits) -> dict[str, str]:
    if how == REPLACE:
        return dict(given)
    said = list_changes.notes(how, _RULES, list(old), given)
    for note in said:
        change.noted(note)
    if how == ADD and said:
        return dict(old)
    if how == DELETE:
        return {key: text for key, text in old.items() if key not in given}
    return {**old, **given}
