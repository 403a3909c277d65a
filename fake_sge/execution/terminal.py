"""The terminal of a job (``qsub -pty y``): where its streams lead, and the loop that serves it.

Real cell: the shepherd copies the job's input file into the terminal, without an end of file, and what comes
out of it into the file of standard output. Until the job has ended it hears of nothing else: such a job is
neither suspended nor killed, whatever qstat says.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import select
import termios
from collections.abc import Callable
from pathlib import Path

from ..lighter import Any

_LOOKS = 0.05  # seconds between looks whether the job has ended
_CHUNK = 65536
_OUTPUT = 1  # where tcgetattr has the modes of output


class Terminal:
    """A new terminal."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        modes = termios.tcgetattr(self._slave)
        modes[_OUTPUT] &= ~termios.ONLCR
        termios.tcsetattr(self._slave, termios.TCSANOW, modes)

    def take(self) -> int:
        """Make it the controlling terminal of the calling process; its file descriptor."""
        fcntl.ioctl(self._slave, termios.TIOCSCTTY, 0)
        return self._slave

    def serve(
        self, order: dict[str, Any], pid: int, look: Callable[[], None]
    ) -> tuple[int, resource.struct_rusage]:
        """Copy input and output until the job has ended; its wait status and usage.

        ``look`` is called from time to time.
        """
        os.close(self._slave)
        os.set_blocking(self._master, False)
        waiting = Path(order["stdin"]).read_bytes()
        target = os.open(order["stdout"], os.O_WRONLY | os.O_APPEND)
        try:
            while True:
                ended, status, usage = os.wait4(pid, os.WNOHANG)
                ready = select.select([self._master], [self._master] if waiting else [], [], _LOOKS)
                if ready[1]:
                    waiting = waiting[os.write(self._master, waiting[:_CHUNK]) :]
                while ready[0] and (said := self._said()):
                    os.write(target, said)
                if ended:
                    return status, usage
                look()
        finally:
            os.close(target)
            os.close(self._master)

    def _said(self) -> bytes:
        try:
            return os.read(self._master, _CHUNK)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EIO):  # nothing now, or nobody has it open
                return b""
            raise
