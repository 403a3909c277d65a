"""The qmaster process of a cell."""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from ..execution.processes import call_process
from ..launch import command
from ..layout import Layout
from ..lighter import Any
from ..options import CellOptions
from .journal import StoreError
from .log import log
from .qmaster import Qmaster
from .server import Server

PORT = "6444"
MOST_CALLED = ("qsub", "qstat")
LOOK = 3.0  # seconds between looks for shepherds that died without a word


class AlreadyRunning(Exception):
    """Another daemon serves this cell."""


def take_lock(layout: Layout) -> int:
    """Make sure that this is the cell's only daemon. Raises AlreadyRunning."""
    handle_ = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle_, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.read(handle_, 32).decode().strip()
        os.close(handle_)
        raise AlreadyRunning(f"a qmaster (pid {pid or '?'}) already serves {layout.directory}") from error
    os.ftruncate(handle_, 0)
    os.write(handle_, f"{os.getpid()}\n".encode())
    return handle_


def _import_commands(qmaster: Qmaster) -> None:
    """Have the commands at hand that nearly all callers ask for; the others are loaded when they are called.

    Under the cell's lock, as whatever else loads a module here: two threads that import at the same time
    can see half of a module (Python up to 3.11).
    """
    for tool in MOST_CALLED:
        with qmaster.lock:
            if qmaster.stopping:
                return
            try:
                importlib.import_module(f"fake_sge.commands.{tool}")
            except ModuleNotFoundError as error:
                log.error("no command %s: %s", tool, error)
        time.sleep(0.001)  # who waits for the lock has it next


def _compile_client(qmaster: Qmaster) -> None:
    """Have the cell's commands faster from the moment on when their client is compiled."""
    layout = qmaster.layout
    with qmaster.lock:  # as for _import_commands()
        from .. import compiled  # noqa: PLC0415 nobody waits for it

        if compiled.found() or not compiled.is_wanted():
            return
        from ..install import use_compiled_client  # noqa: PLC0415
    try:
        compiler = subprocess.Popen(
            command(layout, "fake-compiler"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        compiler.wait()
        use_compiled_client(layout)
    except OSError as error:
        log.warning("the client stays in Python: %s", error)


def _control(qmaster: Qmaster, question: dict[str, Any]) -> Any:
    from .admin import handle  # noqa: PLC0415 a daemon starts faster without

    return handle(qmaster, question)


def serve(layout: Layout, ready: int) -> int:
    """Run until asked to stop; ``ready`` is a pipe that gets ``ok`` or the reason why not."""
    os.umask(0o022)  # as a real one's, whoever has started it
    log.open(layout.log)
    try:
        lock = take_lock(layout)
        options = CellOptions.from_json(json.loads(layout.settings.read_text()))
        qmaster = Qmaster(layout, options, PORT)
        with qmaster.lock:
            qmaster.recover()
        server = Server(qmaster, _control)
        server.listen()
    except (AlreadyRunning, StoreError, OSError, ValueError) as error:
        log.error("%s", error)
        os.write(ready, f"{error}".encode())
        os.close(ready)
        return 1
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)  # works whichever thread the kernel picks for the signal
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        os.write(ready, b"ok")
    except BrokenPipeError:
        log.error("whoever has started this qmaster is gone")
        return 1
    os.close(ready)
    log.info("qmaster serves %s", layout.directory)
    with qmaster.lock:
        qmaster.attempt("execd", qmaster.execd.start)  # nobody has to wait for it
    threading.Thread(target=_import_commands, args=(qmaster,), daemon=True).start()
    threading.Thread(target=_compile_client, args=(qmaster,), daemon=True).start()
    worker = threading.Thread(target=run, args=(qmaster,))
    worker.start()
    os.read(reading, 1)
    server.close()
    with qmaster.lock:
        qmaster.stopping = True
        qmaster.changed.notify_all()
    worker.join()
    qmaster.execd.stop()
    os.close(lock)
    return 0


def run(qmaster: Qmaster) -> None:
    """The main loop: whatever is due, when it is due."""
    look_at = time.monotonic() + LOOK
    while not qmaster.stopping:
        with qmaster.lock:
            qmaster.tick()
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK
                qmaster.attempt("look", qmaster.look)
            if not qmaster.stopping:
                qmaster.changed.wait(max(0.005, qmaster.pause()))
    with qmaster.lock:
        qmaster.changed.notify_all()
        qmaster.snapshot()
        qmaster.store.close()


def main(arguments: Sequence[str]) -> int:
    """``DIRECTORY PIPE``."""
    call_process("fake-qmaster")
    if b"\0LC_CTYPE=" not in b"\0" + Path("/proc/self/environ").read_bytes():
        os.environ.pop("LC_CTYPE", None)  # set by Python itself (PEP 538): jobs would inherit it
    return serve(Layout(Path(arguments[0])), int(arguments[1]))
