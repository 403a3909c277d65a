"""For how long a command is given again that the connection does not carry, and what is said then."""

from __future__ import annotations

import time

from drmaa_cli.system.runner import HostUnreachable
from drmaa_cli.system.ssh.address import SshAddress
from drmaa_cli.system.ssh.remote_shell import RemoteResult

MOST_LOSSES = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
SESSION_REFUSED = b"Session open refused by peer"


class Patience:
    """For how long a command is given again that the connection does not carry."""

    def __init__(self, address: SshAddress, until: float) -> None:
        self.until = until
        self._address = address
        self._pause = FIRST_PAUSE
        self._fruitless = 0

    def pause(self, answer: RemoteResult, is_busy: bool) -> None:
        """Wait before the next time.

        Raises:
            HostUnreachable: it has been given often enough.
        """
        if not is_busy:
            self._fruitless += 1
        if self._fruitless >= MOST_LOSSES or time.monotonic() + self._pause > self.until:
            why = (
                "all sessions that the server allows on a connection (MaxSessions) are in use"
                if is_busy
                else "the connection is lost again and again"
            )
            raise HostUnreachable(f"{self._address}: {why}{said(answer)}")
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)


def said(answer: RemoteResult) -> str:
    """What was said apart from the answer, to be put behind a message; '' for nothing."""
    text = (answer.before + answer.stderr).decode("utf-8", "replace").strip()
    return f": {text}" if text else ""
