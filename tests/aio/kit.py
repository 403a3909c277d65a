"""What the tests of asyncio share: loops in debug mode, jobs, what came of an iteration."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import drmaa_cli
from drmaa_cli import aio
from tests.patience import PATIENCE


def job(session: aio.AsyncSession, command: str, **attributes: Any) -> drmaa_cli.JobTemplate:
    values = {"args": ["-c", command], "outputPath": ":/dev/null", "joinFiles": True, **attributes}
    return session.createJobTemplate(remoteCommand="/bin/sh", **values)


def run(body: Callable[[], Awaitable[None]]) -> None:
    """Run a test in a loop in debug mode; what the loop complains of fails it.

    How long its steps take is not judged by the clock of a busy machine: see :func:`never_waits`.
    """
    complaints: list[logging.LogRecord] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = complaints.append  # type: ignore[method-assign]  # a list is all that is needed
    logger = logging.getLogger("asyncio")
    logger.addHandler(handler)
    try:

        async def main() -> None:
            asyncio.get_running_loop().slow_callback_duration = 5.0
            await asyncio.wait_for(body(), PATIENCE)

        asyncio.run(main(), debug=True)
        gc.collect()
    finally:
        logger.removeHandler(handler)
    assert [record.getMessage() for record in complaints] == []
    assert "drmaa_cli.aio" not in {thread.name for thread in threading.enumerate()}


def in_loop() -> bool:
    """Whether the calling thread runs an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def ids_of(found: AsyncIterator[drmaa_cli.JobInfo], seen: list[str]) -> None:
    async for info in found:
        seen.append(info.jobId)  # noqa: PERF401  # what came before an exception counts
