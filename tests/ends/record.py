"""Record how jobs end: one line for each way that a real Grid Engine has of ending a job.

    python -m tests.ends.record tests/data/ends/sge-8.1.9.jsonl

boots a private cell of the Grid Engine that is installed here, runs every situation at once, and writes down
what accounting and the qmaster then said of each. A line is never changed by hand afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.ends.situations import SITUATIONS, Situation
from tests.real_cell import RealCell, wait_until

SECONDS = 180.0
FEW_SECONDS = 3  # after which what is to be done to a running job is done

QUEUES = {
    "short.q": {"h_rt": "0:0:3"},
    "soft.q": {"s_rt": "0:0:3"},
    "cpu.q": {"h_cpu": "0:0:2"},
    "small.q": {"h_vmem": "300M"},
}


class Recorder:
    """Runs the situations in a cell."""

    def __init__(self, cell: RealCell) -> None:
        self._cell = cell
        self._work = cell.directory / "work"
        self._work.mkdir()

    def submit(self, situation: Situation) -> str:
        """Submit the job of a situation; its number."""
        own = shlex.split(situation.options)
        place = [] if "-wd" in own else ["-wd", str(self._work)]
        output = [] if "-o" in own else ["-o", "/dev/null"]
        queue = [] if "-q" in own else ["-q", "all.q"]
        options = ["-terse", "-b", "y", "-shell", "n", "-j", "y", "-N", situation.case]
        return self._cell.run("qsub", *options, *place, *output, *queue, *own, *situation.argv).stdout.strip()

    def do(self, situation: Situation, job: str) -> None:
        """Wait until the job is as it should be, and do to it what is to be done."""
        wait_until(
            lambda: situation.state in self.state(job), f"{situation.case} in {situation.state}", SECONDS
        )
        if situation.state == "r":
            time.sleep(FEW_SECONDS)  # a job that has only just begun has not everything it will have
        word, *rest = shlex.split(situation.then.replace("JOB", job))
        if word == "signal":
            os.kill(self.number(job, "job_pid"), int(rest[0]))
        elif word == "kill-shepherd":
            os.kill(self.number(job, "pid"), signal.SIGKILL)
        else:
            self._cell.run(word, *rest, check=False)

    def state(self, job: str) -> str:
        """The job's letters in a listing; '' when it is gone."""
        for line in self._cell.run("qstat", "-u", "*").stdout.splitlines():
            words = line.split()
            if words and words[0] == job:
                return words[4]
        return ""

    def number(self, job: str, file: str) -> int:
        """A process number that the execution daemon keeps of a running job."""
        (found,) = self._cell.directory.glob(f"spool/execd/*/active_jobs/{job}.1/{file}")
        return int(found.read_text())

    def records(self, job: str) -> list[str]:
        """The lines that accounting has of it."""
        lines = self._cell.accounting.read_text(errors="replace").splitlines()
        return [line for line in lines if not line.startswith("#") and line.split(":")[5] == job]

    def messages(self, job: str) -> list[str]:
        """The reasons that `qstat -j` gives of an error state."""
        lines = self._cell.run("qstat", "-j", job, check=False).stdout.splitlines()
        return [line.partition(":  ")[2].strip() for line in lines if line.startswith("error reason")]

    def wait(self, situation: Situation, job: str) -> None:
        """Wait until nothing more will be known of it."""

        def is_over() -> bool:
            if situation.stays:
                return "E" in self.state(job) and bool(self.records(job) and self.messages(job))
            return bool(self.records(job)) and not self.state(job)

        wait_until(is_over, f"the end of {situation.case}", SECONDS)


def record(cell: RealCell) -> list[dict[str, Any]]:
    """Run every situation in a cell; a line for each."""
    for name, changes in QUEUES.items():
        cell.add_queue(name, **changes)
    recorder = Recorder(cell)
    jobs = [(situation, recorder.submit(situation)) for situation in SITUATIONS]
    for situation, job in jobs:
        if situation.then:
            recorder.do(situation, job)
    lines = []
    for situation, job in jobs:
        recorder.wait(situation, job)
        lines.append(
            {
                "case": situation.case,
                "options": situation.options,
                "argv": situation.argv,
                "then": situation.then,
                "accounting_lines": recorder.records(job),
                "messages": recorder.messages(job) if situation.stays else [],
            }
        )
    return lines


def main() -> None:
    """Record every situation."""
    parser = argparse.ArgumentParser(prog="python -m tests.ends.record", description="Record how jobs end.")
    parser.add_argument("file", type=Path, help="the file that is written")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cell") as directory:
        Path(directory).chmod(0o755)
        with RealCell(Path(directory, "c"), slots=99) as cell:
            lines = record(cell)
    arguments.file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
