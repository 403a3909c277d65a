"""Hosts that fail, seen by a session: on a fake cell, whose hosts do as those of a real one (tests/fake)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import drmaa_cli
import fake_sge
from drmaa_cli import JobState
from drmaa_cli.session.job_session import JobSession
from tests.fake.kit import wait_for
from tests.patience import PATIENCE

HOSTS = {"big": 4, "small": 2}


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[fake_sge.Cell]:
    environments = {"rr": {"allocation_rule": "$round_robin"}}
    with fake_sge.Cell(
        tmp_path / "cell", hosts=HOSTS, parallel_environments=environments, login_shells=False
    ) as made:
        yield made


@pytest.fixture
def session(cell: fake_sge.Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobSession]:
    for name, value in cell.env.items():
        monkeypatch.setenv(name, value)
    with drmaa_cli.open_session(state_dir=str(tmp_path / "state")) as opened:
        yield opened


def submit(session: JobSession, native: str, command: str) -> str:
    template = session.createJobTemplate(
        remoteCommand="/bin/sh",
        args=["-c", command],
        nativeSpecification=native,
        outputPath=":/dev/null",
        joinFiles=True,
    )
    return session.runJob(template)


def test_where_a_job_ran(session: JobSession) -> None:
    jobs = {host: submit(session, f"-l h={host}", "exit 0") for host in HOSTS}
    found = {host: session.wait(job, PATIENCE) for host, job in jobs.items()}
    assert {host: info.facts.host for host, info in found.items()} == {host: host for host in HOSTS}
    assert all(info.succeeded for info in found.values())


def test_a_parallel_job_over_hosts(session: JobSession) -> None:
    info = session.wait(submit(session, "-pe rr 5", "test $NHOSTS = 2"), PATIENCE)
    assert info.succeeded


@pytest.mark.slow
def test_a_job_of_a_crashed_host_runs_until_the_host_is_back(
    cell: fake_sge.Cell, session: JobSession
) -> None:
    job = submit(session, "-l h=small", "sleep 600")
    wait_for(lambda: [item.state for item in cell.jobs()] == ["r"])
    cell.host("small").crash()
    cell.advance(301)
    assert cell.host("small").status.unheard
    assert session.jobStatus(job) == JobState.RUNNING
    with pytest.raises(drmaa_cli.ExitTimeoutException):
        session.wait(job, 0.2)
    cell.host("small").up()
    info = session.wait(job, PATIENCE)
    assert not info.succeeded
    assert info.facts.failed == 19
    assert info.facts.host == "small"


def test_a_job_that_can_be_rerun_survives_the_crash(
    cell: fake_sge.Cell, session: JobSession, tmp_path: Path
) -> None:
    job = submit(
        session, "-r y -l h=small", f"test -e {tmp_path}/ran && exit 4; touch {tmp_path}/ran; sleep 600"
    )
    wait_for((tmp_path / "ran").exists)
    cell.host("small").crash()
    cell.host("small").up()
    info = session.wait(job, PATIENCE)
    assert (info.hasExited, info.exitStatus) == (True, 4)


@pytest.mark.slow
def test_a_deleted_job_of_an_unheard_host_ends_when_the_host_is_back(
    cell: fake_sge.Cell, session: JobSession
) -> None:
    job = submit(session, "-l h=small", "sleep 600")
    wait_for(lambda: [item.state for item in cell.jobs()] == ["r"])
    cell.host("small").down()
    session.control(job, drmaa_cli.JobControlAction.TERMINATE)
    with pytest.raises(drmaa_cli.ExitTimeoutException):
        session.wait(job, 0.2)
    cell.host("small").up()
    assert session.wait(job, PATIENCE).wasAborted
