"""The one session that a process may have for the calls of drmaa-python."""

from __future__ import annotations

import os

from drmaa_cli.errors import NO_SESSION_TEXT, NoActiveSessionException, error
from drmaa_cli.system.locks import Lock
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.session.job_session import JobSession


class ProcessSession:
    """What this process has: at most one active session.

    Attributes:
        lock: held while a session begins or ends.
        active: the session; None when there is none.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.active: JobSession | None = None

    def forget(self) -> None:
        """In a child process: the parent's session goes on in the parent alone, and its lock may be held."""
        self.lock = Lock()
        self.active = None


process = ProcessSession()
os.register_at_fork(after_in_child=process.forget)


def current() -> JobSession:
    """The active process-wide session; NoActiveSessionException when there is none."""
    session = process.active
    if session is None:
        raise error(NoActiveSessionException, NO_SESSION_TEXT)
    session.check()
    return session
