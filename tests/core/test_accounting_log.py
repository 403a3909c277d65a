"""Following the accounting file: appended, half written, rotated, truncated, missing, closed."""

from __future__ import annotations

import errno
import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.system.accounting_log import AccountingFile, Mark
from tests.core import evidence
from tests.processes import open_below

SINCE = evidence.SUBMITTED - 86400


def every(number: int) -> bool:
    return True


def jobs(reader: AccountingFile) -> list[int]:
    return [record.job for record in reader.read_new(every)]


def lines(*numbers: int) -> bytes:
    return b"".join(evidence.line(job=number) for number in numbers)


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "accounting"
    found.write_bytes(b"# Version: 8.1.9\n" + lines(1, 2))
    return found


@pytest.fixture
def reader(path: Path) -> AccountingFile:
    found = AccountingFile(str(path))
    assert found.open()
    return found


def test_only_what_was_appended(path: Path, reader: AccountingFile) -> None:
    assert not reader.changed()
    assert jobs(reader) == []
    append(path, lines(3, 4))
    assert reader.changed()
    assert jobs(reader) == [3, 4]
    assert not reader.changed()
    assert jobs(reader) == []


def test_only_what_is_wanted(path: Path, reader: AccountingFile) -> None:
    append(path, lines(3, 4, 5))
    assert [record.job for record in reader.read_new({4}.__contains__)] == [4]


def test_the_recorded_lines_are_read_as_they_are(path: Path, reader: AccountingFile) -> None:
    append(path, evidence.raw_line("qacct.j_h_rt").encode() + b"\n")
    (record,) = reader.read_new(every)
    assert (record.job, record.failed, record.exit_status, record.ru_maxrss) == (886, 37, 137, 4896)
    assert record.submission_time == 1795426024


def test_a_half_line_is_read_when_it_is_whole(path: Path, reader: AccountingFile) -> None:
    line = lines(3)
    for cut in (1, 40, len(line) - 2, len(line) - 1):
        append(path, line[:cut])
        assert reader.changed()
        assert jobs(reader) == []
        assert not reader.changed(), "the same half line is no news"
        append(path, line[cut:])
        assert reader.changed()
        assert jobs(reader) == [3]


@given(st.lists(st.integers(1, 400), max_size=12))
def test_however_the_file_grows(tmp_path_factory: pytest.TempPathFactory, pieces: list[int]) -> None:
    path = tmp_path_factory.mktemp("grows") / "accounting"
    path.touch()
    reader = AccountingFile(str(path))
    reader.open()
    data = lines(*range(10, 20))
    found = []
    for piece in [*pieces, len(data)]:
        append(path, data[:piece])
        data = data[piece:]
        found += jobs(reader)
    reader.close()
    assert found == list(range(10, 20))


def test_rotation_by_rename(path: Path, reader: AccountingFile) -> None:
    append(path, lines(3))
    path.rename(path.with_name("accounting.0"))
    assert jobs(reader) == [3]
    append(path.with_name("accounting.0"), lines(4))
    assert jobs(reader) == [4], "moved away and not made anew yet"
    append(path.with_name("accounting.0"), lines(5))
    path.write_bytes(lines(6))
    assert reader.changed()
    assert jobs(reader) == [5, 6]
    append(path, lines(7))
    assert jobs(reader) == [7]


def test_two_rotations_between_two_looks(path: Path, reader: AccountingFile) -> None:
    for number, name in ((3, "accounting.1"), (4, "accounting.0")):
        append(path, lines(number))
        path.rename(path.with_name(name))
        os.utime(path.with_name(name), ns=(number * 10**9, number * 10**9))
    with gzip.open(path.with_name("accounting.2.gz"), "wb") as file:
        file.write(lines(2))
    os.utime(path.with_name("accounting.2.gz"), ns=(2 * 10**9, 2 * 10**9))
    path.write_bytes(lines(5))
    assert jobs(reader) == [3, 4, 5]


def test_a_mark_in_a_file_that_was_rotated_away(path: Path, reader: AccountingFile) -> None:
    mark = reader.mark()
    append(path, lines(3))
    path.rename(path.with_name("accounting.0"))
    path.write_bytes(lines(4))
    again = AccountingFile(str(path))
    assert again.open(mark)
    assert jobs(again) == [3, 4]
    path.with_name("accounting.0").unlink()
    third = AccountingFile(str(path))
    assert third.open(mark)
    assert jobs(third) == [4]


def copy_and_empty(path: Path, name: str, *, compressed: bool = False) -> None:
    """As logrotate's copytruncate does."""
    content = path.read_bytes()
    copy = path.with_name(name)
    copy.write_bytes(gzip.compress(content) if compressed else content)
    path.write_bytes(b"")


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("read_before", [False, True])
def test_emptied_more_than_once_between_two_readings(
    path: Path, reader: AccountingFile, *, read_before: bool, compressed: bool
) -> None:
    """The first copy goes on where we were, the later ones begin anew."""
    if read_before:
        append(path, lines(3))
        assert jobs(reader) == [3]
    suffix = ".gz" if compressed else ""
    for place, new in enumerate([(4, 5), (6,), (7, 8)]):
        append(path, lines(*new))
        copy_and_empty(path, f"accounting.{place}{suffix}", compressed=compressed)
    append(path, lines(9))
    assert jobs(reader) == [4, 5, 6, 7, 8, 9]
    assert jobs(reader) == []


def test_written_and_rotated_before_it_is_read_for_the_first_time(path: Path) -> None:
    """A new cell has no accounting file until its first job ends; what lay there before is not ours."""
    path.rename(path.with_name("accounting.9"))
    found = AccountingFile(str(path))
    assert not found.open()
    assert not found.changed()
    for place, new in enumerate([(3, 4), (5,)]):
        append(path, lines(*new))
        copy_and_empty(path, f"accounting.{place}")
    append(path, lines(6))
    assert jobs(found) == [3, 4, 5, 6]
    append(path, lines(7))
    assert jobs(found) == [7]


def test_a_file_of_before_beside_an_emptied_one_is_not_read(path: Path, reader: AccountingFile) -> None:
    """Its records are of other jobs, perhaps of the same numbers."""
    append(path, lines(3))
    old = path.with_name("accounting.9")
    old.write_bytes(lines(90, 91, 92, 93, 94, 95))
    before = path.stat().st_mtime - 60
    os.utime(old, (before, before))
    assert jobs(reader) == [3]
    append(path, lines(4))
    copy_and_empty(path, "accounting.0")
    append(path, lines(5))
    assert jobs(reader) == [4, 5]


def test_emptied_and_filled_beyond_where_a_reader_began(path: Path, reader: AccountingFile) -> None:
    copy_and_empty(path, "accounting.0")
    append(path, lines(3, 4, 5, 6))
    assert jobs(reader) == [3, 4, 5, 6]


@pytest.mark.parametrize("content", [b"", lines(9)])
def test_truncation(path: Path, reader: AccountingFile, content: bytes) -> None:
    path.write_bytes(content)
    assert reader.changed()
    assert jobs(reader) == ([9] if content else [])
    append(path, lines(10))
    assert jobs(reader) == [10]


def test_a_new_file_that_may_not_be_read(
    path: Path, reader: AccountingFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tight loop over a file that has always 'changed' and can never be opened would burn a processor."""
    path.rename(path.with_name("old"))
    path.write_bytes(lines(3))
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        assert reader.changed()
        assert jobs(reader) == []
        assert not reader.readable
        assert not reader.changed()
    assert reader.changed()
    assert jobs(reader) == [3]


def refuse(path: object, *_: object) -> int:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def test_a_file_that_may_not_be_read_is_no_news(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = AccountingFile(str(path))
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        assert not reader.open()
        assert not reader.changed()
        assert not reader.readable
        assert reader.mark() is None


def test_missing_then_there(tmp_path: Path) -> None:
    path = tmp_path / "accounting"
    reader = AccountingFile(str(path))
    assert not reader.open()
    assert not reader.changed()
    assert jobs(reader) == []
    path.write_bytes(lines(3))
    assert reader.changed()
    assert jobs(reader) == [3]
    assert reader.readable


def test_a_stale_handle_is_opened_anew(
    path: Path, reader: AccountingFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: object) -> os.stat_result:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    append(path, lines(3))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", stale)
        assert not reader.changed()
    assert not reader.readable
    assert reader.changed()
    assert 3 in jobs(reader)


def test_looking_back(path: Path, reader: AccountingFile) -> None:
    mark = reader.mark()
    append(path, lines(3, 4))
    assert [record.job for record in reader.look_back(mark, SINCE, every)] == []
    assert reader.read_new({99}.__contains__) == []
    assert [record.job for record in reader.look_back(mark, SINCE, every)] == [3, 4]
    append(path, lines(5))
    assert [record.job for record in reader.look_back(mark, SINCE, {3}.__contains__)] == [3]
    assert [record.job for record in reader.look_back(mark, SINCE, every, unread=True)] == [3, 4, 5]
    assert jobs(reader) == [5], "looking back moved on"
    assert [record.job for record in reader.look_back(None, SINCE, every, unread=True)] == [1, 2, 3, 4, 5]


def test_looking_back_and_ahead_over_a_rotation(path: Path, reader: AccountingFile) -> None:
    mark = reader.mark()
    append(path, lines(3))
    path.rename(path.with_name("accounting.0"))
    path.write_bytes(lines(4))
    assert [record.job for record in reader.look_back(mark, SINCE, every, unread=True)] == [3, 4]


def test_garbage_is_passed_over(path: Path, reader: AccountingFile) -> None:
    good = lines(3).split(b":")
    broken = b":".join([*good[:11], b"what", *good[12:]])
    append(path, b"\n\x00\xff\xfe\n:::\n# comment\n" + broken + b"x" * 100_000 + b"\n{\n" + lines(4))
    assert jobs(reader) == [4]
    assert reader.broken_lines == 1


def test_marks(path: Path) -> None:
    reader = AccountingFile(str(path))
    assert reader.mark() is None
    for mark in (Mark(0, 0), Mark(path.stat().st_ino, 10**9)):
        assert reader.open(mark)
        assert jobs(reader) == [1, 2]
    assert reader.open(Mark(path.stat().st_ino, path.stat().st_size))
    assert jobs(reader) == []
    assert reader.mark() == Mark(path.stat().st_ino, path.stat().st_size)


def test_tens_of_thousands_of_lines(path: Path) -> None:
    other = evidence.line(job=7)
    path.write_bytes(other * 20_000 + lines(8) + other * 20_000)
    reader = AccountingFile(str(path))
    reader.open(Mark(0, 0))
    assert [record.job for record in reader.read_new({8}.__contains__)] == [8]


def test_closed_for_good_and_no_descriptor_is_left(path: Path) -> None:
    for _ in range(20):
        reader = AccountingFile(str(path))
        reader.open()
        reader.look_back(Mark(0, 0), SINCE, every, unread=True)
        reader.close()
        append(path, lines(3))
        assert not reader.changed()
        assert jobs(reader) == []
        assert not reader.open()
        assert not reader.readable
    assert open_below(path.parent) == []


def test_lines_that_are_no_records_are_told_once(
    path: Path, reader: AccountingFile, caplog: pytest.LogCaptureFixture
) -> None:
    good = lines(7)
    append(path, good.replace(b":0:0:", b":0:x:", 1) + lines(8) + good.replace(b":1:", b":one:", 1) + good)
    assert jobs(reader)[-1] == 7
    assert reader.broken_lines >= 1
    told = [message for message in caplog.messages if "is passed over" in message]
    assert len(told) == 1
    assert str(path) in told[0]
