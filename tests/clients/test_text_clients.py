"""Published programs that read what qsub, qstat and qacct print run jobs on the fake and on a real cell.

None of them knows drmaa: whatever they parse is what the commands of the cell print.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import environment
from tests.compat.client import Client

pytestmark = [pytest.mark.clients, pytest.mark.slow]

PROGRAMS = Path(__file__).with_name("programs")
SECONDS = 200.0


def lines(client: Client, bin_directory: Path, program: str, *words: str) -> list[str]:
    """Run a program in an environment of its own, with the cell's commands on PATH; the lines it printed."""
    path = [str(bin_directory), str(client.cell.bin_directory), os.environ["PATH"]]
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SGE_")},
        **client.cell.env,
        "PATH": os.pathsep.join(path),
        "LOGNAME": pwd.getpwuid(os.getuid()).pw_name,  # nipype asks for it
    }
    done = subprocess.run(
        [str(bin_directory / "python"), str(PROGRAMS / program), *words],
        env=env,
        cwd=client.directory,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


# --- parsl: qsub -terse of a script, columns of qstat, qdel ------------------------------------------------


@pytest.fixture(scope="module")
def parsl() -> Path:
    return environment("parsl", "parsl==2026.10.26")


def test_parsl_runs_scripts_and_functions(client: Client, parsl: Path) -> None:
    assert lines(client, parsl, "parsl_functions.py") == [
        "good COMPLETED fine",
        "endless RUNNING [True]",
        "refused None",
        "squares [(4, True), (9, True)]",
        "ValueError no square root of -5",
    ]


# --- nipype: `Your job N`, qstat -u USER -xml -s psrz, qacct -o USER -j N ----------------------------------


@pytest.fixture(scope="module")
def nipype() -> Path:
    return environment("nipype", "nipype==1.9.2", "setuptools<80")


def test_nipype_runs_a_workflow(client: Client, nipype: Path) -> None:
    printed = lines(client, nipype, "nipype_workflow.py", "good")
    assert printed[-1] == "[('first', 49), ('second', 7)]"


def test_nipype_reports_a_node_that_fails(client: Client, nipype: Path) -> None:
    assert lines(client, nipype, "nipype_workflow.py", "fail")[-1] == "failed True True"


# --- dask-jobqueue: a script with #$ lines, the number out of qsub's answer, qdel --------------------------


@pytest.fixture(scope="module")
def dask() -> Path:
    return environment("dask", "dask-jobqueue==0.9.0")


def test_dask_computes_on_workers_that_are_jobs(client: Client, dask: Path) -> None:
    assert lines(client, dask, "dask_cluster.py") == [
        "squares [0, 1, 4, 9]",
        "listed 2 True",
        "ValueError no square root of -5",
        "scaled True",
        "gone True",
    ]


# --- toil: qsub -V -b y -terse ... -hard -l, dates of qstat, stderr of qstat -j, qacct -j ------------------


@pytest.fixture(scope="module")
def toil() -> Path:
    """The last version whose grid_engine batch system submits anything: 9.6.0 is broken."""
    return environment("toil", "toil==8.0.0", "setuptools<80")


def test_toil_runs_a_workflow(client: Client, toil: Path) -> None:
    assert lines(client, toil, "toil_workflow.py", "good") == ["answer 49"]


def test_toil_reports_a_job_that_fails(client: Client, toil: Path) -> None:
    assert lines(client, toil, "toil_workflow.py", "fail") == ["failed 1"]
