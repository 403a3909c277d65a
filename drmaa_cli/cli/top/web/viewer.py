"""The process behind a page: ``top`` without a terminal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from drmaa_cli.cli.top.web.messages import Focus, Ping, Resized, Said, Typed
from drmaa_cli.cli.top.web.window import BEGIN, REQUEST_VARIABLE, WindowRequest
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp.web import WebSocketResponse

PATIENCE = 3.0  # seconds that a process is given to end by itself


class Viewer(AppService):
    """A process, and the WebSocket to the page that shows what it draws.

    Args:
        request: what is to be shown.
        socket: to the page; it is closed when the process has ended.
    """

    def __init__(self, request: WindowRequest, socket: WebSocketResponse) -> None:
        super().__init__(
            "",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=self._close,
            download_manager=DownloadManager(),
        )
        self._request, self._socket = request, socket

    async def _close(self) -> None:
        await self._socket.close()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start it, without a shell, and in a process group of its own: a ctrl-C here is the server's."""
        env = {
            **self._build_environment(width, height),
            REQUEST_VARIABLE: self._request.text,
            "TERM": "xterm-256color",
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", BEGIN, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=env, start_new_session=True
        )
        self._stdin = self._process.stdin
        return self._process

    async def run(self) -> None:
        """Hand on what it draws until it ends; then the page is told."""
        try:
            await super().run()
        finally:
            await self._close()

    async def hear(self, message: Said) -> None:
        """Hand on what the page says."""
        if isinstance(message, Typed):
            await self.send_bytes(message.data)
        elif isinstance(message, Resized):
            await self.set_terminal_size(message.width, message.height)
        elif isinstance(message, Ping):
            await self._socket.send_json(["pong", message.text])
        elif isinstance(message, Focus):
            await (self.focus() if message.gained else self.blur())

    async def stop(self) -> None:
        """Have it end; what does not is killed."""
        try:
            if self._process is not None:
                await asyncio.wait_for(super().stop(), PATIENCE)
                await asyncio.wait_for(self._process.wait(), PATIENCE)
        except asyncio.TimeoutError:
            pass  # it has been given its time
        finally:
            await self.kill()

    async def kill(self) -> None:
        """End it now, with what it has started, unless it has ended."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
