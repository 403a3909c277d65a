"""The scheduler's thread, event clients, and usage: -ks, -kt, -at, -kec, -clearusage."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .change import ConfigChange
from .refusal import ChangeRefused
from .words import words_of

_SCHEDULER = 1  # the number of its event client
_THREADS = ("scheduler",)


def _is_on(change: ConfigChange) -> bool:
    return any(number == _SCHEDULER for number, _, _ in change.qmaster.event_clients())


def _stop(change: ConfigChange) -> None:
    """Raises ChangeRefused when there is no scheduler."""
    if not _is_on(change):
        raise ChangeRefused("no scheduler registered at qmaster")
    change.qmaster.switch_scheduler(False)
    change.said("sent shutdown notification to scheduler")


def _must_be_manager(change: ConfigChange) -> None:
    if not change.config.is_manager(change.request.user):
        raise ChangeRefused("shutdown requires manager privileges")


def stop_scheduler(change: ConfigChange) -> None:
    """``-ks``."""
    _must_be_manager(change)
    _stop(change)


def end_thread(change: ConfigChange, name: str) -> None:
    """``-kt NAME``: the exit code is 0 whatever happens, and anybody may (real cell)."""
    for thread in _known(change, name):
        if _is_on(change):
            change.qmaster.switch_scheduler(False)
            change.said(f"{thread} thread terminated")
        else:
            change.failed(f"{thread} thread is not running", code=0)


def start_thread(change: ConfigChange, name: str) -> None:
    """``-at NAME``; as :func:`end_thread`."""
    for thread in _known(change, name):
        if _is_on(change):
            change.failed(f"{thread} thread is already running", code=0)
        else:
            change.qmaster.switch_scheduler(True)
            change.said(f"{thread} has been started")


def _known(change: ConfigChange, names: str) -> Iterator[str]:
    """The threads that there are of a list."""
    for name in words_of(names):
        if name == "jvm":
            change.failed("fake_sge: there is no jvm thread")
        elif name in _THREADS:
            yield name
        else:
            change.failed(f'thread with name "{name}" is not supported', code=0)


def end_clients(change: ConfigChange, words: str) -> None:
    """``-kec IDS``: words are numbers as far as they begin with one; 0 and all are all but the scheduler."""
    _must_be_manager(change)
    numbers = [_number(word) for word in words.split(",")]
    clients = change.qmaster.event_clients()
    known = [number for number, name, _ in clients if name.partition("-")[0] not in ("scheduler", "mirror")]
    if known and (0 in numbers or set(known) & set(numbers)):
        raise ChangeRefused(
            "fake_sge: only the scheduler's event client can be ended: stop the command that waits"
        )
    for number in dict.fromkeys(numbers):
        try:
            if number == _SCHEDULER:
                _stop(change)
            elif number:
                raise ChangeRefused(f"no event client known with id {number} to shutdown")
        except ChangeRefused as refused:
            change.failed(*refused.lines)


def _number(word: str) -> int:
    digits = re.match(r"\d+", word)
    return int(digits[0]) if digits else 0


def clear_usage(change: ConfigChange, *words: str) -> None:
    """``-clearusage [USERS]``: the fake keeps no usage of a share tree, so that nothing is to be changed."""
    change.manager()
    users = change.config.users
    if not words:
        for noun, names in (("user", users), ("project", change.config.projects)):
            for name in names:
                change.said(f'{change.who} modified "{name}" in {noun} list')
        return
    for name in words_of(words[0]):
        if name in users:
            change.said(f'{change.who} modified "{name}" in user list')
        else:
            change.failed(f'denied: user "{name}" does not exist', code=0)
