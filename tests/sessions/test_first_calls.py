"""Sixteen threads call sixteen different things for the first time, where next to nothing is loaded yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fake_sge import Cell
from tests.tables import slow

PROGRAM = """
import sys, threading, traceback
import drmaa_cli

session = drmaa_cli.open_session()
before = set(sys.modules)


def template():
    return session.createJobTemplate(remoteCommand="/bin/true", outputPath=":/dev/null", joinFiles=True)


def in_futures():
    from drmaa_cli.futures import JobExecutor, Resources
    return JobExecutor, Resources(memory="1G")


def in_aio():
    from drmaa_cli.aio import AsyncSession
    return AsyncSession


def checking():
    from drmaa_cli.diagnosis import check
    return check


CALLS = {
    "runJob": lambda: session.runJob(template()),
    "runBulkJobs": lambda: session.runBulkJobs(template(), 1, 2, 1),
    "runJobs": lambda: session.runJobs([template(), template()]),
    "jobs": lambda: session.jobs(),
    "ends": lambda: session.ends(),
    "unfinished": lambda: session.unfinished(),
    "listing": lambda: session.listing(),
    "history": lambda: session.history(0),
    "synchronize": lambda: session.synchronize([], 0),
    "as_completed": lambda: list(session.as_completed([], 0)),
    "controlJobs": lambda: session.controlJobs([], "hold"),
    "why": lambda: session.why(),
    "flavour": lambda: str(session.flavour),
    "futures": in_futures,
    "aio": in_aio,
    "diagnosis": checking,
}
begin, troubles = threading.Barrier(len(CALLS)), []


def call(name):
    begin.wait()
    try:
        CALLS[name]()
    except BaseException:
        troubles.append(f"{name}: {traceback.format_exc()}")


threads = [threading.Thread(target=call, args=(name,)) for name in CALLS]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
session.exit()
print(*troubles or ["all done"], len(set(sys.modules) - before) > 20)
"""


@pytest.mark.parametrize("attempt", [1, slow(2)])
def test_sixteen_first_calls_at_once(cell: Cell, tmp_path: Path, attempt: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**cell.env, "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("all done True\n", "")
