"""The user's editor on a text, as qconf starts it: ``$EDITOR`` with a temporary file (real cell)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from ...model.requests import ClientSignal, Request
from ..interface.caller import as_caller
from ..interface.qmaster_interface import QmasterInterface
from .refusal import ChangeRefused

_NOT_STARTED = 1  # what is told as the exit code of an editor that cannot be started
_FAILED = "edit failed"
_LOOK = 0.2  # seconds between two looks whether the caller is still there


class Edited(NamedTuple):
    """What the editor left.

    Attributes:
        text: the file's contents.
        file: its name, for messages.
        changed: whether its size or its modification time, in whole seconds, is another one (real cell).
    """

    text: str
    file: str
    changed: bool


def edit(text: str, request: Request, qmaster: QmasterInterface) -> Edited:
    """Have the caller edit a text. It is one program: a line with options cannot be started.

    Raises:
        ChangeRefused: there is no such editor, or it fails.
    """
    directory = request.env.get("TMPDIR") or "/tmp"
    handle, name = tempfile.mkstemp(prefix=f"pid-{os.getpid()}-", dir=directory)
    file = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(os.fsencode(text))
        if os.geteuid() == 0:
            os.chown(file, request.uid, request.gid)
        before = _look_of(file)
        _run(file, request, qmaster)
        left = os.fsdecode(file.read_bytes())
        return Edited(left, name, _look_of(file) != before)
    except FileNotFoundError:
        raise ChangeRefused(_FAILED) from None
    finally:
        file.unlink(missing_ok=True)


def _look_of(file: Path) -> tuple[int, int]:
    found = file.stat()
    return int(found.st_mtime), found.st_size


def _run(file: Path, request: Request, qmaster: QmasterInterface) -> None:
    editor = request.env.get("EDITOR")
    if not editor:
        raise ChangeRefused(
            "fake_sge: there is no terminal for vi: let EDITOR be a program that needs none", _FAILED
        )
    try:
        with subprocess.Popen(
            [editor, str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=request.cwd,
            env=request.env,
            **as_caller(request),
        ) as process:
            said = _outcome(process, qmaster)
    except OSError:
        raise ChangeRefused(
            f"error: can't start editor {editor}", f"error: editor exited with error {_NOT_STARTED}", _FAILED
        ) from None
    if any(said):
        request.emit(*said)
    if process.returncode:
        raise ChangeRefused(f"error: editor exited with error {process.returncode}", _FAILED)


def _outcome(process: subprocess.Popen[bytes], qmaster: QmasterInterface) -> tuple[bytes, bytes]:
    """What the editor prints; it ends with the caller."""
    while True:
        with qmaster.unlocked(), contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=_LOOK)
        try:
            qmaster.wait_until(lambda: True)
        except ClientSignal:
            process.kill()
            raise
