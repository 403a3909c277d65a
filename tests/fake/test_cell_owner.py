"""A cell obeys its owner: no other user of the host runs something as him."""

from __future__ import annotations

import contextlib
import os
import py_compile  # noqa: F401 who makes a cell needs it, and another user may not read this Python's library
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from fake_sge.errors import CellError
from fake_sge.qmaster.server import NotTheOwner, check_owner, socket_mode
from fake_sge.wire import connect, frame, receive
from tests.fake.kit import wait_for
from tests.tables import each_row

OTHER, ORDINARY = 65534, 64123


@pytest.fixture
def cell() -> Iterator[Cell]:
    """A cell in a directory that everybody may enter."""
    directory = Path(tempfile.mkdtemp(prefix="owner"))
    directory.chmod(0o755)
    with Cell(directory / "cell", login_shells=False) as made:
        yield made
    shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.slow
def test_only_roots_cell_serves_others(cell: Cell) -> None:
    assert socket_mode(0) == 0o777
    assert socket_mode(1000) == 0o600
    assert stat.S_IMODE(cell.layout.socket.stat().st_mode) == socket_mode(os.geteuid())


def lax(path: Path, owner: int) -> list[str]:
    """What others may write below a path or, in a cell that is not root's, reach at all."""
    found = []
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            told = os.lstat(f"{folder}/{name}")
            if stat.S_ISLNK(told.st_mode) or (stat.S_ISSOCK(told.st_mode) and owner == 0):
                continue
            if is_private(Path(folder, name), path):
                continue
            if told.st_mode & (0o022 if owner == 0 else 0o077 * (folder == str(path))):
                found.append(f"{stat.filemode(told.st_mode)} {folder}/{name}")
    return found


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_no_other_user_may_read_jobs_or_write_anything_whatever_the_umask(umask: int) -> None:
    """The journal and the orders have the values of variables; commands and snapshot are run and believed."""
    directory = Path(tempfile.mkdtemp(prefix="umask"))
    directory.chmod(0o777)
    before = os.umask(umask)
    try:
        with Cell(directory / "new" / "cell", login_shells=False) as cell:
            words = ["-terse", "-b", "y", "-o", "/dev/null", "-v", "SECRET=tops3cret", "/bin/sleep", "600"]
            cell.run("qsub", *words)
            wait_for(lambda: any(directory.rglob("order")))
            assert lax(directory / "new" / "cell", os.geteuid()) == []
            secrets = [
                path for path in directory.rglob("*") if path.is_file() and b"tops3cret" in path.read_bytes()
            ]
            assert {path.name for path in secrets} >= {"order", "journal.0"}
            assert all(is_private(path, directory) for path in secrets)
    finally:
        os.umask(before)
        shutil.rmtree(directory, ignore_errors=True)


def is_private(path: Path, top: Path) -> bool:
    """Whether others cannot read a file, or not get to it."""
    folders = [folder for folder in path.parents if top in folder.parents]
    return not path.stat().st_mode & 0o077 or any(not folder.stat().st_mode & 0o077 for folder in folders)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize("umask", [0o000, 0o022])
@pytest.mark.parametrize("made", ["by the cell", "before"])
def test_nothing_of_an_ordinary_users_cell_can_be_read_or_used_by_others(umask: int, made: str) -> None:
    directory = Path(tempfile.mkdtemp(prefix="ordinary"))
    directory.chmod(0o777)
    place = directory / "cell"
    if made == "before":
        place.mkdir(mode=0o755)
        os.chown(place, ORDINARY, ORDINARY)
    try:
        assert as_user(ORDINARY, lambda: made_with(umask, place)) == 0
        assert (place / "cell.json").stat().st_uid == ORDINARY
        search = ["find", place, "-mindepth", "1", "(", "-readable", "-o", "-writable", ")"]
        found = subprocess.run(
            search, user=OTHER, group=OTHER, extra_groups=[], capture_output=True, check=False
        )
        assert found.stdout == b""
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_who_would_control_another_users_cell_is_told_so() -> None:
    directory = Path(tempfile.mkdtemp(prefix="ordinary"))
    directory.chmod(0o777)
    place = directory / "cell"
    try:
        assert as_user(ORDINARY, lambda: made_with(0o022, place)) == 0
        assert as_user(ORDINARY, lambda: bool(Cell(place).stop())) == 0
        assert as_user(OTHER, lambda: is_refused(place)) == 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def is_refused(place: Path) -> bool:
    """Whether all that controls the cell of a directory says that it is another user's; some did nothing."""
    cell = Cell(place)
    controls = (cell.stop_qmaster, cell.kill_qmaster, cell.start_qmaster, cell.stop, cell.status, cell.create)
    said = []
    for control in controls:
        try:
            control()
        except CellError as error:
            said.append(str(error) == f"the cell in {place} is another user's")
    return len(said) == len(controls) and all(said)


def made_with(umask: int, place: Path) -> bool:
    """Make the files of a cell; False when that is done."""
    os.umask(umask)
    Cell(place).create()
    return False


def as_user(user: int, wrong: Callable[[], bool]) -> int:
    """Ask something in a process of another user: 0 for False."""
    pid = os.fork()
    if not pid:
        try:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            os._exit(wrong())
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@each_row(
    "caller, owner, allowed",
    [(1000, 1000, True), (0, 1000, True), (0, 0, True), (1001, 1000, False), (1000, 0, False)],
)
def test_who_is_the_owner(caller: int, owner: int, allowed: bool) -> None:
    if allowed:
        check_owner(caller, owner, "test")
    else:
        with pytest.raises(NotTheOwner, match="only the owner of the cell may test"):
            check_owner(caller, owner, "test")


def as_another(request: bytes, cell: Cell) -> list[tuple[bytes, bytes]]:
    """What a cell answers a process of another user."""
    os.seteuid(OTHER)
    try:
        line = connect(os.fsencode(cell.layout.socket.parent))
    finally:
        os.seteuid(0)
    frames = []
    with contextlib.closing(line):
        line.sendall(request)
        while not frames or frames[-1][0] in b"oe":
            frames.append(receive(line))
    return frames


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.slow
def test_another_user_is_nobody_else_in_roots_cell(cell: Cell) -> None:
    words = [b"/", b"18", b"0", b"5", b"qsub", b"-h", b"-b", b"y", b"true"]
    variables = [f"{name}={value}".encode() for name, value in cell.variables.items()]
    request = b"\0".join([*words, *variables, b"FAKE_SGE_USER=root"])
    refusal = b"fake_sge: only the owner of the cell may be another user by FAKE_SGE_USER\n"
    assert as_another(frame(b"R", request), cell) == [(b"e", refusal), (b"x", b"1 0")]
    (answer,) = as_another(frame(b"C", b'{"call": "status"}'), cell)
    assert answer == (b"j", b'{"error": "only the owner of the cell may control it"}')
    assert cell.jobs() == []
    submitted = as_another(frame(b"R", b"\0".join([*words, *variables])), cell)
    assert submitted[-1] == (b"x", b"0 0")
    assert len(cell.jobs()) == 1
