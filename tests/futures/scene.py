"""A scripted qmaster for executors: jobs end when a test says so, with the results that it writes."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drmaa_cli.futures import JobExecutor, JobFuture, host
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.clock import Clock
from tests.core.world import FakeClock, Qmaster, ScriptedRunner


class RealClock(FakeClock):
    """The qmaster's clock, going with the session's."""

    def monotonic(self) -> float:
        return Clock().monotonic()

    def time(self) -> float:
        return Clock().time()

    def sleep(self, seconds: float) -> None:
        """Commands take no time."""


class Scene:
    """A qmaster, and executors of its user."""

    def __init__(self, root: Path, spool: Path) -> None:
        self.qmaster = Qmaster(RealClock(), root)
        self.runner = ScriptedRunner(self.qmaster)
        self.spool = spool
        self.made: list[JobExecutor] = []

    def __call__(self, **options: Any) -> JobExecutor:
        self.made.append(JobExecutor(self.spool, **options))
        return self.made[-1]

    def open_session(self, contact: object = None, **settings: Any) -> JobSession:
        return JobSession(contact, runner=self.runner, **{"poll_min": 0.01, **settings})

    def end(self, futures: Sequence[JobFuture[Any]], status: int = 0) -> None:
        """Their jobs end."""
        for future in futures:
            assert future.job is not None
            number, _, task = future.job.id.partition(".")
            self.qmaster.end(int(number), status, int(task))

    def answer(self, future: JobFuture[Any], value: object, kind: str = host.RETURNED) -> None:
        """The host writes a result."""
        assert future.job is not None
        head = {"kind": kind, "host": "node1", "python": "3", "executable": "python"}
        with future.job.log.with_suffix(host.RESULT).open("wb") as file:
            pickle.dump(head, file)
            pickle.dump(value, file)
        future.job.log.touch()
