"""Submit one job, wait for it, and say how it ended."""

import drmaa_cli


def main() -> None:
    with drmaa_cli.Session() as session:
        template = session.createJobTemplate()
        template.remoteCommand = "/bin/sh"
        template.args = ["-c", 'echo "hello from $JOB_NAME"; exit 3']
        template.jobName = "hello"
        template.joinFiles = True
        template.outputPath = ":/dev/null"

        job = session.runJob(template)
        print(f"job {job} was submitted")
        info = session.wait(job, session.TIMEOUT_WAIT_FOREVER)
        if info.succeeded:
            print(f"job {info.jobId} succeeded")
        elif info.hasExited:
            print(f"job {info.jobId} exited with status {info.exitStatus}")
        else:  # exitStatus means nothing then
            print(f"job {info.jobId} did not end by itself: {info.reason}")
        print(f"it ran for {info.wallclock or 0:.0f} s on {info.host}")
        session.deleteJobTemplate(template)


if __name__ == "__main__":
    main()
