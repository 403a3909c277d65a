"""A program with types, as a user writes it: checked by mypy and pyright, and run in a fake cell.

usage: program.py DIRECTORY
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import drmaa_cli
from drmaa_cli import JobSession, JobTemplate


class CountingRunner:
    """A way of running commands: this host's, counted."""

    keeps_answers = True

    def __init__(self) -> None:
        self.runner = drmaa_cli.LocalRunner()
        self.count = 0

    def run(self, command: drmaa_cli.Command, /) -> drmaa_cli.CommandResult:
        self.count += 1
        result = self.runner.run(command)
        words: tuple[str, ...] = result.argv
        assert words == command.argv
        code: int = result.exit_code
        assert code >= 0
        return result


def describe(template: JobTemplate, directory: Path) -> None:
    template.remoteCommand = "/bin/sh"
    template.args = ["-c", "exit 3", 7, directory]
    template.jobEnvironment = {"A": "1", "B": 2}
    template.jobName = "typed"
    template.outputPath = f":{directory}/out"
    template.joinFiles = True
    template.workingDirectory = str(directory)
    template.hardWallclockTimeLimit = datetime.timedelta(minutes=1)
    template.jobSubmissionState = drmaa_cli.JobSubmissionState.ACTIVE_STATE
    words: list[str] = template.args
    variables: dict[str, str] = template.jobEnvironment
    joined: bool = template.joinFiles
    seconds: int = template.hardWallclockTimeLimit
    name: str = template.jobName
    assert (words[-1], variables["B"], joined, seconds, name) == (str(directory), "2", True, 60, "typed")


def run(session: JobSession, directory: Path) -> str:
    with session.createJobTemplate(email=["a@example.org"], blockEmail=True) as template:
        describe(template, directory)
        number: str = session.runJob(template, key="first")
        tasks: list[str] = session.runBulkJobs(template, 1, 2, 1)
        many: list[str] = session.runJobs([template, template])
    ids = [number, *tasks, *many]
    session.synchronize(ids, 60.0)
    for one in ids:
        info: drmaa_cli.JobInfo = session.wait(one, JobSession.TIMEOUT_WAIT_FOREVER)
        assert info.hasExited
        status: int = info.exitStatus
        signal: str = info.terminatedSignal
        usage: dict[str, str] = info.resourceUsage
        assert (status, signal) == (3, "")
        assert float(usage["exit_status"]) == 3
        cause: drmaa_cli.Cause | None = info.cause
        assert cause is drmaa_cli.Cause.EXITED
        assert not info.succeeded
    held: list[drmaa_cli.SessionJob] = session.jobs()
    assert {job.state for job in held} == {drmaa_cli.JobState.DONE}
    return number


def gone(session: JobSession, number: str) -> tuple[int, str]:
    try:
        session.wait(number)
    except drmaa_cli.NoResourceUsageException as error:
        return error.code, error.text
    except drmaa_cli.DrmaaException as error:
        return error.code, error.text
    return 0, ""


def main(directory: Path) -> None:
    runner = CountingRunner()
    config = drmaa_cli.Config.load()
    limit: float = config.outage_limit
    with drmaa_cli.open_session(
        "session=typed", runner=runner, outage_limit=limit, poll_min=0.05, state_dir=directory / "state"
    ) as session:
        number = run(session, directory)
        code, text = gone(session, number)
        assert code == 18
        assert not text.startswith("code")
    assert runner.count > 0
    with drmaa_cli.Session("session=typed", strict_states=True, state_dir=directory / "state") as old:
        template = old.createJobTemplate()
        describe(template, directory)
        state: str = old.jobStatus(old.runJob(template))
        assert state in vars(drmaa_cli.JobState).values()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
