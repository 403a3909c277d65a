"""The socket, the address that is printed, and the end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Iterator, Sequence

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from drmaa_cli.cli import ends
from drmaa_cli.cli.ends import BadInput, Failure
from drmaa_cli.cli.parser import PROGRAM
from drmaa_cli.cli.screen import visible
from drmaa_cli.cli.top.web.guard import Guard
from drmaa_cli.cli.top.web.site import Pages
from drmaa_cli.cli.top.web.viewer import PATIENCE
from drmaa_cli.cli.top.web.window import WindowRequest
from drmaa_cli.typed import NamedTuple, Union

LETTERS = 32  # bytes of a secret
ENDED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
REFUSALS = {
    errno.EADDRINUSE: "port {port} is in use: choose another --port, or leave it out for a free one",
    errno.EACCES: "you may not listen on port {port}: choose another --port, or leave it out for a free one",
    errno.EADDRNOTAVAIL: "{address} is no address of this host",
}

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


class Listening(NamedTuple):
    """Where it listens.

    Attributes:
        address: an address of this host.
        port: 0 for a free one.
        names: by which names it may be called, besides localhost.
    """

    address: Address
    port: int
    names: Sequence[str] = ()


def address_of(text: str, *, may_be_remote: bool) -> Address:
    """The address to listen on.

    Raises:
        BadInput: it is none, or others can reach it, and that was not asked for.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if text == "localhost" else text.strip("[]"))
    except ValueError:
        raise BadInput(f"--listen needs an IP address of this host, and {text!r} is none") from None
    if not (address.is_loopback or may_be_remote):
        raise BadInput(
            f"--listen {text}: other hosts could reach it, and what is shown and typed would travel"
            " unencrypted; 'ssh -L' does without (docs/cli.md), --allow-remote has it so nevertheless"
        )
    return address


def serve(where: Listening, request: WindowRequest) -> int:
    """Serve pages until it is ended by a signal; the exit code.

    Raises:
        Failure: it cannot listen there.
    """
    with contextlib.closing(_socket(where)) as listening, _logging_briefly():
        return asyncio.run(_serve(listening, where, request))


def _socket(where: Listening) -> socket.socket:
    family = socket.AF_INET if where.address.version == 4 else socket.AF_INET6
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was ours a moment ago
        found.bind((str(where.address), where.port))
        found.listen()
    except OSError as trouble:
        found.close()
        text = REFUSALS.get(trouble.errno or 0, f"{{address}} port {{port}}: {ends.of_system(trouble)}")
        raise Failure(text.format(address=where.address, port=where.port)) from None
    return found


async def _serve(listening: socket.socket, where: Listening, request: WindowRequest) -> int:
    own = socket.gethostname()
    is_remote = not where.address.is_loopback
    names = {"localhost", *(name.lower().rstrip(".") for name in where.names)}
    if is_remote:
        names |= {own.lower(), socket.getfqdn().lower()}
    entrance, place, ticket = (secrets.token_urlsafe(LETTERS) for _ in range(3))
    guard = Guard(entrance, place, ticket, frozenset(names), by_number=is_remote)
    site = Pages(guard, request, f"drmaa-cli top: {own}")
    runner = web.AppRunner(
        site.application(), access_log=None, handle_signals=False, shutdown_timeout=PATIENCE
    )
    with _ended_by_signals() as signals:
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            _tell(where, listening.getsockname()[1], entrance, own, read_only=request.read_only)
            code = ends.OF_SIGNAL + await signals.get()
        finally:
            closing = asyncio.ensure_future(runner.cleanup())
            again = asyncio.ensure_future(signals.get())
            await asyncio.wait({closing, again}, return_when=asyncio.FIRST_COMPLETED)
            if not closing.done():  # whoever asks twice is in a hurry
                await site.kill()
            again.cancel()
            await closing
    return code


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[asyncio.Queue[int]]:
    """The signals that come; not those that whoever started it has it ignore, as nohup does."""
    loop, found = asyncio.get_running_loop(), asyncio.Queue[int]()
    heard = [one for one in ENDED_BY if signal.getsignal(one) is not signal.SIG_IGN]
    for one in heard:
        loop.add_signal_handler(one, found.put_nowait, int(one))
    try:
        yield found
    finally:
        for one in heard:
            loop.remove_signal_handler(one)


def _tell(where: Listening, port: int, entrance: str, own: str, *, read_only: bool) -> None:
    """Print the address, for the user alone; then how it is reached from elsewhere."""
    name = f"[{where.address}]" if where.address.version == 6 else str(where.address)
    if where.address.is_unspecified:
        name = own
    print(f"http://{name}:{port}/{entrance}", flush=True)
    may = "sees" if read_only else "sees and changes"
    hints = [f"whoever has this address {may} your jobs; ctrl-c ends it"]
    if not where.address.is_loopback:
        hints.insert(0, f"warning: other hosts can reach {where.address}, and nothing is encrypted")
    elif os.environ.get("SSH_CONNECTION"):
        hints.append(
            f"from your own computer: ssh -N -L {port}:{name}:{port} {own}, and then this address there"
        )
    for hint in hints:
        print(f"{PROGRAM}: {hint}", file=sys.stderr, flush=True)
    sys.stdout = sys.stderr  # nothing else is to stand beside the address


@contextlib.contextmanager
def _logging_briefly() -> Iterator[None]:
    """Have the libraries' complaints in a line each; with --debug they are logged as all else is."""
    if logging.getLogger().handlers:
        yield
        return
    handler = _Complaints(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


class _Complaints(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        cause = record.exc_info[1] if record.exc_info else None
        if isinstance(cause, HttpProcessingError):  # whoever sent what is no request has been told
            return
        told = "" if cause is None else f": {type(cause).__name__}: {cause}"
        ends.complain(visible(f"{record.getMessage()}{told}"))
