"""Archives of what is sent over ssh: read whole, and nowhere but below their place."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.system.transfer import Meter, members, pack, unpack


def archive(*entries: tarfile.TarInfo) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for entry in entries:
            made.addfile(entry, io.BytesIO(bytes(entry.size)))
    stream.seek(0)
    return stream


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    about = tarfile.TarInfo(name)
    about.type, about.linkname, about.mode = kind, link, 0o755
    return about


TOP = entry(".", tarfile.DIRTYPE)


OUTSIDE = "is not below what was asked for"


@pytest.mark.parametrize(
    ("evil", "text"),
    [
        ([entry("../evil")], OUTSIDE),
        ([entry("/tmp/evil")], OUTSIDE),
        ([entry("./a/../../evil")], OUTSIDE),
        ([entry("./link", tarfile.SYMTYPE, "/tmp"), entry("./link/evil")], OUTSIDE),
        ([entry("./link", tarfile.SYMTYPE, ".."), entry("./link/evil", tarfile.DIRTYPE)], OUTSIDE),
        ([entry("./hard", tarfile.LNKTYPE, "/etc/passwd")], "a link to '/etc/passwd'"),
        ([entry("./hard", tarfile.LNKTYPE, "../x")], "a link to '../x'"),
        ([entry("./device", tarfile.CHRTYPE)], "neither a file, a directory nor a link"),
        ([entry("./unknown/file")], OUTSIDE),
    ],
    ids=range(9),
)
def test_archives_that_reach_elsewhere(tmp_path: Path, evil: list[tarfile.TarInfo], text: str) -> None:
    (tmp_path / "x").write_text("other")
    with pytest.raises(ValueError, match=text):
        unpack(archive(TOP, *evil), tmp_path / "stage", Meter(0, None))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stage", "x"]
    assert not list((tmp_path / "stage").rglob("evil"))


def test_an_archive_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not one of a directory"):
        unpack(archive(entry(".")), tmp_path / "stage", Meter(0, None))
    assert not list(tmp_path.iterdir())


def test_a_member_that_is_there_already(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        unpack(
            archive(TOP, entry("./link", tarfile.SYMTYPE, "/tmp/x"), entry("./link")),
            tmp_path / "s",
            Meter(0, None),
        )


def test_hard_links_stay_files(tmp_path: Path) -> None:
    unpack(archive(TOP, entry("./a"), entry("./b", tarfile.LNKTYPE, "./a")), tmp_path / "s", Meter(0, None))
    assert (tmp_path / "s" / "b").is_file()


@given(st.data())
def test_an_archive_cut_at_any_byte_leaves_no_half_file_unseen(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    (folder / "from").mkdir()
    (folder / "from" / "file").write_bytes(b"x" * 700)
    stream = io.BytesIO()
    pack(members(folder / "from"), ".", stream, Meter(0, None))
    whole = stream.getvalue()
    stream.seek(0)
    with tarfile.open(fileobj=stream) as made_of:
        _, file, last = made_of
    end = data.draw(st.integers(0, len(whole) - 1))
    made = folder / "to" / "file"
    if end < file.offset or file.offset_data <= end < last.offset:
        with pytest.raises(EOFError):
            unpack(io.BytesIO(whole[:end]), folder / "to", Meter(0, None))
        return
    unpack(io.BytesIO(whole[:end]), folder / "to", Meter(0, None))
    if end < last.offset:  # who packs puts a last member behind all others: here it is missing
        assert not made.exists()
    else:
        assert made.read_bytes() == b"x" * 700


def test_a_file_that_becomes_shorter(tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(bytes(1000))
    found = members(source)
    source.write_bytes(bytes(10))
    with pytest.raises(OSError, match="unexpected end"):
        pack(found, "x", io.BytesIO(), Meter(0, None))
