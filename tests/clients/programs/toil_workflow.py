"""toil: a workflow whose jobs run through its grid_engine batch system."""

import os
import sys
from pathlib import Path

from toil.common import Toil
from toil.exceptions import FailedJobsException
from toil.job import Job


def square(job, number):
    assert os.environ["JOB_NAME"].startswith("toil_job_")
    return number * number


def fails(job, number):
    raise ValueError(f"no square root of {number}")


def main(what):
    where = str(Path.cwd())
    options = Job.Runner.getDefaultOptions(f"{where}/store.{what}")
    options.batchSystem = "grid_engine"
    options.logLevel = "WARNING"
    options.workDir = where
    options.coordinationDir = where
    options.retryCount = 0
    options.statePollingWait = 1
    options.disableCaching = True
    small = {"memory": "2G", "cores": 1, "disk": "10M"}
    first = Job.wrapJobFn(square if what == "good" else fails, -5 if what == "fail" else 7, **small)
    with Toil(options) as toil:
        try:
            print("answer", toil.start(first))
        except FailedJobsException as error:
            print("failed", error.numberOfFailedJobs)


if __name__ == "__main__":
    main(sys.argv[1])
