"""Files that a command makes for somebody: whole, or as they were before."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, in the place of one that is there; a device or pipe is written to.

    Raises:
        OSError: it cannot be written, with the name of the file; what was there is as it was.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    place = path.resolve() if path.is_symlink() else path
    part = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(data)
            return
        part.write_bytes(data)
        part.replace(place)
    except OSError as trouble:
        raise OSError(trouble.errno, trouble.strerror, str(path)) from trouble
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
