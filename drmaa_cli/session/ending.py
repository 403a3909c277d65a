"""How verbs end when another thread ends the session while they are at work."""

from __future__ import annotations

import functools
from typing import Callable, Protocol, TypeVar, cast

from drmaa_cli.errors import (
    TIMEOUT_TEXT,
    ExitTimeoutException,
    InternalException,
    NoActiveSessionException,
    error,
)


class Session(Protocol):
    """What is asked of a session."""

    @property
    def closed(self) -> bool:
        """Whether it has ended."""

    def check(self) -> None:
        """Raise NoActiveSessionException when it has."""


Verb = TypeVar("Verb", bound=Callable[..., object])


def while_open(verb: Verb) -> Verb:
    """A verb that raises NoActiveSessionException when another thread ends the session meanwhile."""

    @functools.wraps(verb)
    def call(self: Session, /, *arguments: object, **keywords: object) -> object:
        try:
            return verb(self, *arguments, **keywords)
        except (InternalException, ExitTimeoutException):
            self.check()  # exit() closes the session's file, and ends what waits
            raise

    return cast("Verb", call)


def waits(verb: Verb) -> Verb:
    """A verb that waits for jobs, and raises ExitTimeoutException when another thread ends the session."""

    @functools.wraps(verb)
    def call(self: Session, /, *arguments: object, **keywords: object) -> object:
        self.check()
        try:
            return verb(self, *arguments, **keywords)
        except (InternalException, NoActiveSessionException) as err:
            if self.closed:
                raise error(ExitTimeoutException, TIMEOUT_TEXT) from err
            raise

    return cast("Verb", call)
