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


LINES = b"not a record\nnor this\n"


@pytest.mark.parametrize("length", range(len(PRINTED + LINES) + 1))
def test_what_came_along_was_cut(clock: Time, length: int) -> None:
    """Half a first line is nothing; what follows it is taken as far as it came, and the rest later."""
    reader = RemoteLog(lambda text: b"", "/cell/elsewhere")
    assert not reader.open()
    reader.take((PRINTED + LINES)[:length])
    assert reader.readable == (length >= len(PRINTED))
    assert str(reader.path) == ("/cell/accounting" if reader.readable else "/cell/elsewhere")
    reader.take(b"17 200 0 /cell/accounting\n" + LINES)
    reader.take(b"17 200 0 /cell/accounting\n" + LINES)
    assert reader.readable
    assert reader.read_new(lambda job: True) == []
    mark = reader.mark()
    assert mark is not None
    assert mark.offset == len(LINES)
