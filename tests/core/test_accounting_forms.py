"""Which accounting file is followed: the plain one, that of JSON lines, of both the one last written to."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from drmaa_cli.gridengine.accounting import parse_line
from drmaa_cli.system.accounting_log import AccountingFile, Mark
from tests.gridengine import captured

PLAIN = captured.case("qacct.j_exit1", "sge-daimh-8.1.x").accounting_lines[0]
JSON = captured.case("qacct.j_exit1", "ocs-9.1.4").accounting_lines[0]
SINCE = parse_line(PLAIN.encode()).submission_time - 86400
NOW = SINCE + 86400


def plain(*numbers: int) -> bytes:
    return b"".join(PLAIN.replace(":190:", f":{number}:", 1).encode() + b"\n" for number in numbers)


def in_json(*numbers: int) -> bytes:
    raw = json.loads(JSON)
    return b"".join(json.dumps({**raw, "job_number": number}).encode() + b"\n" for number in numbers)


def every(number: int) -> bool:
    return True


Write = Callable[[str, bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Append to a file; each time it is a second later."""
    clock = [NOW]

    def append(name: str, data: bytes) -> Path:
        path = tmp_path / name
        with path.open("ab") as file:
            file.write(data)
        clock[0] += 1
        os.utime(path, (clock[0], clock[0]))
        return path

    return append


@pytest.fixture
def follow(tmp_path: Path) -> Callable[[], AccountingFile]:
    return lambda: AccountingFile(f"{tmp_path}/accounting", f"{tmp_path}/accounting.jsonl")


Follow = Callable[[], AccountingFile]


def jobs(reader: AccountingFile) -> list[int]:
    return [record.job for record in reader.read_new(every)]


def test_json_lines_are_followed(write: Write, follow: Follow) -> None:
    write("accounting.jsonl", in_json(1, 2))
    reader = follow()
    assert reader.open()
    assert not reader.changed()
    write("accounting.jsonl", in_json(3, 4)[:-20])
    assert reader.changed()
    assert jobs(reader) == [3]
    assert not reader.changed()
    write("accounting.jsonl", in_json(4)[-20:])
    assert jobs(reader) == [4]
    assert Path(reader.path).name == "accounting.jsonl"


@pytest.mark.parametrize(("name", "lines"), [("accounting", plain), ("accounting.jsonl", in_json)])
def test_the_first_job_of_a_cell_makes_the_file(
    write: Write, follow: Follow, name: str, lines: Callable[..., bytes]
) -> None:
    reader = follow()
    assert not reader.open()
    assert not reader.readable
    assert not reader.changed()
    write(name, lines(1))
    assert reader.changed()
    assert jobs(reader) == [1]
    assert reader.readable


def test_the_file_last_written_to_counts(write: Write, follow: Follow) -> None:
    write("accounting", plain(1, 2))
    write("accounting.jsonl", in_json(3))
    reader = follow()
    reader.open()
    write("accounting.jsonl", in_json(4))
    assert jobs(reader) == [4]


def test_the_form_is_changed_while_it_is_followed(write: Write, follow: Follow) -> None:
    """An upgrade, or `old_accounting` of reporting_params: nothing is lost and nothing comes twice."""
    write("accounting", plain(1))
    reader = follow()
    reader.open()
    write("accounting", plain(2))
    write("accounting.jsonl", in_json(3))
    assert reader.changed()
    assert jobs(reader) == [2, 3]
    assert not reader.changed()
    write("accounting.jsonl", in_json(4))
    assert jobs(reader) == [4]
    write("accounting", plain(5))
    assert reader.changed()
    assert jobs(reader) == [5]
    write("accounting.jsonl", in_json(6))
    assert jobs(reader) == [6]
    assert not reader.changed()


def test_a_stale_file_beside_it_is_no_change(write: Write, follow: Follow, tmp_path: Path) -> None:
    write("accounting", plain(1))
    write("accounting.jsonl", in_json(2))
    reader = follow()
    reader.open()
    (tmp_path / "accounting.jsonl").rename(tmp_path / "accounting.jsonl.0")
    assert not reader.changed(), "moved away and not made anew yet"
    write("accounting.jsonl.0", in_json(3))
    write("accounting.jsonl", in_json(4))
    assert reader.changed()
    assert jobs(reader) == [3, 4]


def test_a_session_goes_on_after_the_form_was_changed(write: Write, follow: Follow) -> None:
    write("accounting", plain(1))
    before = follow()
    before.open()
    mark = before.mark()
    assert mark is not None
    write("accounting", plain(2))
    write("accounting.jsonl", in_json(3))
    after = follow()
    assert after.open(mark, SINCE)
    assert jobs(after) == [2, 3]
    assert after.mark() != mark


def test_rotated_json_lines(write: Write, follow: Follow, tmp_path: Path) -> None:
    first = write("accounting.jsonl", in_json(1))
    reader = follow()
    reader.open()
    mark = reader.mark()
    archive = tmp_path / "accounting.jsonl.0.gz"
    archive.write_bytes(gzip.compress(first.read_bytes() + in_json(2)))
    os.utime(archive, (NOW + 5, NOW + 5))
    first.unlink()
    write("accounting.jsonl", b"")
    write("accounting.jsonl", in_json(3))
    again = follow()
    again.open(Mark(mark.inode + 100000, mark.offset) if mark else None, SINCE)
    assert [job for job in jobs(again) if job > 1] == [2, 3]


def test_what_there_is(write: Write, follow: Follow, tmp_path: Path) -> None:
    assert follow().sample() == ((), ())
    write("accounting", plain(1))
    assert follow().sample() == (("accounting",), (plain(1)[:-1],))
    write("accounting.jsonl", in_json(2, 3)[:-5])
    assert follow().sample() == (("accounting", "accounting.jsonl"), (in_json(2)[:-1],))
    write("accounting.jsonl", in_json(3)[-5:] + in_json(*range(4, 400)))
    (_, lines) = follow().sample()
    assert [parse_line(line).job for line in lines] == list(range(400 - len(lines), 400))
    assert 20 < len(lines) < 396
