"""A program as users write them that submits with keys, again and again until each is accepted.

Run as ``python crash_program.py DIRECTORY CONTACT KEYS``. It submits single jobs, arrays and runJobs by
turns, asks before each qsub and says when it runs, and prints at its end one JSON line with the ids of every
key. Every task appends its job's number to a file of its own in DIRECTORY.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from drmaa_cli.errors import DrmCommunicationException
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.templates import JobTemplate

TASKS = 3
SECONDS = (0, 0.2, 1)  # that a job takes: some have ended when they are looked for


def announce_submissions() -> None:
    """Print a line and wait for one before each qsub, and print another as soon as it runs."""
    original = subprocess.Popen.__init__

    def started(self: Any, argv: Any, *arguments: Any, **keywords: Any) -> None:
        if argv[0] == "qsub":
            print("ready", flush=True)
            sys.stdin.readline()
        original(self, argv, *arguments, **keywords)
        if argv[0] == "qsub":
            print("qsub", flush=True)

    subprocess.Popen.__init__ = started  # type: ignore[method-assign]  # on purpose


def template(session: JobSession, directory: Path, name: str, seconds: float) -> JobTemplate:
    return session.createJobTemplate(
        remoteCommand="/bin/sh",
        args=["-c", f"echo $JOB_ID >> {name}; sleep {seconds}"],
        workingDirectory=str(directory),
        outputPath=":/dev/null",
        joinFiles=True,
    )


def submit(session: JobSession, directory: Path, index: int) -> list[str]:
    """Submit what the key of this number stands for."""
    key, seconds = f"key-{index}", SECONDS[index // 3 % len(SECONDS)]
    if index % 3 == 0:
        return [session.runJob(template(session, directory, key, seconds), key=key)]
    if index % 3 == 1:
        found = template(session, directory, f"{key}.$SGE_TASK_ID", seconds)
        return session.runBulkJobs(found, 1, TASKS, 1, key=key)
    several = [template(session, directory, f"{key}.{task}", seconds) for task in range(1, TASKS + 1)]
    return session.runJobs(several, key=key)


def persist(what: Any) -> Any:
    """Do something until Grid Engine can be reached."""
    while True:
        try:
            return what()
        except DrmCommunicationException as err:
            print(err, file=sys.stderr, flush=True)
            time.sleep(0.2)


def main(directory: Path, contact: str, keys: int) -> None:
    announce_submissions()
    with persist(lambda: JobSession(contact)) as session:
        ids = {}
        for index in range(keys):
            ids[f"key-{index}"] = persist(lambda: submit(session, directory, index))  # noqa: B023  # called at once
    print(json.dumps(ids), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
