"""Submit the same command once for each of a row of numbers: an array job."""

from pathlib import Path

import DRMAA

FIRST, LAST, STEP = 2, 14, 3


def main() -> None:
    session = DRMAA.Session()
    session.init()
    template = session.createJobTemplate()
    template.remoteCommand = str(Path(__file__).resolve().with_name("report.sh"))
    template.args = ["0", "0", "every task has these words, and SGE_TASK_ID of its own"]
    template.outputPath = ":/dev/null"
    template.joinFiles = True
    tasks = session.runBulkJobs(template, FIRST, LAST, STEP)
    for task in tasks:
        print(f"submitted {task}")
    session.deleteJobTemplate(template)
    session.exit()


if __name__ == "__main__":
    main()
