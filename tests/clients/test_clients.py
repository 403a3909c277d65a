"""Published pipelines run real jobs through the shim: good ones, and ones that fail."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import Published, environment

pytestmark = [pytest.mark.clients, pytest.mark.slow]

PROGRAMS = Path(__file__).with_name("programs")
STRICT = {"DRMAA_CLI_STRICT_STATES": "1"}


# --- ruffus: threads that share a session, and ask for each job's status every five seconds ----------------


@pytest.fixture(scope="module")
def ruffus() -> Path:
    return environment("ruffus", "ruffus==3.0.0", "gevent")


def test_ruffus_runs_a_pipeline(published: Published, ruffus: Path) -> None:
    lines = published.lines(ruffus, "python", str(PROGRAMS / "ruffus_pipeline.py"), "good")
    assert sorted(lines) == ["stdout 2", "stdout 4", "stdout 6"]
    assert [(published.directory / f"second.{n}").read_text() for n in (1, 2, 3)] == ["2\n", "4\n", "6\n"]


def test_ruffus_does_not_see_an_exit_code_as_with_libdrmaa(published: Published, ruffus: Path) -> None:
    lines = published.lines(ruffus, "python", str(PROGRAMS / "ruffus_pipeline.py"), "fail")
    assert lines == ["returned (['to stdout\\n'], ['to stderr\\n'])"]


def test_ruffus_sees_it_with_strict_states(published: Published, ruffus: Path) -> None:
    lines = published.lines(ruffus, "python", str(PROGRAMS / "ruffus_pipeline.py"), "fail", **STRICT)
    assert lines == ["JobFailed"]


# --- snakemake, its executor plugin: native specification, status of each job ------------------------------


@pytest.fixture(scope="module")
def snakemake() -> Path:
    return environment("snakemake", "snakemake==8.30.0", "snakemake-executor-plugin-drmaa==0.1.5")


@pytest.fixture
def workflow(published: Published) -> Path:
    shutil.copy(PROGRAMS / "Snakefile", published.directory)
    return published.directory


def snakemake_words(workflow: Path) -> list[str]:
    logs = str(workflow / "logs")
    return ["snakemake", "--executor", "drmaa", "--jobs", "4", "--drmaa-args= -p -1", "--drmaa-log-dir", logs]


def test_snakemake_runs_a_workflow(published: Published, snakemake: Path, workflow: Path) -> None:
    published.lines(snakemake, *snakemake_words(workflow))
    assert [(workflow / "out" / n).read_text() for n in "123"] == ["1\n", "4\n", "9\n"]
    assert len(list((workflow / "logs").iterdir())) >= 3


def test_snakemake_misses_the_output_of_a_failed_job(
    published: Published, snakemake: Path, workflow: Path
) -> None:
    done = published.run(snakemake, *snakemake_words(workflow), "--latency-wait", "1", "bad")
    assert done.returncode == 1
    assert "Job 0 completed successfully, but some output files are missing" in done.stderr


def test_snakemake_sees_the_failure_with_strict_states(
    published: Published, snakemake: Path, workflow: Path
) -> None:
    done = published.run(snakemake, *snakemake_words(workflow), "bad", **STRICT)
    assert done.returncode == 1
    assert "Error in rule bad:" in done.stderr
    assert "completed successfully" not in done.stderr


# --- gridmap: bytes in the environment, its own messages about jobs, contact strings used again ------------


@pytest.fixture(scope="module")
def gridmap() -> Path:
    return environment("gridmap", "gridmap==0.15.0")


def gridmap_lines(published: Published, gridmap: Path, what: str) -> list[str]:
    settings = {"CREATE_PLOTS": "False", "SEND_ERROR_MAIL": "False", "PYTHONPATH": str(PROGRAMS)}
    quick = {"NUM_RESUBMITS": "0", "CHECK_FREQUENCY": "2", "HEARTBEAT_FREQUENCY": "1"}
    program = str(PROGRAMS / "gridmap_jobs.py")
    return published.lines(gridmap, "python", program, what, str(published.directory), **settings, **quick)


def test_gridmap_maps_a_function(published: Published, gridmap: Path) -> None:
    assert gridmap_lines(published, gridmap, "good") == ["answers [9, 16, 25]"]


def test_gridmap_reports_a_function_that_raises(published: Published, gridmap: Path) -> None:
    assert gridmap_lines(published, gridmap, "fail") == ["ValueError no square root of -5"]


# --- cosmos-wfm: wait() for any job with a timeout of a second, and the usage of each ----------------------


@pytest.fixture(scope="module")
def cosmos() -> Path:
    """The last version whose drmaa driver works at all: from 2.13.5 on it refuses every task."""
    return environment("cosmos", "cosmos-wfm==2.13.4", "sqlalchemy<1.4", "setuptools<80")


GOOD_TASKS = [f"task {name} successful 0 True" for name in ("one", "three", "two")]


def test_cosmos_runs_a_workflow(published: Published, cosmos: Path) -> None:
    lines = published.lines(cosmos, "python", str(PROGRAMS / "cosmos_workflow.py"), "good")
    assert lines == [*GOOD_TASKS, "workflow successful"]
    assert (published.directory / "good.two").read_text() == "two\n"


def test_cosmos_reports_a_task_that_fails(published: Published, cosmos: Path) -> None:
    lines = published.lines(cosmos, "python", str(PROGRAMS / "cosmos_workflow.py"), "fail")
    assert lines == ["task bad failed 3 True", *GOOD_TASKS, "workflow failed"]


# --- pulsar: one session for many threads, external job ids, jobs that are killed --------------------------


@pytest.fixture(scope="module")
def pulsar() -> Path:
    return environment("pulsar", "pulsar-app==0.16.0")


@pytest.mark.parametrize(
    ("settings", "bad"), [({}, "complete"), (STRICT, "failed")], ids=["default", "strict"]
)
def test_pulsar_runs_jobs(published: Published, pulsar: Path, settings: dict[str, str], bad: str) -> None:
    lines = published.lines(pulsar, "python", str(PROGRAMS / "pulsar_manager.py"), **settings)
    assert lines == ["good complete 0 fine", f"bad {bad}", "endless cancelled"]
