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
    ends = [session.wait(task, session.TIMEOUT_NO_WAIT) for task in tasks]
    statuses = Counter(end.getExitStatus() for end in ends if end.hasExited())
    for status, number in sorted(statuses.items()):
        print(f"{number} tasks exited with {status}")
    print(f"{len(ends) - sum(statuses.values())} tasks were killed, deleted or never started")
    session.exit()


if __name__ == "__main__":
    main()
