"""Our executor plugin for Snakemake, with the Snakemake of today."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.conftest import Published, environment
from tests.compat.client import ROOT
from tests.patience import PATIENCE

pytestmark = [pytest.mark.clients, pytest.mark.slow]

PLUGIN = ROOT / "integrations" / "snakemake"
PROGRAMS = Path(__file__).with_name("programs")
OPTIONS = ("--executor", "drmaa-cli", "--jobs", "8", "--seconds-between-status-checks", "3600")
"""With so long a time between checks a workflow ends in time only if nothing waits for them."""


@pytest.fixture(scope="module")
def snakemake() -> Path:
    return environment("snakemake-9", "snakemake==9.27.1", "click>=8.1", "rich>=13", "pexpect>=4.8")


@pytest.fixture
def workflow(published: Published) -> Path:
    shutil.copy(ROOT / "examples" / "snakemake" / "Snakefile", published.directory)
    shutil.copy(PROGRAMS / "Grouped.smk", published.directory)
    return published.directory


def run(published: Published, snakemake: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    argv = ("python", "-m", "snakemake", *OPTIONS, *words)
    return published.run(snakemake, *argv, seconds=PATIENCE, PYTHONPATH=str(PLUGIN), **env)


def test_the_example_runs_its_squares_as_one_array(
    published: Published, snakemake: Path, workflow: Path
) -> None:
    words = ("--drmaa-cli-memory-resource", "h_vmem", "--drmaa-cli-efficiency-report", "efficiency.tsv")
    done = run(published, snakemake, *words)
    assert done.returncode == 0, done.stderr
    assert (workflow / "sum.txt").read_text() == "55\n"
    header, *rows = [line.split("\t") for line in (workflow / "efficiency.tsv").read_text().splitlines()]
    found = [dict(zip(header, row)) for row in rows]
    assert [row["rule"] for row in found] == ["add", *["square"] * 5]
    squares = found[1:]
    assert len({row["job"].partition(".")[0] for row in squares}) == 1
    assert {(row["end"], row["slots"], row["seconds_requested"]) for row in squares} == {("ok", "2", "300")}
    assert all(float(row["cpu_seconds"]) > 0 for row in found)
    assert not list((workflow / ".snakemake" / "drmaa_cli_logs").rglob("*.log"))


def test_memory_is_asked_for_as_the_load_has_it(
    published: Published, snakemake: Path, workflow: Path
) -> None:
    """``qsub -w e`` would refuse it."""
    done = run(published, snakemake)
    assert done.returncode == 0, done.stderr
    assert (workflow / "sum.txt").read_text() == "55\n"


def test_a_rule_that_fails_says_why(published: Published, snakemake: Path, workflow: Path) -> None:
    done = run(published, snakemake, "broken")
    assert done.returncode == 1
    assert "Error in rule broken:" in done.stderr
    assert "ended with exit status 1. The end of its log:" in done.stderr
    (log,) = (workflow / ".snakemake" / "drmaa_cli_logs" / "smk-broken").iterdir()
    assert "no licence left" in log.read_text()
    assert str(log) in done.stderr


def test_groups_resources_and_the_environment(published: Published, snakemake: Path, workflow: Path) -> None:
    words = ("--snakefile", "Grouped.smk", "--drmaa-cli-native=-l h_cpu=99", "--drmaa-cli-keep-logs")
    done = run(published, snakemake, *words, GREETING="hello")
    assert done.returncode == 0, done.stderr
    assert (workflow / "named.txt").read_text() == "smk-named 2 hello\n"
    assert (workflow / "second" / "2.txt").read_text() == "same\n"
    assert len(list((workflow / ".snakemake" / "drmaa_cli_logs").rglob("*.log"))) == 3


def test_a_jobscript_of_ones_own(published: Published, snakemake: Path, workflow: Path) -> None:
    script = workflow / "script.sh"
    script.write_text("#!/bin/sh\nexport GREETING=scripted\n{exec_job}\n")
    done = run(published, snakemake, "--snakefile", "Grouped.smk", "--jobscript", str(script), "named.txt")
    assert done.returncode == 0, done.stderr
    assert (workflow / "named.txt").read_text() == "smk-named 2 scripted\n"


def test_a_job_that_is_killed(published: Published, snakemake: Path, workflow: Path) -> None:
    done = run(published, snakemake, "--snakefile", "Grouped.smk", "killed.txt")
    assert done.returncode == 1
    assert "ended with exit status 137. The end of its log:" in done.stderr
    assert "    | last words\n" in done.stderr


def test_what_grid_engine_refuses(published: Published, snakemake: Path, workflow: Path) -> None:
    done = run(published, snakemake, "--snakefile", "Grouped.smk", "refused.txt")
    assert done.returncode == 1
    assert "Grid Engine does not take the job: " in done.stdout + done.stderr
    assert "(rule refused asks for -q no_such_queue -w e)" in done.stdout + done.stderr


def test_the_others_go_on_where_one_is_refused(published: Published, snakemake: Path, workflow: Path) -> None:
    words = ("--snakefile", "Grouped.smk", "--keep-going", "refused.txt", "named.txt")
    done = run(published, snakemake, *words, GREETING="hello")
    assert done.returncode == 1
    assert (workflow / "named.txt").exists()
    assert done.stderr.count("Grid Engine does not take the job: ") == 1
    assert "Error in rule refused:" in done.stderr


def test_a_rule_that_was_refused_is_tried_with_other_resources(
    published: Published, snakemake: Path, workflow: Path
) -> None:
    done = run(published, snakemake, "--snakefile", "Grouped.smk", "--retries", "1", "fewer.txt")
    assert done.returncode == 0, done.stderr
    assert (workflow / "fewer.txt").read_text() == "1\n"
    assert "rule fewer asks for -pe smp 5000" in done.stderr


def test_ctrl_c_deletes_the_jobs(published: Published, snakemake: Path, workflow: Path) -> None:
    env = {**published.client.env, "PYTHONPATH": f"{ROOT}{os.pathsep}{PLUGIN}"}
    argv = [str(snakemake / "python"), "-m", "snakemake", *OPTIONS, "--snakefile", "Grouped.smk", "never.txt"]
    started = workflow / "started.txt"
    with subprocess.Popen(argv, env=env, cwd=workflow, stderr=subprocess.PIPE, text=True) as program:
        try:
            until(lambda: started.exists() and started.read_text().strip() != "")
            program.send_signal(signal.SIGINT)
            _, said = program.communicate(timeout=PATIENCE)
        finally:
            program.kill()
    assert program.returncode == 1, said
    number = started.read_text().strip()
    until(lambda: number not in numbers(published), said)


def numbers(published: Published) -> list[str]:
    """The numbers of the jobs in the cell, where other tests may have left some."""
    env = published.client.env
    qstat = shutil.which("qstat", path=env["PATH"]) or "qstat"
    done = subprocess.run([qstat], env=env, capture_output=True, text=True, check=True)
    return [line.split()[0] for line in done.stdout.splitlines()[2:]]


def until(condition: Callable[[], bool], *about: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, about
        time.sleep(0.1)
