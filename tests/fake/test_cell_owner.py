"""A cell obeys its owner: no other user of the host runs something as him."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from fake_sge.qmaster.server import NotTheOwner, check_owner, socket_mode
from fake_sge.wire import connect, frame, receive

OTHER = 65534


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


@pytest.mark.parametrize(
    ("caller", "owner", "allowed"),
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
    assert answer == (b"j", b'{"error": "NotTheOwner: only the owner of the cell may control it"}')
    assert cell.jobs() == []
    submitted = as_another(frame(b"R", b"\0".join([*words, *variables])), cell)
    assert submitted[-1] == (b"x", b"0 0")
    assert len(cell.jobs()) == 1
