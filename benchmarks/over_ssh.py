"""The same cell here and behind an ssh login, at no distance and at 20 ms: what the way costs."""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable, NamedTuple

import drmaa_cli
from benchmarks.report import Row, median, milliseconds
from benchmarks.sides import Sides
from drmaa_cli.session.job_session import JobSession
from tests.ssh.relay import Relay, relay_to
from tests.ssh.server import running_server

JOURNEY = 0.02  # seconds, there and back
OWN = 0.015
ROUNDS, BULK_ROUNDS, BULK = 25, 5, 10_000
PAUSE = 0.5


class Way(NamedTuple):
    """A session, and the relay through which it works; None for a session on this host."""

    session: JobSession
    relay: Relay | None


def over_ssh(cell: Sides) -> Iterator[Row]:
    """A session here and two behind a login, each step on all of them in turn."""
    with _ways(cell) as (here, near, far):
        yield from _journeys(far)
        yield from _submission(here, near, far)
        yield _many(here, far)


@contextlib.contextmanager
def _ways(cell: Sides) -> Iterator[tuple[Way, Way, Way]]:
    variables = {**cell.cell.env, "PATH": f"{cell.cell.bin_directory}:/usr/bin:/bin"}
    setup = "; ".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ssh")))
        server = stack.enter_context(running_server(folder / "server"))
        relays = [stack.enter_context(relay_to(server.port, delay)) for delay in (0.0, JOURNEY / 2)]
        before = dict(os.environ)
        os.environ.update(variables, XDG_RUNTIME_DIR=str(folder))
        stack.callback(lambda: (os.environ.clear(), os.environ.update(before)))
        sessions = [stack.enter_context(drmaa_cli.open_session(state_dir=folder / "here"))]
        for relay in relays:
            contact = server.reached_at(relay.port)
            opened = drmaa_cli.open_session(
                contact, ssh_config=server.config, ssh_setup=setup, state_dir=folder / "there"
            )
            sessions.append(stack.enter_context(opened))
        here, near, far = (Way(session, relay) for session, relay in zip(sessions, (None, *relays)))
        yield here, near, far


def _template(session: JobSession, *args: str) -> drmaa_cli.JobTemplate:
    return session.createJobTemplate(
        remoteCommand="/bin/true",
        args=list(args),
        jobName="bench",
        joinFiles=True,
        outputPath=":/dev/null",
        jobSubmissionState="drmaa_hold",
    )


def _turns(way: Way, call: Callable[[], object]) -> int:
    assert way.relay is not None
    before = way.relay.turns
    call()
    return way.relay.turns - before


def _journeys(far: Way) -> Iterator[Row]:
    """Counted by the relay: how often something is sent after something has come."""
    session = far.session
    template = _template(session)
    job = session.runJob(template)  # the first one reads the option files
    count = _turns(far, lambda: session.runJob(template))
    yield Row("over ssh: journeys of a submission", str(count), "-", "-", "1", count == 1)
    session.control(job, "release")
    sleeper = session.createJobTemplate(
        remoteCommand="/bin/sleep", args=["300"], outputPath=":/dev/null", joinFiles=True
    )
    job = session.runJob(sleeper)
    while session.jobStatus(job) != "running":
        time.sleep(PAUSE)
    count = polls = 0
    while polls == 0:  # until an answer is so old that it does not serve again
        time.sleep(PAUSE)
        before = session.commands["qstat"]
        count = _turns(far, lambda: session.jobStatus(job))
        polls = session.commands["qstat"] - before
    session.control(job, "terminate")
    note = "the accounting file's new lines travel with it"
    yield Row("over ssh: journeys of a poll", str(count), "-", "-", "1", (count, polls) == (1, 1), note)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _submission(here: Way, near: Way, far: Way) -> Iterator[Row]:
    times: list[list[float]] = [[], [], []]
    templates = [_template(way.session) for way in (here, near, far)]
    for way, template in zip((here, near, far), templates):
        way.session.runJob(template)
    for _ in range(ROUNDS):
        for way, template, found in zip((here, near, far), templates, times):
            found.append(_seconds(lambda: way.session.runJob(template)))  # noqa: B023  # called at once
    local, close, distant = map(median, times)
    yield Row(
        "runJob over ssh at no distance, beside runJob here",
        milliseconds(close),
        milliseconds(local),
        f"+{milliseconds(close - local)}",
        f"<= +{milliseconds(OWN)}",
        close - local <= OWN,
    )
    yield Row(
        f"runJob over ssh at {milliseconds(JOURNEY)}, beside runJob here",
        milliseconds(distant),
        milliseconds(local),
        f"+{milliseconds(distant - local)}",
        f"<= one journey + {milliseconds(OWN)}",
        distant - local <= JOURNEY + OWN,
    )


def _many(here: Way, far: Way) -> Row:
    times: list[list[float]] = [[], []]
    for _ in range(BULK_ROUNDS):
        for way, found in zip((here, far), times):
            templates = [_template(way.session, str(number)) for number in range(BULK)]
            found.append(_seconds(lambda: way.session.runJobs(templates)))  # noqa: B023  # called at once
    local, distant = map(median, times)
    return Row(
        f"runJobs of {BULK:,} jobs over ssh at {milliseconds(JOURNEY)}, beside the same here",
        milliseconds(distant),
        milliseconds(local),
        f"+{milliseconds(distant - local)}",
        "< three journeys more",
        distant - local < 3 * JOURNEY,
    )
