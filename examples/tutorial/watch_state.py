"""Follow a job through its states, from a hold to its end."""

import time
from pathlib import Path

import DRMAA

STATES = (
    "UNDETERMINED",
    "QUEUED_ACTIVE",
    "USER_ON_HOLD",
    "SYSTEM_ON_HOLD",
    "USER_SYSTEM_ON_HOLD",
    "RUNNING",
    "USER_SUSPENDED",
    "SYSTEM_SUSPENDED",
    "USER_SYSTEM_SUSPENDED",
    "DONE",
    "FAILED",
)
NAMES = {getattr(DRMAA.Session, name): name for name in STATES}


def main() -> None:
    session = DRMAA.Session()
    session.init()
    template = session.createJobTemplate()
    template.remoteCommand = str(Path(__file__).resolve().with_name("report.sh"))
    template.args = ["2", "0"]
    template.outputPath = ":/dev/null"
    template.joinFiles = True
    template.jobSubmissionState = "drmaa_hold"
    job = session.runJob(template)
    session.deleteJobTemplate(template)
    seen = None
    while seen not in (session.DONE, session.FAILED):
        state = session.getJobProgramStatus(job)
        if state != seen:
            print(f"job {job}: {NAMES[state]} ({state:#x})")
            seen = state
        if state == session.USER_ON_HOLD:
            session.control(job, session.RELEASE)
        time.sleep(0.1)
    session.exit()


if __name__ == "__main__":
    main()
