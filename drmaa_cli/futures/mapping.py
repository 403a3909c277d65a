"""map(): many calls of one function, in chunks, and their results in order."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from drmaa_cli.futures.call_registry import CallRegistry
from drmaa_cli.futures.future import JobFuture
from drmaa_cli.futures.resources import Resources
from drmaa_cli.typed import Any, Callable, TypeVar

T = TypeVar("T")
Chunk = list[tuple[Any, ...]]


def chunks(iterables: Sequence[Iterable[Any]], size: int) -> Iterator[Chunk]:
    """The arguments of each call, so many calls at a time.

    Raises:
        ValueError: size is less than 1.
    """
    if size < 1:
        raise ValueError("chunksize must be at least 1")
    items = zip(*iterables)
    return iter(lambda: list(itertools.islice(items, size)), [])


def results(
    calls: CallRegistry,
    resources: Resources,
    fn: Callable[..., T],
    parts: Iterator[Chunk],
    timeout: float | None,
    chunksize: int,
    buffersize: int | None,
) -> Iterator[T]:
    """Submit the chunks now, and give their results as they are asked for; see ``JobExecutor.map()``.

    Raises:
        ValueError: buffersize is less than 1.
    """
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or at least 1")
    deadline = None if timeout is None else time.monotonic() + timeout
    ahead = parts if buffersize is None else itertools.islice(parts, buffersize)
    futures: deque[JobFuture[Any]] = deque(calls.enter_many(resources, fn, ahead, chunked=chunksize > 1))

    def more() -> None:
        following = list(itertools.islice(parts, 1))
        if following:
            futures.extend(calls.enter_many(resources, fn, following, chunked=chunksize > 1))

    def yielded() -> Iterator[T]:
        try:
            while futures:
                if buffersize is not None:
                    more()
                came = _result(futures.popleft(), deadline)
                if chunksize > 1:
                    came.reverse()
                    while came:
                        yield came.pop()
                else:
                    yield came
        finally:
            for future in futures:
                future.cancel()

    return yielded()


def _result(future: JobFuture[Any], deadline: float | None) -> Any:  # noqa: ANN401  # what the function returns
    """The result of a future that nobody else has: it goes with it."""
    try:
        return future.result(None if deadline is None else deadline - time.monotonic())
    finally:
        future.cancel()
        del future
