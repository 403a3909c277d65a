"""What a command does with the rights of its caller: root's cell serves other users, too."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import TypedDict

from ...model.requests import Request

_ERRORS = {os.strerror(number): number for number in errno.errorcode}


class Caller(TypedDict, total=False):
    """Arguments of ``subprocess`` for a program that the caller has started."""

    user: int
    group: int
    extra_groups: list[int]


def as_caller(request: Request) -> Caller:
    """Who a program runs as that a command starts."""
    if os.geteuid() or not request.uid:
        return {}
    return {"user": request.uid, "group": request.gid, "extra_groups": []}


def read_as_caller(request: Request, path: str) -> bytes:
    """What is in a file that the caller names.

    Raises:
        OSError: it cannot be read, by the caller.
    """
    file = Path(request.resolve(path))
    caller = as_caller(request)
    if not caller:
        return file.read_bytes()
    done = subprocess.run(
        ["cat", "--", str(file)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        check=False,
        **caller,
    )
    if done.returncode:
        text = os.fsdecode(done.stderr).strip().rpartition(": ")[2]
        number = _ERRORS.get(text, errno.EIO)
        raise OSError(number, os.strerror(number), str(file))
    return done.stdout
