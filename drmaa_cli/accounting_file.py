"""Follow the accounting file: what was appended since a mark, at the cost of a stat() when nothing was.

The file is `$SGE_ROOT/$SGE_CELL/common/accounting` (accounting(5)); the qmaster appends whole lines, but a
reader may see the last one half written. Rotation (another inode) and truncation are survived.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Callable, NamedTuple

from drmaa_cli.gridengine.accounting import line_id, parse_line
from drmaa_cli.models import AccountingRecord

CHUNK = 1 << 20


class Mark(NamedTuple):
    """A place in the accounting file."""

    inode: int
    offset: int


class AccountingFile:
    """One reader's position in the accounting file. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._inode = 0
        self._offset = 0
        self._partial_at = -1  # size at which an unfinished last line was seen
        self.broken_lines = 0

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._let_go()

    def open(self, mark: Mark | None = None) -> bool:
        """Start at a mark, or at the end of the file as it is now; False when the file cannot be read here.

        The file of a mark that was rotated away is looked for beside the present one (``accounting.0`` and
        the like); if it is not there any more, the present file is read from its beginning.
        """
        with self._lock:
            if not self._reopen(self._holding(mark)):
                return False
            size = self._size()
            if mark is None:
                self._offset = size
            elif mark.inode == self._inode and mark.offset <= size:
                self._offset = mark.offset
            else:
                self._offset = 0
            return True

    def mark(self) -> Mark | None:
        """How far it has been read; None when the file cannot be read here."""
        with self._lock:
            return None if self._fd is None else Mark(self._inode, self._offset)

    @property
    def readable(self) -> bool:
        """Whether the file could be opened when it was last tried."""
        return self._fd is not None

    def changed(self) -> bool:
        """Whether there is something new, by stat() alone."""
        with self._lock:
            if self._fd is None:
                return self.path.exists()
            size = self._size()
            return size not in (self._offset, self._partial_at) or self._rotated()

    def read_new(self, wanted: Callable[[int], bool]) -> list[AccountingRecord]:
        """The records appended since the last call whose job number is wanted.

        A line that is no record is counted in ``broken_lines`` and passed over: one bad line says nothing of
        the others.
        """
        with self._lock:
            if self._fd is None and not self._reopen_from_start():
                return []
            records = list(self._records(wanted))
            if self._rotated() and self._reopen_from_start():
                records.extend(self._records(wanted))
            return records

    def look_back(
        self, mark: Mark | None, wanted: Callable[[int], bool], *, unread: bool = False
    ) -> list[AccountingRecord]:
        """Read again what was read since a mark, without moving on: for a job that became known meanwhile.

        With unread, look also at what was not read yet.
        """
        with self._lock:
            if mark is None or self._fd is None:
                return []
            start = mark.offset if mark.inode == self._inode else 0
            end = self._size() if unread else self._offset
            return [record for line in self._lines(start, end) if (record := self._parse(line, wanted))]

    def _records(self, wanted: Callable[[int], bool]) -> Iterator[AccountingRecord]:
        size = self._size()
        if size < self._offset:
            self._offset = 0
        self._partial_at = size
        for line in self._lines(self._offset, size):
            self._offset += len(line)
            record = self._parse(line, wanted)
            if record is not None:
                yield record

    def _parse(self, line: bytes, wanted: Callable[[int], bool]) -> AccountingRecord | None:
        found = line_id(line)
        if found is None or not wanted(found[0]):
            return None
        try:
            return parse_line(line)
        except ValueError:
            self.broken_lines += 1
            return None

    def _lines(self, start: int, end: int) -> Iterator[bytes]:
        """Complete lines between two offsets, each with its newline."""
        assert self._fd is not None
        rest = b""
        while start < end:
            block = os.pread(self._fd, min(CHUNK, end - start), start)
            if not block:
                return
            start += len(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line + b"\n"

    def _size(self) -> int:
        assert self._fd is not None
        return os.fstat(self._fd).st_size

    def _rotated(self) -> bool:
        try:
            return self.path.stat().st_ino != self._inode
        except OSError:
            return False  # moved away and not made anew yet: the open file is still the newest there is

    def _let_go(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _reopen_from_start(self) -> bool:
        if not self._reopen():
            return False
        self._offset = 0
        return True

    def _holding(self, mark: Mark | None) -> Path:
        """The file a mark is in, if it is still beside the accounting file; else the accounting file."""
        if mark is not None:
            try:
                for path in (self.path, *sorted(self.path.parent.glob(f"{self.path.name}.*"))):
                    if path.stat().st_ino == mark.inode:
                        return path
            except OSError:
                return self.path  # the directory cannot be read, or a file went away meanwhile
        return self.path

    def _reopen(self, path: Path | None = None) -> bool:
        try:
            fd = os.open(path or self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False  # not shared with this host, or not written yet: qacct is asked instead
        self._let_go()
        self._fd, self._inode = fd, os.fstat(fd).st_ino
        self._partial_at = -1
        return True
