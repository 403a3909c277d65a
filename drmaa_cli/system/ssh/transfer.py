"""Files to and from a submit host, over the connection that carries the commands."""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import re
import secrets
import subprocess
import tempfile
import time
from pathlib import Path

from drmaa_cli.system.log import log
from drmaa_cli.system.runner import HostUnreachable
from drmaa_cli.system.ssh.patience import SESSION_REFUSED
from drmaa_cli.system.ssh.remote_shell import payload, script_line
from drmaa_cli.system.ssh.runner import SshRunner
from drmaa_cli.system.transfer import (
    Meter,
    Progress,
    create,
    finish,
    members,
    pack,
    size_of,
    stage_name,
    staged,
    unpack,
)
from drmaa_cli.typed import IO, Callable, NamedTuple

ATTEMPTS = 3
REFUSED_SECONDS = 60.0
PAUSE = 0.5
LONGEST_HEAD = 1 << 20  # of what a login shell may print before the answer begins
_NONE, _FOLDER, _FORBIDDEN, _NO_FOLDER, _KIND, _CUT = 44, 45, 46, 47, 48, 49
_ERRORS = {
    _NONE: errno.ENOENT,
    _FOLDER: errno.EISDIR,
    _FORBIDDEN: errno.EACCES,
    _NO_FOLDER: errno.ENOTDIR,
    _KIND: errno.EINVAL,
}
# What the tools there say, in the C locale.
_SAID = {
    os.strerror(number): number
    for number in (
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.EEXIST),
        *(errno.ENAMETOOLONG, errno.EIO, errno.EFBIG, errno.ENOTEMPTY),
    )
}
_SAID["Wrote only"] = errno.ENOSPC  # GNU tar 1.34 of a file system that became full within a block

# Arguments: the directory, the name in it, the name under which it is made first. Standard input: an archive.
_PUT = (
    f'cd -- "$1" 2>/dev/null || {{ [ -d "$1" ] && exit {_FORBIDDEN}; [ -e "$1" ] && exit {_NO_FOLDER};'
    f' exit {_NONE}; }}; [ -d "./$2" ] && exit {_FOLDER};'
    f' [ -e "./$2" ] && [ ! -f "./$2" ] && exit {_KIND};'
    ' trap \'chmod -R u+rwx "./$3" 2>/dev/null; rm -rf "./$3" "./$3.end"\' 0; trap "exit 143" 1 2 13 15;'
    " LC_ALL=C tar -xpof - || exit 1;"
    f' [ -f "./$3.end" ] || exit {_CUT}; [ -d "./$3" ] && [ -e "./$2" ] && exit {_NO_FOLDER};'
    ' LC_ALL=C mv -fT "./$3" "./$2"'
)
# Arguments: the path and a marker. Prints the marker, what it is, its size, mode and time; then its contents.
_GET = (
    f'[ -e "$1" ] || {{ [ -d "${{1%/*}}/" ] && [ ! -x "${{1%/*}}/" ] && exit {_FORBIDDEN}; exit {_NONE}; }};'
    f' [ -r "$1" ] || exit {_FORBIDDEN};'
    f' if [ -d "$1" ]; then cd -- "$1" || exit {_FORBIDDEN};'
    " size=$(find . -type f -exec stat -c %s {} + | awk '{n += $1} END {printf \"%.0f\", n}');"
    ' echo "$2 d $size 0 0"; LC_ALL=C tar -cf - .;'
    ' elif [ -f "$1" ]; then size=$(stat -L -c %s "$1"); echo "$2 f $(stat -L -c "%s %a %Y" "$1")";'
    f' head -c "$size" "$1"; else exit {_KIND}; fi'
)
_HEAD = re.compile(rb"([df]) (\d+) ([0-7]+) (-?\d+)\n")


class _Lost(Exception):
    """The connection did not carry it to its end; it may be tried again."""


class _Refused(Exception):
    """Other programs use all the sessions of the connection."""


class _Head(NamedTuple):
    is_folder: bool
    size: int
    mode: int
    modified: int


def put(runner: SshRunner, source: Path, place: str, progress: Progress | None) -> None:
    """Send a file or directory; see :meth:`drmaa_cli.system.host.Host.put`.

    Args:
        runner: the connection.
        source: what is sent.
        place: its absolute path there.
        progress: is told how far it has come; after a lost connection it begins anew.
    """
    found = members(source)
    folder, name = posixpath.split(place)

    def once() -> None:
        top, meter = stage_name(), Meter(size_of(found), progress)
        with _Conversation(runner, _PUT, (folder, name, top)) as talk:
            with contextlib.suppress(BrokenPipeError):  # how it ended says why
                pack(found, top, talk.stdin, meter)
            talk.end(place)

    _persist(runner, once)


def get(runner: SshRunner, source: str, place: Path, progress: Progress | None) -> None:
    """Fetch a file or directory; see :meth:`drmaa_cli.system.host.Host.get`.

    Args:
        runner: the connection.
        source: its absolute path there.
        place: what it is to be here.
        progress: is told how far it has come; after a lost connection it begins anew.
    """

    def once() -> None:
        marker = secrets.token_hex(16)
        with staged(place) as stage, _Conversation(runner, _GET, (source, marker)) as talk:
            head = talk.head(marker)
            cut = None if head is None else _take(talk.stdout, head, stage, Meter(head.size, progress))
            talk.end(source, may_warn=head is not None and head.is_folder)
            if cut is not None or head is None:
                raise OSError(errno.EIO, f"it was cut off ({cut})", source)

    _persist(runner, once)


def _take(stream: IO[bytes], head: _Head, stage: Path, meter: Meter) -> EOFError | None:
    """Make what follows the head; what is missing, if it was cut off."""
    try:
        if head.is_folder:
            unpack(stream, stage, meter)
        else:
            with create(stage) as made:
                meter.copy("", stream, made, head.size)
            finish(stage, head.mode, head.modified)
    except EOFError as err:
        return err
    return None


def _persist(runner: SshRunner, once: Callable[[], None]) -> None:
    """Do it, and again where the connection was lost.

    Raises:
        HostUnreachable: there is no connection, or it is lost again and again.
    """
    until, lost = time.monotonic() + REFUSED_SECONDS, 0
    while True:
        try:
            return once()
        except _Refused:
            if time.monotonic() > until:
                raise HostUnreachable(
                    f"{runner.address}: all sessions of the connection are in use"
                ) from None
            runner.make_room()
            time.sleep(PAUSE)
        except _Lost:
            lost += 1
            if lost == ATTEMPTS:
                raise HostUnreachable(f"{runner.address}: the connection is lost again and again") from None
            log.warning("the connection to %s was lost during a transfer", runner.address)
            runner.open()


class _Conversation:
    """A shell script on the host whose streams are ours; it is ended when the block is left."""

    def __init__(self, runner: SshRunner, script: str, words: tuple[str, ...]) -> None:
        self._runner = runner
        self._marker = secrets.token_hex(16)
        told = f"({script}); echo {self._marker} $? >&2"
        self._line = script_line(("sh", "-c", told, "sh", *words), {}, self._marker)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the conversation
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> _Conversation:
        words, env = self._stack.enter_context(self._runner.channel(self._marker))
        self._stack.callback(self._said.close)
        try:
            self._child = subprocess.Popen(
                words,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                start_new_session=True,
            )
        except BaseException:
            self._stack.close()
            raise
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self.stdin: IO[bytes] = self._child.stdin
        self.stdout: IO[bytes] = self._child.stdout
        with contextlib.suppress(BrokenPipeError):
            self.stdin.write(payload(self._marker, self._line))
            self.stdin.flush()
        return self

    def __exit__(self, *_: object) -> None:
        with self._stack:
            self._close_stdin()
            try:
                self._child.wait(0)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self.stdout.close()

    def _close_stdin(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()

    def head(self, marker: str) -> _Head | None:
        """The line that says what comes; None when nothing comes, and :meth:`end` says why."""
        self._close_stdin()
        heard = 0
        while heard < LONGEST_HEAD:
            line = self.stdout.readline(LONGEST_HEAD)
            heard += len(line)
            mark, _, rest = line.partition(b" ")
            found = _HEAD.fullmatch(rest)
            if mark == marker.encode() and found is not None:
                return _Head(found[1] == b"d", int(found[2]), int(found[3], 8), int(found[4]))
            if not line:
                break
        return None

    def end(self, path: str, *, may_warn: bool = False) -> None:
        """Wait for the end, which must be a good one.

        Args:
            path: there, for the message.
            may_warn: whether tar's 1 (a file has changed meanwhile) is good.

        Raises:
            OSError: the host says why it could not be done.
        """
        self._close_stdin()
        while self.stdout.read(LONGEST_HEAD):
            pass
        self._child.wait()
        self._said.seek(0)
        said = self._said.read()
        status = re.search(rb"(?:^|\n)" + self._marker.encode() + rb" (\d+)\n", said)
        if status is None:
            raise _Refused if SESSION_REFUSED in said else _Lost
        code = int(status[1])
        text = (
            said[: status.start()]
            .rpartition(self._marker.encode() + b"\n")[2]
            .decode("utf-8", "replace")
            .strip()
        )
        if code == 1 and may_warn:
            log.warning("%s on %s has changed meanwhile: %s", path, self._runner.address, text)
        elif code == _CUT:
            raise _Lost
        elif code:
            raise _os_error(code, text, f"{path} on {self._runner.address}")


def _os_error(code: int, text: str, path: str) -> OSError:
    number = _ERRORS.get(code) or next((_SAID[words] for words in _SAID if words in text), errno.EIO)
    if number == errno.EIO:
        return OSError(number, text or f"exit code {code}", path)
    return OSError(number, os.strerror(number), path)
