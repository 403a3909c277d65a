"""The accounting file of another host: how often it is looked at when nobody asks anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drmaa_cli.system.ssh import remote_log
from drmaa_cli.system.ssh.remote_log import FIRST_PAUSE, LONGEST_PAUSE, RemoteLog

PRINTED = b"17 100 100 /cell/accounting\n"


class Time:
    """Time that the test owns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(remote_log, "time", made)
    return made


def looks(reader: RemoteLog, asked: list[str], clock: Time, seconds: float) -> int:
    """How often it looks while a program waits for so long."""
    before = len(asked)
    until = clock.now + seconds
    while clock.now < until:
        clock.now += 0.02
        assert not reader.changed()
    return len(asked) - before


def test_looks_become_rare_until_somebody_asks(clock: Time) -> None:
    asked: list[str] = []
    carried: list[Callable[[bytes], None]] = []

    def run(text: str) -> bytes:
        asked.append(text)
        for take in carried:  # with everything that is asked, this comes along
            take(PRINTED)
        return PRINTED

    reader = RemoteLog(run, "/cell/accounting")
    assert reader.open()
    carried.append(reader.take)
    rare = 300 / LONGEST_PAUSE + 6
    assert looks(reader, asked, clock, 300) <= rare
    assert looks(reader, asked, clock, 300) <= 300 / LONGEST_PAUSE + 1
    reader.take(PRINTED)  # a query of the session
    assert looks(reader, asked, clock, FIRST_PAUSE + 0.1) == 1
