"""The small cell that tests of the connection run against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.templates import JobTemplate
from tests.core.world import TICK, FakeClock, Qmaster, ScriptedRunner


class Cell:
    """A qmaster, its clock, and connections to it."""

    def __init__(self, root: Path, state: Path, flush: float = 0.0) -> None:
        self.clock = FakeClock()
        self.qmaster = Qmaster(self.clock, root, flush)
        self.runner = ScriptedRunner(self.qmaster)
        self.state = state
        self.open: list[JobSession] = []

    def connect(self, contact: object = None, **settings: Any) -> JobSession:
        """A session; settings as of :class:`drmaa_cli.config.Config`."""
        given = {"state_dir": str(self.state), **settings}
        connection = JobSession(contact, runner=self.runner, clock=self.clock, **given)
        self.open.append(connection)
        return connection

    def at(self, seconds: float, do: Any, *arguments: Any, **named: Any) -> None:
        """Do something so many seconds from now."""
        self.clock.at(self.clock.monotonic() - 1000.0 + seconds, lambda: do(*arguments, **named))


def template(connection: JobSession, **attributes: Any) -> JobTemplate:
    """A template of the least that is needed."""
    return connection.createJobTemplate(remoteCommand="/bin/true", **attributes)


def run(connection: JobSession, count: int = 1) -> list[int]:
    found = template(connection)
    return [int(connection.runJob(found)) for _ in range(count)]


@pytest.fixture
def cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cell]:
    root = tmp_path / "sge"
    monkeypatch.setenv("SGE_ROOT", str(root))
    monkeypatch.setattr("drmaa_cli.session.monitor.TICK", TICK)
    found = Cell(root, tmp_path / "state")
    yield found
    for connection in found.open:
        with connection:
            pass
