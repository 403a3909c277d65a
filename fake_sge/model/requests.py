"""The call of a tool and its answer: Request, Reply, and what ends a call early."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import PurePath

from ..lighter import NamedTuple, record
from .flavours import SGE, Flavour
from .operations import Actor


def _no_output(_out: bytes, _err: bytes) -> None:
    raise RuntimeError("this request cannot emit output early")


def encode(text: str) -> bytes:
    """The bytes of text that was decoded with ``os.fsdecode``."""
    return text.encode("utf-8", "surrogateescape")


def _no_stdin() -> bytes:
    return b""


@record
class Request:
    """One call of a tool, as its client process saw the world.

    ``argv[0]`` is the tool's base name. Strings are decoded with ``os.fsdecode``. ``host`` is the
    host the call is made on (the cell's host unless a test says otherwise).
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    user: str
    uid: int
    group: str
    gid: int
    host: str = "localhost"
    umask: int = 0o022
    flavour: Flavour = SGE
    stdout_is_tty: bool = False
    read_stdin: Callable[[], bytes] = _no_stdin  # all of stdin, read once, on demand
    emit: Callable[[bytes, bytes], None] = _no_output  # emit(out, err): send output at once

    def resolve(self, path: str) -> str:
        """An absolute path for one given by the user (``os.path.join`` with the client's cwd)."""
        return str(PurePath(self.cwd, path))

    @property
    def sge_root(self) -> str:
        """$SGE_ROOT, "" when unset."""
        return self.env.get("SGE_ROOT", "")

    @property
    def common_dir(self) -> str:
        """$SGE_ROOT/$SGE_CELL/common (act_qmaster, accounting, sge_request, sge_qstat ...)."""
        return f"{self.sge_root}/{self.env.get('SGE_CELL') or 'default'}/common"

    @property
    def home(self) -> str:
        """$HOME, "" when unset (where ~/.sge_request is looked for)."""
        return self.env.get("HOME", "")


class Reply(NamedTuple):
    """What the tool prints and its exit code; ``signal`` set: the tool dies of it instead (qalter)."""

    code: int = 0
    out: bytes = b""
    err: bytes = b""
    signal: int = 0

    @classmethod
    def of_text(cls, code: int, out: str = "", err: str = "", signal: int = 0) -> Reply:
        """The same of texts that were decoded with ``os.fsdecode``."""
        return cls(code, encode(out), encode(err), signal)


class RunByClient(Exception):
    """Raised by a command that the caller's own process has to carry out; the text says which part."""


class Unreachable(enum.Enum):
    """Why there is no qmaster."""

    REFUSED = "refused"  # got select error (Connection refused)
    UNRESOLVABLE = "unresolvable"  # act_qmaster names an unknown host
    SILENT = "silent"  # accepts and never answers: the tools' own time-outs


class QmasterUnreachable(Exception):
    """Raised by every question to a qmaster that does not answer.

    ``host`` and ``port`` are what the tools print: the name in act_qmaster, $SGE_QMASTER_PORT.
    """

    def __init__(self, kind: Unreachable, host: str, port: str) -> None:
        super().__init__(f"no qmaster: {kind.value}")
        self.kind = kind
        self.host = host
        self.port = port


class ClientSignal(Exception):
    """The client process got a signal, or is gone (``signal`` 9)."""

    def __init__(self, signal: int) -> None:
        super().__init__(f"client got signal {signal}")
        self.signal = signal


def actor_of(request: Request) -> Actor:
    """The caller of a request."""
    return Actor(request.user, request.uid, request.group, request.gid, request.host)
