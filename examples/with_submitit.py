"""Run functions on Grid Engine by submitit, an array of them too (pip install submitit)."""

import math
import tempfile
from pathlib import Path

import submitit


def main() -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        executor = submitit.AutoExecutor(folder=folder, cluster="drmaa")
        executor.update_parameters(timeout_min=5, name="factorials")
        jobs = executor.map_array(math.factorial, range(5))
        failing = executor.submit(math.factorial, -1)
        print(f"array {jobs[0].job_id.partition('_')[0]}: {[job.result() for job in jobs]}")
        trace = str(failing.exception()).splitlines()
        print(f"job {failing.job_id}: {next(line for line in trace if 'Error: ' in line)}")


if __name__ == "__main__":
    main()
