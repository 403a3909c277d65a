"""The executor's thread on a scripted qmaster: how many commands it needs, what it does when they fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from drmaa_cli.futures import (
    CallLostError,
    ExecutorBrokenError,
    JobFuture,
    NotSubmittedError,
    calls,
    delivery,
    watcher,
)
from drmaa_cli.futures.spool import Spool
from drmaa_cli.futures.submission import BundleSubmitter, PendingBundle
from drmaa_cli.session.arrivals import Arrivals
from drmaa_cli.session.job_session import JobSession
from tests.futures.functions import add
from tests.futures.scene import Scene
from tests.gridengine import captured
from tests.patience import PATIENCE


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def submitted(futures: Sequence[JobFuture[Any]]) -> None:
    until(lambda: all(future.job for future in futures))


CALLS = 3000


@pytest.mark.slow
def test_thousands_of_calls_take_one_qsub_and_few_listings(scene: Scene) -> None:
    executor = scene(gather=3600)
    futures = [executor.submit(add, number) for number in range(CALLS)]
    executor.shutdown(wait=False)
    submitted(futures)
    assert scene.runner.count("qsub") == 1
    (bundle,) = executor.spool.glob("b-*")
    assert sorted(path.name for path in bundle.iterdir()) == ["calls", "places", "setup"]
    functions = (bundle / "calls").read_bytes().count(b"tests.futures.functions")
    assert functions == 1  # equal functions are written once
    for number, future in enumerate(futures):
        scene.answer(future, number)
    scene.end(futures)
    assert [future.result(PATIENCE) for future in futures] == list(range(CALLS))
    executor.shutdown()
    assert scene.runner.count("qstat") < 20
    assert not list(scene.spool.iterdir())


def test_a_map_is_one_bundle_however_slow_it_is_made(scene: Scene) -> None:
    executor = scene(gather=0.001)

    def slowly() -> Any:
        for number in range(3):
            time.sleep(0.02)
            yield number

    executor.map(add, slowly())
    until(lambda: scene.runner.count("qsub"))
    assert [job.tasks for job in scene.qmaster.jobs.values()] == [(1, 3, 1)]


def test_the_limit_of_tasks_divides_a_bundle(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobSession, "most_tasks", 3)
    executor = scene(gather=3600)
    few = [executor.submit(add, number) for number in range(7)]
    other = executor.options(slots=2).submit(add, 1)
    executor.shutdown(wait=False)
    submitted([*few, other])
    assert [future.job.id for future in few if future.job] == [
        *("100.1", "100.2", "100.3", "101.1", "101.2", "101.3", "102.1"),
    ]
    assert other.job is not None
    assert other.job.id == "103.1"


def test_much_to_send_is_divided(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_BYTES", 5000)
    executor = scene(gather=3600)
    futures = [executor.submit(len, bytes(2000)) for _ in range(5)]
    executor.shutdown(wait=False)
    submitted(futures)
    assert scene.runner.count("qsub") == 2


def test_a_full_job_list_is_waited_out(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watcher, "RETRY", 0.05)
    scene.runner.next("qsub", *[lambda _: captured.case("cell2.max_u_jobs.4").result] * 3)
    executor = scene()
    future = executor.submit(add, 1)
    submitted([future])
    assert caplog.text.count("1 calls are submitted later") == 1


@pytest.mark.slow  # for the time that accounting takes it is not known whether the job was accepted
def test_a_silent_qmaster_is_waited_out(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watcher, "RETRY", 0.05)
    executor = scene()
    scene.runner.outage = "refused"
    future = executor.submit(add, 2)
    until(lambda: caplog.text.count("are submitted later") == 1)
    scene.runner.outage = None
    submitted([future])
    assert len(scene.qmaster.jobs) == 1


def test_an_outage_that_does_not_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "RETRY", 0.05)
    monkeypatch.setenv("DRMAA_CLI_OUTAGE_LIMIT", "0.2")
    monkeypatch.setenv("DRMAA_CLI_RETRY_FOR", "0.05")
    executor = scene()
    scene.runner.outage = "refused"
    error = executor.submit(add, 1).exception(PATIENCE)
    assert type(error) is NotSubmittedError
    scene.runner.outage = None


def test_while_nobody_answers_futures_wait(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "RETRY", 0.05)
    monkeypatch.setenv("DRMAA_CLI_OUTAGE_LIMIT", "0.1")
    executor = scene()
    future = executor.submit(add, 1)
    submitted([future])
    taken: list[int] = []
    take = Arrivals.take

    def counted(self: Arrivals, timeout: float = -1) -> Any:
        taken.append(1)
        return take(self, timeout)

    monkeypatch.setattr(Arrivals, "take", counted)
    scene.runner.outage = "refused"
    until(lambda: len(taken) > 3)
    assert not future.done()
    scene.runner.outage = None
    scene.answer(future, "at last")
    scene.end([future])
    assert future.result(PATIENCE) == "at last"


def test_a_result_that_is_seen_late(scene: Scene) -> None:
    """A shared file system shows it some time after the job's end."""
    executor = scene()
    future = executor.submit(add, 1)
    submitted([future])
    scene.end([future])
    other = executor.submit(add, 2)
    submitted([other])
    until(lambda: executor._watcher._delivery.is_waiting)  # noqa: SLF001
    assert not future.done()
    scene.answer(future, "late")
    assert future.result(PATIENCE) == "late"


def test_a_result_that_is_never_seen_or_no_result(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "PATIENCE", 0.3)
    executor = scene(gather=0.2)
    never, cut_off = executor.submit(add, 1), executor.submit(add, 2)
    submitted([never, cut_off])
    assert cut_off.job is not None
    cut_off.job.log.with_suffix(".result").write_bytes(b"\x80\x05\x95")
    scene.end([never, cut_off])
    assert type(never.exception(PATIENCE)) is CallLostError
    assert "cannot be read" in str(cut_off.exception(PATIENCE))
    assert type(cut_off.exception()) is CallLostError


def test_many_are_cancelled_with_few_commands(scene: Scene) -> None:
    executor = scene(gather=3600)
    futures = [executor.submit(add, number) for number in range(2000)]
    executor.shutdown(wait=False)
    submitted(futures)
    executor.cancel_all()
    assert all(future.cancelled() for future in futures)
    until(lambda: scene.runner.count("qdel"))
    assert scene.runner.count("qdel") == 1


def test_calls_that_are_cancelled_before_they_are_submitted_never_are(scene: Scene) -> None:
    executor = scene(gather=3600)
    futures = [executor.submit(add, number) for number in range(3)]
    futures[1].cancel()
    executor.shutdown(wait=False)
    submitted([futures[0], futures[2]])
    assert [job.tasks for job in scene.qmaster.jobs.values()] == [(1, 2, 1)]
    assert futures[1].job is None


def test_a_failure_of_the_thread_itself_is_told_to_everybody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = scene()
    futures = [executor.submit(add, 1)]
    submitted(futures)

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(Arrivals, "take", fail)
    futures.append(executor.submit(add, 2))
    for future in futures:
        error = future.exception(PATIENCE)
        assert isinstance(error, ExecutorBrokenError)
        assert isinstance(error.__cause__, ZeroDivisionError)
    with pytest.raises(RuntimeError):
        executor.submit(add, 3)


@pytest.mark.parametrize("how", ["cancel_all", "shutdown"])
def test_calls_whose_bundle_is_just_being_written_are_cancelled(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Else a program that is interrupted right after a burst would wait for all its jobs."""
    executor = scene(gather=0.01)
    writes, written, write = threading.Event(), threading.Event(), Spool.write

    def slow(spool: Spool, *args: Any) -> str:
        writes.set()
        assert written.wait(PATIENCE)
        return write(spool, *args)

    monkeypatch.setattr(Spool, "write", slow)
    futures = [executor.submit(add, number) for number in range(3)]
    assert writes.wait(PATIENCE)
    if how == "shutdown":
        executor.shutdown(wait=False, cancel_futures=True)
    else:
        executor.cancel_all()
    assert all(future.cancelled() for future in futures)
    written.set()
    executor.shutdown()
    assert scene.runner.count("qsub") == 0


def test_jobs_whose_submission_is_under_way_are_left_to_a_later_program(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = scene(gather=0.01, session="left", keys=True)
    submits, answered, submit = threading.Event(), threading.Event(), BundleSubmitter.submit

    def slow(submitter: BundleSubmitter, submission: PendingBundle) -> list[str]:
        ids = submit(submitter, submission)
        submits.set()
        assert answered.wait(PATIENCE)
        return ids

    monkeypatch.setattr(BundleSubmitter, "submit", slow)
    futures = [executor.submit(add, number) for number in range(3)]
    assert submits.wait(PATIENCE)
    leaving = threading.Thread(target=executor.detach)
    leaving.start()
    until(lambda: all(future.cancelled() for future in futures))
    answered.set()
    leaving.join(PATIENCE)
    assert scene.runner.count("qdel") == 0
    again = scene(session="left", keys=True)
    futures = [again.submit(add, number) for number in range(3)]
    submitted(futures)
    assert scene.runner.count("qsub") == 1
    again.detach()


def test_whatever_goes_wrong_when_a_bundle_is_written_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError("written")

    monkeypatch.setattr(Spool, "write", broken)
    future = scene().submit(add, 1)
    with pytest.raises(ExecutorBrokenError, match="written"):
        future.result(PATIENCE)
