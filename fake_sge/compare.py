"""``python -m fake_sge.compare``: command lines on the fake and on a real Grid Engine, and what differs.

Each argument is a command line for a shell, run in a directory of its own in a cell of two slots. Job
numbers, moments, priorities, used time and memory are made comparable; everything else must be equal::

    python -m fake_sge.compare 'qsub -terse -b y sleep 1' 'qstat' 'qdel {1}'

``{1}`` is the number of the first submitted job; both cells number them from 500001 on. ``--file FILE`` reads
command lines, one a line. ``--idle`` waits after each until no job is left.

``--random 500`` makes up as many lines with the options of all commands; what it finds is told with the lines
that show it again, and ``--seed`` repeats a run. Lines that the fake refuses as not simulated are counted
for themselves, and those after which the cells are not the same any more are left out.

The exit code is 0 when there is no difference, 1 when there are some, and 2 when there is no real Grid Engine
here or the arguments are wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from .cell import Cell
from .comparison import changed_lines, differences
from .errors import CellError
from .options import CellOptions
from .random_commands import situations
from .random_commands.pair import Pair, Side
from .real.cell import FIRST_JOB, RealCell

DIFFERENT, NOT_COMPARED = 1, 2
NOTHING_AT_HOME = "-o /dev/null -e /dev/null\n"  # output goes to the user's home directory by default
FIRST_NUMBER = 500001  # so that no other figure looks like a job number
_REFUSED = re.compile(r"^fake_sge: .* not simulated", re.MULTILINE)
SETTLED_SECONDS = 1.5  # a scheduler runs once a second


def cell_options(slots: int) -> CellOptions:
    """Of both cells: besides the slots a consumable, a project, and priorities that do not grow."""
    return CellOptions(
        slots=slots,
        login_shells=False,
        first_job_number=FIRST_NUMBER - 1,
        complexes=("license lic INT <= YES YES 0 0",),
        complex_values="license=4",
        projects=("proj",),
        scheduler={"weight_waiting_time": "0.000000"},  # or it would matter when a second began
    )


@contextlib.contextmanager
def both(options: CellOptions) -> Iterator[tuple[RealCell, Cell, Path]]:
    """A real and a fake cell, and a place for their directories.

    Raises:
        NotInstalledError: there is no real Grid Engine on this machine.
        CellError: a cell cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="compare-") as parent:
        place = Path(parent)
        place.chmod(0o755)
        before = replace(options, first_job_number=options.first_job_number - 1)
        with RealCell(place / "real", options) as real, Cell(place / "fake", before) as fake:
            for cell in (real, fake):
                requests = Path(cell.env["SGE_ROOT"], "default", "common", "sge_request")
                requests.write_text(NOTHING_AT_HOME)
            fake.run(*FIRST_JOB, cwd=place)  # as the real one was tried
            for cell in (real, fake):  # a record with a wall clock time: without one qacct adds nothing up
                cell.run(*FIRST_JOB[:-1], "sleep", "2", cwd=place)
            yield real, fake, place


def pair(real: RealCell, fake: Cell, place: Path, name: str) -> Pair:
    """Both cells, with new directories for command lines."""
    sides = []
    for kind, cell in (("real", real), ("fake", fake)):
        directory = place / f"{kind}-{name}"
        sides.append(Side(cell, directory, situations.FILES))
    made = Pair(*sides)
    made.prepare(situations.BEFORE)
    return made


def compare(lines: Sequence[str], options: CellOptions, *, idle: bool = False, wait: float = 0.0) -> str:
    """The differences between a fake and a real cell, as a unified diff; '' when there are none.

    Raises:
        NotInstalledError: there is no real Grid Engine on this machine.
        CellError: a cell cannot be started or does not get idle.
    """
    with both(options) as (real, fake, place):
        tried = pair(real, fake, place, "given")
        answers = []
        for line in lines:
            answers.append(tried.run(line))
            if idle:
                real.wait_idle()
                fake.wait_idle()
            time.sleep(wait)
        return differences([mine for _, mine in answers], [theirs for theirs, _ in answers])


class Tried(NamedTuple):
    """One random line.

    Attributes:
        found: the difference, with what shows it again; "" when there is none.
        simulated: whether it was compared; False when the fake has refused it as what it does not simulate.
        line: whether it was a line; False for what was looked at after one.
    """

    found: str
    simulated: bool = True
    line: bool = True


def compare_random(count: int, seed: str, options: CellOptions) -> Iterator[Tried]:
    """Try as many random lines.

    Raises:
        NotInstalledError: there is no real Grid Engine on this machine.
        CellError: a cell cannot be started.
        TimeoutError: a cell keeps jobs that were deleted.
    """
    with both(options) as (real, fake, place):
        for number, lines in enumerate(situations.situations(seed, count)):
            tried = pair(real, fake, place, str(number))
            yield from try_lines(tried, lines)
            tried.clear()
            if found := tried.records():
                yield Tried(f"{_again(lines)}\n{found}", line=False)
            tried.prepare("; ".join(f"qconf {option}" for option in situations.AFTER))


def try_lines(tried: Pair, lines: Sequence[str]) -> Iterator[Tried]:
    """Try one line after the other, up to one after which the cells are not the same any more."""
    said: list[str] = []
    known = ""
    for line in lines:
        theirs, mine = tried.run(line)
        if _REFUSED.search(mine.err):
            yield Tried("", simulated=False)
        else:
            found = differences([mine], [theirs], context=1)
            yield Tried(f"{_again([*said, line])}\n{found}" if found else "")
        if situations.changes_something(line):
            said.append(line)
            if not tried.settle():
                if tried.deleting():
                    return  # the execution daemon is slow: nothing that follows would be the same
                states = tried.run("qstat -u '*'")
                found = differences([states[1]], [states[0]], context=9)
                yield Tried(f"{_again([*said, 'qstat'])}\n{found}", line=False)
                return
            found = tried.state(known)
            if set(changed_lines(found)) - set(changed_lines(known)):
                yield Tried(f"{_again(said)}\n{found}", line=False)
            known = found


def _again(lines: Sequence[str]) -> str:
    return " ".join(["python -m fake_sge.compare", *map(shlex.quote, lines)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fake_sge.compare", description=(__doc__ or "").split("\n\n", maxsplit=1)[0]
    )
    parser.add_argument("lines", nargs="*", metavar="LINE", help="a command line for a shell")
    parser.add_argument("--file", type=Path, help="read command lines from this file, one a line")
    parser.add_argument("--random", type=int, metavar="N", help="make up N command lines")
    parser.add_argument(
        "--seed", default=str(random.randrange(10**6)), help="what random lines are made from"
    )
    parser.add_argument("--slots", type=int, default=2, help="slots of all.q (default 2)")
    parser.add_argument("--idle", action="store_true", help="wait for the jobs' end after each line")
    parser.add_argument(
        "--wait",
        type=float,
        default=SETTLED_SECONDS,
        metavar="SECONDS",
        help=f"wait after each line, so that both schedulers have run (default {SETTLED_SECONDS})",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; the exit code."""
    parser = _parser()
    args = parser.parse_args(argv)
    lines = [*args.lines, *(args.file.read_text().splitlines() if args.file else [])]
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    if bool(lines) == bool(args.random):
        parser.error("give either command lines to compare or --random N")
    options = cell_options(args.slots)
    try:
        if args.random:
            return report(compare_random(args.random, args.seed, options), args.seed)
        found = compare(lines, options, idle=args.idle, wait=args.wait)
    except (CellError, TimeoutError, subprocess.TimeoutExpired) as error:
        print(f"fake_sge.compare: {error}", file=sys.stderr)
        return NOT_COMPARED
    if found:
        print(found)
    return DIFFERENT if found else 0


def report(lines: Iterator[Tried], seed: str) -> int:
    """Print what was found in random lines and how many they were; the exit code."""
    count = tried = left_out = 0
    for line in lines:
        tried += line.line
        left_out += not line.simulated
        if line.found:
            count += 1
            print(f"{line.found}\n", flush=True)
    refused = f"; {left_out} not compared, for they are not simulated" if left_out else ""
    print(f"{count} differences in {tried} random command lines (--seed {seed}){refused}")
    return DIFFERENT if count else 0


if __name__ == "__main__":
    sys.exit(main())
