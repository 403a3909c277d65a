"""One side of a measurement, in a process of its own: `python -m benchmarks.workload API CASE ARGUMENTS...`.

API is the module to import: `drmaa_cli`, or `drmaa` for the real libdrmaa. Prints one JSON document.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

QSUB = [
    "-terse",
    "-h",
    "-b",
    "y",
    "-shell",
    "n",
    "-w",
    "e",
    "-N",
    "bench",
    "-j",
    "y",
    "-o",
    "/dev/null",
    "/bin/true",
]


def template_of(api: ModuleType, command: str = "/bin/true", *args: str, hold: bool = True) -> object:
    template = api.Session.createJobTemplate()
    template.remoteCommand = command
    template.args = list(args)
    template.jobName = "bench"
    template.joinFiles = True
    template.outputPath = ":/dev/null"
    if hold:
        template.jobSubmissionState = "drmaa_hold"
    return template


def submit(api: ModuleType, count: str, threads: str = "1") -> dict[str, float]:
    """Submit so many held jobs one by one, from so many threads."""
    template = template_of(api)

    def work() -> None:
        for _ in range(int(count) // int(threads)):
            api.Session.runJob(template)

    return {"seconds": in_threads(work, int(threads))}


def bare(qsub: str, count: str, threads: str = "1") -> dict[str, float]:
    """The same by bare qsub: the floor of one process a job."""

    def work() -> None:
        for _ in range(int(count) // int(threads)):
            subprocess.run([qsub, *QSUB], stdin=subprocess.DEVNULL, capture_output=True, check=True)

    return {"seconds": in_threads(work, int(threads))}


def in_threads(work: Callable[[], None], number: int) -> float:
    crew = [threading.Thread(target=work) for _ in range(number)]
    began = time.perf_counter()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return time.perf_counter() - began


def different(api: ModuleType, count: str) -> dict[str, float]:
    """Submit so many different jobs: with one call where there is one for it, else one by one."""
    templates = [template_of(api, "/bin/echo", str(number)) for number in range(int(count))]
    began = time.perf_counter()
    if hasattr(api.Session, "runJobs"):
        api.Session.runJobs(templates)
    else:
        for template in templates:
            api.Session.runJob(template)
    return {"seconds": time.perf_counter() - began}


def bulk(api: ModuleType, count: str) -> dict[str, float]:
    """Submit one array job."""
    template = template_of(api)
    began = time.perf_counter()
    api.Session.runBulkJobs(template, 1, int(count), 1)
    return {"seconds": time.perf_counter() - began}


def status(api: ModuleType, listing: str) -> dict[str, float]:
    """Ask for the state of every job in a file of ids."""
    jobs = Path(listing).read_text().split()
    began = time.perf_counter()
    states = {api.Session.jobStatus(job) for job in jobs}
    seconds = time.perf_counter() - began
    assert states == {"user_on_hold"}, states
    return {"seconds": seconds}


def latency(api: ModuleType, stamps: str, count: str) -> dict[str, list[float]]:
    """From a job's last action, a time stamp in a file, to the return of wait()."""
    lags = []
    for number in range(int(count)):
        stamp = Path(stamps, f"{api.__name__}.{number}")
        job = api.Session.runJob(
            template_of(api, "/bin/sh", "-c", f"sleep 1.3; date +%s.%N >{stamp}", hold=False)
        )
        info = api.Session.wait(job, 120)
        returned = time.time()
        assert info.hasExited
        lags.append(returned - float(stamp.read_text()))
    return {"seconds": lags}


def floor(api: ModuleType, stamps: str, count: str) -> dict[str, list[float]]:
    """From a job's last action to its line in the accounting file: nobody can know sooner."""
    accounting = Path(os.environ["SGE_ROOT"], "default", "common", "accounting")
    lags = []
    for number in range(int(count)):
        stamp = Path(stamps, f"floor.{number}")
        api.Session.runJob(template_of(api, "/bin/sh", "-c", f"sleep 1.3; date +%s.%N >{stamp}", hold=False))
        while not (stamp.exists() and stamp.read_text().endswith("\n")):
            time.sleep(0.002)
        ended = float(stamp.read_text())
        while accounting.stat().st_mtime < ended:
            time.sleep(0.002)
        lags.append(time.time() - ended)
    return {"seconds": lags}


def short_jobs(api: ModuleType, count: str) -> dict[str, float]:
    """Submit so many short jobs and synchronize: processor time and commands run from then on."""
    template = template_of(api, "/bin/true", hold=False)
    jobs = [api.Session.runJob(template) for _ in range(int(count))]
    before, cpu = commands_of(api), cpu_seconds()
    began = time.perf_counter()
    api.Session.synchronize(jobs, 600, False)
    elapsed = time.perf_counter() - began
    return {"elapsed": elapsed, "cpu": cpu_seconds() - cpu, "commands": commands_of(api) - before}


def commands_of(api: ModuleType) -> int:
    if api.__name__ != "drmaa_cli":
        return 0
    from drmaa_cli.session.process_session import current  # noqa: PLC0415  # only our side has it

    return sum(current().commands.values())


def cpu_seconds() -> float:
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


CASES = {case.__name__: case for case in (submit, different, bulk, status, latency, floor, short_jobs)}


def main(api_name: str, case: str, *arguments: str) -> None:
    if api_name == "bare":
        result: dict[str, Any] = dict(bare(*arguments))
    else:
        api = importlib.import_module(api_name)
        api.Session.initialize()
        result = dict(CASES[case](api, *arguments))
        api.Session.exit()
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
