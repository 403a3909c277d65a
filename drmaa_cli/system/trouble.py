"""What may go wrong with a query without saying anything about the jobs; which DRMAA exception that is."""

from __future__ import annotations

from drmaa_cli.errors import (
    DrmaaException,
    DrmCommunicationException,
    InternalException,
    TryLaterException,
    error,
)
from drmaa_cli.gridengine.replies import CommandFailed, GridEngineError, TooManyRequests
from drmaa_cli.system.runner import CommandNotFound, CommandTimeout, HostUnreachable
from drmaa_cli.typed import Union

Trouble = Union[GridEngineError, CommandNotFound, CommandTimeout, HostUnreachable]
TROUBLE = (GridEngineError, CommandNotFound, CommandTimeout, HostUnreachable)


def drmaa_error(err: Trouble) -> DrmaaException:
    """The DRMAA exception for a command that gave no answer."""
    if isinstance(err, CommandFailed):
        return error(InternalException, f"{err.text}\n")
    if isinstance(err, TooManyRequests):
        return error(TryLaterException, err.text)
    return error(DrmCommunicationException, str(err))
