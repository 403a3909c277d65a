"""Programs in Python without its start: processes that are forked off one in which all is loaded already.

Ten to twenty times as cheap as a start. Not for what is decided when Python starts or a module is loaded:
``PYTHON...`` variables, the locale, what is loaded when; a request with others than usual is refused.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from _pytest.config import default_plugins
from pexpect.fdpexpect import fdspawn

from tests.conftest import CACHE, CLEARED
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
USUAL = {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
DECIDED = ("PYTHON", "LC_")  # when Python starts; LC_ALL goes before LANG
OF_PYTEST = tuple(f"_pytest.{plugin}" for plugin in default_plugins)
OF_MANY = ("asyncio", "concurrent.futures.thread", "lxml.etree", "sqlite3", "subprocess")  # and not of ours


def usual(env: Mapping[str, str]) -> dict[str, str]:
    """An environment in which programs can be forked, otherwise like another one."""
    return {**{name: value for name, value in env.items() if not name.startswith(DECIDED)}, **USUAL}


def can_be_forked(env: Mapping[str, str]) -> bool:
    """Whether a program is the same in this environment when it is forked; PYTHONPATH may have more first."""
    odd = {
        name
        for name in {*env, *USUAL}
        if name.startswith(DECIDED) and name != "PYTHONDONTWRITEBYTECODE" and env.get(name) != USUAL.get(name)
    }
    return not odd or (odd == {"PYTHONPATH"} and env.get("PYTHONPATH", "").endswith(f"{os.pathsep}{ROOT}"))


def check(env: Mapping[str, str]) -> None:
    """Raises ValueError if a program cannot be forked."""
    if not can_be_forked(env):
        raise ValueError("what an environment decides when Python starts needs a start")


class Program:
    """A program that runs: who it is, and how it ends.

    Attributes:
        pid: of its process, which is no child of this one.
        returncode: its exit code, or the signal that ended it as a negative number, once that was asked for.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        directory: str | os.PathLike[str],
        files: Sequence[int],
        *,
        terminal: bool = False,
        loaded: tuple[str, ...] = (),
    ) -> None:
        self.returncode: int | None = None
        words = {"argv": list(argv), "env": dict(env), "directory": str(directory), "terminal": terminal}
        self._end = server(loaded).begin(words, files)
        self.pid = int(self._end.readline())

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float = PATIENCE) -> int:
        """How it ends."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return code

    def _ended(self, timeout: float) -> int | None:
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._end, selectors.EVENT_READ)
                if selector.select(timeout):
                    self.returncode = int(self._end.readline())
                    self._end.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Forked(Program):
    """A program with pipes for texts, as :class:`subprocess.Popen`."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        directory: str | os.PathLike[str],
        loaded: tuple[str, ...] = (),
    ) -> None:
        check(env)
        files: list[int] = []
        self.stdin, self.stdout, self.stderr = (piped(files, mode) for mode in "wrr")
        super().__init__(argv, env, directory, files, loaded=loaded)

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def communicate(self, text: str = "", timeout: float = PATIENCE) -> tuple[str, str]:
        """Give it its standard input; all that it printed, when it has ended."""
        until = time.monotonic() + timeout
        said = {self.stdout: "", self.stderr: ""}

        def listen(stream: IO[str]) -> None:
            for line in stream:
                said[stream] += line

        readers = [threading.Thread(target=listen, args=[stream], daemon=True) for stream in said]
        for reader in readers:
            reader.start()
        with contextlib.suppress(BrokenPipeError):
            self.stdin.write(text)
            self.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()
        for reader in readers:
            reader.join(max(until - time.monotonic(), 0))
            if reader.is_alive():
                printed = "".join(said.values())
                raise subprocess.TimeoutExpired(f"process {self.pid}, which printed {printed!r}", timeout)
        self.wait(max(until - time.monotonic(), 0.1))
        return said[self.stdout], said[self.stderr]

    def close(self) -> None:
        """End it, if it has not ended, and leave nothing open."""
        self.kill()
        self.wait()
        for stream in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def piped(files: list[int], mode: str) -> IO[str]:
    """Our end of a pipe; the other one is added to those of the program."""
    reading, writing = os.pipe()
    files.append(reading if mode == "w" else writing)
    return os.fdopen(writing if mode == "w" else reading, mode)


class Terminal(fdspawn):  # type: ignore[misc]  # has no types
    """A program at a terminal of its own, as :class:`pexpect.spawn`; its end is known when it is closed."""

    exitstatus: int | None

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        directory: str | os.PathLike[str],
        lines: int,
        columns: int,
    ) -> None:
        check(env)
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        files = [theirs, os.dup(theirs), os.dup(theirs)]
        self.program = Program(argv, env, directory, files, terminal=True)
        super().__init__(ours, encoding="utf-8", timeout=PATIENCE)
        self.delaybeforesend = None

    def __del__(self) -> None:
        if not self.closed:
            self.program.kill()
            self.close()

    def sendintr(self) -> None:
        """Press ctrl-C."""
        self.send("\x03")

    def kill(self, number: int) -> None:
        """Send the program a signal."""
        self.program.send_signal(number)

    def close(self) -> None:
        """Hang up; the exit code is that of who has ended by himself."""
        if not self.closed:
            super().close()
            code = self.program.wait()
            self.exitstatus = code if code >= 0 else None


class Server:
    """The process that forks, one for all processes of a test run: :mod:`tests.fork_server`."""

    def __init__(self, modules: Sequence[str]) -> None:
        place = Path(os.environ[CACHE], f"fork-{zlib.crc32(repr((sys.prefix, *modules)).encode()):x}")
        self._ours = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                self._ours.connect(str(place))
            except (FileNotFoundError, ConnectionRefusedError):  # nobody was there yet, or is no more
                place.unlink(missing_ok=True)
                begin(place, modules)
                self._ours.connect(str(place))
        atexit.register(self.end)

    def begin(self, words: Mapping[str, object], files: Sequence[int]) -> IO[str]:
        """Have a program begun; where its process's number is told, and then how it ended."""
        reading, writing = os.pipe()
        with tempfile.TemporaryFile() as request:
            request.write(json.dumps(words).encode())
            request.flush()
            request.seek(0)
            socket.send_fds(self._ours, [b"r"], [request.fileno(), *files, writing])
        for file in (*files, writing):
            os.close(file)
        return os.fdopen(reading)

    def end(self) -> None:
        """No more programs for this process; those that run go on."""
        self._ours.close()


def begin(place: Path, modules: Sequence[str]) -> None:
    """Have a server begun; it listens. It is of no cell: who ends one looks for processes that are."""
    env = {name: value for name, value in usual(os.environ).items() if not name.startswith(CLEARED)}
    subprocess.run(
        [sys.executable, "-m", "tests.fork_server", str(place), *modules],
        env={**env, "OPENBLAS_NUM_THREADS": "1"},  # of threads none is forked
        cwd=ROOT,
        check=True,
    )


def modules() -> list[str]:
    """What is loaded before any program: all of ours that needs no extra, and what functions of it import."""
    paths = sorted(path.relative_to(ROOT) for path in (ROOT / "drmaa_cli").rglob("[a-z]*.py"))
    ours = [".".join(path.with_suffix("").parts) for path in paths if not path.match("cli/top/*")]
    left_out = ("drmaa_cli.compat", "drmaa_cli.submitit_plugin", "drmaa_cli.futures", "drmaa_cli.cli.top")
    rooms = [name for name in ours if not name.startswith(left_out)]
    return [*rooms, "lxml.etree", "rich.live", "rich.progress", "rich.table"]


@functools.cache
def server(loaded: tuple[str, ...] = ()) -> Server:
    """One for each set of modules, started when it is first needed; without any, that of all of ours."""
    return Server(loaded or modules())


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | os.PathLike[str],
    input: str = "",  # noqa: A002  as subprocess.run names it
    timeout: float = PATIENCE,
    loaded: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end: ``-m MODULE WORDS...``, ``-c TEXT WORDS...`` or ``FILE WORDS...``.

    ``loaded``: the modules that are loaded before, instead of all of ours.
    """
    program = Forked(argv, env, cwd, loaded)
    try:
        out, err = program.communicate(input, timeout)
        return subprocess.CompletedProcess(list(argv), program.wait(), out, err)
    finally:
        program.close()


def run_pytest(
    words: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """``python -m pytest WORDS...``: it loads drmaa_cli and fake_sge itself, as a program does."""
    return run(["-m", "pytest", *words], env=env, cwd=cwd, timeout=timeout, loaded=OF_PYTEST + OF_MANY)
