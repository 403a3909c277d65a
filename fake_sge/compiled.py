"""The compiled client: made once for a user, by the first cell that finds a C compiler, and kept.

It is kept in ``$XDG_CACHE_HOME/fake_sge`` (``~/.cache/fake_sge``). A cell has the Python client until the
compiled one is there; the start of a cell does not wait for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import subprocess
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "client" / "client.c"
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-O1",)
WORKS = 64  # the exit code of a client that is run by hand
_RETRY = 3600.0  # seconds after which a compiler that failed is tried again
_PATIENCE = 60.0  # seconds for the compiler


class NoCache(Exception):
    """There is no place for what is compiled that is surely this user's own; the text says why."""


def place() -> Path:
    """Where this user's compiled client is kept, whether it is there or not. Raises NoCache."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        home = os.environ.get("HOME", "")
        if not home.startswith("/"):
            raise NoCache("neither HOME nor XDG_CACHE_HOME")
        base = f"{home}/.cache"
    version = zlib.crc32(SOURCE.read_bytes())
    return Path(base, "fake_sge", f"client-{version:08x}-{os.uname().machine}-{_libc()}")


def _libc() -> str:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "libc").replace(" ", "-")
    except ValueError:
        return "libc"  # it is not glibc


def found() -> Path | None:
    """The compiled client, if it is there and nobody else could have put it there or changed it."""
    try:
        path = place()
        _check(path.parent)
        kind = _check(path)
    except (NoCache, OSError):
        return None
    return path if stat.S_ISREG(kind) and kind & stat.S_IXUSR else None


def _check(path: Path) -> int:
    """The mode of a file or folder that only this user can change. Raises NoCache."""
    status = path.lstat()
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise NoCache(f"{path} is not, or not only, in this user's hands")
    return status.st_mode


def is_wanted() -> bool:
    """Can it be made? There is a compiler, a cache, and it did not fail a moment ago."""
    if compiler() is None:
        return False
    try:
        path = place()
        nearest = next(item for item in path.parents if item.exists())
        if nearest == path.parent:
            _check(nearest)
        elif nearest.stat().st_uid != os.geteuid():
            return False  # e.g. of root, who has kept the HOME of another
        return time.time() - _failure(path).stat().st_mtime > _RETRY
    except FileNotFoundError:
        return True
    except (NoCache, OSError):
        return False


def compiler() -> str | None:
    """The C compiler on PATH."""
    import shutil  # noqa: PLC0415 a daemon starts faster without

    return next(filter(None, map(shutil.which, COMPILERS)), None)


def make() -> Path | None:
    """Compile the client unless it is there, and keep it; None when that fails: why is kept beside it.

    Several processes may do so at once: one compiles, the others wait for it. Raises NoCache, OSError.
    """
    path = place()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check(path.parent)
    with _locked(path.with_name("lock")) as lock:
        ready = found()
        if ready is not None:
            return ready
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        try:
            failure = _compile(part, lock)
            if failure:
                _failure(path).write_text(failure)
                return None
            part.chmod(0o755)  # whoever may use the cell runs it
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return path


def _compile(part: Path, lock: int) -> str:
    """Why it cannot be done; "" when it is. The compiler holds the lock, too: this process may be killed."""
    command = [compiler() or "cc", *FLAGS, "-o", str(part), str(SOURCE)]
    try:
        for words, code in ((command, 0), ([str(part)], WORKS)):
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_PATIENCE,
                check=False,
                pass_fds=(lock,),
            )
            if done.returncode != code:
                output = done.stdout.decode(errors="replace")
                return f"{' '.join(words)}: exit code {done.returncode}\n{output}"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{error}\n"
    return ""


def _failure(path: Path) -> Path:
    return path.with_name(f"{path.name}.failed")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def put(source: Path, target: Path) -> None:
    """Have a program at ``target``, in one instant, whoever runs what was there. Raises OSError.

    Where it cannot be linked another process copies it: as long as a file is open for writing, also in a
    child that this process is just starting, nobody can run it.
    """
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        try:
            os.link(source, new)
        except OSError:
            subprocess.run(["cp", str(source), str(new)], check=True, stdin=subprocess.DEVNULL)
        new.replace(target)
    except subprocess.CalledProcessError as error:
        raise OSError(str(error)) from error
    finally:
        new.unlink(missing_ok=True)


def main(arguments: Sequence[str]) -> int:
    """Make it; in a process of its own, which outlives a cell that is soon stopped."""
    del arguments
    return 0 if make() else 1
