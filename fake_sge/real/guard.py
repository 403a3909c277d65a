"""The end of a real cell's processes, also when the program that started it was killed.

Run as a program (``python guard.py OWNER DIRECTORY [remove]``) it waits for the end of its parent, the
process OWNER, and then ends the cell; with ``remove`` it deletes its directory, too. It needs nothing but
the standard library, and while it waits, as the guard of a fake cell does, little of that: most cells end in
good order.
"""

from __future__ import annotations

import os
import select
import sys
import time

TYPE_CHECKING = False  # typing's, without loading it

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 100  # of looking for processes, 50 ms apart
DAEMONS = (b"sge_qmaster", b"sge_execd", b"sge_shepherd")
OF_JOBS = b"SGE_JOB_SPOOL_DIR="  # only what the execution daemon starts has it (submit(1))
# A variable of the commands that this package runs itself: qsub -sync y waits long for a dead qmaster.
COMMAND = "FAKE_SGE_OWN_COMMAND"
BEGINNINGS = (OF_JOBS, COMMAND.encode() + b"=")


def is_running(pid: int) -> bool:
    """Whether a process exists and has not ended (a zombie has ended)."""
    try:
        stat = _told(pid, "stat")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(b")")[2].split()[0] != b"Z"


def _told(pid: int, name: str) -> bytes:
    with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123 without pathlib
        return file.read()


def processes(root: Path) -> list[int]:
    """The process ids of the daemons, shepherds, jobs and commands of ours with this SGE_ROOT.

    Programs that only look at it, such as an editor in a shell that has its variables, are not among them.
    """
    marker = b"SGE_ROOT=" + os.fsencode(root)
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):  # noqa: PTH208 without pathlib
        if pid == os.getpid():
            continue
        try:
            environment = _told(pid, "environ").split(b"\0")
            name = _told(pid, "comm").strip()
        except OSError:  # gone meanwhile, or another user's
            continue
        of_cell = name in DAEMONS or any(item.startswith(BEGINNINGS) for item in environment)
        if marker in environment and of_cell and is_running(pid):
            found.append(pid)
    return found


def end_processes(root: Path) -> None:
    """Kill the daemons, shepherds and jobs of a cell.

    Args:
        root: the cell's SGE_ROOT.

    Raises:
        TimeoutError: some do not end.
    """
    import signal  # noqa: PLC0415 who waits needs none

    is_last = False
    for _ in range(ROUNDS):  # a dying shepherd may start one more process: until none is left
        found = processes(root)
        if not found and is_last:
            return
        is_last = not found  # one that is just being started is not seen: execve(2) has its environment
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)
    raise TimeoutError(f"processes of the cell with SGE_ROOT={root} do not end: {processes(root)}")


def await_end(owner: int) -> None:
    """Wait until a process, this one's parent, has ended, or closes what is standard input here.

    Its end alone is enough: children that it has forked, such as the workers of a pool, hold the pipe open
    and may wait for it for ever.
    """
    try:
        ended = [os.pidfd_open(owner)]
    except (AttributeError, OSError):  # Linux before 5.3; or it has ended already
        ended = []
    while os.getppid() == owner:
        ready, _, _ = select.select([0, *ended], [], [], None if ended else 1.0)
        if ended and ended[0] in ready:
            return
        if 0 in ready and not os.read(0, 4096):
            return


def remove_all(directory: Path) -> None:
    """Remove a directory in which processes that have just been killed may have written until now."""
    import shutil  # noqa: PLC0415 who waits needs none

    for _ in range(ROUNDS):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        end_processes(directory / "root")


def main(owner: int, directory: Path, remove: bool) -> None:
    """Wait for the owner's end, then do what it would have done."""
    await_end(owner)
    if directory.exists():
        end_processes(directory / "root")
        if remove:
            remove_all(directory)


if __name__ == "__main__":
    from pathlib import Path

    main(int(sys.argv[1]), Path(sys.argv[2]), remove=sys.argv[3:] == ["remove"])
