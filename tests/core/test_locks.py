"""Locks, work in the background and ctrl-C: whatever instant an exception lands at, nothing stays locked.

The interrupts are raised by a trace function at each instruction in turn, as a signal handler's would be.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable

import pytest

from drmaa_cli.system import background, locks
from drmaa_cli.system.background import BackgroundCall
from drmaa_cli.system.locks import Claim, Lock, Role, Signal
from tests.core.interrupts import interrupted_at

OURS = frozenset({locks.__file__, background.__file__, __file__})
HANG_GUARD = 180.0


def each_instant(do: Callable[[], object], check: Callable[[], None]) -> int:
    """Interrupt something at each of its instructions; how many there are."""
    count = 1
    while interrupted_at(count, do, OURS.__contains__):
        check()
        count += 1
    return count - 1


def in_a_thread(do: Callable[[], object]) -> bool:
    """Whether another thread comes to the end of something."""
    done = threading.Event()

    def work() -> None:
        do()
        done.set()

    threading.Thread(target=work, daemon=True).start()
    return done.wait(HANG_GUARD)


def enter(lock: Lock) -> None:
    with lock:
        pass


def test_no_instant_leaves_it_locked() -> None:
    lock = Lock()

    def do() -> None:
        with lock:
            len("")

    def check() -> None:
        assert in_a_thread(lambda: enter(lock))
        enter(lock)

    assert each_instant(do, check) > 20


@pytest.mark.slow
def test_no_instant_of_waiting_for_it_leaves_it_locked() -> None:
    lock = Lock()
    free = threading.Event()

    def hold() -> None:
        with lock:
            taken.set()
            free.wait(HANG_GUARD)

    def do() -> None:
        with lock:
            len("")

    for count in range(1, 10_000):
        taken = threading.Event()
        free.clear()
        holder = threading.Thread(target=hold, daemon=True)
        holder.start()
        assert taken.wait(HANG_GUARD)
        timer = threading.Timer(0.001, free.set)
        timer.start()
        interrupted = interrupted_at(count, do, OURS.__contains__)
        free.set()
        holder.join(HANG_GUARD)
        timer.join(HANG_GUARD)
        assert in_a_thread(lambda: enter(lock))
        if not interrupted:
            assert count > 40
            return
    raise AssertionError("it never came to its end")


def test_it_excludes() -> None:
    lock, counts = Lock(), [0, 0]

    def work() -> None:
        for _ in range(300):
            with lock:
                before = counts[0]
                time.sleep(0)
                counts[0] = before + 1

    threads = [threading.Thread(target=work, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_GUARD)
    assert counts[0] == 8 * 300


def test_it_is_held_while_its_frame_runs_however_long() -> None:
    lock, order = Lock(), []

    def other() -> None:
        with lock:
            order.append("other")

    with lock:
        thread = threading.Thread(target=other, daemon=True)
        thread.start()
        thread.join(5 * locks.LOOK_AGAIN_SECONDS)
        order.append("mine")
    thread.join(HANG_GUARD)
    assert order == ["mine", "other"]


def test_a_holder_that_died_holds_no_more() -> None:
    lock = Lock()
    holder = threading.Thread(target=lambda: lock.take(Claim(sys._getframe())))
    holder.start()
    holder.join(HANG_GUARD)
    enter(lock)


def test_a_signal_handler_is_told_instead_of_waiting_for_itself() -> None:
    lock = Lock()
    with lock, pytest.raises(RuntimeError, match="signal handler"):
        enter(lock)
    enter(lock)


def test_a_claim_without_a_frame_holds_until_it_is_given_back() -> None:
    lock, hold = Lock(), Claim(None)
    taker = threading.Thread(target=lock.take, args=(hold,))
    taker.start()
    taker.join(HANG_GUARD)
    threading.Timer(3 * locks.LOOK_AGAIN_SECONDS, lock.release, [hold]).start()
    enter(lock)
    assert hold.given_back


def test_a_role_passes_on_when_its_frame_is_left() -> None:
    role = Role()

    def play() -> Claim:
        mine = Claim(sys._getframe())
        assert role.claim(mine)
        assert role.claim(mine)
        assert not in_other_thread_claims()
        return mine

    def in_other_thread_claims() -> bool:
        found: list[bool] = []
        thread = threading.Thread(target=lambda: found.append(role.claim(Claim(sys._getframe()))))
        thread.start()
        thread.join()
        return found[0]

    play()
    assert in_other_thread_claims()


def test_an_early_wake_up_is_not_lost() -> None:
    signal = Signal()
    signal.wake()
    signal.wake()
    assert signal.wait(0)
    assert not signal.wait(0)


def test_work_is_done_or_known_to_be_lost_at_each_instant() -> None:
    done: list[int] = []
    made: list[BackgroundCall[None]] = []

    def do() -> None:
        work = BackgroundCall(lambda: done.append(1), starter=Claim(sys._getframe()))
        made.append(work)
        work.start()
        work.wait(HANG_GUARD)

    def check() -> None:
        if made:
            work = made.pop()
            deadline = time.monotonic() + HANG_GUARD
            while not (work.is_over or work.is_lost()):
                assert time.monotonic() < deadline
            if not work.is_over:
                before = len(done)
                work._run()  # noqa: SLF001  what its thread would do if it came to it after all
                assert len(done) == before, "it was lost, and began after that"

    assert each_instant(do, check) > 10


def test_what_work_raises_is_its_result() -> None:
    work: BackgroundCall[None] = BackgroundCall(lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    work.start()
    assert work.wait(HANG_GUARD)
    with pytest.raises(KeyboardInterrupt):
        work.result()


def test_where_no_thread_can_be_had_work_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", refuse)
    work = BackgroundCall(lambda: 7)
    work.start()
    assert work.is_over
    assert work.result() == 7


def test_who_waits_has_it_before_who_gives_it_back_and_wants_it_again() -> None:
    lock, turns = Lock(), 20
    rounds = itertools.count()
    stop = threading.Event()

    def again_and_again() -> None:
        while not stop.is_set() and next(rounds) < 10 * turns:
            with lock:
                time.sleep(0.001)  # what holds it lets others run meanwhile

    greedy = threading.Thread(target=again_and_again)
    greedy.start()
    try:
        for _ in range(turns):
            with lock:
                pass
    finally:
        stop.set()
        greedy.join()
    assert next(rounds) < 10 * turns
