"""The fake's commands beside the real ones, and how far a fake cell scales."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import fake_sge
from benchmarks.report import Row, at_most, median, milliseconds
from tests.real_cell import RealCell

ROUNDS = 21
COMMANDS: dict[str, Sequence[Sequence[str]]] = {
    "qsub": (["qsub", "-h", "-terse", "-b", "y", "-shell", "n", "/bin/true"],),
    "qstat, with -f, -r, -ext": (["qstat"], ["qstat", "-f"], ["qstat", "-r"], ["qstat", "-ext"]),
    "qstat -xml": (["qstat", "-xml"], ["qstat", "-f", "-xml"]),
    "qstat -j": (["qstat", "-j", "1"],),
    "qstat -j -xml": (["qstat", "-j", "1", "-xml"],),
    "qacct -j": (["qacct", "-j", "999999"],),
    "qhold, qrls, qalter": (["qhold", "1"], ["qrls", "1"], ["qalter", "-p", "-5", "1"]),
    "qdel, qmod": (["qdel", "999999"], ["qmod", "-sj", "999999"]),
    "qconf, qhost, qselect": (["qconf", "-sconf"], ["qconf", "-sq", "all.q"], ["qhost"], ["qselect"]),
    "-help": (["qstat", "-help"], ["qsub", "-help"]),
}


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def commands() -> Iterator[Row]:
    """Each command on both cells in turn, with one job that is held."""
    with tempfile.TemporaryDirectory(prefix="drmaa-bench-") as name:
        directory = Path(name, "real")
        with RealCell(directory, slots=4, profile="fast") as real, fake_sge.Cell() as fake:
            sides = ((str(fake.path), fake.env), (str(real.bin_directory), {**fake.env, **real.env}))
            for path, env in sides:
                _run(path, env, COMMANDS["qsub"][0], name)
            for what, group in COMMANDS.items():
                times: tuple[list[float], list[float]] = ([], [])
                for _ in range(ROUNDS):
                    for (path, env), found in zip(sides, times):
                        found.append(sum(_run(path, env, words, name) for words in group) / len(group))
                yield at_most(f"a command of the fake: {what}", times[0], times[1], 3)


def _run(path: str, env: dict[str, str], words: Sequence[str], cwd: str) -> float:
    argv = [f"{path}/{words[0]}", *words[1:]]
    return _seconds(
        lambda: subprocess.run(
            argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    )


def fake_scale() -> Iterator[Row]:
    """Start, and many simulated jobs."""
    starts = []
    for _ in range(5):
        cell = fake_sge.Cell()
        starts.append(_seconds(cell.start))
        cell.stop()
        cell.remove()
    yield _limit("start of a fake cell", median(starts), 0.5)
    with fake_sge.Cell() as cell:
        took = _seconds(lambda: cell.submit_simulated(60, count=10_000))
        yield _limit("10,000 simulated jobs submitted to a fake cell", took, 5)
        times = [_seconds(lambda: cell.run("qstat", "-xml", "-u", "*")) for _ in range(5)]
        yield _limit("qstat -xml of these 10,000 jobs", median(times), 0.5)
        cell.submit_simulated(60, count=90_000)
        megabytes = _resident(cell)
        what = "the fake's memory with 100,000 simulated jobs"
        yield Row(what, f"{megabytes:.0f} MB", "-", "-", "< 500 MB", megabytes < 500)


def _limit(what: str, seconds: float, most: float) -> Row:
    return Row(what, milliseconds(seconds), "-", "-", f"< {most:g} s", seconds < most)


def _resident(cell: fake_sge.Cell) -> float:
    text = Path(f"/proc/{cell.qmaster_pid}/status").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
