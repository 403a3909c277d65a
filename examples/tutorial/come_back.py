"""Leave a session while its job is at work, come back by its contact string, and fetch the result."""

from __future__ import annotations

from pathlib import Path

import DRMAA

REPORT = Path(__file__).resolve().with_name("report.sh")


def submit_and_leave() -> tuple[str, str]:
    """Return all that has to be remembered: the session's contact and the job's id."""
    session = DRMAA.Session()
    session.init()
    template = session.createJobTemplate()
    template.remoteCommand = str(REPORT)
    template.args = ["1", "4"]
    template.joinFiles = True
    template.outputPath = ":/dev/null"
    job = session.runJob(template)
    session.deleteJobTemplate(template)
    contact = session.getContact()
    session.exit()
    return contact, job


def main() -> None:
    contact, job = submit_and_leave()
    print(f"job {job} is left alone in {contact}")
    session = DRMAA.Session()
    session.init(contact)  # another program, on another day, may do this
    result = session.wait(job, session.TIMEOUT_WAIT_FOREVER)
    if result.hasExited():  # else the exit status means nothing
        print(f"job {result.getJobId()} came to exit status {result.getExitStatus()}")
    else:
        print(f"job {result.getJobId()} was killed, deleted or never started")
    session.exit()


if __name__ == "__main__":
    main()
