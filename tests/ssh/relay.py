"""A TCP relay before an ssh server: it cuts connections at a byte, stops forwarding, and adds distance."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from enum import Enum
from typing import Any

CHUNK = 16384


class Way(Enum):
    """A direction."""

    TO_SERVER = "to the server"
    TO_CLIENT = "to the client"


class Relay:
    """Forwards connections to a port of this host.

    Args:
        target: the port of the server.
        delay: seconds by which everything comes later, each way.

    Attributes:
        port: where the relay listens.
        passed: how many bytes were forwarded each way.
        accepted: how many connections there were.
        cuts: how often connections were cut at a byte.
        turns: how often something went to the server after something had come from it: each is a journey.
    """

    def __init__(self, target: int, delay: float = 0.0, host: str = "127.0.0.1") -> None:
        self.target, self.delay = target, delay
        self.port = self.accepted = self.cuts = self.turns = 0
        self._last = Way.TO_CLIENT
        self.passed = dict.fromkeys(Way, 0)
        self._host = host
        self._left: dict[Way, int | None] = dict.fromkeys(Way)  # bytes until the cut
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()  # asyncio itself may forget a task that waits
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._call(self._start())

    def cut_after(self, way: Way, count: int) -> None:
        """Cut all connections as soon as so many more bytes have passed one way; once."""
        self._call(self._set_left(way, count))

    def cut(self) -> None:
        """End all connections; new ones are taken."""
        self._call(self._cut())

    def freeze(self) -> None:
        """Forward nothing any more, and close nothing: as when a network is unplugged."""
        self._call(self._set_flowing(False))

    def thaw(self) -> None:
        """Forward again, what was held up first."""
        self._call(self._set_flowing(True))

    def close(self) -> None:
        """End all."""
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> None:
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server = await asyncio.start_server(self._accept, self._host, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        self._server.close()
        await self._cut()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._begin(self._serve(reader, writer))

    async def _set_left(self, way: Way, count: int) -> None:
        self._left[way] = count

    async def _set_flowing(self, is_flowing: bool) -> None:
        (self._flowing.set if is_flowing else self._flowing.clear)()

    async def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        await self._flowing.wait()
        there: list[asyncio.StreamWriter] = []
        self._open.add(writer)
        try:
            answers, onward = await asyncio.open_connection("127.0.0.1", self.target)
            there.append(onward)
            self._open.add(onward)
            await asyncio.gather(
                self._begin(self._forward(Way.TO_SERVER, reader, onward)),
                self._begin(self._forward(Way.TO_CLIENT, answers, writer)),
            )
        except OSError:
            pass  # one side has gone, and so does the other
        finally:
            for end in (writer, *there):
                end.transport.abort()
                self._open.discard(end)

    async def _forward(self, way: Way, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        pump = self._begin(self._pump(way, waiting, sink))
        try:
            while True:
                data = await source.read(CHUNK)
                waiting.put_nowait((loop.time() + self.delay, data))
                if not data:
                    break
            await pump
        finally:
            pump.cancel()

    async def _pump(
        self, way: Way, waiting: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter
    ) -> None:
        while True:
            due, data = await waiting.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            await self._flowing.wait()
            if not data:
                raise ConnectionAbortedError  # one side has gone
            left = self._left[way]
            if left is not None:
                data, left = data[:left], max(0, left - len(data))
                self._left[way] = left
            self.passed[way] += len(data)
            self.turns += data != b"" and (way, self._last) == (Way.TO_SERVER, Way.TO_CLIENT)
            self._last = way
            sink.write(data)
            await sink.drain()
            if left == 0:
                self._left[way] = None
                self.cuts += 1
                await self._cut()


@contextlib.contextmanager
def relay_to(target: int, delay: float = 0.0, host: str = "127.0.0.1") -> Iterator[Relay]:
    """A relay while the block runs."""
    relay = Relay(target, delay, host)
    try:
        yield relay
    finally:
        relay.close()
