"""The sessions of submitit's folders: every program that has a folder finds the jobs in it."""

from __future__ import annotations

import atexit
import hashlib
import os
from pathlib import Path

from submitit.core.utils import JobPaths

from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.locks import Lock

_open: dict[tuple[str, int], JobSession] = {}
_lock = Lock()


def name_of(folder: str | os.PathLike[str]) -> str:
    """The name of the session of a folder."""
    path = str(JobPaths.get_first_id_independent_folder(Path(folder)))
    return f"submitit-{hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()}"


def session(name: str) -> JobSession:
    """The session of this name in this process, taken up when it is first wanted.

    Raises:
        DrmaaException: as :func:`drmaa_cli.open_session`.
    """
    key = (name, os.getpid())
    with _lock:
        found = _open.get(key)
        if found is None or found.closed:
            found = _open[key] = JobSession(f"session={name}")
        return found


def close_all() -> None:
    """End the sessions of this process; jobs go on."""
    for (_, pid), found in _open.items():
        if pid == os.getpid() and not found.closed:
            found.exit()


atexit.register(close_all)
