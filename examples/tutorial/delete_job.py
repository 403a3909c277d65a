"""Delete a job that is not wanted any more; control() takes SUSPEND, RESUME, HOLD and RELEASE as well."""

import DRMAA


def main() -> None:
    session = DRMAA.Session()
    session.init()
    template = session.createJobTemplate()
    template.remoteCommand = "/bin/sleep"
    template.args = ["120"]
    template.outputPath = ":/dev/null"
    template.joinFiles = True
    template.jobSubmissionState = "drmaa_hold"
    job = session.runJob(template)
    session.deleteJobTemplate(template)
    print(f"job {job} waits on hold: {session.getJobProgramStatus(job) == session.USER_ON_HOLD}")
    session.control(job, session.TERMINATE)
    session.synchronize([job], session.TIMEOUT_WAIT_FOREVER, False)
    print(f"job {job} has failed: {session.getJobProgramStatus(job) == session.FAILED}")
    session.exit()


if __name__ == "__main__":
    main()
