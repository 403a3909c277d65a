"""Wait for a whole set of jobs at once, then collect each one's result."""

import drmaa_cli


def main() -> None:
    with drmaa_cli.Session() as session:
        jobs = []
        for command in ("exit 0", "exit 7", "kill -TERM $$"):
            with session.createJobTemplate() as template:
                template.remoteCommand = "/bin/sh"
                template.args = ["-c", command]
                template.joinFiles = True
                template.outputPath = ":/dev/null"
                jobs.append(session.runJob(template))

        session.synchronize(jobs, session.TIMEOUT_WAIT_FOREVER, dispose=False)
        for job in jobs:
            info = session.wait(job, session.TIMEOUT_NO_WAIT)
            if info.succeeded:
                ended = "succeeded"
            elif info.hasExited:
                ended = f"exited with {info.exitStatus}"
            else:
                ended = f"did not end by itself: {info.reason}"
            print(f"job {info.jobId} {ended}")


if __name__ == "__main__":
    main()
