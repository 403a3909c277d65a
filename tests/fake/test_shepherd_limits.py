"""When the run time limits are enforced: as a real execution daemon with s_rt=2 and h_rt of 6, 100 and none.

It warned after 3 s; h_rt=6 killed at 94 s, h_rt=100 at 185 s after a second warning at 94 s.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from fake_sge.execution.shepherd import RESEND, JobWatch


class Silent(JobWatch):
    """Notes signals in place of sending them."""

    def __init__(self, **limits: float) -> None:
        order: dict[str, Any] = {"s_rt": None, "h_rt": None, "notify": None, **limits}
        super().__init__(order, os.getpid())
        self.sent: list[int] = []

    def send(self, number: int) -> None:
        self.sent.append(number)

    def next(self) -> tuple[float, str]:
        """Carry out the next timer as if its time had come: seconds from the start, and what was done."""
        due, action = min(self.timers)
        self.timers.remove((due, action))
        self.act(action)
        return due - self.started, action


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the watch sees."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def follow(watch: Silent, clock: list[float], steps: int) -> list[tuple[float, str]]:
    found = []
    for _ in range(steps):
        clock[0] = min(watch.timers)[0]
        found.append(watch.next())
    return found


def test_a_kill_waits_after_a_warning(clock: list[float]) -> None:
    watch = Silent(s_rt=3.0, h_rt=6.0)
    assert follow(watch, clock, 2) == [(3.0, "soft"), (3.0 + RESEND, "hard")]
    assert watch.sent == [signal.SIGUSR1, signal.SIGKILL]
    assert watch.limit_hit


def test_the_warning_is_repeated_before_the_kill(clock: list[float]) -> None:
    watch = Silent(s_rt=3.0, h_rt=100.0)
    times = [(3.0, "soft"), (3.0 + RESEND, "soft"), (3.0 + 2 * RESEND, "hard")]
    assert follow(watch, clock, 3) == times


def test_without_a_hard_limit_there_are_only_warnings(clock: list[float]) -> None:
    watch = Silent(s_rt=3.0)
    assert follow(watch, clock, 3) == [(3.0 + count * RESEND, "soft") for count in range(3)]
    assert not watch.limit_hit


def test_without_a_warning_the_kill_comes_at_once(clock: list[float]) -> None:
    assert follow(Silent(h_rt=5.0), clock, 1) == [(5.0, "hard")]
    assert follow(Silent(s_rt=9.0, h_rt=5.0), clock, 1) == [(5.0, "hard")]


def test_a_job_with_notify_is_warned_of_the_kill(clock: list[float]) -> None:
    """Real cell, a job with h_rt=3 in a queue with a notify of 6 s: SIGUSR2, and SIGKILL after that time."""
    watch = Silent(h_rt=3.0, notify=6.0)
    assert follow(watch, clock, 2) == [(3.0, "hard"), (9.0, "kill")]
    assert watch.sent == [signal.SIGUSR2, signal.SIGKILL]


def test_one_warning_of_a_kill_is_enough(clock: list[float]) -> None:
    """Real cell, h_vmem of two processes together: the job was seen above it at each of seven looks."""
    watch = Silent(notify=6.0)
    watch.order["limits"] = {"cpu": (-1.0, -1.0), "vmem": (-1.0, 100.0)}
    watch.seen["vmem"] = 200.0
    for _ in range(6):
        watch.enforce()
        clock[0] += 1.0
    assert watch.sent == [signal.SIGUSR2]
    assert [(due - watch.started, action) for due, action in watch.timers] == [(6.0, "kill")]
    assert watch.limit_hit


@pytest.mark.parametrize("name", ["cpu", "vmem"])
def test_above_a_soft_limit_the_warning_comes_at_each_look(name: str) -> None:
    """Real cell: 18 times in 18 s above s_cpu=2 of four processes together, twice in 2 s above s_vmem."""
    watch = Silent()
    watch.order["limits"] = {"cpu": (-1.0, -1.0), "vmem": (-1.0, -1.0), name: (100.0, 300.0)}
    for used in (50.0, 101.0, 200.0, 90.0, 150.0):
        watch.seen[name] = used
        watch.enforce()
    assert watch.sent == [signal.SIGXCPU] * 3
    assert not watch.limit_hit
