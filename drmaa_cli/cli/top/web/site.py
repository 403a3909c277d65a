"""The paths that there are: an entrance, the page, what it loads, and its WebSocket."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Awaitable, Callable
from pathlib import Path

import textual_serve
from aiohttp import WSCloseCode, WSMsgType, hdrs, web

from drmaa_cli.cli import ends
from drmaa_cli.cli.parser import PROGRAM
from drmaa_cli.cli.top.web.guard import Guard, Handling, RequestHead
from drmaa_cli.cli.top.web.messages import said, size
from drmaa_cli.cli.top.web.viewer import PATIENCE, Viewer
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.cli.top.web.window import WindowRequest

MOST = 8  # pages at a time: each asks the qmaster for itself
LONGEST = 1 << 16  # bytes of a message from a page
HEARTBEAT = 15.0  # seconds after which a page that does not answer is taken to be gone
FILES = Path(__file__).with_name("page")
LIBRARY = Path(textual_serve.__file__).with_name("static")
ENTERED = (  # not a redirection: a browser that came from elsewhere would not send a cookie so strict
    '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/{}/"><title>...</title>'
)
HINTS = {
    Handling.FORBIDDEN: (
        web.HTTPForbidden,
        (
            "Not allowed. Open the address that 'drmaa-cli top --web' has printed when it was started;"
            " names other than localhost have to be given to it (--host-name).\n"
        ),
    ),
    Handling.UNKNOWN: (web.HTTPNotFound, "There is no such page.\n"),
}
NOWHERE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": f"default-src 'none'; {NOWHERE}",
}
OF_PAGE = (  # what the page may load, and whom it may speak to: this server, whatever it is called
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self';"
    f" img-src 'self' data:; connect-src 'self' ws://{{0}} wss://{{0}}; {NOWHERE}"
)


class Pages:
    """All that is served.

    Args:
        guard: who is let in.
        request: what each page shows.
        title: stands above it.
    """

    def __init__(self, guard: Guard, request: WindowRequest, title: str) -> None:
        self._guard, self._request = guard, request
        self._page = (FILES / "page.html").read_text(encoding="utf-8").replace("{title}", html.escape(title))
        self._open: dict[web.WebSocketResponse, Viewer] = {}

    def application(self) -> web.Application:
        """It, for aiohttp."""
        app = web.Application(middlewares=[self._judge])
        place = f"/{self._guard.place}"
        app.router.add_get(f"{place}/", self._show, allow_head=False)
        app.router.add_get(f"{place}/ws", self._view, allow_head=False)
        app.router.add_static(f"{place}/static", LIBRARY)
        app.router.add_static(f"{place}/page", FILES)
        app.on_response_prepare.append(_dress)
        app.on_shutdown.append(self._say_goodbye)
        return app

    @web.middleware
    async def _judge(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        headers = request.headers
        verdict = self._guard.judge(
            RequestHead(
                request.method,
                request.path,
                headers.get(hdrs.HOST, ""),
                headers.get(hdrs.ORIGIN),
                headers.get("Sec-Fetch-Site"),
                "; ".join(headers.getall(hdrs.COOKIE, [])),
                hdrs.UPGRADE in headers,
            )
        )
        if verdict is Handling.ENTER:
            page = ENTERED.format(self._guard.place)
            return web.Response(
                text=page, content_type="text/html", headers={hdrs.SET_COOKIE: self._guard.cookie}
            )
        if verdict is not Handling.PASS:
            kind, text = HINTS[verdict]
            raise kind(text=text)
        return await handler(request)

    async def _show(self, request: web.Request) -> web.Response:
        policy = OF_PAGE.format(request.headers[hdrs.HOST])
        return web.Response(
            text=self._page, content_type="text/html", headers={"Content-Security-Policy": policy}
        )

    async def _view(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, timeout=PATIENCE, max_msg_size=LONGEST)
        await socket.prepare(request)
        if len(self._open) >= MOST:
            await socket.send_bytes(f"{MOST} pages are open already: close one, and try again\r\n".encode())
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return socket
        viewer = self._open[socket] = Viewer(self._request, socket)
        try:
            await viewer.start(*size(request.query))
            await _listen(socket, viewer)
        except OSError as trouble:
            ends.complain(f"a page could not be shown: {ends.of_system(trouble)}")
            await socket.close(code=WSCloseCode.INTERNAL_ERROR)
        finally:
            del self._open[socket]
            await viewer.stop()
        return socket

    async def _say_goodbye(self, _: web.Application) -> None:
        """Close all pages; their processes end then."""
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(self._open)))

    async def kill(self) -> None:
        """End all processes at once."""
        await asyncio.gather(*(viewer.kill() for viewer in list(self._open.values())))


async def _listen(socket: web.WebSocketResponse, viewer: Viewer) -> None:
    """Hear what a page says, until it is closed."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            break
        try:
            heard = said(message.data)
        except ValueError:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
            break
        await viewer.hear(heard)


async def _dress(_: web.Request, response: web.StreamResponse) -> None:
    """The headers of all answers."""
    for name, text in HEADERS.items():
        response.headers.setdefault(name, text)
    response.headers[hdrs.SERVER] = PROGRAM
