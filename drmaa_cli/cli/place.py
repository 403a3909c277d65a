"""Where a command works: which session, on which host."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import click

from drmaa_cli.cli.ends import SITE, BadInput, Failure
from drmaa_cli.config import Config
from drmaa_cli.errors import DrmaaException
from drmaa_cli.session.contact import chosen_contact
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.gridengine.cell_identity import CellIdentity
    from drmaa_cli.session.contact import Contact
    from drmaa_cli.session.job_session import JobSession

LONGEST = 40  # characters of a directory's own name that its session's name keeps


class SessionPlace(NamedTuple):
    """A session on a host.

    Attributes:
        name: the session's name.
        contact: the contact string that takes it up.
        directory: where the sessions of that host are kept.
        chosen: whether the user named it; otherwise it is that of the current directory.
        is_here: whether the submit host is this one.
    """

    name: str
    contact: str
    directory: Path
    chosen: bool
    is_here: bool

    @classmethod
    def of(cls, session: str | None, contact: str | None) -> SessionPlace:
        """What ``-s`` and ``--contact`` say, and DRMAA_CLI_CONTACT.

        Raises:
            BadInput: both name a session, and not the same; a name or a contact string is malformed.
            DrmaaException: a setting is malformed.
        """
        from drmaa_cli.session.reach import session_directory  # noqa: PLC0415  # not for --help

        try:
            given = chosen_contact(contact, os.environ)
        except DrmaaException as trouble:
            raise BadInput(trouble.text) from None
        if contact and session is not None and given.name not in (None, session):
            raise BadInput(f"--session names {session!r}, and --contact names {given.name!r}")
        if session is not None:
            _check_name(session)
        name = session or given.name
        found = name or directory_session(_here(), cell_of(given))
        directory = Path(session_directory(Config.load(), given))
        context = click.get_current_context(silent=True)
        if context is not None and given.address is not None:
            context.meta[SITE] = str(given.address)
        return cls(found, given.text(found), directory, name is not None, given.address is None)

    @property
    def path(self) -> Path:
        """The session's file."""
        from drmaa_cli.store.places import path_of  # noqa: PLC0415  # not for --help

        return Path(path_of(str(self.directory), self.name))

    @property
    def exists(self) -> bool:
        """Whether anything was ever submitted in this session.

        Raises:
            StoreError: that cannot be told.
        """
        from drmaa_cli.store.places import is_there  # noqa: PLC0415  # not for --help

        return is_there(str(self.path))

    @property
    def cell(self) -> CellIdentity | None:
        """The Grid Engine cell of this host; None if that cannot be told, and of another host."""
        return cell_of(chosen_contact(self.contact, {}))

    def check_cell(self) -> None:
        """See that it is known which session this is: a directory's is another one in each cell.

        Raises:
            DrmaaException: it was not named, and no Grid Engine is found that tells the cell.
        """
        if not self.chosen and self.is_here and self.cell is None:
            self.nameless().exit()

    def other(self, name: str) -> SessionPlace:
        """Another session on the same host."""
        given = chosen_contact(self.contact, {})
        return self._replace(name=name, contact=given.text(name), chosen=True)

    def begin(self) -> JobSession:
        """Take the session up, or begin it.

        Raises:
            DrmaaException: as :func:`drmaa_cli.open_session`.
        """
        from drmaa_cli.session.job_session import JobSession  # noqa: PLC0415  # not for --help

        return JobSession(self.contact)

    def nameless(self) -> JobSession:
        """Begin a session on the same host that leaves nothing behind, for looking at what is no session's.

        Raises:
            DrmaaException: as :func:`drmaa_cli.open_session`.
        """
        from drmaa_cli.session.job_session import JobSession  # noqa: PLC0415  # not for --help

        return JobSession(chosen_contact(self.contact, {}).text(None))

    @property
    def missing(self) -> str:
        """What is said where there is no such session."""
        if self.chosen:
            return f"there is no session {self.name!r}; 'drmaa-cli sessions' lists those there are"
        return (
            f"nothing was submitted in this directory (session {self.name});"
            " 'drmaa-cli sessions' lists all, -s NAME chooses one"
        )


def _check_name(session: str) -> None:
    if not session:
        raise BadInput("--session needs a name")
    try:
        chosen_contact(f"session={session}", {})
    except DrmaaException as trouble:
        raise BadInput(f"--session {session!r}: {trouble.text}") from None


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise Failure("the current directory is gone; -s NAME chooses a session without it") from None


def cell_of(contact: Contact) -> CellIdentity | None:
    """The cell that this host's Grid Engine commands speak to; None of another host, or if there are none."""
    from drmaa_cli.session.opening import identity  # noqa: PLC0415  # not for --help
    from drmaa_cli.system.cell import Cluster  # noqa: PLC0415
    from drmaa_cli.system.runner import CommandNotFound  # noqa: PLC0415

    if contact.address is not None:
        return None
    try:
        return identity(Cluster(Config.load()), is_here=True)
    except CommandNotFound:
        return None


def directory_session(directory: Path, cell: CellIdentity | None) -> str:
    """The name of a directory's session in a cell: the same wherever one comes from, and no other's."""
    real = os.path.realpath(directory)
    if cell is not None:
        real += f"\0{cell.root}\0{cell.name}"
    own = re.sub(r"[^A-Za-z0-9._-]+", "-", directory.resolve().name).strip("-.")[:LONGEST] or "root"
    return f"{own}-{hashlib.sha256(os.fsencode(real)).hexdigest()[:8]}"
