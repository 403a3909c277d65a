from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_sge.engine.state import CellState, Timing
from fake_sge.options import CellOptions, make_config
from fake_sge.qmaster.journal import CorruptState, Store, StoreError

RECORDS = [("submit", 1.0, ("a",)), ("schedule", 2.0, ()), ("exited", 3.0, (1, 2, "é" * 50))]


def make_state() -> CellState:
    return CellState(make_config(CellOptions(), "/tmp", "/spool", "root"), Timing())


def written(directory: Path, *opener: Callable[[Path], Any]) -> Store:
    store = Store(directory, *opener)
    assert store.load() is None
    assert list(store.replay()) == []
    store.open()
    for name, now, args in RECORDS:
        store.append(name, now, args)
    return store


def replayed(directory: Path) -> list[object]:
    store = Store(directory)
    store.load()
    return list(store.replay())


def test_what_was_appended_is_replayed(tmp_path: Path) -> None:
    written(tmp_path).close()
    assert replayed(tmp_path) == RECORDS


def test_a_snapshot_replaces_the_journal(tmp_path: Path) -> None:
    store = written(tmp_path)
    state = make_state()
    state.next_number = 77
    store.snapshot(state)
    store.append(*RECORDS[0])
    store.close()
    again = Store(tmp_path)
    found = again.load()
    assert found is not None
    assert found.next_number == 77
    assert list(again.replay()) == RECORDS[:1]
    assert sorted(item.name for item in tmp_path.iterdir()) == ["journal.1", "snapshot"]


def test_a_journal_cut_anywhere_keeps_its_whole_records(tmp_path: Path) -> None:
    written(tmp_path).close()
    path = tmp_path / "journal.0"
    data = path.read_bytes()
    kept = set()
    for size in range(len(data) + 1):
        path.write_bytes(data[:size])
        found = replayed(tmp_path)
        assert found == RECORDS[: len(found)]
        kept.add(len(found))
    assert kept == {0, 1, 2, 3}


def test_a_cut_journal_can_be_continued(tmp_path: Path) -> None:
    written(tmp_path).close()
    path = tmp_path / "journal.0"
    path.write_bytes(path.read_bytes()[:-3])
    store = Store(tmp_path)
    store.load()
    assert list(store.replay()) == RECORDS[:2]
    store.open()
    store.append(*RECORDS[2])
    store.close()
    assert replayed(tmp_path) == RECORDS


def test_a_damaged_journal_is_reported_and_left_alone(tmp_path: Path) -> None:
    written(tmp_path).close()
    path = tmp_path / "journal.0"
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)
    with pytest.raises(CorruptState, match=r"journal\.0 is damaged at byte 19: nothing was changed"):
        replayed(tmp_path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("damage", [b"", b"garbage", b"fake_sge snapshot 1\n\0\0"])
def test_a_damaged_snapshot_is_reported(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "snapshot").write_bytes(damage)
    with pytest.raises(CorruptState, match="is no snapshot of a cell"):
        Store(tmp_path).load()


def test_a_flipped_bit_in_a_snapshot_is_reported(tmp_path: Path) -> None:
    store = written(tmp_path)
    store.snapshot(make_state())
    store.close()
    path = tmp_path / "snapshot"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    with pytest.raises(CorruptState, match="is damaged"):
        Store(tmp_path).load()


def test_a_foreign_journal_is_reported(tmp_path: Path) -> None:
    (tmp_path / "journal.0").write_bytes(b"something else entirely")
    with pytest.raises(CorruptState, match="is no journal"):
        replayed(tmp_path)


class SmallDisk:
    """A journal file on a disk with so much room in bytes (None: enough)."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("ab", buffering=0)
        self.room: int | None = None

    def write(self, data: bytes) -> int:
        if self.room is None:
            return self.file.write(data)
        if self.room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        piece = data[: self.room]
        self.room -= len(piece)
        return self.file.write(piece)

    def fileno(self) -> int:
        return self.file.fileno()

    def close(self) -> None:
        self.file.close()


def test_a_full_disk_loses_nothing_that_was_stored(tmp_path: Path) -> None:
    disks: list[SmallDisk] = []

    def opener(path: Path) -> Any:
        disks.append(SmallDisk(path))
        return disks[-1]

    store = written(tmp_path, opener)
    disks[-1].room = 10
    with pytest.raises(StoreError, match="No space left on device"):
        store.append("submit", 9.0, ("lost",))
    disks[-1].room = None
    store.append("submit", 10.0, ("kept",))
    store.close()
    assert replayed(tmp_path) == [*RECORDS, ("submit", 10.0, ("kept",))]


@pytest.mark.parametrize("room", [0, 3])
def test_a_new_journal_that_does_not_fit_leaves_the_old_state(tmp_path: Path, room: int) -> None:
    """Also for what comes after it, when there is room again."""
    disks: list[SmallDisk] = []

    def opener(path: Path) -> Any:
        disks.append(SmallDisk(path))
        if len(disks) > 1:
            disks[-1].room = room
        return disks[-1]

    store = written(tmp_path, opener)
    for _ in range(2):
        with pytest.raises(StoreError, match="No space left"):
            store.snapshot(make_state())
    store.append(*RECORDS[0])
    store.close()
    assert replayed(tmp_path) == [*RECORDS, RECORDS[0]]
    assert [path.name for path in tmp_path.iterdir()] == ["journal.0"]


def test_a_snapshot_that_does_not_fit_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = written(tmp_path)

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match="No space left"):
        store.snapshot(make_state())
    store.append(*RECORDS[0])
    store.close()
    assert replayed(tmp_path) == [*RECORDS, RECORDS[0]]
