"""Wait for all tasks of an array job, then ask each how it ended."""

from collections import Counter

import DRMAA


def main() -> None:
    session = DRMAA.Session()
    session.init()
    template = session.createJobTemplate()
    template.remoteCommand = "/bin/sh"
    template.args = ["-c", "exit $((SGE_TASK_ID % 3))"]
    template.outputPath = ":/dev/null"
    template.joinFiles = True
    tasks = session.runBulkJobs(template, 1, 8, 1)
    session.deleteJobTemplate(template)
    session.synchronize(tasks, session.TIMEOUT_WAIT_FOREVER, False)  # False: their ends are kept
    statuses = Counter(session.wait(task, session.TIMEOUT_NO_WAIT).getExitStatus() for task in tasks)
    for status, number in sorted(statuses.items()):
        print(f"{number} tasks exited with {status}")
    session.exit()


if __name__ == "__main__":
    main()
