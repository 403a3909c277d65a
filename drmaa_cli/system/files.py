"""Looking at files of the submit host, wherever it is."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence

from drmaa_cli.typed import Protocol


class Files(Protocol):
    """Files of a host, by their paths there. What cannot be read raises OSError, as if it were here."""

    def read_file(self, path: str, limit: int = -1) -> bytes:
        """The contents of a file, at most so many bytes from its beginning."""

    def foresee(self, paths: Sequence[str]) -> None:
        """These will be read next: where each costs a journey, one is enough for all."""

    def read_end(self, path: str, size: int) -> bytes:
        """The last bytes of a file, at most so many, as it is now."""

    def which(self, name: str, path: str) -> str | None:
        """The executable of this name in the directories of a PATH; a name with a slash stands for itself."""

    def expand(self, pattern: str) -> list[str]:
        """The paths that match a pattern with ``*``, ``?`` or ``[...]``, sorted."""

    def resolve(self, path: str) -> str:
        """The path without symbolic links."""


def is_directory(path: str) -> bool:
    """Whether it is a directory of this host, as far as that can be seen."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError):  # it cannot be looked at; no file has such a name
        return False


def open_regular(path: str) -> int:
    """Open a file, or a device, to read it.

    Raises:
        OSError: it cannot be read, or is a pipe: that would hold up who opens it, and what is in it is
            somebody else's to read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    kind = os.fstat(fd).st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISCHR(kind)):
        os.close(fd)
        raise OSError(errno.ESPIPE if stat.S_ISFIFO(kind) else errno.EISDIR, "not a regular file", path)
    return fd


def contents(path: str) -> bytes:
    """All of a file of this host.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        return file.read()


def remove(path: str) -> None:
    """Have no such file on this host.

    Raises:
        OSError: it cannot be removed.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass  # nothing to do


class LocalFiles:
    """The files of this host."""

    def read_file(self, path: str, limit: int = -1) -> bytes:
        """See :class:`Files`."""
        with open(open_regular(path), "rb") as file:  # a descriptor
            return b"" if stat.S_ISCHR(os.fstat(file.fileno()).st_mode) else file.read(limit)

    def foresee(self, paths: Sequence[str]) -> None:
        """See :class:`Files`."""

    def read_end(self, path: str, size: int) -> bytes:
        """See :class:`Files`."""
        with open(open_regular(path), "rb") as file:  # a descriptor
            file.seek(max(file.seek(0, os.SEEK_END) - size, 0))
            return file.read(size)

    def which(self, name: str, path: str) -> str | None:
        """See :class:`Files`."""
        if "/" in name:
            files = [name]
        else:
            files = [f"{place}/{name}" if place else name for place in path.split(os.pathsep) if path]
        return next((file for file in files if os.access(file, os.X_OK) and not is_directory(file)), None)

    def expand(self, pattern: str) -> list[str]:
        """See :class:`Files`."""
        import glob  # noqa: PLC0415  # loaded when it is needed

        return sorted(glob.glob(pattern))  # patterns and paths are text here

    def resolve(self, path: str) -> str:
        """See :class:`Files`."""
        return os.path.realpath(path)
