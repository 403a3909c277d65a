"""Record histories of array jobs: ``python -m tests.fake.record_task_histories e001 e002`` (as root).

These are added to ``data/task_histories.jsonl`` with the answers of a real cell.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.fake.stories import DATA, Step, told
from tests.fake.task_histories import SLOTS, history
from tests.fake.twin import Answer, use_long_numbers
from tests.real_cell import BINARIES, RealCell

PATIENCE_SECONDS = 120.0
ALIKE, PAUSE_SECONDS = 6, 0.7  # listings that must be the same


def settle(real: RealCell) -> None:
    """Wait until nothing is on its way, and the scheduler has nothing to do."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    before, alike = "", 0
    while time.monotonic() < deadline and alike < ALIKE:
        now = real.run("qstat", "-u", "*", "-g", "d").stdout
        states = [line.split()[4] for line in now.splitlines()[2:]]
        moving = any("t" in state or "d" in state for state in states)
        alike = alike + 1 if now == before and not moving else 0
        before = now
        time.sleep(PAUSE_SECONDS)


def tell(real: RealCell, home: Path, steps: list[Step]) -> Iterator[Step]:
    """One history on the real cell, which is left empty."""

    def run(words: list[str], _user: str, stdin: bytes) -> Answer | None:
        if words[0] == "settle":
            settle(real)
            return None
        if words[0] == "make":
            for old in home.glob("[0-9]*"):
                shutil.rmtree(old)
            for name in words[1:]:
                (home / name).mkdir()
            return None
        done = subprocess.run(
            [str(BINARIES / words[0]), *words[1:]],
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "USER": "root", "LOGNAME": "root", **real.env},
            cwd=home,
            input=stdin,
            capture_output=True,
            check=False,
        )
        return done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr)

    yield from told(steps, run)
    real.run("qmod", "-d", "all.q", check=False)
    while real.run("qstat", "-u", "*").stdout:
        real.run("qdel", "-u", "*", check=False)  # what waits of a job that is in deletion is left
        time.sleep(0.5)
    real.run("qmod", "-e", "all.q", check=False)
    clear_finished(real)


def clear_finished(real: RealCell) -> None:
    """Have the qmaster forget the jobs that ``qstat -s z`` lists."""
    real.stop_qmaster(graceful=True)
    real.start_qmaster()


def main() -> None:
    """Record the histories that were named."""
    path = DATA / "task_histories.jsonl"
    with tempfile.TemporaryDirectory(prefix="record") as directory:
        home = Path(directory)
        with RealCell(home / "c", slots=SLOTS) as real:
            use_long_numbers(real)
            for name in sys.argv[1:]:
                steps: list[Step] = [{"story": name, "line": line} for line in history(name)]
                lines = [json.dumps(step, ensure_ascii=False) + "\n" for step in tell(real, home, steps)]
                with path.open("a", encoding="utf-8") as file:
                    file.write("".join(lines))


if __name__ == "__main__":
    main()
