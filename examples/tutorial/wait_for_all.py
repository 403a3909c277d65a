"""Wait for everything the session has submitted, when only the time of its end matters."""

from pathlib import Path

import DRMAA


def main() -> None:
    session = DRMAA.Session()
    session.init()
    template = session.createJobTemplate()
    template.remoteCommand = str(Path(__file__).resolve().with_name("report.sh"))
    template.outputPath = ":/dev/null"
    template.joinFiles = True
    template.args = ["0", "0"]
    jobs = session.runBulkJobs(template, 1, 3, 1)
    template.args = ["1", "0"]  # a template can be changed and used again
    jobs.append(session.runJob(template))
    session.synchronize([session.JOB_IDS_SESSION_ALL], 600, True)  # True: nobody will ask how they ended
    print(f"all {len(jobs)} have ended")
    session.deleteJobTemplate(template)
    session.exit()


if __name__ == "__main__":
    main()
