"""dask: workers are jobs of SGECluster; they compute, one of them is replaced, all are gone at the end."""

import os
import subprocess
import time
from pathlib import Path

from dask.distributed import Client
from dask_jobqueue import SGECluster

PATIENCE = 180


def square(number):
    return number * number


def job_of():
    return os.environ["JOB_ID"]


def fails(number):
    raise ValueError(f"no square root of {number}")


def listed():
    """The numbers of the jobs that qstat shows."""
    table = subprocess.run(["qstat"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in table.splitlines()[2:]}


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.2)
    return condition()


def main():
    where = str(Path.cwd())
    with (
        SGECluster(
            cores=1,
            processes=1,
            memory="200MB",
            walltime="00:10:00",
            resource_spec="h_vmem=8G",
            queue="all.q",
            log_directory=where,
            local_directory=where,
            interface="lo",
            job_extra_directives=["-w e"],
            scheduler_options={"dashboard_address": None},
        ) as cluster,
        Client(cluster) as client,
    ):
        cluster.scale(jobs=2)
        client.wait_for_workers(2, timeout=PATIENCE)
        print("squares", client.gather(client.map(square, range(4))))
        jobs = set(client.run(job_of).values())
        print("listed", len(jobs), jobs <= listed())
        try:
            client.submit(fails, -5).result(PATIENCE)
        except ValueError as error:
            print("ValueError", error)
        cluster.scale(jobs=1)
        print("scaled", until(lambda: len(jobs & listed()) == 1))
    print("gone", until(lambda: not jobs & listed()))


if __name__ == "__main__":
    main()
