"""drmaa_cli.aio in a fake cell: what is awaited, what is cancelled, and that the loop never waits."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import drmaa_cli
from drmaa_cli import ReasonKind, aio
from drmaa_cli.errors import (
    ExitTimeoutException,
    InvalidArgumentException,
    InvalidJobException,
    NoActiveSessionException,
)
from drmaa_cli.gridengine.replies import QmasterUnreachable
from drmaa_cli.system import locks
from fake_sge.cell import Cell
from tests.aio.kit import PATIENCE, ids_of, in_loop, job, run


@pytest.fixture
def never_waits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the thread of the loop did that may take a while: the session's lock, its file, commands."""
    done: list[str] = []
    main = threading.get_ident()

    def watched(name: str, what: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            if threading.get_ident() == main and in_loop():
                done.append(name)
            return what(*arguments, **keywords)

        return call

    monkeypatch.setattr(locks.Lock, "take", watched("lock", locks.Lock.take))
    monkeypatch.setattr(locks.Signal, "wait", watched("signal", locks.Signal.wait))
    monkeypatch.setattr(sqlite3, "connect", watched("sqlite", sqlite3.connect))
    monkeypatch.setattr(subprocess.Popen, "__init__", watched("command", subprocess.Popen.__init__))
    return done


def test_a_job_from_submission_to_end(cell: Cell, never_waits: list[str]) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            assert session.contact.startswith("session=")
            number = await session.run(job(session, "exit 3"))
            info = await session.wait(number)
            assert (info.jobId, info.exitStatus) == (number, 3)
            tasks = await session.run_bulk(job(session, "exit $SGE_TASK_ID"), 1, 5)
            infos = await asyncio.gather(*(session.wait(task) for task in tasks))
            assert [info.exitStatus for info in infos] == [1, 2, 3, 4, 5]
            many = await session.run_many([job(session, f"exit {code}") for code in (6, 7)])
            seen = {info.jobId: info.exitStatus async for info in session.as_completed(many)}
            assert seen == {many[0]: 6, many[1]: 7}
            held = await session.run(job(session, "exit 8", jobSubmissionState="drmaa_hold"))
            assert await session.state(held) == "user_on_hold"
            await session.control(held, "release")
            again = await session.resubmit(held, jobSubmissionState=None)
            assert {(await session.wait(number)).exitStatus for number in (held, again)} == {8}
            assert [entry.id for entry in await session.jobs()] == [number, *tasks, *many, held, again]

    run(body)
    assert never_waits == []


@pytest.mark.slow
def test_many_wait_for_the_same_job_and_it_is_reaped_then(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session("session=same") as session:
            number = await session.run(job(session, "sleep 0.3; exit 3"))
            infos = await asyncio.gather(*(session.wait(number) for _ in range(20)))
            assert {info.exitStatus for info in infos} == {3}
        async with aio.open_session("session=same") as session:
            with pytest.raises(InvalidJobException):
                await session.wait(number)

    run(body)


@pytest.mark.slow
def test_tasks_take_a_wait_as_they_take_a_coroutine(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            ids = await session.run_bulk(job(session, "exit $((SGE_TASK_ID + 1))"), 1, 3)
            tasks = [asyncio.create_task(session.wait(number)) for number in ids]
            assert f"the end of job {ids[0]}" in repr(tasks[0])
            assert [(await task).exitStatus for task in tasks] == [2, 3, 4]
            slow = await session.run(job(session, "sleep 300", jobSubmissionState="drmaa_hold"))
            for timeout in (0, 0.1):
                with pytest.raises(ExitTimeoutException):
                    await asyncio.create_task(session.wait(slow, timeout))
            with pytest.raises(InvalidJobException):
                await asyncio.create_task(session.wait(ids[0], 0))
            threaded = asyncio.run_coroutine_threadsafe(session.wait(slow), asyncio.get_running_loop())
            await session.cancel([slow])
            assert (await asyncio.wrap_future(threaded)).wasAborted

    run(body)


@pytest.mark.slow
def test_times(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            slow = await session.run(job(session, "sleep 300", jobSubmissionState="drmaa_hold"))
            quick = await session.run(job(session, "exit 2"))
            await session.wait(quick, 100)
            for timeout in (0, 0.2):
                with pytest.raises(ExitTimeoutException):
                    await session.wait(slow, timeout)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(session.wait(slow), 0.1)
            done = await session.run_bulk(job(session, "exit 3"), 1, 3)
            session_jobs = session.session
            await asyncio.to_thread(session_jobs.synchronize, done)
            for timeout in (0, 0.3):
                seen: list[str] = []
                ids = [done[0], slow] if timeout else [slow, *done[1:]]
                with pytest.raises(ExitTimeoutException):
                    await ids_of(session.as_completed(ids, timeout), seen)
                assert sorted([*seen, slow]) == sorted(ids)
            await session.cancel([slow])
            info = await session.wait(slow)
            assert (info.wasAborted, info.resourceUsage) == (True, {})

    run(body)


@pytest.mark.slow
def test_what_is_no_job(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            tasks = await session.run_bulk(job(session, "exit 0"), 1, 2)
            seen: list[str] = []
            for unknown in ("4000000000", tasks[0].partition(".")[0], f"{tasks[0]}7"):
                with pytest.raises(InvalidJobException):
                    await session.wait(unknown)
            with pytest.raises(InvalidJobException, match="4000000000"):
                await ids_of(session.as_completed([tasks[0], "4000000000"]), seen)
            assert seen == []
            for wrong in ("x", 3):
                with pytest.raises(InvalidArgumentException):
                    await session.wait(wrong)  # type: ignore[arg-type]  # on purpose
            with pytest.raises(InvalidArgumentException):
                await session.wait(tasks[0], -3)
            assert [info.jobId async for info in session.as_completed([])] == []
            assert len([info async for info in session.as_completed()]) == 2

    run(body)


@pytest.mark.slow
def test_leaving_early_reaps_nothing_more(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            tasks = await session.run_bulk(job(session, "exit 5"), 1, 4)
            await asyncio.to_thread(session.session.synchronize, tasks)
            found = session.as_completed(tasks)
            async for info in found:
                first = info.jobId
                break
            await found.aclose()
            rest = [task for task in tasks if task != first]
            assert [(await session.wait(task)).exitStatus for task in rest] == [5, 5, 5]

    run(body)


@pytest.mark.slow
def test_the_end_of_the_session(cell: Cell) -> None:
    async def body() -> None:
        session = await aio.open_session("session=ends")
        number = await session.run(job(session, "sleep 300"))
        waiting = session.wait(number)

        async def consume() -> list[str]:
            return [info.jobId async for info in session.as_completed([number])]

        consuming = asyncio.create_task(consume())
        await asyncio.sleep(0.1)
        await session.close()
        for pending in (waiting, consuming):
            with pytest.raises(ExitTimeoutException):
                await pending
        for closed in (lambda: session.wait(number), lambda: session.run(None), session.close):
            with pytest.raises(NoActiveSessionException):
                await closed()
        async with aio.open_session("session=ends") as again:
            assert await again.cancel([number]) == {}
            assert (await again.wait(number)).reason.kind is ReasonKind.DELETED_BY_SESSION

    run(body)


@pytest.mark.slow
def test_a_session_that_cannot_be_opened(cell: Cell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SGE_ROOT", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))

    async def body() -> None:
        with pytest.raises(drmaa_cli.DrmsInitException):
            await aio.open_session()

    run(body)


@pytest.mark.slow
def test_an_outage_is_told_to_all_who_wait(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async with aio.open_session(outage_limit=0.5) as session:
            number = await session.run(job(session, "sleep 300", jobSubmissionState="drmaa_hold"))
            with monkeypatch.context() as patch:

                def fail(*_: object, **__: object) -> object:
                    raise QmasterUnreachable("nobody answers")

                patch.setattr(session.session.cluster, "listing", fail)
                found = await asyncio.gather(
                    *(session.wait(number) for _ in range(3)), return_exceptions=True
                )
            assert {type(error) for error in found} == {drmaa_cli.DrmCommunicationException}
            await session.cancel([number])
            assert (await session.wait(number)).wasAborted

    run(body)


@pytest.mark.slow
def test_tens_of_thousands_wait_and_nothing_moves(cell: Cell) -> None:
    """Measured in a process of its own: memory, and how often the loop is woken while nothing ends."""
    program = """
import asyncio
from drmaa_cli import aio

COUNT = 10_000

def peak():  # kilobytes of this program; ru_maxrss would begin with those of the one that started it
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

async def main():
    async with aio.open_session() as session:
        template = session.createJobTemplate(remoteCommand="/bin/true", jobSubmissionState="drmaa_hold")
        tasks = await session.run_bulk(template, 1, COUNT)
        waits = [session.wait(task) for task in tasks]
        while len(session._watcher._subscriptions._wanted) < COUNT:
            await asyncio.sleep(0.1)
        loop = asyncio.get_running_loop()
        steps, run_once = 0, loop._run_once
        def counted():
            nonlocal steps
            steps += 1
            run_once()
        loop._run_once = counted
        turns = 10
        while turns >= 10:  # it hears that each wait has begun; then it is quiet unless something wakes it
            before = steps
            await asyncio.sleep(2)
            turns = steps - before
        print(peak() // 1024)
        await session.cancel([tasks[0].partition(".")[0]])
        done = await asyncio.gather(*waits)
        assert len(done) == COUNT and all(info.wasAborted for info in done)

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE * 2, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64
