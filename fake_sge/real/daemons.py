"""The processes of a private real cell: its commands, its daemons, and waiting for them."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import CellError
from . import guard
from .guard import is_running
from .installation import Installation

COMMAND_SECONDS = 180.0  # a qmaster that starts on a busy machine answers late
START_SECONDS = 90.0
QMASTER_SECONDS = 30.0  # for its start: it hangs, without a word, when its port is taken
PORTS = range(20000, 32000)  # below the ports that the kernel hands to outgoing connections


def free_ports() -> tuple[int, int]:
    """Two ports on which nobody listens now."""
    found: list[int] = []
    while len(found) < 2:
        port = random.choice(PORTS)
        with socket.socket() as candidate:
            try:
                candidate.bind(("", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found[0], found[1]


def start_guard(directory: Path, remove: bool) -> subprocess.Popen[bytes]:
    """A process that ends the cell when this one has ended, however; ``remove``: its directory goes, too."""
    options = ("remove",) if remove else ()
    return subprocess.Popen(
        [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), str(directory), *options],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def wait_until(condition: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Look until the condition holds. Raises CellError, with ``what``, when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise CellError(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


class Daemons:
    """The daemons of the cell in a directory, and the manager's commands for them.

    Args:
        directory: the cell's directory.
        installation: whose programs they are.
    """

    def __init__(self, directory: Path, installation: Installation) -> None:
        self.directory = directory
        self.installation = installation
        self.ports = (0, 0)

    @property
    def variables(self) -> dict[str, str]:
        """The SGE_* variables of the cell."""
        return {
            "SGE_ROOT": str(self.directory / "root"),
            "SGE_CELL": "default",
            "SGE_ARCH": self.installation.arch,
            "SGE_QMASTER_PORT": str(self.ports[0]),
            "SGE_EXECD_PORT": str(self.ports[1]),
        }

    def program(self, name: str) -> Path:
        """Where a program is."""
        path = self.installation.binaries / name
        return path if path.exists() else self.installation.tools / name

    def manage(self, *argv: str, check: bool = True) -> str:
        """The output of one of the cell's programs. Raises CellError when it hangs, or (``check``) fails."""
        return self.run(*argv, check=check).stdout

    def run(
        self, *argv: str, check: bool = True, timeout: float = COMMAND_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the cell's programs. Raises CellError when it hangs, or (``check``) fails."""
        words = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", guard.COMMAND: "1"}
        environment = {"HOME": str(self.directory), **words, **self.variables}
        try:
            done = subprocess.run(
                [str(self.program(argv[0])), *argv[1:]],
                env=environment,
                cwd=self.directory,
                timeout=timeout,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CellError(f"{' '.join(argv)} took more than {timeout:g} s") from error
        if check and done.returncode != 0:
            raise CellError(f"{' '.join(argv)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def configure(self, option: str, text: str, name: str = "object") -> None:
        """Hand Grid Engine a file: ``configure("-Aq", text)``."""
        path = self.directory / name
        path.write_text(text)
        self.manage("qconf", option, str(path))

    def answers(self) -> bool:
        """Whether the qmaster answers."""
        return self.run("qconf", "-sh", check=False).returncode == 0

    def launch(self, name: str) -> None:
        """Start a daemon; it puts itself into the background."""
        environment = {
            "HOME": str(self.directory),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            **self.variables,
        }
        with (self.directory / f"{name}.out").open("ab") as log:
            subprocess.run(
                [str(self.program(name))],
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=COMMAND_SECONDS,
                check=False,
            )

    def launch_qmaster(self) -> None:
        """Start the qmaster and wait until it answers."""
        self.launch("sge_qmaster")
        wait_until(lambda: self.qmaster_pid is not None, "start of the qmaster", QMASTER_SECONDS)
        wait_until(self.answers, "answer of the qmaster")

    def relaunch_execd(self) -> None:
        """Start the execution daemon, again if it runs: jobs survive that.

        By itself it comes back to a new qmaster only after 30 s.
        """
        for pid in filter(None, map(_running_pid, self.directory.glob("spool/execd/*/execd.pid"))):
            self.end(pid, 9)
        self.launch("sge_execd")

    @property
    def qmaster_pid(self) -> int | None:
        """The qmaster's pid while it runs."""
        return _running_pid(self.directory / "spool" / "qmaster" / "qmaster.pid")

    def end(self, pid: int, number: int) -> None:
        """Send a daemon a signal and wait for its end."""
        os.kill(pid, number)
        wait_until(lambda: not is_running(pid), f"end of process {pid}")


def _running_pid(path: Path) -> int | None:
    try:
        pid = int(path.read_text())
    except (OSError, ValueError):
        return None
    return pid if is_running(pid) else None
