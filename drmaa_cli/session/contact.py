"""Contact strings: ``session=NAME``, several ``key=value`` by ``;``, the last session wins (libdrmaa)."""

from __future__ import annotations

import os
import re

from drmaa_cli.errors import INVALID_ARGUMENT_TEXT, DrmCommunicationException, InvalidArgumentException, error

_WORD = re.compile(r"session=(?P<name>[^;]+)", re.IGNORECASE)
# Grid Engine's rules for object names (libdrmaa refuses such sessions with code 2, observed).
_FORBIDDEN = {
    " ": "Space (' ')",
    "/": "Slash ('/')",
    ":": "Colon (':')",
    "@": "At ('@')",
    "\\": "Backslash ('\\')",
    "*": "Asterisk ('*')",
    "?": "Questionmark ('?')",
    "\n": "Return",
    "\t": "Tab",
    "\r": "Carriage return",
}


def parse_contact(contact: object) -> str | None:
    """The name of the session a contact string asks for; None for a new one.

    Raises:
        InvalidArgumentException: no contact string.
        DrmCommunicationException: a character that no session name may have.
    """
    if contact is None:
        return None
    if isinstance(contact, bytes):
        contact = os.fsdecode(contact)
    if not isinstance(contact, str):
        raise error(
            InvalidArgumentException, f"a contact string is a str such as 'session=NAME', not {contact!r}"
        )
    if not contact:
        return None
    words = [_WORD.fullmatch(word) for word in contact.split(";")]
    if not all(words) or not words[-1]:
        hint = f", perhaps 'session={contact}'" if re.fullmatch(r"[\w.-]+", contact, re.ASCII) else ""
        raise error(
            InvalidArgumentException,
            f"{INVALID_ARGUMENT_TEXT} (a contact string is 'session=NAME'{hint}, not {contact!r})",
        )
    name = words[-1].group("name")
    for character in name:
        if character in _FORBIDDEN:
            raise error(DrmCommunicationException, f"{_FORBIDDEN[character]} not allowed in objectname")
        if not character.isascii() or not character.isprintable():
            raise error(DrmCommunicationException, f"{character!r} not allowed in objectname")
    return name


def new_name() -> str:
    """A name for a new session: host, process and chance."""
    chance = int.from_bytes(os.urandom(4), "big")
    return f"{os.uname().nodename}.{os.getpid()}.{chance:010d}"
