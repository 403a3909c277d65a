"""Following files that jobs write, on the submit host."""

from __future__ import annotations

import os
import time

from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.session.job_session import JobSession

CHUNK = 1 << 20
ENDS = 1 << 14  # bytes
REMOTE_SECONDS = 60.0
PAUSE = 2.0  # seconds until a host that could not be reached is asked again


class NewOutput(NamedTuple):
    """What a file has beyond a place in it."""

    data: bytes
    end: int


def read_from(session: JobSession | None, path: str, offset: int, *, patient: bool = True) -> NewOutput:
    """What a file of the submit host has from an offset on, at most a megabyte.

    The file is opened anew each time: only then does NFS ask its server for the newest. A file that is not
    there, or became shorter than the offset, has nothing.

    Args:
        session: whose submit host is meant; None for this host.
        path: the file there.
        offset: in bytes.
        patient: ride out a lost connection for as long as ``wait()`` does.

    Raises:
        OSError: it is there and cannot be read.
        DrmCommunicationException: the host is out of reach.
    """
    if session is not None and not is_here(session):
        return _read_there(session, path, offset, session.config.outage_limit if patient else 0)
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # bytes and surrogates alike
            file.seek(offset)
            data = file.read(CHUNK)
    except FileNotFoundError:
        return NewOutput(b"", offset)
    return NewOutput(data, offset + len(data))


def last_lines(session: JobSession, path: str, lines: int) -> list[str]:
    """The last lines of a file, as far as they are in its last kilobytes; none where there is no file.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        data = session.host.read_end(path, ENDS)
    except FileNotFoundError:
        return []
    return data.decode("utf-8", "replace").splitlines()[-lines:] if lines else []


def size_of(session: JobSession | None, path: str) -> int | None:
    """How many bytes a file has, of a session's submit host or of this one; None where there is none.

    Raises:
        OSError: that cannot be told.
        DrmCommunicationException: the host is out of reach.
    """
    if session is None or is_here(session):
        try:
            return os.stat(path).st_size  # noqa: PTH116  # as text
        except FileNotFoundError:
            return None
    size = _run_there(session, "stat", "-L", "-c", "%s", "--", path).strip()
    return int(size) if size else None


def is_here(session: JobSession) -> bool:
    """Whether the session's submit host is this one."""
    from drmaa_cli.system.host import LocalHost  # noqa: PLC0415  # not for --help

    return isinstance(session.host, LocalHost)


def _read_there(session: JobSession, path: str, offset: int, patience: float) -> NewOutput:
    from drmaa_cli.errors import DrmCommunicationException  # noqa: PLC0415  # not for --help

    until = time.monotonic() + patience
    while True:
        try:
            data = _run_there(session, "tail", "-c", f"+{offset + 1}", "--", path)
        except DrmCommunicationException:
            if time.monotonic() >= until:
                raise
            time.sleep(PAUSE)
        else:
            return NewOutput(data, offset + len(data))


def _run_there(session: JobSession, *words: str) -> bytes:
    from drmaa_cli.session.reach import told  # noqa: PLC0415  # not for --help
    from drmaa_cli.system.runner import Command  # noqa: PLC0415

    host = session.host
    with told():
        return host.runner.run(Command(words, words[0], host.environ, REMOTE_SECONDS)).stdout


def home_of(session: JobSession) -> str:
    """The user's home directory on the submit host, where jobs run that no other directory was named for."""
    return session.host.environ.get("HOME") or session.host.home


def make_directory(session: JobSession, path: str) -> None:
    """Make a directory, and those above it, on the submit host."""
    _run_there(session, "mkdir", "-p", "--", path)


def remove_directory(session: JobSession, path: str) -> None:
    """Remove a directory of the submit host if it is empty, and as far as the host can be reached."""
    from drmaa_cli.errors import DrmCommunicationException  # noqa: PLC0415  # not for --help

    try:
        _run_there(session, "rmdir", "--", path)
    except DrmCommunicationException:  # an empty directory is left behind
        pass
