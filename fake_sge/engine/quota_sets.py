"""Adding, replacing and removing resource quota sets; each answer is whether it was done, and a text."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.operations import Actor
from ..model.quota_text import QuotaError, checked
from ..model.quotas import QuotaSet
from .state import CellState

Answer = tuple[bool, str]


def _denied(state: CellState, actor: Actor) -> list[Answer]:
    if state.config.is_manager(actor.user):
        return []
    return [(False, f'denied: "{actor.user}" must be manager for this operation')]


def _store(state: CellState, now: float, item: QuotaSet, actor: Actor, done: str) -> Answer:
    try:
        kept = checked(item, state.config)
    except QuotaError as error:
        return False, "\n".join(error.lines)
    state.config.resource_quotas.pop(kept.name, None)  # one that is changed becomes the last (real cell)
    state.config.resource_quotas[kept.name] = kept
    state.ask_schedule(now, 0.0)
    return True, f"{actor.user}@{actor.host} {done.format(kept.name)}"


def add(state: CellState, now: float, items: Sequence[QuotaSet], actor: Actor) -> list[Answer]:
    """``qconf -Arqs``."""
    answers = _denied(state, actor)
    for item in items if not answers else ():
        if item.name in state.config.resource_quotas:
            answers.append((False, f'resource quota set "{item.name}" already exists'))
        else:
            answers.append(_store(state, now, item, actor, 'added "{}" to resource quota set list'))
    return answers


def replace_all(state: CellState, now: float, items: Sequence[QuotaSet], actor: Actor) -> list[Answer]:
    """``qconf -Mrqs FILE``: all sets go, also when those of the file are refused then (real cell)."""
    answers = _denied(state, actor)
    if answers:
        return answers
    answers = [_removed(name, actor) for name in state.config.resource_quotas]
    state.config.resource_quotas.clear()
    state.ask_schedule(now, 0.0)
    return [*answers, *add(state, now, items, actor)]


def modify(state: CellState, now: float, items: Sequence[QuotaSet], actor: Actor) -> list[Answer]:
    """``qconf -Mrqs FILE NAMES``."""
    answers = _denied(state, actor)
    for item in items if not answers else ():
        if item.name not in state.config.resource_quotas:
            answers.append((False, f'denied: resource quota set "{item.name}" does not exist'))
        else:
            answers.append(_store(state, now, item, actor, 'modified "{}" in resource quota set list'))
    return answers


def delete(state: CellState, now: float, names: Sequence[str], actor: Actor) -> list[Answer]:
    """``qconf -drqs``."""
    answers = _denied(state, actor)
    for name in names if not answers else ():
        if state.config.resource_quotas.pop(name, None) is None:
            answers.append((False, f'denied: resource quota set "{name}" does not exist'))
        else:
            answers.append(_removed(name, actor))
    state.ask_schedule(now, 0.0)
    return answers


def _removed(name: str, actor: Actor) -> Answer:
    return True, f'{actor.user}@{actor.host} removed "{name}" from resource quota set list'
