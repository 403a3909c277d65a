"""An exception of a signal handler, anywhere in submit() or cancel(), leaves the executor at work."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from types import FrameType

import pytest

from tests.futures.functions import add
from tests.futures.scene import Scene
from tests.patience import PATIENCE

INTERRUPTIONS = 100


class Stop(BaseException):
    """As KeyboardInterrupt."""


@pytest.fixture
def stopped() -> Iterator[list[int]]:
    """When the alarm went off: Python swallows an exception that lands in a destructor."""
    times: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        times.append(number)
        raise Stop

    before = signal.signal(signal.SIGALRM, stop)
    yield times
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_interruptions(scene: Scene, stopped: list[int]) -> None:
    executor = scene(gather=0.001)
    for count in range(INTERRUPTIONS):
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0002, 0.005))
            while len(stopped) == count:
                future = executor.submit(add, 1)
                if random.random() < 0.1:
                    future.cancel()
        except Stop:
            continue
    assert len(stopped) == INTERRUPTIONS
    last = executor.submit(add, 7)
    deadline = time.monotonic() + PATIENCE
    while not last.job:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    scene.answer(last, 7)
    scene.end([last])
    assert last.result(PATIENCE) == 7
