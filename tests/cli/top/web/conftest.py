"""``drmaa-cli top --web``, and a browser's side of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from fake_sge.cell import Cell
from tests import forked
from tests.cli.conftest import MOVES, PATIENCE, Desk
from tests.forked import Forked

pytest.importorskip("textual_serve", reason="the extra 'web' is not installed")

import aiohttp

SERVE = """
import sys
from drmaa_cli.cli import main
from drmaa_cli.cli.top.web import site

site.MOST = {most}
sys.exit(main())
"""
OF_SERVER = ("drmaa_cli.cli.top.command", "drmaa_cli.cli.top.web.serve", "textual_serve.app_service")


class Page(NamedTuple):
    """A server, and the address that it has printed."""

    process: Forked | subprocess.Popen[str]
    address: str

    @property
    def origin(self) -> str:
        """The scheme, name and port of the address."""
        return self.address.rpartition("/")[0]

    def end(self, how: int = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal; the exit code, and what was printed since to standard output and error."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


@contextlib.contextmanager
def served(
    desk: Desk, *words: str, start: Sequence[str] = (), most_pages: int = 0, **env: str
) -> Iterator[Page]:
    """A server, until the end of the block; forked, or started by a command line, if one is given."""
    given = {**desk.env, **env}
    process: Forked | subprocess.Popen[str]
    if start:
        process = subprocess.Popen(
            [*start, "top", "--web", *words],
            env=given,
            cwd=desk.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    else:
        argv = desk.argv("top", "--web", *words)[1:]
        if most_pages:
            argv = ["-c", SERVE.format(most=most_pages), *argv[2:]]
        process = Forked(argv, given, desk.directory, (*forked.modules(), *OF_SERVER))
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            pytest.fail(f"no address: {process.communicate(timeout=PATIENCE)[1]}")
        yield Page(process, address)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=PATIENCE)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[aiohttp.ClientSession]:
    """Something that keeps cookies, also those of hosts without a name."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def enter(browser: aiohttp.ClientSession, page: Page) -> str:
    """Open the address that was printed; where it leads to."""
    async with browser.get(page.address) as answer:
        assert answer.status == 200
        (place,) = re.findall(r'content="0; url=(/[^"]+/)"', await answer.text())
    return f"{page.origin}{place}"


class View:
    """A page that is open: what it was sent, as a text."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket, self.seen = socket, ""

    async def press(self, text: str) -> None:
        """Type."""
        await self.socket.send_str(json.dumps(["stdin", text]))

    async def until(self, pattern: str) -> None:
        """Wait until something is drawn that has not been looked at yet."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self.seen)
            if found is not None:
                self.seen = self.seen[found.end() :]
                return
            message = await self.socket.receive(timeout=deadline - time.monotonic())
            assert message.type is aiohttp.WSMsgType.BINARY, (pattern, message, self.seen)
            self.seen += MOVES.sub("", message.data.decode())

    async def until_closed(self) -> int | None:
        """Wait until the server closes it; the code with which it did."""
        while True:
            message = await self.socket.receive(timeout=PATIENCE)
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                return self.socket.close_code


@contextlib.asynccontextmanager
async def viewing(
    browser: aiohttp.ClientSession, place: str, *, size: str = "?width=100&height=30"
) -> AsyncIterator[View]:
    """Have the page open."""
    origin = "/".join(place.split("/", 3)[:3])
    async with browser.ws_connect(f"{place}ws{size}", origin=origin) as socket:
        yield View(socket)


def play(scene: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
    """Play a scene with a browser."""

    async def playing() -> None:
        async with browsing() as browser:
            await scene(browser)

    asyncio.run(playing())


def processes_of(server: int) -> Mapping[int, str]:
    """The processes that a server has started, with their command lines."""
    found = {}
    for directory in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError, ValueError):
            words = (directory / "stat").read_text().rpartition(")")[2].split()
            if int(words[1]) == server:
                line = os.fsdecode((directory / "cmdline").read_bytes()).replace("\0", " ")
                found[int(directory.name)] = line
    return found


def is_alive(process: int) -> bool:
    """Whether a process is still there."""
    return Path(f"/proc/{process}").exists()


@pytest.fixture(scope="module")
def shared(cell: Cell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A server for the tests of a module that only ask."""
    directory = tmp_path_factory.mktemp("shared")
    with served(Desk(directory, dict(cell.variables), cell.path, directory / "state")) as page:
        yield page
