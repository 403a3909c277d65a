"""Who is let in: each request is judged by this alone.

Other users of this host can connect, and pages of other sites can have the user's browser send requests. So:

* The address that is printed has a secret. Whoever opens it gets another one as a cookie, and all else is
  given for that cookie only. A browser sends it to no other site (``SameSite=Strict``), and shows it to no
  script (``HttpOnly``).
* A cookie belongs to a name, whatever the port: another user's server on this host would be sent it, too. So
  all stands below a path of random letters, to which the cookie is bound.
* The name that the browser has asked for must be one of this server's: the owner of another name can have it
  point here at any time, and has then pages that count as ours (DNS rebinding).
* What a page has asked for names that page's origin, which must be ours: browsers let any page open a
  WebSocket to anywhere.
"""

from __future__ import annotations

import enum
import hmac
import ipaddress
import re
from collections.abc import Iterable

from drmaa_cli.typed import NamedTuple

COOKIE = "drmaa-cli-top"
OWN = ("same-origin", "none")  # Sec-Fetch-Site of what our pages ask for, and the user by the address line
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?", re.ASCII)
_PORTS = {"http": "80", "https": "443"}


class Handling(enum.Enum):
    """What becomes of a request."""

    ENTER = "it gets the cookie"
    PASS = "it is answered"
    FORBIDDEN = "it may not"
    UNKNOWN = "there is no such thing"


class RequestHead(NamedTuple):
    """What is looked at of a request.

    Attributes:
        method: ``GET``, or another.
        path: without what follows a question mark, decoded.
        host: the header Host, or ''.
        origin: the header Origin, or None.
        site: the header Sec-Fetch-Site, or None: old browsers have none.
        cookies: the header Cookie, or ''.
        upgrades: whether it is to become a WebSocket.
    """

    method: str
    path: str
    host: str
    origin: str | None = None
    site: str | None = None
    cookies: str = ""
    upgrades: bool = False


class Guard(NamedTuple):
    """What a request must know, and how it may call this server.

    Attributes:
        entrance: the secret of the address that is printed.
        place: the path below which everything is, without slashes.
        ticket: the secret of the cookie.
        names: by which names it may be called, in small letters.
        by_number: whether it may be called by any IP address, or only by those of this host alone.
    """

    entrance: str
    place: str
    ticket: str
    names: frozenset[str]
    by_number: bool = False

    def judge(self, asked: RequestHead) -> Handling:
        """What becomes of a request."""
        if not self._is_called_rightly(asked.host) or asked.method != "GET":
            return Handling.FORBIDDEN
        if asked.origin is not None and not is_origin_of(asked.origin, asked.host):
            return Handling.FORBIDDEN
        if same(asked.path, f"/{self.entrance}"):
            return Handling.ENTER
        first, slash, _ = asked.path.removeprefix("/").partition("/")
        if not same(first, self.place) or not slash:
            return Handling.UNKNOWN
        if asked.site not in (None, *OWN) or not any(
            same(value, self.ticket) for value in tickets(asked.cookies)
        ):
            return Handling.FORBIDDEN
        if asked.upgrades and asked.origin is None:  # every browser says it of a WebSocket
            return Handling.FORBIDDEN
        return Handling.PASS

    def _is_called_rightly(self, host: str) -> bool:
        name = split(host)[0]
        if name in self.names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return self.by_number or address.is_loopback

    @property
    def cookie(self) -> str:
        """The value of the header Set-Cookie; it is forgotten when the browser ends."""
        return f"{COOKIE}={self.ticket}; Path=/{self.place}/; HttpOnly; SameSite=Strict"


def same(given: str, secret: str) -> bool:
    """Whether they are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())


def tickets(cookies: str) -> Iterable[str]:
    """All cookies of our name: whoever may set cookies for this host can add others."""
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            yield value


def split(host: str) -> tuple[str, str]:
    """Name and port of a header Host, the name in small letters; '' for what is missing or malformed."""
    found = _HOST.fullmatch(host)
    if found is None:
        return "", ""
    return found[1].strip("[]").lower().rstrip("."), found[2] or ""


def is_origin_of(origin: str, host: str) -> bool:
    """Whether a page of this origin was loaded from this host: of the same name, and the same port."""
    scheme, found, rest = origin.lower().partition("://")
    if not found or scheme not in _PORTS:
        return False
    usual = _PORTS[scheme]
    (name, port), (own_name, own_port) = split(rest), split(host)
    return bool(name) and (name, port or usual) == (own_name, own_port or usual)
