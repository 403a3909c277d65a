"""The files of a task that a shepherd makes and removes: its TMPDIR, and what it is asked by a file."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from pathlib import Path

from ..model import failures

AT_ONCE = "at_once"  # beside an order: the job is to be killed without a warning


def make_directory(path: str, uid: int, gid: int) -> str:
    """Make a task's TMPDIR, its owner's; '' or what a real shepherd says when it cannot be made.

    A full disk is waited for, as wherever a shepherd writes. A link that is there is replaced: what it leads
    to must not become the owner's.
    """
    while True:
        try:
            if os.path.islink(path):  # noqa: PTH114
                Path(path).unlink()
            Path(path).mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                os.chown(path, uid, gid, follow_symlinks=False)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                return failures.NO_TMPDIR
            time.sleep(0.5)
        else:
            return ""


def remove_tree(path: str) -> None:
    """Remove a task's TMPDIR, whatever its job has made of it: nothing, a file, a link, closed directories.

    Links are not followed. What cannot be removed stays, and standard error tells of it: how the job ended is
    another matter.
    """
    try:
        if os.path.islink(path) or not os.path.isdir(path):  # noqa: PTH114, PTH112
            Path(path).unlink(missing_ok=True)
            return
        try:
            shutil.rmtree(path)
        except PermissionError:
            _open_directories(path)
            shutil.rmtree(path)
    except OSError as error:
        sys.stderr.write(f"{path} stays: {error}\n")


def _open_directories(path: str) -> None:
    os.chmod(path, 0o700)  # noqa: PTH101
    for top, directories, _ in os.walk(path):
        for name in directories:
            found = f"{top}/{name}"
            if not os.path.islink(found):  # noqa: PTH114
                os.chmod(found, 0o700)  # noqa: PTH101
