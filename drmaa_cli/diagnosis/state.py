"""The state directory of this host: where sessions are kept, and whether locks hold there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from drmaa_cli.diagnosis.finding import Examined, StepResult, ok, problem, warning
from drmaa_cli.session.reach import session_directory
from drmaa_cli.store.places import StoreError, make_directory

LOCK_SECONDS = 60.0
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "afs", "beegfs", "ceph", "fuse.sshfs", "9p")
FREE = 2**24  # bytes
# Another process asks for the lock that this one holds; its exit status is 3 if it does not get it.
ASK_FOR_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(3)
"""
ELSEWHERE = "set DRMAA_CLI_STATE_DIR to a directory of your own on a local disk"


def state_directory(site: Examined) -> StepResult:
    """Whether a session can be kept: a directory of one's own, space, and locks that hold."""
    directory = session_directory(site.config, site.contact)
    try:
        make_directory(directory)
        with tempfile.NamedTemporaryFile(dir=directory, prefix=".lock-") as file:
            file.write(b"x")
            file.flush()
            is_held = _holds(Path(file.name))
    except (OSError, StoreError) as err:
        return problem(f"{directory}: {err}", f"chmod or chown it, or {ELSEWHERE}")
    kind = file_system(Path(directory))
    text = f"{directory} on {kind}"
    if is_held is not None:
        return problem(f"{text}: {is_held}", ELSEWHERE)
    free = os.statvfs(directory)
    if free.f_bavail * free.f_frsize < FREE:
        return warning(
            f"{text} is nearly full", "make room: what is not written down is lost when a program dies"
        )
    if kind in NETWORK:
        return warning(
            f"{text}; locks hold", f"a network's file system: if it is slow or locks get lost, {ELSEWHERE}"
        )
    return ok(f"{text}; locks hold")


def _holds(path: Path) -> str | None:
    """What is wrong with locks on a file: they cannot be had, or another process gets them as well."""
    import fcntl  # noqa: PLC0415  # only here

    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            return f"no locks can be had ({err.strerror})"
        done = subprocess.run(
            [sys.executable, "-S", "-c", ASK_FOR_LOCK, str(path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LOCK_SECONDS,
            check=False,
        )
    return None if done.returncode == 3 else "a lock that one process holds is given to another as well"


def file_system(directory: Path) -> str:
    """The kind of file system a directory is on (proc(5), mountinfo); ``unknown`` where that is not told."""
    device = directory.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "unknown"
    for line in lines:
        mount, _, source = line.partition(" - ")
        if mount.split()[2] == wanted:
            return source.split()[0]
    return "unknown"
