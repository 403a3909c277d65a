"""JobExecutor keeps what the documentation of concurrent.futures promises of an Executor and its futures."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent import futures
from functools import partial
from pathlib import Path

import pytest

from drmaa_cli.futures import CallNotPickledError, JobFuture, RemoteTraceback
from tests.contract.futures import ON_CELLS, Pool, gone, on_fake, watchers
from tests.contract.harness import World
from tests.futures import functions
from tests.patience import PATIENCE

pytestmark = [*ON_CELLS, pytest.mark.slow]
MODULE_LEVEL = {"offset": 5}


def scheduled(future: JobFuture[object]) -> bool:
    return future.job is not None


@pytest.fixture
def pool(world: World) -> Iterator[Pool]:
    made = Pool(world)
    yield made
    made.close()


def test_calls_of_a_burst_are_one_array_job_and_their_results_come(pool: Pool) -> None:
    offset = 3

    def closure(number: int) -> int:
        return number + offset

    with pool(gather=3600) as executor:
        told: list[futures.Future[int]] = []
        plain = executor.submit(functions.add, 1, 2, fn=3, self=4)
        plain.add_done_callback(told.append)
        inner = executor.submit(closure, 1)
        nameless = executor.submit(lambda: MODULE_LEVEL["offset"])
        method = executor.submit("a-b".split, "-")
        failing = executor.submit(functions.fail, "so it goes")
        assert isinstance(plain, futures.Future)
        assert not plain.done()
        assert not scheduled(plain)
    assert [plain.result(), inner.result(), nameless.result(), method.result()] == [10, 4, 5, ["a", "b"]]
    assert told == [plain]
    error = failing.exception()
    assert type(error) is ValueError
    assert str(error) == "so it goes"
    assert isinstance(error.__cause__, RemoteTraceback)
    assert 'raise ValueError(text)\nValueError: so it goes\n"""' in str(error.__cause__)
    with pytest.raises(ValueError, match="so it goes"):
        failing.result()
    assert plain.job is not None
    assert failing.job is not None
    assert plain.job.id.partition(".")[0] == failing.job.id.partition(".")[0]
    assert not watchers()
    assert gone(pool.spool)


@on_fake
def test_wait_as_completed_and_callbacks(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    executor = pool()
    gate = pool.world.file("gate")
    slow = executor.submit(functions.wait_for, str(gate))
    fast = executor.submit(functions.add, 1)
    with pytest.raises(futures.TimeoutError):
        slow.result(timeout=0.01)
    done, rest = futures.wait([slow, fast], PATIENCE, futures.FIRST_COMPLETED)
    assert (done, rest) == ({fast}, {slow})
    assert not slow.done()
    slow.add_done_callback(lambda future: fast.missing)  # type: ignore[attr-defined]
    gate.touch()
    assert [future.result() for future in futures.as_completed([slow, fast], PATIENCE)] == [1, str(gate)]
    executor.shutdown()
    assert "exception calling callback" in caplog.text
    assert not slow.cancel()


def test_map(pool: Pool) -> None:
    executor = pool()
    assert list(executor.map(functions.add, range(7), [10] * 5, chunksize=2)) == [10, 11, 12, 13, 14]
    assert list(executor.map(functions.add, [])) == []
    results = executor.map(functions.fail, ["first", "second"])
    with pytest.raises(ValueError, match="first"):
        next(results)
    assert list(executor.map(functions.add, range(5), buffersize=2)) == [0, 1, 2, 3, 4]
    for wrong in ({"chunksize": 0}, {"buffersize": 0}):
        with pytest.raises(ValueError, match="must be"):
            executor.map(functions.add, [1], **wrong)
    late = executor.map(functions.wait_for, [str(pool.world.file("never"))], timeout=0.05)
    with pytest.raises(futures.TimeoutError):
        next(late)
    executor.shutdown()
    assert not watchers()


def test_a_cancelled_call_is_deleted_whether_it_runs_or_not(pool: Pool) -> None:
    world = pool.world
    executor = pool()
    started = world.file("started")
    running = executor.submit(functions.note_and_wait, str(started), str(world.file("never")), "x")
    held = executor.options(native="-h").submit(functions.add, 1)
    world.eventually(started.exists, bool)
    world.eventually(lambda: held.job, bool)
    unsubmitted = pool(gather=3600).submit(functions.add, 1)
    assert running.running()
    assert not held.running()
    assert not unsubmitted.running()
    for future in (running, held, unsubmitted):
        assert future.cancel()
        assert not future.running()
        assert future.cancel()
        assert future.cancelled()
        assert future.done()
        with pytest.raises(futures.CancelledError):
            future.result()
    assert futures.wait([running, held, unsubmitted], 0).not_done == set()
    for job in (running.job, held.job):
        assert job is not None
        world.eventually(partial(world.letters, job.id), lambda letters: letters == "")
    assert unsubmitted.job is None
    executor.shutdown()


@on_fake
def test_shutdown(pool: Pool) -> None:
    executor = pool()
    gate = pool.world.file("gate")
    future = executor.submit(functions.wait_for, str(gate))
    executor.shutdown(wait=False)
    executor.shutdown(wait=False)
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        executor.submit(functions.add, 1)
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        executor.options(slots=1).map(functions.add, [1])
    assert not future.done()
    gate.touch()
    executor.shutdown()
    assert future.done()
    assert future.result() == str(gate)
    pool().shutdown()  # nothing was ever submitted


@on_fake
def test_shutdown_cancels_what_does_not_run(pool: Pool) -> None:
    world = pool.world
    executor = pool()
    started, gate = world.file("started"), world.file("gate")
    running = executor.submit(functions.note_and_wait, str(started), str(gate), "x")
    held = executor.options(native="-h").submit(functions.add, 1)
    world.eventually(started.exists, bool)
    world.eventually(lambda: held.job, bool)
    executor.shutdown(wait=False, cancel_futures=True)
    assert held.cancelled()
    assert not running.cancelled()
    gate.touch()
    executor.shutdown()
    assert running.result() == "x"


@on_fake
def test_what_cannot_be_pickled_fails_its_future_alone(pool: Pool) -> None:
    with pool() as executor:
        bad = executor.submit(functions.add, threading.Lock())
        other = executor.submit(threading.Lock().acquire)
        good = executor.submit(functions.add, 1)
        for future in (bad, other):
            assert isinstance(future.exception(0), CallNotPickledError)
        assert good.result() == 1
        itself = executor.submit(executor.submit, functions.add, 1)
        assert "an executor cannot be sent to a job" in str(itself.exception(0))


@on_fake
def test_a_dropped_executor_finishes_what_it_has(pool: Pool) -> None:
    executor = pool()
    future = executor.submit(functions.add, 20, 22)
    pool.open.clear()
    gone_when_none = weakref.ref(executor)
    del executor
    gc.collect()
    assert gone_when_none() is None
    assert future.result(PATIENCE) == 42
    pool.world.eventually(watchers, lambda found: not found)
    assert gone(pool.spool)


@on_fake
def test_the_thread_is_there_only_while_there_is_something_to_do(pool: Pool) -> None:
    executor = pool()
    assert not watchers()
    future = executor.submit(functions.add, 1)
    assert len(watchers()) == 1
    assert executor.submit(functions.add, 2).result() == 2
    future.result()
    pool.world.eventually(watchers, lambda found: not found)
    assert executor.submit(functions.add, 3).result() == 3


@on_fake
def test_calls_of_many_threads(pool: Pool) -> None:
    with pool(gather=0.2) as executor:
        made: list[JobFuture[int]] = []
        threads = [
            threading.Thread(target=lambda: made.extend(executor.submit(functions.add, n) for n in range(3)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(future.result() for future in made) == sorted([*range(3)] * 4)


@on_fake
def test_the_loop_of_asyncio_runs_calls(pool: Pool) -> None:
    executor = pool()

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        calls = (loop.run_in_executor(executor, functions.add, n, 1) for n in range(3))
        return list(await asyncio.gather(*calls))

    assert asyncio.run(main()) == [1, 2, 3]


@on_fake
def test_a_program_ends_when_its_calls_have_ended(pool: Pool) -> None:
    """As the documentation of shutdown() has it, though nobody calls it here."""
    program = pool.program("executor.submit(add, 40, 2).add_done_callback(lambda done: print(done.result()))")
    assert pool.outcome(program)[:2] == (0, "42\n")
    assert gone(pool.spool)


@on_fake
def test_a_program_at_its_end_does_not_wait_for_more_calls(pool: Pool) -> None:
    body = "executor.submit(add, 40, 2).add_done_callback(lambda done: print(done.result()))"
    began = time.monotonic()
    assert pool.outcome(pool.program(body, gather=3600.0))[:2] == (0, "42\n")
    assert time.monotonic() - began < 1800


def test_ctrl_c_deletes_the_jobs(pool: Pool) -> None:
    world = pool.world
    started = world.file("started")
    program = pool.program(
        "with executor:\n"
        f"    future = executor.submit(note_and_wait, {str(started)!r}, '/nonexistent', 'x')\n"
        f"    wait_for({str(started)!r})\n"
        "    print(future.job.id, flush=True)\n"
        "    future.result()\n"
    )
    assert program.stdout is not None
    job = program.stdout.readline().strip()
    assert job
    program.send_signal(signal.SIGINT)
    status, _, err = pool.outcome(program)
    assert status != 0
    assert "KeyboardInterrupt" in err
    world.eventually(lambda: world.letters(job), lambda letters: letters == "")


@on_fake
def test_a_child_of_the_process_has_no_executor(pool: Pool) -> None:
    program = pool.program(
        "future = executor.submit(add, 1)\n"
        "if os.fork() == 0:\n"
        "    try:\n"
        "        executor.submit(add, 2)\n"
        "    except RuntimeError as err:\n"
        "        print(str(err).partition(' process')[0], flush=True)\n"
        "    raise SystemExit\n"
        "os.wait()\n"
        "print(future.result())\n"
        "executor.shutdown()\n"
    )
    assert pool.outcome(program)[:2] == (0, "this executor belongs to\n1\n")


def test_jobs_can_have_jobs(pool: Pool) -> None:
    executor = pool(native="-v PATH,HOME", environment={"XDG_STATE_HOME": str(pool.world.directory)})
    future = executor.submit(functions.sum_in_jobs, [1, 2, 3], str(pool.world.directory / "inner"))
    assert future.result(PATIENCE) == 6


@on_fake
def test_functions_of_the_main_module(pool: Pool) -> None:
    program = pool.program(
        "class Point:\n"
        "    def __init__(self, x): self.x = x\n"
        "def double(point): return Point(2 * point.x), seen\n"
        "seen = ['as it was']\n"
        "future = executor.submit(double, Point(21))\n"
        "seen[0] = 'as it is'\n"
        "point, was = future.result()\n"
        "print(type(point) is Point, point.x, was)\n"
        "executor.shutdown()\n"
    )
    assert pool.outcome(program)[:2] == (0, "True 42 ['as it was']\n")


def test_what_jobs_see(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    world = pool.world
    monkeypatch.chdir(world.directory)
    with pool(gather=0.2, name="named", environment={"GREETING": "a, b\nc"}) as executor:
        here = executor.submit(functions.directory)
        greeting = executor.submit(functions.environment, "GREETING")
        name = executor.submit(functions.environment, "JOB_NAME")
        there = executor.options(directory="/usr").submit(functions.directory)
        missing = str(world.file("missing"))
        nowhere = executor.options(directory=missing).submit(functions.directory)
        said = executor.submit(functions.say, "hello")
        assert (here.result(), greeting.result(), name.result()) == (
            str(Path(world.directory).resolve()), "a, b\nc", "named",
        )  # fmt: skip
        assert there.result() == "/usr"
        assert missing in str(nowhere.exception())
        assert said.result() == "hello"
        assert said.job is not None
        assert said.job.log.read_text() == "hello\nto stderr\n"
