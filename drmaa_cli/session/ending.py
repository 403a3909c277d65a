"""How verbs end: in terms of DRMAA, whatever went wrong below, or when another thread ends the session."""

from __future__ import annotations

import functools

from drmaa_cli.errors import (
    TIMEOUT_TEXT,
    DrmCommunicationException,
    ExitTimeoutException,
    InternalException,
    NoActiveSessionException,
    error,
)
from drmaa_cli.system.trouble import TROUBLE, drmaa_error
from drmaa_cli.typed import Callable, Protocol, TypeVar, cast


class OpenOrClosed(Protocol):
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
    def call(self: OpenOrClosed, /, *arguments: object, **keywords: object) -> object:
        try:
            return verb(self, *arguments, **keywords)
        except (InternalException, ExitTimeoutException, DrmCommunicationException):
            self.check()  # exit() closes the session's file and its connection, and ends what waits
            raise
        except TROUBLE as err:  # every look at the submit host may be the one at which its connection is lost
            self.check()
            raise drmaa_error(err) from err

    return cast("Verb", call)


def waits(verb: Verb) -> Verb:
    """A verb that waits for jobs, and raises ExitTimeoutException when another thread ends the session."""

    @functools.wraps(verb)
    def call(self: OpenOrClosed, /, *arguments: object, **keywords: object) -> object:
        self.check()
        try:
            return verb(self, *arguments, **keywords)
        except (InternalException, NoActiveSessionException, DrmCommunicationException) as err:
            if self.closed:
                raise error(ExitTimeoutException, TIMEOUT_TEXT) from err
            raise
        except TROUBLE as err:
            if self.closed:
                raise error(ExitTimeoutException, TIMEOUT_TEXT) from err
            raise drmaa_error(err) from err

    return cast("Verb", call)
