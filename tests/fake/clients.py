"""Both clients of the fake's commands, in C and in Python, and a stand-in for the qmaster that they call."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pytest

from fake_sge import compiled
from fake_sge.cell import Cell
from fake_sge.wire import frame, receive
from tests.conftest import CACHE, REQUIRE_REAL_CELL
from tests.patience import PATIENCE

CLIENTS = ("compiled", "python")
MAGIC = b"\x7fELF"


@contextlib.contextmanager
def cells_have(client: str) -> Iterator[None]:
    """Cells that are made meanwhile have this client; skips without a compiler, unless all must run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", os.environ[CACHE] if client == "compiled" else "/dev/null")
        if client == "compiled" and compiled.found() is None:
            require_compiler()
            pytest.fail("the client was not compiled")
        yield


def require_compiler() -> str:
    """The C compiler; skips where there is none, unless all tests must run."""
    path = compiled.compiler()
    if path is None:
        if os.environ.get(REQUIRE_REAL_CELL):
            pytest.fail("no C compiler")
        pytest.skip("no C compiler here")
    return path


def client_of(cell: Cell) -> str:
    """Which client a cell has."""
    text = (cell.path / "qsub").read_text()
    return "python" if cell.layout.python_client.name in text else "compiled"


class StandIn:
    """Listens where the qmaster of a cell would, and says what it is told to."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.line: socket.socket | None = None
        directory = os.open(cell.layout.socket.parent, os.O_RDONLY)
        self.listener.bind(f"/proc/self/fd/{directory}/{cell.layout.socket.name}")
        os.close(directory)
        self.listener.listen()
        self.listener.settimeout(120)

    def __enter__(self) -> StandIn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()
        self.listener.close()

    def start(self, *command: str | bytes, **options: object) -> subprocess.Popen[bytes]:
        """Start a command of the cell; what it prints is caught unless said otherwise."""
        own = os.fsencode(self.cell.path / os.fsdecode(command[0]))
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        values: dict[str, object] = {"env": self.cell.env, **given, **options}
        return subprocess.Popen([own, *command[1:]], **values)  # type: ignore[call-overload, no-any-return]

    def accept(self) -> bytes:
        """Take a command's call: working directory, umask, is it a terminal, words, environment."""
        self.line, _ = self.listener.accept()
        self.line.settimeout(120)
        kind, data = self.receive()
        assert kind == b"R"
        return data

    def receive(self) -> tuple[bytes, bytes]:
        """The next message of the command."""
        assert self.line is not None
        return receive(self.line)

    def send(self, *messages: tuple[bytes, bytes]) -> None:
        """Messages for the command."""
        self.send_raw(b"".join(frame(kind, data) for kind, data in messages))

    def pour(self, *messages: tuple[bytes, bytes]) -> None:
        """More than sockets and pipes hold; on its way while the test goes on."""
        threading.Thread(target=self.send, args=messages, daemon=True).start()

    def send_raw(self, data: bytes) -> None:
        """Bytes for the command."""
        assert self.line is not None
        self.line.sendall(data)

    def hang_up(self) -> None:
        """End the connection."""
        if self.line is not None:
            self.line.close()
            self.line = None


def words_of(call: bytes) -> list[bytes]:
    """The command line in a call."""
    fields = call.split(b"\0")
    return fields[4 : 4 + int(fields[3])]


def variables_of(call: bytes) -> dict[bytes, bytes]:
    """The environment in a call; each name was given once."""
    fields = call.split(b"\0")
    pairs = [item.partition(b"=") for item in fields[4 + int(fields[3]) :]]
    found = {name: value for name, _, value in pairs}
    assert len(found) == len(pairs)
    return found


def environment(cell: Cell, more: Mapping[str, str]) -> dict[str, str]:
    """A small environment in which a cell's commands work."""
    return {"PATH": os.defpath, **cell.variables, **more}


def through_shell(
    cell: Cell, text: str, cwd: Path, words: Sequence[str] = ()
) -> subprocess.CompletedProcess[bytes]:
    """A line of shell in a cell; what it prints."""
    return subprocess.run(
        ["/bin/bash", "-c", text, "bash", *words],
        cwd=cwd,
        env=cell.env,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(name="cell", params=CLIENTS)
def files_of_a_cell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cell]:
    """The files of a cell that does not run, with each client."""
    with cells_have(request.param):
        made = Cell(tmp_path / "cell")
        made.create()
        assert client_of(made) == request.param
        yield made


@pytest.fixture(name="qmaster")
def stand_in(cell: Cell) -> Iterator[StandIn]:
    """What the cell's commands call."""
    with StandIn(cell) as made:
        yield made
