"""The qmaster's memory on disk: a snapshot and a journal of the operations since.

A record is written before its operation is carried out, so a killed daemon loses nothing it has
answered; a record cut short by the kill was never answered and is dropped. Anything else that does
not read back is reported as corrupt, and left alone.
"""

from __future__ import annotations

import os
import pickle
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from ..engine.state import CellState
from ..lighter import Any, BinaryIO

_MAGIC = b"fake_sge journal 1\n"
_SNAPSHOT = b"fake_sge snapshot 1\n"
_HEAD = struct.Struct(">II")
SNAPSHOT_EVERY = 20_000


def _append(path: Path) -> BinaryIO:
    return path.open("ab", buffering=0)


def _write_whole(file: BinaryIO, data: bytes) -> None:
    done = 0
    while done < len(data):
        done += file.write(data[done:])


class StoreError(Exception):
    """The cell's state cannot be read or written; the text says what and where."""


class CorruptState(StoreError):
    """A state file does not read back."""


class Closed(Exception):
    """Nothing is recorded any more: the daemon has come to its end, and does nothing that it would forget."""


class Store:
    """Snapshot and journal in one directory. Not for use by two processes: the daemon holds a lock.

    ``opener`` opens the journal for appending, unbuffered.
    """

    def __init__(self, directory: Path, opener: Callable[[Path], BinaryIO] = _append) -> None:
        self.directory = directory
        self.opener = opener
        self.generation = 0
        self.records = 0
        self._file: BinaryIO | None = None
        self._good = 0

    # ---- reading ---------------------------------------------------------------------------------
    def load(self) -> CellState | None:
        """The last snapshot, None for a new cell. Raises CorruptState."""
        path = self.directory / "snapshot"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        head = len(_SNAPSHOT) + _HEAD.size
        if not data.startswith(_SNAPSHOT) or len(data) < head:
            raise CorruptState(f"{path} is no snapshot of a cell: {self._advice()}")
        size, check = _HEAD.unpack_from(data, len(_SNAPSHOT))
        body = data[head:]
        if len(body) != size or zlib.crc32(body) != check:
            raise CorruptState(f"{path} is damaged: {self._advice()}")
        try:
            generation, state = pickle.loads(body)
        except (
            pickle.UnpicklingError,
            AttributeError,
            ImportError,
            EOFError,
            TypeError,
            ValueError,
        ) as error:
            raise CorruptState(f"{path} cannot be read ({error}): {self._advice()}") from error
        self.generation = generation
        assert isinstance(state, CellState)
        return state

    def _advice(self) -> str:
        return (
            f"nothing was changed; restore {self.directory} from a copy, or move it away to start with "
            "an empty cell"
        )

    def _journal(self) -> Path:
        return self.directory / f"journal.{self.generation}"

    def replay(self) -> Iterator[tuple[str, float, tuple[Any, ...]]]:
        """The operations since the snapshot: name, time, arguments. Raises CorruptState."""
        path = self._journal()
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return
        if not data.startswith(_MAGIC):
            if _MAGIC.startswith(data):
                return
            raise CorruptState(f"{path} is no journal of a cell: {self._advice()}")
        position = len(_MAGIC)
        while position < len(data):
            start = position + _HEAD.size
            size, check = _HEAD.unpack_from(data, position) if start <= len(data) else (0, 0)
            if start > len(data) or start + size > len(data):
                break
            body = data[start : start + size]
            if zlib.crc32(body) != check:
                raise CorruptState(f"{path} is damaged at byte {position}: {self._advice()}")
            yield pickle.loads(body)
            self.records += 1
            position = start + size
        self._good = position

    # ---- writing ---------------------------------------------------------------------------------
    def open(self) -> None:
        """Start to append; a half-written last record is cut off. Call it after :meth:`replay`."""
        path = self._journal()
        self._file = self.opener(path)
        if self._good:
            os.ftruncate(self._file.fileno(), self._good)
        else:
            os.ftruncate(self._file.fileno(), 0)
            self._write(_MAGIC)

    def append(self, name: str, now: float, args: tuple[object, ...]) -> None:
        """Record an operation. Raises StoreError (disk full ...) or Closed, then nothing is recorded."""
        body = pickle.dumps((name, now, args), 4)
        self._write(_HEAD.pack(len(body), zlib.crc32(body)) + body)
        self.records += 1

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise Closed
        try:
            _write_whole(self._file, data)
        except OSError as error:
            os.ftruncate(self._file.fileno(), self._good)
            raise StoreError(f"cannot write {self._journal()}: {error.strerror}") from error
        self._good += len(data)

    def snapshot(self, state: CellState) -> None:
        """Write the whole state and begin a new journal. Raises StoreError; the old ones stay in use then."""
        old = self._journal()
        following = self.directory / f"journal.{self.generation + 1}"
        body = pickle.dumps((self.generation + 1, state), 4)
        path = self.directory / "snapshot"
        fresh = self.directory / "snapshot.new"
        file = None
        try:
            following.unlink(missing_ok=True)
            file = self.opener(following)
            _write_whole(file, _MAGIC)
            fresh.write_bytes(_SNAPSHOT + _HEAD.pack(len(body), zlib.crc32(body)) + body)
            fresh.replace(path)
        except OSError as error:
            if file is not None:
                file.close()
            for part in (following, fresh):
                part.unlink(missing_ok=True)
            raise StoreError(f"cannot write {fresh}: {error.strerror}") from error
        self.close()
        self.generation += 1
        self.records = 0
        self._file, self._good = file, len(_MAGIC)
        old.unlink(missing_ok=True)

    @property
    def wants_snapshot(self) -> bool:
        """Whether the journal has grown long."""
        return self.records >= SNAPSHOT_EVERY

    def close(self) -> None:
        """Stop appending."""
        if self._file is not None:
            self._file.close()
            self._file = None
