"""The two sides of a measurement, run in turn as processes of their own on one real cell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.real_cell import RealCell, missing_tools

ROOT = Path(__file__).resolve().parent.parent
LIBDRMAA = Path("/usr/lib/gridengine-drmaa/lib/libdrmaa.so.1.0")  # Debian's gridengine-drmaa1.0
PEER = Path("/usr/lib/python3/dist-packages")  # Debian's python3-drmaa
OURS, PEERS, BARE = "drmaa_cli", "drmaa", "bare"


def missing() -> list[str]:
    """What this machine lacks for the comparison."""
    lacking = missing_tools()
    return lacking + [str(path) for path in (LIBDRMAA, PEER / "drmaa") if not path.exists()]


class Sides:
    """Runs workloads on a cell."""

    def __init__(self, cell: RealCell, directory: Path) -> None:
        self.cell = cell
        self.directory = directory
        self.qsub = str(cell.bin_directory / "qsub")

    def run(self, side: str, case: str, *arguments: object) -> dict[str, Any]:
        """One measurement of one side; the cell is emptied first."""
        self.empty()
        words = [self.qsub, *arguments] if side == BARE else arguments
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.workload", side, case, *map(str, words)],
            env=self.environment(side),
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{side} {case} failed: {done.stderr[-2000:]}")
        return dict(json.loads(done.stdout))

    def environment(self, side: str) -> dict[str, str]:
        """In which a program of a side finds the cell and its library."""
        env = {**os.environ, **self.cell.env, "XDG_STATE_HOME": str(self.directory / "state")}
        env["PYTHONPATH"] = str(ROOT)
        if side == PEERS:
            (self.directory / "peer").mkdir(exist_ok=True)
            link = self.directory / "peer" / "drmaa"
            if not link.exists():
                link.symlink_to(PEER / "drmaa")
            env["PYTHONPATH"] = f"{ROOT}:{link.parent}"
            env["DRMAA_LIBRARY_PATH"] = str(LIBDRMAA)
            env["GLIBC_TUNABLES"] = "glibc.rtld.optional_static_tls=16384"
        return env

    def in_turn(
        self, first: str, second: str, case: str, *arguments: object, rounds: int = 3
    ) -> tuple[list[float], list[float]]:
        """Seconds of both sides, measured one after the other so many times."""
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(float(self.run(first, case, *arguments)["seconds"]))
            theirs.append(float(self.run(second, case, *arguments)["seconds"]))
        return ours, theirs

    def empty(self) -> None:
        """Delete every job of the cell."""
        self.cell.run("qdel", "-u", "*", check=False)


@contextmanager
def sides(profile: str, slots: int = 16) -> Iterator[Sides]:
    """A private real cell of a profile."""
    with tempfile.TemporaryDirectory(prefix="drmaa-bench-") as name:
        directory = Path(name)
        with RealCell(directory / "cell", slots=slots, profile=profile) as cell:
            yield Sides(cell, directory)
