"""drmaa_cli.aio on every back end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from drmaa_cli import JobTemplate, ReasonKind, aio
from tests.contract.harness import World
from tests.patience import PATIENCE

pytestmark = pytest.mark.only_on("cli-real", "cli-fake")


def in_loop(body: Callable[[aio.AsyncSession], Awaitable[None]]) -> None:
    async def main() -> None:
        async with aio.open_session() as session:
            await asyncio.wait_for(body(session), PATIENCE)

    asyncio.run(main(), debug=True)


def job(session: aio.AsyncSession, script: str) -> JobTemplate:
    return session.createJobTemplate(
        remoteCommand="/bin/sh", args=["-c", script], outputPath=":/dev/null", joinFiles=True
    )


def test_jobs_at_the_same_time(idle: World) -> None:
    async def body(session: aio.AsyncSession) -> None:
        async def one(code: int) -> int:
            number = await session.run(job(session, f"exit {code}"))
            idle.submitted.append(number)
            return (await session.wait(number)).exitStatus

        assert await asyncio.gather(*(one(code) for code in range(4))) == [0, 1, 2, 3]

    in_loop(body)


def test_an_array_as_its_tasks_end(idle: World) -> None:
    async def body(session: aio.AsyncSession) -> None:
        tasks = await session.run_bulk(job(session, "exit $SGE_TASK_ID"), 1, 4)
        seen = {info.jobId: info.exitStatus async for info in session.as_completed(tasks)}
        assert seen == {task: at for at, task in enumerate(tasks, 1)}

    in_loop(body)


def test_a_cancelled_task_and_its_job(idle: World) -> None:
    async def body(session: aio.AsyncSession) -> None:
        number = await session.run(job(session, "exec sleep 300"))
        idle.submitted.append(number)
        while await session.state(number) != "running":
            await asyncio.sleep(0.1)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(session.wait(number, cancel_job=True), 0.5)
        info = await session.wait(number)
        assert (info.reason.kind, info.wasAborted) == (ReasonKind.DELETED_BY_SESSION, True)

    in_loop(body)
