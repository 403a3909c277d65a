"""Functions as jobs: what the executor costs its program, and a call its host."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cloudpickle

from benchmarks.report import Row, median, milliseconds
from drmaa_cli.futures import executor
from drmaa_cli.futures.spool import PickledCall, Spool
from drmaa_cli.futures.submission import PROGRAM
from tests.futures.functions import add
from tests.futures.scene import Scene

CALLS = 10_000
ROUNDS = 15


def functions() -> Iterator[Row]:
    """Processor time of the program, for calls that another process answers, and of the host."""
    with tempfile.TemporaryDirectory() as directory:
        yield from _program(Path(directory))
    with tempfile.TemporaryDirectory() as directory:
        yield _host(Path(directory))


def _program(directory: Path) -> Iterator[Row]:
    os.environ.update(SGE_ROOT=str(directory / "sge"), DRMAA_CLI_STATE_DIR=str(directory / "state"))
    scene = Scene(directory / "sge", directory / "spool")
    before, executor.JobSession = executor.JobSession, scene.open_session  # type: ignore[assignment, misc]
    try:
        one = scene()
        began = time.process_time()
        futures = [one.submit(add, number) for number in range(CALLS)]
        while not all(future.job for future in futures):
            time.sleep(0.1)
        yield _limit(f"{CALLS:,} submit() of a trivial function", time.process_time() - began, 3)
        for number, future in enumerate(futures):
            scene.answer(future, number)
        scene.end(futures)
        began = time.process_time()
        assert sum(future.result() for future in futures) == sum(range(CALLS))
        one.shutdown()
        yield _limit(f"the results of these {CALLS:,}", time.process_time() - began, 2)
    finally:
        executor.JobSession = before  # type: ignore[misc]


def _host(directory: Path) -> Row:
    spool = Spool(directory / "spool", lasting=False)
    call = PickledCall(cloudpickle.dumps(lambda: None), cloudpickle.dumps(((), {})))
    setup = {
        "python": tuple(sys.version_info[:2]),
        "path": sys.path,
        "argv0": "benchmark",
        "directory": str(directory),
        "directory_given": False,
        "chunked": False,
    }
    bundle = spool.write([call], setup)
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_seconds([sys.executable, "-c", "pass"]))
        ours.append(_seconds([sys.executable, "-c", PROGRAM, str(spool.path), bundle, spool.token]))
    spool.close(frozenset())
    extra = median(ours) - median(bare)
    what = "one function job on its host, above python -c pass"
    note = f"processor time; python -c pass takes {milliseconds(median(bare))}; a function sent by value"
    return Row(what, milliseconds(extra), "-", "-", "< 150 ms", extra < 0.15, note)


def _seconds(argv: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, env={**os.environ, "SGE_TASK_ID": "1"}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _limit(what: str, seconds: float, most: float) -> Row:
    note = "processor time of the program, the qmaster's stand-in included"
    return Row(what, milliseconds(seconds), "-", "-", f"< {most:g} s", seconds < most, note)
