"""``python -m tests.fork_server PATH MODULE...``: loads modules, and becomes each program it is asked for.

It returns when it listens at the path, and goes on in the background until nobody is connected any more.

A program that a test runs is a process of its own, but most of what it costs is the start of Python and the
loading of modules. Here that is done once: for each program this process forks. What begins with the start of
Python (another locale, what is loaded when) is to be tested with a start; see :mod:`tests.forked`.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import termios
import threading
import time
from types import FrameType, ModuleType
from typing import Any, NamedTuple, NoReturn

UNASKED_SECONDS = 60.0
"""How long it is there for nobody."""
OURS = 3  # the descriptors of a request: standard input, output, error; then where its end is told


class Program(NamedTuple):
    """What this process has become."""

    argv: list[str]
    env: dict[str, str]
    directory: str
    terminal: bool
    files: list[int]


def ignored(_number: int, _frame: FrameType | None) -> None:
    """A child has ended: that wakes the loop, and is no more than that."""


class Server:
    """Forks for each request; tells who asked how each of its programs ends.

    Args:
        listening: where the processes of a test run connect. A request of one is a packet, with its words in
            the first of five files.
    """

    def __init__(self, listening: socket.socket) -> None:
        self.listening = listening
        self.connections: list[socket.socket] = []
        self.ends: dict[int, int] = {}
        self.woken, self.waker = socket.socketpair()
        self.woken.setblocking(False)
        self.waker.setblocking(False)

    def serve(self) -> Program | None:
        """In each process that was asked for: which program it is. Here: None, when nobody asks any more."""
        signal.signal(signal.SIGCHLD, ignored)
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self.listening, selectors.EVENT_READ)
            selector.register(self.woken, selectors.EVENT_READ)
            while True:
                ready = {
                    key.fileobj for key, _ in selector.select(None if self.connections else UNASKED_SECONDS)
                }
                if self.woken in ready:
                    with contextlib.suppress(BlockingIOError):
                        self.woken.recv(4096)
                    self.tell_ends()
                elif not ready and not self.connections:
                    return None
                if self.listening in ready:
                    self.connections.append(self.listening.accept()[0])
                    selector.register(self.connections[-1], selectors.EVENT_READ)
                for connection in ready.intersection(self.connections):
                    _, files, _, _ = socket.recv_fds(connection, 1, OURS + 2)
                    if files:
                        program = self.begun(files)
                        if program is not None:
                            return program
                        continue
                    selector.unregister(connection)
                    self.connections.remove(connection)
                    connection.close()
                    if not self.connections:
                        return None

    def begun(self, files: list[int]) -> Program | None:
        """Fork: in the new process, what it is to be."""
        with os.fdopen(files.pop(0), "rb") as request:
            words = json.load(request)
        end = files.pop()
        child = os.fork()
        if child:
            for file in files:
                os.close(file)
            self.ends[child] = end
            os.write(end, b"%d\n" % child)
            return None
        os.close(end)
        for told in self.ends.values():
            os.close(told)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for unneeded in (self.listening, *self.connections, self.woken, self.waker):
            unneeded.close()
        return Program(**words, files=files)

    def tell_ends(self) -> None:
        """Say of each program that has ended how it did."""
        with contextlib.suppress(ChildProcessError):
            while True:
                child, status = os.waitpid(-1, os.WNOHANG)
                if not child:
                    return
                end = self.ends.pop(child)
                with contextlib.suppress(BrokenPipeError):  # who asked may not want to know
                    os.write(end, b"%d\n" % os.waitstatus_to_exitcode(status))
                os.close(end)


def opened(number: int, name: str, mode: str) -> Any:
    """A standard stream of this process as Python opens it when it starts."""
    like = getattr(sys, name)
    raw: Any = io.FileIO(number, mode, closefd=False)
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    raw.name = f"<{name}>"
    lines = os.isatty(number) or name == "stderr"
    stream = io.TextIOWrapper(buffer, like.encoding, like.errors, line_buffering=lines)
    stream.mode = mode  # type: ignore[misc]  # as Python sets it
    return stream


def become(program: Program) -> None:
    """Be as a process is whose Python has just started, and run the program; returns or raises as it does."""
    if program.terminal:
        os.setsid()
        fcntl.ioctl(program.files[0], termios.TIOCSCTTY, 0)
    for number, file in enumerate(program.files):
        os.dup2(file, number)
        os.close(file)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        stream = opened(number, name, mode)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.environ.clear()
    os.environ.update(program.env)
    time.tzset()
    os.chdir(program.directory)
    sys.path[1:2] = program.env["PYTHONPATH"].split(os.pathsep)
    option, *words = program.argv
    if option == "-m":
        sys.path[0] = program.directory
        sys.argv = words
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    elif option == "-c":
        sys.path[0] = ""
        sys.argv = ["-c", *words[1:]]
        sys.modules["__main__"] = module = ModuleType("__main__")
        exec(compile(words[0], "<string>", "exec"), module.__dict__)
    else:
        sys.path[0] = os.path.dirname(option)  # noqa: PTH120  as Python does it
        sys.argv = program.argv
        runpy.run_path(option, run_name="__main__")


def leave(code: int) -> NoReturn:
    """End as Python does, but for taking each of a thousand modules to pieces."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  as multiprocessing ends its own
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    path, *modules = sys.argv[1:]
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(path)
        listening.listen()
        if os.fork():
            os._exit(0)
        program = Server(listening).serve()
    if program is None:
        return
    try:
        become(program)
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise  # a text is printed
        leave(end.code & 0xFF)
    leave(0)


if __name__ == "__main__":
    main()
