"""Functions that tests give to submitit; jobs import this module."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import submitit


def say_and_add(*numbers: int) -> int:
    print("adding", numbers)
    print("to stderr", file=sys.stderr)
    return sum(numbers)


def divide(by: int) -> float:
    return 1 / by


def leave(status: int) -> None:
    print("about to leave", file=sys.stderr, flush=True)
    os._exit(status)


def who() -> dict[str, Any]:
    here = submitit.JobEnvironment()
    return {
        "cluster": here.cluster,
        "job_id": here.job_id,
        "tasks": (here.num_tasks, here.global_rank, here.num_nodes),
        "slots": os.environ["NSLOTS"],
        "mark": os.environ.get("MARK_OF_THE_TEST"),
        "directory": str(Path.cwd()),
        "name": os.environ["JOB_NAME"],
    }


def sleep(seconds: float) -> None:
    time.sleep(seconds)


class Counter:
    """Counts to three, and needs longer than its time for the second."""

    def __init__(self) -> None:
        self.count = 0
        self.slow = True

    def __call__(self, path: str) -> int:
        while self.count < 3:
            self.count += 1
            with Path(path).open("a") as file:
                file.write(f"{self.count}\n")
            if self.count == 2 and self.slow:
                time.sleep(300)
        return self.count

    def checkpoint(self, path: str) -> submitit.core.utils.DelayedSubmission:
        self.slow = False
        return submitit.core.utils.DelayedSubmission(self, path)
