"""A program as users write them: single jobs and an array, each with its key, submitted and waited for.

Run as ``python program.py DIRECTORY CONTACT SINGLES TASKS``. Every task appends a line to a file of its own
in DIRECTORY; the program prints one JSON line when all has been waited for. KILL_AT in its environment has it
kill itself: ``POINT:N`` when it reaches a point for the Nth time; ``qsub:N:M`` at the Mth call of a function
of drmaa_cli after its Nth qsub has been started (for N = 0, after its own start).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, Callable

import drmaa_cli
from drmaa_cli.jobs.job_end import JobInfo
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.store.session_store import Store
from drmaa_cli.system.runner import LocalRunner

POINTS = {  # what is patched, and whether the program dies before or after it
    "before-intent": (Store, "record_intent", False),
    "after-intent": (Store, "record_intent", True),
    "before-qsub": (subprocess.Popen, "__init__", False),
    "after-fork": (subprocess.Popen, "__init__", True),
    "after-answer": (LocalRunner, "run", True),
    "before-record": (Store, "accepted", False),
    "after-record": (Store, "accepted", True),
    "before-end": (Store, "ended", False),
    "after-end": (Store, "ended", True),
    "before-claim": (Store, "claim", False),
    "after-claim": (Store, "claim", True),
    "after-reap": (SessionJobs, "reap", True),
}
RUNNING = (subprocess.Popen, LocalRunner)
SINGLE_CODES, TASK_CODES = 5, 3


def is_submission(what: Any) -> bool:
    """Whether a Command, or a command's words, are those of a qsub."""
    return bool(getattr(what, "argv", what)[0] == "qsub")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_nth(point: str, count: int, act: Callable[[], None]) -> None:
    """Arrange for something to be done when this process comes to a point for the count-th time."""
    owner, name, after = POINTS[point]
    original = getattr(owner, name)
    left = count

    def reached(*arguments: Any, **keywords: Any) -> Any:
        nonlocal left
        counts = owner not in RUNNING or is_submission(arguments[1])
        left -= counts
        if counts and left == 0 and not after:
            act()
        result = original(*arguments, **keywords)
        if counts and left == 0 and after:
            act()
        return result

    setattr(owner, name, reached)


class Countdown:
    """Kills this process at a call of a function of drmaa_cli, in any thread, once it has been started."""

    def __init__(self) -> None:
        self.left = 0
        package = str(Path(str(drmaa_cli.__file__)).parent)

        def called(frame: FrameType, event: str, _: object) -> None:
            if self.left and event == "call" and frame.f_code.co_filename.startswith(package):
                self.left -= 1
                if not self.left:
                    die()

        threading.setprofile(called)
        sys.setprofile(called)

    def start(self, calls: int) -> None:
        """Die at the calls-th call from now."""
        self.left = calls


def arrange_death(moment: str) -> None:
    """Do what KILL_AT says."""
    point, _, numbers = moment.partition(":")
    count, _, calls = numbers.partition(":")
    if point != "qsub":
        at_nth(point, int(count), die)
        return
    countdown = Countdown()
    if int(count) == 0:
        countdown.start(int(calls))
    else:
        at_nth("after-fork", int(count), lambda: countdown.start(int(calls)))


def template(session: JobSession, directory: Path, command: str) -> JobTemplate:
    return session.createJobTemplate(
        remoteCommand="/bin/sh",
        args=["-c", command],
        jobName="step",  # all alike: names tell nothing apart
        workingDirectory=str(directory),
        outputPath=":/dev/null",
        joinFiles=True,
    )


def told(info: JobInfo) -> dict[str, Any]:
    return {
        "id": info.jobId,
        "exited": info.hasExited,
        "status": info.exitStatus,
        "signaled": info.hasSignal,
        "aborted": info.wasAborted,
        "start": info.resourceUsage["start_time"],
        "end": info.resourceUsage["end_time"],
    }


def main(directory: Path, contact: str, singles: int, tasks: int) -> None:
    with JobSession(contact) as session:
        ids = {}
        for index in range(singles):
            key = f"single-{index}"
            command = f"echo $JOB_ID >> {key}; exit {index % SINGLE_CODES}"
            ids[key] = session.runJob(template(session, directory, command), key=key)
            if index == singles // 2 and tasks:
                command = f"echo $JOB_ID >> task-$SGE_TASK_ID; exit $((SGE_TASK_ID % {TASK_CODES}))"
                array = session.runBulkJobs(template(session, directory, command), 1, tasks, 1, key="array")
                ids.update({f"task-{number}": job for number, job in enumerate(array, 1)})
        print(json.dumps({key: told(session.wait(job)) for key, job in ids.items()}), flush=True)


if __name__ == "__main__":
    if os.environ.get("KILL_AT"):
        arrange_death(os.environ["KILL_AT"])
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
