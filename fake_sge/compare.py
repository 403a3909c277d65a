"""``python -m fake_sge.compare``: command lines on the fake and on a real Grid Engine, and what differs.

Each argument is a command line for a shell, run in a directory of its own in a cell with default options. Job
numbers, moments, priorities, used time and memory are made comparable; everything else must be equal::

    python -m fake_sge.compare 'qsub -terse -b y sleep 1' 'qstat' 'qdel 500001'

Both cells number their jobs from 500001 on. ``--file FILE`` reads command lines, one a line. ``--idle`` waits
after each until no job is left. The exit code is 0 when there is no difference, 1 when there are some,
and 2 when there is no real Grid Engine here or the arguments are wrong.
"""

from __future__ import annotations

import argparse
import getpass
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from .cell import Cell
from .comparison import Answer, Masker, differences
from .errors import CellError
from .options import CellOptions
from .real.cell import RealCell

DIFFERENT, NOT_COMPARED = 1, 2
FIRST_NUMBER = 500001  # so that no other figure looks like a job number
COMMAND_SECONDS = 120.0
SETTLED_SECONDS = 1.5  # a scheduler runs once a second


def answers(
    cell: Cell | RealCell, lines: Sequence[str], *, idle: bool = False, wait: float = 0.0
) -> list[Answer]:
    """What a cell answers to command lines, comparable.

    Args:
        cell: a running cell.
        lines: for ``sh -c``, run one after the other in a new directory.
        idle: whether to wait after each until no job is left.
        wait: seconds to wait after each.

    Raises:
        CellError: the cell does not get idle.
        subprocess.TimeoutExpired: a command line does not end.
    """
    with tempfile.TemporaryDirectory(prefix="compare-") as directory:
        masker = Masker(
            {str(cell.directory): "CELL", directory: "DIRECTORY", getpass.getuser(): "USER", _host(): "HOST"}
        )
        env = {**cell.env, "HOME": directory, "LC_ALL": "C"}
        found = []
        for line in lines:
            done = subprocess.run(
                ["/bin/sh", "-c", line],
                env=env,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )
            texts = (os.fsdecode(done.stdout), os.fsdecode(done.stderr))
            found.append(masker.masked(Answer(line, done.returncode, *texts)))
            if idle:
                cell.wait_idle()
            time.sleep(wait)
    return found


def _host() -> str:
    return os.uname().nodename


def compare(lines: Sequence[str], options: CellOptions, *, idle: bool = False, wait: float = 0.0) -> str:
    """The differences between a fake and a real cell, as a unified diff; '' when there are none.

    Raises:
        NotInstalledError: there is no real Grid Engine on this machine.
        CellError: a cell cannot be started or does not get idle.
    """
    with tempfile.TemporaryDirectory(prefix="compare-") as parent:
        Path(parent).chmod(0o755)
        real_cell = RealCell(Path(parent, "real"), options)
        with real_cell:
            real = answers(real_cell, lines, idle=idle, wait=wait)
        with Cell(Path(parent, "fake"), options) as fake_cell:
            fake = answers(fake_cell, lines, idle=idle, wait=wait)
    return differences(fake, real)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m fake_sge.compare", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("lines", nargs="*", metavar="LINE", help="a command line for a shell")
    parser.add_argument("--file", type=Path, help="read command lines from this file, one a line")
    parser.add_argument("--slots", type=int, default=2, help="slots of all.q (default 2)")
    parser.add_argument("--idle", action="store_true", help="wait for the jobs' end after each line")
    parser.add_argument(
        "--wait",
        type=float,
        default=SETTLED_SECONDS,
        metavar="SECONDS",
        help=f"wait after each line, so that both schedulers have run (default {SETTLED_SECONDS})",
    )
    args = parser.parse_args(argv)
    lines = [*args.lines, *(args.file.read_text().splitlines() if args.file else [])]
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    if not lines:
        parser.error("no command line to compare")
    options = CellOptions(slots=args.slots, login_shells=False, first_job_number=FIRST_NUMBER)
    try:
        found = compare(lines, options, idle=args.idle, wait=args.wait)
    except (CellError, subprocess.TimeoutExpired) as error:
        print(f"fake_sge.compare: {error}", file=sys.stderr)
        return NOT_COMPARED
    if found:
        print(found)
    return DIFFERENT if found else 0


if __name__ == "__main__":
    sys.exit(main())
