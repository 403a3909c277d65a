"""A program that submits single jobs, arrays and runJobs with keys, waits for all, and is killed meanwhile.

Run as ``python cut_program.py DIRECTORY CONTACT KEYS``; KILL_AT is a moment of arrange_death(). It asks
again when a call raises DrmCommunicationException, and prints at its end what it was told of each key's jobs.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from drmaa_cli.errors import InvalidJobException
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.runner import Command
from drmaa_cli.system.ssh.runner import SshRunner
from tests.sessions.crash_program import persist, submit
from tests.sessions.program import Countdown, is_submission

PATIENCE = 300


def tell(session: JobSession, job: str) -> dict[str, Any]:
    """What is told of a job's end; and that it is told once."""
    info = persist(lambda: session.wait(job, PATIENCE))
    told: dict[str, Any] = {"id": info.jobId, "exited": info.hasExited, "status": info.exitStatus, "times": 1}
    try:
        persist(lambda: session.wait(job, PATIENCE))
        told["times"] = 2
    except InvalidJobException:
        pass
    return told


def arrange_death(moment: str) -> None:
    """Die as ``qsub:N:M`` says: at the Mth call of a function after the Nth submission goes to the host."""
    _, count, calls = moment.split(":")
    countdown, left = Countdown(), int(count)
    if left == 0:
        countdown.start(int(calls))
    original = SshRunner.run

    def run(self: SshRunner, command: Command, /) -> CommandResult:
        nonlocal left
        if is_submission(command):
            left -= 1
            if left == 0:
                countdown.start(int(calls))
        return original(self, command)

    SshRunner.run = run  # type: ignore[method-assign]  # on purpose


def main(directory: Path, contact: str, keys: int) -> None:
    with persist(lambda: JobSession(contact)) as session:
        ids = {
            f"key-{index}": persist(lambda: submit(session, directory, index))  # noqa: B023  # called at once
            for index in range(keys)
        }
        print(json.dumps({key: [tell(session, job) for job in jobs] for key, jobs in ids.items()}))


if __name__ == "__main__":
    if os.environ.get("KILL_AT"):
        arrange_death(os.environ["KILL_AT"])
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
