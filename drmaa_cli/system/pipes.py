"""Talk to a child process until it has ended, with a time limit, and learn of its end at once.

Popen's own waiting with a time limit sleeps between looks, up to 50 ms each: as long as a whole qsub takes.
"""

from __future__ import annotations

import os
import select
import subprocess
import time

from drmaa_cli.typed import IO, Callable

CHUNK = 1 << 16
LOOK_UP_SECONDS = 0.05  # so often it is looked whether to stop
LOOK_AGAIN_SECONDS = 0.001  # where the kernel has no pidfd (before Linux 5.3)


class Conversation:
    """Collects what a child says."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        self._poll = select.poll()
        self._streams: dict[int, IO[bytes]] = {}
        self._heard: dict[int, bytearray] = {}
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                self._streams[stream.fileno()] = stream
                self._poll.register(stream, select.POLLIN)
                self._heard[stream.fileno()] = bytearray()
        self._slots = [None if stream is None else stream.fileno() for stream in (child.stdout, child.stderr)]
        self._pidfd = _pidfd_of(child.pid)
        if self._pidfd is not None:
            self._poll.register(self._pidfd, select.POLLIN)

    @property
    def heard(self) -> tuple[bytes, bytes]:
        """What was said so far on standard output and standard error."""
        out, said = (b"" if slot is None else bytes(self._heard[slot]) for slot in self._slots)
        return out, said

    def until_end(self, seconds: float, aborted: Callable[[], bool] = lambda: False) -> bool:
        """Talk on until the child has ended and closed its streams.

        Args:
            seconds: how long at most.
            aborted: looked at now and then; whether to stop.

        Returns:
            False when the time is over, or it was told to stop.
        """
        deadline = time.monotonic() + seconds
        while self._streams or self._pidfd is not None:
            left = deadline - time.monotonic()
            events = self._poll.poll(min(left, LOOK_UP_SECONDS) * 1000) if left > 0 else []
            if (not events and time.monotonic() >= deadline) or aborted():
                return False
            for fd, _ in events:
                self._hear(fd)
        while self._child.poll() is None:
            if time.monotonic() >= deadline or aborted():
                return False
            time.sleep(LOOK_AGAIN_SECONDS)
        return True

    def close(self) -> None:
        """Let go of the streams."""
        for fd in list(self._streams):
            self._leave(fd)
        if self._pidfd is not None:
            self._forget_pidfd(self._pidfd)

    def _hear(self, fd: int) -> None:
        if fd == self._pidfd:
            self._forget_pidfd(fd)
        elif fd in self._heard:
            data = os.read(fd, CHUNK)
            self._heard[fd] += data
            if not data:
                self._leave(fd)

    def _leave(self, fd: int) -> None:
        self._poll.unregister(fd)
        self._streams.pop(fd).close()

    def _forget_pidfd(self, fd: int) -> None:
        self._poll.unregister(fd)
        os.close(fd)
        self._pidfd = None


def _pidfd_of(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None  # an old kernel, or one that hides it: the end is looked for instead
