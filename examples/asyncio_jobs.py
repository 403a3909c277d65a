"""Jobs from an event loop: three at a time, each deleted if it takes too long."""

import asyncio

from drmaa_cli import aio


async def work(session: aio.AsyncSession, slots: asyncio.Semaphore, seconds: int) -> str:
    template = session.createJobTemplate(
        remoteCommand="/bin/sleep", args=[str(seconds)], outputPath=":/dev/null", joinFiles=True
    )
    async with slots:
        job = await session.run(template, cancel_job=True)
        try:
            info = await asyncio.wait_for(session.wait(job, cancel_job=True), 5)
        except asyncio.TimeoutError:
            return f"{job}: deleted after 5 s"
        return info.summary()


async def main() -> None:
    slots = asyncio.Semaphore(3)
    async with aio.open_session() as session:
        tasks = [asyncio.create_task(work(session, slots, seconds)) for seconds in (0, 1, 2, 60)]
        for task in asyncio.as_completed(tasks):
            print(await task)


if __name__ == "__main__":
    asyncio.run(main())
