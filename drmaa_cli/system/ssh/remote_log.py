"""The accounting file of a submit host: what is appended to it comes along with every query.

Between queries it is looked at less and less often, for a record is written a moment after its job has left
the qmaster's listing. What was written before a mark, or is in rotated files, is fetched when it is wanted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from drmaa_cli.gridengine.accounting import line_id, parse_line
from drmaa_cli.gridengine.records import AccountingRecord
from drmaa_cli.system.accounting_log import CLOCK_SKEW, SAMPLE, Mark, Sample
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.log import log
from drmaa_cli.system.runner import CommandTimeout, HostUnreachable
from drmaa_cli.system.ssh.remote_shell import quote
from drmaa_cli.typed import NamedTuple

MOST_BYTES = 8 * 2**20  # with one query; the rest comes with the next
REMEMBERED_BYTES = 4 * 2**20  # of what has been given out: a job may become known after its record

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds between two looks of our own

RunShell = Callable[[str], bytes]
"""Runs a text of /bin/sh on the host and returns its standard output; raises what the runner raises."""

# Finds the path that was written to last.
_NEWEST = (
    'newest=; for file in {paths}; do [ -f "$file" ] && [ -r "$file" ] &&'
    ' {{ [ -z "$newest" ] || [ "$file" -nt "$newest" ]; }} && newest=$file; done;'
)
# Prints its inode and size, the offset that was asked for, and the path; then what follows the offset.
_TAIL = (
    ' at=$(stat -L -c "%i %s" "$newest" 2>/dev/null); echo "$at {offset} $newest";'
    ' [ "${{at% *}}" = {inode} ] && [ "${{at#* }}" -gt {offset} ] &&'
    ' tail -c +$(({offset} + 1)) "$newest" | head -c {most}'
)
# Prints time of the last change, inode and path of the files beside it that rotation left, the oldest first.
_ROTATED = (
    'for base in {paths}; do for file in "$base"[.-]*; do [ -f "$file" ] &&'
    ' stat -c "%Y %i %n" "$file"; done; done | sort -n'
)


class _Head(NamedTuple):
    inode: int
    size: int
    offset: int
    path: str


class RemoteLog:
    """A reader's position in the accounting file of a submit host. Threads may share it.

    Args:
        run: runs a shell text there.
        paths: where the file may be; the one last written to is read.
    """

    def __init__(self, run: RunShell, *paths: str) -> None:
        self._run = run
        self._paths = " ".join(map(quote, paths))
        self.path = paths[0]
        self._lock = Lock()
        self._inode: int | None = None
        self._offset = 0  # up to here it has been given out
        self._past = b""  # the last of what has been given out: it ends there
        self._fetched = b""  # what follows
        self._backlog = b""  # what is in rotated files
        self._moved = False  # another file is written to by now, or this one was emptied
        self._closed = False
        self._pause = FIRST_PAUSE
        self._looked = time.monotonic()

    @property
    def readable(self) -> bool:
        """See :class:`drmaa_cli.system.host.AccountingLog`."""
        return self._inode is not None

    def mark(self) -> Mark | None:
        """See :class:`drmaa_cli.system.host.AccountingLog`."""
        with self._lock:
            return None if self._inode is None else Mark(self._inode, self._offset)

    def open(self, mark: Mark | None = None, since: float | None = None) -> bool:
        """See :class:`drmaa_cli.system.host.AccountingLog`."""
        head = self._ask()
        if head is None:
            return False
        offset, backlog = head.size, b""
        if mark is not None and mark.inode == head.inode and mark.offset <= head.size:
            offset = mark.offset
        elif mark is not None or since is not None:
            offset, backlog = 0, self._rotated(mark, since)
        with self._lock:
            self._follow(head, offset)
            self._backlog = backlog
        return True

    def close(self) -> None:
        """See :class:`drmaa_cli.system.host.AccountingLog`."""
        with self._lock:
            self._closed, self._inode = True, None

    def line(self) -> str:
        """The shell text that travels with a query and prints what is new."""
        with self._lock:
            if self._closed:
                return ""
            inode = -1 if self._inode is None else self._inode
            offset = self._offset + len(self._fetched)
        return self._tail_line(inode, offset)

    def take(self, printed: bytes) -> None:
        """What that printed. Two queries at once bring the same bytes; they are taken once."""
        self._pause, self._looked = FIRST_PAUSE, time.monotonic()
        self._take(printed)

    def _take(self, printed: bytes) -> None:
        first, line_end, tail = printed.partition(b"\n")
        head = _head(first) if line_end else None  # the connection was cut in the middle of the line
        with self._lock:
            if head is None or self._closed:
                return
            if self._inode is None:  # it has become readable
                self._follow(head, 0)
            elif head.inode != self._inode or head.size < self._offset:
                self._moved = True
            else:
                have = self._offset + len(self._fetched)
                if head.offset <= have < head.offset + len(tail):
                    self._fetched += tail[have - head.offset :]

    def changed(self) -> bool:
        """See :class:`drmaa_cli.system.host.AccountingLog`; now and then this looks by itself."""
        if time.monotonic() - self._looked > self._pause and self.readable:
            self._look()
        with self._lock:
            return self._moved or bool(self._backlog) or b"\n" in self._fetched

    def read_new(self, wanted: Callable[[int], bool]) -> list[AccountingRecord]:
        """See :class:`drmaa_cli.system.host.AccountingLog`."""
        with self._lock:
            moved, inode, offset = self._moved, self._inode, self._offset
        if moved and inode is not None:
            backlog, head = self._rotated(Mark(inode, offset), None), self._ask()
            with self._lock:
                if self._moved and head is not None:
                    self._follow(head, 0)
                    self._backlog += backlog
                    self._moved = False
        with self._lock:
            complete = self._fetched.rpartition(b"\n")[0] + b"\n" if b"\n" in self._fetched else b""
            text, self._backlog = self._backlog + complete, b""
            self._fetched = self._fetched[len(complete) :]
            self._offset += len(complete)
            self._past = (self._past + complete)[-REMEMBERED_BYTES:]
        return list(_records(text, wanted))

    def look_back(
        self, mark: Mark | None, since: float, wanted: Callable[[int], bool], *, unread: bool = False
    ) -> list[AccountingRecord]:
        """See :class:`drmaa_cli.system.host.AccountingLog`."""
        with self._lock:
            inode, offset, past = self._inode, self._offset, self._past
        if inode is None:
            return []
        is_here = mark is not None and mark.inode == inode
        start = mark.offset if mark is not None and is_here else 0
        if not unread and is_here and start >= offset - len(past):
            return list(_records(past[len(past) - (offset - start) :] if start < offset else b"", wanted))
        before = b"" if is_here else self._rotated(mark, since)
        path = quote(str(self.path))
        end = "" if unread else f" | head -c {offset - start}"
        return list(_records(before + self._run(f"tail -c +{start + 1} {path}{end}"), wanted))

    def sample(self) -> Sample:
        """See :class:`drmaa_cli.system.host.AccountingLog`."""
        names = f'for file in {self._paths}; do [ -f "$file" ] && echo "${{file##*/}}"; done; echo;'
        newest = _NEWEST.format(paths=self._paths)
        printed = self._run(f'{names} {newest} [ -z "$newest" ] || tail -c {SAMPLE} "$newest"')
        files, _, text = (b"\n" + printed).partition(b"\n\n")
        lines = text.split(b"\n")[:-1]
        known = tuple(files.decode("utf-8", "replace").split())
        return Sample(known, tuple(lines[1:] if len(text) == SAMPLE else lines))

    def _look(self) -> None:
        pause = min(2 * self._pause, LONGEST_PAUSE)
        self._looked = time.monotonic()
        line = self.line()
        if not line:
            return
        try:
            self._take(self._run(line))
        except (HostUnreachable, CommandTimeout) as err:
            log.debug("the accounting file was not looked at: %s", err)  # the next query tells it
        self._pause = pause  # whatever travelled with it: this was no query of anybody's

    def _follow(self, head: _Head, offset: int) -> None:
        self.path, self._inode, self._offset = head.path, head.inode, offset
        self._past = self._fetched = b""

    def _ask(self) -> _Head | None:
        return _head(self._run(self._tail_line(-1, 0)).partition(b"\n")[0])

    def _tail_line(self, inode: int, offset: int) -> str:
        tail = _TAIL.format(inode=inode, offset=offset, most=MOST_BYTES)
        return f"{_NEWEST.format(paths=self._paths)}{tail}"

    def _rotated(self, mark: Mark | None, since: float | None) -> bytes:
        """What the rotated files hold after a mark, or that may be newer than an instant."""
        found = []
        for line in self._run(_ROTATED.format(paths=self._paths)).splitlines():
            written, inode, path = line.decode("utf-8", "surrogateescape").split(" ", 2)
            found.append((float(written), int(inode), path))
        inodes = [inode for _, inode, _ in found]
        oldest = float("inf") if since is None else since - CLOCK_SKEW
        if mark is not None and mark.inode in inodes:
            found = found[inodes.index(mark.inode) :]
            starts = [mark.offset, *(0 for _ in found[1:])]
        else:
            found = [entry for entry in found if entry[0] >= oldest]
            starts = [0 for _ in found]
        texts = []
        for (_, _, path), start in zip(found, starts):
            read = "gzip -dc" if path.endswith(".gz") else "cat"
            texts.append(f"{read} {quote(path)} | tail -c +{start + 1}")
        return self._run("; ".join(texts)) if texts else b""


def _head(line: bytes) -> _Head | None:
    words = line.decode("utf-8", "surrogateescape").split(" ", 3)
    if len(words) < 4 or not all(word.isdigit() for word in words[:3]):
        return None  # there is no such file, or it may not be read
    return _Head(int(words[0]), int(words[1]), int(words[2]), words[3])


def _records(text: bytes, wanted: Callable[[int], bool]) -> Iterator[AccountingRecord]:
    for line in text.splitlines(keepends=True):
        found = line_id(line)
        if found is None or not wanted(found[0]):
            continue
        try:
            yield parse_line(line)
        except ValueError as err:
            log.warning("a line of the accounting file is passed over: %s", err)
