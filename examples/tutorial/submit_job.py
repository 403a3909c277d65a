"""Submit one job that writes a file, and do not wait for it."""

import os
from pathlib import Path

import DRMAA

OUTPUT = "report.txt"  # in the directory where this program is started; the job's host must see it, too


def main() -> None:
    session = DRMAA.Session()
    session.init()
    template = session.createJobTemplate()
    template.remoteCommand = str(Path(__file__).resolve().with_name("report.sh"))
    template.args = ["0", "0", "one", "two  blanks", "$HOME"]  # no shell touches them
    template.jobName = "report"
    template.workingDirectory = os.getcwd()  # noqa: PTH109  # a str
    template.outputPath = f":{DRMAA.JobTemplate.WORKING_DIRECTORY}/{OUTPUT}"
    template.joinFiles = True
    print(f"job {session.runJob(template)} will write {OUTPUT}")
    session.deleteJobTemplate(template)
    session.exit()


if __name__ == "__main__":
    main()
