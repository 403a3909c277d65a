"""How often something must go to the host and back: counted by a relay, whatever the distance."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

import drmaa_cli
from drmaa_cli.session.job_session import JobSession
from tests.patience import PATIENCE
from tests.ssh.relay import Relay, relay_to
from tests.ssh.server import SshServer

pytestmark = pytest.mark.slow

PAUSE = 0.3


@pytest.fixture
def relay(server: SshServer) -> Iterator[Relay]:
    with relay_to(server.port) as running:
        yield running


@pytest.fixture
def session(at_home: dict[str, str], server: SshServer, relay: Relay) -> Iterator[JobSession]:
    with drmaa_cli.open_session(server.reached_at(relay.port)) as opened:
        opened.runJob(held(opened))  # the first one reads the option files
        yield opened


def held(session: JobSession, *args: str) -> drmaa_cli.JobTemplate:
    return session.createJobTemplate(
        remoteCommand="/bin/true", args=list(args), jobSubmissionState="drmaa_hold", outputPath=":/dev/null"
    )


def journeys(relay: Relay, call: Callable[[], object]) -> int:
    before = relay.turns
    call()
    return relay.turns - before


def test_a_submission_is_one(session: JobSession, relay: Relay) -> None:
    for _ in range(3):
        assert journeys(relay, lambda: session.runJob(held(session))) == 1
    assert journeys(relay, lambda: session.runBulkJobs(held(session), 1, 100, 1)) == 1


def test_many_different_jobs_are_one_submission(session: JobSession, relay: Relay) -> None:
    templates = [held(session, str(number)) for number in range(1000)]
    assert journeys(relay, lambda: session.runJobs(templates)) == 1


def test_a_poll_is_one(session: JobSession, relay: Relay) -> None:
    template = session.createJobTemplate(
        remoteCommand="/bin/sleep", args=["300"], outputPath=":/dev/null", joinFiles=True
    )
    job = session.runJob(template)
    limit = time.monotonic() + PATIENCE
    while session.jobStatus(job) != "running":
        assert time.monotonic() < limit
        time.sleep(PAUSE)
    counted: list[tuple[int, int]] = []
    while len(counted) < 3:
        asked = session.commands["qstat"]
        count = journeys(relay, lambda: session.jobStatus(job))
        if session.commands["qstat"] != asked:  # else it was answered from the one before
            counted.append((count, session.commands["qstat"] - asked))
        assert time.monotonic() < limit
        time.sleep(PAUSE)
    session.control(job, "terminate")
    assert counted == [(1, 1)] * 3
