"""Which processes of this host are alive (/proc): who began a submission, and whether its qsub still runs."""

from __future__ import annotations

import functools
import os

from drmaa_cli.system.files import contents
from drmaa_cli.typed import NamedTuple

PROC = "/proc"
START_TIME_FIELD = 19  # proc(5), stat: field 22, counted after the command's closing parenthesis


class Owner(NamedTuple):
    """A process that cannot be mistaken for a later one with the same number.

    Attributes:
        host: its host.
        pid: its number.
        started: its start time in clock ticks since the host's boot.
        boot: the host's boot.
    """

    host: str
    pid: int
    started: int
    boot: str

    @classmethod
    def this(cls) -> Owner:
        """The calling process."""
        return cls._of(os.getpid())

    @classmethod
    @functools.lru_cache(maxsize=1)
    def _of(cls, pid: int) -> Owner:
        return cls(os.uname().nodename, pid, _started(pid) or 0, _boot())

    def __str__(self) -> str:
        return f"{self.host} {self.pid} {self.started} {self.boot}"

    @classmethod
    def parse(cls, text: str) -> Owner:
        """The inverse of ``str``."""
        host, pid, started, boot = text.split(" ")
        return cls(host, int(pid), int(started), boot)

    @property
    def is_here(self) -> bool:
        """Whether it was on this host."""
        return self.host == os.uname().nodename

    @property
    def is_gone(self) -> bool:
        """Whether it certainly is no more; False for a process of another host."""
        return self.is_here and (self.boot != _boot() or _started(self.pid) != self.started)


NOBODY = Owner("-", 0, 0, "-")  # of a submission that its own process has given up on


def running_with(word: str) -> bool:
    """Whether a process of this host has the word in its command line."""
    wanted = word.encode()
    for entry in os.listdir(PROC):
        if entry.isdigit():
            try:
                if wanted in contents(f"{PROC}/{entry}/cmdline"):
                    return True
            except OSError:
                continue  # it ended just now, or is not ours to look at: then it is no qsub of ours
    return False


def _started(pid: int) -> int | None:
    try:
        text = os.fsdecode(contents(f"{PROC}/{pid}/stat"))
    except OSError:
        return None  # there is no such process
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[START_TIME_FIELD])


def _boot() -> str:
    try:
        return contents(f"{PROC}/sys/kernel/random/boot_id").decode().strip()
    except OSError:
        return "unknown"  # a container may hide it; the start times still tell processes apart
