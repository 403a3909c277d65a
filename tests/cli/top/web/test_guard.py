"""Who is let in, request by request."""

from __future__ import annotations

from drmaa_cli.cli.top.web.guard import Guard, Handling, RequestHead, is_origin_of, split
from tests.tables import each_row

GUARD = Guard("entrance-secret", "some-place", "ticket-secret", frozenset({"localhost", "hpc.example.org"}))
TICKET = "drmaa-cli-top=ticket-secret"
PAGE = RequestHead("GET", "/some-place/", "127.0.0.1:8000", cookies=TICKET)
SOCKET = PAGE._replace(path="/some-place/ws", origin="http://127.0.0.1:8000", upgrades=True)


@each_row(
    "changes, expected",
    [
        ({}, Handling.PASS),
        ({"path": "/some-place/static/js/textual.js"}, Handling.PASS),
        ({"path": "/entrance-secret", "cookies": ""}, Handling.ENTER),
        (
            {"path": "/entrance-secret", "cookies": "", "site": "cross-site"},
            Handling.ENTER,
        ),  # a link in a mail
        ({"path": "/entrance-secret", "cookies": "", "method": "POST"}, Handling.FORBIDDEN),
        ({"path": "/entrance-secret", "host": "evil.example.org"}, Handling.FORBIDDEN),
        ({"path": "/entrance-secret/"}, Handling.UNKNOWN),
        ({"path": "/entrance-secreT"}, Handling.UNKNOWN),
        ({"path": "/entrance-secré"}, Handling.UNKNOWN),
        ({"path": "/"}, Handling.UNKNOWN),
        ({"path": ""}, Handling.UNKNOWN),
        ({"path": "/some-place"}, Handling.UNKNOWN),
        ({"path": "//some-place/"}, Handling.UNKNOWN),
        ({"path": "/ws"}, Handling.UNKNOWN),
        ({"path": "/static/js/textual.js"}, Handling.UNKNOWN),
        ({"cookies": ""}, Handling.FORBIDDEN),
        ({"cookies": "drmaa-cli-top="}, Handling.FORBIDDEN),
        ({"cookies": "drmaa-cli-top=entrance-secret"}, Handling.FORBIDDEN),
        ({"cookies": "other=ticket-secret"}, Handling.FORBIDDEN),
        ({"cookies": f"drmaa-cli-top=planted; a=b; {TICKET}"}, Handling.PASS),
        ({"cookies": f"{TICKET};drmaa-cli-top=planted"}, Handling.PASS),
        ({"cookies": "", "path": "/some-place/static/js/textual.js"}, Handling.FORBIDDEN),
        ({"method": "HEAD"}, Handling.FORBIDDEN),
        ({"method": "POST"}, Handling.FORBIDDEN),
        ({"site": "same-origin"}, Handling.PASS),
        ({"site": "none"}, Handling.PASS),
        ({"site": "same-site"}, Handling.FORBIDDEN),  # a page of another port of this host
        ({"site": "cross-site"}, Handling.FORBIDDEN),
        ({"host": ""}, Handling.FORBIDDEN),
        ({"host": "evil.example.org:8000"}, Handling.FORBIDDEN),  # its owner has it point here
        ({"host": "127.0.0.1.evil.example.org"}, Handling.FORBIDDEN),
        ({"host": "10.0.0.1:8000"}, Handling.FORBIDDEN),
        ({"host": "0.0.0.0:8000"}, Handling.FORBIDDEN),
        ({"host": "localhost:9999"}, Handling.PASS),  # ssh -L 9999:127.0.0.1:8000
        ({"host": "LocalHost."}, Handling.PASS),
        ({"host": "[::1]:8000"}, Handling.PASS),
        ({"host": "hpc.example.org"}, Handling.PASS),
        ({"host": "127.0.0.1:8000@evil.example.org"}, Handling.FORBIDDEN),
        ({"origin": "http://127.0.0.1:8000"}, Handling.PASS),
        ({"origin": "http://127.0.0.1:9000"}, Handling.FORBIDDEN),
        ({"origin": "null"}, Handling.FORBIDDEN),
    ],
)
def test_a_request(changes: dict[str, str], expected: Handling) -> None:
    assert GUARD.judge(PAGE._replace(**changes)) is expected


@each_row(
    "changes, expected",
    [
        ({}, Handling.PASS),
        ({"origin": None}, Handling.FORBIDDEN),
        ({"origin": ""}, Handling.FORBIDDEN),
        ({"origin": "https://evil.example.org"}, Handling.FORBIDDEN),
        ({"origin": "http://localhost:8000"}, Handling.FORBIDDEN),  # that is another one
        ({"path": "/some-place/w%73", "origin": None}, Handling.FORBIDDEN),
        ({"cookies": ""}, Handling.FORBIDDEN),
        ({"host": "hpc.example.org", "origin": "https://hpc.example.org"}, Handling.PASS),  # behind a proxy
    ],
)
def test_a_web_socket(changes: dict[str, str], expected: Handling) -> None:
    assert GUARD.judge(SOCKET._replace(**changes)) is expected


def test_other_addresses_are_good_names_only_where_it_listens_on_them() -> None:
    asked = PAGE._replace(host="10.1.2.3:8000")
    assert GUARD.judge(asked) is Handling.FORBIDDEN
    assert GUARD._replace(by_number=True).judge(asked) is Handling.PASS
    assert GUARD._replace(by_number=True).judge(PAGE._replace(host="evil.example.org")) is Handling.FORBIDDEN


def test_the_cookie_is_for_this_page_alone_and_for_no_script() -> None:
    assert GUARD.cookie == "drmaa-cli-top=ticket-secret; Path=/some-place/; HttpOnly; SameSite=Strict"


@each_row(
    "host, expected",
    [
        ("localhost:80", ("localhost", "80")),
        ("[2001:DB8::1]:80", ("2001:db8::1", "80")),
        ("a", ("a", "")),
        ("::1", ("", "")),
        ("a:b", ("", "")),
        ("a:1:2", ("", "")),
        ("a b", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_host(host: str, expected: tuple[str, str]) -> None:
    assert split(host) == expected


@each_row(
    "origin, host, expected",
    [
        ("http://a:80", "a", True),
        ("http://a", "a:80", True),
        ("https://a", "a:443", True),
        ("https://a", "a:80", False),
        ("HTTP://A:8000", "a:8000", True),
        ("file://", "", False),
        ("ftp://a", "a", False),
        ("http://a/", "a", False),
        ("http://", "", False),
    ],
)
def test_an_origin(origin: str, host: str, expected: bool) -> None:
    assert is_origin_of(origin, host) is expected
