"""What it costs to start: processor time of whole processes and of the commands that they run."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import fake_sge
from benchmarks.report import Row, at_most, median, milliseconds
from benchmarks.sides import OURS, PEERS, Sides

ROUNDS = 11
ONE_JOB = """import {module} as drmaa
session = drmaa.Session()
session.initialize()
template = session.createJobTemplate()
template.remoteCommand = "/bin/true"
template.outputPath = ":/dev/null"
template.joinFiles = True
session.runJob(template)
session.exit()
"""


def one_job(cell: Sides) -> Iterator[Row]:
    """A program that submits one job, beside the same with libdrmaa."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for side, found in zip((OURS, PEERS), times):
            command = [sys.executable, "-c", ONE_JOB.format(module=side)]
            found.append(_processor_seconds(command, cell.environment(side), cell.directory))
    what = "import, initialize, runJob, exit: processor time, beside libdrmaa"
    yield at_most(what, times[0], times[1], 1.6, "with that of qsub and qconf")


def commands() -> Iterator[Row]:
    """``drmaa-cli`` on a fake cell."""
    program = str(Path(sys.executable).with_name("drmaa-cli"))
    with (
        tempfile.TemporaryDirectory(prefix="drmaa-bench-") as name,
        fake_sge.Cell(login_shells=False) as cell,
    ):
        env = {**cell.env, "XDG_STATE_HOME": name}
        _processor_seconds([program, "run", "--", "true"], env, Path(name))
        for words in (["--help"], ["ps"]):
            times = [_processor_seconds([program, *words], env, Path(name)) for _ in range(ROUNDS)]
            what = f"drmaa-cli {' '.join(words)}: processor time"
            yield Row(what, milliseconds(median(times)), "-", "-", "< 150 ms", median(times) < 0.15)


def _processor_seconds(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> float:
    """Of a command and of all that it has waited for."""
    env = {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=env, cwd=cwd, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
