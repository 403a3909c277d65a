"""Delete a running job; control() takes SUSPEND, RESUME, HOLD and RELEASE as well."""

import time

import DRMAA


def main() -> None:
    session = DRMAA.Session()
    session.init()
    template = session.createJobTemplate()
    template.remoteCommand = "/bin/sleep"
    template.args = ["120"]
    template.outputPath = ":/dev/null"
    template.joinFiles = True
    job = session.runJob(template)
    session.deleteJobTemplate(template)
    while session.getJobProgramStatus(job) != session.RUNNING:
        time.sleep(0.2)
    print(f"job {job} runs")
    session.control(job, session.TERMINATE)
    print(f"job {job} was aborted: {session.wait(job, session.TIMEOUT_WAIT_FOREVER).wasAborted()}")
    session.exit()


if __name__ == "__main__":
    main()
