"""The fake's commands beside the real ones, and how far a fake cell scales."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import fake_sge
from benchmarks.report import Row, at_most, median, milliseconds
from fake_sge import compiled
from tests.real_cell import RealCell

ROUNDS = 21
LOOP = 200
COMMANDS: dict[str, Sequence[Sequence[str]]] = {
    "qsub": (["qsub", "-h", "-terse", "-b", "y", "-shell", "n", "-o", "/dev/null", "-j", "y", "/bin/true"],),
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
    """Each command on both cells in turn, with one job that is held; some with the client in Python, too."""
    if compiled.make() is None:
        raise RuntimeError("no compiled client: there is no C compiler, or it fails")
    with tempfile.TemporaryDirectory(prefix="drmaa-bench-") as name:
        directory = Path(name, "real")
        with RealCell(directory, slots=4, profile="fast") as real:
            with fake_sge.Cell() as fake:
                yield from _beside(real, fake, COMMANDS, "a command of the fake", 1.2, name)
            with _in_python(), fake_sge.Cell() as fake:
                some = {what: COMMANDS[what] for what in ("qsub", "qstat -xml")}
                yield from _beside(real, fake, some, "the same with the client in Python", 2, name)


@contextlib.contextmanager
def _in_python() -> Iterator[None]:
    """Cells that are made meanwhile find no compiled client."""
    before = dict(os.environ)
    os.environ["XDG_CACHE_HOME"] = os.devnull
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _beside(
    real: RealCell,
    fake: fake_sge.Cell,
    groups: Mapping[str, Sequence[Sequence[str]]],
    name: str,
    limit: float,
    cwd: str,
) -> Iterator[Row]:
    sides = ((str(fake.path), fake.env), (str(real.bin_directory), {**fake.env, **real.env}))
    for path, env in sides:
        _run(path, env, COMMANDS["qsub"][0], cwd)
    for what, group in groups.items():
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for (path, env), found in zip(sides, times):
                found.append(sum(_run(path, env, words, cwd) for words in group) / len(group))
        yield at_most(f"{name}: {what}", times[0], times[1], limit)


def _run(path: str, env: dict[str, str], words: Sequence[str], cwd: str) -> float:
    argv = [f"{path}/{words[0]}", *words[1:]]
    return _seconds(
        lambda: subprocess.run(
            argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    )


def fake_scale() -> Iterator[Row]:
    """Start, and many simulated jobs."""
    starts, stops = [], []
    for _ in range(11):
        cell = fake_sge.Cell()
        starts.append(_seconds(cell.start))
        time.sleep(0.5)
        stops.append(_seconds(cell.stop))
        cell.remove()
    yield _limit("start of a fake cell", median(starts), 0.06)
    yield _limit("stop of a fake cell", median(stops), 0.06)
    yield _limit("from the end of its command to that of fake-sge run", median(_lags()), 0.1)
    with fake_sge.Cell() as cell:
        loop = f"for i in $(seq {LOOP}); do qsub -h -b y true; done"
        took = _seconds(lambda: cell.run("/bin/sh", "-c", loop))
        yield _limit(f"{LOOP} submissions in a loop of a shell", took, LOOP / 100)
    with fake_sge.Cell() as cell:
        took = _seconds(lambda: cell.submit_simulated(60, count=10_000))
        yield _limit("10,000 simulated jobs submitted to a fake cell", took, 5)
        times = [_seconds(lambda: cell.run("qstat", "-xml", "-u", "*")) for _ in range(5)]
        yield _limit("qstat -xml of these 10,000 jobs", median(times), 0.5)
        cell.submit_simulated(60, count=90_000)
        megabytes = _resident(cell)
        what = "the fake's memory with 100,000 simulated jobs"
        yield Row(what, f"{megabytes:.0f} MB", "-", "-", "< 500 MB", megabytes < 500)


def _lags() -> list[float]:
    """Seconds from the end of the command of ``fake-sge run`` to its own."""
    found = []
    for _ in range(11):
        command = [sys.executable, "-m", "fake_sge.cli", "run", "--", "sh", "-c", "sleep 0.5; date +%s.%N"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(time.time() - float(done.stdout))
    return found


def _limit(what: str, seconds: float, most: float) -> Row:
    return Row(what, milliseconds(seconds), "-", "-", f"< {most:g} s", seconds < most)


def _resident(cell: fake_sge.Cell) -> float:
    text = Path(f"/proc/{cell.qmaster_pid}/status").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
