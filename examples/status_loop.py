"""Follow a job through its states until it has ended; asking often costs the cluster nothing."""

import time

import drmaa_cli
from drmaa_cli import JobState


def main() -> None:
    with drmaa_cli.Session() as session:
        template = session.createJobTemplate()
        template.remoteCommand = "/bin/sleep"
        template.args = ["1"]
        template.joinFiles = True
        template.outputPath = ":/dev/null"

        job = session.runJob(template)
        state = ""
        while state not in (JobState.DONE, JobState.FAILED):
            latest = session.jobStatus(job)
            if latest != state:
                state = latest
                print(f"job {job} is {state}")
            time.sleep(0.1)


if __name__ == "__main__":
    main()
