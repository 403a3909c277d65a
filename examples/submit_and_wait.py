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
        print(f"job {info.jobId} exited: {info.hasExited}, with status {info.exitStatus}")
        print(f"it ran for {float(info.resourceUsage['ru_wallclock']):.0f} s")
        session.deleteJobTemplate(template)


if __name__ == "__main__":
    main()
