"""A map of a hundred thousand items: memory, and how few commands and files it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent.parent
MOST_MEMORY = 300_000  # kB

PROGRAM = """
import sys, time
from pathlib import Path
from drmaa_cli.futures import executor
from tests.futures.functions import add
from tests.futures.scene import Scene

scene = Scene(Path(sys.argv[1], "sge"), Path(sys.argv[1], "spool"))
executor.JobSession = scene.open_session
one = scene()
results = one.map(add, range(100_000), chunksize=100)
futures = one._watcher.unfinished()
while not all(future.job for future in futures):
    time.sleep(0.05)
assert len(futures) == 1000
for number, future in enumerate(futures):
    scene.answer(future, list(range(number * 100, number * 100 + 100)))
scene.end(futures)
del futures
assert sum(results) == sum(range(100_000))
one.shutdown()
assert scene.runner.count("qsub") == 1
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.slow
def test_a_map_of_100_000_items(tmp_path: Path) -> None:
    env = {
        **os.environ,
        "SGE_ROOT": str(tmp_path / "sge"),
        "DRMAA_CLI_STATE_DIR": str(tmp_path / "state"),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], env=env, cwd=ROOT, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MOST_MEMORY
