"""Wait for a job, and say all that is known of its end."""

from pathlib import Path

import DRMAA

HOW = ("getJobId", "hasExited", "getExitStatus", "hasSignaled", "getTerminatingSignal", "wasAborted")


def main() -> None:
    session = DRMAA.Session()
    session.init()
    template = session.createJobTemplate()
    template.remoteCommand = str(Path(__file__).resolve().with_name("report.sh"))
    template.args = ["1", "23"]
    template.jobSubmissionState = "drmaa_hold"
    template.outputPath = ":/dev/null"
    template.joinFiles = True
    job = session.runJob(template)
    try:
        session.wait(job, DRMAA.Session.TIMEOUT_NO_WAIT)
    except DRMAA.ExitTimeoutException:
        print(f"job {job} has not ended yet")
    session.control(job, session.RELEASE)
    end = session.wait(job, DRMAA.Session.TIMEOUT_WAIT_FOREVER)
    for question in HOW:
        print(f"{question}: {getattr(end, question)()}")
    print(f"it took {float(end.getResourceUsage()['ru_wallclock']):.0f} s")
    session.deleteJobTemplate(template)
    session.exit()


if __name__ == "__main__":
    main()
