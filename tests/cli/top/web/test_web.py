"""The page: who gets it, what can be done in it, and how it ends; asked for as a browser would."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import time
from pathlib import Path

import aiohttp
import pytest

from fake_sge.cell import Cell
from tests.cli.conftest import PATIENCE, Desk
from tests.cli.top.web.conftest import (
    Page,
    enter,
    is_alive,
    play,
    processes_of,
    served,
    viewing,
)

pytestmark = pytest.mark.slow
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/([A-Za-z0-9_-]{43})")
HINT = "drmaa-cli: whoever has this address sees and changes your jobs; ctrl-c ends it\n"


def test_all_that_a_page_needs_is_given_to_who_knows_the_address(shared: Page) -> None:
    async def scene(browser: aiohttp.ClientSession) -> None:
        place = await enter(browser, shared)
        async with browser.get(place) as answer:
            assert answer.status == 200
            text = await answer.text()
        needed = re.findall(r'(?:href|src)="((?:static|page)/[^"]+)"', text)
        assert len(needed) == 5
        for name in [*needed, "ws"]:
            headers = {"Origin": shared.origin} if name == "ws" else {}
            async with browser.get(place + name, headers=headers) as answer:
                # a WebSocket that is not asked for as one
                assert answer.status == (400 if name == "ws" else 200), name
        assert "http://" not in text
        assert "https://" not in text  # nothing is loaded from elsewhere

    play(scene)


def test_nothing_is_given_to_who_does_not(shared: Page) -> None:
    async def scene(browser: aiohttp.ClientSession) -> None:
        place = await enter(browser, shared)
        browser.cookie_jar.clear()
        below = place[len(shared.origin) :]
        paths = ["", "page/page.js", "static/js/textual.js", "static/", "ws", "nothing", "../../etc/passwd"]
        for path in paths:
            for origin in (None, shared.origin):
                headers = {} if origin is None else {"Origin": origin}
                async with browser.get(place + path, headers=headers) as answer:
                    assert answer.status in ((404,) if path.startswith("..") else (403,)), path
                    assert answer.cookies == {}
        for path in ("/", "/ws", "/static/js/textual.js", f"{below[:-2]}x/", below[:-1], "/favicon.ico"):
            async with browser.get(shared.origin + path) as answer:
                assert answer.status == 404, path
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            async with viewing(browser, place):
                pass

    play(scene)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example.org"},
        {"Host": "10.0.0.1:80"},
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_the_cookie_is_not_enough_where_another_site_asks(shared: Page, headers: dict[str, str]) -> None:
    async def scene(browser: aiohttp.ClientSession) -> None:
        place = await enter(browser, shared)
        (cookie,) = browser.cookie_jar
        sent = {**headers, "Cookie": f"{cookie.key}={cookie.value}"}  # whatever the name that is asked for
        for path in ("", "page/page.js"):
            async with browser.get(place + path, headers=sent) as answer:
                assert answer.status == 403
        upgrade = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }
        async with browser.get(f"{place}ws", headers={**upgrade, "Origin": shared.origin, **sent}) as answer:
            assert answer.status == 403
        async with browser.get(f"{place}ws", headers={**upgrade, "Cookie": sent["Cookie"]}) as answer:
            assert answer.status == 403  # no origin at all
        if "Host" in headers:
            async with browser.get(shared.address, headers=headers) as answer:
                assert answer.status == 403

    play(scene)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_only_get_is_answered(shared: Page, method: str) -> None:
    async def scene(browser: aiohttp.ClientSession) -> None:
        place = await enter(browser, shared)
        for url in (shared.address, place, f"{place}ws", f"{place}page/page.js"):
            async with browser.request(method, url) as answer:
                assert answer.status == 403

    play(scene)


def test_no_page_may_be_kept_framed_or_led_astray(shared: Page) -> None:
    async def scene(browser: aiohttp.ClientSession) -> None:
        place = await enter(browser, shared)
        for url in (shared.address, place, f"{place}static/js/textual.js", f"{place}nothing"):
            async with browser.get(url) as answer:
                assert answer.headers["Cache-Control"] == "no-store"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["X-Frame-Options"] == "DENY"
                policy = answer.headers["Content-Security-Policy"]
                assert "frame-ancestors 'none'" in policy
                assert "default-src 'none'" in policy
                assert "unsafe-eval" not in policy
                assert answer.headers["Server"] == "drmaa-cli"

    play(scene)


def test_jobs_are_seen_and_changed_in_it(desk: Desk) -> None:
    job = desk.good("run", "--detach", "--hold", "-N", "merge", "--", "true")
    with served(desk, "merge") as page:

        async def scene(browser: aiohttp.ClientSession) -> None:
            place = await enter(browser, page)
            async with viewing(browser, place) as view:
                await view.until("merge.*held")
                await view.press("k")
                await view.until(r"kill 1 job\?")
                await view.press("y")
                await view.until("being ended|1 failed|aborted")
                await view.press("q")
                await view.until_closed()

        play(scene)
    assert desk.run("wait", "-q", job).returncode == 1


def test_with_read_only_nothing_can_be_changed(desk: Desk) -> None:
    job = desk.good("run", "--detach", "--hold", "-N", "merge", "--", "true")
    with served(desk, "--read-only", "merge") as page:

        async def scene(browser: aiohttp.ClientSession) -> None:
            async with viewing(browser, await enter(browser, page)) as view:
                await view.until("merge.*held")
                await view.press("khrzc y")
                await view.press("i")
                await view.until("state: +held")
                await view.press("?")
                await view.until("this page; quit")
                assert "kill" not in view.seen

        play(scene)
        assert "sees your jobs" in page.end()[2]
    assert "user_on_hold" in desk.good("ps", "--json", job)
    desk.good("kill", job)


def test_the_address_is_printed_once_and_the_secrets_are_nowhere_else(desk: Desk) -> None:
    connected = {"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}
    with served(desk, "confidential", start=desk.argv(), **connected) as page:
        found = ADDRESS.fullmatch(page.address)
        assert found is not None

        async def scene(browser: aiohttp.ClientSession) -> None:
            place = await enter(browser, page)
            secrets = [found[2], place.split("/")[3], next(iter(browser.cookie_jar)).value]
            assert len(set(secrets)) == 3
            async with viewing(browser, place) as view:
                await view.until("no jobs")
                ((child, line),) = processes_of(page.process.pid).items()
                assert (
                    "confidential" not in line
                )  # what it shows is not on its command line, where all can read
                for process in (page.process.pid, child):
                    told = b"".join(
                        Path(f"/proc/{process}/{name}").read_bytes() for name in ("cmdline", "environ")
                    )
                    assert not any(secret.encode() in told for secret in secrets)

        play(scene)
        code, out, err = page.end()
    assert (code, out) == (130, "")
    port, own = found[1], socket.gethostname()
    tunnel = f"from your own computer: ssh -N -L {port}:127.0.0.1:{port} {own}, and then this address there"
    assert err == f"{HINT}drmaa-cli: {tunnel}\n"


@pytest.mark.parametrize(("how", "pages"), [(signal.SIGINT, 2), (signal.SIGTERM, 1), (signal.SIGHUP, 1)])
def test_its_processes_end_with_it(desk: Desk, how: signal.Signals, pages: int) -> None:
    with served(desk) as page:

        async def scene(browser: aiohttp.ClientSession) -> None:
            place = await enter(browser, page)
            async with contextlib.AsyncExitStack() as stack:
                views = [await stack.enter_async_context(viewing(browser, place)) for _ in range(pages)]
                for view in views:
                    await view.until("no jobs")
                children = processes_of(page.process.pid)
                assert len(children) == pages
                end = asyncio.get_running_loop().run_in_executor(None, page.end, how)
                for view in views:
                    assert await view.until_closed() == aiohttp.WSCloseCode.GOING_AWAY
                assert await end == (128 + how, "", HINT)
                assert not any(is_alive(child) for child in children)

        play(scene)


async def until_gone(process: int, deadline: float) -> None:
    while is_alive(process):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


def test_its_processes_end_where_it_is_killed(desk: Desk) -> None:
    with served(desk) as page:

        async def scene(browser: aiohttp.ClientSession) -> None:
            async with viewing(browser, await enter(browser, page)) as view:
                await view.until("no jobs")
                (child,) = processes_of(page.process.pid)
                page.process.kill()
                await until_gone(child, time.monotonic() + PATIENCE)

        play(scene)


def test_the_process_of_a_page_ends_with_the_page_and_the_page_with_the_process(desk: Desk) -> None:
    with served(desk) as page:

        async def scene(browser: aiohttp.ClientSession) -> None:
            place = await enter(browser, page)
            async with viewing(browser, place) as view:
                await view.until("no jobs")
                (child,) = processes_of(page.process.pid)
            deadline = time.monotonic() + PATIENCE
            await until_gone(child, deadline)
            async with viewing(browser, place) as view:
                await view.until("no jobs")
                (child,) = processes_of(page.process.pid)
                os.kill(child, signal.SIGSTOP)  # it does not hear that it is to end
            await until_gone(child, deadline)
            async with viewing(browser, place) as view:
                await view.until("no jobs")
                (child,) = processes_of(page.process.pid)
                os.kill(child, signal.SIGKILL)
                await view.until_closed()

        play(scene)
        assert page.end()[:2] == (130, "")


def test_what_no_page_says_closes_it(desk: Desk) -> None:
    with served(desk) as page:

        async def scene(browser: aiohttp.ClientSession) -> None:
            place = await enter(browser, page)
            for text, code in (('["quit"]', 1008), ("x" * 100_000, 1009)):  # more of them: test_messages
                async with viewing(browser, place) as view:
                    await view.socket.send_str(text)
                    assert await view.until_closed() == code
            async with viewing(browser, place) as view:
                await view.socket.send_bytes(b"\x00")
                await view.until_closed()
            async with viewing(browser, place, size="?width=99999999999&height=9") as view:
                await view.until("no jobs")
                await view.socket.send_str('["resize", {"width": 99999999999, "height": 20}]')
                await view.socket.send_str('["ping", "7"]')
                while True:
                    message = await view.socket.receive(timeout=PATIENCE)
                    if message.type is aiohttp.WSMsgType.TEXT:
                        break
                assert message.data == '["pong", "7"]'

        play(scene)
        assert page.end() == (130, "", HINT)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x1b]0;me\x07\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET \x1b]0;me\x07 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_nobody_is_bothered(desk: Desk, sent: bytes) -> None:
    with served(desk) as page:
        port = int(page.origin.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(sent)
            assert b" 400 " in connection.recv(1000).splitlines()[0]
        assert page.end() == (130, "", HINT)


def test_so_many_pages_and_no_more(desk: Desk) -> None:
    with served(desk, most_pages=2) as page:

        async def scene(browser: aiohttp.ClientSession) -> None:
            place = await enter(browser, page)
            origin = page.origin
            sockets = [await browser.ws_connect(f"{place}ws", origin=origin) for _ in range(2)]
            async with viewing(browser, place) as view:
                await view.until("2 pages are open already")
                assert await view.until_closed() == aiohttp.WSCloseCode.TRY_AGAIN_LATER
            for one in sockets:
                await one.close()

        play(scene)


def test_it_waits_for_a_qmaster_that_is_down(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    with served(desk) as page:
        cell.stop_qmaster()

        async def scene(browser: aiohttp.ClientSession) -> None:
            async with viewing(browser, await enter(browser, page)) as view:
                await view.until("no answer since")
                cell.start_qmaster()
                await view.until("no jobs")

        play(scene)
