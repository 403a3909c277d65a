"""Suspend, resume and terminate a running job."""

import time

import drmaa_cli
from drmaa_cli import JobControlAction, JobState


def main() -> None:
    with drmaa_cli.Session() as session:
        template = session.createJobTemplate()
        template.remoteCommand = "/bin/sleep"
        template.args = ["600"]
        template.joinFiles = True
        template.outputPath = ":/dev/null"

        job = session.runJob(template)
        while session.jobStatus(job) != JobState.RUNNING:
            time.sleep(0.2)
        for action in (JobControlAction.SUSPEND, JobControlAction.RESUME, JobControlAction.TERMINATE):
            session.control(job, action)
            print(f"after {action}: {session.jobStatus(job)}")
        info = session.wait(job, session.TIMEOUT_WAIT_FOREVER)
        print(f"job {job} was aborted: {info.wasAborted}")


if __name__ == "__main__":
    main()
