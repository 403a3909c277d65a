"""Tasks that are cancelled, and what becomes of their jobs."""

from __future__ import annotations

import asyncio

import pytest

from drmaa_cli import ReasonKind, aio
from drmaa_cli.errors import (
    ExitTimeoutException,
)
from fake_sge.cell import Cell
from tests.aio.kit import job, run


def test_a_cancelled_task_ends_the_waiting_and_not_the_job(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            number = await session.run(job(session, "sleep 0.5; exit 4"))
            task = asyncio.ensure_future(session.wait(number))
            await asyncio.sleep(0)
            assert task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await session.wait(number)).exitStatus == 4

    run(body)


@pytest.mark.slow
def test_a_cancelled_task_deletes_the_job_if_that_was_asked_for(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            tasks = await session.run_bulk(job(session, "sleep 300"), 1, 3)

            async def worker(number: str) -> None:
                await session.wait(number, cancel_job=True)

            workers = [asyncio.create_task(worker(number)) for number in tasks]
            others = [session.wait(number) for number in tasks]
            while await session.state(tasks[2]) != "running":
                await asyncio.sleep(0.05)
            for worker_task in workers:
                worker_task.cancel()
            infos = await asyncio.gather(*others)
            assert {info.reason.kind for info in infos} == {ReasonKind.DELETED_BY_SESSION}

    run(body)


@pytest.mark.slow
def test_a_task_that_is_cancelled_before_it_began(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            slow = await session.run(job(session, "sleep 300"))
            while await session.state(slow) != "running":
                await asyncio.sleep(0.05)
            for deletes in (False, True):
                task = asyncio.create_task(session.wait(slow, cancel_job=deletes))
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                if not deletes:
                    assert await session.state(slow) == "running"
            assert (await session.wait(slow)).reason.kind is ReasonKind.DELETED_BY_SESSION

    run(body)


@pytest.mark.slow
def test_as_completed_that_is_cancelled_deletes_the_rest_if_that_was_asked_for(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            quick = await session.run(job(session, "exit 0"))
            slow = await session.run(job(session, "sleep 300"))
            first = asyncio.Event()
            seen = []

            async def consume() -> None:
                async for info in session.as_completed([slow, quick], cancel_jobs=True):
                    seen.append(info.jobId)
                    first.set()

            task = asyncio.create_task(consume())
            await first.wait()
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            info = await session.wait(slow)
            assert info.reason.kind is ReasonKind.DELETED_BY_SESSION
            assert seen == [quick]

    run(body)


@pytest.mark.slow
def test_a_submission_whose_task_is_cancelled_is_not_torn(cell: Cell) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            kept = asyncio.create_task(session.run(job(session, "sleep 300", jobName="kept")))
            gone = asyncio.create_task(
                session.run(job(session, "sleep 300", jobName="gone"), cancel_job=True)
            )
            await asyncio.sleep(0)
            for task in (kept, gone):
                task.cancel()
            await asyncio.wait([kept, gone])
            assert kept.cancelled()
            assert gone.cancelled()
            while len(entries := {entry.name: entry.id for entry in await session.jobs()}) < 2:
                await asyncio.sleep(0.05)
            info = await session.wait(entries["gone"])
            assert info.reason.kind is ReasonKind.DELETED_BY_SESSION
            with pytest.raises(ExitTimeoutException):
                await session.wait(entries["kept"], 0)
            assert await session.cancel([entries["kept"]]) == {}

    run(body)


@pytest.mark.slow
def test_a_task_that_is_cancelled_in_the_moment_in_which_the_id_is_there(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body() -> None:
        async with aio.open_session() as session:
            template = job(session, "sleep 300")
            number, loop = await session.run(template), asyncio.get_running_loop()
            submitted: asyncio.Future[list[str]] = loop.create_future()
            with monkeypatch.context() as patch:
                patch.setattr(loop, "run_in_executor", lambda *_: submitted)
                task = asyncio.create_task(session.run(template, cancel_job=True))
                await asyncio.sleep(0)
                submitted.set_result([number])
                await asyncio.sleep(0)
                assert task.cancel()
                await asyncio.wait([task])
            assert task.cancelled()
            assert (await session.wait(number)).reason.kind is ReasonKind.DELETED_BY_SESSION

    run(body)
