"""Starting the processes of a cell, finding them again, and ending a cell whose owner is gone.

``ps`` shows the daemons by the scripts that they run, ``DIR/lib/fake-qmaster`` and ``DIR/lib/fake-execd``;
``top`` and ``pgrep`` by their names, the shepherds of jobs too (``fake-shep-12``).
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .layout import Layout

PROGRAMS = {
    "fake-qmaster": "fake_sge.qmaster.daemon",
    "fake-execd": "fake_sge.execution.execd",
    "fake-guard": "fake_sge.guard",
    "fake-compiler": "fake_sge.compiled",
}
_SECONDS = 60.0  # for the start of a qmaster


class NotStarted(Exception):
    """The qmaster did not start; the text says why."""


def command(layout: Layout, program: str, *arguments: str) -> list[str]:
    """The command line of one of :data:`PROGRAMS`; standard modules only, whatever the environment has."""
    return [sys.executable, "-I", "-S", str(layout.library / program), *arguments]


@contextlib.contextmanager
def starting_qmaster(layout: Layout) -> Iterator[subprocess.Popen[bytes]]:
    """Start the qmaster of a cell; what is done in the context is done meanwhile, and at its end it serves.

    Raises NotStarted there; whatever is raised, no qmaster stays.
    """
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    with os.fdopen(reading, "rb") as pipe:
        with os.fdopen(writing, "wb"), (layout.qmaster / "out").open("ab") as out:
            process = subprocess.Popen(
                command(layout, "fake-qmaster", str(layout.directory), str(writing)),
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                pass_fds=(writing,),
                start_new_session=True,
                cwd="/",
            )
        try:
            yield process
            ready, _, _ = select.select([pipe], [], [], _SECONDS)
            answer = pipe.read() if ready else b""
            if answer != b"ok":
                text = answer.decode(errors="replace") or (layout.qmaster / "out").read_text()[-2000:]
                raise NotStarted(text or "the qmaster did not start")
        except BaseException:
            process.kill()
            process.wait()
            raise


class Guard:
    """A process that ends the cell when this one has ended, however: kill -9, a signal, ``os._exit``.

    ``remove``: it deletes the cell's directory, too.
    """

    def __init__(self, layout: Layout, remove: bool) -> None:
        options = ("remove",) if remove else ()
        self._process = subprocess.Popen(
            command(layout, "fake-guard", str(layout.directory), str(os.getpid()), *options),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def dismiss(self) -> None:
        """The cell has ended in good order."""
        self._process.kill()
        self._process.communicate()


def running_qmaster(layout: Layout) -> int | None:
    """The process id of a cell's qmaster; None when none runs."""
    try:
        pid = int(layout.lock.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if os.fsencode(str(layout.directory)) in command.split(b"\0") else None


def running_cells() -> Iterator[tuple[Path, int]]:
    """The directories of the cells that run on this machine, and the process ids of their qmasters."""
    for entry in sorted(Path("/proc").glob("[0-9]*/cmdline"), key=lambda path: int(path.parts[2])):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue  # it has just ended
        if len(words) > 4 and words[3] == words[4] + b"/lib/fake-qmaster":
            yield Path(os.fsdecode(words[4])), int(entry.parts[2])
