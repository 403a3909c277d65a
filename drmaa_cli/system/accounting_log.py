"""Follow the accounting file: what was appended since a mark, at the cost of a stat() when nothing was.

The file is `$SGE_ROOT/$SGE_CELL/common/accounting` (accounting(5)), or `accounting.jsonl` beside it; a cell
that was upgraded or whose configuration was changed has both, and the one last written to is followed. The
qmaster appends whole lines, but a reader may see the last one half written. Rotation (another inode) and
truncation are survived; what was rotated away is read from the files beside it, as Grid Engine's own
util/logchecker.sh leaves them: ``accounting.0.gz``, ``accounting.1.gz`` ...
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator

from drmaa_cli.gridengine.records import AccountingRecord
from drmaa_cli.system.files import open_regular
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.log import log
from drmaa_cli.typed import IO, Callable, NamedTuple

CHUNK = 1 << 20
SAMPLE = 1 << 16  # bytes
TAIL = 64  # bytes
CLOCK_SKEW = 86400.0  # seconds by which the file server's clock may differ from ours


class Mark(NamedTuple):
    """A place in the accounting file."""

    inode: int
    offset: int


class Sample(NamedTuple):
    """What there is of accounting, for telling its form.

    Attributes:
        files: the names of the accounting files.
        lines: the last complete lines of the one last written to.
    """

    files: tuple[str, ...]
    lines: tuple[bytes, ...]


class AccountingFile:
    """One reader's position in the accounting file. Threads may share it.

    Args:
        paths: where it may be, two at most cost nothing; the one last written to is read.

    Attributes:
        path: the one that is read.
    """

    def __init__(self, *paths: str) -> None:
        self.paths = paths
        self.path = paths[0]
        self._left: dict[str, Mark] = {}  # how far the others were read
        self._lock = Lock()
        self._fd: int | None = None
        self._closed = False
        self._inode = 0
        self._offset = 0
        self._partial_at = -1  # size at which an unfinished last line was seen
        self._tail = b""  # the end of the last line that was read
        self._read_at = 0.0  # when the file had been written to last when it was read
        self._backlog: list[tuple[str, int]] = []  # rotated files to be read first, each from an offset
        self._older: set[int] | None = None  # the rotated files of before, when there was no other
        self.broken_lines = 0

    def close(self) -> None:
        """Let go of the file for good."""
        with self._lock:
            self._closed = True
            self._let_go()

    def open(self, mark: Mark | None = None, since: float | None = None) -> bool:
        """Start at a mark, or at the end of the file as it is now; False when the file cannot be read here.

        Args:
            mark: where to start.
            since: epoch seconds of the oldest record that is wanted: decides where to start when there is no
                mark, or its file is not there any more.
        """
        with self._lock:
            if not self._reopen():
                self._older = {inode for _, inode, _ in self._siblings()}
                return False
            size = self._size()
            if mark is None and since is None:
                self._offset = size
            elif mark is not None and mark.inode == self._inode and mark.offset <= size:
                self._offset = mark.offset
            else:
                self._offset = 0
                self._backlog = self._archives(mark, since)
            self._tail = self._before(self._offset)
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
        """Whether there is something new, by stat() alone; a file that could not be read so far is tried."""
        with self._lock:
            try:
                if self._fd is None:
                    return self._reopen()
                size = self._size()
                return bool(self._backlog) or size not in (self._offset, self._partial_at) or self._rotated()
            except OSError:  # a stale handle: it must be opened anew
                self._let_go()
                return False

    def read_new(self, wanted: Callable[[int], bool]) -> list[AccountingRecord]:
        """The records appended since the last call whose job number is wanted.

        A line that is no record is counted in ``broken_lines`` and passed over: one bad line says nothing of
        the others.
        """
        records: list[AccountingRecord] = []
        with self._lock:
            try:
                if self._fd is None and not self._reopen():
                    return []
                if self._older is not None:  # it was written, and perhaps rotated, since there was none
                    new = [path for _, inode, path in self._siblings() if inode not in self._older]
                    self._older, self._backlog = None, [(path, 0) for path in new]
                self._revalidate()
                while self._backlog:
                    records += self._archived(*self._backlog.pop(0), wanted)
                records.extend(self._records(wanted))
                if self._rotated():
                    records.extend(self._records(wanted))  # written between our reading and the rotation
                    later = self._archives_after(os.fstat(self._fd or 0))
                    for path in later:
                        records += self._archived(path, 0, wanted)
                    if self._reopen():
                        records.extend(self._records(wanted))
                    else:
                        self._let_go()  # the new file may not be read: qacct is asked instead
            except OSError:  # a stale handle, or a file server that is away: what was read is good
                self._let_go()
        return records

    def sample(self) -> Sample:
        """What is there now, read apart from what is followed; nothing where nothing can be read."""
        files = tuple(os.path.basename(path) for path in self.paths if os.path.exists(path))
        try:
            with open(open_regular(self._newest()), "rb") as file:  # a descriptor
                start = max(0, file.seek(0, os.SEEK_END) - SAMPLE)
                file.seek(start)
                lines = file.read().split(b"\n")[:-1]
                return Sample(files, tuple(lines[1:] if start else lines))
        except OSError:
            return Sample(files, ())

    def look_back(
        self, mark: Mark | None, since: float, wanted: Callable[[int], bool], *, unread: bool = False
    ) -> list[AccountingRecord]:
        """Read again what was read since a mark, without moving on: for a job that became known meanwhile.

        With unread, look also at what was not read yet. Without a mark, ``since`` (epoch seconds) says how
        old the file may be that holds it.
        """
        with self._lock:
            if self._fd is None:
                return []
            records: list[AccountingRecord] = []
            start = 0
            if mark is not None and mark.inode == self._inode:
                start = mark.offset
            else:
                for path, offset in self._archives(mark, since):
                    records += self._archived(path, offset, wanted)
            end = self._size() if unread else self._offset
            records += [found for line in self._lines(start, end) if (found := self._parse(line, wanted))]
            if unread and self._rotated():
                records += AccountingFile(*self.paths)._all(wanted)
            return records

    def _all(self, wanted: Callable[[int], bool]) -> list[AccountingRecord]:
        """Everything in the file, read once."""
        try:
            self.open(Mark(0, 0))
            return self.read_new(wanted)
        finally:
            self.close()

    def _revalidate(self) -> None:
        """NFS may show an open file as it was a minute ago; opening it once more asks the server."""
        try:
            os.close(os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))  # it may be a pipe now
        except FileNotFoundError:
            return  # moved away and not made anew yet: the open file is still the newest there is

    def _records(self, wanted: Callable[[int], bool]) -> Iterator[AccountingRecord]:
        size = self._size()
        if size < self._offset or not self._is_continued():
            yield from self._copied(wanted)
            self._offset, self._tail = 0, b""
        self._partial_at, self._read_at = size, os.fstat(self._fd or 0).st_mtime
        for line in self._lines(self._offset, size):
            self._offset += len(line)
            self._tail = line[-TAIL:]
            record = self._parse(line, wanted)
            if record is not None:
                yield record

    def _is_continued(self) -> bool:
        """Whether what was read last still stands where it was: the file was not emptied and filled anew."""
        assert self._fd is not None
        tail = self._tail
        return os.pread(self._fd, len(tail), self._offset - len(tail)) == tail

    def _before(self, offset: int) -> bytes:
        """What stands before an offset."""
        assert self._fd is not None
        length = min(TAIL, offset)
        return os.pread(self._fd, length, offset - length)

    def _copied(self, wanted: Callable[[int], bool]) -> Iterator[AccountingRecord]:
        """What was written between our reading and the file's being emptied, from the copies that were kept.

        The copy that goes on where we were is read from there, a later one as a whole.
        """
        for written, _, path in self._siblings():
            if written >= self._read_at - CLOCK_SKEW:
                if self._goes_on(path):
                    yield from self._archived(path, self._offset, wanted)
                elif written >= self._read_at:
                    yield from self._archived(path, 0, wanted)

    def _goes_on(self, path: str) -> bool:
        """Whether a copy has what was read last where it was read."""
        try:
            with _opened(path) as file:
                file.seek(self._offset - len(self._tail))
                return file.read(len(self._tail)) == self._tail
        except (OSError, EOFError, zlib.error):
            return True  # what is wrong with it is told when it is read

    def _parse(self, line: bytes, wanted: Callable[[int], bool]) -> AccountingRecord | None:
        from drmaa_cli.gridengine.accounting import line_id, parse_line  # noqa: PLC0415  # once there is one

        found = line_id(line)
        if found is None or not wanted(found[0]):
            return None
        try:
            return parse_line(line)
        except ValueError as err:
            if not self.broken_lines:
                log.warning("a line of %s is passed over, as others like it will be: %s", self.path, err)
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
        """Whether another file is written to by now."""
        newest = self._newest()
        try:
            there = os.stat(newest)
        except OSError:
            return False  # moved away and not made anew yet: the open file is still the newest there is
        if newest != self.path and there.st_mtime_ns <= os.fstat(self._fd or 0).st_mtime_ns:
            return False  # the same, and beside it one that is written to no more
        return there.st_ino != self._inode

    def _newest(self) -> str:
        """The path that was written to last; the first one when there is none."""
        if len(self.paths) == 1:
            return self.path
        written = {}
        for path in self.paths:
            try:
                written[path] = os.stat(path).st_mtime_ns
            except OSError:
                continue  # not made yet, or not shared with this host
        return max(written, key=lambda path: (written[path], path == self.path), default=self.paths[0])

    def _let_go(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _archives(self, mark: Mark | None, since: float | None) -> list[tuple[str, int]]:
        """The rotated files that may hold records after a mark, oldest first, and where to start in each."""
        found = self._siblings()
        for index, (_, inode, path) in enumerate(found):
            if mark is not None and inode == mark.inode:
                return [(path, mark.offset), *((later, 0) for _, _, later in found[index + 1 :])]
        oldest = float("inf") if since is None else since - CLOCK_SKEW
        return [(path, 0) for written, _, path in found if written >= oldest]

    def _archives_after(self, this: os.stat_result) -> list[str]:
        """What was rotated away after this file, oldest first."""
        return [
            path
            for written, inode, path in self._siblings()
            if written > this.st_mtime and inode != this.st_ino
        ]

    def _siblings(self) -> list[tuple[float, int, str]]:
        import glob  # noqa: PLC0415  # loaded when it is needed

        found = []
        beside = {path for base in self.paths for path in glob.glob(f"{glob.escape(base)}[.-]*")}
        for path in beside.union(self.paths) - {self.path, self._newest()}:
            try:
                told = os.stat(path)
            except OSError:
                continue  # rotated on meanwhile; it is found under its new name the next time
            if stat.S_ISREG(told.st_mode):
                found.append((told.st_mtime, told.st_ino, path))
        return sorted(found)

    def _archived(self, path: str, offset: int, wanted: Callable[[int], bool]) -> list[AccountingRecord]:
        try:
            with _opened(path) as file:
                file.seek(offset)
                return [record for line in file if (record := self._parse(line, wanted))]
        except (OSError, EOFError, zlib.error) as err:
            log.warning("cannot read %s: %s", path, err)
            return []

    def _reopen(self) -> bool:
        if self._closed:
            return False
        path = self._newest()
        try:
            fd = open_regular(path)
        except OSError:
            return False  # not shared with this host, or not written yet: qacct is asked instead
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            os.close(fd)
            return False
        if path != self.path and self._fd is not None:
            self._left[self.path] = Mark(self._inode, self._offset)
        self._let_go()
        left = self._left.get(path)
        self.path, self._inode, self._partial_at, self._tail = path, found.st_ino, -1, b""
        self._offset = left.offset if left is not None and left.inode == found.st_ino else 0
        self._fd = fd  # last: from here on it is read
        return True


def _opened(path: str) -> IO[bytes]:
    """A rotated file, which may have been compressed."""
    import gzip  # noqa: PLC0415 seldom needed

    return gzip.open(path) if path.endswith(".gz") else open(path, "rb")  # type: ignore[return-value]  # both read bytes
