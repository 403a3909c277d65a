"""Where session files are: a directory and files of the user's own, which nobody else can change.

What a session file says is believed: which jobs are the session's, which answers lie beside it. So a file
that another user could have put there, or led elsewhere by a symbolic link, is refused.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from drmaa_cli.system.files import remove
from drmaa_cli.system.log import log
from drmaa_cli.system.runner import AnswerFiles

SUFFIX = ".session"
REMOTE = "ssh"
LONGEST_NAME = 200
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
TOKEN = r"[0-9a-f]{32}"
STAMP = ".looked-through"
DAY = 86400.0


class StoreError(Exception):
    """The session file cannot be used; the text names the file and says what can be done."""


def is_plain(text: str, others: str) -> bool:
    """Whether there are only ASCII letters, digits and these other characters in a text, and any at all.

    No pattern: every submission asks, and patterns take time to be compiled.
    """
    return text.isascii() and text.translate(dict.fromkeys(map(ord, others), "a")).isalnum()


def path_of(directory: str, name: str) -> str:
    """The file of the session of this name (the contact string without ``session=``)."""
    if len(name) > LONGEST_NAME or not is_plain(name, "_.@+-") or name.startswith("."):
        import hashlib  # noqa: PLC0415 seldom needed

        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:32]
        name = f"{re.sub(r'[^A-Za-z0-9]', '_', name)[:40]}-{digest}"
    return os.path.join(directory, f"{name}{SUFFIX}")


def parent_of(path: str) -> str:
    """The directory that a file or a directory is in."""
    return os.path.dirname(path.rstrip("/") or "/") or "."


def session_files(directory: str) -> list[str]:
    """The session files of a directory, by name; none when there is no directory.

    One that is empty was made by somebody who came no further (a full disk): nothing was submitted by it.

    Raises:
        OSError: the directory cannot be read.
    """
    return [path for path in _named_files(directory) if not _is_empty(path)]


def empty_files(directory: str) -> list[str]:
    """The files of a directory that have the names of sessions and nothing in them.

    Raises:
        OSError: the directory cannot be read.
    """
    return [path for path in _named_files(directory) if _is_empty(path)]


def _named_files(directory: str) -> list[str]:
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    return [os.path.join(directory, name) for name in sorted(names) if name.endswith(SUFFIX)]


def remote_directory(directory: str, host: str) -> str:
    """Where the sessions of another submit host are: names may be the same on both.

    Args:
        directory: the state directory.
        host: a name for the host that is a file name.
    """
    return os.path.join(directory, REMOTE, host)


def remote_directories(directory: str) -> list[str]:
    """Where the sessions of each other submit host are, by name.

    Raises:
        OSError: the directory cannot be read.
    """
    try:
        names = sorted(os.listdir(os.path.join(directory, REMOTE)))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [path for name in names if os.path.isdir(path := os.path.join(directory, REMOTE, name))]


def was_looked_through(directory: str, now: float) -> bool:
    """Whether the old sessions of a directory were looked for on this day; see :func:`expiry.expire`.

    Args:
        directory: where the session files are.
        now: epoch seconds.

    Raises:
        OSError: that cannot be told.
    """
    try:
        return 0 <= now - os.stat(os.path.join(directory, STAMP)).st_mtime < DAY
    except FileNotFoundError:
        return False


def is_there(path: str) -> bool:
    """Whether there is such a file, with anything in it.

    Raises:
        StoreError: that cannot be told.
    """
    try:
        return not _is_empty_file(os.lstat(path))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as err:
        raise StoreError(f"cannot look for the session file {path}: {err}") from err


def _is_empty(path: str) -> bool:
    """Whether it is a file with nothing in it; one that has just gone is not."""
    try:
        return _is_empty_file(os.lstat(path))
    except FileNotFoundError:
        return False


def _is_empty_file(found: os.stat_result) -> bool:
    """Pipes and other things that are no files have no bytes either."""
    return stat.S_ISREG(found.st_mode) and found.st_size == 0


def answer_files(path: str, token: str) -> AnswerFiles:
    """Where the output and the messages of a submission's qsub are kept until its number is on record."""
    return AnswerFiles(f"{path}.{token}.out", f"{path}.{token}.err")


def answers_beside(path: str) -> set[str]:
    """The tokens of the submissions whose answers lie beside a session's file.

    Raises:
        StoreError: the directory cannot be read.
    """
    try:
        return {token for token, kind, _ in _beside(path) if kind == "out"}
    except (OSError, ValueError) as err:
        raise StoreError(f"cannot look beside the session file {path}: {err}") from err


def remove_answer(files: AnswerFiles) -> None:
    """The answer of a qsub is on record: its files are not needed any more."""
    for path in reversed(files.names):  # the first last: it is the one that is looked for
        try:
            remove(path)
        except OSError as err:  # it lies about until the session is removed
            log.warning("cannot remove %s: %s", path, err)


def remove_files(path: str) -> None:
    """Delete a session's file and what lies beside it.

    Raises:
        OSError: one cannot be deleted.
    """
    for _, _, beside in list(_beside(path)):
        remove(beside)
    remove(f"{path}-journal")
    remove(path)


def _beside(path: str) -> Iterator[tuple[str, str, str]]:
    """The answer files of a session: token, ``out`` or ``err``, path; others' names may begin alike."""
    answer = re.compile(rf"{re.escape(os.path.basename(path))}\.({TOKEN})\.(out|err)")
    try:
        names = os.listdir(parent_of(path))
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        found = answer.fullmatch(name)
        if found:
            yield found[1], found[2], os.path.join(parent_of(path), name)


def make_directory(directory: str) -> None:
    """Make the directory of session files, and those above it that are missing, for the user alone.

    Raises:
        OSError: it cannot be made.
        StoreError: it is somebody else's, or others may write to it.
    """
    _make(directory)
    check_directory(directory)


def _make(directory: str) -> None:
    above = parent_of(directory)
    try:
        try:
            os.mkdir(directory, 0o700)
        except FileNotFoundError:
            if above == directory:
                raise
            _make(above)
            os.mkdir(directory, 0o700)
    except FileExistsError:
        pass
    except OSError:
        if not os.path.isdir(directory):  # a read-only or automounted directory that is there may say so
            raise


def check_directory(directory: str) -> None:
    """Refuse a directory that others may change.

    Raises:
        OSError: there is none.
        StoreError: it is somebody else's, or others may write to it.
    """
    status = os.stat(directory)
    if not stat.S_ISDIR(status.st_mode):
        raise StoreError(f"{directory}, the place of session files, is no directory; set DRMAA_CLI_STATE_DIR")
    _check_owner(directory, status)
    if status.st_mode & OTHERS_WRITE:
        raise StoreError(f"others may write to {directory}, the place of session files: chmod go-w it")


@contextmanager
def own_file(path: str, *, make: bool) -> Iterator[os.stat_result]:
    """A session file of the user's own, that nobody can put another one with its inode in the place of.

    It is held without being opened (O_PATH): closing a file takes sqlite's locks of this process on it away.

    Args:
        path: the file.
        make: whether it is made where there is none.

    Raises:
        OSError: it is not there, cannot be made, or is a symbolic link or a directory.
        StoreError: it is somebody else's, others may write to it, it is no regular file, or this program may
            not write to it.
    """
    if make:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        status = os.fstat(handle)
        _check_file(path, status)
        yield status
    finally:
        os.close(handle)


def _check_file(path: str, status: os.stat_result) -> None:
    for is_it, trouble in ((stat.S_ISLNK, errno.ELOOP), (stat.S_ISDIR, errno.EISDIR)):
        if is_it(status.st_mode):
            raise OSError(trouble, os.strerror(trouble), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(f"{path} is no regular file; move it away")
    _check_owner(path, status)
    if status.st_mode & OTHERS_WRITE:
        raise StoreError(f"others may write to the session file {path}; chmod 600 it if they have not")
    if not os.access(path, os.R_OK | os.W_OK):
        os.lstat(path)  # it may have gone just now
        raise StoreError(f"cannot open the session file {path}: it may not be written to")


def _check_owner(path: str, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise StoreError(
            f"{path} belongs to user number {status.st_uid}, and this program runs as {os.geteuid()};"
            " set DRMAA_CLI_STATE_DIR to a directory of one's own"
        )
