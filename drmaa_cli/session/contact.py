"""Contact strings: ``session=NAME``, or a submit host: ``ssh://[user@]host[:port][;session=NAME][;SGE_ROOT=PATH]``.

Of several sessions, separated by ``;``, the last one counts (libdrmaa).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from drmaa_cli.config import CONTACT_VARIABLE
from drmaa_cli.errors import INVALID_ARGUMENT_TEXT, DrmCommunicationException, InvalidArgumentException, error
from drmaa_cli.template.job_name import CHARACTERS
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.system.ssh.address import SshAddress

SCHEME = "ssh://"

_WORD = r"(?i)session=(?P<name>[^;]+)"
_VARIABLE = r"(?a)(?P<name>SGE_(?:ROOT|CELL|CLUSTER_NAME|QMASTER_PORT|EXECD_PORT|ARCH))=(?P<value>[\w./+-]+)"
# Grid Engine's rules for object names (libdrmaa refuses such sessions with code 2, observed).
_FORBIDDEN = {" ": "Space (' ')", **CHARACTERS}


class Contact(NamedTuple):
    """What a contact string says.

    Attributes:
        name: the session's name; None for a new one.
        address: the submit host; None for this one.
        variables: what its commands are to have in their environment, such as SGE_ROOT.
    """

    name: str | None = None
    address: SshAddress | None = None
    variables: Mapping[str, str] = {}

    def text(self, name: str | None) -> str:
        """The contact string of a session of this name there; of a new one when None."""
        host = [] if self.address is None else [str(self.address)]
        session = [] if name is None else [f"session={name}"]
        return ";".join([*host, *session, *(f"{key}={value}" for key, value in self.variables.items())])


def parse_contact(contact: object) -> Contact:
    """Read a contact string; None and '' stand for a new session here.

    Raises:
        InvalidArgumentException: no contact string.
        DrmCommunicationException: a character that no session name may have.
    """
    if contact is None:
        return Contact()
    if isinstance(contact, bytes):
        contact = os.fsdecode(contact)
    if not isinstance(contact, str):
        raise error(
            InvalidArgumentException, f"a contact string is a str such as 'session=NAME', not {contact!r}"
        )
    if not contact:
        return Contact()
    if not contact.lower().startswith(SCHEME):
        return Contact(_session_name(contact.split(";"), contact))
    from drmaa_cli.system.ssh.address import parse_address  # noqa: PLC0415  # loaded when it is needed

    first, *words = [word for word in contact.split(";") if word]
    try:
        address = parse_address(SCHEME + first[len(SCHEME) :])
    except ValueError as err:
        raise error(InvalidArgumentException, str(err)) from None
    variables = {}
    sessions = []
    for word in words:
        variable = re.fullmatch(_VARIABLE, word)
        if variable is None:
            sessions.append(word)
        else:
            variables[variable.group("name")] = variable.group("value")
    return Contact(_session_name(sessions, contact) if sessions else None, address, variables)


def chosen_contact(contact: object, env: Mapping[str, str]) -> Contact:
    """What a program's contact string says; where it names no host, DRMAA_CLI_CONTACT may name one.

    Raises:
        InvalidArgumentException, DrmCommunicationException: as :func:`parse_contact`.
    """
    own = parse_contact(contact)
    if own.address is not None:
        return own
    given = parse_contact(env.get(CONTACT_VARIABLE))
    return given._replace(name=own.name or given.name)


def _session_name(words: Sequence[str], contact: str) -> str:
    found = [re.fullmatch(_WORD, word) for word in words]
    last = found[-1]
    if last is None or not all(found):
        hint = f", perhaps 'session={contact}'" if re.fullmatch(r"[\w.-]+", contact, re.ASCII) else ""
        raise error(
            InvalidArgumentException,
            f"{INVALID_ARGUMENT_TEXT} (a contact string is 'session=NAME'{hint}, or"
            f" 'ssh://[USER@]HOST[:PORT][;session=NAME][;SGE_ROOT=PATH]', not {contact!r})",
        )
    name = last.group("name")
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
