"""Where the submit host is: ``ssh://[user@]host[:port]``, checked so that nothing in it can be an option."""

from __future__ import annotations

import re

from drmaa_cli.typed import NamedTuple

SCHEME = "ssh://"

_FORM = re.compile(r"(?:(?P<user>.*)@)?(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[^:]*))?")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+\\$@-]*")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_ADDRESS_IN_BRACKETS = re.compile(r"\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\]")
_LARGEST_PORT = 65535


class SshAddress(NamedTuple):
    """A submit host as ssh is told of it.

    Attributes:
        host: a name, an alias of ssh_config, or a numeric address (without brackets).
        user: the login name, which may have an ``@`` of its own; None for what ssh_config or the local user
            name says.
        port: None for what ssh_config says.
    """

    host: str
    user: str | None = None
    port: int | None = None

    def words(self) -> list[str]:
        """The words of an ssh command line that name the host; nothing after them is taken for an option."""
        port = [] if self.port is None else ["-p", str(self.port)]
        user = [] if self.user is None else ["-l", self.user]
        return [*port, *user, "--", self.host]

    def __str__(self) -> str:
        """The address as in a contact string."""
        user = "" if self.user is None else f"{self.user}@"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{SCHEME}{user}{host}{port}"


def parse_address(text: str) -> SshAddress:
    """The address in ``ssh://[user@]host[:port][/]``.

    Raises:
        ValueError: the text has another form; it says which part is wrong and what is allowed there.
    """
    rest = text.removeprefix(SCHEME)
    rest = rest.removesuffix("/")
    before, at, _ = rest.rpartition("@")
    if at and ":" in before:  # it is not shown: what stands there is most likely a secret
        raise ValueError(
            f"a ':' before the @ of {SCHEME}[user@]host[:port]: a password has no place in it,"
            " what ssh asks is answered by ssh_answer=, DRMAA_CLI_SSH_ASKPASS or at the terminal"
        )
    form = _FORM.fullmatch(rest)
    if form is None:
        raise ValueError(f"{text!r} is not of the form ssh://[user@]host[:port]")
    user, host, port = form.group("user"), form.group("host"), form.group("port")
    if user is not None and not _USER.fullmatch(user):
        raise ValueError(
            f"the user {user!r} in {text!r}: letters, digits and . _ + - @ are allowed, no leading -"
        )
    if not (_HOST.fullmatch(host) or _ADDRESS_IN_BRACKETS.fullmatch(host)):
        raise ValueError(
            f"the host {host!r} in {text!r}: letters, digits and . _ - are allowed, no leading -"
        )
    if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port) <= _LARGEST_PORT):
        raise ValueError(f"the port {port!r} in {text!r} is not a number from 1 to {_LARGEST_PORT}")
    return SshAddress(host.strip("[]"), user, None if port is None else int(port))
