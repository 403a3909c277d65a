"""Submit one array job of many tasks; each task finds its own number in SGE_TASK_ID."""

import drmaa_cli


def main() -> None:
    with drmaa_cli.Session() as session:
        template = session.createJobTemplate()
        template.remoteCommand = "/bin/sh"
        template.args = ["-c", "exit $SGE_TASK_ID"]
        template.jobName = "squares"
        template.joinFiles = True
        template.outputPath = ":/dev/null"

        jobs = session.runBulkJobs(template, 1, 9, 2)
        print(f"tasks {', '.join(jobs)} were submitted")
        for _ in jobs:
            info = session.wait(session.JOB_IDS_SESSION_ANY, session.TIMEOUT_WAIT_FOREVER)
            ended = f"exited with {info.exitStatus}" if info.hasExited else info.reason
            print(f"task {info.jobId} {'succeeded' if info.succeeded else ended}")


if __name__ == "__main__":
    main()
