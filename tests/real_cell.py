"""A private, real Grid Engine 8.1.9 for tests: :class:`fake_sge.RealCell` with commands that answer in text.

Needs the daemons and tools of Debian's packages gridengine-master, gridengine-exec and gridengine-client.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
from pathlib import Path

from fake_sge import CellError
from fake_sge import RealCell as Private
from fake_sge.real.daemons import COMMAND_SECONDS, Daemons, wait_until
from fake_sge.real.guard import is_running
from fake_sge.real.installation import debian

__all__ = ["BINARIES", "CellError", "RealCell", "is_running", "missing_tools", "wait_until"]

BINARIES = debian().binaries  # Debian's /usr/bin/q* are slow shell wrappers around these
MOST_FILES = 1024


def missing_tools() -> list[str]:
    """What this machine lacks for a real cell; empty when it has everything."""
    return debian().missing()


class RealCell:
    """One cell: qmaster, execution daemon, queue ``all.q`` and parallel environment ``smp`` on localhost.

    Args:
        directory: an absolute path for everything of the cell; removed by down().
        slots: slots of all.q.
        profile: "fast" schedules and writes accounting within a second; "stock" keeps Grid Engine's own
            defaults (scheduling and accounting every 15 s).
    """

    def __init__(self, directory: Path, slots: int = 16, profile: str = "fast") -> None:
        # A job does not depend on anybody's profile.
        self.private = Private(directory, root=None, slots=slots, profile=profile, login_shells=False)
        self.directory = directory

    @property
    def env(self) -> dict[str, str]:
        """What the tools and libdrmaa need in their environment to find this cell."""
        return self.private.variables

    @property
    def ports(self) -> tuple[int, int]:
        """The qmaster's and the execution daemon's."""
        return self.private.ports

    @property
    def bin_directory(self) -> Path:
        """Where the tools are, for PATH."""
        return BINARIES

    @property
    def common(self) -> Path:
        """The cell's common directory (accounting, act_qmaster, sge_request)."""
        return self.private.common

    @property
    def accounting(self) -> Path:
        """The cell's accounting file."""
        return self.private.accounting

    def run(
        self, *argv: str, check: bool = True, timeout: float = COMMAND_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the cell's commands; CellError when it hangs, or when it fails and ``check`` is set."""
        daemons = Daemons(self.directory, debian())
        daemons.ports = self.ports
        return daemons.run(*argv, check=check, timeout=timeout)

    def up(self) -> RealCell:
        """Start the cell and wait until a job has run in it; CellError when it cannot be started.

        Its daemons may open few files, for each job's shepherd closes all that there might be.
        """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(MOST_FILES, soft), hard))
        try:
            self.private.start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return self

    def down(self) -> None:
        """End the daemons and all jobs of the cell, and remove its directory."""
        self.private.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def stop_qmaster(self, graceful: bool = False) -> None:
        """End the qmaster alone, an outage; running jobs go on. A graceful end takes about 8 s."""
        if graceful:
            self.private.stop_qmaster()
        else:
            self.private.kill_qmaster()

    def start_qmaster(self) -> None:
        """Start the qmaster (again) and wait until it answers."""
        self.private.start_qmaster()

    def add_queue(self, name: str, **changes: str) -> None:
        """Add a queue like all.q with other values, e.g. ``slots="1"``."""
        self.private.configure(queues={name: changes})

    def __enter__(self) -> RealCell:
        return self.up()

    def __exit__(self, *exc_info: object) -> None:
        self.down()
