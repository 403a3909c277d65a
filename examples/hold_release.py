"""Submit a job on hold, and release it when it may run."""

import drmaa_cli


def main() -> None:
    with drmaa_cli.Session() as session:
        template = session.createJobTemplate()
        template.remoteCommand = "/bin/true"
        template.jobSubmissionState = drmaa_cli.JobSubmissionState.HOLD_STATE
        template.joinFiles = True
        template.outputPath = ":/dev/null"

        job = session.runJob(template)
        print(f"job {job} is {session.jobStatus(job)}")
        session.control(job, drmaa_cli.JobControlAction.RELEASE)
        info = session.wait(job, session.TIMEOUT_WAIT_FOREVER)
        print(f"job {job} was released and {'succeeded' if info.succeeded else 'failed'}")


if __name__ == "__main__":
    main()
