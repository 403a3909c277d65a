"""Signals at the worst moments: the handler's exception arrives, and the lock is free afterwards."""

from __future__ import annotations

import threading

import pytest

from drmaa_cli.system.condition import Condition
from tests.core.conftest import Cell, template
from tests.core.world import FakeClock


def is_free(condition: Condition) -> bool:
    """Whether another thread could take the lock now."""
    taken = []

    def take() -> None:
        taken.append(condition.acquire(blocking=False))
        if taken[0]:
            condition.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return bool(taken[0])


@pytest.mark.parametrize("held", [True, False])
def test_a_lock_is_held_once_after_it_was_ensured(held: bool) -> None:
    condition = Condition()
    if held:
        condition.acquire()
    condition.ensure_held()
    assert not is_free(condition)
    condition.release()
    assert is_free(condition)


def test_an_exception_without_the_lock_gets_out() -> None:
    condition = Condition()

    def interrupted() -> None:
        condition.release()  # what a handler leaves that raises in wait()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), condition:
        interrupted()
    assert is_free(condition)


def test_a_lock_is_not_lost_silently() -> None:
    condition = Condition()
    with pytest.raises(RuntimeError, match="release"), condition:
        condition.release()


class Interrupted(FakeClock):
    """A clock at whose third pause ctrl-C comes while wait() takes its lock back."""

    pauses = 0

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        self.pauses += 1
        if self.pauses == 3:
            condition.release()
            raise KeyboardInterrupt
        super().wait(condition, seconds)


@pytest.mark.parametrize("verb", ["wait", "synchronize"])
def test_ctrl_c_while_the_lock_is_taken_back(cell: Cell, verb: str) -> None:
    cell.clock = cell.qmaster.clock = Interrupted()
    session = cell.connect()
    job = session.runJob(template(session))
    cell.at(600, cell.qmaster.end, int(job))
    with pytest.raises(KeyboardInterrupt):
        session.wait(job) if verb == "wait" else session.synchronize([job])
    assert session.wait(job).hasExited
